//! Lists and forms of everything else: services, add-ons, providers, tenants, staff, clients.

use super::bookings::EmptyState;
use super::refusal::{FieldErrors, Refusal, Slot, place};
use super::{Choice, Field, Hidden, Link, Pager, SelectField, Shell, Summary};
use askama::Template;

/// A plain list of records.
#[derive(Template)]
#[template(path = "records/list.html")]
pub struct RecordListPage {
    /// Frame; its title is the heading.
    pub shell: Shell,
    /// "New service", where the role may.
    pub new: Option<Link>,
    /// Search text, sent as `q`; none hides the search.
    pub q: Option<Field>,
    /// Column heads; the first column names the record.
    pub columns: Vec<&'static str>,
    /// The records.
    pub rows: Vec<RecordRow>,
    /// Paging.
    pub pager: Pager,
    /// Shown instead when there are no rows.
    pub empty: Option<EmptyState>,
    /// Wrong values in the query.
    pub summary: Option<Summary>,
}

/// One record.
#[derive(Clone, Debug, Default)]
pub struct RecordRow {
    /// Name, in the first column.
    pub name: String,
    /// Its page.
    pub href: String,
    /// The other columns.
    pub cells: Vec<String>,
    /// Whether it is out of use, said in words beside the name.
    pub inactive: bool,
}

/// One control of a record's form.
#[derive(Clone, Debug)]
pub enum Control {
    /// Input or text area.
    Field(Field),
    /// Select.
    Select(SelectField),
    /// One box to tick, with a line of help.
    Check {
        /// Name and id; sent as `on`.
        name: String,
        /// The box: `value`, `label`, `selected`; `detail` is the help.
        choice: Choice,
    },
    /// Several boxes under one name.
    Checks {
        /// Name of each box.
        name: String,
        /// Legend of the group.
        label: String,
        /// A short line of help; may be empty.
        hint: String,
        /// Searches among more boxes than are shown; its button sends the form with `find={name}`.
        find: Option<Field>,
        /// The boxes.
        choices: Vec<Choice>,
        /// Refusals of the group.
        errors: FieldErrors,
    },
    /// A heading before a group of controls.
    Heading(String),
}

/// The form of a new or an existing record.
#[derive(Template)]
#[template(path = "records/form.html")]
pub struct RecordFormPage {
    /// Frame; its title is the heading.
    pub shell: Shell,
    /// Where it posts to.
    pub action: String,
    /// Where "Cancel" leads.
    pub back: Link,
    /// Refusals.
    pub summary: Option<Summary>,
    /// Version, ids and the like.
    pub hidden: Vec<Hidden>,
    /// The controls in order.
    pub controls: Vec<Control>,
    /// Words on the button.
    pub submit: &'static str,
}

impl RecordFormPage {
    /// Shows the form again as typed, with refusals.
    pub fn refuse(mut self, refusals: Vec<Refusal>) -> Self {
        let mut fields: Vec<Slot> = Vec::new();
        for control in &mut self.controls {
            match control {
                Control::Field(field) => fields.push(field.slot()),
                Control::Select(field) => fields.push(field.slot()),
                Control::Checks { name, label, errors, .. } => fields.push(Slot { name, label, errors }),
                Control::Check { .. } | Control::Heading(_) => {}
            }
        }
        self.summary = place("Not saved", refusals, &mut fields);
        self
    }
}
