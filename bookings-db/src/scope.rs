//! Whose bookings, and who asks.

use bookings_core::{Actor, TenantId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Which tenant's data a caller reaches. Everything that reads or writes takes one, so that none is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All of it: tenancy is off, or the caller is above the tenants.
    All,
    /// One tenant's; anything else does not exist.
    Tenant(TenantId),
}

impl Scope {
    /// Whether something of `tenant` is visible.
    #[must_use]
    pub fn sees(self, tenant: Option<TenantId>) -> bool {
        match self {
            Scope::All => true,
            Scope::Tenant(own) => tenant == Some(own),
        }
    }

    /// The only tenant it reaches, where it is one.
    #[must_use]
    pub fn tenant(self) -> Option<TenantId> {
        match self {
            Scope::All => None,
            Scope::Tenant(own) => Some(own),
        }
    }
}

/// Who asks, when, and for whose data.
#[derive(Debug, Clone)]
pub struct By<'a> {
    /// Who; the event keeps them.
    pub actor: &'a Actor,
    /// Which tenant's data they reach.
    pub scope: Scope,
    /// The present, UTC.
    pub now: DateTime<Utc>,
    /// The bulk operation or import this is part of.
    pub batch_id: Option<Uuid>,
}

impl<'a> By<'a> {
    /// Somebody above the tenants, or with tenancy off.
    #[must_use]
    pub fn new(actor: &'a Actor, now: DateTime<Utc>) -> By<'a> {
        By { actor, scope: Scope::All, now, batch_id: None }
    }
}
