//! Data of every schema that was released is opened by this one.
//!
//! `fixtures/v0_1.*.sql` hold the first schema with the same rows for both databases. They are never written anew: a release
//! with another schema adds its own, by `cargo test -p bookings-db --test doctor -- --ignored fixture`.

use std::path::PathBuf;

use bookings_core::{AddNote, CreateBooking, Policy, Reference, Role};
use bookings_db::connection::Conn;
use bookings_db::doctor::examine;
use bookings_db::history::state_at;
use bookings_db::migrate::{migrate, pending, revert_to};
use bookings_db::staff::{NewStaff, add_staff, list_staff};
use bookings_db::testing::{each_bare_database, sqlite_database};
use bookings_db::{By, Scope, Store, bookings};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::broken::Business;
use crate::support::{actor, at, changed};

const SQLITE: &str = include_str!("../fixtures/v0_1.sqlite.sql");
const POSTGRES: &str = include_str!("../fixtures/v0_1.postgres.sql");
/// The last migration of the first release.
const LAST: &str = "00000000000002";
/// The booking of the fixture that has most to tell.
const REFERENCE: &str = "BK-2026-H1R79RNS";

#[test]
fn data_of_the_first_release_opens_and_passes_the_doctor() {
    each_bare_database(|db| {
        let mut conn = db.url().connect().unwrap();
        let dump = if db.is_postgres() { POSTGRES } else { SQLITE };
        conn.batch_execute(dump).unwrap();
        migrate(&mut conn).unwrap();
        assert_eq!(pending(&mut conn).unwrap(), Vec::<String>::new());
        drop(conn);
        let store = Store::new(db.pools().clone(), Policy::default());
        let sound = || {
            let mut found = Vec::new();
            let examined = examine(&store, &mut |finding| found.push(finding)).unwrap();
            assert_eq!(found, []);
            (examined.bookings, examined.events)
        };
        assert_eq!(sound(), (6, 14));
        let accounts = list_staff(db.pools()).unwrap();
        assert_eq!(accounts.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Olive Owner"]);

        // It is not only read: an old booking is found, told as it was, and goes on.
        let which = (&Reference::parse(REFERENCE).unwrap()).into();
        let old = store.pools.read(|conn| bookings::find(conn, &which, Scope::All)).unwrap().unwrap();
        assert_eq!((old.client.name.as_str(), old.addons.len(), old.version), ("Ada King", 2, 3));
        let first = store.pools.read(|conn| state_at(conn, old.id, old.created_at)).unwrap().unwrap();
        assert_eq!(first.fields["client_name"], "Ada Lovelace");
        let olive = actor("Olive Owner", Role::Owner);
        let by = By::new(&olive, at(100, 0));
        let note = AddNote { version: 3, message: "still here".into() };
        assert_eq!(changed(store.add_note(&old, &note, &by)).version, 4);
        let new = CreateBooking::new(old.service_id, old.provider_id, at(120, 0), old.client.clone());
        changed(store.create_booking(&new, &by));
        assert_eq!(sound(), (7, 16));

        // Back to the first release's schema, with what it can keep, and up again.
        let mut conn = db.url().connect().unwrap();
        let taken_back = revert_to(&mut conn, LAST).unwrap();
        assert!(taken_back.len() > 5, "{taken_back:?}");
        assert_eq!(pending(&mut conn).unwrap().len(), taken_back.len());
        assert_eq!(migrate(&mut conn).unwrap().len(), taken_back.len());
        drop(conn);
        assert_eq!(sound(), (7, 16));
        let again = store.pools.read(|conn| bookings::find(conn, &which, Scope::All)).unwrap().unwrap();
        assert_eq!((again.version, again.addons.len()), (4, 2));
    });
}

#[test]
#[ignore = "writes the fixture of a release"]
fn write_the_fixture() {
    let db = sqlite_database();
    let business = Business::on(&db);
    let owner = NewStaff { name: "Olive Owner", role: Role::Owner, tenant_id: None, password_hash: "none" };
    add_staff(db.pools(), owner, business.fx.now).unwrap();
    business.fx.add_tenant("harbour");
    println!("the booking with most to tell: {}", business.edited.reference);
    let mut conn = db.url().connect().unwrap();
    for (name, own, postgres) in [("sqlite", "sqlite", false), ("postgres", "postgres", true)] {
        let migrations = format!("{}/migrations", env!("CARGO_MANIFEST_DIR"));
        let mut folders: Vec<PathBuf> = ["portable", own]
            .iter()
            .flat_map(|folder| std::fs::read_dir(format!("{migrations}/{folder}")).unwrap())
            .map(|entry| entry.unwrap().path())
            .collect();
        folders.sort_by_key(|folder| folder.file_name().map(ToOwned::to_owned));
        let up = |folder: &PathBuf| std::fs::read_to_string(folder.join("up.sql")).unwrap();
        let mut dump: String = folders.iter().map(up).collect();
        dump += "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
             run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);\n";
        for folder in &folders {
            let name = folder.file_name().unwrap().to_string_lossy();
            let version = name.split('_').next().unwrap();
            dump += &format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}');\n");
        }
        const TABLES: [&str; 9] = [
            "tenant",
            "service",
            "addon",
            "provider",
            "booking",
            "booking_addon",
            "booking_event",
            "booking_event_personal",
            "staff",
        ];
        for table in TABLES {
            dump += &inserts(&mut conn, table, postgres);
        }
        if postgres {
            dump += "SELECT setval(pg_get_serial_sequence('booking', 'seq'), (SELECT max(seq) FROM booking));\n";
        }
        let file = format!("{}/tests/fixtures/next.{name}.sql", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(file, dump).unwrap();
    }
}

/// The rows of a table as statements for either database, made from SQLite's.
fn inserts(conn: &mut Conn, table: &str, postgres: bool) -> String {
    #[derive(QueryableByName)]
    struct Column {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        kind: String,
    }
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        line: String,
    }
    // Generated columns are not among them.
    let columns = format!("SELECT name, lower(type) AS kind FROM pragma_table_info('{table}')");
    let columns: Vec<Column> = diesel::sql_query(columns).load(conn).unwrap();
    let literal = |Column { name, kind }: &Column| {
        let text = match kind.as_str() {
            "uuid" if postgres => format!("'''' || lower(hex({name})) || ''''"),
            "bytea" if postgres => format!("'''\\x' || lower(hex({name})) || ''''"),
            "boolean" if postgres => format!("CASE {name} WHEN 1 THEN 'true' ELSE 'false' END"),
            "timestamptz" if postgres => format!(
                "'''' || strftime('%Y-%m-%dT%H:%M:%S', {name} / 1000000, 'unixepoch') || \
                 printf('.%06dZ''', {name} % 1000000)"
            ),
            _ => format!("quote({name})"),
        };
        format!("CASE WHEN {name} IS NULL THEN 'NULL' ELSE {text} END")
    };
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let values: Vec<String> = columns.iter().map(literal).collect();
    let lines = format!("SELECT {} AS line FROM {table} ORDER BY rowid", values.join(" || ', ' || "));
    let lines: Vec<Line> = diesel::sql_query(lines).load(conn).unwrap();
    let statement = |Line { line }: Line| format!("INSERT INTO {table} ({}) VALUES ({line});\n", names.join(", "));
    lines.into_iter().map(statement).collect()
}
