//! Many decided bookings at once, for imports and demo data: the rules decide each, the walls check all.

use std::collections::{BTreeMap, BTreeSet};

use bookings_core::{Booking, Event, ProviderId};
use diesel::dsl::sum;
use diesel::prelude::*;

use crate::catalogue::FactsAsked;
use crate::connection::Conn;
use crate::each;
use crate::error::StoreError;
use crate::rows::{AddonRow, BookingRow, EventRow, PersonalRow};
use crate::schema::{booking, booking_addon, booking_event, booking_event_personal};
use crate::search::search_text;
use crate::store::Store;
use crate::transaction::{Lock, write};
use crate::types::{Id, Instant};

/// A booking as its events left it.
#[derive(Debug, Clone)]
pub struct Decided {
    /// As it is after its last event.
    pub booking: Booking,
    /// Its events, 1 to its version.
    pub events: Vec<Event>,
}

/// Rows of one statement: SQLite takes 32,766 parameters, and a booking has some forty.
const ROWS: usize = 500;

impl Store {
    /// Writes bookings with their whole histories, all or none, under the locks of their providers.
    ///
    /// # Errors
    /// [`StoreError::Wall`] where one clashes with what is there or a shared slot has not enough seats for them, and the
    /// database's.
    pub fn load_decided(&self, decided: &[Decided]) -> Result<(), StoreError> {
        if decided.is_empty() {
            return Ok(());
        }
        let mut providers: Vec<ProviderId> = decided.iter().map(|one| one.booking.provider_id).collect();
        providers.sort();
        providers.dedup();
        let lock = Lock::rows(self.catalogue.lock_providers(&providers));
        write(&self.pools, &lock, |conn| {
            for some in decided.chunks(ROWS) {
                let row =
                    |one: &Decided| (BookingRow::of(&one.booking), booking::search_text.eq(search_text(&one.booking)));
                let rows: Vec<_> = some.iter().map(row).collect();
                each!(conn, |c| diesel::insert_into(booking::table).values(rows).execute(c))?;
                let addons: Vec<AddonRow> = some.iter().flat_map(|one| AddonRow::all_of(&one.booking)).collect();
                each!(conn, |c| diesel::insert_into(booking_addon::table).values(addons).execute(c))?;
                let events: Vec<&Event> = some.iter().flat_map(|one| &one.events).collect();
                for events in events.chunks(ROWS) {
                    let rows: Vec<EventRow> = events.iter().map(|event| EventRow::of(event)).collect();
                    each!(conn, |c| diesel::insert_into(booking_event::table).values(rows).execute(c))?;
                    let personal: Vec<PersonalRow> = events.iter().filter_map(|event| PersonalRow::of(event)).collect();
                    each!(conn, |c| diesel::insert_into(booking_event_personal::table).values(personal).execute(c))?;
                }
            }
            providers.iter().try_for_each(|provider| self.seats_suffice(conn, *provider, decided))
        })
    }

    /// Seats are nothing a constraint could count: refuses where a slot that `decided` takes part in is oversold now.
    fn seats_suffice(&self, conn: &mut Conn, provider: ProviderId, decided: &[Decided]) -> Result<(), StoreError> {
        let own = decided.iter().map(|one| &one.booking).filter(|booking| booking.provider_id == provider);
        let slots: BTreeSet<(Id, Instant)> = own
            .filter(|booking| booking.shared && booking.status.is_active())
            .map(|booking| (Id::from(booking.service_id), Instant(booking.start_at)))
            .collect();
        let starts = || slots.iter().map(|(_, start)| *start);
        let (Some(first), Some(last)) = (starts().min(), starts().max()) else { return Ok(()) };
        let sold: Vec<(Id, Instant, Option<i64>)> = booking::table
            .filter(booking::active)
            .filter(booking::provider_id.eq(Id::from(provider)))
            .filter(booking::start_at.between(first, last))
            .filter(booking::shared)
            .group_by((booking::service_id, booking::start_at))
            .select((booking::service_id, booking::start_at, sum(booking::capacity_consumed)))
            .load(conn)?;
        let mut capacities: BTreeMap<Id, i64> = BTreeMap::new();
        for (service, start, seats) in sold {
            if !slots.contains(&(service, start)) {
                continue;
            }
            let capacity = match capacities.get(&service) {
                Some(capacity) => *capacity,
                None => {
                    let asked = FactsAsked { service_id: service.0.into(), provider_id: provider, addon_ids: &[] };
                    let facts = self.catalogue.facts(conn, asked)?;
                    // Of an unknown service nobody knows how many seats there are: none.
                    let capacity = facts.service.map_or(0, |service| i64::from(service.capacity));
                    capacities.insert(service, capacity);
                    capacity
                }
            };
            if seats.unwrap_or(0) > capacity {
                return Err(StoreError::Wall("booking_slot_capacity".into()));
            }
        }
        Ok(())
    }
}

impl Store {
    /// Tells the database to look at what it holds, so that it plans by it: after many rows came at once.
    ///
    /// # Errors
    /// The database's.
    pub fn analyze(&self) -> Result<(), StoreError> {
        // Not in a transaction: VACUUM may not be, and it fills PostgreSQL's visibility map.
        let mut conn = self.pools.url().connect()?;
        let sql = match conn {
            crate::connection::Conn::Pg(_) => "VACUUM (ANALYZE) booking",
            crate::connection::Conn::Lite(_) => "ANALYZE",
        };
        Ok(diesel::connection::SimpleConnection::batch_execute(&mut conn, sql)?)
    }
}
