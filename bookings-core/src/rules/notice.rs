//! Terms of the snapshot: whether, and until when, a booking may be cancelled or moved.
//! `now` exactly at the deadline is allowed.

use super::Proposal;
use crate::refusal::{Code, Concern, Refusal};

/// The terms allow cancelling.
pub fn cancellation_allowed(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    if proposal.before.is_some_and(|booking| !booking.snapshot.cancellation_allowed) {
        refusals.push(Refusal::whole(Code::CancellationNotAllowed, Concern::Nothing));
    }
}

/// Not inside the notice before the start. Without notice a booking may be cancelled at any time.
pub fn cancellation_notice(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    let Some(booking) = proposal.before else { return };
    let deadline = booking.cancellation_deadline();
    if booking.snapshot.cancellation_notice_minutes > 0 && proposal.context.now > deadline {
        refusals.push(Refusal::whole(Code::CancellationNotice, Concern::Deadline(deadline)));
    }
}

/// The terms allow moving.
pub fn reschedule_allowed(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    if proposal.before.is_some_and(|booking| !booking.snapshot.reschedule_allowed) {
        refusals.push(Refusal::whole(Code::RescheduleNotAllowed, Concern::Nothing));
    }
}

/// Not inside the notice before the present start.
pub fn reschedule_notice(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    let Some(booking) = proposal.before else { return };
    let deadline = booking.reschedule_deadline();
    if booking.snapshot.reschedule_notice_minutes > 0 && proposal.context.now > deadline {
        refusals.push(Refusal::whole(Code::RescheduleNotice, Concern::Deadline(deadline)));
    }
}
