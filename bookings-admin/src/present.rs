//! Core's words as a page shows them: times on the clocks of a zone, refusals with their links.

use std::sync::LazyLock;

use bookings_core::rules::MOST_CLASHES;
use bookings_core::{Code, Concern, Refusal, Refusals, Role, Status};
use bookings_db::bookings::COUNTED;
use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, Datelike, Offset, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::views::form::{StartField, Suggestion};
use crate::views::{self, Choice, OverrideBlock, StatusChip};

/// How a time on a clock is written, read once: a list has hundreds of them.
struct Written(LazyLock<Vec<Item<'static>>>);

impl Written {
    fn of(&self, local: &DateTime<Tz>) -> String {
        local.naive_local().format_with_items(self.0.iter()).to_string()
    }
}

static DAY: Written = Written(LazyLock::new(|| StrftimeItems::new("%a %-d %b").collect()));
static DAY_OF_YEAR: Written = Written(LazyLock::new(|| StrftimeItems::new("%a %-d %b %Y").collect()));
static CLOCK: Written = Written(LazyLock::new(|| StrftimeItems::new("%H:%M").collect()));
static STAMP: Written = Written(LazyLock::new(|| StrftimeItems::new("%a %-d %b %Y, %H:%M").collect()));

/// "12,345".
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count as far as it is made: "734", "1,000+".
#[must_use]
pub fn counted(number: u64) -> String {
    if number > COUNTED { format!("{}+", thousands(COUNTED)) } else { thousands(number) }
}

/// The chip of a status.
#[must_use]
pub fn chip(status: Status) -> StatusChip {
    match status {
        Status::Pending => StatusChip::Pending,
        Status::Confirmed => StatusChip::Confirmed,
        Status::Cancelled => StatusChip::Cancelled,
        Status::Completed => StatusChip::Completed,
        Status::NoShow => StatusChip::NoShow,
    }
}

/// "Mon 23 Nov", with the year where it is not this one.
#[must_use]
pub fn short_day(at: DateTime<Utc>, zone: Tz, now: DateTime<Utc>) -> String {
    let (local, today) = (at.with_timezone(&zone), now.with_timezone(&zone));
    if local.year() == today.year() { DAY.of(&local) } else { DAY_OF_YEAR.of(&local) }
}

/// "Monday 23 November 2026".
#[must_use]
pub fn long_day(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%A %-d %B %Y").to_string()
}

/// "10:15"; in a repeated hour with the offset, so that the two can be told apart.
#[must_use]
pub fn clock(at: DateTime<Utc>, zone: Tz) -> String {
    CLOCK.of(&at.with_timezone(&zone))
}

/// "10:15–11:00", with the day of the end where it is another.
#[must_use]
pub fn span(start: DateTime<Utc>, end: DateTime<Utc>, zone: Tz) -> String {
    let (from, to) = (start.with_timezone(&zone), end.with_timezone(&zone));
    let days = to.date_naive() - from.date_naive();
    let changed = from.offset().fix() != to.offset().fix();
    let mut text = format!("{}\u{2013}{}", CLOCK.of(&from), CLOCK.of(&to));
    if days > TimeDelta::zero() {
        text.push_str(&format!(" (+{} d)", days.num_days()));
    }
    if changed {
        text.push_str(&format!(" ({} to {})", from.format("%Z"), to.format("%Z")));
    }
    text
}

/// "Mon 23 Nov 2026, 10:15".
#[must_use]
pub fn stamp(at: DateTime<Utc>, zone: Tz) -> String {
    STAMP.of(&at.with_timezone(&zone))
}

/// "1 h 30 min".
#[must_use]
pub fn minutes(minutes: i64) -> String {
    let (days, hours, rest) = (minutes / 1440, minutes % 1440 / 60, minutes % 60);
    let parts = [(days, "d"), (hours, "h"), (rest, "min")];
    let text: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")).collect();
    if text.is_empty() { "0 min".into() } else { text.join(" ") }
}

/// "in 3 days", "20 min ago", "now".
#[must_use]
pub fn relative(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let apart = (at - now).num_minutes().abs();
    let text = match apart {
        0 => return "now".into(),
        1..60 => format!("{apart} min"),
        60..1440 => format!("{} h", apart / 60),
        1440..2880 => "1 day".into(),
        _ => format!("{} days", apart / 1440),
    };
    if at > now { format!("in {text}") } else { format!("{text} ago") }
}

/// "Times in America/Port_of_Spain (UTC-4)", with the offset of `now`; "Times in UTC".
#[must_use]
pub fn zone_line(zone: Tz, now: DateTime<Utc>) -> String {
    let seconds = now.with_timezone(&zone).offset().fix().local_minus_utc();
    let (sign, seconds) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
    let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
    let offset = match (hours, minutes) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    };
    if zone.name() == offset { format!("Times in {offset}") } else { format!("Times in {} ({offset})", zone.name()) }
}

