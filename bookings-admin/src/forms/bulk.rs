//! The forms of bulk work: which verb over which bookings, and what the verb needs.

use bookings_core::rules::fields;
use bookings_core::{Code, Concern, Overrides, ProviderId, Refusal};
use bookings_db::selection::{Order, What};
use chrono_tz::Tz;

use super::parts::Reader;
use crate::raw_form::RawForm;

/// Minutes of a year: nobody moves bookings further at once.
const MOST_MINUTES: i64 = 527_040;

/// The verb of that name without anything typed yet; `None` for any other name.
#[must_use]
pub fn verb(name: &str) -> Option<What> {
    Some(match name {
        "confirm" => What::Confirm,
        "cancel" => What::Cancel { reason: String::new() },
        "move" => What::Move { minutes: 0 },
        "reassign" => What::Reassign { provider_id: None },
        "complete" => What::Complete,
        "no-show" => What::NoShow,
        "note" => What::Note { message: String::new() },
        _ => return None,
    })
}

/// The order as typed, for the verb that was chosen. What is missing stays empty, and is among the refusals.
#[must_use]
pub fn order(form: &RawForm, verb: &What, zone: Tz) -> (Order, Vec<Refusal>) {
    let mut read = Reader::new(form, zone);
    let mut refusals = Vec::new();
    let what = match verb {
        What::Cancel { .. } => {
            let reason = read.lines("reason");
            fields::required("reason", &reason, fields::REASON_LENGTH, &mut refusals);
            What::Cancel { reason }
        }
        What::Note { .. } => {
            let message = read.lines("message");
            fields::required("message", &message, fields::NOTE_LENGTH, &mut refusals);
            What::Note { message }
        }
        What::Move { .. } => {
            let minutes: Option<i64> = read.text("minutes").parse().ok();
            let fits = minutes.filter(|minutes| *minutes != 0 && minutes.abs() <= MOST_MINUTES);
            if fits.is_none() {
                let accepted = "whole minutes, such as 30 for later or -15 for earlier, up to a year";
                refusals.push(Refusal::about(Code::Invalid, "minutes", Concern::Accepted(accepted.into())));
            }
            What::Move { minutes: fits.unwrap_or(0) }
        }
        What::Reassign { .. } => {
            What::Reassign { provider_id: read.id::<ProviderId>("provider_id", Code::UnknownProvider) }
        }
        plain => plain.clone(),
    };
    let overrides = read.overrides();
    refusals.extend(read.refusals);
    refusals.extend(unexplained(&overrides));
    (Order { what, overrides }, refusals)
}

/// What is set aside for many at once has its reason, or each of them would be refused for that.
fn unexplained(overrides: &Overrides) -> Option<Refusal> {
    let unexplained = !overrides.codes.is_empty() && overrides.reason.is_empty();
    unexplained.then(|| Refusal::of(Code::OverrideReasonRequired, "override_reason"))
}

/// What is set aside for every row, and what is wrong with that.
#[must_use]
pub fn overrides(form: &RawForm, zone: Tz) -> (Overrides, Vec<Refusal>) {
    let mut read = Reader::new(form, zone);
    let overrides = read.overrides();
    let mut refusals = read.refusals;
    refusals.extend(unexplained(&overrides));
    (overrides, refusals)
}
