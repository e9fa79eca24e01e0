//! A booking's events.

use std::collections::BTreeMap;

use bookings_core::{Booking, BookingId, Event};
use diesel::prelude::*;
use serde_json::Value;

use crate::connection::Conn;
use crate::error::StoreError;
use crate::rows::{EventRow, PersonalRow};
use crate::schema::{booking_event, booking_event_personal};
use crate::types::Id;

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
