//! A row against its events: all there, chained, and leading to it.

use bookings_core::booking::PERSONAL_FIELDS;
use bookings_core::history::{first_broken_link, replay};
use bookings_core::{Booking, Event, EventType};
use serde_json::{Map, Value};

use super::row::time;
use super::{Finding, Kind};
use crate::history::is_erased;
use crate::rows::BookingRow;

/// Every finding in the events of a booking, oldest first; `booking` is `None` where its row can't be read.
pub(super) fn of_history(row: &BookingRow, booking: Option<&Booking>, events: &[Event]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut say = |kind, sentence: String| found.push(Finding::of(kind, &row.reference, sentence));
    let whole = places(row.version, events, &mut say);
    chain(row, &events[..whole], &mut say);
    if let (Some(booking), true) = (booking, whole == events.len() && row.version == whole as i64) {
        leads_to(booking, events, &mut say);
    }
    found
}

type Say<'a> = &'a mut dyn FnMut(Kind, String);

/// Whether exactly the events 1 to `version` are there. Returns how many stand in their places from the first on.
fn places(version: i64, events: &[Event], say: Say) -> usize {
    let have = |version: i64| events.iter().any(|event| event.version == version);
    // A wild version must not make a list of its own length.
    const MOST: usize = 10;
    let last = version.min(events.len() as i64 + MOST as i64);
    let missing: Vec<String> = (1..=last).filter(|n| !have(*n)).take(MOST).map(|n| n.to_string()).collect();
    if !missing.is_empty() {
        let text = missing.join(", ");
        say(Kind::MissingEvent, format!("it is at version {version}, and event {text} is not there"));
    }
    for event in events.iter().filter(|event| event.version > version || event.version < 1).take(MOST) {
        let words = event.event_type.as_str();
        say(Kind::ExtraEvent, format!("it is at version {version}, and has an event {}, {words}", event.version));
    }
    let in_place = events.iter().zip(1_i64..).take_while(|(event, place)| event.version == *place && *place <= version);
    in_place.count()
}

fn chain(row: &BookingRow, events: &[Event], say: Say) {
    for (place, event) in events.iter().enumerate() {
        if (place == 0) != (event.event_type == EventType::Created) {
            say(Kind::BrokenChain, format!("event {} is {}", event.version, event.event_type.as_str()));
        }
    }
    if let Some(version) = first_broken_link(events) {
        say(Kind::BrokenChain, format!("the first broken link is event {version}"));
    } else if let Some(last) = events.last().filter(|last| last.version == row.version)
        && last.hash[..] != row.chain_hash[..]
    {
        say(Kind::BrokenChain, format!("the booking's own hash is not that of event {}, its last", last.version));
    }
}

fn leads_to(booking: &Booking, events: &[Event], say: Say) {
    let replayed = replay(events);
    let erased = events.iter().any(is_erased);
    for (field, stored) in booking.fields() {
        let personal = PERSONAL_FIELDS.contains(&field.as_str());
        if personal && erased {
            continue;
        }
        // What was never anything else than nothing is in no event.
        let led = replayed.get(&field).unwrap_or(&Value::Null);
        if *led == stored {
            continue;
        }
        let kind = if field == "addons" { Kind::AddonsAndHistory } else { Kind::RowAndHistory };
        say(
            kind,
            if personal { format!("{field} is not what its history leads to") } else { differs(&field, &stored, led) },
        );
    }
    let marks = [("created_at", events.first(), booking.created_at), ("updated_at", events.last(), booking.updated_at)];
    for (field, event, stored) in marks {
        if let Some(event) = event.filter(|event| event.at != stored) {
            say(Kind::RowAndHistory, format!("{field} is {}, by its history {}", time(stored), time(event.at)));
        }
    }
}

fn differs(field: &str, stored: &Value, led: &Value) -> String {
    format!("{field} is {stored}, by its history {led}")
}

/// The reference a history without a booking began with.
pub(super) fn reference_of(data: &Value) -> Option<String> {
    let changes: &Map<String, Value> = data.get("changes")?.as_object()?;
    changes.get("reference")?.get("new")?.as_str().map(str::to_owned)
}
