//! What one row must be by itself, whatever its history says.

use bookings_core::{Booking, Reference, Status};
use chrono::{DateTime, Datelike, Utc};

use super::{Finding, Kind};
use crate::rows::{AddonRow, BookingRow};
use crate::search::search_text;

/// A booking as it lies in the tables.
pub(super) struct Stored {
    pub seq: i64,
    pub search_text: String,
    pub idempotency_key: Option<String>,
    pub idempotency_digest: Option<Vec<u8>>,
    pub row: BookingRow,
    pub addons: Vec<AddonRow>,
}

/// What a check found: the kind, and a sentence.
type Found = Vec<(Kind, String)>;
type Check = fn(&Stored, &mut Found);

const CHECKS: [Check; 6] = [reference, times, status, people, snapshot, idempotency];

/// Every finding in the row alone.
pub(super) fn of_row(stored: &Stored) -> Vec<Finding> {
    let mut found = Vec::new();
    for check in CHECKS {
        check(stored, &mut found);
    }
    named(&stored.row, found)
}

/// Every finding in what follows from the booking's own values.
pub(super) fn of_booking(stored: &Stored, booking: &Booking) -> Vec<Finding> {
    let mut found = Vec::new();
    let (row, busy) = (&stored.row, booking.busy());
    if (row.busy_start.0, row.busy_end.0) != (busy.start, busy.end) {
        let is = format!("{} to {}", time(row.busy_start.0), time(row.busy_end.0));
        let should = format!("{} to {}", time(busy.start), time(busy.end));
        found.push((Kind::BusyWindow, format!("it holds {is}, its start and end with the buffers are {should}")));
    }
    if row.slot_key.0 != booking.slot_key() {
        let which = if row.shared { "its service and start make" } else { "its id" };
        found.push((
            Kind::SlotKey,
            format!("its slot key is {}, not what {which}: {}", row.slot_key.0, booking.slot_key()),
        ));
    }
    if stored.search_text != search_text(booking) {
        // Neither text is shown: it is the client's name.
        found.push((Kind::SearchText, "it is found by another text than its client and reference make".into()));
    }
    named(row, found)
}

fn named(row: &BookingRow, found: Found) -> Vec<Finding> {
    found.into_iter().map(|(kind, sentence)| Finding::of(kind, &row.reference, sentence)).collect()
}

/// An instant in a finding.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

fn reference(stored: &Stored, found: &mut Found) {
    let written = &stored.row.reference;
    let read = Reference::parse(written);
    if read.as_ref().map(Reference::as_str) != Some(written.as_str()) {
        found.push((Kind::ReferenceForm, "it is not BK, a year and eight characters of Crockford's base32".into()));
    }
}

fn times(stored: &Stored, found: &mut Found) {
    let row = &stored.row;
    let (start, end) = (row.start_at.0, row.end_at.0);
    let mut say = |sentence: String| found.push((Kind::ImpossibleTime, sentence));
    if end <= start {
        say(format!("it ends at {}, not after its start at {}", time(end), time(start)));
    }
    if !bookings_core::rules::fields::calendar().contains(&start.year()) {
        say(format!("it starts at {}, outside of the calendar", time(start)));
    }
    if row.updated_at.0 < row.created_at.0 {
        say(format!("it changed at {}, before it was made at {}", time(row.updated_at.0), time(row.created_at.0)));
    }
    let extra: i64 = stored.addons.iter().map(|addon| i64::from(addon.extra_duration_minutes)).sum();
    let should = i64::from(row.duration_minutes) + extra;
    if end > start && end - start != chrono::TimeDelta::minutes(should) {
        let is = (end - start).num_seconds();
        say(format!("it lasts {is} s, its service and add-ons {should} min"));
    }
}

fn status(stored: &Stored, found: &mut Found) {
    let row = &stored.row;
    let before = row.status_before_cancel.as_deref();
    let mut say = |sentence: String| found.push((Kind::ImpossibleValue, sentence));
    match Status::parse(&row.status) {
        None => say(format!("status {:?} is none", row.status)),
        Some(Status::Cancelled) if !before.and_then(Status::parse).is_some_and(Status::is_active) => {
            say(format!("it is cancelled, and its status before that is {before:?}"));
        }
        Some(status) if status != Status::Cancelled && before.is_some() => {
            say(format!("it is {status}, and has a status before a cancellation: {before:?}"));
        }
        Some(_) => {}
    }
    if row.version < 1 {
        say(format!("version {} is below 1", row.version));
    }
}

fn people(stored: &Stored, found: &mut Found) {
    let row = &stored.row;
    let (party, seats) = (row.party_size, row.capacity_consumed);
    let mut say = |sentence: String| found.push((Kind::ImpossibleValue, sentence));
    if party < 1 || (!row.shared && party != 1) {
        say(format!("a party of {party} in a {} slot", if row.shared { "shared" } else { "single" }));
    }
    if seats < party || (!row.shared && seats != party) {
        say(format!("{seats} seats for a party of {party} in a {} slot", if row.shared { "shared" } else { "single" }));
    }
}

fn snapshot(stored: &Stored, found: &mut Found) {
    let row = &stored.row;
    let mut say = |sentence: String| found.push((Kind::ImpossibleValue, sentence));
    if row.duration_minutes < 1 {
        say(format!("a length of {} min", row.duration_minutes));
    }
    let never_negative = [
        ("buffer before", row.buffer_before_minutes),
        ("buffer after", row.buffer_after_minutes),
        ("notice for cancelling", row.cancellation_notice_minutes),
        ("notice for moving", row.reschedule_notice_minutes),
    ];
    for (what, minutes) in never_negative.into_iter().filter(|(_, minutes)| *minutes < 0) {
        say(format!("a {what} of {minutes} min"));
    }
    if bookings_core::Currency::parse(&row.currency).is_none() {
        say(format!("currency {:?} is none", row.currency));
    }
    for addon in &stored.addons {
        if addon.extra_duration_minutes < 0 {
            say(format!("add-on {} of {} min", addon.addon_id.0, addon.extra_duration_minutes));
        }
        if addon.currency != row.currency {
            say(format!("add-on {} in {}, the booking in {}", addon.addon_id.0, addon.currency, row.currency));
        }
    }
    if row.chain_hash.len() != 32 {
        say(format!("a hash of {} bytes", row.chain_hash.len()));
    }
}

fn idempotency(stored: &Stored, found: &mut Found) {
    let sound = match (&stored.idempotency_key, &stored.idempotency_digest) {
        (None, None) => true,
        (Some(_), Some(digest)) => digest.len() == 32,
        _ => false,
    };
    if !sound {
        found.push((
            Kind::ImpossibleValue,
            "its idempotency key and the digest of its command do not go together".into(),
        ));
    }
}
