//! A booking's events.

use std::collections::BTreeMap;

use bookings_core::booking::PERSONAL_FIELDS;
use bookings_core::history::replay;
use bookings_core::{Booking, BookingId, Event};
use chrono::{DateTime, Utc};
use diesel::dsl::max;
use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::connection::Conn;
use crate::error::StoreError;
use crate::rows::{EventRow, PersonalRow};
use crate::schema::{booking_event, booking_event_personal};
use crate::types::{Id, Instant};

/// Up to `limit` events of a booking with versions below `before` (`None`: the newest), newest first.
///
/// # Errors
/// The database's.
pub fn events(conn: &mut Conn, booking: BookingId, before: Option<i64>, limit: u32) -> Result<Vec<Event>, StoreError> {
    let rows: Vec<EventRow> = booking_event::table
        .filter(booking_event::booking_id.eq(Id(booking.0)))
        .filter(booking_event::version.lt(before.unwrap_or(i64::MAX)))
        .order(booking_event::version.desc())
        .limit(i64::from(limit))
        .select(EventRow::as_select())
        .load(conn)?;
    let (Some(newest), Some(oldest)) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
    let personal: Vec<PersonalRow> = booking_event_personal::table
        .filter(booking_event_personal::booking_id.eq(Id(booking.0)))
        .filter(booking_event_personal::version.between(oldest.version, newest.version))
        .select(PersonalRow::as_select())
        .load(conn)?;
    let mut personal: BTreeMap<i64, PersonalRow> = personal.into_iter().map(|row| (row.version, row)).collect();
    rows.into_iter()
        .map(|row| {
            let own = personal.remove(&row.version);
            row.into_core(own)
        })
        .collect()
}

/// A booking as it was at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastState {
    /// The event that made it so: the newest by then.
    pub event: Event,
    /// Its fields by name (see [`Booking::fields`]); what was never set is not among them.
    pub fields: Map<String, Value>,
    /// Whether personal values were erased since, so that the personal fields are not known any more. They are left out.
    pub erased: bool,
}

/// The booking as it was at `at`, that instant included; `None` before it was made.
///
/// # Errors
/// The database's; [`StoreError::Internal`] where events are missing, which the doctor explains.
pub fn state_at(conn: &mut Conn, booking: BookingId, at: DateTime<Utc>) -> Result<Option<PastState>, StoreError> {
    // By version, not by time: clocks can have been set back between two events.
    let newest: Option<i64> = booking_event::table
        .filter(booking_event::booking_id.eq(Id(booking.0)))
        .filter(booking_event::at.le(Instant(at)))
        .select(max(booking_event::version))
        .first(conn)?;
    let Some(newest) = newest else { return Ok(None) };
    let mut events = events(conn, booking, newest.checked_add(1), u32::MAX)?;
    events.reverse();
    let whole = events.iter().zip(1..).all(|(event, version)| event.version == version);
    if !whole || events.last().is_none_or(|event| event.version != newest) {
        return Err(StoreError::Internal(format!("events of booking {booking} are missing: see `doctor`")));
    }
    let mut fields = replay(&events);
    fields.retain(|_, value| !value.is_null());
    let erased = events.iter().any(is_erased);
    if erased {
        PERSONAL_FIELDS.iter().for_each(|field| {
            fields.remove(*field);
        });
    }
    Ok(events.pop().map(|event| PastState { event, fields, erased }))
}

/// Whether personal values of the event were erased: what it did to them is not known any more.
pub(crate) fn is_erased(event: &Event) -> bool {
    event.personal_digest.is_some() && event.message.is_empty() && event.personal.is_empty()
}

/// What changed since version `seen`: each field with its value then and now.
pub(crate) fn changed_since(
    conn: &mut Conn,
    now: &Booking,
    seen: i64,
) -> Result<Vec<(String, Value, Value)>, StoreError> {
    /// A person's form is never this far behind; what is older is not told apart.
    const MOST: u32 = 200;
    let newer = events(conn, now.id, None, MOST)?.into_iter().filter(|event| event.version > seen);
    let mut then: BTreeMap<String, Value> = BTreeMap::new();
    // Newest first: the last one written is the oldest change's old value.
    for event in newer {
        for (field, change) in event.data.changes.into_iter().chain(event.personal) {
            then.insert(field, change.old);
        }
    }
    let mut fields = now.fields();
    let changed = then.into_iter().filter_map(|(field, old)| {
        let new = fields.remove(&field)?;
        (old != new).then_some((field, old, new))
    });
    Ok(changed.collect())
}
