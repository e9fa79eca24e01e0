//! `GET /find`: one box for everything.

use super::{Shell, StatusChip};
use askama::Template;

/// What was found, by kind.
#[derive(Template)]
#[template(path = "find.html")]
pub struct FindPage {
    /// Frame.
    pub shell: Shell,
    /// What was typed.
    pub q: String,
    /// What was found.
    pub groups: Vec<FoundGroup>,
    /// Said where there is nothing to show.
    pub nothing: String,
}

/// The results alone, for the box on every page.
#[derive(Template)]
#[template(path = "find.html", block = "results")]
pub struct FoundPart {
    /// What was found.
    pub groups: Vec<FoundGroup>,
    /// Said where there is nothing to show.
    pub nothing: String,
}

/// Results of one kind.
#[derive(Clone, Debug)]
pub struct FoundGroup {
    /// "Bookings".
    pub label: &'static str,
    /// The first few.
    pub items: Vec<FoundItem>,
}

/// A result.
#[derive(Clone, Debug, Default)]
pub struct FoundItem {
    /// What it is called.
    pub label: String,
    /// Quiet text after it.
    pub detail: String,
    /// A booking's status.
    pub status: Option<StatusChip>,
    /// Where it leads.
    pub href: String,
}

impl FoundItem {
    /// A result.
    pub fn new(label: impl Into<String>, detail: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), detail: detail.into(), status: None, href: href.into() }
    }
}
