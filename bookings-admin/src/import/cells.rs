//! A file's columns, and a row by their names.

use std::collections::HashMap;

use bookings_core::{Code, Concern, Refusal, Status};
use chrono_tz::Tz;

use crate::csv::Record;
use crate::export::{COLUMNS, EXTERNAL};

/// Beside those of an export.
pub const REASON: &str = "cancellation_reason";

/// Problems that are told of one header: a file that is no CSV would have one a cell.
const TOLD: usize = 10;

/// Where each column of the file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(HashMap<String, usize>);

impl Columns {
    /// By the file's first record.
    ///
    /// # Errors
    /// Columns that are not known, there twice or missing, in a sentence each; of many the first and how many more.
    pub fn of(header: &[String]) -> Result<Columns, Vec<String>> {
        let (mut columns, mut problems) = (HashMap::new(), Vec::new());
        let mut more = 0;
        for (place, name) in header.iter().enumerate() {
            let name = name.trim().to_lowercase();
            let problem = if !COLUMNS.contains(&name.as_str()) && name != REASON {
                format!("column {:?} is not known", shortened(&name))
            } else if columns.insert(name.clone(), place).is_some() {
                format!("column {name:?} is there twice")
            } else {
                continue;
            };
            if problems.len() < TOLD {
                problems.push(problem);
            } else {
                more += 1;
            }
        }
        if more > 0 {
            problems.push(format!("{more} more columns are not known or there twice"));
        }
        let needed: [&[&str]; 5] = [
            &["service_id", "service"],
            &["provider_id", "provider"],
            &["start_at", "start_local"],
            &["client_name"],
            &[EXTERNAL, "reference"],
        ];
        let missing = needed.iter().filter(|any| !any.iter().any(|name| columns.contains_key(*name)));
        problems.extend(missing.map(|any| format!("column {} is missing", any.join(" or "))));
        if problems.is_empty() { Ok(Columns(columns)) } else { Err(problems) }
    }
}

/// As much of a name as a sentence holds.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(60) {
        Some((end, _)) => format!("{}\u{2026}", &name[..end]),
        None => name.to_owned(),
    }
}

/// A row by the names of its columns.
pub struct Cells<'a> {
    /// Where each is.
    pub columns: &'a Columns,
    /// The row itself.
    pub record: &'a Record,
}

impl Cells<'_> {
    /// A cell as it is; empty where there is none.
    pub fn raw(&self, name: &str) -> &str {
        let cell = self.columns.0.get(name).and_then(|place| self.record.cells.get(*place));
        cell.map_or("", String::as_str)
    }

    /// A cell without spaces around it.
    pub fn get(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// What the row is called where it comes from.
    pub fn external(&self) -> &str {
        match self.get(EXTERNAL) {
            "" => self.get("reference"),
            external => external,
        }
    }

    /// Whether its booking holds time in the end: such rows come after the others, which may once have held it.
    pub fn holds(&self) -> bool {
        Status::parse(self.get("status")).is_none_or(Status::is_active)
    }

    /// Whether it has more cells than the file has columns.
    pub fn overflows(&self) -> bool {
        self.record.cells.iter().skip(self.columns.0.len()).any(|cell| !cell.is_empty())
    }

    /// The start, and whose clocks it is on where it names no offset.
    pub fn start(&self, shown: Tz, refusals: &mut Vec<Refusal>) -> (Option<&str>, Tz) {
        let zone = match self.get("zone") {
            "" => shown,
            name => name.parse().unwrap_or_else(|_| {
                let accepted = Concern::Accepted("an IANA zone, such as Europe/London".into());
                refusals.push(Refusal::about(Code::Invalid, "zone", accepted));
                shown
            }),
        };
        let typed = [self.get("start_at"), self.get("start_local")].into_iter().find(|text| !text.is_empty());
        if typed.is_none() {
            refusals.push(Refusal::of(Code::Required, "start_at"));
        }
        (typed, zone)
    }
}
