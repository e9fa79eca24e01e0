//! Demo data: a believable business, the same for the same seed, through the real rules and the real schema.

mod business;
mod days;
mod dice;
mod people;

use bookings_core::{Actor, Role};
use bookings_db::Store;
use bookings_db::bulk::Decided;
use bookings_db::connection::Pools;
use chrono::{DateTime, Days, NaiveDate, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::{DemoArgs, Failure};
use crate::settings::Settings;
use business::Business;
use days::Planner;
use dice::Dice;

/// Bookings written in one transaction.
const CHUNK: usize = 5_000;

/// Fills the database.
///
/// # Errors
/// With tenancy on, which demo data does not have; the store's.
pub fn run(pools: &Pools, settings: &Settings, args: &DemoArgs) -> Result<(), Failure> {
    if settings.policy.tenancy {
        return Err(Failure::Usage("demo data has no tenants: BOOKINGS_TENANCY must be off for it".into()));
    }
    let now = Utc::now();
    let store = Store::new(pools.clone(), settings.policy.clone());
    let mut dice = Dice::new(args.seed);
    let business = Business::open(&store, settings, args, &mut dice, now)?;
    let first_day = args.from.unwrap_or_else(|| middle(now, settings, args.days));
    let actor = Actor { id: None, name: "Demo".into(), role: Role::Owner };
    let mut planner = Planner::new(&business, settings, &actor, now, first_day, args);
    let bar = progress(args.bookings);
    let mut chunk: Vec<Decided> = Vec::with_capacity(CHUNK);
    let mut written = 0;
    while written + (chunk.len() as u64) < args.bookings {
        let Some(planned) = planner.next_day(&mut dice) else { break };
        let room = args.bookings - written - chunk.len() as u64;
        chunk.extend(planned.into_iter().take(usize::try_from(room).unwrap_or(usize::MAX)));
        if chunk.len() >= CHUNK {
            store.load_decided(&chunk)?;
            written += chunk.len() as u64;
            bar.set_position(written);
            chunk.clear();
        }
    }
    store.load_decided(&chunk)?;
    written += chunk.len() as u64;
    bar.finish_and_clear();
    if written < args.bookings {
        let line = format!(
            "only {written} of {} bookings fit into {} days of {} providers: allow more of either",
            args.bookings, args.days, args.providers
        );
        return Err(Failure::Refused(line));
    }
    store.analyze()?;
    Ok(())
}

/// The first day of `days` of which today is the middle one.
fn middle(now: DateTime<Utc>, settings: &Settings, days: u32) -> NaiveDate {
    let today = now.with_timezone(&settings.time_zone).date_naive();
    today.checked_sub_days(Days::new(u64::from(days / 2))).unwrap_or(today)
}

/// A bar on a terminal, nothing in a log.
fn progress(bookings: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(bookings), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} bookings, {per_sec}, {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
