//! The command line: what is asked for, and the exit code it comes to.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use bookings_core::{Role, TenantId};
use bookings_db::Store;
use bookings_db::catalogue::tables;
use bookings_db::connection::Pools;
use bookings_db::error::StoreError;
use bookings_db::migrate;
use bookings_db::staff::{self, NewStaff, StaffError};
use chrono::{NaiveDate, Utc};
use clap::{Args, Parser, Subcommand};

use crate::auth::password;
use crate::auth::unfit::unfit;
use crate::error::PageError;
use crate::export::ExportArgs;
use crate::import::ImportArgs;
use crate::serve::serve;
use crate::settings::{RawSettings, Settings};
use crate::slots::HttpSlotEngine;

/// A back office for appointment bookings, on SQLite or PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "bookings-admin", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Fill an empty database with demo data first, and print the sign-in (as with serve)
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    settings: RawSettings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Migrate the database and serve the pages (also without any command)
    Serve {
        /// Fill an empty database with demo data first, and print the sign-in
        #[arg(long)]
        demo: bool,
    },
    /// Run pending migrations
    Migrate {
        /// Only tell; exit code 1 if any are pending
        #[arg(long)]
        check: bool,
    },
    /// Staff accounts without the browser
    Staff {
        #[command(subcommand)]
        command: StaffCommand,
    },
    /// Fill the database with believable data
    Demo(DemoArgs),
    /// Write bookings as CSV to standard output
    Export(ExportArgs),
    /// Make bookings of a CSV file, through the same rules as the pages; reports every row on standard output
    Import(ImportArgs),
    /// Check every invariant of the data; exit code 1 and a line per finding
    Doctor {
        /// An object per line, for programs
        #[arg(long)]
        json: bool,
    },
    /// Copy a SQLite database in use; on PostgreSQL, print the command that does
    Backup {
        /// Where to; must not be there yet
        file: PathBuf,
    },
    /// What happened to a booking, or what it was at a moment
    History {
        /// Reference of the booking
        reference: String,
        /// The moment: RFC 3339, or a time such as 2026-11-23T10:15 on the clocks of the zone
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum StaffCommand {
    /// Make an account
    Add {
        /// Name to sign in with
        name: String,
        /// viewer, staff, admin or owner
        #[arg(long)]
        role: String,
        /// Slug of the tenant whose data they reach; without, all
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// List the accounts: name, role, active or disabled, tenant
    List,
    /// Disable an account and end its sessions
    Disable {
        /// Name of the account
        name: String,
    },
    /// Set a password and end the account's sessions
    Password {
        /// Name of the account
        name: String,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Take the second factor of somebody away who lost it, and end their sessions
    ResetSecondFactor {
        /// Name of the account
        name: String,
    },
}

/// How much demo data, and which.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// How many bookings
    #[arg(long, default_value_t = 4_000, value_name = "N")]
    pub bookings: u64,
    /// How many providers
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=100_000), value_name = "N")]
    pub providers: u32,
    /// How many services
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "N")]
    pub services: u32,
    /// Same seed, same data
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// First day of the bookings [default: so that today is in the middle]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub from: Option<NaiveDate>,
    /// Over how many days they are spread
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=36_500), value_name = "N")]
    pub days: u32,
}

impl Default for DemoArgs {
    /// What `serve --demo` fills in.
    fn default() -> Self {
        DemoArgs { bookings: 4_000, providers: 12, services: 8, seed: 1, from: None, days: 60 }
    }
}

/// Why a command ended without doing what was asked: one line for standard error, and the exit code.
#[derive(Debug)]
pub enum Failure {
    /// Exit code 1: a finding or refusal.
    Refused(String),
    /// Exit code 2: usage or settings.
    Usage(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Refused(error.to_string())
    }
}

impl From<StaffError> for Failure {
    fn from(error: StaffError) -> Failure {
        Failure::Refused(error.to_string())
    }
}

impl From<PageError> for Failure {
    fn from(error: PageError) -> Failure {
        Failure::Refused(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::Refused(error.to_string())
    }
}

/// Runs the program with these arguments, the first being its own name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let outcome = match Cli::try_parse_from(arguments) {
        Ok(cli) => checked(&cli),
        Err(error) if error.use_stderr() => Err(Failure::Usage(in_one_line(&error))),
        Err(help) => help.print().or_else(unless_gone),
    };
    let (line, code) = match outcome {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Refused(line)) => (line, 1),
        Err(Failure::Usage(line)) => (line, 2),
    };
    // Without standard error there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "bookings-admin: {line}");
    ExitCode::from(code)
}

/// Writes to standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).or_else(unless_gone)
}

/// A reader that has seen enough (`| head`) is no failure.
fn unless_gone(error: std::io::Error) -> Result<(), Failure> {
    if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error.into()) }
}

/// The parser's complaint without its paragraphs of advice.
fn in_one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let complaint = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
    let complaint = complaint.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{complaint} (see --help)")
}

fn checked(cli: &Cli) -> Result<(), Failure> {
    let settings = cli.settings.check().map_err(|error| Failure::Usage(error.to_string()))?;
    match &cli.command {
        None => serve(settings, cli.demo),
        Some(Command::Serve { demo }) => serve(settings, cli.demo || *demo),
        Some(_) if cli.demo => Err(Failure::Usage("--demo goes with serve (see --help)".into())),
        Some(Command::Migrate { check }) => run_migrations(&settings, *check),
        Some(Command::Staff { command }) => manage_staff(&settings, command),
        Some(Command::Export(args)) => crate::export::run(&store(&settings)?, &settings, args),
        Some(Command::Import(args)) => crate::import::run(&store(&settings)?, &settings, args),
        Some(Command::Demo(demo)) => crate::demo::run(&migrated(&settings)?, &settings, demo),
        Some(Command::Doctor { json }) => crate::doctor::run(&settings, *json),
        Some(Command::Backup { file }) => crate::backup::run(&settings, file),
        Some(Command::History { reference, at }) => crate::history::run(&settings, reference, at.as_deref()),
    }
}

