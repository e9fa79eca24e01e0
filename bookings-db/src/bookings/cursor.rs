//! Cursors: the place of a row in an order, as text for a URL.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

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
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }
}
