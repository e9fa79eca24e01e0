//! The commands that keep data whole, through the program itself: doctor, history, backup, and processes that start together.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

#[path = "common/office.rs"]
mod office;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use bookings_db::testing::{TestDatabase, each_bare_database, each_database, sqlite_database};

fn program(folder: &Path, database: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bookings-admin"));
    command
        .args(arguments)
        .env_clear()
        .env("BOOKINGS_DATABASE_URL", database)
        .env("BOOKINGS_TIME_ZONE", "America/Port_of_Spain")
        .env("BOOKINGS_LISTEN", "127.0.0.1:0")
        .current_dir(folder);
    command
}

/// Exit code, standard output and standard error, which is one line at the most.
fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, complaint) = (text(&output.stdout), text(&output.stderr));
    assert!(complaint.lines().count() <= 1, "{complaint}");
    (output.status.code().unwrap(), out, complaint)
}

fn run(database: &TestDatabase, arguments: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    said(&program(folder.path(), &database.url().to_string(), arguments).output().unwrap())
}

fn demo(database: &TestDatabase) {
    let arguments = ["demo", "--bookings", "120", "--days", "20", "--from", "2026-11-01"];
    assert_eq!(run(database, &arguments).0, 0);
}

#[test]
fn demo_data_is_sound() {
    each_database(|db| {
        demo(db);
        let (code, out, complaint) = run(db, &["doctor"]);
        assert_eq!((code, complaint.as_str()), (0, ""), "{out}");
        assert!(out.starts_with("read 120 bookings and ") && out.ends_with(": nothing is broken\n"), "{out}");
    });
}

#[test]
fn the_doctor_says_what_is_broken_and_what_to_do() {
    each_database(|db| {
        demo(db);
        let broken = db.ask_sql("SELECT reference AS value FROM booking ORDER BY seq LIMIT 1");
        db.run_sql(&format!("UPDATE booking SET notes_client = 'rewritten' WHERE reference = '{broken}'"));
        let (code, out, complaint) = run(db, &["doctor"]);
        assert_eq!((code, complaint.as_str()), (1, "bookings-admin: 1 finding\n"));
        let lines: Vec<&str> = out.lines().collect();
        assert!(lines[0].starts_with(&format!("row_and_history {broken}: notes_client is not what")), "{out}");
        assert!(lines[0].contains("What to do: ") && !out.contains("rewritten"), "{out}");
        assert!(lines[1].starts_with("read 120 bookings") && lines.len() == 2, "{out}");

        let (code, out, _) = run(db, &["doctor", "--json"]);
        let objects: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((code, objects.len()), (1, 2), "{out}");
        assert_eq!((&objects[0]["code"], &objects[0]["reference"]), (&"row_and_history".into(), &broken.into()));
        assert!(objects[0]["sentence"].is_string() && objects[0]["remedy"].is_string());
        assert_eq!((&objects[1]["read"]["bookings"], &objects[1]["findings"]), (&120.into(), &1.into()));
    });
}

#[test]
fn a_booking_is_told_as_it_was() {
    each_database(|db| {
        demo(db);
        let sql =
            "SELECT reference AS value FROM booking WHERE status = 'COMPLETED' ORDER BY version DESC, seq LIMIT 1";
        let reference = db.ask_sql(sql);
        let (code, out, _) = run(db, &["history", &reference]);
        assert_eq!(code, 0);
        assert!(out.starts_with(&format!("{reference}: ")) && out.contains(" CREATED by Demo\n"), "{out}");
        assert!(out.contains("    status: \"CONFIRMED\" -> \"COMPLETED\"\n"), "{out}");
        let created = out.lines().find(|line| line.contains(" CREATED ")).unwrap();
        let made = created.split(' ').nth(1).unwrap();
        assert!(made.ends_with("-04:00"), "on the clocks of the zone: {made}");
        let at = |time: &str| run(db, &["history", &reference, "--at", time]);
        // As an instant, and as a time on the clocks of the zone.
        for time in [made, made.strip_suffix("-04:00").unwrap()] {
            let (code, out, complaint) = at(time);
            assert_eq!(code, 0, "{complaint}");
            assert!(out.contains("CREATED by Demo left it") && !out.contains("COMPLETED"), "{out}");
        }
        assert!(at("9000-01-01T00:00").1.contains("status: \"COMPLETED\"\n"));
        let (code, _, complaint) = at("2001-01-01T00:00");
        assert!(code == 1 && complaint.contains("there was none"), "{complaint}");
        let (code, _, complaint) = at("yesterday");
        assert!(code == 2 && complaint.contains("\"yesterday\""), "{complaint}");
        assert_eq!(run(db, &["history", "BK-2001-00000000"]).0, 1);
        assert_eq!(run(db, &["history", "nonsense"]).0, 2);
    });
}

