//! `/import`: a file comes in, is tried, and becomes bookings.

use super::bookings::BulkButton;
use super::outcomes::{BulkOver, Done, Outcome};
use super::{Field, Link, OverrideBlock, Shell, Summary};
use askama::Template;

/// Where a file is chosen or pasted.
#[derive(Template)]
#[template(path = "import.html")]
pub struct ImportPage {
    /// Frame.
    pub shell: Shell,
    /// What is wrong with the file.
    pub summary: Option<Summary>,
    /// The file itself.
    pub file: Field,
    /// Or its text.
    pub text: Field,
    /// "Up to 8 MB and 50,000 rows ..."
    pub limits: String,
    /// What each column holds.
    pub columns: Vec<(&'static str, &'static str)>,
}

/// A file that was tried or imported.
#[derive(Template)]
#[template(path = "imported.html")]
pub struct ImportedPage {
    /// Frame.
    pub shell: Shell,
    /// "118 of 120 rows will be booked. Nothing has been changed yet."
    pub outcome: String,
    /// How far it is; none when it is over.
    pub done: Option<Done>,
    /// Where the form posts to.
    pub action: String,
    /// What may be set aside.
    pub overrides: Option<OverrideBlock>,
    /// What can be done next.
    pub buttons: Vec<BulkButton>,
    /// Wrong values.
    pub summary: Option<Summary>,
    /// Rows by how they ended.
    pub outcomes: Vec<Outcome>,
    /// What can be done to all bookings it made.
    pub bulk: Option<BulkOver>,
    /// The rows that were refused, to correct and send again.
    pub refused: Option<Link>,
    /// Some of the rows.
    pub rows: Vec<ImportedRow>,
    /// Whether any of them has cells to show: those of a row that became a booking are not kept.
    pub with_cells: bool,
    /// More of them.
    pub next: Option<Link>,
}

/// One row of the file.
#[derive(Clone, Debug)]
pub struct ImportedRow {
    /// Its line, from 1.
    pub line: String,
    /// What it is called where it comes from.
    pub external: String,
    /// Client's name; may be empty.
    pub client: String,
    /// The booking it became; may be empty.
    pub reference: String,
    /// "Will be booked", "Booked", "Refused".
    pub outcome: &'static str,
    /// Every reason against it, each with its column.
    pub problems: Vec<RowProblem>,
}

/// One reason.
#[derive(Clone, Debug)]
pub struct RowProblem {
    /// The refusal's code; empty for a mere remark.
    pub code: String,
    /// The column; may be empty.
    pub field: String,
    /// What the file has there; may be empty.
    pub value: String,
    /// For a person.
    pub sentence: String,
}
