//! The one write door.
//!
//! Whatever makes or moves busy time runs in [`write()`]: it holds the locks before it reads, so that nothing it decides on
//! can change under it. On SQLite the lock is the database's (`BEGIN IMMEDIATE` on the only writer), on PostgreSQL the
//! provider rows', taken in the round trip of the `BEGIN`.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use diesel::Connection;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};

use crate::connection::{Conn, Pools};
use crate::error::StoreError;

/// How often a body is run when it keeps colliding with others.
const ATTEMPTS: u32 = 5;

/// What to lock before the body reads anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock(Option<String>);

impl Lock {
    /// Nothing: for tables without busy time. On SQLite still the whole database.
    #[must_use]
    pub const fn none() -> Lock {
        Lock(None)
    }

    /// A statement that locks rows on PostgreSQL, in the order of their ids:
    /// `SELECT id FROM provider WHERE id IN ('..') ORDER BY id FOR NO KEY UPDATE`. SQLite doesn't need it.
    #[must_use]
    pub fn rows(sql: String) -> Lock {
        Lock(Some(sql))
    }
}

/// An error that may stand for the store's own, so that [`write()`] can tell a collision from a refusal.
pub trait Failure: From<StoreError> {
    /// The store's error inside, or `None` for a refusal.
    fn store_error(&self) -> Option<&StoreError>;
}

impl Failure for StoreError {
    fn store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

/// Runs `body` in a write transaction that holds `lock`, and commits what it did; an error or a panic rolls it back.
///
/// Run again, at most five times, only where the database undid it for a deadlock or serialization failure;
/// never for a refusal. Don't call it from inside a body: on SQLite it would wait for itself.
///
/// # Errors
/// What the body says; [`StoreError::Busy`] when the lock was not to be had in 5 s or collisions didn't end;
/// [`StoreError::Unavailable`] when the server is away. Where the connection breaks during the commit the message says
/// that the outcome is unknown: an idempotency key makes repeating safe.
pub fn write<T, E: Failure>(
    pools: &Pools,
    lock: &Lock,
    mut body: impl FnMut(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    for attempt in 1..=ATTEMPTS {
        let done = once(pools, lock, &mut body);
        let collided = matches!(&done, Err(error) if matches!(error.store_error(), Some(StoreError::Conflict)));
        if !collided {
            return done;
        }
        if attempt < ATTEMPTS {
            std::thread::sleep(pause(attempt));
        }
    }
    Err(StoreError::Busy.into())
}

fn once<T, E: Failure>(pools: &Pools, lock: &Lock, body: &mut impl FnMut(&mut Conn) -> Result<T, E>) -> Result<T, E> {
    let _turn = pools.turn(lock.0.as_deref())?;
    let mut lease = pools.writer()?;
    let mut begun = begin(lease.conn()?, lock);
    if matches!(begun, Err(StoreError::Unavailable(_))) {
        // It died while it was idle; nothing was done yet.
        lease.discard();
        begun = begin(lease.conn()?, lock);
    }
    let done = match begun {
        Ok(()) => {
            let conn = lease.conn()?;
            match body(conn) {
                Ok(value) => commit(conn).map(|()| value).map_err(E::from),
                Err(error) => {
                    // If even this fails the lease sees the open transaction and closes the connection.
                    let _ = <Conn as Connection>::TransactionManager::rollback_transaction(conn);
                    Err(error)
                }
            }
        }
        Err(error) => Err(error.into()),
    };
    if matches!(&done, Err(error) if matches!(error.store_error(), Some(StoreError::Unavailable(_)))) {
        lease.discard();
    }
    done
}

/// A begun transaction with its locks, or none at all.
pub(crate) fn begin(conn: &mut Conn, lock: &Lock) -> Result<(), StoreError> {
    match conn {
        // A deferred BEGIN that reads first fails at once when another writer was quicker.
        Conn::Lite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?,
        Conn::Pg(conn) => {
            const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
            let sql = match &lock.0 {
                Some(lock) => format!("{BEGIN}; {lock}"),
                None => BEGIN.into(),
            };
            if let Err(error) = AnsiTransactionManager::begin_transaction_sql(conn, &sql) {
                // The BEGIN itself may have worked, and diesel doesn't know.
                let _ = conn.batch_execute("ROLLBACK");
                return Err(error.into());
            }
        }
    }
    Ok(())
}

/// Commits, or says that it did not.
pub(crate) fn commit(conn: &mut Conn) -> Result<(), StoreError> {
    let done = match conn {
        Conn::Lite(conn) => AnsiTransactionManager::commit_transaction(conn),
        // PostgreSQL answers COMMIT with success where an earlier error has doomed the transaction, and rolls back.
        // The empty SELECT fails there, and the COMMIT behind it is not run.
        Conn::Pg(pg) => pg.batch_execute("SELECT; COMMIT"),
    };
    match done.map_err(StoreError::from) {
        Ok(()) => Ok(()),
        Err(StoreError::Unavailable(problem)) => Err(StoreError::Unavailable(format!(
            "the connection broke during a commit, whose outcome is unknown: {problem}"
        ))),
        Err(error) => {
            let _ = <Conn as Connection>::TransactionManager::rollback_transaction(conn);
            Err(error)
        }
    }
}

/// Grows with every attempt, and differs between callers who collided with each other.
fn pause(attempt: u32) -> Duration {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let spread = CALLS.fetch_add(1, Ordering::Relaxed) % 8;
    Duration::from_millis(u64::from((1 << attempt) * 2 + spread))
}
