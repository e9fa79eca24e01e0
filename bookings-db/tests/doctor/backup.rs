//! A copy of a database in use is whole.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use bookings_core::{Policy, Reference};
use bookings_db::backup::{BackupError, backup};
use bookings_db::bookings::find;
use bookings_db::connection::{DatabaseUrl, Pools};
use bookings_db::doctor::examine;
use bookings_db::testing::{postgres_database, sqlite_database};
use bookings_db::{Scope, Store};

use crate::support::{Fixture, at, changed, move_to};

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Writers go on all the while: what was acknowledged before a copy began is in it, and nothing of it is half.
#[test]
fn a_copy_made_under_load_passes_the_doctor() {
    let db = sqlite_database();
    let fx = Fixture::on(&db, Policy::default());
    let providers: Vec<_> = (0..3).map(|_| fx.add_provider(None, true)).collect();
    let folder = tempfile::tempdir().unwrap();
    let ended = AtomicBool::new(false);
    let acknowledged: Mutex<Vec<Reference>> = Mutex::new(Vec::new());
    let (begun, wait) = channel();
    std::thread::scope(|scope| {
        for provider in providers {
            let (fx, ended, acknowledged, begun) = (&fx, &ended, &acknowledged, begun.clone());
            scope.spawn(move || {
                for n in (0..).take_while(|_| !ended.load(Ordering::Relaxed)) {
                    let command = bookings_core::CreateBooking {
                        provider_id: provider,
                        addon_ids: vec![fx.towel],
                        ..fx.command(at(4 * n, 0))
                    };
                    let made = fx.create(&command);
                    let moved =
                        changed(fx.store.reschedule_booking(&made, &move_to(&made, at(4 * n + 1, 0)), &fx.by()));
                    acknowledged.lock().unwrap().push(moved.reference);
                    // Gone once nobody waits any more.
                    let _ = begun.send(());
                }
            });
        }
        // Some from everybody.
        wait.iter().take(30).for_each(drop);
        for copy in 1..=5 {
            let file = folder.path().join(format!("copy{copy}.sqlite3"));
            let before = acknowledged.lock().unwrap().clone();
            let bytes = backup(db.url(), &file).unwrap();
            assert_eq!(bytes, std::fs::metadata(&file).unwrap().len());
            let store = Store::new(Pools::open(&DatabaseUrl::Sqlite(file)).unwrap(), Policy::default());
            let mut found = Vec::new();
            let examined = examine(&store, &mut |finding| found.push(finding)).unwrap();
            assert_eq!(found, []);
            assert!(examined.bookings >= before.len() as u64, "{examined:?}");
            for reference in &before {
                let there = store.pools.read(|conn| find(conn, &reference.into(), Scope::All)).unwrap();
                assert!(there.is_some_and(|booking| booking.version == 2), "{reference} is not in the copy");
            }
        }
        ended.store(true, Ordering::Relaxed);
    });
    fx.check();
}

#[test]
fn an_existing_file_is_left_alone_and_nothing_else_stays() {
    use std::os::unix::fs::PermissionsExt;
    let db = sqlite_database();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.sqlite3");
    std::fs::write(&file, "mine").unwrap();
    assert!(matches!(backup(db.url(), &file), Err(BackupError::Exists(_))));
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    std::fs::remove_file(&file).unwrap();
    // Left by one that was killed.
    std::fs::write(folder.path().join("copy.sqlite3.part"), "half").unwrap();
    backup(db.url(), &file).unwrap();
    assert_eq!(names(folder.path()), ["copy.sqlite3"]);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let nowhere = folder.path().join("no/such/folder.sqlite3");
    assert!(matches!(backup(db.url(), &nowhere), Err(BackupError::File(..))));
    let missing = DatabaseUrl::Sqlite(folder.path().join("missing.sqlite3"));
    assert!(matches!(backup(&missing, &folder.path().join("other")), Err(BackupError::Missing(_))));
    assert_eq!(names(folder.path()), ["copy.sqlite3"]);
}

#[test]
fn a_file_that_is_no_database_gives_no_copy() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.sqlite3");
    std::fs::write(&broken, "not a database at all, but long enough to be looked at".repeat(40)).unwrap();
    let error = backup(&DatabaseUrl::Sqlite(broken), &folder.path().join("copy")).unwrap_err();
    assert!(error.to_string().contains("not a database"), "{error}");
    assert_eq!(names(folder.path()), ["broken.sqlite3"]);
}

#[test]
fn postgres_is_told_its_own_command() {
    let Some(db) = postgres_database() else { return };
    let folder = tempfile::tempdir().unwrap();
    let error = backup(db.url(), &folder.path().join("copy.dump")).unwrap_err();
    let BackupError::Elsewhere(command) = error else { panic!("{error}") };
    assert!(command.starts_with("pg_dump ") && command.contains("copy.dump"), "{command}");
    assert!(names(folder.path()).is_empty());
}
