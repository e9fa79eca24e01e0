//! Refusals: data first, a sentence second.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::reference::Reference;
use crate::status::{Status, Verb};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal $soft:ident),* $(,)?) => {
        /// Why something is refused; the text of each is an interface others rely on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $name),* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// The code as scripts read it, `overlap` or `stale_version`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text),* }
            }

            /// Whether a person whose role may, may override it by name with a reason.
            #[must_use]
            pub const fn is_soft(self) -> bool {
                match self { $(Code::$name => codes!(@ $soft)),* }
            }
        }
    };
    (@ hard) => { false };
    (@ soft) => { true };
}

codes! {
    /// A field that must be given is empty.
    Required = "required" hard,
    /// A value that can't be read or is out of its range.
    Invalid = "invalid" hard,
    /// More characters than the field holds.
    TooLong = "too_long" hard,
    /// The booking would end before it starts, or at once.
    EndBeforeStart = "end_before_start" hard,
    /// The clocks jump over that time.
    LocalTimeSkipped = "local_time_skipped" hard,
    /// That time happens twice.
    LocalTimeAmbiguous = "local_time_ambiguous" hard,
    /// A party size the service does not take.
    PartySize = "party_size" hard,
    /// Fewer seats than people, or other than the party for a single-client service.
    CapacityConsumed = "capacity_consumed" hard,
    /// Not enough seats left in a shared slot.
    CapacityExceeded = "capacity_exceeded" hard,
    /// The provider is busy.
    Overlap = "overlap" hard,
    /// A similar booking is within the duplicate guard.
    Duplicate = "duplicate" soft,
    /// The slot engine does not offer that start.
    SlotUnavailable = "slot_unavailable" soft,
    /// The slot engine gave no usable answer.
    SlotEngineUnavailable = "slot_engine_unavailable" soft,
    /// With tenancy on everything belongs to a tenant.
    TenantRequired = "tenant_required" hard,
    /// Of another tenant.
    TenantMismatch = "tenant_mismatch" hard,
    /// No such service.
    UnknownService = "unknown_service" hard,
    /// No such provider.
    UnknownProvider = "unknown_provider" hard,
    /// No such add-on.
    UnknownAddon = "unknown_addon" hard,
    /// The service is not offered at present.
    InactiveService = "inactive_service" soft,
    /// The provider takes no bookings at present.
    InactiveProvider = "inactive_provider" soft,
    /// The provider does not give this service.
    ServiceNotOffered = "service_not_offered" soft,
    /// The add-on is not offered at present.
    InactiveAddon = "inactive_addon" hard,
    /// The same add-on twice.
    RepeatedAddon = "repeated_addon" hard,
    /// The add-on belongs to another service.
    AddonOfOtherService = "addon_of_other_service" hard,
    /// The add-on is priced in another currency.
    CurrencyMismatch = "currency_mismatch" hard,
    /// The start is over.
    StartInPast = "start_in_past" soft,
    /// Completed or marked as no-show before the start.
    NotStarted = "not_started" soft,
    /// The service does not allow cancelling.
    CancellationNotAllowed = "cancellation_not_allowed" soft,
    /// Too late to cancel.
    CancellationNotice = "cancellation_notice" soft,
    /// The service does not allow moving.
    RescheduleNotAllowed = "reschedule_not_allowed" soft,
    /// Too late to move.
    RescheduleNotice = "reschedule_notice" soft,
    /// The lifecycle does not allow it.
    WrongStatus = "wrong_status" hard,
    /// Changed by somebody else since it was read.
    StaleVersion = "stale_version" hard,
    /// The same idempotency key with another body.
    IdempotencyMismatch = "idempotency_mismatch" hard,
    /// An override that this role may not give, or of a hard rule.
    OverrideNotAllowed = "override_not_allowed" hard,
    /// An override without its reason.
    OverrideReasonRequired = "override_reason_required" hard,
}

impl Code {
    /// The code of that text, or `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Code::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("no refusal code {text:?}")))
    }
}

/// The field of a command or form that a refusal is about, by its form name.
pub type Field = &'static str;

