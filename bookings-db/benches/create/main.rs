//! What a create and a list page cost: against no history and against the same statements raw.
//!
//! `cargo bench -p bookings-db -- [history] [raw] [list] [--bookings N] [--rows N] [--rounds N]`
//!
//! Ratios within one run are what to trust; the two sides of each take turns. PostgreSQL runs in a cluster of its own
//! with fsync on, SQLite with synchronous=FULL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark that can't run shall stop")]

#[path = "../../tests/support/mod.rs"]
mod support;

mod cluster;
mod history;
mod list;
mod raw;

use std::time::{Duration, Instant};

/// What to measure and how much of it.
struct Options {
    parts: Vec<String>,
    /// Bookings of the provider with a history.
    bookings: i64,
    /// Bookings behind the list.
    rows: i64,
    /// Turns of each side.
    rounds: usize,
}

fn main() {
    let mut options = Options { parts: Vec::new(), bookings: 100_000, rows: 1_000_000, rounds: 15 };
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.replace('_', "").parse().ok()).expect("a number");
        match argument.as_str() {
            "--bookings" => options.bookings = number(),
            "--rows" => options.rows = number(),
            "--rounds" => options.rounds = number() as usize,
            part @ ("history" | "raw" | "list") => options.parts.push(part.into()),
            other => panic!("{other}: see the head of benches/create/main.rs"),
        }
    }
    let wanted = |part: &str| options.parts.is_empty() || options.parts.iter().any(|wanted| wanted == part);
    let cluster = cluster::Cluster::start();
    if wanted("history") {
        history::run(cluster.as_ref(), &options);
    }
    if wanted("raw") {
        raw::run(cluster.as_ref(), &options);
    }
    if wanted("list") {
        list::run(cluster.as_ref(), &options);
    }
}

/// How long `f` takes.
fn timed<T>(f: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    std::hint::black_box(f());
    start.elapsed()
}

fn median<T: Copy + PartialOrd>(mut values: Vec<T>) -> T {
    values.sort_by(|one, two| one.partial_cmp(two).expect("no NaN"));
    values[values.len() / 2]
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
