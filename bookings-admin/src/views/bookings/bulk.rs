//! `POST /bookings/bulk`: what would happen, then what happened.

use super::Verb;
use crate::views::{Field, Hidden, Shell, StatusChip};
use askama::Template;

/// A verb over a selection: the dry run, or its result.
#[derive(Template)]
#[template(path = "bookings/bulk.html")]
pub struct BulkPage {
    /// Frame.
    pub shell: Shell,
    /// The verb.
    pub verb: Verb,
    /// "38 of 40 will be confirmed".
    pub outcome: String,
    /// One row a booking.
    pub rows: Vec<BulkRow>,
    /// The reason asked for (cancel), on a dry run.
    pub reason: Option<Field>,
    /// Hidden inputs of the real run (the saved selection's id); empty once it was done.
    pub run: Vec<Hidden>,
    /// Words on the button: "Confirm 38 bookings"; empty once it was done or when none can be.
    pub submit: String,
}

/// One booking of the selection.
#[derive(Clone, Debug)]
pub struct BulkRow {
    /// Reference.
    pub reference: String,
    /// Status.
    pub status: StatusChip,
    /// "Mon 23 Nov, 10:15".
    pub when: String,
    /// Client's name.
    pub client: String,
    /// Code of the refusal; empty when it goes through.
    pub code: String,
    /// "Will be confirmed", or why not.
    pub outcome: String,
}
