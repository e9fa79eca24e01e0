//! One connection type for both databases, and how each is opened.

use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, ConnectionError, PgConnection, SqliteConnection};

use crate::error::{StoreError, one_line};
pub use crate::pool::Pools;
pub use crate::url::{DatabaseUrl, DatabaseUrlError};

mod multi {
    #![expect(missing_docs, reason = "what the derive makes has none")]
    use diesel::{PgConnection, SqliteConnection};

    /// A connection to either database.
    #[derive(diesel::MultiConnection)]
    pub enum Conn {
        /// PostgreSQL.
        Pg(PgConnection),
        /// SQLite.
        Lite(SqliteConnection),
    }
}
pub use multi::{Conn, MultiBackend};

/// Stamps one expression for both databases, for what diesel can't do through [`Conn`]:
/// batch inserts, `on_conflict`, `as_returning`.
///
/// ```ignore
/// each!(conn, |c| diesel::insert_into(booking_event::table).values(&rows).execute(c))?;
/// ```
#[macro_export]
macro_rules! each {
    ($conn:expr, |$c:ident| $e:expr) => {
        match $conn {
            $crate::connection::Conn::Pg($c) => $e,
            $crate::connection::Conn::Lite($c) => $e,
        }
    };
}

/// A piece of a query that is not one text for its type, so that a statement with it is known by its text.
macro_rules! known_by_text {
    ($type:ty $(, $generic:ident)?) => {
        impl$(<$generic>)? diesel::query_builder::QueryId for $type {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
    };
}
pub(crate) use known_by_text;

/// What a connection will be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Read,
    Write,
}

impl DatabaseUrl {
    /// A connection outside any pool, that may write. Makes a missing SQLite file.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] with the driver's own words.
    pub fn connect(&self) -> Result<Conn, StoreError> {
        open(self, Use::Write)
    }
}

/// Opens a connection and sets it up for its use.
pub(crate) fn open(url: &DatabaseUrl, purpose: Use) -> Result<Conn, StoreError> {
    match url {
        DatabaseUrl::Postgres(url) => open_postgres(url).map(Conn::Pg),
        DatabaseUrl::Sqlite(path) => open_sqlite(path, purpose).map(Conn::Lite),
    }
}

fn unavailable(error: &ConnectionError) -> StoreError {
    StoreError::Unavailable(one_line(&error.to_string()))
}

/// `synchronous=FULL`: what was acknowledged survives a power cut, at one fsync a transaction.
/// The caches are small on purpose; the operating system's own cache does the rest, and doesn't count as ours.
const SQLITE: &str = "PRAGMA busy_timeout=5000; PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL; \
     PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF;";

fn open_sqlite(path: &Path, purpose: Use) -> Result<SqliteConnection, StoreError> {
    let cannot = |problem: String| {
        StoreError::Unavailable(format!("can't open the SQLite database {}: {problem}", path.display()))
    };
    let name = path.to_str().ok_or_else(|| cannot("its path is not UTF-8".into()))?;
    // A relative path is given as ./path, so that nothing in it reads as a URI.
    let name = if path.is_absolute() { name.to_owned() } else { format!("./{name}") };
    let mut conn = SqliteConnection::establish(&name).map_err(|error| cannot(one_line(&error.to_string())))?;
    conn.batch_execute(SQLITE)?;
    match purpose {
        Use::Read => conn.batch_execute("PRAGMA cache_size=-4096; PRAGMA query_only=ON;")?,
        Use::Write => {
            conn.batch_execute("PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-8192;")?;
            write_ahead(&mut conn)?;
        }
    }
    Ok(conn)
}

/// Sets the journal mode, which the file keeps for all. Only the first of several processes on a new file has anything to do,
/// and SQLite lets the others fail at once instead of waiting.
fn write_ahead(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    let patience = Instant::now() + Duration::from_secs(5);
    loop {
        match conn.batch_execute("PRAGMA journal_mode=WAL").map_err(StoreError::from) {
            Err(StoreError::Busy) if Instant::now() < patience => std::thread::sleep(Duration::from_millis(20)),
            done => return done,
        }
    }
}

/// Added to the URL unless it says otherwise: a server that is gone is noticed in seconds.
const POSTGRES_URL: [(&str, &str); 4] = [
    ("fallback_application_name", "bookings"),
    ("connect_timeout", "5"),
    ("keepalives_idle", "30"),
    ("tcp_user_timeout", "15000"),
];

/// Nothing waits for ever, and short queries are not compiled. The database's or role's own settings are overridden.
/// A commit is on disk before it is acknowledged; where the server does more than that (replicas), it may. What is looked
/// up row by row here is each time something else: remembering it (from PostgreSQL 14 on) only takes time.
const POSTGRES: &str = "SET statement_timeout='30s'; SET lock_timeout='5s'; \
     SET idle_in_transaction_session_timeout='30s'; SET jit=off; \
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'; \
     SELECT set_config('enable_memoize', 'off', false) WHERE current_setting('enable_memoize', true) IS NOT NULL;";

fn open_postgres(url: &str) -> Result<PgConnection, StoreError> {
    let mut url = url.to_owned();
    for (key, value) in POSTGRES_URL {
        if !url.contains(&format!("{key}=")) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&format!("{key}={value}"));
        }
    }
    let mut conn = PgConnection::establish(&url).map_err(|error| unavailable(&error))?;
    conn.batch_execute(POSTGRES)?;
    // Errors are told apart by their text where diesel hides the code; only some roles may ask for untranslated ones.
    let _ = conn.batch_execute("SET lc_messages='C'");
    Ok(conn)
}
