//! Catalogue rows of any shape, written past every rule.

use bookings_core::{AddonId, ProviderId, ServiceId, TenantId};
use bookings_db::schema::{addon, provider, service, tenant};
use bookings_db::types::{Id, Instant};
use diesel::prelude::*;
use uuid::Uuid;

use super::Fixture;

#[derive(Debug, Clone)]
pub struct ServiceSpec {
    pub tenant_id: Option<TenantId>,
    pub minutes: i32,
    pub buffers: (i32, i32),
    pub requires_approval: bool,
    /// Seats, where several clients may share a start.
    pub capacity: Option<i32>,
    pub allowed: bool,
    pub notice: i32,
    pub active: bool,
}

impl Default for ServiceSpec {
    fn default() -> Self {
        ServiceSpec {
            tenant_id: None,
            minutes: 60,
            buffers: (10, 15),
            requires_approval: false,
            capacity: None,
            allowed: true,
            notice: 60,
            active: true,
        }
    }
}

#[derive(Debug, Clone)]
pub struct AddonSpec {
    pub tenant_id: Option<TenantId>,
    pub service_id: Option<ServiceId>,
    pub minutes: i32,
    pub price: Option<i64>,
    pub currency: &'static str,
    pub active: bool,
}

impl Default for AddonSpec {
    fn default() -> Self {
        AddonSpec { tenant_id: None, service_id: None, minutes: 30, price: Some(500), currency: "TTD", active: true }
    }
}

impl Fixture {
    pub fn add_tenant(&self, slug: &str) -> TenantId {
        let id = TenantId(Uuid::new_v4());
        let values = (
            tenant::id.eq(Id::from(id)),
            tenant::slug.eq(slug),
            tenant::name.eq(slug),
            tenant::active.eq(true),
            tenant::version.eq(1_i64),
            tenant::created_at.eq(Instant(self.now)),
            tenant::updated_at.eq(Instant(self.now)),
        );
        self.writing(|conn| diesel::insert_into(tenant::table).values(values).execute(conn));
        id
    }

    pub fn add_provider(&self, tenant_id: Option<TenantId>, active: bool) -> ProviderId {
        let id = ProviderId(Uuid::new_v4());
        let values = (
            provider::id.eq(Id::from(id)),
            provider::tenant_id.eq(tenant_id.map(Id::from)),
            provider::name.eq("Room"),
            provider::name_key.eq("room"),
            provider::active.eq(active),
            provider::version.eq(1_i64),
            provider::created_at.eq(Instant(self.now)),
            provider::updated_at.eq(Instant(self.now)),
        );
        self.writing(|conn| diesel::insert_into(provider::table).values(values).execute(conn));
        id
    }

    pub fn add_service(&self, spec: &ServiceSpec) -> ServiceId {
        let id = ServiceId(Uuid::new_v4());
        let values = (
            (
                service::id.eq(Id::from(id)),
                service::tenant_id.eq(spec.tenant_id.map(Id::from)),
                service::name.eq("Massage"),
                service::name_key.eq("massage"),
                service::duration_minutes.eq(spec.minutes),
                service::buffer_before_minutes.eq(spec.buffers.0),
                service::buffer_after_minutes.eq(spec.buffers.1),
                service::requires_approval.eq(spec.requires_approval),
                service::allow_multiple_clients.eq(spec.capacity.is_some()),
                service::capacity.eq(spec.capacity.unwrap_or(1)),
            ),
            (
                service::cancellation_allowed.eq(spec.allowed),
                service::cancellation_notice_minutes.eq(spec.notice),
                service::reschedule_allowed.eq(spec.allowed),
                service::reschedule_notice_minutes.eq(spec.notice),
                service::pricing_type.eq("fixed"),
                service::price_minor.eq(10_000_i64),
                service::currency.eq("TTD"),
                service::active.eq(spec.active),
                service::version.eq(1_i64),
                service::created_at.eq(Instant(self.now)),
                service::updated_at.eq(Instant(self.now)),
            ),
        );
        self.writing(|conn| diesel::insert_into(service::table).values(values).execute(conn));
        id
    }

    pub fn add_addon(&self, spec: &AddonSpec) -> AddonId {
        let id = AddonId(Uuid::new_v4());
        let values = (
            addon::id.eq(Id::from(id)),
            addon::tenant_id.eq(spec.tenant_id.map(Id::from)),
            addon::service_id.eq(spec.service_id.map(Id::from)),
            addon::name.eq("Extra"),
            addon::extra_duration_minutes.eq(spec.minutes),
            addon::price_minor.eq(spec.price),
            addon::currency.eq(spec.currency),
            addon::active.eq(spec.active),
            addon::version.eq(1_i64),
            addon::created_at.eq(Instant(self.now)),
            addon::updated_at.eq(Instant(self.now)),
        );
        self.writing(|conn| diesel::insert_into(addon::table).values(values).execute(conn));
        id
    }
}
