//! What holds a record: it can be switched off at any time, but deleted only before anything refers to it.

use bookings_core::TenantId;
use diesel::prelude::*;

use super::RecordKind;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::schema::{addon, booking, booking_addon, provider, provider_service, service, staff};
use crate::transaction::Lock;
use crate::types::Id;

/// Something that refers to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// A booking, by its reference.
    Booking(String),
    /// Another record, by name.
    Record(RecordKind, Id, String),
    /// An account, by name.
    Staff(Id, String),
}

/// What must be locked on PostgreSQL before it is asked what holds a record, so that nothing takes hold of it in between.
///
/// A booking is made under its provider's lock alone. So whoever deletes a provider takes that lock, and whoever deletes
/// a service or add-on takes every provider's: it is rare, and every booking would pay for a lock of its own.
#[must_use]
pub fn lock_to_delete(kind: RecordKind, id: Id) -> Lock {
    let row = format!("SELECT id FROM {} WHERE id = '{}' FOR UPDATE", kind.as_str(), id.0);
    Lock::rows(match kind {
        RecordKind::Service | RecordKind::Addon => {
            format!("SELECT id FROM provider ORDER BY id FOR NO KEY UPDATE; {row}")
        }
        RecordKind::Provider | RecordKind::Tenant => row,
    })
}

/// What a record that refers to these must lock on PostgreSQL before it looks whether they are there.
#[must_use]
pub fn lock_to_refer(tenant: Option<TenantId>, services: &[Id]) -> Lock {
    let tenant = tenant.map(|id| format!("SELECT id FROM tenant WHERE id = '{id}' FOR SHARE"));
    let ids: Vec<String> = services.iter().map(|id| format!("'{}'", id.0)).collect();
    let services = (!ids.is_empty())
        .then(|| format!("SELECT id FROM service WHERE id IN ({}) ORDER BY id FOR SHARE", ids.join(", ")));
    let both: Vec<String> = tenant.into_iter().chain(services).collect();
    if both.is_empty() { Lock::none() } else { Lock::rows(both.join("; ")) }
}

/// What holds a record, at most `limit` of each sort.
///
/// # Errors
/// The database's.
pub fn of(conn: &mut Conn, kind: RecordKind, id: Id, limit: u32) -> Result<Vec<Use>, StoreError> {
    let limit = i64::from(limit);
    let mut uses = Vec::new();
    match kind {
        RecordKind::Service => {
            let own = booking::table
                .filter(booking::service_id.eq(id))
                .order((booking::start_at.desc(), booking::seq.desc()));
            uses.extend(references(own.select(booking::reference).limit(limit).load(conn)?));
            let own = addon::table.filter(addon::service_id.eq(id)).order(addon::id);
            uses.extend(records(RecordKind::Addon, own.select((addon::id, addon::name)).limit(limit).load(conn)?));
            let own = provider_service::table
                .inner_join(provider::table)
                .filter(provider_service::service_id.eq(id))
                .order(provider::id)
                .select((provider::id, provider::name));
            uses.extend(records(RecordKind::Provider, own.limit(limit).load(conn)?));
        }
        RecordKind::Addon => {
            let own = booking_addon::table.inner_join(booking::table).filter(booking_addon::addon_id.eq(id));
            uses.extend(references(own.select(booking::reference).limit(limit).load(conn)?));
        }
        RecordKind::Provider => {
            let own = booking::table
                .filter(booking::provider_id.eq(id))
                .order((booking::start_at.desc(), booking::seq.desc()));
            uses.extend(references(own.select(booking::reference).limit(limit).load(conn)?));
        }
        RecordKind::Tenant => {
            let own =
                booking::table.filter(booking::tenant_id.eq(id)).order((booking::start_at.desc(), booking::seq.desc()));
            uses.extend(references(own.select(booking::reference).limit(limit).load(conn)?));
            macro_rules! of_tenant {
                ($table:ident, $kind:ident) => {
                    let own = $table::table.filter($table::tenant_id.eq(id)).order(($table::name, $table::id));
                    uses.extend(records(
                        RecordKind::$kind,
                        own.select(($table::id, $table::name)).limit(limit).load(conn)?,
                    ));
                };
            }
            of_tenant!(service, Service);
            of_tenant!(addon, Addon);
            of_tenant!(provider, Provider);
            let own = staff::table.filter(staff::tenant_id.eq(id)).order(staff::name);
            let own: Vec<(Id, String)> = own.select((staff::id, staff::name)).limit(limit).load(conn)?;
            uses.extend(own.into_iter().map(|(id, name)| Use::Staff(id, name)));
        }
    }
    Ok(uses)
}

fn references(found: Vec<String>) -> impl Iterator<Item = Use> {
    found.into_iter().map(Use::Booking)
}

fn records(kind: RecordKind, found: Vec<(Id, String)>) -> impl Iterator<Item = Use> {
    found.into_iter().map(move |(id, name)| Use::Record(kind, id, name))
}
