//! The default catalogue: this crate's own tables.

use std::collections::HashMap;
use std::hash::Hash;

use bookings_core::{AddonId, Facts, Money, ProviderId, ServiceId, TenantId};
use diesel::prelude::*;
use uuid::Uuid;

use super::{AddonChoice, Catalogue, Choice, FactsAsked, Names, facts, offers};
use crate::condition::AnyOf;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::rows::{count, currency};
use crate::schema::{addon, provider, service, tenant};
use crate::scope::Scope;
use crate::search::fold;
use crate::types::Id;

/// Services, add-ons, providers and tenants in this crate's own tables.
#[derive(Debug, Clone, Copy, Default)]
pub struct OwnCatalogue;

/// Id, service, name, extra minutes, price and currency of an add-on to choose.
type AddonChoiceRow = (Id, Option<Id>, String, i32, Option<i64>, String);

/// Longer than any name: SQLite takes no pattern of more than 50,000 bytes.
const LONGEST: usize = 1_000;

/// `%text%` for LIKE, with what LIKE would read as a pattern escaped by a backslash.
pub(super) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars().take(LONGEST) {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn by_id<T: From<Uuid> + Eq + Hash>(rows: Vec<(Id, String)>) -> HashMap<T, String> {
    rows.into_iter().map(|(id, name)| (T::from(id.0), name)).collect()
}

fn choices<T: From<Uuid>>(rows: Vec<(Id, String, bool)>) -> Vec<Choice<T>> {
    rows.into_iter().map(|(id, name, active)| Choice { id: T::from(id.0), name, active }).collect()
}

/// Names of one catalogue table by id, of those in the scope.
macro_rules! names {
    ($conn:expr, $table:ident, $tenant:ident, $scope:expr, $ids:expr) => {{
        if $ids.is_empty() {
            HashMap::new()
        } else {
            let among = AnyOf::new(concat!(stringify!($table), ".id"), $ids.iter().map(|id| Id(id.0)));
            let mut query = $table::table.filter(among).select(($table::id, $table::name)).into_boxed();
            if let Scope::Tenant(tenant) = $scope {
                query = query.filter($table::$tenant.eq(Id(tenant.0)));
            }
            by_id(query.load($conn)?)
        }
    }};
}

/// Rows of one catalogue table by name, searched and scoped.
macro_rules! choose {
    ($conn:expr, $table:ident, $tenant:ident, $scope:expr, $search:expr, $limit:expr) => {{
        let mut query = $table::table
            .select(($table::id, $table::name, $table::active))
            .order(($table::name, $table::id))
            .limit(i64::from($limit))
            .into_boxed();
        if let Scope::Tenant(tenant) = $scope {
            query = query.filter($table::$tenant.eq(Id(tenant.0)));
        }
        if !$search.trim().is_empty() {
            query = query.filter($table::name_key.like(containing(&fold($search.trim()))).escape('\\'));
        }
        choices(query.load($conn)?)
    }};
}

impl Catalogue for OwnCatalogue {
    fn lock_providers(&self, providers: &[ProviderId]) -> String {
        let ids: Vec<String> = providers.iter().map(|id| format!("'{id}'")).collect();
        format!("SELECT id FROM provider WHERE id IN ({}) ORDER BY id FOR NO KEY UPDATE", ids.join(", "))
    }

    fn facts(&self, conn: &mut Conn, asked: FactsAsked) -> Result<Facts, StoreError> {
        facts::of(conn, asked)
    }

    fn facts_of_many(
        &self,
        conn: &mut Conn,
        asked: &[(ServiceId, ProviderId)],
    ) -> Result<Vec<((ServiceId, ProviderId), Facts)>, StoreError> {
        facts::of_many(conn, asked)
    }

    fn names(
        &self,
        conn: &mut Conn,
        scope: Scope,
        services: &[ServiceId],
        providers: &[ProviderId],
        tenants: &[TenantId],
    ) -> Result<Names, StoreError> {
        Ok(Names {
            services: names!(conn, service, tenant_id, scope, services),
            providers: names!(conn, provider, tenant_id, scope, providers),
            tenants: names!(conn, tenant, id, scope, tenants),
        })
    }

    fn services(
        &self,
        conn: &mut Conn,
        scope: Scope,
        search: &str,
        limit: u32,
    ) -> Result<Vec<Choice<ServiceId>>, StoreError> {
        Ok(choose!(conn, service, tenant_id, scope, search, limit))
    }

    fn providers(
        &self,
        conn: &mut Conn,
        scope: Scope,
        search: &str,
        limit: u32,
    ) -> Result<Vec<Choice<ProviderId>>, StoreError> {
        Ok(choose!(conn, provider, tenant_id, scope, search, limit))
    }

    fn addons(
        &self,
        conn: &mut Conn,
        scope: Scope,
        service: Option<ServiceId>,
        limit: u32,
    ) -> Result<Vec<AddonChoice>, StoreError> {
        let mut query = addon::table
            .filter(addon::active)
            .select((
                addon::id,
                addon::service_id,
                addon::name,
                addon::extra_duration_minutes,
                addon::price_minor,
                addon::currency,
            ))
            .order((addon::name, addon::id))
            .limit(i64::from(limit))
            .into_boxed();
        if let Scope::Tenant(tenant) = scope {
            query = query.filter(addon::tenant_id.eq(Id(tenant.0)));
        }
        if let Some(service) = service {
            query = query.filter(addon::service_id.eq(Id(service.0)).or(addon::service_id.is_null()));
        }
        let rows: Vec<AddonChoiceRow> = query.load(conn)?;
        let choice =
            |(id, service_id, name, extra, price, code): (Id, Option<Id>, String, i32, Option<i64>, String)| {
                let money = |minor| Ok::<_, StoreError>(Money { minor, currency: currency(&code)? }.to_string());
                Ok(AddonChoice {
                    id: AddonId(id.0),
                    service_id: service_id.map(|id| id.0.into()),
                    name,
                    extra_duration_minutes: count(extra),
                    price: price.map(money).transpose()?.unwrap_or_default(),
                })
            };
        rows.into_iter().map(choice).collect()
    }

    fn offers(
        &self,
        conn: &mut Conn,
        providers: &[ProviderId],
    ) -> Result<HashMap<ProviderId, Vec<ServiceId>>, StoreError> {
        let ids: Vec<Id> = providers.iter().map(|id| Id(id.0)).collect();
        let mut offers: HashMap<ProviderId, Vec<ServiceId>> = HashMap::new();
        for offer in offers::of(conn, &ids)? {
            offers.entry(offer.provider_id.0.into()).or_default().push(offer.service_id.0.into());
        }
        Ok(offers)
    }

    fn tenants(
        &self,
        conn: &mut Conn,
        scope: Scope,
        search: &str,
        limit: u32,
    ) -> Result<Vec<Choice<TenantId>>, StoreError> {
        Ok(choose!(conn, tenant, id, scope, search, limit))
    }
}
