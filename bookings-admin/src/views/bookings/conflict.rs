//! 409: someone else changed the booking, or the record, first.

use crate::views::{Hidden, Link, Shell};
use askama::Template;

/// Both versions, field by field, and a form that puts mine on top of theirs.
#[derive(Template)]
#[template(path = "bookings/conflict.html")]
pub struct ConflictPage {
    /// Frame.
    pub shell: Shell,
    /// The list it belongs to.
    pub list: Link,
    /// The booking or record as it is now.
    pub record: Link,
    /// "Ana changed it 2 minutes ago: Rescheduled".
    pub who: String,
    /// Fields that differ.
    pub rows: Vec<ConflictRow>,
    /// Where mine is sent again.
    pub action: String,
    /// The version to state now: theirs.
    pub version: String,
    /// Everything of my form but token and version.
    pub fields: Vec<Hidden>,
    /// Words on the button: "Apply mine on top", "Cancel it anyway"; empty when it can't be applied any more.
    pub apply: String,
}

/// One field in three versions.
#[derive(Clone, Debug, Default)]
pub struct ConflictRow {
    /// "Phone".
    pub label: String,
    /// When I opened the form.
    pub before: String,
    /// As it is now.
    pub theirs: String,
    /// What I typed.
    pub mine: String,
}

impl ConflictRow {
    /// Whether both of us changed it, differently.
    pub fn clashes(&self) -> bool {
        self.theirs != self.before && self.mine != self.before && self.mine != self.theirs
    }

    /// Whether they changed it.
    pub fn theirs_changed(&self) -> bool {
        self.theirs != self.before
    }

    /// Whether I changed it.
    pub fn mine_changed(&self) -> bool {
        self.mine != self.before
    }
}
