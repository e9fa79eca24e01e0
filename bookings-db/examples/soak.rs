//! The proof's runs for hours, each with a seed of its own and a fresh database.
//!
//! `cargo run --release -p bookings-db --features testing --example soak -- [--minutes 60] [--seed 7] [--database sqlite|postgres|both]`
//!
//! Ends at the first promise that is broken, with its seed and diaries; `--minutes 0` is one run of each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "it stops at the first surprise")]

#[path = "../tests/support/mod.rs"]
mod support;

#[path = "../tests/proof/bulk.rs"]
mod bulk;
#[path = "../tests/proof/commands.rs"]
mod commands;
#[path = "../tests/proof/diary.rs"]
mod diary;
#[path = "../tests/proof/dice.rs"]
mod dice;
#[path = "../tests/proof/judge.rs"]
mod judge;
#[path = "../tests/proof/run.rs"]
mod run;
#[path = "../tests/proof/worker.rs"]
mod worker;
#[path = "../tests/proof/world.rs"]
mod world;

use std::time::{Duration, Instant};

use run::Run;

fn main() {
    // It starts itself as workers.
    if worker::work() {
        return;
    }
    let (mut minutes, mut seed, mut database) = (60, dice::seed(), "both".to_owned());
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_else(|| panic!("{name} needs a value"));
        match name.as_str() {
            "--minutes" => minutes = value.parse().expect("--minutes is a number"),
            "--seed" => seed = value.parse().expect("--seed is a number"),
            "--database" if ["sqlite", "postgres", "both"].contains(&value.as_str()) => database = value,
            _ => panic!("{name} {value}: see the head of bookings-db/examples/soak.rs"),
        }
    }
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let (mut runs, mut commands, mut faults) = (0, 0, 0);
    loop {
        let run = Run { seed, workers: 4, threads: 4, commands: 1_500, faults: 24 };
        let on_sqlite = (database != "postgres").then(|| run::on_sqlite(run));
        let on_postgres = (database != "sqlite").then(|| run::on_postgres(run).expect("PostgreSQL is installed"));
        for verdict in on_sqlite.iter().chain(&on_postgres) {
            runs += 1;
            commands += verdict.commands;
            faults += verdict.faults.values().sum::<usize>();
        }
        run::say(&format_args!("so far {runs} runs, {commands} commands, {faults} faults, no promise broken"));
        if Instant::now() >= end {
            return;
        }
        seed += 1;
    }
}
