//! Cursors: the place of a row in an order, as text for a URL.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `at`, or the nearest instant that both databases can hold.
pub(super) fn in_calendar(at: DateTime<Utc>) -> DateTime<Utc> {
    const YEAR_0: i64 = -62_167_219_200;
    const YEAR_10000: i64 = 253_402_300_800;
    let limit = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or(at);
    at.clamp(limit(YEAR_0), limit(YEAR_10000))
}

/// The value a list is ordered by, of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Key {
    /// Microseconds since 1970, UTC.
    #[serde(rename = "t")]
    Time(i64),
    /// A name or reference.
    #[serde(rename = "s")]
    Text(String),
}

/// The place of a row in a list: opaque to whoever carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub(super) key: Key,
    pub(super) seq: i64,
}

impl Cursor {
    /// As text for a URL.
    #[must_use]
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// The cursor of such a text, or `None` for anything else.
    #[must_use]
    pub fn decode(text: &str) -> Option<Cursor> {
        let cursor: Cursor = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        // What no row holds no database may be asked for either.
        let possible = match &cursor.key {
            Key::Time(micros) => DateTime::from_timestamp_micros(*micros).is_some_and(|at| at == in_calendar(at)),
            Key::Text(text) => !text.contains('\0'),
        };
        possible.then_some(cursor)
    }
}
