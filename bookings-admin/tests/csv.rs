//! CSV out and in, on both databases.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod common;
#[path = "common/office.rs"]
mod office;

use std::path::PathBuf;

use bookings_admin::cli::Failure;
use bookings_admin::export::Export;
use bookings_admin::import::{Counts, ImportArgs, import};
use bookings_core::{
    Actor, CancelBooking, Client, CreateBooking, Overrides, Policy, ProviderId, Role, ServiceId, Status, VerbOn,
};
use bookings_db::bookings::ListQuery;
use bookings_db::catalogue::tables::{self, AddonData, ProviderData, ServiceData, TenantData};
use bookings_db::testing::{TestDatabase, databases};
use bookings_db::transaction::{Lock, write};
use bookings_db::types::Id;
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

/// The same catalogue under the same ids wherever it is opened: two tenants with a service of each kind.
fn two_tenants(db: &TestDatabase) -> Store {
    let policy = Policy { tenancy: true, ..Policy::default() };
    let store = Store::new(db.pools().clone(), policy);
    let id = |n: u128| Id(Uuid::from_u128(n));
    write(db.pools(), &Lock::none(), |conn| {
        let now = Utc::now();
        for tenant in [1, 2] {
            let (slug, own) = (format!("t{tenant}"), Some(id(tenant)));
            let data = TenantData { slug, name: format!("T{tenant}"), time_zone: None, currency: None, active: true };
            tables::tenants::insert(conn, id(tenant), &data, now)?;
            let data = ProviderData { tenant_id: own, name: format!("Room {tenant}"), active: true };
            tables::providers::insert(conn, id(10 + tenant), &data, now)?;
            let plain = ServiceData { tenant_id: own, requires_approval: true, ..an_hour("Surgery") };
            tables::services::insert(conn, id(20 + tenant), &plain, now)?;
            let class = ServiceData { allow_multiple_clients: true, capacity: 9, tenant_id: own, ..an_hour("Class") };
            tables::services::insert(conn, id(30 + tenant), &class, now)?;
            for addon in [40, 50] {
                let data = AddonData { tenant_id: own, ..office::a_quarter("Stones") };
                tables::addons::insert(conn, id(addon + tenant), &data, now)?;
            }
        }
        Ok::<_, bookings_db::StoreError>(())
    })
    .unwrap();
    store
}

#[test]
fn every_field_of_every_status_comes_over() {
    for (from, to) in databases().into_iter().zip(databases()) {
        let (old, new) = (two_tenants(&from), two_tenants(&to));
        let actor = admin();
        let by = By::new(&actor, Utc::now());
        let early = Overrides { codes: vec![bookings_core::Code::NotStarted], reason: "Early".into() };
        for (tenant, hour) in [(1, 0), (2, 0), (1, 2), (2, 2), (1, 4), (2, 4)] {
            let id = |n: u128| Uuid::from_u128(n + tenant);
            let (service, party) = if hour == 2 { (30, 2) } else { (20, 1) };
            let command = CreateBooking {
                tenant_id: Some(id(0).into()),
                addon_ids: vec![id(50).into(), id(40).into()],
                party_size: party,
                capacity_consumed: (party == 2).then_some(3),
                notes_client: " \"quoted\"; two,\r\nlines\t".into(),
                notes_internal: "'=1+1".into(),
                metadata: serde_json::json!({ "legacy": { "id": 7 } }),
                ..CreateBooking::new(
                    id(service).into(),
                    id(10).into(),
                    tomorrow(hour) + TimeDelta::microseconds(250),
                    Client { user_id: Some(id(60).into()), ..client("-Zoë \u{1f600}") },
                )
            };
            let made = old.create_booking(&command, &by).unwrap().booking().clone();
            let on = VerbOn { version: 1, overrides: early.clone() };
            let cancel = CancelBooking { version: 1, reason: "Ill".into(), overrides: Overrides::default() };
            match (tenant, hour) {
                (1, 0) => drop(old.confirm_booking(made.id, &on, &by).unwrap()),
                (2, 0) => drop(old.complete_booking(made.id, &on, &by).unwrap()),
                (1, 4) => drop(old.mark_no_show(made.id, &on, &by).unwrap()),
                (2, 2) => drop(old.cancel_booking(made.id, &cancel, &by).unwrap()),
                _ => {}
            }
        }
        let mut export = Export::new(ListQuery::new(Scope::All), ZONE);
        let mut text = String::new();
        while let Some(piece) = export.next_piece(&old).unwrap() {
            text.push_str(&piece);
        }
        let (_folder, args) = arguments(&text, false, &["not_started"]);
        let mut out = Vec::new();
        let counts = import(&new, ZONE, &args, Uuid::new_v4(), &mut out).unwrap();
        assert_eq!(counts, Counts { made: 6, already: 0, refused: 0 }, "{}", String::from_utf8_lossy(&out));
        let all = |store: &Store| {
            let found = store.pools.read(|conn| ListQuery::new(Scope::All).whole(conn, None, 100)).unwrap().0;
            let mut fields: Vec<_> = found.iter().map(bookings_core::Booking::fields).collect();
            for fields in &mut fields {
                fields.remove("reference");
                // What it was called where it comes from is new.
                fields.get_mut("metadata").unwrap().as_object_mut().unwrap().remove("external_reference");
            }
            fields.sort_by_key(|fields| (fields["start_at"].to_string(), fields["tenant_id"].to_string()));
            fields
        };
        assert_eq!(all(&new), all(&old));
    }
}
