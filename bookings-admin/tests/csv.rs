//! CSV out and in, on both databases.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod common;
#[path = "common/office.rs"]
mod office;

use std::path::PathBuf;

use bookings_admin::cli::Failure;
use bookings_admin::import::{Counts, ImportArgs, import};
use bookings_core::{
    Actor, CancelBooking, Client, CreateBooking, Overrides, ProviderId, Role, ServiceId, Status, VerbOn,
};
use bookings_db::bookings::ListQuery;
use bookings_db::testing::{TestDatabase, databases};
use bookings_db::{By, Scope, Store};
use chrono::{DateTime, TimeDelta, Utc};
use common::{Browser, PASSWORD, on_each_database, serving, settings, staff, state};
use office::{an_hour, provider, service};
use uuid::Uuid;

const ZONE: chrono_tz::Tz = chrono_tz::America::Port_of_Spain;

fn admin() -> Actor {
    Actor { id: None, name: "Ada".into(), role: Role::Admin }
}

fn tomorrow(hour: i64) -> DateTime<Utc> {
    let today = Utc::now().date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc();
    today + TimeDelta::days(1) + TimeDelta::hours(hour)
}

fn client(name: &str) -> Client {
    Client { name: name.into(), email: "=1+1@example.com".into(), phone: "+1 868 555 0100".into(), user_id: None }
}

struct Shop {
    store: Store,
    room: ProviderId,
    massage: ServiceId,
}

fn shop(db: &TestDatabase) -> Shop {
    let store = Store::new(db.pools().clone(), Default::default());
    Shop { room: provider(db.pools(), "Room 1", None), massage: service(db.pools(), an_hour("Massage")), store }
}

/// A cancelled booking over a confirmed one, a completed and a no-show one, all with names that need quoting.
fn fill(shop: &Shop) {
    let actor = admin();
    let by = By::new(&actor, Utc::now());
    let make = |name: &str, start| {
        let command = CreateBooking::new(shop.massage, shop.room, start, client(name));
        shop.store.create_booking(&command, &by).unwrap().booking().clone()
    };
    let cancelled = make("Bob, \"the\" first", tomorrow(10) + TimeDelta::minutes(30));
    let command = CancelBooking { version: 1, reason: "Ill".into(), overrides: Overrides::default() };
    shop.store.cancel_booking(&cancelled, &command, &by).unwrap();
    make("=cmd|' /C calc'!A0", tomorrow(10));
    let early = Overrides { codes: vec![bookings_core::Code::NotStarted], reason: "Came early".into() };
    let verb = VerbOn { version: 1, overrides: early };
    shop.store.complete_booking(&make("Zoë Ångström", tomorrow(12)), &verb, &by).unwrap();
    shop.store.mark_no_show(&make("'t Hooft", tomorrow(14)), &verb, &by).unwrap();
}

/// What an import must bring over, everything but references, ids and when it was typed in: name, phone, start, end, status,
/// e-mail.
type Seen = (String, String, DateTime<Utc>, DateTime<Utc>, Status, String);

fn seen(store: &Store) -> Vec<Seen> {
    let query = ListQuery::new(Scope::All);
    let (all, _) = store.pools.read(|conn| query.whole(conn, None, 100)).unwrap();
    let mut rows: Vec<_> = all
        .into_iter()
        .map(|one| (one.client.name, one.client.phone, one.start_at, one.end_at, one.status, one.client.email))
        .collect();
    rows.sort();
    rows
}

async fn exported(db: &TestDatabase, path: &str) -> (u16, String) {
    let app = serving(state(db, settings(db))).await;
    let mut browser = Browser::new(&app);
    browser.sign_in("Ada", PASSWORD).await;
    let page = browser.get(path).await;
    (page.status, page.body)
}

fn arguments(text: &str, dry_run: bool, overrides: &[&str]) -> (tempfile::TempDir, ImportArgs) {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("in.csv");
    std::fs::write(&file, text).unwrap();
    let overrides = overrides.iter().map(|code| (*code).to_owned()).collect();
    (folder, ImportArgs { file, dry_run, overrides, override_reason: "Moved over".into() })
}

fn run(shop: &Shop, text: &str, dry_run: bool, overrides: &[&str]) -> (Counts, String) {
    let (_folder, args) = arguments(text, dry_run, overrides);
    let mut out = Vec::new();
    let counts = import(&shop.store, ZONE, &args, Uuid::new_v4(), &mut out).unwrap();
    (counts, String::from_utf8(out).unwrap())
}

