//! A create for a provider with a long history against one for a provider with none.

use std::time::Duration;

use bookings_core::{CreateBooking, ProviderId};
use bookings_db::testing::sqlite_database;
use chrono::{DateTime, TimeDelta, Utc};

use crate::cluster::Cluster;
use crate::support::{Fill, Fixture, SPACING_HOURS};
use crate::{Options, micros, timed};

/// Creates of one turn.
const TURN: usize = 50;

pub fn run(cluster: Option<&Cluster>, options: &Options) {
    let (creates, history) = (TURN * options.rounds, options.bookings);
    println!("\ncreate by the provider's history (microseconds, {creates} creates each: median, and best tenth)");
    println!(
        "| database | none | {history} | ratio | none, best | {history}, best | ratio |\n|---|---|---|---|---|---|---|"
    );
    let (empty, full) = (sqlite_database(), sqlite_database());
    let sides = [&empty, &full].map(|db| Fixture::on(db, Default::default()));
    compare("SQLite", &sides, options);
    if let Some(cluster) = cluster {
        let sides = ["no_history", "history"].map(|name| cluster.fixture(name, 1));
        compare("PostgreSQL", &sides, options);
    }
}

fn compare(database: &str, [empty, full]: &[Fixture; 2], options: &Options) {
    let from = empty.now - TimeDelta::hours(SPACING_HOURS * options.bookings / 2);
    let (providers, services) = ([full.provider], [full.single]);
    let fill =
        Fill { bookings: options.bookings, first: 1, providers: &providers, services: &services, from, active: true };
    fill.run(&mut full.store.pools.url().connect().unwrap());
    // In the middle of the history, between two of its bookings.
    let gap = |number: usize| from + TimeDelta::hours(SPACING_HOURS * (options.bookings / 2 + 1 + number as i64) + 2);
    let (mut without, mut with) = (Vec::new(), Vec::new());
    // The first turn warms up.
    for round in 0..=options.rounds {
        let new: Vec<ProviderId> = (0..TURN).map(|_| empty.add_provider(None, true)).collect();
        let turn: Vec<Duration> = new.iter().map(|provider| create(empty, *provider, gap(round * TURN))).collect();
        let other = (0..TURN).map(|number| create(full, full.provider, gap(round * TURN + number)));
        if round == 0 {
            other.for_each(drop);
        } else {
            without.extend(turn);
            with.extend(other);
        }
    }
    // On a busy machine the median is what others leave over; the best tenth is the work itself.
    without.sort();
    with.sort();
    let at = |times: &[Duration], part: usize| micros(times[times.len() / part]);
    let columns = [2, 10].map(|part| {
        let (without, with) = (at(&without, part), at(&with, part));
        format!("{without:.0} | {with:.0} | {:.2}", with / without)
    });
    println!("| {database} | {} |", columns.join(" | "));
}

fn create(fx: &Fixture, provider_id: ProviderId, start_at: DateTime<Utc>) -> Duration {
    let command = CreateBooking { provider_id, ..fx.command(start_at) };
    timed(|| fx.create(&command))
}
