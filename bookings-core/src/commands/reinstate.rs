//! reinstate: a cancellation taken back, where the time is still free.

use super::record::{Why, record};
use super::simple::VerbOn;
use super::{Surroundings, allowed, fresh};
use crate::booking::Booking;
use crate::context::{Context, Decision};
use crate::event::EventType;
use crate::refusal::Refusals;
use crate::rules::{self, Proposal};
use crate::status::{Status, Verb};

/// Gives a cancelled booking the status it had, through the guard.
///
/// # Errors
/// `wrong_status`, `stale_version`, or every refusal of [`rules::REINSTATE`] that is not overridden.
pub fn reinstate_booking(
    booking: &Booking,
    command: &VerbOn,
    around: Surroundings,
    context: &Context,
) -> Result<Decision, Refusals> {
    allowed(Verb::Reinstate, booking)?;
    fresh(booking, command.version)?;
    let after = Booking {
        status: booking.status_before_cancel.unwrap_or(Status::Pending),
        status_before_cancel: None,
        ..booking.clone()
    };
    let proposal = Proposal {
        before: Some(booking),
        after: &after,
        facts: around.facts,
        addon_ids: &[],
        schedule: around.schedule,
        slots: around.slots,
        context,
    };
    let refusals = rules::judge(rules::REINSTATE, &proposal);
    let overridden = command.overrides.settle(refusals, context.actor)?;
    let why = Why { overridden, override_reason: &command.overrides.reason, ..Why::default() };
    Ok(record(Some(booking), after, EventType::Reinstated, why, context))
}
