//! reschedule and reassign: another start, another provider, other add-ons; the length stays the snapshot's.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::overrides::Overrides;
use super::record::{Why, record};
use super::{Surroundings, allowed, fresh};
use crate::booking::{Booking, BookingAddon, Snapshot};
use crate::catalogue::Facts;
use crate::context::{Context, Decision};
use crate::event::EventType;
use crate::ids::{AddonId, ProviderId};
use crate::refusal::{Code, Refusal, Refusals};
use crate::rules::{self, Proposal, choose_addons, fields};
use crate::status::Verb;
use crate::window::{minutes, whole_micros};

/// Where a booking shall go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescheduleBooking {
    /// The version the person saw.
    pub version: i64,
    /// The new start, UTC.
    pub start_at: DateTime<Utc>,
    /// The new provider, or `None` to stay.
    pub provider_id: Option<ProviderId>,
    /// All add-ons it shall have, or `None` to keep them.
    pub addon_ids: Option<Vec<AddonId>>,
    /// Soft refusals to override.
    pub overrides: Overrides,
}

/// Moves a booking. One that is already so is answered as it is.
///
/// # Errors
/// `wrong_status`, `stale_version`, or every refusal of [`rules::MOVE`] that is not overridden.
pub fn reschedule_booking(
    booking: &Booking,
    command: &RescheduleBooking,
    around: Surroundings,
    context: &Context,
) -> Result<Decision, Refusals> {
    allowed(Verb::Reschedule, booking)?;
    let after = propose_move(booking, command, around.facts)?;
    if !moves(booking, &after, command.addon_ids.as_deref()) {
        return Ok(Decision::Unchanged(Box::new(after)));
    }
    fresh(booking, command.version)?;
    let refusals = judge_move(booking, &after, command.addon_ids.as_deref(), around, context);
    let overridden = command.overrides.settle(refusals, context.actor)?;
    let why = Why { overridden, override_reason: &command.overrides.reason, ..Why::default() };
    Ok(record(Some(booking), after, EventType::Rescheduled, why, context))
}

/// The booking as it would be after the move, not yet judged: what the store needs to know which time to look at.
///
/// # Errors
/// `invalid` where the calendar ends.
pub fn propose_move(booking: &Booking, command: &RescheduleBooking, facts: &Facts) -> Result<Booking, Refusals> {
    let addons = match &command.addon_ids {
        Some(asked) => choose_addons(Some(booking), facts, asked),
        None => booking.addons.clone(),
    };
    let start_at = whole_micros(command.start_at);
    let end_at = end_of(start_at, &booking.snapshot, &addons);
    let end_at = end_at.ok_or_else(|| Refusals::from(Refusal::of(Code::Invalid, "start_at")))?;
    let provider_id = command.provider_id.unwrap_or(booking.provider_id);
    Ok(Booking { start_at, end_at, provider_id, addons, ..booking.clone() })
}

/// Whether a move is asked for: `after` differs, or the add-ons asked for do (a repeated or unknown one is not in `after`,
/// yet must be refused and never dropped).
pub(super) fn moves(before: &Booking, after: &Booking, addon_ids: Option<&[AddonId]>) -> bool {
    let has = before.addons.iter().map(|addon| addon.addon_id);
    after != before || addon_ids.is_some_and(|asked| !has.eq(asked.iter().copied()))
}

/// Every refusal against a move.
pub(super) fn judge_move(
    before: &Booking,
    after: &Booking,
    addon_ids: Option<&[AddonId]>,
    around: Surroundings,
    context: &Context,
) -> Vec<crate::refusal::Refusal> {
    let proposal = Proposal {
        before: Some(before),
        after,
        facts: around.facts,
        addon_ids: addon_ids.unwrap_or_default(),
        schedule: around.schedule,
        slots: around.slots,
        context,
    };
    let mut refusals = Vec::new();
    fields::start(after.start_at, &mut refusals);
    refusals.extend(rules::judge(rules::MOVE, &proposal));
    refusals
}

/// Start, snapshot length and add-ons; `None` where the calendar ends.
pub(super) fn end_of(start_at: DateTime<Utc>, snapshot: &Snapshot, addons: &[BookingAddon]) -> Option<DateTime<Utc>> {
    let extra = addons.iter().fold(0, |sum: u32, addon| sum.saturating_add(addon.extra_duration_minutes));
    start_at.checked_add_signed(minutes(snapshot.duration_minutes.saturating_add(extra)))
}
