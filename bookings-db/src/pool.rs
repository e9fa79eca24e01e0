//! Connections kept open by r2d2, and dead ones thrown away.
//!
//! SQLite has one writer and a few readers; PostgreSQL one pool for both.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use diesel::Connection;
use diesel::connection::TransactionManager;
use r2d2::ManageConnection;

use crate::connection::{Conn, Use, open};
use crate::error::StoreError;
use crate::turns::{Turn, Turnstile};
use crate::url::DatabaseUrl;

/// How long a caller waits for a connection before it is told [`StoreError::Busy`].
const WAIT: Duration = Duration::from_secs(5);
const POSTGRES_CONNECTIONS: u32 = 16;
const SQLITE_READERS: u32 = 4;

/// The connections of one database. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct Pools {
    url: Arc<DatabaseUrl>,
    writer: Arc<Pool>,
    reader: Arc<Pool>,
    turns: Arc<Turnstile>,
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
    pub fn open_sized(url: &DatabaseUrl, connections: u32) -> Result<Pools, StoreError> {
        let shared = Arc::new(url.clone());
        let pool = |purpose, size| Arc::new(Pool::new(shared.clone(), purpose, size));
        let (writer, reader) = match url {
            DatabaseUrl::Sqlite(_) => (pool(Use::Write, 1), pool(Use::Read, SQLITE_READERS)),
            DatabaseUrl::Postgres(_) => {
                let one = pool(Use::Write, connections.max(1));
                (one.clone(), one)
            }
        };
        let pools = Pools { url: shared.clone(), writer, reader, turns: Arc::new(Turnstile::new()) };
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

    /// A turn at the rows that `lock` locks; none is needed on SQLite, whose only writer is waited for anyway.
    pub(crate) fn turn(&self, lock: Option<&str>) -> Result<Option<Turn<'_>>, StoreError> {
        match (lock, self.url.as_ref()) {
            (Some(lock), DatabaseUrl::Postgres(_)) => self.turns.enter(lock, WAIT).map(Some),
            _ => Ok(None),
        }
    }

    /// Closes the connections that nobody uses just now; who needs one next opens it.
    pub(crate) fn close_idle(&self) {
        for pool in [&self.writer, &self.reader] {
            let idle: Vec<_> = std::iter::from_fn(|| pool.places.try_get()).collect();
            for mut place in idle {
                *place = None;
            }
        }
    }

    /// The connection a write transaction runs on.
    pub(crate) fn writer(&self) -> Result<Lease, StoreError> {
        self.writer.lease()
    }
}

/// A place for a connection. r2d2 hands out places; the connection in one is opened at its first use, so that a server
/// that is away is told at once in the driver's own words, and not after r2d2 has waited for it.
type Place = Option<Conn>;

struct Places;

impl ManageConnection for Places {
    type Connection = Place;
    type Error = Infallible;

    fn connect(&self) -> Result<Place, Infallible> {
        Ok(None)
    }

    /// Not asked (see [`Pool::new`]): a ping costs a round trip, and a dead connection is found at its next use.
    fn is_valid(&self, _: &mut Place) -> Result<(), Infallible> {
        Ok(())
    }

    /// A place is never broken; a broken connection is taken out of it before it goes back.
    fn has_broken(&self, _: &mut Place) -> bool {
        false
    }
}

struct Pool {
    url: Arc<DatabaseUrl>,
    purpose: Use,
    places: r2d2::Pool<Places>,
}

impl Pool {
    fn new(url: Arc<DatabaseUrl>, purpose: Use, size: u32) -> Pool {
        let places = r2d2::Pool::builder()
            .max_size(size)
            .connection_timeout(WAIT)
            .test_on_check_out(false)
            .build_unchecked(Places);
        Pool { url, purpose, places }
    }

    /// Waits for a place; opens nothing yet.
    fn lease(self: &Arc<Self>) -> Result<Lease, StoreError> {
        let place = self.places.get().map_err(|_| StoreError::Busy)?;
        Ok(Lease { pool: self.clone(), place })
    }
}

/// A connection on loan; goes back when dropped, unless it broke or holds an open transaction.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    place: r2d2::PooledConnection<Places>,
}

impl Lease {
    /// The connection; opened now where there is none.
    pub(crate) fn conn(&mut self) -> Result<&mut Conn, StoreError> {
        let conn = match self.place.take() {
            Some(conn) => conn,
            None => open(&self.pool.url, self.pool.purpose)?,
        };
        Ok(self.place.insert(conn))
    }

    /// Throws the connection away because it is dead; the next use opens a fresh one, so it can't meet another dead one.
    pub(crate) fn discard(&mut self) {
        *self.place = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.place.as_mut().is_some_and(|conn| std::thread::panicking() || broken(conn)) {
            self.discard();
        }
    }
}

fn broken(conn: &mut Conn) -> bool {
    <Conn as Connection>::TransactionManager::is_broken_transaction_manager(conn)
}
