//! Connections kept open: first come, first served, and dead ones thrown away.
//!
//! SQLite has one writer and a few readers; PostgreSQL one pool for both.

use std::collections::VecDeque;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel::Connection;
use diesel::connection::TransactionManager;

use crate::connection::{Conn, Use, open};
use crate::error::StoreError;
use crate::url::DatabaseUrl;

/// How long a caller waits for a connection before it is told [`StoreError::Busy`].
const WAIT: Duration = Duration::from_secs(5);
const POSTGRES_CONNECTIONS: usize = 16;
const SQLITE_READERS: usize = 4;

/// The connections of one database. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct Pools {
    url: Arc<DatabaseUrl>,
    writer: Arc<Pool>,
    reader: Arc<Pool>,
}

impl Pools {
    /// Opens the database, with one connection at once so that a wrong address is told now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] with the driver's own words.
    pub fn open(url: &DatabaseUrl) -> Result<Pools, StoreError> {
        Pools::open_sized(url, POSTGRES_CONNECTIONS)
    }

    /// As [`open`](Pools::open), with at most `connections` to PostgreSQL. SQLite always has one writer.
    ///
    /// # Errors
    /// As [`open`](Pools::open).
    pub fn open_sized(url: &DatabaseUrl, connections: usize) -> Result<Pools, StoreError> {
        let shared = Arc::new(url.clone());
        let pool = |purpose, size| Arc::new(Pool::new(shared.clone(), purpose, size));
        let pools = match url {
            DatabaseUrl::Sqlite(_) => {
                Pools { url: shared.clone(), writer: pool(Use::Write, 1), reader: pool(Use::Read, SQLITE_READERS) }
            }
            DatabaseUrl::Postgres(_) => {
                let one = pool(Use::Write, connections.max(1));
                Pools { url: shared.clone(), writer: one.clone(), reader: one }
            }
        };
        pools.writer()?.conn()?;
        Ok(pools)
    }

    /// The address they were opened with.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Runs `f` on a connection for reading, and once more on a fresh one where the first turned out dead.
    /// On SQLite the connection refuses writes.
    ///
    /// # Errors
    /// What `f` says; [`StoreError::Busy`] when no connection came free in 5 s, [`StoreError::Unavailable`] when none opens.
    pub fn read<T>(&self, mut f: impl FnMut(&mut Conn) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut lease = self.reader.lease()?;
        let mut done = f(lease.conn()?);
        if matches!(done, Err(StoreError::Unavailable(_))) {
            lease.discard();
            done = f(lease.conn()?);
        }
        if matches!(done, Err(StoreError::Unavailable(_))) {
            lease.discard();
        }
        done
    }

    /// The connection a write transaction runs on.
    pub(crate) fn writer(&self) -> Result<Lease, StoreError> {
        self.writer.lease()
    }
}

/// What a waiting caller is handed: a connection, or the right to open one.
type Handed = Option<Conn>;

struct State {
    idle: Vec<Conn>,
    /// How many connections may still be opened.
    spare: usize,
    waiting: VecDeque<(u64, Sender<Handed>)>,
    next_ticket: u64,
}

struct Pool {
    url: Arc<DatabaseUrl>,
    purpose: Use,
    state: Mutex<State>,
}

impl Pool {
    fn new(url: Arc<DatabaseUrl>, purpose: Use, size: usize) -> Pool {
        let state = State { idle: Vec::new(), spare: size, waiting: VecDeque::new(), next_ticket: 0 };
        Pool { url, purpose, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock, so a poisoned state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for its turn; opens nothing yet.
    fn lease(self: &Arc<Self>) -> Result<Lease, StoreError> {
        Ok(Lease { pool: self.clone(), conn: self.wait()? })
    }

    fn wait(&self) -> Result<Handed, StoreError> {
        let (ticket, receiver) = {
            let mut state = self.state();
            if let Some(conn) = state.idle.pop() {
                return Ok(Some(conn));
            }
            if state.spare > 0 {
                state.spare -= 1;
                return Ok(None);
            }
            let (sender, receiver) = channel();
            let ticket = state.next_ticket;
            state.next_ticket += 1;
            state.waiting.push_back((ticket, sender));
            (ticket, receiver)
        };
        if let Ok(handed) = receiver.recv_timeout(WAIT) {
            return Ok(handed);
        }
        let mut state = self.state();
        let place = state.waiting.iter().position(|(waiting, _)| *waiting == ticket);
        if let Some(place) = place {
            state.waiting.remove(place);
            return Err(StoreError::Busy);
        }
        // Not in the queue any more: it was handed over in the same moment.
        receiver.try_recv().map_err(|_| StoreError::Busy)
    }

    /// Gives a connection back, or the right to open another. Whoever waits longest gets it.
    fn give(&self, mut handed: Handed) {
        let mut state = self.state();
        while let Some((_, waiter)) = state.waiting.pop_front() {
            match waiter.send(handed) {
                Ok(()) => return,
                Err(returned) => handed = returned.0,
            }
        }
        match handed {
            Some(conn) => state.idle.push(conn),
            None => state.spare += 1,
        }
    }
}

/// A connection on loan; goes back when dropped, unless it broke or holds an open transaction.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    conn: Handed,
}

impl Lease {
    /// The connection; opened now where there is none.
    pub(crate) fn conn(&mut self) -> Result<&mut Conn, StoreError> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => open(&self.pool.url, self.pool.purpose)?,
        };
        Ok(self.conn.insert(conn))
    }

    /// Throws the connection away because it is dead; the next use opens a fresh one, so it can't meet another dead one.
    pub(crate) fn discard(&mut self) {
        self.conn = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut handed = self.conn.take();
        if handed.as_mut().is_some_and(|conn| std::thread::panicking() || broken(conn)) {
            handed = None;
        }
        self.pool.give(handed);
    }
}

fn broken(conn: &mut Conn) -> bool {
    <Conn as Connection>::TransactionManager::is_broken_transaction_manager(conn)
}
