//! Many decided bookings at once, for imports and demo data: the rules decide each, the walls check all.

use std::collections::{BTreeMap, BTreeSet};

use bookings_core::{Booking, Event, ProviderId};
use diesel::dsl::sum;
use diesel::prelude::*;

use crate::catalogue::FactsAsked;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::rows::{AddonRow, EventRow, FoundRow, PersonalRow};
use crate::schema::{booking, booking_addon, booking_event, booking_event_personal};
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

/// Writes many rows: by `COPY` where there is one, which reads no statement as long as they are.
macro_rules! put {
    ($conn:ident, $table:expr, $rows:expr) => {
        match $conn {
            Conn::Pg(conn) if !$rows.is_empty() => {
                diesel::copy_from($table).from_insertable(&$rows).execute(conn)?;
            }
            Conn::Pg(_) => {}
            Conn::Lite(conn) => {
                for some in $rows.chunks(ROWS) {
                    diesel::insert_into($table).values(some).execute(conn)?;
                }
            }
        }
    };
}

/// Decided bookings as rows: made by whoever has time for it, written by who has the lock.
#[derive(Debug, Default)]
pub struct Rows {
    bookings: Vec<FoundRow>,
    addons: Vec<AddonRow>,
    events: Vec<EventRow>,
    personal: Vec<PersonalRow>,
    /// Of each provider: the shared slots that are taken part in.
    slots: BTreeMap<ProviderId, BTreeSet<(Id, Instant)>>,
}

impl Rows {
    /// The rows of `decided`.
    #[must_use]
    pub fn of(decided: &[Decided]) -> Rows {
        let mut rows = Rows::default();
        for Decided { booking, events } in decided {
            rows.bookings.push(FoundRow::of(booking));
            rows.addons.extend(AddonRow::all_of(booking));
            rows.events.extend(events.iter().map(EventRow::of));
            rows.personal.extend(events.iter().filter_map(PersonalRow::of));
            let slots = rows.slots.entry(booking.provider_id).or_default();
            if booking.shared && booking.status.is_active() {
                slots.insert((Id::from(booking.service_id), Instant(booking.start_at)));
            }
        }
        rows
    }

    /// How many bookings they are.
    #[must_use]
    pub fn bookings(&self) -> u64 {
        self.bookings.len() as u64
    }

    /// Writes them under whatever transaction is open.
    pub(crate) fn write(&self, conn: &mut Conn) -> Result<(), StoreError> {
        put!(conn, booking::table, self.bookings);
        put!(conn, booking_addon::table, self.addons);
        put!(conn, booking_event::table, self.events);
        put!(conn, booking_event_personal::table, self.personal);
        Ok(())
    }
}

impl Store {
    /// Writes bookings with their whole histories, all or none, under the locks of their providers.
    ///
    /// # Errors
    /// [`StoreError::Wall`] where one clashes with what is there or a shared slot has not enough seats for them, and the
    /// database's.
    pub fn load_decided(&self, decided: &[Decided]) -> Result<(), StoreError> {
        self.load(&Rows::of(decided))
    }

    /// As [`load_decided`](Store::load_decided), of rows that are made already.
    ///
    /// # Errors
    /// As [`load_decided`](Store::load_decided).
    pub fn load(&self, rows: &Rows) -> Result<(), StoreError> {
        if rows.bookings.is_empty() {
            return Ok(());
        }
        let providers: Vec<ProviderId> = rows.slots.keys().copied().collect();
        let lock = Lock::rows(self.catalogue.lock_providers(&providers));
        write(&self.pools, &lock, |conn| {
            rows.write(conn)?;
            self.seats_suffice(conn, rows)
        })
    }

    /// Seats are nothing a constraint could count: refuses where a slot that `rows` take part in is oversold now.
    pub(crate) fn seats_suffice(&self, conn: &mut Conn, rows: &Rows) -> Result<(), StoreError> {
        rows.slots.iter().try_for_each(|(provider, slots)| self.seats_of(conn, *provider, slots))
    }

    fn seats_of(
        &self,
        conn: &mut Conn,
        provider: ProviderId,
        slots: &BTreeSet<(Id, Instant)>,
    ) -> Result<(), StoreError> {
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
