//! How far work over many rows is, and which of its rows are shown.

use super::Link;

/// Rows with an outcome, of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// With an outcome.
    pub rows: u64,
    /// In all.
    pub of: u64,
}

/// The rows that ended one way.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// "Refused", with their number.
    pub link: Link,
    /// Whether they are shown.
    pub current: bool,
}
