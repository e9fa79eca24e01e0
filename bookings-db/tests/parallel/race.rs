//! Many callers at one moment, and what became of them.

use std::collections::BTreeMap;
use std::sync::Barrier;

use bookings_core::Decision;
use bookings_db::{CommandError, Outcome};

use crate::support::Fixture;

/// Threads that call at once.
pub const CALLERS: usize = 16;

/// How many commands ended how.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    pub changed: usize,
    pub unchanged: usize,
    /// By the refusal's first code.
    pub refused: BTreeMap<&'static str, usize>,
}

impl Tally {
    /// Counts an outcome; anything but a change, an answer or a refusal is a failure of the test.
    pub fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Ok(Decision::Changed(..)) => self.changed += 1,
            Ok(Decision::Unchanged(_)) => self.unchanged += 1,
            Err(CommandError::Refused(refusals)) => {
                *self.refused.entry(refusals.reasons[0].code.as_str()).or_default() += 1;
            }
            Err(error) => panic!("neither done nor refused: {error:?}"),
        }
    }

    pub fn add(&mut self, other: &Tally) {
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        for (code, count) in &other.refused {
            *self.refused.entry(code).or_default() += count;
        }
    }

    pub fn refused_for(&self, code: &str) -> usize {
        self.refused.get(code).copied().unwrap_or_default()
    }
}

/// Runs `job` for every number below [`CALLERS`] at the same moment. Every change acknowledged is one event, and the
/// other way round.
pub fn race(fx: &Fixture, job: impl Fn(usize) -> Outcome + Sync) -> Tally {
    let events = || fx.number("SELECT count(*) AS number FROM booking_event");
    let before = events();
    let barrier = Barrier::new(CALLERS);
    let (barrier, job) = (&barrier, &job);
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|number| {
                scope.spawn(move || {
                    barrier.wait();
                    job(number)
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    let mut tally = Tally::default();
    for outcome in &outcomes {
        tally.count(outcome);
    }
    assert_eq!(events() - before, tally.changed as i64, "events for changes acknowledged: {tally:?}");
    tally
}
