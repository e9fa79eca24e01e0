//! The schema's history, carried in the program.
//!
//! A run is one transaction under one lock: processes that start together migrate once, and a failure leaves nothing behind.
//! What was run is kept in diesel's own table, so that its command line tool can read it.

use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};
use diesel::prelude::*;

use crate::connection::Conn;
use crate::error::StoreError;
use crate::schema;
use crate::search::fold;
use crate::transaction::commit;
use crate::types::Id;

struct Migration {
    version: &'static str,
    name: &'static str,
    up: &'static str,
    /// What SQL alone can't do, after it.
    then: fn(&mut Conn) -> Result<(), diesel::result::Error>,
    down: &'static str,
}

macro_rules! migration {
    ($folder:literal, $version:literal, $name:literal) => {
        migration!($folder, $version, $name, |_| Ok(()))
    };
    ($folder:literal, $version:literal, $name:literal, $then:expr) => {
        Migration {
            version: $version,
            name: $name,
            up: include_str!(concat!("../migrations/", $folder, "/", $version, "_", $name, "/up.sql")),
            then: $then,
            down: include_str!(concat!("../migrations/", $folder, "/", $version, "_", $name, "/down.sql")),
        }
    };
}

/// In the order they run.
const POSTGRES: &[Migration] = &[
    migration!("portable", "00000000000001", "base"),
    migration!("postgres", "00000000000002", "walls"),
    migration!("portable", "00000000000010", "door"),
    migration!("postgres", "00000000000011", "audit_wall"),
    migration!("portable", "00000000000020", "selections"),
    migration!("postgres", "00000000000021", "reference_prefix"),
    migration!("portable", "00000000000022", "clients"),
    migration!("portable", "00000000000030", "views"),
    migration!("portable", "00000000000031", "list_indexes"),
    migration!("portable", "00000000000040", "imports"),
    migration!("portable", "00000000000050", "second_factor"),
    migration!("portable", "00000000000051", "preferences"),
    migration!("portable", "00000000000060", "catalogue", fold_catalogue_names),
    migration!("postgres", "00000000000061", "catalogue_wall"),
    migration!("postgres", "00000000000062", "audit_subject"),
    migration!("postgres", "00000000000070", "days_index"),
    migration!("portable", "00000000000080", "selected_seq"),
    migration!("postgres", "00000000000090", "search_by_start"),
];
const SQLITE: &[Migration] = &[
    migration!("portable", "00000000000001", "base"),
    migration!("sqlite", "00000000000002", "walls"),
    migration!("portable", "00000000000010", "door"),
    migration!("sqlite", "00000000000011", "audit_wall"),
    migration!("portable", "00000000000020", "selections"),
    migration!("portable", "00000000000022", "clients"),
    migration!("portable", "00000000000030", "views"),
    migration!("portable", "00000000000031", "list_indexes"),
    migration!("portable", "00000000000040", "imports"),
    migration!("portable", "00000000000050", "second_factor"),
    migration!("portable", "00000000000051", "preferences"),
    migration!("portable", "00000000000060", "catalogue", fold_catalogue_names),
    migration!("sqlite", "00000000000061", "catalogue_wall"),
    migration!("sqlite", "00000000000062", "audit_subject"),
    migration!("sqlite", "00000000000070", "days_index"),
    migration!("portable", "00000000000080", "selected_seq"),
    migration!("sqlite", "00000000000090", "search_by_start"),
];

/// Names are folded by the program alone, so that both databases find the same.
fn fold_catalogue_names(conn: &mut Conn) -> Result<(), diesel::result::Error> {
    macro_rules! fold_names {
        ($table:ident) => {
            for (id, name) in
                schema::$table::table.select((schema::$table::id, schema::$table::name)).load::<(Id, String)>(conn)?
            {
                let row = diesel::update(schema::$table::table.find(id));
                row.set(schema::$table::name_key.eq(fold(&name))).execute(conn)?;
            }
        };
    }
    fold_names!(addon);
    fold_names!(tenant);
    Ok(())
}

diesel::table! {
    /// Diesel's own record.
    __diesel_schema_migrations (version) {
        /// Of a migration that was run.
        version -> Text,
    }
}
use __diesel_schema_migrations as done;

