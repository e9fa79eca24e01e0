//! Taking back: the event that undoes another, where the lifecycle has one.

use bookings_core::{
    Booking, CancelBooking, Code, Concern, Event, EventType, Overrides, Refusal, RescheduleBooking, Role, StaffId,
    Status, VerbOn,
};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::tables::selection_item;
use super::{Order, Selection, State, What, keep};
use crate::commands::Deed;
use crate::connection::{Conn, Pools};
use crate::error::StoreError;
use crate::history::events;
use crate::types::Id;

/// For how long something can be taken back.
pub const UNDO_MINUTES: i64 = 10;

/// Why it is taken back, in the history.
const UNDONE: &str = "Taken back";

/// Refusals that stood aside when the change was made, or that only time brought.
const SET_ASIDE: [Code; 4] =
    [Code::RescheduleNotice, Code::RescheduleNotAllowed, Code::CancellationNotice, Code::CancellationNotAllowed];

/// The change that takes back the event which made `version` of a booking.
///
/// # Errors
/// `stale_version` where the booking has changed since; `wrong_status` where nothing takes such a change back, or too late.
pub fn taking_back(
    conn: &mut Conn,
    booking: &Booking,
    version: i64,
    role: Role,
    now: DateTime<Utc>,
) -> Result<Result<Deed, Refusal>, StoreError> {
    if booking.version != version {
        let concerns = Concern::Stale { seen: version, current: booking.version, changed: Vec::new() };
        return Ok(Err(Refusal::about(Code::StaleVersion, "version", concerns)));
    }
    let Some(event) = events(conn, booking.id, Some(version + 1), 1)?.into_iter().next() else {
        return Err(StoreError::Internal(format!("{} has no event {version}", booking.reference)));
    };
    if now - event.at > TimeDelta::minutes(UNDO_MINUTES) {
        return Ok(Err(no_way("only what is less than 10 minutes old can be taken back")));
    }
    let codes = SET_ASIDE.into_iter().filter(|code| role.may_override(*code)).collect();
    let overrides = Overrides { codes, reason: UNDONE.into() };
    Ok(reverse(booking, &event, overrides))
}

fn no_way(accepted: &str) -> Refusal {
    Refusal::whole(Code::WrongStatus, Concern::Accepted(accepted.into()))
}

fn reverse(booking: &Booking, event: &Event, overrides: Overrides) -> Result<Deed, Refusal> {
    let version = booking.version;
    let old = |field: &str| event.data.changes.get(field).map(|change| change.old.clone());
    let verb = VerbOn { version, overrides: overrides.clone() };
    match event.event_type {
        EventType::Cancelled => Ok(Deed::Reinstate(verb)),
        EventType::Reinstated => Ok(Deed::Cancel(CancelBooking { version, reason: UNDONE.into(), overrides })),
        EventType::Rescheduled => {
            fn read<T: serde::de::DeserializeOwned>(value: Value) -> Option<T> {
                serde_json::from_value(value).ok()
            }
            if old("addons").is_some() {
                return Err(no_way("a move without changed add-ons"));
            }
            Ok(Deed::Move(RescheduleBooking {
                version,
                start_at: old("start_at").and_then(read).unwrap_or(booking.start_at),
                provider_id: old("provider_id").and_then(read),
                addon_ids: None,
                overrides,
            }))
        }
        EventType::Completed | EventType::NoShow => {
            match old("status").and_then(|status| status.as_str().and_then(Status::parse)) {
                Some(Status::Completed) => Ok(Deed::Complete(verb)),
                Some(Status::NoShow) => Ok(Deed::NoShow(verb)),
                _ => Err(no_way("a visit that took place or not stays so; correct it to the other of the two")),
            }
        }
        EventType::Confirmed => Err(no_way("a confirmation stays; cancel the booking instead")),
        EventType::Created => Err(no_way("a new booking is cancelled, not taken back")),
        EventType::NoteAdded | EventType::Edited => Err(no_way("notes and edits stay in the history; edit again")),
    }
}

/// Keeps a selection that takes back what `done` changed; `None` where that is too long ago or it is not over.
///
/// # Errors
/// The database's.
pub fn select_undo(
    pools: &Pools,
    staff: Option<StaffId>,
    done: &Selection,
    now: DateTime<Utc>,
) -> Result<Option<Uuid>, StoreError> {
    let over = matches!(done.state, State::Done | State::Stopped);
    let recent = done.ended_at.or(done.beat_at).is_some_and(|at| now - at <= TimeDelta::minutes(UNDO_MINUTES));
    if !over || !recent || done.order.what == What::Undo {
        return Ok(None);
    }
    let changed: Vec<(Id, i64)> = pools.read(|conn| {
        let rows = selection_item::table
            .filter(selection_item::selection_id.eq(Id(done.id)))
            .filter(selection_item::outcome.eq("CHANGED"))
            .order(selection_item::place)
            .select((selection_item::booking_id, selection_item::version));
        Ok(rows.load(conn)?)
    })?;
    // Moved bookings go back in the opposite order, so that none meets the one behind it.
    let forward = done.order.what.backwards();
    let mut chosen: Vec<(Id, i64)> = changed.into_iter().map(|(id, version)| (id, version + 1)).collect();
    if !forward {
        chosen.reverse();
    }
    let order = Order { what: What::Undo, overrides: Overrides::default() };
    keep(pools, staff, &order, Some(done.id), &chosen, now).map(Some)
}
