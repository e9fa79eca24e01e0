//! What the rules need to know of services, providers and add-ons in this crate's own tables.

use std::collections::{BTreeSet, HashMap, HashSet};

use bookings_core::{AddonFacts, AddonId, Facts, ProviderFacts, ProviderId, ServiceFacts, ServiceId, Snapshot};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};

use super::FactsAsked;
use crate::condition::AnyOf;
use crate::connection::{Conn, MultiBackend};
use crate::error::StoreError;
use crate::rows::{count, currency};
use crate::schema::{addon, provider, provider_service, service};
use crate::types::{DbUuid, Id};

/// A service, a provider and add-ons; what is not there is left out.
pub(super) fn of(conn: &mut Conn, asked: FactsAsked) -> Result<Facts, StoreError> {
    let query = ServiceAndProvider { service: Id(asked.service_id.0), provider: Id(asked.provider_id.0) };
    let (service, provider, offers): (Option<ServiceRow>, Option<ProviderRow>, bool) = query.get_result(conn)?;
    Ok(Facts {
        service: service.map(ServiceRow::into_core).transpose()?,
        provider: provider.map(|provider| provider.to_core(offers)),
        addons: addons(conn, asked.addon_ids)?,
    })
}

/// Many services, each with a provider.
pub(super) fn of_many(
    conn: &mut Conn,
    asked: &[(ServiceId, ProviderId)],
) -> Result<Vec<((ServiceId, ProviderId), Facts)>, StoreError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    // Hundreds of pairs are of some dozens of each.
    let services: BTreeSet<Id> = asked.iter().map(|(service, _)| Id(service.0)).collect();
    let providers: BTreeSet<Id> = asked.iter().map(|(_, provider)| Id(provider.0)).collect();
    let found: Vec<ServiceRow> =
        service::table.filter(AnyOf::new("service.id", services)).select(ServiceRow::as_select()).load(conn)?;
    let services: HashMap<ServiceId, ServiceFacts> =
        found.into_iter().map(|row| row.into_core().map(|service| (service.id, service))).collect::<Result<_, _>>()?;
    let offered: Vec<(Id, Id)> = provider_service::table
        .filter(AnyOf::new("provider_service.provider_id", providers.iter().copied()))
        .select((provider_service::provider_id, provider_service::service_id))
        .load(conn)?;
    let mut offers: HashMap<ProviderId, HashSet<ServiceId>> = HashMap::new();
    for (provider, service) in offered {
        offers.entry(ProviderId(provider.0)).or_default().insert(ServiceId(service.0));
    }
    let found: Vec<ProviderRow> =
        provider::table.filter(AnyOf::new("provider.id", providers)).select(ProviderRow::as_select()).load(conn)?;
    let providers: HashMap<ProviderId, ProviderRow> =
        found.into_iter().map(|provider| (ProviderId(provider.id.0), provider)).collect();
    let facts = |(service, provider): &(ServiceId, ProviderId)| {
        let own = offers.get(provider).is_none_or(|offers| offers.contains(service));
        let facts = Facts {
            service: services.get(service).cloned(),
            provider: providers.get(provider).map(|provider| provider.to_core(own)),
            addons: Vec::new(),
        };
        ((*service, *provider), facts)
    };
    Ok(asked.iter().map(facts).collect())
}

/// Service and provider in one round trip; either may be missing.
#[derive(QueryId)]
struct ServiceAndProvider {
    service: Id,
    provider: Id,
}

impl QueryFragment<MultiBackend> for ServiceAndProvider {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(
            "SELECT s.id, s.tenant_id, s.active, s.allow_multiple_clients, s.capacity, s.duration_minutes, \
             s.buffer_before_minutes, s.buffer_after_minutes, s.requires_approval, s.cancellation_allowed, \
             s.cancellation_notice_minutes, s.reschedule_allowed, s.reschedule_notice_minutes, s.pricing_type, \
             s.price_minor, s.currency, p.id, p.tenant_id, p.active, \
             NOT EXISTS (SELECT 1 FROM provider_service o WHERE o.provider_id = p.id) \
             OR EXISTS (SELECT 1 FROM provider_service o WHERE o.provider_id = p.id AND o.service_id = s.id) \
             FROM (SELECT 1 AS one) AS one LEFT JOIN service s ON s.id = ",
        );
        out.push_bind_param::<DbUuid, _>(&self.service)?;
        out.push_sql(" LEFT JOIN provider p ON p.id = ");
        out.push_bind_param::<DbUuid, _>(&self.provider)?;
        Ok(())
    }
}

