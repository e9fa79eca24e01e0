//! An empty store filled at once: sound, with every index and wall it had, or untouched.

use bookings_core::Policy;
use bookings_db::bookings::ListQuery;
use bookings_db::bulk::{Decided, Rows};
use bookings_db::connection::DatabaseUrl;
use bookings_db::testing::{TestDatabase, databases, each_database};
use bookings_db::{Scope, StoreError};

use crate::broken::{decide, examined};
use crate::support::{Fixture, at};

/// Bookings for the catalogue of `fx`, three hours apart.
fn decided(fx: &Fixture, many: i64) -> Vec<Decided> {
    (0..many).map(|n| decide(fx, &fx.command(at(100 + 3 * n, 0)))).collect()
}

/// Everything that is made of the tables; on SQLite each table's indexes in their order, which counts.
fn made(db: &TestDatabase) -> String {
    let sql = match db.is_postgres() {
        true => {
            "SELECT string_agg(one, chr(10) ORDER BY one) AS value FROM ( \
             SELECT indexdef AS one FROM pg_indexes WHERE schemaname = 'public' \
             UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint \
             UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal) AS every"
        }
        false => {
            "SELECT group_concat(sql, char(10)) AS value FROM ( \
             SELECT sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql <> '' \
             ORDER BY type, tbl_name, CASE WHEN type = 'index' THEN rowid END, name)"
        }
    };
    db.ask_sql(sql)
}

#[test]
fn an_empty_store_is_filled_and_has_all_it_had() {
    each_database(|db| {
        let fx = Fixture::on(db, Policy::default());
        let before = made(db);
        let all = decided(&fx, 60);
        let mut heard = Vec::new();
        let ahead = || matches!(db.url(), DatabaseUrl::Sqlite(path) if path.with_extension("sqlite3-wal").exists());
        let filled = fx.store.fill(all.chunks(25).map(Rows::of), |written| heard.push((written, ahead()))).unwrap();
        assert!(filled);
        // A log written ahead would hold all of it once more.
        assert_eq!(heard, [(25, false), (50, false), (60, false)]);
        fx.create(&fx.command(at(8, 0)));
        assert_eq!(ahead(), !db.is_postgres());
        assert_eq!(made(db), before);
        assert_eq!(examined(&fx.store).0, []);
        let search = |words: &str| ListQuery { search: words.into(), ..ListQuery::new(Scope::All) };
        let found = |query: ListQuery| fx.store.pools.read(|conn| query.load(conn)).unwrap().rows.len();
        assert_eq!(found(search("lovelace")), 50);
        assert_eq!(found(search("nobody")), 0);
        // The walls stand as before.
        let again = fx.store.load_decided(&decided(&fx, 1));
        assert!(matches!(again, Err(StoreError::Wall(_))), "{again:?}");
    });
}

#[test]
fn a_store_that_holds_bookings_takes_none() {
    each_database(|db| {
        let fx = Fixture::on(db, Policy::default());
        fx.create(&fx.command(at(8, 0)));
        let before = made(db);
        let chunks = std::iter::repeat_with(|| -> Rows { panic!("nobody asks") });
        assert!(!fx.store.fill(chunks, |_| {}).unwrap());
        assert_eq!(made(db), before);
    });
}

#[test]
fn a_clash_leaves_everything_as_it_was() {
    for db in databases() {
        let fx = Fixture::on(&db, Policy::default());
        let before = made(&db);
        let twice = decided(&fx, 1);
        let clashes = [
            [decided(&fx, 3), decided(&fx, 1)],
            // The walls against double bookings let a booking stand beside itself: its key does not.
            [twice.clone(), twice],
        ];
        for chunks in clashes {
            let clash = fx.store.fill(chunks.map(|chunk| Rows::of(&chunk)), |_| {});
            assert!(matches!(clash, Err(StoreError::Wall(_))), "{clash:?}");
            assert_eq!(made(&db), before);
            assert_eq!(db.ask_sql("SELECT CAST(count(*) AS text) AS value FROM booking"), "0");
        }
    }
}
