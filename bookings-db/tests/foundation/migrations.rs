use bookings_db::connection::{Conn, Pools};
use bookings_db::migrate::{migrate, pending, revert_all};
use bookings_db::testing::{each_bare_database, each_database};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

#[test]
fn up_down_up() {
    each_bare_database(|db| {
        let mut conn = db.url().connect().unwrap();
        let empty = objects(&mut conn);
        let names = pending(&mut conn).unwrap();
        assert_eq!(objects(&mut conn), empty, "asking changes nothing");
        assert_eq!(migrate(&mut conn).unwrap(), names);
        assert_eq!(pending(&mut conn).unwrap(), Vec::<String>::new());
        assert_eq!(migrate(&mut conn).unwrap(), Vec::<String>::new());
        let full = objects(&mut conn);
        assert!(full.iter().any(|name| name == "booking_search"), "{full:?}");

        let mut back = revert_all(&mut conn).unwrap();
        back.reverse();
        assert_eq!(back, names);
        let left: Vec<_> = objects(&mut conn).into_iter().filter(|name| !name.contains("diesel")).collect();
        assert_eq!(left, empty);
        assert_eq!(migrate(&mut conn).unwrap(), names);
        assert_eq!(objects(&mut conn), full);
    });
}

/// Tables, indexes, sequences, triggers and functions of ours.
fn objects(conn: &mut Conn) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let sql = match conn {
        Conn::Lite(_) => "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name",
        Conn::Pg(_) => {
            "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace \
             UNION ALL SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal \
             UNION ALL SELECT conname::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
             UNION ALL SELECT proname::text FROM pg_proc WHERE proname LIKE 'booking%' ORDER BY name"
        }
    };
    diesel::sql_query(sql).load::<Name>(conn).unwrap().into_iter().map(|row| row.name).collect()
}

#[test]
fn several_processes_starting_together_migrate_once() {
    each_bare_database(|db| {
        let runs: Vec<_> = std::thread::scope(|scope| {
            let start = || migrate(&mut db.url().connect().unwrap()).unwrap().len();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let names = runs.iter().max().copied().unwrap();
        assert!(names > 0);
        assert_eq!(runs.iter().sum::<usize>(), names, "{runs:?}");
    });
}

#[test]
fn a_newer_schema_is_refused_by_name() {
    each_database(|db| {
        let mut conn = db.url().connect().unwrap();
        conn.batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')").unwrap();
        for error in [migrate(&mut conn).unwrap_err(), pending(&mut conn).unwrap_err()] {
            let error = error.to_string();
            assert!(error.contains("99990101000000") && error.contains("newer"), "{error}");
        }
    });
}

#[test]
fn a_migration_that_fails_leaves_nothing_behind() {
    each_bare_database(|db| {
        let mut conn = db.url().connect().unwrap();
        // In the way of the last table of the first migration.
        conn.batch_execute("CREATE TABLE session (x integer)").unwrap();
        let before = objects(&mut conn);
        let error = migrate(&mut conn).unwrap_err().to_string();
        assert!(error.contains("00000000000001_base") && error.contains("session"), "{error}");
        assert_eq!(objects(&mut conn), before);
    });
}

#[test]
fn sqlite_connections_keep_what_they_acknowledge_and_readers_only_read() {
    let db = bookings_db::testing::sqlite_database();
    let pragma = |conn: &mut Conn, name: &str| -> String {
        #[derive(QueryableByName)]
        struct Value {
            #[diesel(sql_type = diesel::sql_types::Text)]
            value: String,
        }
        let sql = format!("SELECT cast({name} AS text) AS value FROM pragma_{name}");
        diesel::sql_query(sql).get_result::<Value>(conn).unwrap().value
    };
    let mut conn = db.url().connect().unwrap();
    assert_eq!(pragma(&mut conn, "journal_mode"), "wal");
    assert_eq!(pragma(&mut conn, "synchronous"), "2");
    assert_eq!(pragma(&mut conn, "foreign_keys"), "1");
    let refused = db.pools().read(|conn| Ok(conn.batch_execute("DELETE FROM staff").unwrap_err().to_string())).unwrap();
    assert!(refused.contains("readonly"), "{refused}");
    let clone: Pools = db.pools().clone();
    assert_eq!(clone.url(), db.url());
}
