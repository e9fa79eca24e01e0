//! What the rules need to know of services, providers and add-ons in this crate's own tables.

use bookings_core::{AddonFacts, AddonId, Facts, ProviderFacts, ProviderId, ServiceFacts, ServiceId, Snapshot};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};

use super::FactsAsked;
use crate::condition::{AnyOf, Array};
use crate::connection::{Conn, MultiBackend, known_by_text};
use crate::error::StoreError;
use crate::rows::{count, currency};
use crate::schema::addon;
use crate::types::{DbUuid, Id};

/// A service, a provider and add-ons; what is not there is left out.
pub(super) fn of(conn: &mut Conn, asked: FactsAsked) -> Result<Facts, StoreError> {
    let query = ServiceAndProvider { service: Id(asked.service_id.0), provider: Id(asked.provider_id.0) };
    let row: FactsRow = query.get_result(conn)?;
    Ok(Facts {
        service: row.service(asked.service_id)?,
        provider: row.provider(asked.provider_id),
        addons: addons(conn, asked.addon_ids)?,
    })
}

/// Many services, each with a provider.
pub(super) fn of_many(
    conn: &mut Conn,
    asked: &[(ServiceId, ProviderId)],
) -> Result<Vec<((ServiceId, ProviderId), Facts)>, StoreError> {
    let mut all = Vec::with_capacity(asked.len());
    for some in asked.chunks(AT_ONCE) {
        let asked = ServicesAndProviders {
            pairs: some.iter().map(|(service, provider)| (Id(service.0), Id(provider.0))).collect(),
            services: Array::default(),
            providers: Array::default(),
        };
        let rows: Vec<(FactsRow, Id, Id)> = asked.load(conn)?;
        for (row, service, provider) in rows {
            let (service, provider) = (ServiceId(service.0), ProviderId(provider.0));
            let facts = Facts { service: row.service(service)?, provider: row.provider(provider), addons: Vec::new() };
            all.push(((service, provider), facts));
        }
    }
    Ok(all)
}

/// Services with their providers of one statement.
const AT_ONCE: usize = 500;

/// What is read of a service `s` and a provider `p`; either may be missing.
const FACTS: &str = "SELECT s.tenant_id, s.active, s.allow_multiple_clients, s.capacity, s.duration_minutes, \
     s.buffer_before_minutes, s.buffer_after_minutes, s.requires_approval, s.cancellation_allowed, \
     s.cancellation_notice_minutes, s.reschedule_allowed, s.reschedule_notice_minutes, s.pricing_type, \
     s.price_minor, s.currency, p.tenant_id, p.active, \
     NOT EXISTS (SELECT 1 FROM provider_service o WHERE o.provider_id = p.id) \
     OR EXISTS (SELECT 1 FROM provider_service o WHERE o.provider_id = p.id AND o.service_id = s.id)";

type SqlInt = Nullable<Integer>;
type SqlBool = Nullable<Bool>;
type FactsSql = (
    Nullable<DbUuid>,
    SqlBool,
    SqlBool,
    SqlInt,
    SqlInt,
    SqlInt,
    SqlInt,
    SqlBool,
    SqlBool,
    SqlInt,
    SqlBool,
    SqlInt,
    Nullable<Text>,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<DbUuid>,
    SqlBool,
    Bool,
);

/// Service and provider in one round trip.
#[derive(QueryId)]
struct ServiceAndProvider {
    service: Id,
    provider: Id,
}

impl QueryFragment<MultiBackend> for ServiceAndProvider {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(FACTS);
        out.push_sql(" FROM (SELECT 1 AS one) AS one LEFT JOIN service s ON s.id = ");
        out.push_bind_param::<DbUuid, _>(&self.service)?;
        out.push_sql(" LEFT JOIN provider p ON p.id = ");
        out.push_bind_param::<DbUuid, _>(&self.provider)?;
        Ok(())
    }
}

impl Query for ServiceAndProvider {
    type SqlType = FactsSql;
}

impl RunQueryDsl<Conn> for ServiceAndProvider {}