/// Runs what was not run yet and names it.
///
/// # Errors
/// [`StoreError::Internal`] when the database was migrated by a newer program: nothing is touched then.
/// [`StoreError::Busy`] when another process migrates for longer than a minute (SQLite).
pub fn migrate(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    locked(conn, |conn| {
        conn.batch_execute(
            "CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (\
             version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
        )?;
        let mut names = Vec::new();
        for migration in missing(conn)? {
            let done = conn.batch_execute(migration.up).and_then(|()| (migration.then)(conn));
            done.map_err(|error| failed(migration, "up", error))?;
            diesel::insert_into(done::table).values(done::version.eq(migration.version)).execute(conn)?;
            names.push(label(migration));
        }
        Ok(names)
    })
}

/// Names what [`migrate`] would run; changes nothing.
///
/// # Errors
/// As [`migrate`].
pub fn pending(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    Ok(missing(conn)?.into_iter().map(label).collect())
}

/// Takes every migration back, newest first, with all data, and names them.
///
/// # Errors
/// As [`migrate`].
pub fn revert_all(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    revert_to(conn, "")
}

/// Takes back every migration behind that version, newest first, with what only they keep, and names them.
///
/// # Errors
/// As [`migrate`].
pub fn revert_to(conn: &mut Conn, last: &str) -> Result<Vec<String>, StoreError> {
    locked(conn, |conn| {
        let applied = applied(conn)?;
        let mut names = Vec::new();
        let behind = |m: &&Migration| m.version > last && applied.iter().any(|version| version == m.version);
        for migration in known(conn).iter().rev().filter(behind) {
            conn.batch_execute(migration.down).map_err(|error| failed(migration, "down", error))?;
            diesel::delete(done::table.find(migration.version)).execute(conn)?;
            names.push(label(migration));
        }
        Ok(names)
    })
}

fn label(migration: &Migration) -> String {
    format!("{}_{}", migration.version, migration.name)
}

fn failed(migration: &Migration, way: &str, error: diesel::result::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Internal(problem) => {
            StoreError::Internal(format!("migration {} ({way}): {problem}", label(migration)))
        }
        other => other,
    }
}

fn known(conn: &Conn) -> &'static [Migration] {
    match conn {
        Conn::Pg(_) => POSTGRES,
        Conn::Lite(_) => SQLITE,
    }
}

fn missing(conn: &mut Conn) -> Result<Vec<&'static Migration>, StoreError> {
    let applied = applied(conn)?;
    let known = known(conn);
    if let Some(newer) = applied.iter().find(|version| known.iter().all(|m| m.version != **version)) {
        return Err(StoreError::Internal(format!(
            "the database has migration {newer}, which this program doesn't know: it was migrated by a newer one"
        )));
    }
    Ok(known.iter().filter(|m| applied.iter().all(|version| version != m.version)).collect())
}

fn applied(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        found: bool,
    }
    let table = diesel::sql_query(match conn {
        Conn::Pg(_) => "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS found",
        Conn::Lite(_) => {
            "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = '__diesel_schema_migrations') AS found"
        }
    });
    if !table.get_result::<Found>(conn)?.found {
        return Ok(Vec::new());
    }
    Ok(done::table.select(done::version).order(done::version).load(conn)?)
}

/// One transaction that no other migrating process shares.
fn locked<T>(conn: &mut Conn, body: impl FnOnce(&mut Conn) -> Result<T, StoreError>) -> Result<T, StoreError> {
    match conn {
        Conn::Lite(lite) => {
            // An index over millions of rows takes its time, and whoever comes second waits for it.
            lite.batch_execute("PRAGMA busy_timeout=60000")?;
            AnsiTransactionManager::begin_transaction_sql(lite, "BEGIN IMMEDIATE")?;
        }
        Conn::Pg(pg) => {
            const BEGIN: &str = "BEGIN; SET LOCAL statement_timeout=0; SET LOCAL lock_timeout=0; \
                 SELECT pg_advisory_xact_lock(7061882014)";
            AnsiTransactionManager::begin_transaction_sql(pg, BEGIN)?;
        }
    }
    let done = match body(conn) {
        Ok(value) => commit(conn).map(|()| value),
        Err(error) => {
            // The connection's owner sees the open transaction if even this fails.
            let _ = <Conn as Connection>::TransactionManager::rollback_transaction(conn);
            Err(error)
        }
    };
    if let Conn::Lite(lite) = conn {
        lite.batch_execute("PRAGMA busy_timeout=5000")?;
    }
    done
}
