//! What the rules need to know of the catalogue, wherever it is kept.

use crate::booking::Snapshot;
use crate::ids::{AddonId, ProviderId, ServiceId, TenantId};
use crate::money::Currency;

/// A service, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceFacts {
    /// Its id.
    pub id: ServiceId,
    /// Its tenant, with tenancy on.
    pub tenant_id: Option<TenantId>,
    /// Whether it is offered.
    pub active: bool,
    /// Whether several clients may share one start.
    pub allow_multiple_clients: bool,
    /// Seats of one start; 1 unless several clients are allowed.
    pub capacity: u32,
    /// What a booking copies.
    pub snapshot: Snapshot,
}

/// An add-on, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddonFacts {
    /// Its id.
    pub id: AddonId,
    /// Its tenant, with tenancy on.
    pub tenant_id: Option<TenantId>,
    /// The service it belongs to, or `None` where it fits every service of its tenant.
    pub service_id: Option<ServiceId>,
    /// Its name.
    pub name: String,
    /// Whether it is offered.
    pub active: bool,
    /// Minutes it adds.
    pub extra_duration_minutes: u32,
    /// Minor units, where it has a price.
    pub price_minor: Option<i64>,
    /// The currency of its price.
    pub currency: Currency,
}

/// A provider, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFacts {
    /// Its id.
    pub id: ProviderId,
    /// Its tenant, with tenancy on.
    pub tenant_id: Option<TenantId>,
    /// Whether it takes bookings.
    pub active: bool,
    /// Whether it gives the service asked for with it.
    pub offers: bool,
}

/// What was found of the ids a command names; what is missing was not found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The service.
    pub service: Option<ServiceFacts>,
    /// The provider.
    pub provider: Option<ProviderFacts>,
    /// The add-ons, in any order.
    pub addons: Vec<AddonFacts>,
}
