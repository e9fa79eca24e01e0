//! `/bookings/bulk`: what would happen, then what happened.

use crate::views::outcomes::{BulkOver, Done, Outcome};
use crate::views::refusal::{Refusal, Slot, place};
use crate::views::{Field, Link, OverrideBlock, Picker, Shell, StatusChip, Summary};
use askama::Template;

/// A verb over a selection: the dry run, the run, or its result.
#[derive(Template)]
#[template(path = "bookings/bulk.html")]
pub struct BulkPage {
    /// Frame.
    pub shell: Shell,
    /// "38 of 40 will be confirmed. Nothing has been changed yet."
    pub outcome: String,
    /// How far a run is; none when it is over or has not begun.
    pub done: Option<Done>,
    /// "2: the booking is cancelled", and the like.
    pub notes: Vec<String>,
    /// Where the form posts to.
    pub action: String,
    /// What must be typed or chosen, on a dry run.
    pub fields: Vec<Field>,
    /// Whom to reassign to, on a dry run.
    pub picker: Option<Picker>,
    /// What may be set aside, on a dry run.
    pub overrides: Option<OverrideBlock>,
    /// What can be done next.
    pub buttons: Vec<BulkButton>,
    /// Wrong values.
    pub summary: Option<Summary>,
    /// Bookings by how they ended, where there was a run.
    pub outcomes: Vec<Outcome>,
    /// What can be done next to those that are shown.
    pub over: Option<BulkOver>,
    /// Some of the bookings, those refused first.
    pub rows: Vec<BulkRow>,
    /// More of them.
    pub next: Option<Link>,
    /// Said where there are more: "and 19,900 more".
    pub more: String,
}

impl BulkPage {
    /// Places refusals at their fields.
    #[must_use]
    pub fn refuse(mut self, refusals: Vec<Refusal>) -> Self {
        let mut fields: Vec<Slot> = self.fields.iter_mut().map(Field::slot).collect();
        fields.extend(self.picker.as_mut().map(Picker::slot));
        fields.extend(self.overrides.as_mut().map(|overrides| overrides.reason.slot()));
        self.summary = place("Nothing was done", refusals, &mut fields);
        self
    }
}

/// A button of the form.
#[derive(Clone, Debug)]
pub struct BulkButton {
    /// Value of `do`.
    pub value: &'static str,
    /// Words on it.
    pub label: String,
    /// Whether it is the likely next step.
    pub primary: bool,
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
