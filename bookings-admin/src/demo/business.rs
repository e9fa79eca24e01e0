//! The business: services with their add-ons, and the people who give them.

use bookings_core::{AddonFacts, AddonId, Facts, ProviderFacts, ProviderId, ServiceId};
use bookings_db::catalogue::FactsAsked;
use bookings_db::catalogue::tables::{AddonData, ProviderData, ServiceData, addons, providers, services};
use bookings_db::transaction::{Lock, write};
use bookings_db::types::Id;
use bookings_db::{Store, StoreError};
use chrono::{DateTime, Utc};
use uuid::{Builder, Uuid};

use super::dice::Dice;
use super::people;
use crate::cli::DemoArgs;
use crate::settings::Settings;

/// Name, minutes, buffers, seats (0: one client at a time), approval, cancellation notice in hours, price in minor units.
type Offer = (&'static str, i32, i32, i32, i32, bool, i32, i64);

const OFFERS: [Offer; 8] = [
    ("Physiotherapy", 45, 0, 10, 0, false, 24, 42_000),
    ("Deep tissue massage", 60, 5, 15, 0, false, 24, 38_000),
    ("Haircut and style", 45, 0, 5, 0, false, 4, 18_000),
    ("Colour treatment", 120, 0, 15, 0, true, 48, 65_000),
    ("Yoga class", 60, 10, 10, 12, false, 2, 9_000),
    ("First consultation", 30, 0, 5, 0, true, 24, 25_000),
    ("Manicure", 40, 0, 5, 0, false, 4, 12_000),
    ("Pottery workshop", 90, 15, 15, 6, false, 72, 30_000),
];

/// Of which offer, name, extra minutes, price.
const EXTRAS: [(usize, &str, i32, i64); 9] = [
    (0, "Exercise plan", 15, 8_000),
    (0, "Ultrasound", 10, 12_000),
    (1, "Hot stones", 15, 10_000),
    (1, "Aromatherapy oil", 0, 4_000),
    (2, "Beard trim", 15, 6_000),
    (2, "Scalp treatment", 15, 9_000),
    (3, "Olaplex", 20, 15_000),
    (6, "Gel polish", 20, 5_000),
    (6, "Nail art", 15, 7_000),
];

/// What can be booked and with whom, as the rules see it.
pub struct Business {
    pub services: Vec<Facts>,
    pub providers: Vec<ProviderFacts>,
}

impl Business {
    /// Writes the catalogue and reads it back through the same eyes as every booking.
    pub fn open(
        store: &Store,
        settings: &Settings,
        args: &DemoArgs,
        dice: &mut Dice,
        now: DateTime<Utc>,
    ) -> Result<Business, StoreError> {
        let offers: Vec<(Id, ServiceData)> =
            (0..args.services as usize).map(|place| (fresh(dice), service(place, settings))).collect();
        let extras: Vec<(Id, AddonData)> = offers
            .iter()
            .enumerate()
            .flat_map(|(place, (id, _))| extras_of(place, *id, settings))
            .map(|addon| (fresh(dice), addon))
            .collect();
        let staff: Vec<(Id, ProviderData)> = (0..args.providers).map(|_| (fresh(dice), provider(dice))).collect();
        write(&store.pools, &Lock::none(), |conn| {
            for (id, data) in &offers {
                services::insert(conn, *id, data, now)?;
            }
            for (id, data) in &extras {
                addons::insert(conn, *id, data, now)?;
            }
            for (id, data) in &staff {
                providers::insert(conn, *id, data, now)?;
            }
            Ok::<_, StoreError>(())
        })?;
        let provider_id = staff.first().map_or(ProviderId(Uuid::nil()), |(id, _)| ProviderId(id.0));
        let services = store.pools.read(|conn| {
            let facts = |(id, _): &(Id, ServiceData)| {
                let own = extras.iter().filter(|(_, addon)| addon.service_id == Some(*id));
                let addon_ids: Vec<AddonId> = own.map(|(id, _)| AddonId(id.0)).collect();
                let asked = FactsAsked { service_id: ServiceId(id.0), provider_id, addon_ids: &addon_ids };
                store.catalogue.facts(conn, asked)
            };
            offers.iter().map(facts).collect::<Result<Vec<Facts>, _>>()
        })?;
        let facts = |(id, _): &(Id, ProviderData)| ProviderFacts {
            id: ProviderId(id.0),
            tenant_id: None,
            active: true,
            offers: true,
        };
        Ok(Business { services, providers: staff.iter().map(facts).collect() })
    }
}

/// A random id of the usual form.
fn fresh(dice: &mut Dice) -> Id {
    Id(Builder::from_random_bytes(dice.bytes()).into_uuid())
}

/// The first eight by themselves; more of them are numbered.
fn service(place: usize, settings: &Settings) -> ServiceData {
    let (name, minutes, before, after, seats, approval, notice, price) = OFFERS[place % OFFERS.len()];
    let round = place / OFFERS.len();
    ServiceData {
        tenant_id: None,
        name: if round == 0 { name.into() } else { format!("{name} {}", round + 1) },
        duration_minutes: minutes,
        buffer_before_minutes: before,
        buffer_after_minutes: after,
        requires_approval: approval,
        allow_multiple_clients: seats > 0,
        capacity: seats.max(1),
        cancellation_allowed: true,
        cancellation_notice_minutes: notice * 60,
        reschedule_allowed: true,
        reschedule_notice_minutes: notice * 60,
        pricing_type: if seats > 0 { "per_person" } else { "fixed" }.into(),
        price_minor: Some(price),
        currency: settings.currency.as_str().into(),
        active: true,
    }
}

fn extras_of(place: usize, service: Id, settings: &Settings) -> Vec<AddonData> {
    let own = EXTRAS.iter().filter(|(offer, ..)| *offer == place % OFFERS.len());
    let addon = |(_, name, minutes, price): &(usize, &str, i32, i64)| AddonData {
        tenant_id: None,
        service_id: Some(service),
        name: (*name).into(),
        extra_duration_minutes: *minutes,
        price_minor: Some(*price),
        currency: settings.currency.as_str().into(),
        active: true,
    };
    own.map(addon).collect()
}

fn provider(dice: &mut Dice) -> ProviderData {
    ProviderData { tenant_id: None, name: people::name(dice), active: true }
}

/// Whichever of a service's add-ons somebody takes.
pub fn some_addons<'a>(facts: &'a Facts, dice: &mut Dice) -> Vec<&'a AddonFacts> {
    facts.addons.iter().filter(|_| dice.percent(25)).collect()
}
