//! complete and mark no-show: the visit is over; each corrects the other.

use super::record::{Why, record};
use super::simple::{VerbOn, judge_alone};
use super::{allowed, fresh};
use crate::booking::Booking;
use crate::context::{Context, Decision};
use crate::event::EventType;
use crate::refusal::Refusals;
use crate::rules;
use crate::status::{Status, Step, Verb};

/// Says that the visit took place. What remains of its time is free from then on.
///
/// # Errors
/// `wrong_status`, `stale_version`, or `not_started` before the start unless overridden.
pub fn complete_booking(booking: &Booking, command: &VerbOn, context: &Context) -> Result<Decision, Refusals> {
    finish(booking, command, Verb::Complete, Status::Completed, EventType::Completed, context)
}

/// Says that the client did not come.
///
/// # Errors
/// `wrong_status`, `stale_version`, or `not_started` before the start unless overridden.
pub fn mark_no_show(booking: &Booking, command: &VerbOn, context: &Context) -> Result<Decision, Refusals> {
    finish(booking, command, Verb::NoShow, Status::NoShow, EventType::NoShow, context)
}

fn finish(
    booking: &Booking,
    command: &VerbOn,
    verb: Verb,
    status: Status,
    event_type: EventType,
    context: &Context,
) -> Result<Decision, Refusals> {
    if allowed(verb, booking)? == Step::Same {
        return Ok(Decision::Unchanged(Box::new(booking.clone())));
    }
    fresh(booking, command.version)?;
    let after = Booking { status, ..booking.clone() };
    let refusals = judge_alone(rules::FINISH, booking, &after, context);
    let overridden = command.overrides.settle(refusals, context.actor)?;
    let why = Why { overridden, override_reason: &command.overrides.reason, ..Why::default() };
    Ok(record(Some(booking), after, event_type, why, context))
}
