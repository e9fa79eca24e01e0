//! Half-open windows of time.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// `[start, end)`: the start is in it, the end is not, so back-to-back windows do not touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window {
    /// First instant in it, UTC.
    pub start: DateTime<Utc>,
    /// First instant after it, UTC.
    pub end: DateTime<Utc>,
}

impl Window {
    /// Whether the two share an instant.
    #[must_use]
    pub fn overlaps(&self, other: &Window) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `at` lies in it.
    #[must_use]
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.start <= at && at < self.end
    }

    /// The window made longer by `before` and `after` minutes; kept where the calendar ends.
    #[must_use]
    pub fn buffered(&self, before: u32, after: u32) -> Window {
        // The calendar takes its time, and most services have no buffers.
        if before == 0 && after == 0 {
            return *self;
        }
        Window {
            start: self.start.checked_sub_signed(minutes(before)).unwrap_or(self.start),
            end: self.end.checked_add_signed(minutes(after)).unwrap_or(self.end),
        }
    }
}

/// Minutes as a duration.
#[must_use]
pub fn minutes(minutes: u32) -> TimeDelta {
    TimeDelta::minutes(i64::from(minutes))
}

/// `at` without what is below a microsecond: both databases keep microseconds.
#[must_use]
pub fn whole_micros(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}
