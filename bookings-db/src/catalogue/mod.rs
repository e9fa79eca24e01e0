//! The catalogue: services, add-ons, providers, tenants. Whoever has their own tables implements [`Catalogue`];
//! nothing outside this module names a catalogue table.

mod facts;
pub mod history;
mod named;
pub mod offers;
mod own;
pub mod tables;
pub mod uses;

use std::collections::HashMap;

use bookings_core::{AddonId, Facts, ProviderId, ServiceId, TenantId};
use uuid::Uuid;

pub use own::OwnCatalogue;

use crate::connection::Conn;
use crate::error::StoreError;
use crate::scope::Scope;

/// The ids a command names.
#[derive(Debug, Clone, Copy)]
pub struct FactsAsked<'a> {
    /// What.
    pub service_id: ServiceId,
    /// With whom.
    pub provider_id: ProviderId,
    /// Add-ons that are not yet on the booking.
    pub addon_ids: &'a [AddonId],
}

/// A kind of record in this crate's own catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// What can be booked.
    Service,
    /// What a service can be extended by.
    Addon,
    /// Whoever or whatever gives the time.
    Provider,
    /// A business among several.
    Tenant,
}

impl RecordKind {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RecordKind::Service => "service",
            RecordKind::Addon => "addon",
            RecordKind::Provider => "provider",
            RecordKind::Tenant => "tenant",
        }
    }
}

/// Names to show for ids.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// By service.
    pub services: HashMap<ServiceId, String>,
    /// By provider.
    pub providers: HashMap<ProviderId, String>,
    /// By tenant.
    pub tenants: HashMap<TenantId, String>,
}

impl Names {
    /// All of them, whatever they are the name of.
    pub fn by_id(self) -> impl Iterator<Item = (Uuid, String)> {
        let services = self.services.into_iter().map(|(id, name)| (id.0, name));
        let providers = self.providers.into_iter().map(|(id, name)| (id.0, name));
        services.chain(providers).chain(self.tenants.into_iter().map(|(id, name)| (id.0, name)))
    }
}

/// One thing a person may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<T> {
    /// Its id.
    pub id: T,
    /// Its name.
    pub name: String,
    /// Whether it is offered at present.
    pub active: bool,
}

/// What is asked of one kind: names that contain `words` where those are not empty, at most `limit`.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Part of a name.
    pub words: &'a str,
    /// The most that are wanted.
    pub limit: u32,
}

/// What is asked of each kind.
#[derive(Debug, Clone, Copy)]
pub struct ChoicesAsked<'a> {
    /// What can be booked.
    pub services: Asked<'a>,
    /// With whom.
    pub providers: Asked<'a>,
    /// Of which business, where there are several.
    pub tenants: Option<Asked<'a>>,
}

/// What a list of bookings can be filtered by, each by name.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// What was booked.
    pub services: Vec<Choice<ServiceId>>,
    /// With whom.
    pub providers: Vec<Choice<ProviderId>>,
    /// Of which business.
    pub tenants: Vec<Choice<TenantId>>,
}

/// An add-on a person may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddonChoice {
    /// Its id.
    pub id: AddonId,
    /// The service it belongs to, or `None` for any.
    pub service_id: Option<ServiceId>,
    /// Its name.
    pub name: String,
    /// Minutes it adds.
    pub extra_duration_minutes: u32,
    /// Its price in words, such as `TTD 40.00`, or empty.
    pub price: String,
}

/// What the store needs of a catalogue. The default is [`OwnCatalogue`], over this crate's own tables.
///
/// Every method runs on the connection it is given, inside the caller's transaction.
pub trait Catalogue: Send + Sync {
    /// One SQL statement that locks the rows of `providers` in id order until the transaction ends, without a trailing
    /// semicolon. PostgreSQL only; SQLite has one writer anyway. Ids without a row need no lock: a provider that is
    /// not there is refused.
    fn lock_providers(&self, providers: &[ProviderId]) -> String;

