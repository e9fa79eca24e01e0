//! `doctor`: a line for every finding.

use bookings_db::connection::Pools;
use bookings_db::doctor::{Examined, Finding, examine};
use bookings_db::{Store, migrate};
use serde_json::json;

use crate::cli::{Failure, must_exist, print};
use crate::settings::Settings;

/// Checks the data and prints a line per finding, then how much was read; with `as_json` each line is an object.
///
/// # Errors
/// Where anything was found, the database is not there or not at this program's schema, and the store's.
pub fn run(settings: &Settings, as_json: bool) -> Result<(), Failure> {
    let store = Store::new(current(settings)?, settings.policy.clone());
    let mut printed = Ok(());
    let examined = examine(&store, &mut |finding| {
        if printed.is_ok() {
            let line = if as_json { object(&finding) } else { finding.to_string() };
            printed = print(&format!("{line}\n"));
        }
    })?;
    printed?;
    print(&if as_json { summary(examined) } else { sentence(examined) })?;
    match examined.findings {
        0 => Ok(()),
        1 => Err(Failure::Refused("1 finding".into())),
        n => Err(Failure::Refused(format!("{n} findings"))),
    }
}

/// The database as it is: what reads must not migrate.
pub(crate) fn current(settings: &Settings) -> Result<Pools, Failure> {
    must_exist(settings)?;
    let pending = migrate::pending(&mut settings.database_url.connect()?)?;
    if !pending.is_empty() {
        return Err(Failure::Refused("migrations are pending: run `bookings-admin migrate` first".into()));
    }
    Ok(Pools::open(&settings.database_url)?)
}

fn object(finding: &Finding) -> String {
    json!({
        "code": finding.kind.as_str(),
        "reference": finding.reference,
        "sentence": finding.sentence,
        "remedy": finding.kind.remedy(),
    })
    .to_string()
}

fn summary(examined: Examined) -> String {
    let Examined { bookings, events, findings } = examined;
    format!("{}\n", json!({ "read": { "bookings": bookings, "events": events }, "findings": findings }))
}

fn sentence(examined: Examined) -> String {
    let found = match examined.findings {
        0 => "nothing is broken".into(),
        1 => "1 finding".into(),
        n => format!("{n} findings"),
    };
    format!("read {} bookings and {} events: {found}\n", examined.bookings, examined.events)
}
