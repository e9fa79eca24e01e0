//! A file kept in the database: read when it comes, its rows run from there, so that a run can stop and go on anywhere.

use bookings_core::{Actor, Refusal, StaffId};
use bookings_db::selection::{
    Ended, FileRow, ImportResult, Problem, Selection, What, open_rows, record_import, selection_of,
};
use bookings_db::{Scope, Store, StoreError};
use chrono::Utc;
use chrono_tz::Tz;
use uuid::Uuid;

use super::{Cells, Columns, Importer, Row, Terms};
use crate::csv::{self, Reader, Record};

/// The most rows of one file.
pub const MOST: usize = 50_000;

/// Rows between two signs of life.
const BATCH: u32 = 50;

/// A file's columns and rows.
///
/// # Errors
/// What is wrong with it as a whole, in a sentence each.
pub fn read(bytes: &[u8]) -> Result<(Vec<String>, Vec<FileRow>), Vec<String>> {
    let alone = |problem: String| vec![format!("{problem}.")];
    let mut reader = Reader::new(bytes);
    let header = reader.next_record().map_err(alone)?.ok_or_else(|| alone("The file is empty".into()))?;
    let columns = Columns::of(&header.cells).map_err(|problems| {
        problems.into_iter().map(|problem| format!("Line {}: {problem}.", header.line)).collect::<Vec<_>>()
    })?;
    let mut rows = Vec::new();
    while let Some(record) = reader.next_record().map_err(alone)? {
        if rows.len() == MOST {
            return Err(alone(format!("It has more than {MOST} rows: split it, or use the `import` command")));
        }
        let holds = Cells { columns: &columns, record: &record }.holds();
        let line = i64::try_from(record.line).unwrap_or(i64::MAX);
        rows.push(FileRow { line, holds, record: written(&record.cells) });
    }
    match rows.is_empty() {
        true => Err(alone("It has no rows below its header".into())),
        false => Ok((header.cells, rows)),
    }
}

/// Cells as one record.
#[must_use]
pub fn written(cells: &[String]) -> String {
    let mut text = String::new();
    csv::write(&mut text, cells.iter().map(String::as_str));
    text
}

/// The record of a row as it is kept: the same cells, whatever separator the file had.
fn record(row: &FileRow) -> Result<Record, StoreError> {
    let broken = |_| StoreError::Internal(format!("line {} of an import can't be read", row.line));
    let cells = csv::cells(row.record.trim_end_matches(['\r', '\n']), ',');
    Ok(Record { line: u64::try_from(row.line).map_err(broken)?, cells })
}

/// Who imports.
#[derive(Debug, Clone)]
pub struct Importing {
    /// The person; the events keep them.
    pub actor: Actor,
    /// Whose data they reach.
    pub scope: Scope,
    /// Whose clocks times are on that name no zone, and sentences.
    pub zone: Tz,
}

/// Carries an import out that the caller has begun, until it is done or stopped; says whether it is done.
///
/// # Errors
/// The store's. What was done until then is kept, and the run can be taken up.
pub fn run_kept(store: &Store, id: Uuid, who: &Importing) -> Result<bool, StoreError> {
    let staff: Option<StaffId> = who.actor.id;
    let found = store.pools.read(|conn| selection_of(conn, id, staff))?;
    let Some((selection, columns)) =
        found.and_then(|selection| columns(&selection).map(|columns| (selection, columns)))
    else {
        return Ok(false);
    };
    let dry_run = selection.order.what.is_trial();
    let terms = Terms {
        actor: &who.actor,
        scope: who.scope,
        zone: who.zone,
        overrides: selection.order.overrides.clone(),
        batch_id: id,
        dry_run,
    };
    let mut importer = Importer::new(store, terms);
    for holds in [false, true] {
        let mut after = 0;
        loop {
            let rows = store.pools.read(|conn| open_rows(conn, id, holds, after, BATCH))?;
            let Some(last) = rows.last() else { break };
            after = last.line;
            let (mut outcomes, mut broken) = (Vec::new(), None);
            for row in rows {
                match one(&mut importer, &columns, row, dry_run, who.zone) {
                    Ok(outcome) => outcomes.push(outcome),
                    Err(error) => {
                        broken = Some(error);
                        break;
                    }
                }
            }
            let goes_on = record_import(&store.pools, id, &outcomes, false, Utc::now())?;
            if let Some(error) = broken {
                return Err(error);
            }
            if !goes_on {
                return Ok(false);
            }
        }
    }
    record_import(&store.pools, id, &[], true, Utc::now())?;
    Ok(true)
}

fn columns(selection: &Selection) -> Option<Columns> {
    match &selection.order.what {
        What::Import { columns, .. } => Columns::of(columns).ok(),
        _ => None,
    }
}

fn one(
    importer: &mut Importer,
    columns: &Columns,
    row: FileRow,
    dry_run: bool,
    zone: Tz,
) -> Result<ImportResult, StoreError> {
    let record = record(&row)?;
    let cells = Cells { columns, record: &record };
    let (ended, booking, problems) = match importer.row(&cells)? {
        Row::Made(booking) => {
            let remark = Importer::remark(&cells, &booking).map(|sentence| Problem {
                code: String::new(),
                field: "status".into(),
                sentence,
            });
            (Ended::Changed, Some(booking).filter(|_| !dry_run), remark.into_iter().collect())
        }
        Row::Already(booking) => (Ended::Same, Some(booking), Vec::new()),
        Row::Refused(refusals) => (Ended::Refused, None, refusals.iter().map(|one| problem(one, zone)).collect()),
    };
    let reference = booking.map(|booking| booking.reference.to_string());
    // A booking's cells are in the booking.
    let record = if reference.is_some() && !dry_run { String::new() } else { row.record };
    Ok(ImportResult { line: row.line, ended, reference, problems, record })
}

fn problem(refusal: &Refusal, zone: Tz) -> Problem {
    Problem {
        code: refusal.code.as_str().into(),
        field: refusal.field.unwrap_or_default().into(),
        sentence: refusal.sentence(zone),
    }
}