#[test]
fn what_is_exported_is_imported_into_an_empty_database_and_only_once() {
    for (from, to) in databases().into_iter().zip(databases()) {
        actix_web::rt::System::new().block_on(async {
            let (old, new) = (shop(&from), shop(&to));
            fill(&old);
            staff(from.pools(), "Ada", Role::Admin);
            let (status, text) = exported(&from, "/bookings.csv").await;
            assert_eq!(status, 200);
            let text = text
                .replace(&old.massage.to_string(), &new.massage.to_string())
                .replace(&old.room.to_string(), &new.room.to_string());

            let (counts, report) = run(&new, &text, true, &["not_started"]);
            assert_eq!(counts, Counts { made: 4, already: 0, refused: 0 }, "{report}");
            assert!(seen(&new.store).is_empty(), "a dry run writes nothing");

            let (counts, report) = run(&new, &text, false, &[]);
            assert_eq!(counts, Counts { made: 2, already: 0, refused: 2 }, "{report}");
            assert!(report.contains(",not_started,"), "{report}");
            // As after an import that broke off between making and completing.
            let (counts, report) = run(&new, &text, false, &["not_started"]);
            assert_eq!(counts, Counts { made: 0, already: 4, refused: 0 }, "{report}");
            assert_eq!(seen(&new.store), seen(&old.store));
            let (counts, _) = run(&new, &text, false, &["not_started"]);
            assert_eq!(counts, Counts { made: 0, already: 4, refused: 0 });
            assert_eq!(seen(&new.store).len(), 4);
        });
    }
}

#[test]
fn an_export_is_exactly_the_filter_and_no_formula() {
    on_each_database(|db| async move {
        let shop = shop(&db);
        fill(&shop);
        staff(db.pools(), "Ada", Role::Admin);
        let (_, all) = exported(&db, "/bookings.csv").await;
        assert!(all.contains(",'=cmd|' /C calc'!A0,'=1+1@example.com,'+1 868 555 0100,"), "{all}");
        assert!(all.contains("\"Bob, \"\"the\"\" first\""), "{all}");
        assert!(all.contains(",America/Port_of_Spain,"), "{all}");
        let (_, one) = exported(&db, "/bookings.csv?status=NO_SHOW").await;
        assert_eq!(one.lines().count(), 2, "{one}");
        assert!(one.contains("'t Hooft"));
        let (status, _) = exported(&db, "/bookings.csv?status=BOGUS").await;
        assert_eq!(status, 422);
    });
}

#[test]
fn only_admins_export() {
    on_each_database(|db| async move {
        staff(db.pools(), "Sam", Role::Staff);
        let app = serving(state(&db, settings(&db))).await;
        let mut browser = Browser::new(&app);
        browser.sign_in("Sam", PASSWORD).await;
        assert_eq!(browser.get("/bookings.csv").await.status, 403);
        assert!(!browser.get("/bookings").await.has("a[href^='/bookings.csv']"));
    });
}

#[test]
fn every_reason_against_a_row_is_reported_and_the_others_are_made() {
    for db in databases() {
        let shop = shop(&db);
        let start = tomorrow(15).to_rfc3339();
        let text = format!(
            "external_reference;service;provider;start_at;client_name\n\
             a;Massage;Room 1;{start};Ann\n\
             b;massage;ROOM 1;{start};Ben\n\
             c;Sauna;Nowhere;yesterday;Cem\n\
             ;Massage;Room 1;{start};Dora\n"
        );
        for dry_run in [true, false] {
            let (counts, report) = run(&shop, &text, dry_run, &[]);
            assert_eq!(counts, Counts { made: 1, already: 0, refused: 3 }, "{report}");
            for line in ["3,b,refused,,overlap,", "4,c,refused,,unknown_service,", "4,c,refused,,unknown_provider,"] {
                assert!(report.contains(line), "{line} is not in {report}");
            }
            assert!(report.contains("4,c,refused,,invalid,start_at,"), "{report}");
            assert!(report.contains("5,,refused,,required,external_reference,"), "{report}");
        }
        let other = text.replace("Ann", "Anna");
        let (_, report) = run(&shop, &other, false, &[]);
        assert!(report.contains("2,a,refused,,idempotency_mismatch,"), "{report}");
    }
}

#[test]
fn files_that_are_none_say_what_is_wrong() {
    let db = databases().into_iter().next().unwrap();
    let shop = shop(&db);
    for (text, problem) in [("nmae,start_at\n", "column \"nmae\" is not known"), ("status,status\n", "twice"), ("", "")]
    {
        let (_folder, args) = arguments(text, false, &[]);
        let done = import(&shop.store, ZONE, &args, Uuid::new_v4(), &mut Vec::new());
        match done {
            Ok(counts) => assert_eq!((counts, problem), (Counts::default(), "")),
            Err(Failure::Refused(line) | Failure::Usage(line)) => assert!(line.contains(problem), "{line}"),
        }
    }
}