    /// What the rules need to know of the ids; what is not found is left out.
    ///
    /// # Errors
    /// The database's.
    fn facts(&self, conn: &mut Conn, asked: FactsAsked) -> Result<Facts, StoreError>;

    /// What [`facts`](Catalogue::facts) says of each of many services with a provider, without add-ons, in any order: dry
    /// runs ask for hundreds.
    ///
    /// # Errors
    /// The database's.
    fn facts_of_many(
        &self,
        conn: &mut Conn,
        asked: &[(ServiceId, ProviderId)],
    ) -> Result<Vec<((ServiceId, ProviderId), Facts)>, StoreError> {
        let one = |(service_id, provider_id): &(ServiceId, ProviderId)| {
            let asked = FactsAsked { service_id: *service_id, provider_id: *provider_id, addon_ids: &[] };
            Ok(((*service_id, *provider_id), self.facts(conn, asked)?))
        };
        asked.iter().map(one).collect()
    }

    /// Names for ids that `scope` sees; what is not found is left out.
    ///
    /// # Errors
    /// The database's.
    fn names(
        &self,
        conn: &mut Conn,
        scope: Scope,
        services: &[ServiceId],
        providers: &[ProviderId],
        tenants: &[TenantId],
    ) -> Result<Names, StoreError>;

    /// Services by name, those containing `search` where it is not empty; at most `limit`.
    ///
    /// # Errors
    /// The database's.
    fn services(
        &self,
        conn: &mut Conn,
        scope: Scope,
        search: &str,
        limit: u32,
    ) -> Result<Vec<Choice<ServiceId>>, StoreError>;

    /// Providers by name, those containing `search` where it is not empty; at most `limit`.
    ///
    /// # Errors
    /// The database's.
    fn providers(
        &self,
        conn: &mut Conn,
        scope: Scope,
        search: &str,
        limit: u32,
    ) -> Result<Vec<Choice<ProviderId>>, StoreError>;

    /// Add-ons on offer, by name; of one service and those that fit any, or all; at most `limit`.
    ///
    /// # Errors
    /// The database's.
    fn addons(
        &self,
        conn: &mut Conn,
        scope: Scope,
        service: Option<ServiceId>,
        limit: u32,
    ) -> Result<Vec<AddonChoice>, StoreError>;

    /// Which services each of these providers gives; who is left out gives every service. Forms say it beside the names;
    /// the rules ask [`facts`](Catalogue::facts).
    ///
    /// # Errors
    /// The database's.
    fn offers(
        &self,
        _conn: &mut Conn,
        _providers: &[ProviderId],
    ) -> Result<HashMap<ProviderId, Vec<ServiceId>>, StoreError> {
        Ok(HashMap::new())
    }

    /// Tenants by name, those containing `search` where it is not empty; at most `limit`.
    ///
    /// # Errors
    /// The database's.
    fn tenants(
        &self,
        conn: &mut Conn,
        scope: Scope,
        search: &str,
        limit: u32,
    ) -> Result<Vec<Choice<TenantId>>, StoreError>;

    /// What [`services`](Catalogue::services), [`providers`](Catalogue::providers) and [`tenants`](Catalogue::tenants) find:
    /// every page of the list asks for all of them, and who has them in one database may answer at once.
    ///
    /// # Errors
    /// The database's.
    fn choices(&self, conn: &mut Conn, scope: Scope, asked: ChoicesAsked) -> Result<Choices, StoreError> {
        let ChoicesAsked { services, providers, tenants } = asked;
        Ok(Choices {
            services: self.services(conn, scope, services.words, services.limit)?,
            providers: self.providers(conn, scope, providers.words, providers.limit)?,
            tenants: match tenants {
                Some(tenants) => self.tenants(conn, scope, tenants.words, tenants.limit)?,
                None => Vec::new(),
            },
        })
    }
}
