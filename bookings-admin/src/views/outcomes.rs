//! How far work over many rows is, and which of its rows are shown.

use super::{Choice, Hidden, Link};

/// Rows with an outcome, of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// With an outcome.
    pub rows: u64,
    /// In all.
    pub of: u64,
}

/// Verbs over all bookings that ended one way.
#[derive(Clone, Debug)]
pub struct BulkOver {
    /// What says which.
    pub of: Vec<Hidden>,
    /// "With the 118 bookings it made".
    pub label: String,
    /// Value is the verb's name.
    pub verbs: Vec<Choice>,
}

/// The rows that ended one way.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// "Refused", with their number.
    pub link: Link,
    /// Whether they are shown.
    pub current: bool,
}