/// An instant for `datetime` attributes and suggestions.
#[must_use]
pub fn iso(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// A refusal as shown, with a link to the booking in the way.
#[must_use]
pub fn refusal(refusal: &Refusal, zone: Tz) -> views::Refusal {
    let shown = views::Refusal::new(refusal.code.as_str(), refusal.field.unwrap_or_default(), refusal.sentence(zone));
    match &refusal.concerns {
        Concern::Clash { reference, .. } => {
            shown.with_link(format!("Open {reference}"), format!("/bookings/{reference}"))
        }
        _ => shown,
    }
}

/// All of them. Of bookings that hold the same time, as those of a class do, the first is told and the others are counted.
#[must_use]
pub fn refusals(list: &[Refusal], zone: Tz) -> Vec<views::Refusal> {
    let held = |one: &Refusal| match &one.concerns {
        Concern::Clash { busy_start, busy_end, .. } => Some((one.code, *busy_start, *busy_end)),
        _ => None,
    };
    let of_one_time = list.chunk_by(|one, next| held(one).is_some() && held(one) == held(next));
    let told = |some: &[Refusal]| {
        let mut first = refusal(some.first()?, zone);
        match some.len() {
            1 => {}
            2 => first.message.push_str(" One more shares this time."),
            MOST_CLASHES => first.message.push_str(&format!(" At least {} more share this time.", MOST_CLASHES - 1)),
            many => first.message.push_str(&format!(" {} more share this time.", many - 1)),
        }
        Some(first)
    };
    of_one_time.filter_map(told).collect()
}

/// The refusals that `role` may override, as boxes to tick; those ticked already stay ticked.
#[must_use]
pub fn overrides(list: &[Refusal], role: Role, ticked: &[&str], reason: &str) -> Option<OverrideBlock> {
    let mut codes: Vec<Code> =
        list.iter().map(|refusal| refusal.code).filter(|code| role.may_override(*code)).collect();
    codes.extend(ticked.iter().filter_map(|text| Code::parse(text)).filter(|code| role.may_override(*code)));
    codes.sort();
    codes.dedup();
    let choices: Vec<Choice> = codes
        .into_iter()
        .map(|code| Choice::new(code.as_str(), override_label(code), ticked.contains(&code.as_str())))
        .collect();
    (!choices.is_empty()).then(|| OverrideBlock::new(choices, reason))
}

/// What ticking a box says.
fn override_label(code: Code) -> &'static str {
    match code {
        Code::StartInPast => "Book it although the start is in the past",
        Code::Duplicate => "Book it although a similar booking is close by",
        Code::SlotUnavailable => "Book it although the slot engine does not offer this start",
        Code::SlotEngineUnavailable => "Book it without the slot engine\u{2019}s answer",
        Code::InactiveService => "Book it although the service is not offered at present",
        Code::InactiveProvider => "Book it although the provider takes no bookings at present",
        Code::ServiceNotOffered => "Book it although the provider does not give this service",
        Code::NotStarted => "Do it although the booking has not started",
        Code::CancellationNotAllowed => "Cancel it although its terms do not allow it",
        Code::CancellationNotice => "Cancel it although it is too late by its terms",
        Code::RescheduleNotAllowed => "Move it although its terms do not allow it",
        Code::RescheduleNotice => "Move it although it is too late by its terms",
        _ => "Do it all the same",
    }
}

/// Puts what a refusal offers beside the start: free starts, neighbours of a skipped time, the two of a repeated hour.
pub fn offer_starts(field: &mut StartField, refused: &Refusals, wanted: Option<DateTime<Utc>>, zone: Tz) {
    let suggestion = |at: DateTime<Utc>| Suggestion {
        instant: iso(at),
        label: at.with_timezone(&zone).format("%a %-d %b, %H:%M").to_string(),
        detail: wanted.map(|wanted| apart(at, wanted)).unwrap_or_default(),
    };
    if !refused.suggestions.is_empty() {
        field.suggestions = refused.suggestions.iter().map(|at| suggestion(*at)).collect();
        field.suggestions_heading = "Free starts nearby".into();
    }
    for refusal in &refused.reasons {
        match &refusal.concerns {
            Concern::Skipped { before, after, .. } => {
                field.suggestions = [before, after].map(|at| suggestion(*at)).into();
                field.suggestions_heading = "The nearest times that exist".into();
            }
            Concern::Ambiguous { earlier, later, .. } => {
                let choice = |value: &str, label: &str, at: &DateTime<Utc>| {
                    let zoned = at.with_timezone(&zone).format("%H:%M %Z").to_string();
                    Choice::new(value, label, false).detail(zoned)
                };
                field.fold = vec![choice("earlier", "The earlier", earlier), choice("later", "The later", later)];
            }
            _ => {}
        }
    }
}

/// "30 min later".
fn apart(at: DateTime<Utc>, wanted: DateTime<Utc>) -> String {
    let by = (at - wanted).num_minutes();
    let side = if by < 0 { "earlier" } else { "later" };
    format!("{} {side}", minutes(by.abs()))
}