/// A process that is killed in the middle of a file, again and again: it is run once more until it comes to its end.
#[test]
fn an_import_that_was_killed_is_run_again_and_makes_nothing_twice() {
    const ROWS: usize = 1_500;
    each_database(|db| {
        office::provider(db.pools(), "Room 1", None);
        office::service(db.pools(), office::an_hour("Massage"));
        let folder = tempfile::tempdir().unwrap();
        let day = |n: usize| chrono::NaiveDate::from_ymd_opt(2031, 1, 1).unwrap() + chrono::Days::new(n as u64);
        let rows: String = (0..ROWS).map(|n| format!("r{n},Massage,Room 1,{}T10:00,Ann\n", day(n))).collect();
        let text = format!("external_reference,service,provider,start_at,client_name\n{rows}");
        std::fs::write(folder.path().join("visits.csv"), text).unwrap();
        let url = db.url().to_string();
        let import = || program(folder.path(), &url, &["import", "visits.csv"]);
        let count = |what: &str| db.ask_sql(&format!("SELECT CAST(count({what}) AS text) AS value FROM booking"));
        for least in [50, 200, 350] {
            let mut child = import().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            while count("*").parse::<usize>().unwrap() < least {
                assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            }
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(count("*").parse::<usize>().unwrap() < ROWS, "killed too late to prove anything");
        }
        let (code, out, complaint) = said(&import().output().unwrap());
        assert_eq!(code, 0, "{out} {complaint}");
        assert_eq!((count("*"), count("DISTINCT idempotency_key")), (ROWS.to_string(), ROWS.to_string()));
        assert_eq!(run(db, &["doctor"]).1, format!("read {ROWS} bookings and {ROWS} events: nothing is broken\n"));
    });
}

/// What the program alone can judge: views that its list can't open, second factors that its keys don't open.
#[test]
fn the_doctor_knows_views_that_no_list_opens_and_secrets_that_no_key_opens() {
    each_database(|db| {
        demo(db);
        db.run_sql(
            "INSERT INTO saved_view (id, staff_id, tenant_id, name, name_key, query, created_at, updated_at) \
             SELECT id, NULL, NULL, 'Late', 'late', 'status=PENDING&sort=mood', created_at, updated_at \
             FROM service ORDER BY id LIMIT 1",
        );
        let (code, out, _) = run(db, &["doctor"]);
        assert_eq!(code, 1);
        assert!(out.starts_with("saved_view: no list can open saved view ") && out.contains("sort=mood"), "{out}");
        db.run_sql("UPDATE saved_view SET query = 'status=PENDING&sort=-start_at&column=price'");
        assert_eq!(run(db, &["doctor"]).0, 0);

        db.run_sql(
            "INSERT INTO staff (id, name, name_key, password_hash, role, tenant_id, active, version, created_at, \
             updated_at) SELECT id, 'Ann', 'ann', 'none', 'staff', NULL, TRUE, 1, created_at, updated_at \
             FROM service ORDER BY id LIMIT 1",
        );
        db.run_sql(
            "INSERT INTO second_factor (staff_id, sealed_secret, confirmed_at, last_step) \
             SELECT id, (SELECT chain_hash FROM booking ORDER BY seq LIMIT 1), created_at, 0 FROM staff \
             WHERE name_key = 'ann'",
        );
        let folder = tempfile::tempdir().unwrap();
        let mut doctor = program(folder.path(), &db.url().to_string(), &["doctor"]);
        let (code, out, _) = said(&doctor.env("BOOKINGS_SECRET_KEY", "a".repeat(64)).output().unwrap());
        assert_eq!(code, 1);
        assert!(out.contains("second_factor: none of the secret keys opens the second factor of account "), "{out}");
    });
}

