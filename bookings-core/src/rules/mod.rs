//! The rules, as lists: all of a list run, all refusals come back together.
//!
//! A rule looks at a [`Proposal`], the booking as it would be, and adds a refusal for each thing that speaks against it.

mod addons;
mod catalogue;
pub mod fields;
mod notice;
mod party;
mod time;

use crate::booking::Booking;
use crate::catalogue::Facts;
use crate::context::{Context, SlotAnswer};
use crate::ids::AddonId;
use crate::refusal::Refusal;
use crate::schedule::{Busy, Schedule};

pub(crate) use addons::choose_addons;
pub use time::MOST_CLASHES;
pub(crate) use time::{Placement, is_similar};

/// A change of what time is held, before it is allowed.
pub struct Proposal<'a> {
    /// The booking as it is; `None` for a new one.
    pub before: Option<&'a Booking>,
    /// The booking as it would be.
    pub after: &'a Booking,
    /// The catalogue as it is now.
    pub facts: &'a Facts,
    /// The add-ons asked for, as asked.
    pub addon_ids: &'a [AddonId],
    /// The provider's busy time; this booking may be in it.
    pub schedule: &'a Schedule,
    /// What the slot engine said.
    pub slots: &'a SlotAnswer,
    /// Time, policy, person.
    pub context: &'a Context<'a>,
}

impl Proposal<'_> {
    /// What else the provider has, without this booking.
    pub fn others(&self) -> impl Iterator<Item = &Busy> {
        self.schedule.busy.iter().filter(|busy| self.before.is_none_or(|before| before.id != busy.booking_id))
    }
}

/// A rule adds a refusal for each thing against the proposal.
pub type Rule = fn(&Proposal, &mut Vec<Refusal>);

/// A new booking.
pub const CREATE: &[Rule] = &[
    catalogue::service,
    catalogue::provider,
    addons::fit,
    party::size,
    party::seats,
    time::ends_after_start,
    time::start_in_past,
    time::overlap,
    time::capacity,
    time::duplicate,
    time::slot,
];

/// A move to another start or provider, or other add-ons.
pub const MOVE: &[Rule] = &[
    notice::reschedule_allowed,
    notice::reschedule_notice,
    catalogue::provider,
    addons::fit,
    time::ends_after_start,
    time::start_in_past,
    time::overlap,
    time::capacity,
    time::duplicate,
    time::slot,
];

/// Another number of people or seats at the same start.
pub const PARTY: &[Rule] = &[party::size, party::seats, time::capacity];

/// A cancellation.
pub const CANCEL: &[Rule] = &[notice::cancellation_allowed, notice::cancellation_notice];

/// A cancellation taken back: the time is taken anew.
pub const REINSTATE: &[Rule] = &[
    catalogue::service_is_active,
    catalogue::provider,
    time::start_in_past,
    time::overlap,
    time::capacity,
    time::duplicate,
    time::slot,
];

/// The last change taken back: only what others took meanwhile is in the way.
pub const UNDO: &[Rule] = &[time::overlap, time::capacity];

/// Completed or marked as no-show.
pub const FINISH: &[Rule] = &[time::started];

/// Every refusal of `rules` against `proposal`, in order.
#[must_use]
pub fn judge(rules: &[Rule], proposal: &Proposal) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for rule in rules {
        rule(proposal, &mut refusals);
    }
    refusals
}
