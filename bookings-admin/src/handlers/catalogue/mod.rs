//! Pages under `/catalogue` and `/tenants`: services, add-ons, providers, tenants. Records are switched off; only what nothing
//! ever referred to is deleted.

mod change;
pub(crate) mod first;
mod form_page;
mod forms;
pub(crate) mod kind;
mod list;
mod record;
mod show;
mod verb;

use actix_web::HttpRequest;
use bookings_db::catalogue::{Choice as Known, tables};
use bookings_db::types::Id;
use bookings_db::{Scope, StoreError};
use uuid::Uuid;

pub use self::forms::{create, edit_form, new_form, update};
pub use self::list::list;
pub use self::show::show;
pub use self::verb::verb;

use self::form_page::Offered;
use self::kind::Kind;
use self::record::Record;
use crate::app::AppState;
use crate::auth::Signed;
use crate::error::PageError;
use crate::handlers::run::run;

/// The most choices of a select.
const MOST: u32 = 200;

fn kind_of(request: &HttpRequest) -> Result<Kind, PageError> {
    Kind::of_path(request.path()).ok_or(PageError::NotFound)
}

async fn load(state: &AppState, signed: &Signed, kind: Kind, id: &str) -> Result<Record, PageError> {
    let id = Uuid::try_parse(id).map_err(|_| PageError::NotFound)?;
    let scope = signed.scope();
    let found = run(&state.store, move |store| store.pools.read(|conn| kind.get(conn, scope, Id(id)))).await?;
    found.ok_or(PageError::NotFound)
}

/// What a form asks for among services: those found by a search, and always those chosen.
#[derive(Default)]
struct Wanted {
    search: String,
    chosen: Vec<Uuid>,
    /// The tenant of the record, where it has one already: another's services don't fit.
    tenant: Option<Uuid>,
}

impl Wanted {
    fn of_record(record: &Record) -> Wanted {
        let one = Uuid::try_parse(record.get("service_id")).ok();
        Wanted {
            search: String::new(),
            chosen: one.into_iter().chain(record.offers.iter().map(|(id, _)| id.0)).collect(),
            tenant: Uuid::try_parse(record.get("tenant_id")).ok(),
        }
    }
}

/// What the selects of a kind's form offer.
async fn offered(state: &AppState, signed: &Signed, kind: Kind, wanted: Wanted) -> Result<Offered, PageError> {
    let scope = signed.scope();
    let tenancy = state.settings.policy.tenancy && scope == Scope::All;
    run(&state.store, move |store| {
        store.pools.read(|conn| {
            let plain = |id: Uuid, name: String, active: bool| Known { id, name, active };
            let own = wanted.tenant.map_or(scope, |tenant| Scope::Tenant(tenant.into()));
            let services = match kind {
                Kind::Addon | Kind::Provider => store.catalogue.services(conn, own, &wanted.search, MOST + 1)?,
                Kind::Service | Kind::Tenant => Vec::new(),
            };
            let more = services.len() as u32 > MOST;
            let mut services: Vec<_> =
                services.into_iter().take(MOST as usize).map(|one| plain(one.id.0, one.name, one.active)).collect();
            let missing: Vec<_> = wanted.chosen.iter().filter(|id| services.iter().all(|one| one.id != **id)).collect();
            let ids: Vec<Id> = missing.into_iter().take(MOST as usize).map(|id| Id(*id)).collect();
            let chosen = tables::services::among(conn, own, &ids)?;
            services.extend(chosen.into_iter().map(|row| plain(row.id.0, row.data.name, row.data.active)));
            let tenants = if tenancy { store.catalogue.tenants(conn, scope, "", MOST)? } else { Vec::new() };
            Ok::<_, StoreError>(Offered {
                services,
                more,
                search: wanted.search.clone(),
                tenants: tenants.into_iter().map(|one| plain(one.id.0, one.name, one.active)).collect(),
            })
        })
    })
    .await
}
