//! A booking's status and the lifecycle table.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Where a booking is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Waits for approval; holds its time.
    Pending,
    /// Agreed; holds its time.
    Confirmed,
    /// Called off.
    Cancelled,
    /// Took place.
    Completed,
    /// The client did not come.
    NoShow,
}

impl Status {
    /// All statuses, in the order of a booking's life.
    pub const ALL: [Status; 5] =
        [Status::Pending, Status::Confirmed, Status::Cancelled, Status::Completed, Status::NoShow];

    /// `PENDING`, `CONFIRMED`, `CANCELLED`, `COMPLETED` or `NO_SHOW`, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Pending => "PENDING",
            Status::Confirmed => "CONFIRMED",
            Status::Cancelled => "CANCELLED",
            Status::Completed => "COMPLETED",
            Status::NoShow => "NO_SHOW",
        }
    }

    /// The status of that name, or `None`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// In words: `pending`, `confirmed`, `cancelled`, `completed`, `no-show`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Confirmed => "confirmed",
            Status::Cancelled => "cancelled",
            Status::Completed => "completed",
            Status::NoShow => "no-show",
        }
    }

    /// Whether a booking of this status holds its provider's time.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Status::Pending | Status::Confirmed)
    }
}

/// What a person does to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Approve.
    Confirm,
    /// Call off.
    Cancel,
    /// Move to another start or provider, or change the add-ons.
    Reschedule,
    /// Say that it took place.
    Complete,
    /// Say that the client did not come.
    NoShow,
    /// Take back a cancellation.
    Reinstate,
}

impl Verb {
    /// All verbs.
    pub const ALL: [Verb; 6] =
        [Verb::Confirm, Verb::Cancel, Verb::Reschedule, Verb::Complete, Verb::NoShow, Verb::Reinstate];

    /// The participle a sentence needs: "can't be confirmed".
    #[must_use]
    pub const fn participle(self) -> &'static str {
        match self {
            Verb::Confirm => "confirmed",
            Verb::Cancel => "cancelled",
            Verb::Reschedule => "moved",
            Verb::Complete => "completed",
            Verb::NoShow => "marked as no-show",
            Verb::Reinstate => "reinstated",
        }
    }
}

/// One cell of the lifecycle table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The verb makes this status.
    To(Status),
    /// The verb changes something else and leaves the status alone.
    Stays,
    /// The booking is already so: answered with the booking, no event.
    Same,
    /// The status from before the cancellation, through the guard.
    Back,
    /// Refused with `wrong_status`.
    Refused,
}

/// The lifecycle table: what `verb` does to a booking of status `from`.
#[must_use]
pub const fn step(verb: Verb, from: Status) -> Step {
    use Status::{Cancelled, Completed, Confirmed, NoShow, Pending};
    match (verb, from) {
        (Verb::Confirm, Pending) => Step::To(Confirmed),
        (Verb::Confirm, Confirmed) => Step::Same,
        (Verb::Cancel, Pending | Confirmed) => Step::To(Cancelled),
        (Verb::Cancel, Cancelled) => Step::Same,
        (Verb::Reschedule, Pending | Confirmed) => Step::Stays,
        (Verb::Complete, Pending | Confirmed | NoShow) => Step::To(Completed),
        (Verb::Complete, Completed) => Step::Same,
        (Verb::NoShow, Pending | Confirmed | Completed) => Step::To(NoShow),
        (Verb::NoShow, NoShow) => Step::Same,
        (Verb::Reinstate, Cancelled) => Step::Back,
        _ => Step::Refused,
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
