//! Wall-clock times: what a person types in a zone, as an instant.

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Which of the two instants of a repeated hour is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fold {
    /// Before the clocks go back.
    Earlier,
    /// After the clocks went back.
    Later,
}

impl Fold {
    /// `earlier` or `later`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Fold> {
        match text {
            "earlier" => Some(Fold::Earlier),
            "later" => Some(Fold::Later),
            _ => None,
        }
    }
}

/// Why a wall-clock time names no single instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalTimeError {
    /// The clocks jump over it. The last minute before the jump and the first instant after it.
    Skipped {
        /// The minute before the jump.
        before: DateTime<Utc>,
        /// The first instant after the jump.
        after: DateTime<Utc>,
    },
    /// It happens twice.
    Ambiguous {
        /// The first time.
        earlier: DateTime<Utc>,
        /// The second time.
        later: DateTime<Utc>,
    },
}

/// The instant at which clocks in `zone` show `local`; `fold` chooses within a repeated hour and is otherwise ignored.
///
/// # Errors
/// [`LocalTimeError::Skipped`] with both neighbours, or [`LocalTimeError::Ambiguous`] with both instants where `fold` is `None`.
pub fn resolve(zone: Tz, local: NaiveDateTime, fold: Option<Fold>) -> Result<DateTime<Utc>, LocalTimeError> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) => Ok(at.to_utc()),
        LocalResult::Ambiguous(a, b) => {
            let (earlier, later) = (a.to_utc().min(b.to_utc()), a.to_utc().max(b.to_utc()));
            match fold {
                Some(Fold::Earlier) => Ok(earlier),
                Some(Fold::Later) => Ok(later),
                None => Err(LocalTimeError::Ambiguous { earlier, later }),
            }
        }
        LocalResult::None => {
            let after = end_of_gap(zone, local);
            let before = after.checked_sub_signed(TimeDelta::minutes(1)).unwrap_or(after);
            Err(LocalTimeError::Skipped { before, after })
        }
    }
}

/// The first instant of `date` in `zone`: midnight, or the end of the gap where the clocks jump over midnight.
#[must_use]
pub fn day_start(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    match resolve(zone, midnight, Some(Fold::Earlier)) {
        Ok(at) => at,
        Err(LocalTimeError::Skipped { after, .. }) => after,
        Err(LocalTimeError::Ambiguous { earlier, .. }) => earlier,
    }
}

/// The whole of `date` in `zone`: 23, 24 or 25 hours, half-open; empty for a day the zone skipped.
#[must_use]
pub fn day(zone: Tz, date: NaiveDate) -> crate::window::Window {
    let start = day_start(zone, date);
    let end = date.checked_add_days(Days::new(1)).map_or(start, |next| day_start(zone, next));
    crate::window::Window { start, end }
}

/// The first instant after the gap that holds `local`, by bisection: clocks change on whole seconds.
fn end_of_gap(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    // No zone has ever skipped more than a day; 26 hours on both sides is outside any gap and its offset.
    let day = 26 * 60 * 60;
    let middle = local.and_utc().timestamp();
    let (mut low, mut high) = (middle - day, middle + day);
    let instant = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or(local.and_utc());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if instant(middle).with_timezone(&zone).naive_local() > local {
            high = middle;
        } else {
            low = middle;
        }
    }
    instant(high)
}