/// What a refusal concerns, beyond its code and field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// Nothing more to say.
    Nothing,
    /// The booking in the way and the time it holds, buffers included.
    Clash {
        /// Its reference.
        reference: Reference,
        /// Its busy window's start.
        busy_start: DateTime<Utc>,
        /// Its busy window's end.
        busy_end: DateTime<Utc>,
    },
    /// The last instant at which it was allowed.
    Deadline(DateTime<Utc>),
    /// Seats asked for and left, and what the service takes in all.
    Seats {
        /// Asked for.
        asked: u32,
        /// Left.
        left: u32,
        /// In all.
        capacity: u32,
    },
    /// The id that was refused.
    Id(Uuid),
    /// At most so many characters.
    Length(usize),
    /// What is accepted, in words.
    Accepted(String),
    /// A verb on a status that does not allow it.
    Lifecycle {
        /// What was asked.
        verb: Verb,
        /// What the booking is.
        status: Status,
    },
    /// A wall-clock time the clocks jump over, with its neighbours.
    Skipped {
        /// As typed.
        local: NaiveDateTime,
        /// The minute before the jump.
        before: DateTime<Utc>,
        /// The first instant after it.
        after: DateTime<Utc>,
    },
    /// A wall-clock time that happens twice.
    Ambiguous {
        /// As typed.
        local: NaiveDateTime,
        /// The first.
        earlier: DateTime<Utc>,
        /// The second.
        later: DateTime<Utc>,
    },
    /// The start itself.
    Start(DateTime<Utc>),
    /// The version a change was made on and the present one. The store adds what changed in between.
    Stale {
        /// Seen by the person.
        seen: i64,
        /// Present.
        current: i64,
        /// Every field that changed since: name, value as it was seen, present value.
        changed: Vec<(String, serde_json::Value, serde_json::Value)>,
    },
    /// Why the slot engine gave no answer, or why a change is not taken back.
    Reason(String),
    /// The refusal code an override was about.
    Override(String),
}

/// One reason against a command. `Display` says it to a person, with times in UTC;
/// [`Refusal::sentence`] with times in a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The rule.
    pub code: Code,
    /// The field it belongs to, if any.
    pub field: Option<Field>,
    /// What it concerns.
    pub concerns: Concern,
}

impl Refusal {
    /// A refusal that says nothing beyond its code and field.
    #[must_use]
    pub fn of(code: Code, field: Field) -> Refusal {
        Refusal { code, field: Some(field), concerns: Concern::Nothing }
    }

    /// A refusal with what it concerns.
    #[must_use]
    pub fn about(code: Code, field: Field, concerns: Concern) -> Refusal {
        Refusal { code, field: Some(field), concerns }
    }

    /// A refusal of the command as a whole.
    #[must_use]
    pub fn whole(code: Code, concerns: Concern) -> Refusal {
        Refusal { code, field: None, concerns }
    }
}

/// Every reason against a command, in the order of the rules, and the nearest starts that are free.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Refusals {
    /// Every reason; never empty when returned as an error.
    pub reasons: Vec<Refusal>,
    /// Free starts near the one asked for, in order of time; filled where time was the trouble.
    pub suggestions: Vec<DateTime<Utc>>,
}

impl Refusals {
    /// `Ok` where there is no reason against.
    ///
    /// # Errors
    /// Itself, where there is any.
    pub fn none_or_all(reasons: Vec<Refusal>) -> Result<(), Refusals> {
        if reasons.is_empty() { Ok(()) } else { Err(reasons.into()) }
    }

    /// Whether `code` is among the reasons.
    #[must_use]
    pub fn has(&self, code: Code) -> bool {
        self.reasons.iter().any(|refusal| refusal.code == code)
    }

    /// The codes in order.
    #[must_use]
    pub fn codes(&self) -> Vec<Code> {
        self.reasons.iter().map(|refusal| refusal.code).collect()
    }
}

impl From<Vec<Refusal>> for Refusals {
    fn from(reasons: Vec<Refusal>) -> Self {
        Refusals { reasons, suggestions: Vec::new() }
    }
}

impl From<Refusal> for Refusals {
    fn from(refusal: Refusal) -> Self {
        vec![refusal].into()
    }
}
