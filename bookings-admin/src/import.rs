//! Bookings from CSV, through the same rules as from a form: every row is made, was there already, or is refused with every
//! reason. A row's external reference makes repeating safe, so that an import that broke off is simply run again.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use bookings_core::{
    Actor, Booking, CancelBooking, Client, Code, Concern, CreateBooking, Decision, Overrides, ProviderId, Refusal,
    Role, ServiceId, Status, VerbOn,
};
use bookings_db::commands::{Deed, Rehearsal};
use bookings_db::search::fold;
use bookings_db::{By, CommandError, Scope, Store, StoreError};
use chrono::Utc;
use chrono_tz::Tz;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use uuid::Uuid;

use crate::cli::Failure;
use crate::csv::{self, Reader, Record};
use crate::export::{COLUMNS, EXTERNAL};
use crate::forms::parse_start;
use crate::settings::Settings;

/// Why a row was cancelled, where the file does not say.
const CANCELLED: &str = "Imported as cancelled";

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
/// goes to `out`.
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
    let codes = args.overrides.iter().map(|text| {
        let code = Code::parse(text).filter(|code| Role::Admin.may_override(*code));
        code.ok_or_else(|| Failure::Usage(format!("--override: {text:?} is no refusal that can be set aside")))
    });
    let overrides =
        Overrides { codes: codes.collect::<Result<_, _>>()?, reason: args.override_reason.trim().to_owned() };
    let actor = Actor { id: None, name: "Import".into(), role: Role::Admin };
    Import { store, zone, actor: &actor, overrides, batch_id, dry_run: args.dry_run }.file(&args.file, out)
}

/// An import under way.
struct Import<'a> {
    store: &'a Store,
    zone: Tz,
    actor: &'a Actor,
    overrides: Overrides,
    batch_id: Uuid,
    dry_run: bool,
}

/// What came of a row.
enum Row {
    Made(Box<Booking>),
    Already(Box<Booking>),
    Refused(Vec<Refusal>),
}

/// A row as it was understood.
struct Wanted {
    command: CreateBooking,
    status: Option<Status>,
    reason: String,
}

