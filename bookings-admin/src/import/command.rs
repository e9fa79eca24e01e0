//! The `import` command: a file in, a report out.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::PathBuf;

use bookings_core::{Actor, Code, Overrides, Role};
use bookings_db::audit::{self, AuditKind, Entry};
use bookings_db::{Scope, Store};
use chrono::Utc;
use chrono_tz::Tz;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use uuid::Uuid;

use super::{Cells, Columns, Importer, Row, Terms};
use crate::cli::Failure;
use crate::csv::{self, Reader};
use crate::export::EXTERNAL;
use crate::settings::Settings;

/// What is read, and how.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// A file with the columns of an export
    pub file: PathBuf,
    /// Only say what would happen
    #[arg(long)]
    pub dry_run: bool,
    /// A refusal to set aside, such as start_in_past; may be repeated
    #[arg(long = "override", value_name = "CODE")]
    pub overrides: Vec<String>,
    /// Why it is set aside, for the history
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub override_reason: String,
}

/// How many rows ended which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Made now, or would be.
    pub made: u64,
    /// Made by an earlier run.
    pub already: u64,
    /// Refused.
    pub refused: u64,
}

/// Reads the file and writes the report, a CSV of its own, to standard output.
///
/// # Errors
/// Usage; a file that can't be read; [`Failure::Refused`] where any row was refused; the store's.
pub fn run(store: &Store, settings: &Settings, args: &ImportArgs) -> Result<(), Failure> {
    let batch_id = Uuid::new_v4();
    let Counts { made, already, refused } = import(store, settings.time_zone, args, batch_id, &mut std::io::stdout())?;
    let (would, batch) = match args.dry_run {
        true => ("would be made", String::new()),
        false => ("made", format!(" (batch {batch_id})")),
    };
    let line = format!("{made} {would}{batch}, {already} there already, {refused} refused");
    if refused > 0 {
        return Err(Failure::Refused(line));
    }
    Ok(writeln!(std::io::stderr(), "{line}")?)
}

/// Reads the file, wall-clock times on the clocks of `zone`; every event carries `batch_id`. A line or more for each row
/// goes to `out`. Twice through the file: first what holds no time in the end, since later rows may take the time it once
/// held.
///
/// # Errors
/// As [`run`], but refused rows are only counted.
pub fn import(
    store: &Store,
    zone: Tz,
    args: &ImportArgs,
    batch_id: Uuid,
    out: &mut impl Write,
) -> Result<Counts, Failure> {
    let actor = Actor { id: None, name: "Import".into(), role: Role::Admin };
    let terms =
        Terms { actor: &actor, scope: Scope::All, zone, overrides: overrides(args)?, batch_id, dry_run: args.dry_run };
    let mut importer = Importer::new(store, terms);
    let mut report = String::new();
    csv::write(&mut report, ["line", EXTERNAL, "outcome", "reference", "code", "field", "message"]);
    out.write_all(report.as_bytes())?;
    let bar = progress();
    let mut counts = Counts::default();
    let broken = |problem: String| Failure::Refused(format!("{}: {problem}", args.file.display()));
    for holds in [false, true] {
        let file = File::open(&args.file).map_err(|error| broken(error.to_string()))?;
        let mut reader = Reader::new(BufReader::new(file));
        let Some(header) = reader.next_record().map_err(broken)? else { break };
        let columns = Columns::of(&header.cells).map_err(|problems| broken(problems.join("; ")))?;
        if !holds && !args.dry_run {
            keep(store, args, batch_id)?;
        }
        while let Some(record) = reader.next_record().map_err(broken)? {
            let cells = Cells { columns: &columns, record: &record };
            if cells.holds() != holds {
                continue;
            }
            let row = importer.row(&cells)?;
            report.clear();
            tell(&mut report, &cells, &row, args.dry_run, zone);
            out.write_all(report.as_bytes())?;
            match row {
                Row::Made(_) => counts.made += 1,
                Row::Already(_) => counts.already += 1,
                Row::Refused(_) => counts.refused += 1,
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    out.flush()?;
    Ok(counts)
}

/// The audit keeps that data was brought in.
fn keep(store: &Store, args: &ImportArgs, batch_id: Uuid) -> Result<(), Failure> {
    let (by, subject) = (Actor::program("command line"), format!("import {batch_id}"));
    let file = args.file.file_name().unwrap_or_default().to_string_lossy();
    let entry = Entry::new(AuditKind::Imported, &by, None, &subject);
    Ok(audit::record(&store.pools, &entry, &json!({ "file": file }), Utc::now())?)
}

fn overrides(args: &ImportArgs) -> Result<Overrides, Failure> {
    let codes = args.overrides.iter().map(|text| {
        let code = Code::parse(text).filter(|code| Role::Admin.may_override(*code));
        code.ok_or_else(|| Failure::Usage(format!("--override: {text:?} is no refusal that can be set aside")))
    });
    Ok(Overrides { codes: codes.collect::<Result<_, _>>()?, reason: args.override_reason.trim().to_owned() })
}

/// A row's lines of the report.
fn tell(report: &mut String, cells: &Cells, row: &Row, dry_run: bool, zone: Tz) {
    let line = cells.record.line.to_string();
    let external = cells.external();
    match row {
        Row::Made(booking) => {
            let (outcome, reference) = match dry_run {
                true => ("would_be_made", ""),
                false => ("made", booking.reference.as_str()),
            };
            let message = Importer::remark(cells, booking).unwrap_or_default();
            csv::write(report, [&line, external, outcome, reference, "", "", &message]);
        }
        Row::Already(booking) => {
            csv::write(report, [&line, external, "already_there", booking.reference.as_str(), "", "", ""]);
        }
        Row::Refused(refusals) => {
            for refusal in refusals {
                let (code, field) = (refusal.code.as_str(), refusal.field.unwrap_or_default());
                csv::write(report, [&line, external, "refused", "", code, field, &refusal.sentence(zone)]);
            }
        }
    }
}

fn progress() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} rows, {per_sec}") {
        bar.set_style(style);
    }
    bar
}
