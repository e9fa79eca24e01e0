//! Turns at what many want at once, taken before a connection is.
//!
//! A row lock that many sessions wait for is handed on slowly, and each of them keeps a connection from callers who want
//! something else. So of one process only two are let through to the same lock: one holds it, the next is ready. Nothing
//! rests on this but speed; the lock is the database's.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::StoreError;

/// How many are let through to one lock.
const THROUGH: u32 = 2;
/// Locks that fall to one gate by their hash wait for each other; with so many gates that is rare.
const GATES: usize = 1024;

pub(crate) struct Turnstile(Vec<Mutex<Gate>>);

#[derive(Default)]
struct Gate {
    inside: u32,
    /// In the order they came.
    waiting: VecDeque<SyncSender<()>>,
}

/// Somebody's turn; passed to the next in line when dropped.
pub(crate) struct Turn<'a>(&'a Mutex<Gate>);

impl Turnstile {
    pub(crate) fn new() -> Turnstile {
        Turnstile((0..GATES).map(|_| Mutex::default()).collect())
    }

    /// Waits for a turn at `lock`, at most `patience`: then [`StoreError::Busy`].
    pub(crate) fn enter(&self, lock: &str, patience: Duration) -> Result<Turn<'_>, StoreError> {
        let mut hasher = DefaultHasher::new();
        lock.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % GATES as u64).unwrap_or_default();
        let gate = &self.0[place];
        let mut own = held(gate);
        if own.inside < THROUGH {
            own.inside += 1;
            return Ok(Turn(gate));
        }
        let (sender, called) = sync_channel(1);
        own.waiting.push_back(sender);
        drop(own);
        if called.recv_timeout(patience).is_ok() {
            return Ok(Turn(gate));
        }
        // Whoever calls does so under the gate's lock: either it has happened, or never will.
        let _own = held(gate);
        if called.try_recv().is_ok() { Ok(Turn(gate)) } else { Err(StoreError::Busy) }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut gate = held(self.0);
        while let Some(next) = gate.waiting.pop_front() {
            // One who has lost patience is not there any more.
            if next.send(()).is_ok() {
                return;
            }
        }
        gate.inside -= 1;
    }
}

fn held(gate: &Mutex<Gate>) -> MutexGuard<'_, Gate> {
    gate.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn waiting(turns: &Turnstile) -> usize {
        turns.0.iter().map(|gate| held(gate).waiting.len()).sum()
    }

    #[test]
    fn two_are_let_through_and_the_others_in_the_order_they_came() {
        let turns = Turnstile::new();
        let first = turns.enter("a", LONG).unwrap();
        let _second = turns.enter("a", LONG).unwrap();
        let _elsewhere = turns.enter("b", LONG).unwrap();
        let order = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for number in 0..5 {
                let (turns, order) = (&turns, &order);
                scope.spawn(move || {
                    let _turn = turns.enter("a", LONG).unwrap();
                    order.lock().unwrap().push(number);
                });
                while waiting(turns) <= number {
                    std::thread::yield_now();
                }
            }
            assert!(order.lock().unwrap().is_empty(), "a third was let through");
            drop(first);
        });
        assert_eq!(order.into_inner().unwrap(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn who_loses_patience_is_told_and_passed_over() {
        let turns = Turnstile::new();
        let first = turns.enter("a", LONG).unwrap();
        let second = turns.enter("a", LONG).unwrap();
        assert!(matches!(turns.enter("a", Duration::ZERO), Err(StoreError::Busy)));
        drop((first, second));
        let _both = (turns.enter("a", Duration::ZERO).unwrap(), turns.enter("a", Duration::ZERO).unwrap());
    }
}
