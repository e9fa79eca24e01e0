//! confirm and cancel.

use serde::{Deserialize, Serialize};

use super::overrides::Overrides;
use super::record::{Why, record};
use super::{Surroundings, allowed, fresh};
use crate::booking::Booking;
use crate::catalogue::Facts;
use crate::context::{Context, Decision, SlotAnswer};
use crate::event::EventType;
use crate::refusal::Refusals;
use crate::rules::{self, Proposal, fields};
use crate::schedule::Schedule;
use crate::status::{Status, Step, Verb};

/// A verb that needs nothing but the booking: confirm, complete, no-show, reinstate.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VerbOn {
    /// The version the person saw.
    pub version: i64,
    /// Soft refusals to override.
    pub overrides: Overrides,
}

/// A cancellation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CancelBooking {
    /// The version the person saw.
    pub version: i64,
    /// Why; never empty.
    pub reason: String,
    /// Soft refusals to override.
    pub overrides: Overrides,
}

/// Approves a booking that waits. It holds its time already, so nothing else can be in the way.
///
/// # Errors
/// `wrong_status` or `stale_version`.
pub fn confirm_booking(booking: &Booking, command: &VerbOn, context: &Context) -> Result<Decision, Refusals> {
    if allowed(Verb::Confirm, booking)? == Step::Same {
        return Ok(Decision::Unchanged(Box::new(booking.clone())));
    }
    fresh(booking, command.version)?;
    let after = Booking { status: Status::Confirmed, ..booking.clone() };
    Ok(record(Some(booking), after, EventType::Confirmed, Why::default(), context))
}

/// Calls a booking off, with a reason; its time is free from then on.
///
/// # Errors
/// `wrong_status`, `stale_version`, `required` for the reason, or every refusal of [`rules::CANCEL`] that is not overridden.
pub fn cancel_booking(booking: &Booking, command: &CancelBooking, context: &Context) -> Result<Decision, Refusals> {
    if allowed(Verb::Cancel, booking)? == Step::Same {
        return Ok(Decision::Unchanged(Box::new(booking.clone())));
    }
    fresh(booking, command.version)?;
    let after = Booking { status: Status::Cancelled, status_before_cancel: Some(booking.status), ..booking.clone() };
    let mut refusals = Vec::new();
    fields::required("reason", &command.reason, fields::REASON_LENGTH, &mut refusals);
    refusals.extend(judge_alone(rules::CANCEL, booking, &after, context));
    let overridden = command.overrides.settle(refusals, context.actor)?;
    let why = Why { message: &command.reason, overridden, override_reason: &command.overrides.reason };
    Ok(record(Some(booking), after, EventType::Cancelled, why, context))
}

/// Judges by rules that look at nothing but the booking and the clock.
pub(super) fn judge_alone(
    list: &[rules::Rule],
    before: &Booking,
    after: &Booking,
    context: &Context,
) -> Vec<crate::refusal::Refusal> {
    let facts = Facts::default();
    let schedule = Schedule { provider_id: before.provider_id, busy: Vec::new() };
    let around = Surroundings { facts: &facts, schedule: &schedule, slots: &SlotAnswer::NotAsked };
    let proposal = Proposal {
        before: Some(before),
        after,
        facts: around.facts,
        addon_ids: &[],
        schedule: around.schedule,
        slots: around.slots,
        context,
    };
    rules::judge(list, &proposal)
}