#[test]
fn a_backup_opens_as_a_database() {
    let db = sqlite_database();
    demo(&db);
    let folder = tempfile::tempdir().unwrap();
    let run = |database: &str, arguments: &[&str]| said(&program(folder.path(), database, arguments).output().unwrap());
    let (code, out, _) = run(&db.url().to_string(), &["backup", "copy.sqlite3"]);
    assert!(code == 0 && out.contains("to copy.sqlite3 ("), "{out}");
    let (code, out, _) = run("sqlite:copy.sqlite3", &["doctor"]);
    assert!(code == 0 && out.starts_with("read 120 bookings"), "{out}");
    let (code, _, complaint) = run(&db.url().to_string(), &["backup", "copy.sqlite3"]);
    assert!(code == 1 && complaint.contains("is there already"), "{complaint}");
    for command in [["backup", "x"], ["history", "BK-2026-00000000"]] {
        let (code, _, complaint) = run("sqlite:nothing.sqlite3", &command);
        assert!(code == 1 && complaint.contains("nothing.sqlite3"), "{complaint}");
    }
    assert!(!folder.path().join("nothing.sqlite3").exists() && !folder.path().join("x").exists());
    let (code, out, complaint) = run("postgres://ann:secret@db.example/book", &["backup", "book.dump"]);
    assert_eq!(out, "pg_dump --format=custom --file='book.dump' --dbname='postgres://ann@db.example/book'\n");
    assert!(code == 1 && complaint.contains("nothing was copied") && !complaint.contains("secret"), "{complaint}");
}

#[test]
fn processes_that_start_together_migrate_once() {
    each_bare_database(|db| {
        let folder = tempfile::tempdir().unwrap();
        let url = db.url().to_string();
        let start = || {
            let mut command = program(folder.path(), &url, &["migrate"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let started: Vec<_> = (0..4).map(|_| start()).collect();
        let ended: Vec<_> = started.into_iter().map(|child| said(&child.wait_with_output().unwrap())).collect();
        assert!(ended.iter().all(|(code, _, complaint)| *code == 0 && complaint.is_empty()), "{ended:?}");
        let migrated: Vec<_> = ended.iter().filter(|(_, out, _)| out.starts_with("migrated ")).collect();
        let idle = ended.iter().filter(|(_, out, _)| out == "nothing to migrate\n").count();
        assert_eq!((migrated.len(), idle), (1, 3), "{ended:?}");
        assert_eq!(run(db, &["doctor"]).1, "read 0 bookings and 0 events: nothing is broken\n");
    });
}

#[test]
fn a_newer_or_older_schema_stops_the_program() {
    each_database(|db| {
        db.run_sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')");
        for arguments in
            [&["serve"][..], &["migrate"], &["migrate", "--check"], &["doctor"], &["history", "BK-2026-00000000"]]
        {
            let (code, out, complaint) = run(db, arguments);
            assert!(code == 1 && out.is_empty(), "{arguments:?}: {out}");
            assert!(complaint.contains("99990101000000") && complaint.contains("newer"), "{arguments:?}: {complaint}");
        }
        db.run_sql("DELETE FROM __diesel_schema_migrations WHERE version = '99990101000000'");
        assert_eq!(run(db, &["doctor"]).0, 0);
    });
    each_bare_database(|db| {
        // An empty file is a database that was not migrated yet; it stays as it is.
        db.run_sql("SELECT 1");
        let (code, _, complaint) = run(db, &["doctor"]);
        assert!(code == 1 && complaint.contains("migrations are pending"), "{complaint}");
        assert!(matches!(run(db, &["migrate", "--check"]), (1, _, _)));
    });
}