impl Import<'_> {
    /// Twice through the file: first what holds no time in the end, since later rows may take the time it once held.
    fn file(&self, path: &Path, out: &mut impl Write) -> Result<Counts, Failure> {
        let mut report = String::new();
        csv::write(&mut report, ["line", EXTERNAL, "outcome", "reference", "code", "field", "message"]);
        out.write_all(report.as_bytes())?;
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} rows, {per_sec}") {
            bar.set_style(style);
        }
        let (mut counts, mut so_far, mut names) = (Counts::default(), Rehearsal::default(), Names::default());
        for over in [true, false] {
            let broken = |problem: String| Failure::Refused(format!("{}: {problem}", path.display()));
            let file = File::open(path).map_err(|error| broken(error.to_string()))?;
            let mut reader = Reader::new(BufReader::new(file));
            let header = reader.next_record().map_err(broken)?.unwrap_or_default();
            let columns = columns(&header).map_err(broken)?;
            while let Some(record) = reader.next_record().map_err(broken)? {
                let cells = Cells { columns: &columns, record: &record };
                let ended = Status::parse(cells.get("status")).is_some_and(|status| !status.is_active());
                if ended != over {
                    continue;
                }
                let row = self.row(&cells, &mut names, &mut so_far)?;
                report.clear();
                self.report(&mut report, &cells, &row);
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

    fn row(&self, cells: &Cells, names: &mut Names, so_far: &mut Rehearsal) -> Result<Row, StoreError> {
        let wanted = match self.read(cells, names)? {
            Ok(wanted) => wanted,
            Err(refusals) => return Ok(Row::Refused(refusals)),
        };
        let done = if self.dry_run { self.rehearse(&wanted, so_far) } else { self.make(&wanted) };
        match done {
            Ok(row) => Ok(row),
            Err(CommandError::Refused(refusals)) => Ok(Row::Refused(refusals.reasons)),
            Err(CommandError::Store(error)) => Err(error),
            Err(CommandError::NotFound) => Err(StoreError::Internal("a booking vanished during its import".into())),
        }
    }

    fn by(&self) -> By<'_> {
        By { batch_id: Some(self.batch_id), ..By::new(self.actor, Utc::now()) }
    }

    fn make(&self, wanted: &Wanted) -> Result<Row, CommandError> {
        let (mut booking, new) = match self.store.create_booking(&wanted.command, &self.by())? {
            Decision::Changed(booking, _) => (booking, true),
            Decision::Unchanged(booking) => (booking, false),
        };
        // A booking somebody has worked on since is theirs; one at its first version may lack its status.
        if booking.version == 1
            && let Some(deed) = self.finish(&booking, wanted)
        {
            booking = Box::new(self.store.carry_out(booking.id, &deed, &self.by())?.booking().clone());
        }
        Ok(if new { Row::Made(booking) } else { Row::Already(booking) })
    }

    fn rehearse(&self, wanted: &Wanted, so_far: &mut Rehearsal) -> Result<Row, CommandError> {
        let (store, by) = (self.store, self.by());
        let mut conn = store.pools.url().connect()?;
        if let Some(first) = store.made_by_key(&mut conn, &wanted.command, &by)? {
            return Ok(Row::Already(Box::new(first?.booking().clone())));
        }
        let mut booking = store.rehearse_create(&mut conn, &wanted.command, &by, so_far)?.booking().clone();
        if let Some(deed) = self.finish(&booking, wanted) {
            booking = store.rehearse(&mut conn, &booking, &deed, &by, so_far)?.booking().clone();
        }
        so_far.keep(&booking);
        Ok(Row::Made(Box::new(booking)))
    }

    /// The verb that gives a new booking the status of its row.
    fn finish(&self, booking: &Booking, wanted: &Wanted) -> Option<Deed> {
        let verb = || VerbOn { version: booking.version, overrides: self.overrides.clone() };
        match (wanted.status?, booking.status) {
            (Status::Confirmed, Status::Pending) => Some(Deed::Confirm(verb())),
            (Status::Completed, _) => Some(Deed::Complete(verb())),
            (Status::NoShow, _) => Some(Deed::NoShow(verb())),
            (Status::Cancelled, _) => Some(Deed::Cancel(CancelBooking {
                version: booking.version,
                reason: wanted.reason.clone(),
                overrides: self.overrides.clone(),
            })),
            _ => None,
        }
    }

    fn report(&self, text: &mut String, cells: &Cells, row: &Row) {
        let line = cells.record.line.to_string();
        let external = cells.external();
        match row {
            Row::Made(booking) => {
                let (outcome, reference) = match self.dry_run {
                    true => ("would_be_made", ""),
                    false => ("made", booking.reference.as_str()),
                };
                let wanted = Status::parse(cells.get("status"));
                let other = wanted.filter(|status| *status != booking.status);
                let message = other.map(|_| format!("It is {}: its service needs no approval.", booking.status));
                csv::write(text, [&line, external, outcome, reference, "", "", &message.unwrap_or_default()]);
            }
            Row::Already(booking) => {
                csv::write(text, [&line, external, "already_there", booking.reference.as_str(), "", "", ""]);
            }
            Row::Refused(refusals) => {
                for refusal in refusals {
                    let (code, field) = (refusal.code.as_str(), refusal.field.unwrap_or_default());
                    let sentence = refusal.sentence(self.zone);
                    csv::write(text, [&line, external, "refused", "", code, field, &sentence]);
                }
            }
        }
    }

    /// What a row asks for, or every reason why it can't be understood.
    fn read(&self, cells: &Cells, names: &mut Names) -> Result<Result<Wanted, Vec<Refusal>>, StoreError> {
        let mut refusals = Vec::new();
        let service_id = names.service(self.store, cells, &mut refusals)?;
        let provider_id = names.provider(self.store, cells, &mut refusals)?;
        let (start, zone) = cells.start(self.zone, &mut refusals);
        let start_at =
            start.and_then(|typed| parse_start(typed, None, zone).map_err(|refusal| refusals.push(*refusal)).ok());
        let invalid = |field, accepted: &str| Refusal::about(Code::Invalid, field, Concern::Accepted(accepted.into()));
        let mut number = |field: &'static str| match cells.get(field) {
            "" => None,
            text => text.parse().map_err(|_| refusals.push(invalid(field, "a whole number, such as 2"))).ok(),
        };
        let (party_size, capacity_consumed) = (number("party_size").unwrap_or(1), number("capacity_consumed"));
        let mut id = |field: &'static str, text: &str| {
            Uuid::try_parse(text).map_err(|_| refusals.push(invalid(field, "an id"))).ok()
        };
        let mut optional = |field: &'static str| match cells.get(field) {
            "" => None,
            text => id(field, text),
        };
        let (tenant_id, user_id) = (optional("tenant_id"), optional("client_user_id"));
        let addon_ids: Vec<_> = cells
            .get("addon_ids")
            .split_whitespace()
            .filter_map(|text| id("addon_ids", text))
            .map(Into::into)
            .collect();
        if addon_ids.is_empty() && !cells.get("addons").is_empty() {
            refusals.push(invalid("addon_ids", "the ids of the add-ons that column addons names"));
        }
        let mut metadata = match cells.get("metadata") {
            "" => Value::Object(serde_json::Map::new()),
            text => serde_json::from_str(text).unwrap_or_else(|_| {
                refusals.push(invalid("metadata", "a JSON object"));
                Value::Null
            }),
        };
        let external = cells.external();
        if external.is_empty() {
            refusals.push(Refusal::of(Code::Required, EXTERNAL));
        }
        if let Value::Object(map) = &mut metadata {
            map.insert(EXTERNAL.into(), external.into());
        }
        let status = match cells.get("status") {
            "" => None,
            text => {
                let status = Status::parse(text);
                if status.is_none() {
                    refusals.push(invalid("status", "PENDING, CONFIRMED, CANCELLED, COMPLETED or NO_SHOW"));
                }
                status
            }
        };
        let (Some(service_id), Some(provider_id), Some(start_at), true) =
            (service_id, provider_id, start_at, refusals.is_empty())
        else {
            return Ok(Err(refusals));
        };
        let client = Client {
            name: cells.get("client_name").into(),
            email: cells.get("client_email").into(),
            phone: cells.get("client_phone").into(),
            user_id: user_id.map(Into::into),
        };
        let command = CreateBooking {
            tenant_id: tenant_id.map(Into::into),
            addon_ids,
            party_size,
            capacity_consumed,
            notes_client: cells.raw("notes_client").into(),
            notes_internal: cells.raw("notes_internal").into(),
            metadata,
            idempotency_key: Some(format!("import:{external}")),
            overrides: self.overrides.clone(),
            ..CreateBooking::new(service_id, provider_id, start_at, client)
        };
        let reason = match cells.get("cancellation_reason") {
            "" => CANCELLED,
            reason => reason,
        };
        Ok(Ok(Wanted { command, status, reason: reason.into() }))
    }
}

