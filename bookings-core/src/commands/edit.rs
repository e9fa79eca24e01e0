//! edit: client, notes, party; and start, provider and add-ons through the same guard as a move.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::create::trimmed;
use super::overrides::Overrides;
use super::record::{Why, record};
use super::reschedule::{RescheduleBooking, judge_move, moves, propose_move};
use super::{Surroundings, allowed, fresh};
use crate::booking::{Booking, Client};
use crate::context::{Context, Decision};
use crate::event::EventType;
use crate::ids::{AddonId, ProviderId};
use crate::refusal::Refusals;
use crate::rules::{self, Proposal, fields};
use crate::status::Verb;

/// Everything a person may change of a booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditBooking {
    /// The version the person saw.
    pub version: i64,
    /// The client.
    pub client: Client,
    /// For staff only.
    pub notes_internal: String,
    /// From or for the client.
    pub notes_client: String,
    /// People.
    pub party_size: u32,
    /// Seats held; `None` for as many as people.
    pub capacity_consumed: Option<u32>,
    /// The installation's own data, or `None` to keep it.
    pub metadata: Option<Value>,
    /// Another start, or `None` to stay.
    pub start_at: Option<DateTime<Utc>>,
    /// Another provider, or `None` to stay.
    pub provider_id: Option<ProviderId>,
    /// All add-ons it shall have, or `None` to keep them.
    pub addon_ids: Option<Vec<AddonId>>,
    /// Soft refusals to override.
    pub overrides: Overrides,
}

impl EditBooking {
    /// An edit that changes nothing yet: set what shall change by struct update.
    #[must_use]
    pub fn of(booking: &Booking) -> EditBooking {
        EditBooking {
            version: booking.version,
            client: booking.client.clone(),
            notes_internal: booking.notes_internal.clone(),
            notes_client: booking.notes_client.clone(),
            party_size: booking.party_size,
            capacity_consumed: Some(booking.capacity_consumed),
            metadata: None,
            start_at: None,
            provider_id: None,
            addon_ids: None,
            overrides: Overrides::default(),
        }
    }

    /// Where the edit would move the booking.
    #[must_use]
    pub fn as_move(&self, booking: &Booking) -> RescheduleBooking {
        RescheduleBooking {
            version: self.version,
            start_at: self.start_at.unwrap_or(booking.start_at),
            provider_id: self.provider_id,
            addon_ids: self.addon_ids.clone(),
            overrides: Overrides::default(),
        }
    }
}

/// Changes a booking. An edit that moves it is a RESCHEDULED event, any other an EDITED one; one that changes nothing is none.
/// Time, provider, add-ons and party change only while the booking is active; client and notes always.
///
/// # Errors
/// `wrong_status`, `stale_version`, refusals of the fields, of [`rules::PARTY`] where the party changes and of
/// [`rules::MOVE`] where it moves.
pub fn edit_booking(
    booking: &Booking,
    command: &EditBooking,
    around: Surroundings,
    context: &Context,
) -> Result<Decision, Refusals> {
    let moved = propose_move(booking, &command.as_move(booking), around.facts)?;
    let moves = moves(booking, &moved, command.addon_ids.as_deref());
    let after = Booking {
        client: trimmed(&command.client),
        notes_internal: command.notes_internal.clone(),
        notes_client: command.notes_client.clone(),
        party_size: command.party_size,
        capacity_consumed: command.capacity_consumed.unwrap_or(command.party_size),
        metadata: command.metadata.clone().unwrap_or_else(|| booking.metadata.clone()),
        ..moved
    };
    if after == *booking && !moves {
        return Ok(Decision::Unchanged(Box::new(after)));
    }
    fresh(booking, command.version)?;
    let party = (after.party_size, after.capacity_consumed) != (booking.party_size, booking.capacity_consumed);
    if moves || party {
        allowed(Verb::Reschedule, booking)?;
    }

    let mut refusals = Vec::new();
    fields::client(&after.client, &mut refusals);
    fields::notes(&command.notes_internal, &command.notes_client, &mut refusals);
    fields::metadata(&after.metadata, &mut refusals);
    if party {
        refusals.extend(judge_party(booking, &after, around, context));
    }
    if moves {
        let asked = command.addon_ids.as_deref();
        for refusal in judge_move(booking, &after, asked, around, context) {
            if !refusals.contains(&refusal) {
                refusals.push(refusal);
            }
        }
    }
    let overridden = command.overrides.settle(refusals, context.actor)?;
    let event_type = if moves { EventType::Rescheduled } else { EventType::Edited };
    let why = Why { overridden, override_reason: &command.overrides.reason, ..Why::default() };
    Ok(record(Some(booking), after, event_type, why, context))
}

fn judge_party(
    before: &Booking,
    after: &Booking,
    around: Surroundings,
    context: &Context,
) -> Vec<crate::refusal::Refusal> {
    let proposal = Proposal {
        before: Some(before),
        after,
        facts: around.facts,
        addon_ids: &[],
        schedule: around.schedule,
        slots: around.slots,
        context,
    };
    rules::judge(rules::PARTY, &proposal)
}
