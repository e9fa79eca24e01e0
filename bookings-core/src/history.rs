//! History: events chained by hash, and replayed to a booking's state.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::event::Event;

/// The digest that stands for an event's message and personal values in the chain; `None` where it has neither.
#[must_use]
pub fn digest(event: &Event) -> Option<[u8; 32]> {
    if event.message.is_empty() && event.personal.is_empty() {
        return None;
    }
    let personal = json!({ "message": event.message, "changes": event.personal });
    let mut hasher = Sha256::new();
    hasher.update(event.personal_salt);
    hasher.update(personal.to_string());
    Some(hasher.finalize().into())
}

/// The hash of `event` after one whose hash is `previous` (all zeros for the first).
#[must_use]
pub fn link(previous: &[u8; 32], event: &Event) -> [u8; 32] {
    let body = json!([
        event.booking_id,
        event.version,
        event.event_type,
        event.actor_id,
        event.actor_name,
        event.at.timestamp_micros(),
        event.data,
        event.personal_digest,
    ]);
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(body.to_string());
    hasher.finalize().into()
}

/// The first event whose place, hash or personal digest is wrong; `None` for a sound history.
/// Personal values that were erased (none left, digest kept) are sound.
#[must_use]
pub fn first_broken_link(events: &[Event]) -> Option<i64> {
    let mut previous = [0; 32];
    for (place, event) in events.iter().enumerate() {
        let in_place = usize::try_from(event.version).is_ok_and(|version| version == place + 1);
        let erased = event.message.is_empty() && event.personal.is_empty();
        let personal_sound = erased || digest(event) == event.personal_digest;
        if !in_place || !personal_sound || link(&previous, event) != event.hash {
            return Some(event.version);
        }
        previous = event.hash;
    }
    None
}

/// The fields (see [`crate::Booking::fields`]) that the events lead to, in order; later values win.
/// A field that never had a value is not among them, nor is one that was erased.
#[must_use]
pub fn replay<'a>(events: impl IntoIterator<Item = &'a Event>) -> Map<String, Value> {
    let mut fields = Map::new();
    for event in events {
        for (field, change) in event.data.changes.iter().chain(&event.personal) {
            fields.insert(field.clone(), change.new.clone());
        }
    }
    fields
}
