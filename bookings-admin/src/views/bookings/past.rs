//! `GET /bookings/{reference}/history`: a booking as it was at a moment.

use askama::Template;

use super::Fact;
use crate::views::{Choice, Field, Shell, StatusChip, Summary};

/// A booking's state at a moment, and the form that asks for another.
#[derive(Template)]
#[template(path = "bookings/past.html")]
pub struct PastPage {
    /// Frame.
    pub shell: Shell,
    /// Reference.
    pub reference: String,
    /// What is wrong with the moment.
    pub summary: Option<Summary>,
    /// The moment, in the shown zone.
    pub moment: Field,
    /// Which of a repeated hour is meant, as radios `at_fold`; empty unless asked.
    pub fold: Vec<Choice>,
    /// The state; none where the moment can't be read or the booking was not made yet.
    pub state: Option<Past>,
    /// Why there is no state; empty where there is one.
    pub none: String,
}

/// What the booking was.
#[derive(Clone, Debug)]
pub struct Past {
    /// "Mon 23 Nov 2026, 10:15".
    pub at: String,
    /// The same as RFC 3339.
    pub at_iso: String,
    /// Status then.
    pub status: StatusChip,
    /// "Version 2: rescheduled by Olive, Mon 23 Nov 2026, 09:12".
    pub made_by: String,
    /// Every field with its value, and what it is now where that is something else.
    pub facts: Vec<Fact>,
    /// Whether personal values were erased since.
    pub erased: bool,
}
