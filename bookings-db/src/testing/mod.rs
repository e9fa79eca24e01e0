//! Throw-away databases, so that one test body runs on both (feature `testing`).
//!
//! ```ignore
//! each_database(|db| {
//!     let count = db.pools().read(|conn| ...).unwrap();
//! });
//! ```
//!
//! SQLite is a file in a temporary folder. PostgreSQL is a cluster of this process's own, on a socket in a temporary folder,
//! which ends with the process; `BOOKINGS_TEST_POSTGRES_URL` names a server to use instead. Without one PostgreSQL is
//! skipped loudly, or, where `CI=true`, the test fails.

mod postgres;

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Once, OnceLock};

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use tempfile::TempDir;

use crate::connection::{DatabaseUrl, Pools};
use crate::migrate::migrate;
pub use postgres::PostgresServer;

/// A database of a test's own, gone when dropped.
pub struct TestDatabase {
    url: DatabaseUrl,
    pools: OnceLock<Pools>,
    keep: Keep,
}

/// What must be undone at the end.
enum Keep {
    Folder(#[expect(dead_code, reason = "removes the folder when dropped")] TempDir),
    Clone { server: DatabaseUrl, name: String },
}

impl TestDatabase {
    /// Its address.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Connections to it, opened at the first call and the same ones after.
    ///
    /// # Panics
    /// When it can't be opened.
    #[must_use]
    pub fn pools(&self) -> &Pools {
        self.pools.get_or_init(|| must(Pools::open(&self.url)))
    }

    /// Runs statements on a connection of their own, past the store.
    ///
    /// # Panics
    /// When the database refuses.
    pub fn run_sql(&self, statements: &str) {
        must(must(self.url.connect()).batch_execute(statements));
    }

    /// The text in the only column, `value`, of the first row.
    ///
    /// # Panics
    /// When the database refuses, or there is no row.
    #[must_use]
    pub fn ask_sql(&self, query: &str) -> String {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            value: String,
        }
        must(diesel::sql_query(query).get_result::<Row>(&mut must(self.url.connect()))).value
    }

    /// `SQLite` or `PostgreSQL`, for messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        if self.is_postgres() { "PostgreSQL" } else { "SQLite" }
    }

    /// Which of the two.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self.url, DatabaseUrl::Postgres(_))
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        self.pools.take();
        if let Keep::Clone { server, name } = &self.keep {
            // The server may be gone already; then so is the database.
            if let Ok(mut conn) = server.connect() {
                let _ = conn.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            }
        }
    }
}

/// A migrated, empty database of each kind, SQLite first.
///
/// # Panics
/// When one can't be made, or PostgreSQL is missing where `CI=true`.
#[must_use]
pub fn databases() -> Vec<TestDatabase> {
    let mut all = vec![sqlite_database()];
    all.extend(postgres_database());
    all
}

/// Runs `test` on a migrated, empty database of each kind.
///
/// # Panics
/// As [`databases`], and as the test does.
pub fn each_database(test: impl Fn(&TestDatabase)) {
    each(databases(), test);
}

/// Runs `test` on a database of each kind that was not even migrated.
///
/// # Panics
/// As [`each_database`].
pub fn each_bare_database(test: impl Fn(&TestDatabase)) {
    let mut all = vec![new_sqlite(None)];
    all.extend(postgres_server().map(|server| new_postgres(server, "template1")));
    each(all, test);
}

fn each(databases: Vec<TestDatabase>, test: impl Fn(&TestDatabase)) {
    for db in databases {
        // Shown where the test fails: which of the two it was.
        println!("on {}", db.name());
        test(&db);
    }
}

/// A migrated SQLite file.
///
/// # Panics
/// When it can't be made.
#[must_use]
pub fn sqlite_database() -> TestDatabase {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    let template = TEMPLATE.get_or_init(|| {
        let empty = new_sqlite(None);
        let mut conn = must(empty.url.connect());
        must(migrate(&mut conn));
        must(conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)"));
        let DatabaseUrl::Sqlite(path) = &empty.url else { unreachable!("it was made as a file") };
        must(std::fs::read(path))
    });
    new_sqlite(Some(template))
}

/// A migrated PostgreSQL database, or `None` where there is no PostgreSQL.
///
/// # Panics
/// When it can't be made, or PostgreSQL is missing where `CI=true`.
#[must_use]
pub fn postgres_database() -> Option<TestDatabase> {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    let server = postgres_server()?;
    if given_server().is_some() {
        // A template would stay behind on it.
        let db = new_postgres(server, "template1");
        must(migrate(&mut must(db.url.connect())));
        return Some(db);
    }
    let template = TEMPLATE.get_or_init(|| {
        let name = fresh_name();
        must(must(server.connect()).batch_execute(&format!("CREATE DATABASE {name}")));
        must(migrate(&mut must(postgres::database_url(server, &name).connect())));
        name
    });
    Some(new_postgres(server, template))
}

/// Somebody's own server, to be left as it was.
fn given_server() -> Option<DatabaseUrl> {
    std::env::var("BOOKINGS_TEST_POSTGRES_URL").ok().map(|url| must(DatabaseUrl::parse(&url)))
}

fn new_sqlite(content: Option<&[u8]>) -> TestDatabase {
    let folder = must(tempfile::Builder::new().prefix("bookings-").tempdir());
    let path = folder.path().join("bookings.sqlite3");
    if let Some(content) = content {
        must(std::fs::write(&path, content));
    }
    TestDatabase { url: DatabaseUrl::Sqlite(path), pools: OnceLock::new(), keep: Keep::Folder(folder) }
}

fn new_postgres(server: &DatabaseUrl, template: &str) -> TestDatabase {
    let name = fresh_name();
    must(must(server.connect()).batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")));
    let url = postgres::database_url(server, &name);
    TestDatabase { url, pools: OnceLock::new(), keep: Keep::Clone { server: server.clone(), name } }
}

/// Unlike any other process's on the same server.
fn fresh_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("bookings_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The server all tests of this process share.
fn postgres_server() -> Option<&'static DatabaseUrl> {
    static SERVER: OnceLock<Option<(Option<PostgresServer>, DatabaseUrl)>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        if let Some(url) = given_server() {
            return Some((None, url));
        }
        let server = PostgresServer::start()?;
        let url = server.url();
        Some((Some(server), url))
    });
    if server.is_none() {
        skipped();
    }
    server.as_ref().map(|(_, url)| url)
}

fn skipped() {
    static ONCE: Once = Once::new();
    const WHAT: &str = "no PostgreSQL found in PATH or /usr/lib/postgresql: everything on PostgreSQL is untested";
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{WHAT}");
    // Written to the stream itself, which the test harness doesn't capture.
    ONCE.call_once(|| {
        let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: {WHAT} ***\n");
    });
}

/// What helpers of tests may do: stop the test.
#[expect(clippy::panic, reason = "only tests call this module")]
fn must<T, E: std::fmt::Display>(done: Result<T, E>) -> T {
    done.unwrap_or_else(|error| panic!("test database: {error}"))
}
