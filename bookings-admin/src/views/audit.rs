//! What people did to the installation.

use super::refusal::{Refusal, Slot, place};
use super::{Field, Pager, SelectField, Shell, Summary};
use askama::Template;

/// `GET /audit`.
#[derive(Template)]
#[template(path = "audit.html")]
pub struct AuditPage {
    /// Frame.
    pub shell: Shell,
    /// Wrong values in the query.
    pub summary: Option<Summary>,
    /// Who, from, to.
    pub fields: Vec<Field>,
    /// What.
    pub kind: SelectField,
    /// Newest first.
    pub rows: Vec<AuditRow>,
    /// Paging.
    pub pager: Pager,
    /// The same as a file.
    pub csv: String,
}

/// One entry.
#[derive(Clone, Debug, Default)]
pub struct AuditRow {
    /// The kind's name.
    pub kind: String,
    /// "Mon 23 Nov 2026, 10:15".
    pub when: String,
    /// RFC 3339.
    pub iso: String,
    /// Whose name it was.
    pub who: String,
    /// "Signed in".
    pub what: String,
    /// What it was done to.
    pub subject: String,
    /// "role: staff -> admin".
    pub more: String,
    /// The network address.
    pub address: String,
}

impl AuditPage {
    /// With what is wrong in the query.
    pub fn refuse(mut self, refusals: Vec<Refusal>) -> Self {
        let mut fields: Vec<Slot> = self.fields.iter_mut().map(Field::slot).collect();
        fields.push(self.kind.slot());
        self.summary = place("Not understood", refusals, &mut fields);
        self
    }
}