/// The database, up to date.
pub(crate) fn migrated(settings: &Settings) -> Result<Pools, Failure> {
    migrate::migrate(&mut settings.database_url.connect()?)?;
    Ok(Pools::open(&settings.database_url)?)
}

/// The database, up to date; one that is not there is not made.
fn existing(settings: &Settings) -> Result<Pools, Failure> {
    must_exist(settings)?;
    migrated(settings)
}

/// The store of a database that is there, with the slot engine of the settings.
fn store(settings: &Settings) -> Result<Store, Failure> {
    let mut store = Store::new(existing(settings)?, settings.policy.clone());
    if let Some(url) = &settings.slots_url {
        store.slots = Some(Arc::new(HttpSlotEngine::new(url)));
    }
    Ok(store)
}

pub(crate) fn must_exist(settings: &Settings) -> Result<(), Failure> {
    match settings.sqlite_is_missing() {
        true => Err(Failure::Refused(format!("there is no database {} yet", settings.database_url))),
        false => Ok(()),
    }
}

fn run_migrations(settings: &Settings, check: bool) -> Result<(), Failure> {
    if !check {
        let done = migrate::migrate(&mut settings.database_url.connect()?)?;
        return print(&listed(&done, "migrated", "nothing to migrate"));
    }
    must_exist(settings)?;
    let pending = migrate::pending(&mut settings.database_url.connect()?)?;
    print(&listed(&pending, "pending", "no migration is pending"))?;
    match pending.len() {
        0 => Ok(()),
        1 => Err(Failure::Refused("1 migration is pending".into())),
        n => Err(Failure::Refused(format!("{n} migrations are pending"))),
    }
}

fn listed(names: &[String], verb: &str, none: &str) -> String {
    match names {
        [] => format!("{none}\n"),
        names => names.iter().map(|name| format!("{verb} {name}\n")).collect(),
    }
}

fn manage_staff(settings: &Settings, command: &StaffCommand) -> Result<(), Failure> {
    match command {
        StaffCommand::Add { name, role, tenant, .. } => {
            let role = Role::parse(role).ok_or_else(|| {
                Failure::Usage(format!("--role: {role:?} is wrong; accepted: viewer, staff, admin or owner"))
            })?;
            let hash = password::hash(&password_from_stdin(settings, name)?)?;
            let pools = migrated(settings)?;
            let tenant_id = tenant.as_deref().map(|slug| tenant_id(&pools, slug)).transpose()?;
            let new = NewStaff { name, role, tenant_id, password_hash: &hash };
            let made = staff::add_staff(&pools, new, Utc::now())?;
            print(&format!("added {} as {}\n", made.name, made.role.as_str()))
        }
        StaffCommand::List => {
            let accounts = staff::list_staff(&existing(settings)?)?;
            print(&accounts.iter().map(line).collect::<String>())
        }
        StaffCommand::Disable { name } => {
            let pools = existing(settings)?;
            let found = account(&pools, name)?;
            staff::set_staff_active(&pools, found.id, false, Utc::now())?;
            print(&format!("disabled {}\n", found.name))
        }
        StaffCommand::Password { name, .. } => {
            let hash = password::hash(&password_from_stdin(settings, name)?)?;
            let pools = existing(settings)?;
            let found = account(&pools, name)?;
            staff::set_password(&pools, found.id, &hash, Utc::now())?;
            print(&format!("set the password of {}\n", found.name))
        }
        StaffCommand::ResetSecondFactor { name } => {
            let pools = existing(settings)?;
            let found = account(&pools, name)?;
            staff::reset_second_factor(&pools, found.id, Utc::now())?;
            print(&format!("reset the second factor of {}\n", found.name))
        }
    }
}

fn line(staff: &staff::Staff) -> String {
    let state = if staff.active { "active" } else { "disabled" };
    let tenant = staff.tenant_id.map(|id| format!("\t{id}")).unwrap_or_default();
    format!("{}\t{}\t{state}{tenant}\n", staff.name, staff.role.as_str())
}

fn account(pools: &Pools, name: &str) -> Result<staff::Staff, Failure> {
    staff::staff_by_name(pools, name)?.ok_or_else(|| Failure::Refused(format!("there is no account named {name:?}")))
}

fn tenant_id(pools: &Pools, slug: &str) -> Result<TenantId, Failure> {
    let found = pools.read(|conn| tables::tenant_by_slug(conn, slug))?;
    let tenant = found.ok_or_else(|| Failure::Refused(format!("there is no tenant {slug:?}")))?;
    Ok(tenant.id.into())
}

/// A password for the account of that name: standard input up to its end, without the last line break.
fn password_from_stdin(settings: &Settings, name: &str) -> Result<String, Failure> {
    let mut typed = Vec::new();
    std::io::stdin().lock().take(password::MOST_BYTES as u64 + 3).read_to_end(&mut typed)?;
    let typed = String::from_utf8(typed).map_err(|_| Failure::Usage("the password is not UTF-8 text".into()))?;
    let typed = typed.strip_suffix('\n').map_or(typed.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    match unfit(typed, name, settings.public_origin.as_deref()) {
        None => Ok(typed.to_owned()),
        Some(sentence) => Err(Failure::Refused(sentence)),
    }
}
