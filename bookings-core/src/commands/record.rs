//! A change becomes a booking and its event.

use crate::booking::Booking;
use crate::context::{Context, Decision};
use crate::event::{Event, EventData, EventType, changes};
use crate::history::{digest, link};
use crate::refusal::Code;

/// Why, in the person's words.
#[derive(Default)]
pub(super) struct Why<'a> {
    pub message: &'a str,
    pub overridden: Vec<Code>,
    pub override_reason: &'a str,
}

/// `after` with its next version and hash, and the event that leads there from `before`.
pub(super) fn record(
    before: Option<&Booking>,
    mut after: Booking,
    event_type: EventType,
    why: Why,
    context: &Context,
) -> Decision {
    after.version = before.map_or(0, |booking| booking.version) + 1;
    after.updated_at = context.now;
    let (plain, personal) = if context.rehearsal { Default::default() } else { changes(before, &after) };
    let override_reason = if why.overridden.is_empty() { "" } else { why.override_reason.trim() };
    let mut event = Event {
        booking_id: after.id,
        version: after.version,
        event_type,
        actor_id: context.actor.id,
        actor_name: context.actor.name.clone(),
        at: context.now,
        message: why.message.trim().into(),
        data: EventData {
            changes: plain,
            overrides: why.overridden,
            override_reason: override_reason.into(),
            batch_id: context.batch_id,
        },
        personal,
        personal_salt: context.ids.salt,
        personal_digest: None,
        hash: [0; 32],
    };
    if !context.rehearsal {
        event.personal_digest = digest(&event);
        event.hash = link(&before.map_or([0; 32], |booking| booking.chain_hash), &event);
        after.chain_hash = event.hash;
    }
    Decision::Changed(Box::new(after), Box::new(event))
}
