//! Nothing is sold twice and nothing acknowledged is lost, whatever runs at once and whatever breaks.
//!
//! `docs/reliability.md` says what is proved and how. Every run has a fresh seed, which it prints; `BOOKINGS_SEED` gives
//! the same command streams again. `cargo run --release -p bookings-db --features testing --example soak` goes on for hours.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests stop at the first surprise")]

#[path = "../support/mod.rs"]
mod support;

mod bulk;
mod commands;
mod diary;
mod dice;
mod found;
mod judge;
mod model;
mod patches;
mod run;
mod sequence;
mod whole;
mod worker;
mod world;

use run::Run;

/// A run that fits into the test command.
fn short() -> Run {
    Run { seed: dice::seed(), workers: 3, threads: 4, commands: 600, faults: 12 }
}

/// Not a test: what the tests below start as processes of its own.
#[test]
fn worker() {
    worker::work();
}

#[test]
fn faults_on_sqlite() {
    let verdict = run::on_sqlite(short());
    for fault in ["kill -9", "full disk", "read-only file"] {
        assert!(verdict.faults.contains_key(fault), "no {fault} took place");
    }
    clashed(&verdict);
}

#[test]
fn faults_on_postgres() {
    let Some(verdict) = run::on_postgres(short()) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "no PostgreSQL");
        run::say(&"*** SKIPPED: no PostgreSQL found: faults on PostgreSQL are untested ***");
        return;
    };
    for fault in ["kill -9", "connections cut", "pg_ctl stop -m immediate"] {
        assert!(verdict.faults.contains_key(fault), "no {fault} took place");
    }
    clashed(&verdict);
}

/// A run without clashes would prove nothing.
fn clashed(verdict: &judge::Verdict) {
    for code in
        ["overlap", "capacity_exceeded", "stale_version", "wrong_status", "duplicate", "slot_engine_unavailable"]
    {
        assert!(verdict.reasons.contains_key(code), "nobody was refused for {code}");
    }
    // Whether one of them was done is chance: a kill hits a commit seldom.
    assert!(verdict.unknown > 0, "no command was left without its answer");
    for act in ["undo", "bulk reschedule", "bulk undo"] {
        assert!(verdict.acts.contains_key(act), "nothing was changed by {act}");
    }
    assert!(verdict.changed > 100, "only {} changes", verdict.changed);
}
