//! Demo data: a believable business, the same for the same seed, through the real rules and the real schema.

mod business;
mod days;
mod dice;
mod people;

use std::sync::mpsc::{Receiver, SyncSender};

use bookings_core::{Actor, Role};
use bookings_db::bulk::{Decided, Rows};
use bookings_db::connection::Pools;
use bookings_db::{Store, StoreError};
use chrono::{DateTime, Days, NaiveDate, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::{DemoArgs, Failure};
use crate::settings::Settings;
use business::Business;
use days::Planner;
use dice::Dice;

/// Bookings planned at a time, of many: each batch asks every provider's seats once. Of few it is fewer, because `serve --demo`
/// goes on with the memory they took.
const CHUNK: usize = 5_000;
/// The fewest.
const SMALL: usize = 250;
/// From so many on it is worth making the indexes afterwards.
const MANY: u64 = 20_000;

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
    // One chunk is planned while the one before is written.
    let (ready, planned) = std::sync::mpsc::sync_channel(1);
    let written = std::thread::scope(|scope| {
        scope.spawn(move || chunks(&mut planner, &mut dice, args.bookings, &ready));
        write(&store, args.bookings, planned, &bar)
    })?;
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

/// Plans `bookings`, chunk by chunk, until nobody takes them any more.
fn chunks(planner: &mut Planner<'_>, dice: &mut Dice, bookings: u64, ready: &SyncSender<Rows>) {
    let mut left = bookings;
    let at_a_time = usize::try_from(bookings / 20).unwrap_or(CHUNK).clamp(SMALL, CHUNK);
    let mut chunk: Vec<Decided> = Vec::with_capacity(at_a_time);
    while left > 0 {
        let Some(planned) = planner.next_day(dice) else { break };
        let before = chunk.len();
        chunk.extend(planned.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)));
        left -= (chunk.len() - before) as u64;
        if chunk.len() >= at_a_time {
            // Whoever went away says why.
            if ready.send(Rows::of(&chunk)).is_err() {
                return;
            }
            chunk.clear();
        }
    }
    let _ = ready.send(Rows::of(&chunk));
}

/// Writes what is planned and says how much it was. Many at once into an empty database are one transaction.
fn write(store: &Store, bookings: u64, planned: Receiver<Rows>, bar: &ProgressBar) -> Result<u64, StoreError> {
    let mut written = 0;
    let mut count = |now| {
        written = now;
        bar.set_position(now);
    };
    if bookings >= MANY && store.fill(planned.iter(), &mut count)? {
        return Ok(written);
    }
    let mut now = 0;
    for chunk in planned {
        store.load(&chunk)?;
        now += chunk.bookings();
        count(now);
    }
    Ok(now)
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
