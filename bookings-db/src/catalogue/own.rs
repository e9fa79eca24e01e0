//! The default catalogue: this crate's own tables.

use std::collections::HashMap;
use std::hash::Hash;

use bookings_core::{AddonId, Facts, Money, ProviderId, ServiceId, TenantId};
use diesel::prelude::*;
use uuid::Uuid;

use super::named::{self, Named, Table};
use super::{AddonChoice, Asked, Catalogue, Choice, Choices, ChoicesAsked, FactsAsked, Names, facts, offers};
use crate::connection::Conn;
use crate::error::StoreError;
use crate::rows::{count, currency};
use crate::schema::addon;
use crate::scope::Scope;
use crate::types::Id;

/// Services, add-ons, providers and tenants in this crate's own tables.
#[derive(Debug, Clone, Copy, Default)]
pub struct OwnCatalogue;

/// Id, service, name, extra minutes, price and currency of an add-on to choose.
type AddonChoiceRow = (Id, Option<Id>, String, i32, Option<i64>, String);

fn by_id<T: From<Uuid> + Eq + Hash>(rows: Vec<Named>) -> HashMap<T, String> {
    rows.into_iter().map(|(id, name, _)| (T::from(id.0), name)).collect()
}

fn choices<T: From<Uuid>>(rows: Vec<Named>) -> Vec<Choice<T>> {
    rows.into_iter().map(|(id, name, active)| Choice { id: T::from(id.0), name, active }).collect()
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
        let services = named::of_ids(Table::Service, services.iter().map(|id| Id(id.0)));
        let providers = named::of_ids(Table::Provider, providers.iter().map(|id| Id(id.0)));
        let tenants = named::of_ids(Table::Tenant, tenants.iter().map(|id| Id(id.0)));
        let [services, providers, tenants] = named::load(conn, scope, [services, providers, tenants])?;
        Ok(Names { services: by_id(services), providers: by_id(providers), tenants: by_id(tenants) })
    }

    fn services(
        &self,
        conn: &mut Conn,
        scope: Scope,
        search: &str,
        limit: u32,
    ) -> Result<Vec<Choice<ServiceId>>, StoreError> {
        let [services] = named::load(conn, scope, [Some(named::first(Table::Service, search, limit))])?;
        Ok(choices(services))
    }

    fn providers(
        &self,
        conn: &mut Conn,
        scope: Scope,
        search: &str,
        limit: u32,
    ) -> Result<Vec<Choice<ProviderId>>, StoreError> {
        let [providers] = named::load(conn, scope, [Some(named::first(Table::Provider, search, limit))])?;
        Ok(choices(providers))
    }

    fn choices(&self, conn: &mut Conn, scope: Scope, asked: ChoicesAsked) -> Result<Choices, StoreError> {
        let first = |table, asked: Asked| named::first(table, asked.words, asked.limit);
        let parts = [
            Some(first(Table::Service, asked.services)),
            Some(first(Table::Provider, asked.providers)),
            asked.tenants.map(|asked| first(Table::Tenant, asked)),
        ];
        let [services, providers, tenants] = named::load(conn, scope, parts)?;
        Ok(Choices { services: choices(services), providers: choices(providers), tenants: choices(tenants) })
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
        let [tenants] = named::load(conn, scope, [Some(named::first(Table::Tenant, search, limit))])?;
        Ok(choices(tenants))
    }
}
