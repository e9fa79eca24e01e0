//! `GET /bookings/{reference}`.

use super::{Verb, VerbBody, VerbForm};
use crate::views::outcomes::BulkOver;
use crate::views::refusal::{Refusal, Slot, place};
use crate::views::{Link, OverrideBlock, Picker, Shell, StatusChip, Summary};
use askama::Template;

/// A booking with its verbs and history.
#[derive(Template)]
#[template(path = "bookings/show.html")]
pub struct ShowPage {
    /// Frame.
    pub shell: Shell,
    /// Address of the list it was opened from, which its forms lead back to.
    pub back: Option<String>,
    /// Reference.
    pub reference: String,
    /// Status.
    pub status: StatusChip,
    /// Version that every form on the page states.
    pub version: String,
    /// Client's name, the page's heading.
    pub client: String,
    /// "Monday 23 November 2026".
    pub day: String,
    /// "10:15–11:00".
    pub time: String,
    /// Start as RFC 3339.
    pub start_iso: String,
    /// "in 3 days"; may be empty.
    pub relative: String,
    /// Refusals of a verb.
    pub summary: Option<Summary>,
    /// Verbs in order of likelihood; those that are off say why.
    pub verbs: Vec<VerbForm>,
    /// Address of the edit form, for roles that may edit.
    pub edit: Option<String>,
    /// Address of the form for another booking like this one, for roles that may book.
    pub again: Option<String>,
    /// Verbs over everybody who shares its start.
    pub over_slot: Option<BulkOver>,
    /// Service, provider, length, buffers, notice ...
    pub facts: Vec<Fact>,
    /// Client: e-mail, phone, bookings of the same client.
    pub contact: Vec<Fact>,
    /// Notes, with their line breaks.
    pub notes: Vec<Fact>,
    /// Service and add-ons with prices.
    pub prices: Vec<PriceLine>,
    /// "TTD 290.00".
    pub total: String,
    /// Events, newest first.
    pub history: Vec<HistoryEvent>,
    /// Older events.
    pub history_older: Option<Link>,
    /// Newer events.
    pub history_newer: Option<Link>,
}

impl ShowPage {
    /// Shows the page again after `verb` was refused: refusals at their fields, its form open, what may be set aside.
    pub fn refuse(mut self, verb: Verb, refusals: Vec<Refusal>, overrides: Option<OverrideBlock>) -> Self {
        let Some(form) = self.verbs.iter_mut().find(|form| form.verb == verb) else {
            self.summary = place(verb.refused(), refusals, &mut []);
            return self;
        };
        form.open = true;
        form.overrides = overrides;
        // Who can't leave a start alone goes with the others.
        if let (Verb::Reschedule, Some(over)) = (verb, &mut self.over_slot) {
            over.verbs.iter_mut().for_each(|choice| choice.selected = choice.value == "move");
        }
        let mut fields: Vec<Slot> = Vec::new();
        match &mut form.body {
            VerbBody::Button => {}
            VerbBody::Text(field) => fields.push(field.slot()),
            VerbBody::Reschedule(reschedule) => {
                fields.push(reschedule.start.field.slot());
                fields.push(reschedule.provider.slot());
                fields.push(Slot { name: "addon_ids", label: "Add-ons", errors: &mut reschedule.addon_errors });
            }
        }
        if let Some(overrides) = &mut form.overrides {
            fields.push(overrides.reason.slot());
        }
        self.summary = place(verb.refused(), refusals, &mut fields);
        self
    }
}

/// A term and what it is.
#[derive(Clone, Debug, Default)]
pub struct Fact {
    /// "Provider".
    pub term: String,
    /// Its value; may have line breaks.
    pub value: String,
    /// Where it leads (`mailto:`, `tel:`, a page); empty for plain text.
    pub href: String,
    /// Quiet text after it.
    pub detail: String,
}

impl Fact {
    /// A plain fact.
    pub fn new(term: &str, value: impl Into<String>) -> Self {
        Self { term: term.into(), value: value.into(), ..Self::default() }
    }

    /// Makes it a link.
    pub fn href(mut self, href: impl Into<String>) -> Self {
        self.href = href.into();
        self
    }

    /// Adds quiet text.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// One line of the price.
#[derive(Clone, Debug, Default)]
pub struct PriceLine {
    /// Service or add-on.
    pub label: String,
    /// "45 min", "+15 min".
    pub detail: String,
    /// "TTD 250.00".
    pub amount: String,
}

/// One event.
#[derive(Clone, Debug, Default)]
pub struct HistoryEvent {
    /// "Rescheduled".
    pub title: String,
    /// Stored kind, as `RESCHEDULED`.
    pub kind: String,
    /// Who did it.
    pub who: String,
    /// "Mon 23 Nov 2026, 09:12".
    pub at: String,
    /// The same as RFC 3339.
    pub at_iso: String,
    /// Reason or note; may be empty.
    pub message: String,
    /// What changed.
    pub changes: Vec<Change>,
    /// Rules set aside, in words.
    pub overrides: Vec<String>,
    /// Why they were.
    pub override_reason: String,
}

/// One field's change.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// "Start".
    pub field: String,
    /// Before; empty for nothing.
    pub old: String,
    /// After; empty for nothing.
    pub new: String,
}
