//! What the pages of an import say.

use bookings_core::{Code, Refusal as CoreRefusal, Role};
use bookings_db::selection::{Ended, ImportResult, Progress, Selection, State, What};
use chrono::{DateTime, Utc};

use super::SHOWN;
use crate::auth::{Action, Signed, may};
use crate::csv::{self, Record};
use crate::handlers::bulk::{ASKED_LATER, is_running, next, outcomes, verbs};
use crate::import::{Cells, Columns, MOST};
use crate::present::{self, thousands};
use crate::raw_form::{FILE_BYTES, RawForm};
use crate::views::bookings::BulkButton;
use crate::views::import::{ImportPage, ImportedPage, ImportedRow, RowProblem};
use crate::views::outcomes::{BulkOver, Done};
use crate::views::refusal::{Refusal, Slot, place};
use crate::views::{Field, Hidden, Link, Section};

/// Said where a file is larger than accepted.
pub const TOO_LARGE: &str = "A file may have up to 8 MB. Nothing was changed. Split it, or let whoever runs the server \
     import it by the command line, which takes files of any size.";

/// What a column holds, those that must be there first.
const COLUMNS: [(&str, &str); 12] = [
    (
        "external_reference",
        "What the booking is called where it comes from: the same one is never imported twice. Or reference",
    ),
    ("service", "Its name, or service_id"),
    ("provider", "The name, or provider_id"),
    (
        "start_at",
        "2026-11-23T10:15, on the clocks of zone or else of this page; or an instant such as 2026-11-23T14:15:00Z",
    ),
    ("client_name", "Who comes"),
    ("client_email, client_phone", "How to reach them"),
    ("status", "PENDING, CONFIRMED, CANCELLED, COMPLETED or NO_SHOW; empty for what its service says"),
    ("cancellation_reason", "Of cancelled ones"),
    ("party_size, capacity_consumed", "People and seats; 1 where empty"),
    ("addon_ids", "Ids of add-ons, with spaces between"),
    ("notes_client, notes_internal", "May have several lines, in quotes"),
    ("zone, tenant_id, client_user_id, metadata", "As an export has them; its other columns are read over"),
];

pub fn form_page(signed: &Signed, text: &str, problems: Vec<Refusal>) -> ImportPage {
    let mut page = ImportPage {
        shell: signed.shell("Import bookings", Some(Section::Bookings)),
        summary: None,
        file: Field::text("file", "CSV file"),
        text: Field::textarea("text", "Or its text").value(text),
        limits: format!(
            "Up to {} MB and {} rows, UTF-8, with commas, semicolons or tabs. Nothing is booked before you have seen what \
             would come of each row.",
            FILE_BYTES / 1024 / 1024,
            thousands(MOST as u64)
        ),
        columns: COLUMNS.to_vec(),
    };
    let mut fields = [page.file.slot(), page.text.slot()];
    page.summary = place("The file can\u{2019}t be read", problems, &mut fields);
    page
}

/// What was loaded of an import.
pub struct Kept {
    pub kept: Selection,
    pub progress: Progress,
    pub ended: Ended,
    pub rows: Vec<ImportResult>,
    /// Why some were refused.
    pub codes: Vec<Code>,
}

/// What every page is made with.
pub struct View<'a> {
    pub signed: &'a Signed,
    pub now: DateTime<Utc>,
    pub role: Role,
    /// Whether a slot engine has a say.
    pub engine: bool,
}

