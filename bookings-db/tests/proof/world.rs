//! Three providers, five services, four add-ons and one day, by fixed ids that every process knows.

use std::cell::Cell;
use std::sync::Arc;

use bookings_core::{
    AddonId, Currency, Policy, ProviderId, ServiceFacts, ServiceId, SlotValidation, Snapshot, TenantId,
};
use bookings_db::catalogue::tables::{self, AddonData, ProviderData, ServiceData};
use bookings_db::connection::{Conn, Pools};
use bookings_db::types::Id;
use bookings_db::{SlotAsk, SlotEngine, SlotEngineError, Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

pub const PROVIDERS: usize = 3;
pub const SERVICES: usize = 5;
/// The last one is not in the catalogue.
pub const ADDONS: usize = 5;
pub const GUARD_MINUTES: u32 = 30;

pub const fn provider(number: usize) -> ProviderId {
    ProviderId(Uuid::from_u128(0x0900_0000 + number as u128))
}

pub const fn service(number: usize) -> ServiceId {
    ServiceId(Uuid::from_u128(0x0500_0000 + number as u128))
}

pub const fn addon(number: usize) -> AddonId {
    AddonId(Uuid::from_u128(0x0a00_0000 + number as u128))
}

/// The morning before the day.
pub fn today() -> DateTime<Utc> {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

/// So many minutes after midnight of the day that everything is booked on.
pub fn at(minutes: i64) -> DateTime<Utc> {
    let midnight: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().unwrap();
    midnight + TimeDelta::minutes(minutes)
}

/// A service as the run begins: minutes, buffers, notice, seats where clients share it, approval.
pub struct Offer {
    pub minutes: i32,
    pub buffers: (i32, i32),
    pub notice: i32,
    pub seats: Option<i32>,
    pub approval: bool,
}

pub const OFFERS: [Offer; SERVICES] = [
    Offer { minutes: 60, buffers: (10, 15), notice: 60, seats: None, approval: false },
    Offer { minutes: 30, buffers: (5, 0), notice: 0, seats: None, approval: true },
    Offer { minutes: 20, buffers: (0, 5), notice: 0, seats: None, approval: false },
    Offer { minutes: 45, buffers: (0, 10), notice: 0, seats: Some(6), approval: false },
    Offer { minutes: 30, buffers: (5, 5), notice: 120, seats: Some(4), approval: true },
];

/// Minutes and the service an add-on belongs to. The third is priced in another currency, the fourth not offered.
pub const EXTRAS: [(i32, Option<usize>); ADDONS - 1] = [(30, None), (15, Some(0)), (10, None), (5, None)];

pub fn service_data(number: usize) -> ServiceData {
    let Offer { minutes, buffers, notice, seats, approval } = OFFERS[number];
    ServiceData {
        tenant_id: None,
        name: format!("Service {number}"),
        duration_minutes: minutes,
        buffer_before_minutes: buffers.0,
        buffer_after_minutes: buffers.1,
        requires_approval: approval,
        allow_multiple_clients: seats.is_some(),
        capacity: seats.unwrap_or(1),
        cancellation_allowed: true,
        cancellation_notice_minutes: notice,
        reschedule_allowed: true,
        reschedule_notice_minutes: notice,
        pricing_type: "fixed".into(),
        price_minor: Some(10_000),
        currency: "TTD".into(),
        active: true,
    }
}

pub fn addon_data(number: usize) -> AddonData {
    let (minutes, service_number) = EXTRAS[number];
    AddonData {
        tenant_id: None,
        service_id: service_number.map(|number| service(number).into()),
        name: format!("Extra {number}"),
        extra_duration_minutes: minutes,
        price_minor: Some(500),
        currency: if number == 2 { "EUR" } else { "TTD" }.into(),
        active: number != 3,
    }
}

pub fn provider_data(number: usize) -> ProviderData {
    ProviderData { tenant_id: None, name: format!("Provider {number}"), active: true }
}

/// Fills the catalogue of an empty database.
pub fn furnish(conn: &mut Conn) -> Result<(), StoreError> {
    for number in 0..SERVICES {
        tables::services::insert(conn, Id::from(service(number)), &service_data(number), today())?;
    }
    for number in 0..EXTRAS.len() {
        tables::addons::insert(conn, Id::from(addon(number)), &addon_data(number), today())?;
    }
    for number in 0..PROVIDERS {
        tables::providers::insert(conn, Id::from(provider(number)), &provider_data(number), today())?;
    }
    Ok(())
}

/// What core is told of a service row.
pub fn facts(number: usize, data: &ServiceData) -> ServiceFacts {
    let count = |number: i32| u32::try_from(number).unwrap();
    ServiceFacts {
        id: service(number),
        tenant_id: None::<TenantId>,
        active: data.active,
        allow_multiple_clients: data.allow_multiple_clients,
        capacity: count(data.capacity),
        snapshot: Snapshot {
            duration_minutes: count(data.duration_minutes),
            buffer_before_minutes: count(data.buffer_before_minutes),
            buffer_after_minutes: count(data.buffer_after_minutes),
            requires_approval: data.requires_approval,
            cancellation_allowed: data.cancellation_allowed,
            cancellation_notice_minutes: count(data.cancellation_notice_minutes),
            reschedule_allowed: data.reschedule_allowed,
            reschedule_notice_minutes: count(data.reschedule_notice_minutes),
            pricing_type: data.pricing_type.clone(),
            price_minor: data.price_minor,
            currency: Currency::parse(&data.currency).unwrap(),
        },
    }
}

pub fn policy() -> Policy {
    Policy { tenancy: false, slot_validation: SlotValidation::Engine, duplicate_guard_minutes: GUARD_MINUTES }
}

pub fn store(pools: Pools) -> Store {
    Store { slots: Some(Arc::new(Engine)), ..Store::new(pools, policy()) }
}

/// How the slot engine behaves for the command at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Answers,
    /// Long enough for others to change what was asked about.
    Slow,
    Fails,
}

thread_local! {
    /// The engine is asked on the thread that gives the command.
    static MOOD: Cell<Mood> = const { Cell::new(Mood::Answers) };
}

pub fn set_mood(mood: Mood) {
    MOOD.set(mood);
}

/// Whether the engine offers a start: any quarter of an hour of the day but a lunch break.
pub fn offered(start: DateTime<Utc>) -> bool {
    let minutes = (start - at(0)).num_minutes();
    let of_the_day = (0..24 * 60).contains(&minutes) && !(12 * 60..12 * 60 + 30).contains(&minutes);
    start == at(minutes) && minutes % 15 == 0 && of_the_day
}

struct Engine;

impl SlotEngine for Engine {
    fn available_starts(&self, _: &SlotAsk) -> Result<Vec<DateTime<Utc>>, SlotEngineError> {
        match MOOD.get() {
            Mood::Fails => return Err(SlotEngineError("it is down".into())),
            Mood::Slow => std::thread::sleep(std::time::Duration::from_millis(5)),
            Mood::Answers => {}
        }
        Ok((0..96).map(|quarter| at(quarter * 15)).filter(|start| offered(*start)).collect())
    }
}