/// Where each column of the file is.
fn columns(header: &Record) -> Result<HashMap<String, usize>, String> {
    let mut columns = HashMap::new();
    for (place, name) in header.cells.iter().enumerate() {
        let name = name.trim().to_lowercase();
        if !COLUMNS.contains(&name.as_str()) && name != "cancellation_reason" {
            return Err(format!("column {name:?} is not known; known are {}, cancellation_reason", COLUMNS.join(", ")));
        }
        if columns.insert(name.clone(), place).is_some() {
            return Err(format!("column {name:?} is there twice"));
        }
    }
    Ok(columns)
}

/// A row by the names of its columns.
struct Cells<'a> {
    columns: &'a HashMap<String, usize>,
    record: &'a Record,
}

impl Cells<'_> {
    /// A cell as it is; empty where there is none.
    fn raw(&self, name: &str) -> &str {
        let cell = self.columns.get(name).and_then(|place| self.record.cells.get(*place));
        cell.map_or("", String::as_str)
    }

    /// A cell without spaces around it.
    fn get(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// What the row is called where it comes from.
    fn external(&self) -> &str {
        match self.get(EXTERNAL) {
            "" => self.get("reference"),
            external => external,
        }
    }

    /// The start, and whose clocks it is on where it names no offset.
    fn start(&self, shown: Tz, refusals: &mut Vec<Refusal>) -> (Option<&str>, Tz) {
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

/// Services and providers by the names the file has them under.
#[derive(Default)]
struct Names {
    services: HashMap<String, Option<ServiceId>>,
    providers: HashMap<String, Option<ProviderId>>,
}

/// Choices that are looked through for one name.
const CANDIDATES: u32 = 200;

macro_rules! by_name {
    ($name:ident, $id:ident, $known:ident, $id_field:literal, $field:literal, $unknown:expr) => {
        /// By id, else by its whole name where only one has it.
        fn $name(
            &mut self,
            store: &Store,
            cells: &Cells,
            refusals: &mut Vec<Refusal>,
        ) -> Result<Option<$id>, StoreError> {
            let found = match (cells.get($id_field), cells.get($field)) {
                ("", "") => {
                    refusals.push(Refusal::of(Code::Required, $id_field));
                    return Ok(None);
                }
                ("", name) => match self.$known.get(name) {
                    Some(known) => *known,
                    None => {
                        let all =
                            store.pools.read(|conn| store.catalogue.$known(conn, Scope::All, name, CANDIDATES))?;
                        let mut same = all.iter().filter(|choice| fold(&choice.name) == fold(name));
                        let only = same.next().filter(|_| same.next().is_none()).map(|choice| choice.id);
                        self.$known.insert(name.to_owned(), only);
                        only
                    }
                },
                (id, _) => Uuid::try_parse(id).ok().map(Into::into),
            };
            if found.is_none() {
                refusals.push(Refusal::of($unknown, $id_field));
            }
            Ok(found)
        }
    };
}

impl Names {
    by_name!(service, ServiceId, services, "service_id", "service", Code::UnknownService);
    by_name!(provider, ProviderId, providers, "provider_id", "provider", Code::UnknownProvider);
}
