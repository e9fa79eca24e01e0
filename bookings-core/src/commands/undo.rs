//! undo: what the last event changed is as it was before it, for a short time.

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::record::{Why, record};
use super::simple::VerbOn;
use super::{Surroundings, fresh};
use crate::booking::Booking;
use crate::context::{Context, Decision};
use crate::event::{Event, EventType};
use crate::refusal::{Code, Concern, Refusal, Refusals};
use crate::rules::{self, Proposal};
use crate::status::Status;

/// For how long after it a change can be taken back.
pub const UNDO_MINUTES: i64 = 10;

/// What the history says of it.
const UNDONE: &str = "Taken back";

/// The booking as it was before `last`, its last event: what the store needs to know which time to look at.
///
/// # Errors
/// `wrong_status` where nothing takes such a change back, or too late.
pub fn propose_undo(booking: &Booking, last: &Event, now: DateTime<Utc>) -> Result<Booking, Refusals> {
    let erased = last.personal.is_empty() && last.message.is_empty() && last.personal_digest.is_some();
    let before = match last.event_type {
        EventType::Created => Err("a new booking is cancelled instead"),
        EventType::NoteAdded => Err("a note stays in the history"),
        EventType::Edited | EventType::Rescheduled if erased => Err("what it was before has been erased"),
        _ if now - last.at > TimeDelta::minutes(UNDO_MINUTES) => Err("that is possible for 10 minutes"),
        _ => restored(booking, last).ok_or("its history does not say what it was before"),
    };
    before.map_err(|why| Refusal::whole(Code::WrongStatus, Concern::Reason(why.into())).into())
}

/// Takes the last change back, as a new event. What held before it is not judged by notice, terms or clock again; only what
/// others took meanwhile is in the way.
///
/// # Errors
/// `stale_version`, those of [`propose_undo`], and of [`rules::UNDO`] where it takes time or seats.
pub fn undo_booking(
    booking: &Booking,
    last: &Event,
    command: &VerbOn,
    around: Surroundings,
    context: &Context,
) -> Result<Decision, Refusals> {
    fresh(booking, command.version)?;
    let after = propose_undo(booking, last, context.now)?;
    if takes(booking, &after) {
        let proposal = Proposal {
            before: Some(booking),
            after: &after,
            facts: around.facts,
            addon_ids: &[],
            schedule: around.schedule,
            slots: around.slots,
            context,
        };
        Refusals::none_or_all(rules::judge(rules::UNDO, &proposal))?;
    }
    let event_type = event_type(booking, &after, last);
    let why = Why { message: UNDONE, ..Why::default() };
    Ok(record(Some(booking), after, event_type, why, context))
}

/// Whether it would hold time or seats that it does not hold now.
fn takes(booking: &Booking, after: &Booking) -> bool {
    let held = |one: &Booking| (one.provider_id, one.busy(), one.capacity_consumed);
    after.status.is_active() && !(booking.status.is_active() && held(booking) == held(after))
}

/// What leads to the former status, as if it were done anew; the same again where the status stays.
fn event_type(booking: &Booking, after: &Booking, last: &Event) -> EventType {
    match (booking.status, after.status) {
        (from, to) if from == to => last.event_type,
        (Status::Pending, Status::Confirmed) => EventType::Confirmed,
        (_, Status::Pending | Status::Confirmed) => EventType::Reinstated,
        (_, Status::Cancelled) => EventType::Cancelled,
        (_, Status::Completed) => EventType::Completed,
        (_, Status::NoShow) => EventType::NoShow,
    }
}

/// The old value of every field that the event changed; `None` where one can't be read.
fn restored(booking: &Booking, event: &Event) -> Option<Booking> {
    fn read<T: DeserializeOwned>(old: &Value) -> Option<T> {
        serde_json::from_value(old.clone()).ok()
    }
    let mut before = booking.clone();
    for (field, change) in event.data.changes.iter().chain(&event.personal) {
        let old = &change.old;
        match field.as_str() {
            "status" => before.status = read(old)?,
            "status_before_cancel" => before.status_before_cancel = read(old)?,
            "start_at" => before.start_at = read(old)?,
            "end_at" => before.end_at = read(old)?,
            "provider_id" => before.provider_id = read(old)?,
            "addons" => before.addons = read(old)?,
            "party_size" => before.party_size = read(old)?,
            "capacity_consumed" => before.capacity_consumed = read(old)?,
            "metadata" => before.metadata = old.clone(),
            "client_user_id" => before.client.user_id = read(old)?,
            "client_name" => before.client.name = read(old)?,
            "client_email" => before.client.email = read(old)?,
            "client_phone" => before.client.phone = read(old)?,
            "notes_internal" => before.notes_internal = read(old)?,
            "notes_client" => before.notes_client = read(old)?,
            _ => return None,
        }
    }
    Some(before)
}
