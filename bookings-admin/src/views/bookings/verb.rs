//! Verbs as buttons and small forms.

use crate::views::form::{Picker, StartField};
use crate::views::refusal::FieldErrors;
use crate::views::{Choice, Field, OverrideBlock};
use bookings_core::rules::fields::{NOTE_LENGTH, REASON_LENGTH};

/// What can be done to a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Approve.
    Confirm,
    /// It happened.
    Complete,
    /// The client did not come.
    NoShow,
    /// Another time, provider or add-ons.
    Reschedule,
    /// Call off.
    Cancel,
    /// Bring a cancelled one back.
    Reinstate,
    /// Add a note to the history.
    Note,
    /// Take back the last change.
    Undo,
}

impl Verb {
    /// Last part of the address it posts to.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Complete => "complete",
            Self::NoShow => "no-show",
            Self::Reschedule => "reschedule",
            Self::Cancel => "cancel",
            Self::Reinstate => "reinstate",
            Self::Note => "note",
            Self::Undo => "undo",
        }
    }

    /// Words on the button.
    pub fn label(self) -> &'static str {
        match self {
            Self::Confirm => "Confirm",
            Self::Complete => "Complete",
            Self::NoShow => "No-show",
            Self::Reschedule => "Reschedule",
            Self::Cancel => "Cancel booking",
            Self::Reinstate => "Reinstate",
            Self::Note => "Add a note",
            Self::Undo => "Undo",
        }
    }

    /// Words over a refusal.
    pub fn refused(self) -> &'static str {
        match self {
            Self::Confirm => "Not confirmed",
            Self::Complete => "Not completed",
            Self::NoShow => "Not marked as no-show",
            Self::Reschedule => "Not rescheduled",
            Self::Cancel => "Not cancelled",
            Self::Reinstate => "Not reinstated",
            Self::Note => "Note not added",
            Self::Undo => "Not taken back",
        }
    }
}

/// One verb on a booking's page.
#[derive(Clone, Debug)]
pub struct VerbForm {
    /// Which.
    pub verb: Verb,
    /// Why it is off, in words; empty when it can be used.
    pub disabled: String,
    /// What will be asked, in words ("inside the 24 h notice: needs an override"); may be empty.
    pub caution: String,
    /// Whether it is the likely next step.
    pub primary: bool,
    /// Its fields.
    pub body: VerbBody,
    /// Whether its fields show at once (after a refusal).
    pub open: bool,
    /// Rules that may be set aside, after a refusal.
    pub overrides: Option<OverrideBlock>,
}

impl VerbForm {
    /// A verb that can be used; cancel and note get their fields.
    pub fn new(verb: Verb) -> Self {
        let body = match verb {
            Verb::Cancel => VerbBody::Text(Field::textarea("reason", "Reason").maxlength(REASON_LENGTH as u32)),
            Verb::Note => VerbBody::Text(Field::textarea("message", "Note").maxlength(NOTE_LENGTH as u32).required()),
            _ => VerbBody::Button,
        };
        Self {
            verb,
            disabled: String::new(),
            caution: String::new(),
            primary: false,
            body,
            open: false,
            overrides: None,
        }
    }

    /// The reschedule form.
    pub fn reschedule(fields: RescheduleFields) -> Self {
        Self { body: VerbBody::Reschedule(Box::new(fields)), ..Self::new(Verb::Reschedule) }
    }

    /// Marks it as the likely next step.
    pub fn primary(mut self) -> Self {
        self.primary = true;
        self
    }

    /// Switches it off, with the reason that is shown.
    pub fn disabled(mut self, why: impl Into<String>) -> Self {
        self.disabled = why.into();
        self
    }

    /// Says beforehand what will be asked.
    pub fn caution(mut self, what: impl Into<String>) -> Self {
        self.caution = what.into();
        self
    }

    /// Whether one press is enough: no fields and nothing to set aside.
    pub fn is_button(&self) -> bool {
        matches!(self.body, VerbBody::Button) && self.overrides.is_none()
    }

    /// Id of the text that explains it, for `aria-describedby`.
    pub fn why_id(&self) -> String {
        format!("{}-why", self.verb.slug())
    }
}

/// The fields of a verb.
#[derive(Clone, Debug)]
pub enum VerbBody {
    /// None.
    Button,
    /// A reason or a note.
    Text(Field),
    /// Start, provider, add-ons.
    Reschedule(Box<RescheduleFields>),
}

/// The fields of a reschedule.
#[derive(Clone, Debug, Default)]
pub struct RescheduleFields {
    /// New start.
    pub start: StartField,
    /// Provider; the present one is selected.
    pub provider: Picker,
    /// Add-ons of the booking's service.
    pub addons: Vec<Choice>,
    /// Refusals about add-ons.
    pub addon_errors: FieldErrors,
}
