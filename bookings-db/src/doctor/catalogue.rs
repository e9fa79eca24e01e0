//! What the catalogue knows of services and providers, asked once each.

use std::collections::HashMap;

use bookings_core::{ProviderId, ServiceId, TenantId};

use super::{Doctor, Finding, Kind};
use crate::catalogue::FactsAsked;
use crate::connection::Conn;
use crate::error::StoreError;

/// What is kept of one entry; nothing where the catalogue has none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub tenant_id: Option<TenantId>,
    /// Seats of one start; of a provider nothing.
    pub capacity: u32,
}

/// A booking's service and provider.
pub(super) type Pair = (Option<Entry>, Option<Entry>);

/// Grows with the catalogue, not with the bookings.
#[derive(Default)]
pub(super) struct Known {
    services: HashMap<ServiceId, Option<Entry>>,
    providers: HashMap<ProviderId, Option<Entry>>,
    unreadable: Vec<ServiceId>,
}

/// What there is of a booking's service and provider. `None` where the catalogue's own row can't be read, which was told.
pub(super) fn ask(
    doctor: &mut Doctor,
    conn: &mut Conn,
    service_id: ServiceId,
    provider_id: ProviderId,
) -> Result<Option<Pair>, StoreError> {
    let known = &doctor.known;
    if known.unreadable.contains(&service_id) {
        return Ok(None);
    }
    if let (Some(service), Some(provider)) = (known.services.get(&service_id), known.providers.get(&provider_id)) {
        return Ok(Some((*service, *provider)));
    }
    let facts = match doctor.store.catalogue.facts(conn, FactsAsked { service_id, provider_id, addon_ids: &[] }) {
        Ok(facts) => facts,
        Err(StoreError::Internal(problem)) => {
            doctor.known.unreadable.push(service_id);
            doctor.find(Finding::general(Kind::Unreadable, format!("service {service_id} can't be read: {problem}")));
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let service = facts.service.map(|service| Entry { tenant_id: service.tenant_id, capacity: service.capacity });
    let provider = facts.provider.map(|provider| Entry { tenant_id: provider.tenant_id, capacity: 0 });
    doctor.known.services.insert(service_id, service);
    doctor.known.providers.insert(provider_id, provider);
    Ok(Some((service, provider)))
}
