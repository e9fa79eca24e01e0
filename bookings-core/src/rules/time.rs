//! Time: the overlap rule, shared slots, the duplicate guard, the slot engine.

use chrono::{DateTime, Utc};

use super::Proposal;
use crate::booking::{Booking, Client};
use crate::context::{SlotAnswer, SlotValidation};
use crate::ids::ServiceId;
use crate::refusal::{Code, Concern, Refusal};
use crate::schedule::Busy;
use crate::window::{Window, minutes};

/// The most clashing bookings one refusal lists.
pub const MOST_CLASHES: usize = 10;

/// What the overlap rule needs of a booking.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placement {
    pub service_id: ServiceId,
    pub start_at: DateTime<Utc>,
    pub window: Window,
    pub shared: bool,
}

impl Placement {
    pub(crate) fn of(booking: &Booking) -> Placement {
        Placement {
            service_id: booking.service_id,
            start_at: booking.start_at,
            window: booking.busy(),
            shared: booking.shared,
        }
    }

    /// Same start of the same service, and both let others join.
    pub(crate) fn shares_with(&self, busy: &Busy) -> bool {
        self.shared && busy.shared && self.service_id == busy.service_id && self.start_at == busy.start_at
    }

    /// The overlap rule: half-open busy windows, buffers of both sides.
    pub(crate) fn clashes_with(&self, busy: &Busy) -> bool {
        self.window.overlaps(&busy.window) && !self.shares_with(busy)
    }

    /// Seats taken by others at this start.
    pub(crate) fn seats_taken<'a>(&self, others: impl Iterator<Item = &'a Busy>) -> u32 {
        others
            .filter(|busy| self.shares_with(busy))
            .fold(0, |sum: u32, busy| sum.saturating_add(busy.capacity_consumed))
    }
}

/// A booking lasts.
pub fn ends_after_start(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    if proposal.after.end_at <= proposal.after.start_at {
        refusals.push(Refusal::of(Code::EndBeforeStart, "start_at"));
    }
}

/// The start is not over.
pub fn start_in_past(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    let start = proposal.after.start_at;
    if start < proposal.context.now {
        refusals.push(Refusal::about(Code::StartInPast, "start_at", Concern::Start(start)));
    }
}

/// The start has come.
pub fn started(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    let start = proposal.after.start_at;
    if proposal.context.now < start {
        refusals.push(Refusal::whole(Code::NotStarted, Concern::Start(start)));
    }
}

/// Nobody else has the provider then.
pub fn overlap(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    let placement = Placement::of(proposal.after);
    let in_the_way = proposal.others().filter(|busy| placement.clashes_with(busy));
    refusals.extend(in_the_way.take(MOST_CLASHES).map(|busy| clash(Code::Overlap, busy)));
}

/// Seats of a shared slot are never oversold.
pub fn capacity(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    let after = proposal.after;
    if !after.shared {
        return;
    }
    // Without the service nobody knows how many seats there are: none is given away.
    let Some(service) = &proposal.facts.service else {
        let id = Concern::Id(after.service_id.0);
        refusals.push(Refusal::about(Code::UnknownService, "service_id", id));
        return;
    };
    let taken = Placement::of(after).seats_taken(proposal.others());
    let left = service.capacity.saturating_sub(taken);
    if after.capacity_consumed > left {
        let seats = Concern::Seats { asked: after.capacity_consumed, left, capacity: service.capacity };
        refusals.push(Refusal::about(Code::CapacityExceeded, "party_size", seats));
    }
}

/// No similar booking within the guard; in a shared slot only the same client's counts.
pub fn duplicate(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    let (after, guard) = (proposal.after, proposal.context.policy.duplicate_guard_minutes);
    let similar = proposal.others().find(|busy| is_similar(after, after.start_at, guard, busy));
    refusals.extend(similar.map(|busy| clash(Code::Duplicate, busy)));
}

/// Whether `busy` would stand in the duplicate guard's way, were `wanted` at `start_at`.
pub(crate) fn is_similar(wanted: &Booking, start_at: DateTime<Utc>, guard_minutes: u32, busy: &Busy) -> bool {
    guard_minutes > 0
        && busy.service_id == wanted.service_id
        && (busy.start_at - start_at).abs() <= minutes(guard_minutes)
        && (!wanted.shared || same_client(&wanted.client, busy))
}

/// With an engine, it offers the start; without its answer nothing gets through but what is only rehearsed and did not ask.
pub fn slot(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    if proposal.context.policy.slot_validation == SlotValidation::None {
        return;
    }
    let start = proposal.after.start_at;
    match proposal.slots {
        SlotAnswer::Starts(starts) if starts.contains(&start) => {}
        SlotAnswer::Starts(_) => {
            refusals.push(Refusal::about(Code::SlotUnavailable, "start_at", Concern::Start(start)));
        }
        SlotAnswer::Unavailable(reason) => unavailable(reason, refusals),
        SlotAnswer::NotAsked if proposal.context.rehearsal => {}
        SlotAnswer::NotAsked => unavailable("it was not asked", refusals),
    }
}

fn unavailable(reason: &str, refusals: &mut Vec<Refusal>) {
    let reason = Concern::Reason(reason.into());
    refusals.push(Refusal::about(Code::SlotEngineUnavailable, "start_at", reason));
}

fn clash(code: Code, busy: &Busy) -> Refusal {
    let concerns =
        Concern::Clash { reference: busy.reference.clone(), busy_start: busy.window.start, busy_end: busy.window.end };
    Refusal::about(code, "start_at", concerns)
}

/// The same e-mail whatever the case, the same digits of a phone number, or the same account.
fn same_client(client: &Client, busy: &Busy) -> bool {
    let digits = |phone: &str| phone.chars().filter(char::is_ascii_digit).collect::<String>();
    let email = !client.email.is_empty() && client.email.to_lowercase() == busy.client_email.to_lowercase();
    let phone = !client.phone.is_empty() && digits(&client.phone) == digits(&busy.client_phone);
    let user = client.user_id.is_some() && client.user_id == busy.client_user_id;
    email || phone || user
}
