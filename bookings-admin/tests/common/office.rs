//! A small business to test with: catalogue rows, written past the pages.
#![allow(dead_code, reason = "each test program uses a part")]

use bookings_core::{AddonId, ProviderId, ServiceId, TenantId};
use bookings_db::StoreError;
use bookings_db::catalogue::tables::{self, AddonData, ProviderData, ServiceData, TenantData};
use bookings_db::connection::{Conn, Pools};
use bookings_db::transaction::{Lock, write};
use bookings_db::types::Id;
use chrono::{DateTime, Utc};
use uuid::Uuid;

fn made(pools: &Pools, make: impl Fn(&mut Conn, Id, DateTime<Utc>) -> Result<(), StoreError>) -> Uuid {
    let id = Uuid::new_v4();
    write(pools, &Lock::none(), |conn| make(conn, Id(id), Utc::now())).unwrap();
    id
}

pub fn tenant(pools: &Pools, slug: &str) -> TenantId {
    let data =
        TenantData { slug: slug.into(), name: format!("The {slug}"), time_zone: None, currency: None, active: true };
    made(pools, |conn, id, now| tables::tenants::insert(conn, id, &data, now).map(drop)).into()
}

/// An active provider.
pub fn provider(pools: &Pools, name: &str, tenant: Option<TenantId>) -> ProviderId {
    provider_like(pools, ProviderData { tenant_id: tenant.map(|id| Id(id.0)), name: name.into(), active: true })
}

pub fn provider_like(pools: &Pools, data: ProviderData) -> ProviderId {
    made(pools, |conn, id, now| tables::providers::insert(conn, id, &data, now).map(drop)).into()
}

/// An hour for one client, without buffers, notice or approval.
pub fn an_hour(name: &str) -> ServiceData {
    ServiceData {
        tenant_id: None,
        name: name.into(),
        duration_minutes: 60,
        buffer_before_minutes: 0,
        buffer_after_minutes: 0,
        requires_approval: false,
        allow_multiple_clients: false,
        capacity: 1,
        cancellation_allowed: true,
        cancellation_notice_minutes: 0,
        reschedule_allowed: true,
        reschedule_notice_minutes: 0,
        pricing_type: "fixed".into(),
        price_minor: Some(10_000),
        currency: "TTD".into(),
        active: true,
    }
}

pub fn service(pools: &Pools, data: ServiceData) -> ServiceId {
    made(pools, |conn, id, now| tables::services::insert(conn, id, &data, now).map(drop)).into()
}

/// A quarter of an hour more, for any service.
pub fn a_quarter(name: &str) -> AddonData {
    AddonData {
        tenant_id: None,
        service_id: None,
        name: name.into(),
        extra_duration_minutes: 15,
        price_minor: Some(500),
        currency: "TTD".into(),
        active: true,
    }
}

pub fn addon(pools: &Pools, data: AddonData) -> AddonId {
    made(pools, |conn, id, now| tables::addons::insert(conn, id, &data, now).map(drop)).into()
}
