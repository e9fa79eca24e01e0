//! Each provider's time in order of start, with only what may still reach the next start at hand.

use std::collections::BTreeMap;

use bookings_core::{ProviderId, ServiceId};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Text};
use uuid::Uuid;

use super::row::time;
use super::{Doctor, Finding, Kind, catalogue};
use crate::connection::Conn;
use crate::error::StoreError;
use crate::types::{DbInstant, DbUuid, Id, Instant};

/// Rows of one page.
const PAGE: usize = 2_000;
/// References a sentence names.
const NAMED: usize = 5;

#[derive(Debug, Clone, QueryableByName)]
struct Active {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = DbUuid)]
    provider_id: Id,
    #[diesel(sql_type = DbUuid)]
    service_id: Id,
    #[diesel(sql_type = DbInstant)]
    start_at: Instant,
    #[diesel(sql_type = DbInstant)]
    busy_start: Instant,
    #[diesel(sql_type = DbInstant)]
    busy_end: Instant,
    #[diesel(sql_type = Bool)]
    shared: bool,
    #[diesel(sql_type = Integer)]
    capacity_consumed: i32,
}

impl Active {
    fn in_the_way_of(&self, other: &Active) -> bool {
        let shares =
            self.shared && other.shared && self.service_id == other.service_id && self.start_at == other.start_at;
        self.busy_start < other.busy_end && other.busy_start < self.busy_end && !shares
    }
}

/// Seats held at one start of one service.
#[derive(Default)]
struct Slot {
    seats: i64,
    bookings: usize,
    references: Vec<String>,
}

/// Where the sweep is.
struct Sweep {
    provider: Id,
    start: Instant,
    /// What may still reach into what starts later.
    open: Vec<Active>,
    /// The shared slots of this start.
    slots: BTreeMap<Uuid, Slot>,
}

/// Finds overlaps and oversold slots. `reach` is the longest buffer before a start, in minutes.
pub(super) fn examine(conn: &mut Conn, doctor: &mut Doctor, reach: i32) -> Result<(), StoreError> {
    let reach = TimeDelta::minutes(i64::from(reach.max(0)));
    let mut sweep = Sweep {
        provider: Id(Uuid::nil()),
        start: Instant(DateTime::<Utc>::UNIX_EPOCH),
        open: Vec::new(),
        slots: BTreeMap::new(),
    };
    let mut after: Option<(Id, Instant, i64)> = None;
    loop {
        let page = page(conn, after)?;
        let Some(last) = page.last() else { return settle(conn, doctor, &mut sweep) };
        after = Some((last.provider_id, last.start_at, last.seq));
        for row in page {
            step(conn, doctor, &mut sweep, row, reach)?;
        }
    }
}

/// The next active bookings by provider and start.
fn page(conn: &mut Conn, after: Option<(Id, Instant, i64)>) -> Result<Vec<Active>, StoreError> {
    const COLUMNS: &str = "SELECT seq, reference, provider_id, service_id, start_at, busy_start, busy_end, shared, \
         capacity_consumed FROM booking WHERE active";
    let order = format!("ORDER BY provider_id, start_at, seq LIMIT {PAGE}");
    Ok(match after {
        None => diesel::sql_query(format!("{COLUMNS} {order}")).load(conn)?,
        Some((provider, start, seq)) => {
            diesel::sql_query(format!("{COLUMNS} AND (provider_id, start_at, seq) > ($1, $2, $3) {order}"))
                .bind::<DbUuid, _>(provider)
                .bind::<DbInstant, _>(start)
                .bind::<BigInt, _>(seq)
                .load(conn)?
        }
    })
}

fn step(
    conn: &mut Conn,
    doctor: &mut Doctor,
    sweep: &mut Sweep,
    row: Active,
    reach: TimeDelta,
) -> Result<(), StoreError> {
    if (sweep.provider, sweep.start) != (row.provider_id, row.start_at) {
        settle(conn, doctor, sweep)?;
    }
    if sweep.provider != row.provider_id {
        sweep.open.clear();
    }
    (sweep.provider, sweep.start) = (row.provider_id, row.start_at);
    // Whatever starts from here on is busy from `reach` before its start at the earliest.
    let earliest = row.start_at.0.checked_sub_signed(reach).unwrap_or(DateTime::<Utc>::MIN_UTC);
    sweep.open.retain(|open| open.busy_end.0 > earliest);
    let clashes: Vec<&Active> = sweep.open.iter().filter(|open| open.in_the_way_of(&row)).collect();
    if let Some(first) = clashes.last() {
        let more = match clashes.len() {
            1 => String::new(),
            n => format!(", and {} more", n - 1),
        };
        let window = |row: &Active| format!("{} to {}", time(row.busy_start.0), time(row.busy_end.0));
        let sentence = format!(
            "it holds {} of provider {}, buffers included, and {} holds {}{more}",
            window(&row),
            row.provider_id.0,
            first.reference,
            window(first)
        );
        doctor.find(Finding::of(Kind::Overlap, &row.reference, sentence));
    }
    if row.shared {
        let slot = sweep.slots.entry(row.service_id.0).or_default();
        slot.seats += i64::from(row.capacity_consumed);
        slot.bookings += 1;
        if slot.references.len() < NAMED {
            slot.references.push(row.reference.clone());
        }
    }
    sweep.open.push(row);
    Ok(())
}

/// Judges the shared slots of a start that is complete.
fn settle(conn: &mut Conn, doctor: &mut Doctor, sweep: &mut Sweep) -> Result<(), StoreError> {
    let (provider, start) = (ProviderId(sweep.provider.0), sweep.start.0);
    for (service, slot) in std::mem::take(&mut sweep.slots) {
        let known = catalogue::ask(doctor, conn, ServiceId(service), provider)?;
        let Some((Some(entry), _)) = known else { continue };
        let capacity = i64::from(entry.capacity);
        if slot.seats <= capacity {
            continue;
        }
        let more = match slot.bookings - slot.references.len() {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let sentence = format!(
            "{} of {capacity} seats of service {service} are held at {} with provider {provider}: by {}{more}",
            slot.seats,
            time(start),
            slot.references.join(", ")
        );
        let reference = slot.references.first().map(String::as_str).unwrap_or_default();
        doctor.find(Finding::of(Kind::Oversold, reference, sentence));
    }
    Ok(())
}
