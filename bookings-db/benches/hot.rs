//! The hottest provider: 64 callers at one, beside the same 64 at one each, beside 64 who want the same few starts.
//!
//! `cargo bench -p bookings-db --bench hot`. Prints the longest wait and the throughput of each, and ends with 1 where a caller
//! waited longer than 2 s, failed other than by refusal, or throughput fell below half.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark stops at the first surprise")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::process::ExitCode;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use bookings_core::{CreateBooking, Policy, ProviderId};
use bookings_db::testing::{TestDatabase, databases};
use bookings_db::{CommandError, Outcome};
use chrono::TimeDelta;

use support::{Fixture, at};

const CALLERS: usize = 64;
/// Creates of each caller.
const CALLS: usize = 100;
const LONGEST: Duration = Duration::from_secs(2);

/// What became of all calls of one kind.
struct Figures {
    per_second: f64,
    longest: Duration,
    p50: Duration,
    p99: Duration,
    refused: usize,
    failed: Vec<String>,
}

fn main() -> ExitCode {
    let kept: Vec<bool> = databases().iter().map(bench).collect();
    if kept.into_iter().all(|kept| kept) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn bench(db: &TestDatabase) -> bool {
    let fx = Fixture::on(db, Policy::default());
    let providers: Vec<ProviderId> = (0..CALLERS).map(|_| fx.add_provider(None, true)).collect();
    let hot = fx.add_provider(None, true);
    let wanted = fx.add_provider(None, true);
    // Everybody's own provider, everybody's own start of one provider, and ten starts that all want.
    let start = |number: usize| at(0, 0) + TimeDelta::hours(2 * number as i64);
    let create = |provider_id, number| CreateBooking { provider_id, ..fx.command(start(number)) };
    // Plans that were made for an empty table would be kept until the database next looks at it.
    run(&fx, |caller, call| create(providers[caller], 10_000 + call));
    fx.store.analyze().unwrap();
    let apart = run(&fx, |caller, call| create(providers[caller], call));
    let same = run(&fx, |caller, call| create(hot, call * CALLERS + caller));
    let clash = run(&fx, |_, call| create(wanted, call % 10));
    println!("{} ({CALLERS} callers, {CALLS} creates each)", db.name());
    print("64 providers", &apart);
    print("one provider", &same);
    print("ten starts", &clash);
    let ratio = same.per_second / apart.per_second;
    println!("  one provider against 64: {ratio:.2} (at least 0.5)");
    fx.check();
    [apart, same, clash].iter().all(|figures| figures.failed.is_empty() && figures.longest < LONGEST) && ratio >= 0.5
}

/// All callers at once, each through its calls in turn.
fn run(fx: &Fixture, command: impl Fn(usize, usize) -> CreateBooking + Sync) -> Figures {
    let barrier = Barrier::new(CALLERS + 1);
    let (barrier, command) = (&barrier, &command);
    let (began, calls) = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                scope.spawn(move || {
                    barrier.wait();
                    let call = |call| {
                        let began = Instant::now();
                        (fx.store.create_booking(&command(caller, call), &fx.by()), began.elapsed())
                    };
                    (0..CALLS).map(call).collect::<Vec<(Outcome, Duration)>>()
                })
            })
            .collect();
        barrier.wait();
        let began = Instant::now();
        let calls: Vec<_> = callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect();
        (began.elapsed(), calls)
    });
    let mut waits: Vec<Duration> = calls.iter().map(|(_, wait)| *wait).collect();
    waits.sort();
    let refused = calls.iter().filter(|(outcome, _)| matches!(outcome, Err(CommandError::Refused(_)))).count();
    let failed = calls.iter().filter_map(|(outcome, _)| match outcome {
        Ok(_) | Err(CommandError::Refused(_)) => None,
        Err(error) => Some(error.to_string()),
    });
    Figures {
        per_second: calls.len() as f64 / began.as_secs_f64(),
        longest: waits[waits.len() - 1],
        p50: waits[waits.len() / 2],
        p99: waits[waits.len() * 99 / 100],
        refused,
        failed: failed.collect(),
    }
}

fn print(name: &str, figures: &Figures) {
    let Figures { per_second, longest, p50, p99, refused, failed } = figures;
    println!(
        "  {name:<13} {per_second:>6.0}/s  p50 {p50:>8.1?}  p99 {p99:>8.1?}  longest {longest:>8.1?}  {refused} refused  {} failed",
        failed.len()
    );
    failed.iter().take(3).for_each(|error| println!("    {error}"));
}
