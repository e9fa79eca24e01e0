//! Every booking with its add-ons and events, in batches by key: four queries a batch, whatever it holds.

use std::collections::HashMap;

use bookings_core::{Event, ProviderId, ServiceId};
use diesel::prelude::*;

use super::history::of_history;
use super::row::{Stored, of_booking, of_row};
use super::search::Texts;
use super::{Doctor, Finding, Kind, catalogue};
use crate::bookings::whole::addons_of;
use crate::condition::AnyOf;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::rows::{BookingRow, EventRow, PersonalRow};
use crate::schema::{booking, booking_event, booking_event_personal};
use crate::search::search_place;
use crate::types::Id;

/// Bookings of one batch, and events of all of them together; a longer history is a batch of its own.
const BATCH: i64 = 500;
const EVENTS: i64 = 5_000;

/// What later checks need of all bookings.
#[derive(Default)]
pub(super) struct Seen {
    /// The longest buffer before a start, in minutes.
    pub reach: i32,
    /// What SQLite's search index must hold.
    pub texts: Texts,
}

/// A booking with everything that is its own.
struct Whole {
    stored: Stored,
    events: Vec<EventRow>,
    personal: HashMap<i64, PersonalRow>,
}

/// Reads and checks every booking.
pub(super) fn examine(conn: &mut Conn, doctor: &mut Doctor) -> Result<Seen, StoreError> {
    let mut seen = Seen::default();
    let mut after = i64::MIN;
    loop {
        let mut keys: Vec<(i64, String, i64)> = booking::table
            .filter(booking::seq.gt(after))
            .order(booking::seq)
            .limit(BATCH)
            .select((booking::seq, booking::reference, booking::version))
            .load(conn)?;
        keys.truncate(fits(keys.iter().map(|(.., version)| *version)));
        let (Some((first, ..)), Some((last, ..))) = (keys.first(), keys.last()) else { return Ok(seen) };
        let (first, last) = (*first, *last);
        match load(conn, first, last) {
            Ok(batch) => {
                for whole in batch {
                    check(conn, doctor, whole, &mut seen)?;
                }
            }
            // Something in it can't be read: one by one.
            Err(StoreError::Internal(_)) => {
                for (seq, reference, _) in keys {
                    match load(conn, seq, seq) {
                        Ok(batch) => {
                            for whole in batch {
                                check(conn, doctor, whole, &mut seen)?;
                            }
                        }
                        Err(StoreError::Internal(problem)) => {
                            doctor.examined.bookings += 1;
                            seen.texts.unknown = true;
                            doctor.find(Finding::of(Kind::Unreadable, &reference, problem));
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
            Err(error) => return Err(error),
        }
        after = last;
    }
}

/// How many of these histories are read at once, by their lengths: one at least.
fn fits(versions: impl Iterator<Item = i64>) -> usize {
    let mut events = 0_i64;
    let within = versions.take_while(|version| {
        events = events.saturating_add((*version).max(1));
        events <= EVENTS
    });
    within.count().max(1)
}

type BookingParts = (i64, String, Option<String>, Option<Vec<u8>>, BookingRow);

/// The bookings from key `first` to `last`.
fn load(conn: &mut Conn, first: i64, last: i64) -> Result<Vec<Whole>, StoreError> {
    let rows: Vec<BookingParts> = booking::table
        .filter(booking::seq.between(first, last))
        .order(booking::seq)
        .select((
            booking::seq,
            booking::search_text,
            booking::idempotency_key,
            booking::idempotency_digest,
            BookingRow::as_select(),
        ))
        .load(conn)?;
    let ids: Vec<Id> = rows.iter().map(|(.., row)| row.id).collect();
    let mut addons = addons_of(conn, ids.clone())?;
    let mut events: HashMap<Id, Vec<EventRow>> = HashMap::new();
    let own: Vec<EventRow> = booking_event::table
        .filter(AnyOf::new("booking_event.booking_id", ids.iter().copied()))
        .order((booking_event::booking_id, booking_event::version))
        .select(EventRow::as_select())
        .load(conn)?;
    for event in own {
        events.entry(event.booking_id).or_default().push(event);
    }
    let mut personal: HashMap<Id, HashMap<i64, PersonalRow>> = HashMap::new();
    let own: Vec<PersonalRow> = booking_event_personal::table
        .filter(AnyOf::new("booking_event_personal.booking_id", ids))
        .select(PersonalRow::as_select())
        .load(conn)?;
    for row in own {
        personal.entry(row.booking_id).or_default().insert(row.version, row);
    }
    let whole = |(seq, search_text, idempotency_key, idempotency_digest, row): BookingParts| Whole {
        events: events.remove(&row.id).unwrap_or_default(),
        personal: personal.remove(&row.id).unwrap_or_default(),
        stored: Stored {
            seq,
            search_text,
            idempotency_key,
            idempotency_digest,
            addons: addons.remove(&row.id).unwrap_or_default(),
            row,
        },
    };
    Ok(rows.into_iter().map(whole).collect())
}

fn check(conn: &mut Conn, doctor: &mut Doctor, whole: Whole, seen: &mut Seen) -> Result<(), StoreError> {
    let Whole { stored, events, personal } = whole;
    doctor.examined.bookings += 1;
    doctor.examined.events += events.len() as u64;
    seen.reach = seen.reach.max(stored.row.buffer_before_minutes);
    seen.texts.add(search_place(stored.row.start_at.0, stored.seq), &stored.search_text);
    let mut found = of_row(&stored);
    let booking = match stored.row.clone().into_core(stored.addons.clone()) {
        Ok(booking) => Some(booking),
        Err(problem) => {
            // Most often the row's own checks have said it better.
            if found.is_empty() {
                found.push(Finding::of(Kind::ImpossibleValue, &stored.row.reference, problem.to_string()));
            }
            None
        }
    };
    if let Some(booking) = &booking {
        found.extend(of_booking(&stored, booking));
    }
    match readable(events, personal) {
        Ok(events) => found.extend(of_history(&stored.row, booking.as_ref(), &events)),
        Err(problem) => found.push(Finding::of(Kind::Unreadable, &stored.row.reference, problem.to_string())),
    }
    found.extend(entries(conn, doctor, &stored.row)?);
    for finding in found {
        doctor.find(finding);
    }
    Ok(())
}

fn readable(events: Vec<EventRow>, mut personal: HashMap<i64, PersonalRow>) -> Result<Vec<Event>, StoreError> {
    let whole = |event: EventRow| {
        let own = personal.remove(&event.version);
        event.into_core(own)
    };
    events.into_iter().map(whole).collect()
}

/// The booking against its service and provider in the catalogue.
fn entries(conn: &mut Conn, doctor: &mut Doctor, row: &BookingRow) -> Result<Vec<Finding>, StoreError> {
    let (service_id, provider_id) = (ServiceId(row.service_id.0), ProviderId(row.provider_id.0));
    let Some((service, provider)) = catalogue::ask(doctor, conn, service_id, provider_id)? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    let mut say = |kind, sentence: String| found.push(Finding::of(kind, &row.reference, sentence));
    if service.is_none() {
        say(Kind::UnknownService, format!("its service {service_id} is not in the catalogue"));
    }
    if provider.is_none() {
        say(Kind::UnknownProvider, format!("its provider {provider_id} is not in the catalogue"));
    }
    let own = row.tenant_id.map(|id| id.0.into());
    for (what, entry) in [("service", service), ("provider", provider)] {
        if let Some(entry) = entry.filter(|entry| entry.tenant_id != own) {
            let tenant = |id: Option<bookings_core::TenantId>| id.map_or("none".into(), |id| id.to_string());
            say(
                Kind::TenantMismatch,
                format!("its tenant is {}, its {what}'s is {}", tenant(own), tenant(entry.tenant_id)),
            );
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_histories_are_read_alone() {
        for (versions, expected) in [
            (vec![1; 500], 500),
            (vec![3_000, 2_000, 1], 2),
            (vec![i64::MAX, 1], 1),
            (vec![1, i64::MAX], 1),
            (vec![-5, i64::MIN, 1], 3),
        ] {
            assert_eq!(fits(versions.iter().copied()), expected, "{versions:?}");
        }
    }
}