impl View<'_> {
    pub fn page(&self, loaded: &Kept, form: &RawForm, refused: Vec<Refusal>) -> ImportedPage {
        let Kept { kept, progress, .. } = loaded;
        let (file, dry) = match &kept.order.what {
            What::Import { file, dry, .. } => (file.as_str(), *dry),
            _ => ("", false),
        };
        let over = kept.state == State::Done;
        let action = format!("/import/{}", kept.id);
        let labels = ["Refused", if dry { "Would be booked" } else { "Booked" }, "There already"];
        let shown = SHOWN as usize;
        let last = loaded.rows.get(shown - 1).filter(|_| loaded.rows.len() > shown);
        let rows = self.rows(loaded, dry);
        let mut page = ImportedPage {
            shell: self.signed.shell(&format!("Import of {file}"), Some(Section::Bookings)),
            outcome: self.outcome(kept, *progress, dry),
            done: (!over).then_some(Done { rows: progress.ended(), of: kept.items }),
            action: action.clone(),
            overrides: None,
            buttons: self.buttons(kept, *progress, dry),
            summary: None,
            outcomes: outcomes(&action, *progress, loaded.ended, labels),
            bulk: self.bulk(kept, *progress, dry),
            refused: (over && progress.refused > 0)
                .then(|| Link::new("Download the refused rows", format!("{action}/refused.csv"))),
            with_cells: rows.iter().any(|row| !row.external.is_empty() || !row.client.is_empty()),
            rows,
            next: last.map(|last| next("Next rows", &action, loaded.ended, last.line)),
        };
        if over && dry {
            let ticked: Vec<String> = match form.has("do") {
                true => form.all("override").map(str::to_owned).collect(),
                false => kept.order.overrides.codes.iter().map(|code| code.as_str().to_owned()).collect(),
            };
            let ticked: Vec<&str> = ticked.iter().map(String::as_str).collect();
            let reason = if form.has("do") { form.get("override_reason") } else { &kept.order.overrides.reason };
            let against: Vec<CoreRefusal> =
                loaded.codes.iter().map(|code| CoreRefusal::of(*code, "override")).collect();
            page.overrides = present::overrides(&against, self.role, &ticked, reason);
            if page.overrides.is_some() {
                page.buttons.push(button("check", "Check again".into(), false));
            }
        }
        let mut fields: Vec<Slot> = page.overrides.iter_mut().map(|overrides| overrides.reason.slot()).collect();
        page.summary = place("Nothing was imported", refused, &mut fields);
        page
    }

    fn outcome(&self, kept: &Selection, progress: Progress, dry: bool) -> String {
        let Progress { changed, same, refused } = progress;
        let already = if same > 0 { format!(", {} there already", thousands(same)) } else { String::new() };
        let left = thousands(kept.items.saturating_sub(progress.ended()));
        let booked = if dry { "would be booked" } else { "booked" };
        let counts = format!("{} {booked}{already}, {} refused", thousands(changed), thousands(refused));
        match kept.state {
            State::Done if dry && self.engine && changed > 0 => {
                format!("{counts}. {ASKED_LATER}. Nothing has been changed yet.")
            }
            State::Done if dry => format!("{counts}. Nothing has been changed yet."),
            State::Done => format!("Done: {counts}."),
            State::Stopped => format!("Stopped: {counts}. {left} are left."),
            State::Running if kept.is_lost(self.now) => format!("Broke off: {counts}. {left} are left."),
            State::Running | State::Ready => format!("Under way: {counts}. {left} are left."),
        }
    }

    fn buttons(&self, kept: &Selection, progress: Progress, dry: bool) -> Vec<BulkButton> {
        let left = thousands(kept.items.saturating_sub(progress.ended()));
        match kept.state {
            State::Running if !kept.is_lost(self.now) => vec![button("stop", "Stop".into(), false)],
            State::Done if dry && progress.changed > 0 => {
                let rows = if progress.changed == 1 { "booking" } else { "bookings" };
                vec![button("run", format!("Import {} {rows}", thousands(progress.changed)), true)]
            }
            State::Done => Vec::new(),
            // A trial remembers nothing of the rows before.
            _ if dry => vec![button("continue", "Check from the beginning".into(), true)],
            _ => vec![button("continue", format!("Continue with {left}"), true)],
        }
    }

    /// What it has made can be corrected together: cancelled, moved, reassigned.
    fn bulk(&self, kept: &Selection, progress: Progress, dry: bool) -> Option<BulkOver> {
        let any = !dry && !is_running(kept) && progress.changed > 0 && may(&self.signed.staff, Action::Bulk);
        let label = match progress.changed {
            1 => "With the booking it made".to_owned(),
            many => format!("With the {} bookings it made", thousands(many)),
        };
        any.then(|| BulkOver { of: vec![Hidden::new("import", kept.id.to_string())], label, verbs: verbs() })
    }

    fn rows(&self, loaded: &Kept, dry: bool) -> Vec<ImportedRow> {
        let What::Import { columns, .. } = &loaded.kept.order.what else { return Vec::new() };
        let Ok(columns) = Columns::of(columns) else { return Vec::new() };
        let outcome = match loaded.ended {
            Ended::Changed if dry => "Would be booked",
            Ended::Changed => "Booked",
            Ended::Same => "There already",
            Ended::Refused => "Refused",
        };
        let shown = loaded.rows.iter().take(SHOWN as usize);
        shown
            .map(|row| {
                let cells = csv::cells(row.record.trim_end_matches(['\r', '\n']), ',');
                let record = Record { line: 0, cells };
                let cells = Cells { columns: &columns, record: &record };
                // Enough to know it by: a cell may hold a megabyte.
                let start = |cell: &str| cell.chars().take(80).collect::<String>();
                ImportedRow {
                    line: row.line.to_string(),
                    external: start(cells.external()),
                    client: start(cells.get("client_name")),
                    reference: row.reference.clone().unwrap_or_default(),
                    outcome,
                    problems: row
                        .problems
                        .iter()
                        .map(|problem| RowProblem {
                            code: problem.code.clone(),
                            field: problem.field.clone(),
                            value: start(cells.get(&problem.field)),
                            sentence: problem.sentence.clone(),
                        })
                        .collect(),
                }
            })
            .collect()
    }
}

fn button(value: &'static str, label: String, primary: bool) -> BulkButton {
    BulkButton { value, label, primary }
}
