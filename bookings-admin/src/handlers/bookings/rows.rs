//! Bookings as rows of a list.

use std::collections::HashMap;

use bookings_core::{ProviderId, ServiceId, TenantId};
use bookings_db::bookings;
use bookings_db::catalogue::Catalogue;
use bookings_db::connection::Conn;
use bookings_db::{Scope, StoreError};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::present;
use crate::views::bookings::{Column, ListRow};

/// How rows are shown.
pub(crate) struct Look<'a> {
    pub names: &'a HashMap<Uuid, String>,
    pub zone: Tz,
    pub now: DateTime<Utc>,
    pub columns: &'a [Column],
    /// What a booking's address ends with, so that it leads back; may be empty.
    pub back: &'a str,
}

/// The rows of `found`, in order.
pub(crate) fn rows(found: &[bookings::ListRow], look: &Look) -> Vec<ListRow> {
    let mut last_day = None;
    let shown = |column| look.columns.contains(&column);
    let row = |row: &bookings::ListRow| {
        let day = row.start_at.with_timezone(&look.zone).date_naive();
        let same_day = last_day.replace(day) == Some(day);
        let name = |id: Uuid| look.names.get(&id).cloned().unwrap_or_default();
        ListRow {
            reference: row.reference.to_string(),
            href: format!("/bookings/{}{}", row.reference, look.back),
            status: present::chip(row.status),
            day: present::short_day(row.start_at, look.zone, look.now),
            time: present::span(row.start_at, row.end_at, look.zone),
            start_iso: present::iso(row.start_at),
            same_day,
            client: row.client_name.clone(),
            party: match row.party_size {
                many @ 2.. if !shown(Column::Party) => format!("party of {many}"),
                _ => String::new(),
            },
            people: row.party_size.to_string(),
            service: name(row.service_id.0),
            provider: name(row.provider_id.0),
            tenant: row.tenant_id.map(|id| name(id.0)).unwrap_or_default(),
            phone: row.client_phone.clone(),
            email: row.client_email.clone(),
            price: row.price.filter(|_| shown(Column::Price)).map(|price| price.to_string()).unwrap_or_default(),
            created: match shown(Column::Created) {
                true => present::stamp(row.created_at, look.zone),
                false => String::new(),
            },
        }
    };
    found.iter().map(row).collect()
}

/// Names of all that `found` mentions: what a person is shown is theirs to see.
pub(crate) fn add_names_of<'a>(
    catalogue: &dyn Catalogue,
    conn: &mut Conn,
    found: impl Iterator<Item = &'a bookings::ListRow> + Clone,
    names: &mut HashMap<Uuid, String>,
) -> Result<(), StoreError> {
    let services = found.clone().map(|row| row.service_id).collect();
    let providers = found.clone().map(|row| row.provider_id).collect();
    let tenants = found.filter_map(|row| row.tenant_id).collect();
    add_names(catalogue, conn, Scope::All, names, (services, providers, tenants))
}

/// Names of those that are not known yet.
pub(super) fn add_names(
    catalogue: &dyn Catalogue,
    conn: &mut Conn,
    scope: Scope,
    names: &mut HashMap<Uuid, String>,
    (services, providers, tenants): (Vec<ServiceId>, Vec<ProviderId>, Vec<TenantId>),
) -> Result<(), StoreError> {
    fn unknown<T: Copy + Ord + Into<Uuid>>(mut ids: Vec<T>, names: &HashMap<Uuid, String>) -> Vec<T> {
        ids.retain(|id| !names.contains_key(&(*id).into()));
        ids.sort();
        ids.dedup();
        ids
    }
    let (services, providers) = (unknown(services, names), unknown(providers, names));
    let found = catalogue.names(conn, scope, &services, &providers, &unknown(tenants, names))?;
    names.extend(found.by_id());
    Ok(())
}
