//! note: a remark for the history; it changes nothing else.

use serde::{Deserialize, Serialize};

use super::fresh;
use super::record::{Why, record};
use crate::booking::Booking;
use crate::context::{Context, Decision};
use crate::event::EventType;
use crate::refusal::Refusals;
use crate::rules::fields;

/// A note to add.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AddNote {
    /// The version the person saw.
    pub version: i64,
    /// The note; never empty.
    pub message: String,
}

/// Adds a note to the history, whatever the status.
///
/// # Errors
/// `stale_version`, or `required` and `too_long` for the message.
pub fn add_note(booking: &Booking, command: &AddNote, context: &Context) -> Result<Decision, Refusals> {
    fresh(booking, command.version)?;
    let mut refusals = Vec::new();
    fields::required("message", &command.message, fields::NOTE_LENGTH, &mut refusals);
    Refusals::none_or_all(refusals)?;
    let why = Why { message: &command.message, ..Why::default() };
    Ok(record(Some(booking), booking.clone(), EventType::NoteAdded, why, context))
}