/// Many of them in one round trip, each with what it was asked for.
struct ServicesAndProviders {
    pairs: Vec<(Id, Id)>,
    services: Array,
    providers: Array,
}

known_by_text!(ServicesAndProviders);

impl QueryFragment<MultiBackend> for ServicesAndProviders {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(FACTS);
        out.push_sql(", asked.column1, asked.column2 FROM ");
        if let MultiBackend::Pg(_) = out.backend() {
            out.push_sql("unnest(");
            self.services.push(self.pairs.iter().map(|(service, _)| *service), &mut out)?;
            out.push_sql(", ");
            self.providers.push(self.pairs.iter().map(|(_, provider)| *provider), &mut out)?;
            out.push_sql(") AS asked (column1, column2)");
        } else {
            // A text for every number of pairs.
            out.unsafe_to_cache_prepared();
            for (place, (service, provider)) in self.pairs.iter().enumerate() {
                out.push_sql(if place == 0 { "(VALUES (" } else { ", (" });
                out.push_bind_param::<DbUuid, _>(service)?;
                out.push_sql(", ");
                out.push_bind_param::<DbUuid, _>(provider)?;
                out.push_sql(")");
            }
            out.push_sql(") AS asked");
        }
        out.push_sql(" LEFT JOIN service s ON s.id = asked.column1 LEFT JOIN provider p ON p.id = asked.column2");
        Ok(())
    }
}

impl Query for ServicesAndProviders {
    type SqlType = (FactsSql, DbUuid, DbUuid);
}

impl RunQueryDsl<Conn> for ServicesAndProviders {}

#[derive(Queryable)]
struct FactsRow {
    service_tenant: Option<Id>,
    service_active: Option<bool>,
    allow_multiple_clients: Option<bool>,
    capacity: Option<i32>,
    duration_minutes: Option<i32>,
    buffer_before_minutes: Option<i32>,
    buffer_after_minutes: Option<i32>,
    requires_approval: Option<bool>,
    cancellation_allowed: Option<bool>,
    cancellation_notice_minutes: Option<i32>,
    reschedule_allowed: Option<bool>,
    reschedule_notice_minutes: Option<i32>,
    pricing_type: Option<String>,
    price_minor: Option<i64>,
    currency: Option<String>,
    provider_tenant: Option<Id>,
    provider_active: Option<bool>,
    offers: bool,
}

fn counted(number: Option<i32>) -> u32 {
    number.map_or(0, count)
}

impl FactsRow {
    /// `active` is never null in a table, so where it is there was no row.
    fn service(&self, id: ServiceId) -> Result<Option<ServiceFacts>, StoreError> {
        let Some(active) = self.service_active else { return Ok(None) };
        let allow_multiple_clients = self.allow_multiple_clients.unwrap_or(false);
        Ok(Some(ServiceFacts {
            id,
            tenant_id: self.service_tenant.map(|id| id.0.into()),
            active,
            allow_multiple_clients,
            capacity: if allow_multiple_clients { counted(self.capacity) } else { 1 },
            snapshot: Snapshot {
                duration_minutes: counted(self.duration_minutes),
                buffer_before_minutes: counted(self.buffer_before_minutes),
                buffer_after_minutes: counted(self.buffer_after_minutes),
                requires_approval: self.requires_approval.unwrap_or(false),
                cancellation_allowed: self.cancellation_allowed.unwrap_or(false),
                cancellation_notice_minutes: counted(self.cancellation_notice_minutes),
                reschedule_allowed: self.reschedule_allowed.unwrap_or(false),
                reschedule_notice_minutes: counted(self.reschedule_notice_minutes),
                pricing_type: self.pricing_type.clone().unwrap_or_default(),
                price_minor: self.price_minor,
                currency: currency(self.currency.as_deref().unwrap_or_default())?,
            },
        }))
    }

    fn provider(&self, id: ProviderId) -> Option<ProviderFacts> {
        let tenant_id = self.provider_tenant.map(|id| id.0.into());
        self.provider_active.map(|active| ProviderFacts { id, tenant_id, active, offers: self.offers })
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
