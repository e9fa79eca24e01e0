//! Events: who, when, why, and old -> new of every changed field.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::booking::{Booking, PERSONAL_FIELDS, each_field};
use crate::ids::{BookingId, StaffId};
use crate::refusal::Code;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventType {
    /// Made.
    Created,
    /// Approved.
    Confirmed,
    /// Called off.
    Cancelled,
    /// Moved to another time or provider, or its add-ons changed.
    Rescheduled,
    /// Took place.
    Completed,
    /// The client did not come.
    NoShow,
    /// A note for the history.
    NoteAdded,
    /// Client, party or notes changed.
    Edited,
    /// A cancellation taken back, or another change of status.
    Reinstated,
}

impl EventType {
    /// All types.
    pub const ALL: [EventType; 9] = [
        EventType::Created,
        EventType::Confirmed,
        EventType::Cancelled,
        EventType::Rescheduled,
        EventType::Completed,
        EventType::NoShow,
        EventType::NoteAdded,
        EventType::Edited,
        EventType::Reinstated,
    ];

    /// As stored: `CREATED`, `NO_SHOW`, ...
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            EventType::Created => "CREATED",
            EventType::Confirmed => "CONFIRMED",
            EventType::Cancelled => "CANCELLED",
            EventType::Rescheduled => "RESCHEDULED",
            EventType::Completed => "COMPLETED",
            EventType::NoShow => "NO_SHOW",
            EventType::NoteAdded => "NOTE_ADDED",
            EventType::Edited => "EDITED",
            EventType::Reinstated => "REINSTATED",
        }
    }

    /// The type of that name, or `None`.
    #[must_use]
    pub fn parse(name: &str) -> Option<EventType> {
        EventType::ALL.into_iter().find(|event_type| event_type.as_str() == name)
    }
}

/// One field's old and new value; `null` where there was none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Before.
    pub old: Value,
    /// After.
    pub new: Value,
}

/// Changes by field name.
pub type Changes = BTreeMap<String, Change>;

/// The part of an event that names no person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EventData {
    /// Old -> new of every changed field that is not personal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: Changes,
    /// Which soft refusals were overridden.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Code>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub override_reason: String,
    /// The bulk operation or import it was part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<Uuid>,
}

/// One change of one booking. Append-only; outlives its booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Whose.
    pub booking_id: BookingId,
    /// The booking's version after it.
    pub version: i64,
    /// What happened.
    pub event_type: EventType,
    /// The staff account, or `None` for a program.
    pub actor_id: Option<StaffId>,
    /// Their name then.
    pub actor_name: String,
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// The reason or note, in the person's words.
    pub message: String,
    /// What changed, and how it was allowed.
    pub data: EventData,
    /// Old -> new of personal fields; empty where none changed or they were erased.
    pub personal: Changes,
    /// Salt of the digest that stands for the personal values in the chain.
    pub personal_salt: [u8; 16],
    /// That digest, where personal fields changed; stays when the values are erased.
    pub personal_digest: Option<[u8; 32]>,
    /// Over the hash before it and everything above but the personal values.
    pub hash: [u8; 32],
}

/// Every field that differs, split into what names no person and what does.
#[must_use]
pub fn changes(before: Option<&Booking>, after: &Booking) -> (Changes, Changes) {
    let mut plain = Changes::new();
    let mut personal = Changes::new();
    // Compared as they are: few differ, and only those are written out.
    macro_rules! compare {
        ($name:literal, $($field:ident).+) => {
            if before.is_none_or(|before| before.$($field).+ != after.$($field).+) {
                let old = before.map_or(Value::Null, |before| json!(before.$($field).+));
                let new = json!(after.$($field).+);
                if old != new {
                    let side = if PERSONAL_FIELDS.contains(&$name) { &mut personal } else { &mut plain };
                    side.insert($name.into(), Change { old, new });
                }
            }
        };
    }
    each_field!(compare);
    (plain, personal)
}
