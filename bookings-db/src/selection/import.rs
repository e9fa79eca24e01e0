//! A file's rows, tried and then made into bookings one by one: chosen, run, stopped and taken up as any selection.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Order;
use super::run::{Ended, Progress, sign_of_life, tally};
use super::select::{ROWS, new_selection};
use super::tables::import_row;
use crate::connection::{Conn, Pools};
use crate::each;
use crate::error::StoreError;
use crate::transaction::{Lock, write};
use crate::types::{Id, Json};
use bookings_core::StaffId;

/// A row as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Its line in the file, from 1.
    pub line: i64,
    /// Whether its booking holds time in the end.
    pub holds: bool,
    /// Its cells, as one record of CSV.
    pub record: String,
}

/// One reason against a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The refusal's code.
    pub code: String,
    /// The column it is about, or empty.
    pub field: String,
    /// For a person.
    pub sentence: String,
}

/// What came of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportResult {
    /// Its line in the file.
    pub line: i64,
    /// Made, there already, refused.
    pub ended: Ended,
    /// The booking it became; `None` after a dry run.
    pub reference: Option<String>,
    /// Why it was refused, or what else there is to say.
    pub problems: Vec<Problem>,
    /// Its cells, where it has not become a booking.
    pub record: String,
}

/// Keeps a file's rows.
///
/// # Errors
/// The database's.
pub fn keep_import(
    pools: &Pools,
    staff: Option<StaffId>,
    order: &Order,
    rows: &[FileRow],
    now: DateTime<Utc>,
) -> Result<Uuid, StoreError> {
    write(pools, &Lock::none(), |conn| {
        let id = new_selection(conn, staff, order, None, rows.len(), now)?;
        for some in rows.chunks(ROWS) {
            let rows: Vec<_> = some
                .iter()
                .map(|row| {
                    (
                        import_row::selection_id.eq(Id(id)),
                        import_row::line.eq(row.line),
                        import_row::holds.eq(row.holds),
                        import_row::record.eq(row.record.as_str()),
                    )
                })
                .collect();
            each!(conn, |c| diesel::insert_into(import_row::table).values(rows).execute(c))?;
        }
        Ok(id)
    })
}

/// Up to `limit` rows without an outcome behind a line.
///
/// # Errors
/// The database's.
pub fn open_rows(conn: &mut Conn, id: Uuid, holds: bool, after: i64, limit: u32) -> Result<Vec<FileRow>, StoreError> {
    let rows: Vec<(i64, bool, String)> = import_row::table
        .filter(import_row::selection_id.eq(Id(id)))
        .filter(import_row::outcome.is_null())
        .filter(import_row::holds.eq(holds))
        .filter(import_row::line.gt(after))
        .order(import_row::line)
        .limit(i64::from(limit))
        .select((import_row::line, import_row::holds, import_row::record))
        .load(conn)?;
    Ok(rows.into_iter().map(|(line, holds, record)| FileRow { line, holds, record }).collect())
}

/// Keeps outcomes with a sign of life; says whether the run goes on. `over` ends it.
///
/// # Errors
/// The database's.
pub fn record_import(
    pools: &Pools,
    id: Uuid,
    outcomes: &[ImportResult],
    over: bool,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    write(pools, &Lock::none(), |conn| {
        for outcome in outcomes {
            let own =
                import_row::table.filter(import_row::selection_id.eq(Id(id))).filter(import_row::line.eq(outcome.line));
            let problems = serde_json::to_value(&outcome.problems).unwrap_or_default();
            let set = (
                import_row::outcome.eq(Some(outcome.ended.as_str())),
                import_row::reference.eq(outcome.reference.as_deref()),
                import_row::problems.eq(Some(Json::from(problems))),
                import_row::record.eq(outcome.record.as_str()),
            );
            diesel::update(own).set(set).execute(conn)?;
        }
        sign_of_life(conn, id, over, now)
    })
}

/// Forgets what a dry run said.
pub(super) fn forget_outcomes(conn: &mut Conn, id: Uuid) -> Result<(), StoreError> {
    let said = import_row::table.filter(import_row::selection_id.eq(Id(id))).filter(import_row::outcome.is_not_null());
    let nothing = (import_row::outcome.eq(None::<String>), import_row::problems.eq(None::<Json>));
    diesel::update(said).set(nothing).execute(conn)?;
    Ok(())
}

/// How far an import is.
///
/// # Errors
/// The database's.
pub fn import_progress(conn: &mut Conn, id: Uuid) -> Result<Progress, StoreError> {
    let counts: Vec<(Option<String>, i64)> = import_row::table
        .filter(import_row::selection_id.eq(Id(id)))
        .group_by(import_row::outcome)
        .select((import_row::outcome, diesel::dsl::count_star()))
        .load(conn)?;
    Ok(tally(&counts))
}

/// Up to `limit` rows that ended one way, behind a line.
///
/// # Errors
/// The database's.
pub fn import_results(
    conn: &mut Conn,
    id: Uuid,
    ended: Ended,
    after: i64,
    limit: u32,
) -> Result<Vec<ImportResult>, StoreError> {
    let rows: Vec<(i64, Option<String>, Option<Json>, String)> = import_row::table
        .filter(import_row::selection_id.eq(Id(id)))
        .filter(import_row::outcome.eq(ended.as_str()))
        .filter(import_row::line.gt(after))
        .order(import_row::line)
        .limit(i64::from(limit))
        .select((import_row::line, import_row::reference, import_row::problems, import_row::record))
        .load(conn)?;
    let read = |problems: Option<Json>| problems.and_then(|json| serde_json::from_value(json.0).ok());
    Ok(rows
        .into_iter()
        .map(|(line, reference, problems, record)| ImportResult {
            line,
            ended,
            reference,
            problems: read(problems).unwrap_or_default(),
            record,
        })
        .collect())
}
