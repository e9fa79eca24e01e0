//! Services and providers by the names a file has them under.

use std::collections::HashMap;

use bookings_core::{Code, ProviderId, Refusal, ServiceId};
use bookings_db::connection::Conn;
use bookings_db::search::fold;
use bookings_db::{Scope, Store, StoreError};
use uuid::Uuid;

use super::cells::Cells;

/// Choices that are looked through for one name.
const CANDIDATES: u32 = 200;

/// What was looked up so far, as far as `scope` sees.
pub struct Names {
    scope: Scope,
    services: HashMap<String, Option<ServiceId>>,
    providers: HashMap<String, Option<ProviderId>>,
}

macro_rules! by_name {
    ($name:ident, $id:ident, $known:ident, $id_field:literal, $field:literal, $unknown:expr) => {
        /// By id, else by its whole name where only one has it.
        pub fn $name(
            &mut self,
            store: &Store,
            conn: &mut Conn,
            cells: &Cells,
            refusals: &mut Vec<Refusal>,
        ) -> Result<Option<$id>, StoreError> {
            let found = match (cells.get($id_field), cells.get($field)) {
                ("", "") => {
                    refusals.push(Refusal::of(Code::Required, $id_field));
                    return Ok(None);
                }
                ("", name) => match self.$known.get(name) {
                    Some(known) => *known,
                    None => {
                        let all = store.catalogue.$known(conn, self.scope, name, CANDIDATES)?;
                        let mut same = all.iter().filter(|choice| fold(&choice.name) == fold(name));
                        let only = same.next().filter(|_| same.next().is_none()).map(|choice| choice.id);
                        self.$known.insert(name.to_owned(), only);
                        only
                    }
                },
                (id, _) => Uuid::try_parse(id).ok().map(Into::into),
            };
            if found.is_none() {
                refusals.push(Refusal::of($unknown, $id_field));
            }
            Ok(found)
        }
    };
}

impl Names {
    pub fn new(scope: Scope) -> Names {
        Names { scope, services: HashMap::new(), providers: HashMap::new() }
    }

    by_name!(service, ServiceId, services, "service_id", "service", Code::UnknownService);
    by_name!(provider, ProviderId, providers, "provider_id", "provider", Code::UnknownProvider);
}
