//! What each refusal says to a person.

use core::fmt;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::refusal::{Code, Concern, Refusal, Refusals};

impl Refusal {
    /// A sentence for a person, with times on the clocks of `zone`.
    #[must_use]
    pub fn sentence(&self, zone: Tz) -> String {
        let time = |at: &DateTime<Utc>| shown(*at, zone);
        match (&self.concerns, self.code) {
            (Concern::Clash { reference, busy_start, busy_end }, Code::Duplicate) => {
                format!("{reference} is a similar booking close by ({}).", span(*busy_start, *busy_end, zone))
            }
            (Concern::Clash { reference, busy_start, busy_end }, _) => {
                let when = span(*busy_start, *busy_end, zone);
                format!("The provider is busy with {reference}: {when}, buffers included.")
            }
            (Concern::Deadline(at), Code::CancellationNotice) => {
                format!("Too late to cancel: that was possible until {}.", time(at))
            }
            (Concern::Deadline(at), _) => format!("Too late to move: that was possible until {}.", time(at)),
            (Concern::Seats { asked, left, capacity }, Code::CapacityExceeded) => {
                format!("{asked} seats asked for, {left} of {capacity} left in this slot.")
            }
            (Concern::Seats { asked, capacity, .. }, _) => {
                format!("A party of {asked} does not fit: this service takes up to {capacity} a slot.")
            }
            (Concern::Id(id), code) => format!("{} ({id})", plain(code)),
            (Concern::Length(most), _) => format!("Too long: at most {most} characters."),
            (Concern::Accepted(accepted), _) => format!("Not valid: {accepted}."),
            (Concern::Lifecycle { verb, status }, _) => {
                format!("A {status} booking can't be {}.", verb.participle())
            }
            (Concern::Skipped { local, before, after }, _) => format!(
                "{} does not exist: the clocks go forward. The nearest times are {} and {}.",
                local.format("%H:%M"),
                time(before),
                time(after)
            ),
            (Concern::Ambiguous { local, earlier, later }, _) => format!(
                "{} happens twice: the clocks go back. Choose the earlier ({}) or the later ({}).",
                local.format("%H:%M"),
                time(earlier),
                time(later)
            ),
            (Concern::Start(at), Code::NotStarted) => format!("It has not started yet: it starts {}.", time(at)),
            (Concern::Start(at), Code::SlotUnavailable) => format!("The slot engine does not offer {}.", time(at)),
            (Concern::Start(at), _) => format!("The start, {}, is in the past.", time(at)),
            (Concern::Reason(why), Code::WrongStatus) => format!("It can't be taken back: {why}."),
            (Concern::Reason(reason), _) => format!("The slot engine gave no answer: {reason}."),
            (Concern::Override(code), Code::OverrideReasonRequired) => {
                format!("Overriding {code} needs a reason.")
            }
            (Concern::Override(code), _) => format!("Your role may not override {code}."),
            (Concern::Stale { .. } | Concern::Nothing, code) => plain(code).into(),
        }
    }
}

/// What a code says where nothing more is known.
const fn plain(code: Code) -> &'static str {
    match code {
        Code::Required => "Please fill this in.",
        Code::Invalid => "This value is not valid.",
        Code::TooLong => "This is too long.",
        Code::EndBeforeStart => "The booking would end before it starts.",
        Code::LocalTimeSkipped => "That time does not exist on that day.",
        Code::LocalTimeAmbiguous => "That time happens twice on that day.",
        Code::PartySize => "This service takes one client at a time: the party must be 1.",
        Code::CapacityConsumed => {
            "The seats held must be at least the party, and equal to it for single-client services."
        }
        Code::CapacityExceeded => "Not enough seats left in this slot.",
        Code::Overlap => "The provider is busy then.",
        Code::Duplicate => "A similar booking is close by.",
        Code::SlotUnavailable => "The slot engine does not offer that start.",
        Code::SlotEngineUnavailable => "The slot engine gave no answer.",
        Code::TenantRequired => "A tenant is required.",
        Code::TenantMismatch => "This belongs to another tenant.",
        Code::UnknownService => "There is no such service.",
        Code::UnknownProvider => "There is no such provider.",
        Code::UnknownAddon => "There is no such add-on.",
        Code::InactiveService => "This service is not offered at present.",
        Code::InactiveProvider => "This provider takes no bookings at present.",
        Code::ServiceNotOffered => "This provider does not give this service.",
        Code::InactiveAddon => "This add-on is not offered at present.",
        Code::RepeatedAddon => "This add-on is chosen twice.",
        Code::AddonOfOtherService => "This add-on belongs to another service.",
        Code::CurrencyMismatch => "This add-on is priced in another currency.",
        Code::StartInPast => "The start is in the past.",
        Code::NotStarted => "It has not started yet.",
        Code::CancellationNotAllowed => "This booking's terms do not allow cancelling.",
        Code::CancellationNotice => "Too late to cancel.",
        Code::RescheduleNotAllowed => "This booking's terms do not allow moving it.",
        Code::RescheduleNotice => "Too late to move.",
        Code::WrongStatus => "The booking's status does not allow this.",
        Code::StaleVersion => "Somebody else changed this booking since you opened it.",
        Code::IdempotencyMismatch => "This form was already used for another booking; open a new one.",
        Code::OverrideNotAllowed => "Your role may not override this.",
        Code::OverrideReasonRequired => "An override needs a reason.",
    }
}

/// `Mon 23 Nov 2026 14:15 to 15:30 AST`; the day and zone of the end too where they are others.
fn span(start: DateTime<Utc>, end: DateTime<Utc>, zone: Tz) -> String {
    let (from, to) = (start.with_timezone(&zone), end.with_timezone(&zone));
    let same = from.date_naive() == to.date_naive() && from.format("%Z").to_string() == to.format("%Z").to_string();
    if same {
        format!("{} to {}", from.format("%a %-d %b %Y %H:%M"), to.format("%H:%M %Z"))
    } else {
        format!("{} to {}", shown(start, zone), shown(end, zone))
    }
}

/// `Mon 23 Nov 2026 14:15 AST`.
fn shown(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z").to_string()
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(Tz::UTC))
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, refusal) in self.reasons.iter().enumerate() {
            if place > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{refusal}")?;
        }
        Ok(())
    }
}

impl core::error::Error for Refusals {}
