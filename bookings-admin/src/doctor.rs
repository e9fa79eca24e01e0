//! `doctor`: a line for every finding.

use bookings_core::StaffId;
use bookings_db::connection::Pools;
use bookings_db::doctor::{Examined, Finding, Kind, examine};
use bookings_db::staff::sealed_secrets;
use bookings_db::{Scope, Store, migrate, views};
use serde_json::json;
use uuid::Uuid;

use crate::auth::seal::Sealer;
use crate::cli::{Failure, must_exist, print};
use crate::raw_form::RawForm;
use crate::settings::Settings;
use crate::{forms, secret};

/// Checks the data and prints a line per finding, then how much was read; with `as_json` each line is an object.
///
/// # Errors
/// Where anything was found, the database is not there or not at this program's schema, and the store's.
pub fn run(settings: &Settings, as_json: bool) -> Result<(), Failure> {
    let store = Store::new(current(settings)?, settings.policy.clone());
    let mut printed = Ok(());
    let mut tell = |finding: Finding| {
        if printed.is_ok() {
            let line = if as_json { object(&finding) } else { finding.to_string() };
            printed = print(&format!("{line}\n"));
        }
    };
    let mut examined = examine(&store, &mut tell)?;
    let sealer = secret::there(settings)?.map(|secrets| Sealer::new(&secrets));
    for finding in beside(&store, settings, sealer.as_ref())? {
        examined.findings += 1;
        tell(finding);
    }
    printed?;
    print(&if as_json { summary(examined) } else { sentence(examined) })?;
    match examined.findings {
        0 => Ok(()),
        1 => Err(Failure::Refused("1 finding".into())),
        n => Err(Failure::Refused(format!("{n} findings"))),
    }
}

/// What only this program can judge: views that its list can't open, and secrets that its keys don't open.
fn beside(store: &Store, settings: &Settings, sealer: Option<&Sealer>) -> Result<Vec<Finding>, Failure> {
    const PAGE: u32 = 500;
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let views = store.pools.read(|conn| views::every(conn, after, PAGE))?;
        let Some(last) = views.last() else { break };
        after = Some(last.id);
        for view in &views {
            let read = RawForm::parse(view.query.as_bytes()).ok();
            let read = read.and_then(|form| forms::list::query(&form, settings.time_zone, Scope::All).ok());
            if read.is_none() {
                let sentence = format!("no list can open saved view {} with {:?}", view.id, view.query);
                found.push(Finding { kind: Kind::SavedView, reference: None, sentence });
            }
        }
    }
    let mut after = StaffId(Uuid::nil());
    while let Some(sealer) = sealer {
        let sealed = store.pools.read(|conn| sealed_secrets(conn, after, PAGE))?;
        let Some((last, _)) = sealed.last() else { break };
        after = *last;
        for (id, sealed) in &sealed {
            if sealer.open(id.0.as_bytes(), sealed).is_none() {
                let sentence = format!("none of the secret keys opens the second factor of account {id}");
                found.push(Finding { kind: Kind::SecondFactor, reference: None, sentence });
            }
        }
    }
    Ok(found)
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