impl Query for ServiceAndProvider {
    type SqlType = (Nullable<ServiceSql>, Nullable<ProviderSql>, Bool);
}

impl RunQueryDsl<Conn> for ServiceAndProvider {}

/// The columns of [`ServiceRow`].
type ServiceSql = (
    DbUuid,
    Nullable<DbUuid>,
    Bool,
    Bool,
    Integer,
    Integer,
    Integer,
    Integer,
    Bool,
    Bool,
    Integer,
    Bool,
    Integer,
    Text,
    Nullable<BigInt>,
    Text,
);

/// The columns of [`ProviderRow`].
type ProviderSql = (DbUuid, Nullable<DbUuid>, Bool);

#[derive(Queryable, Selectable)]
#[diesel(table_name = service)]
struct ServiceRow {
    id: Id,
    tenant_id: Option<Id>,
    active: bool,
    allow_multiple_clients: bool,
    capacity: i32,
    duration_minutes: i32,
    buffer_before_minutes: i32,
    buffer_after_minutes: i32,
    requires_approval: bool,
    cancellation_allowed: bool,
    cancellation_notice_minutes: i32,
    reschedule_allowed: bool,
    reschedule_notice_minutes: i32,
    pricing_type: String,
    price_minor: Option<i64>,
    currency: String,
}

impl ServiceRow {
    fn into_core(self) -> Result<ServiceFacts, StoreError> {
        Ok(ServiceFacts {
            id: ServiceId(self.id.0),
            tenant_id: self.tenant_id.map(|id| id.0.into()),
            active: self.active,
            allow_multiple_clients: self.allow_multiple_clients,
            capacity: if self.allow_multiple_clients { count(self.capacity) } else { 1 },
            snapshot: Snapshot {
                duration_minutes: count(self.duration_minutes),
                buffer_before_minutes: count(self.buffer_before_minutes),
                buffer_after_minutes: count(self.buffer_after_minutes),
                requires_approval: self.requires_approval,
                cancellation_allowed: self.cancellation_allowed,
                cancellation_notice_minutes: count(self.cancellation_notice_minutes),
                reschedule_allowed: self.reschedule_allowed,
                reschedule_notice_minutes: count(self.reschedule_notice_minutes),
                pricing_type: self.pricing_type,
                price_minor: self.price_minor,
                currency: currency(&self.currency)?,
            },
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = provider)]
struct ProviderRow {
    id: Id,
    tenant_id: Option<Id>,
    active: bool,
}

impl ProviderRow {
    fn to_core(&self, offers: bool) -> ProviderFacts {
        let tenant_id = self.tenant_id.map(|id| id.0.into());
        ProviderFacts { id: ProviderId(self.id.0), tenant_id, active: self.active, offers }
    }
}

type AddonRow = (Id, Option<Id>, Option<Id>, String, bool, i32, Option<i64>, String);

fn addons(conn: &mut Conn, ids: &[AddonId]) -> Result<Vec<AddonFacts>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<AddonRow> = addon::table
        .filter(AnyOf::new("addon.id", ids.iter().map(|id| Id(id.0))))
        .select((
            addon::id,
            addon::tenant_id,
            addon::service_id,
            addon::name,
            addon::active,
            addon::extra_duration_minutes,
            addon::price_minor,
            addon::currency,
        ))
        .load(conn)?;
    let facts = |(id, tenant_id, service_id, name, active, extra, price_minor, code): AddonRow| {
        Ok(AddonFacts {
            id: AddonId(id.0),
            tenant_id: tenant_id.map(|id| id.0.into()),
            service_id: service_id.map(|id| id.0.into()),
            name,
            active,
            extra_duration_minutes: count(extra),
            price_minor,
            currency: currency(&code)?,
        })
    };
    rows.into_iter().map(facts).collect()
}
