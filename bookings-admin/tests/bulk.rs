//! Bulk work through its pages, on both databases.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod common;
#[path = "common/office.rs"]
mod office;

use bookings_core::{Actor, Booking, Client, CreateBooking, Role, Status};
use bookings_db::catalogue::tables::ServiceData;
use bookings_db::testing::TestDatabase;
use bookings_db::{By, Scope, Store, bookings};
use chrono::{TimeDelta, Utc};
use common::{Browser, PASSWORD, on_each_database, serving, settings, staff, state};
use office::{an_hour, provider, service};

struct Day {
    store: Store,
    bookings: Vec<Booking>,
}

/// Five hours of one room, a year from now, and the second cancelled.
fn day(db: &TestDatabase) -> Day {
    for (name, role) in [("Ada", Role::Admin), ("Bea", Role::Admin), ("Sam", Role::Staff)] {
        staff(db.pools(), name, role);
    }
    let store = Store::new(db.pools().clone(), Default::default());
    let (room, massage) = (provider(db.pools(), "Room 1", None), service(db.pools(), an_hour("Massage")));
    provider(db.pools(), "Room 2", None);
    let actor = Actor { id: None, name: "x".into(), role: Role::Admin };
    let by = By::new(&actor, Utc::now());
    let first = Utc::now() + TimeDelta::days(365);
    let client = |n: i64| Client {
        name: format!("Client {n}"),
        email: "c@example.com".into(),
        phone: String::new(),
        user_id: None,
    };
    let bookings: Vec<Booking> = (0..5)
        .map(|n| CreateBooking::new(massage, room, first + TimeDelta::hours(n), client(n)))
        .map(|command| store.create_booking(&command, &by).unwrap().booking().clone())
        .collect();
    let cancel = bookings_core::CancelBooking { version: 1, reason: "Ill".into(), overrides: Default::default() };
    store.cancel_booking(&bookings[1], &cancel, &by).unwrap();
    Day { store, bookings }
}

impl Day {
    fn statuses(&self) -> Vec<Status> {
        let find = |one: &Booking| {
            self.store.pools.read(|conn| bookings::find(conn, &one.id.into(), Scope::All)).unwrap().unwrap().status
        };
        self.bookings.iter().map(find).collect()
    }
}

const UNTOUCHED: [Status; 5] =
    [Status::Confirmed, Status::Cancelled, Status::Confirmed, Status::Confirmed, Status::Confirmed];

#[test]
fn a_selection_is_tried_run_once_and_taken_back() {
    on_each_database(|db| async move {
        let day = day(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::new(&app);
        ada.sign_in("Ada", PASSWORD).await;
        let list = ada.get("/bookings").await;
        assert!(list.has("#bulk select[name=verb] option[value=cancel]"));
        let (first, second) = (day.bookings[0].reference.as_str(), day.bookings[1].reference.as_str());
        let chosen =
            ada.post("/bookings/bulk", &[("verb", "cancel"), ("reference", first), ("reference", second)]).await;
        assert_eq!(chosen.status, 303);
        let here = chosen.location().to_owned();

        let dry = ada.get(&here).await;
        assert_eq!(dry.text("h1"), "Cancel 2 bookings");
        assert!(
            dry.text(".lead").starts_with("1 of 2 will be cancelled. Nothing has been changed"),
            "{}",
            dry.text(".lead")
        );
        assert!(dry.has(&format!("tr[data-reference='{first}']")));
        let nameless = ada.post(&here, &[("do", "run"), ("reason", " ")]).await;
        assert_eq!(nameless.status, 422);
        assert!(nameless.has("#reason-error[data-code=required]"), "{}", nameless.body);
        assert_eq!(day.statuses(), UNTOUCHED);

        for _ in 0..2 {
            let done = ada.post(&here, &[("do", "run"), ("reason", "Storm")]).await;
            assert_eq!((done.status, done.location()), (303, here.as_str()));
        }
        let result = ada.get(&here).await;
        assert_eq!(result.text(".lead"), "Done: 1 cancelled, 0 refused, 1 so already.");
        assert_eq!(day.statuses()[0], Status::Cancelled);

        let undo = ada.post(&here, &[("do", "undo")]).await.location().to_owned();
        assert_ne!(undo, here);
        assert!(ada.get(&undo).await.text(".lead").starts_with("1 of 1 will be taken back."));
        ada.post(&undo, &[("do", "run")]).await;
        assert_eq!(day.statuses(), UNTOUCHED);
    });
}

#[test]
fn everything_a_filter_finds_needs_no_inputs() {
    on_each_database(|db| async move {
        let day = day(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::new(&app);
        ada.sign_in("Ada", PASSWORD).await;
        let list = ada.get("/bookings?status=CONFIRMED").await;
        assert_eq!(list.attribute("#bulk input[name=query]", "value").as_deref(), Some("status=CONFIRMED"));
        let all = [("verb", "move"), ("all", "1"), ("query", "status=CONFIRMED")];
        let here = ada.post("/bookings/bulk", &all).await.location().to_owned();
        let asked = ada.get(&here).await;
        assert!(asked.has("input[name=minutes]") && !asked.has("input[name=reference]"));
        assert_eq!(ada.post(&here, &[("do", "check"), ("minutes", "soon")]).await.status, 422);
        let dry = ada.post(&here, &[("do", "check"), ("minutes", "60")]).await;
        assert!(dry.text(".lead").starts_with("4 of 4 will be moved."), "{}", dry.text(".lead"));
        assert!(dry.body.len() < 40_000);
        ada.post(&here, &[("do", "run"), ("minutes", "60")]).await;
        assert!(ada.get(&here).await.text(".lead").starts_with("Done: 4 moved, 0 refused"));
        let moved = day.store.pools.read(|conn| bookings::find(conn, &day.bookings[4].id.into(), Scope::All)).unwrap();
        assert_eq!(moved.unwrap().start_at, day.bookings[4].start_at + TimeDelta::hours(1));
    });
}

#[test]
fn what_stands_against_it_can_be_set_aside_by_name() {
    on_each_database(|db| async move {
        let day = day(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::new(&app);
        ada.sign_in("Ada", PASSWORD).await;
        ada.get("/bookings").await;
        let first = day.bookings[0].reference.as_str();
        let here =
            ada.post("/bookings/bulk", &[("verb", "complete"), ("reference", first)]).await.location().to_owned();
        let dry = ada.get(&here).await;
        assert!(dry.has("input[name=override][value=not_started]"), "{}", dry.body);
        assert!(dry.has("tr [data-code=not_started]") && !dry.has("button[value=run]"));
        let set_aside = [("override", "not_started"), ("override_reason", "Came early")];
        let mut check = vec![("do", "check")];
        check.extend(set_aside);
        assert!(ada.post(&here, &check).await.has("button[value=run]"));
        let mut run = vec![("do", "run")];
        run.extend(set_aside);
        ada.post(&here, &run).await;
        assert_eq!(day.statuses()[0], Status::Completed);
    });
}

#[test]
fn what_ended_one_way_is_taken_up_again() {
    on_each_database(|db| async move {
        let day = day(&db);
        let app = serving(state(&db, settings(&db))).await;
        let (mut ada, mut bea) = (Browser::new(&app), Browser::new(&app));
        ada.sign_in("Ada", PASSWORD).await;
        bea.sign_in("Bea", PASSWORD).await;
        ada.get("/bookings").await;
        let all = [("verb", "move"), ("all", "1"), ("query", "")];
        let here = ada.post("/bookings/bulk", &all).await.location().to_owned();
        assert!(!ada.get(&here).await.has("#bulk-over"), "nothing was done yet");
        ada.post(&here, &[("do", "run"), ("minutes", "60")]).await;
        let result = ada.get(&here).await;
        assert!(result.text(".lead").starts_with("Done: 4 moved, 1 refused"), "{}", result.text(".lead"));
        assert_eq!(result.text("#bulk-over label"), "With the 1 refused");
        let run = result.attribute("#bulk-over input[name=run]", "value").unwrap();
        assert!(here.ends_with(&run));
        let refused = [("verb", "note"), ("run", run.as_str()), ("outcome", "refused")];
        let note = ada.post("/bookings/bulk", &refused).await.location().to_owned();
        let dry = ada.get(&note).await;
        assert_eq!(dry.text("h1"), "Add a note to 1 booking");
        ada.post(&note, &[("do", "run"), ("message", "Call them")]).await;
        assert!(ada.get(&note).await.has(&format!("tr[data-reference='{}']", day.bookings[1].reference)));

        // What moved is there at its present version.
        let moved = ada.get(&format!("{here}?outcome=changed")).await;
        assert_eq!(moved.text("#bulk-over label"), "With the 4 moved");
        let changed = [("verb", "cancel"), ("run", run.as_str()), ("outcome", "changed")];
        let cancel = ada.post("/bookings/bulk", &changed).await.location().to_owned();
        ada.post(&cancel, &[("do", "run"), ("reason", "Storm")]).await;
        assert!(ada.get(&cancel).await.text(".lead").starts_with("Done: 4 cancelled, 0 refused"));
        assert_eq!(day.statuses(), [Status::Cancelled; 5]);

        bea.get("/bookings").await;
        for (run, outcome, hers) in
            [(run.as_str(), "changed", true), (run.as_str(), "?", false), ("x", "changed", false)]
        {
            let fields = [("verb", "note"), ("run", run), ("outcome", outcome)];
            let who = if hers { &mut bea } else { &mut ada };
            assert_eq!(who.post("/bookings/bulk", &fields).await.location(), "/bookings", "{run} {outcome}");
        }
    });
}

/// Who shares a start is chosen from the page of any of them, and goes together.
#[test]
fn a_class_is_moved_from_the_page_of_one_of_it() {
    on_each_database(|db| async move {
        let day = day(&db);
        let shared = ServiceData { allow_multiple_clients: true, capacity: 8, ..an_hour("Yoga") };
        let yoga = service(db.pools(), shared);
        let (hall, start) = (provider(db.pools(), "Hall", None), Utc::now() + TimeDelta::days(30));
        let actor = Actor { id: None, name: "x".into(), role: Role::Admin };
        let by = By::new(&actor, Utc::now());
        let book = |name: &str| {
            let client = Client { name: name.into(), phone: "555 0101".into(), ..Client::default() };
            let command = CreateBooking { party_size: 2, ..CreateBooking::new(yoga, hall, start, client) };
            day.store.create_booking(&command, &by).unwrap().booking().clone()
        };
        let (first, second, _) = (book("Ann"), book("Bob"), book("Cid"));
        let cancel = bookings_core::CancelBooking { version: 1, reason: "Ill".into(), overrides: Default::default() };
        let app = serving(state(&db, settings(&db))).await;
        let (mut ada, mut sam) = (Browser::new(&app), Browser::new(&app));
        ada.sign_in("Ada", PASSWORD).await;
        sam.sign_in("Sam", PASSWORD).await;

        let here = format!("/bookings/{}", first.reference);
        let page = ada.get(&here).await;
        assert_eq!(page.text("#bulk-over label"), "With all 3 who share this start");
        assert!(page.body.contains("6 taken by 3 bookings"), "{}", page.body);
        assert!(!sam.get(&here).await.has("#bulk-over"), "for admins");
        let alone = ada.get(&format!("/bookings/{}", day.bookings[0].reference)).await;
        assert!(!alone.has("#bulk-over"), "nobody shares it");

        // One by itself meets the others, who are told as one.
        let later = (start + TimeDelta::minutes(15)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let by_itself = ada.post(&format!("{here}/reschedule"), &[("version", "1"), ("start_at", &later)]).await;
        assert_eq!(by_itself.status, 422);
        assert_eq!(by_itself.body.matches("The provider is busy with").count(), 2, "in the summary and at its field");
        assert!(by_itself.body.contains("buffers included. One more shares this time."), "{}", by_itself.body);
        assert!(by_itself.has("#bulk-over option[value=move][selected]"), "and may go with them");

        let slot = page.attribute("#bulk-over input[name=slot]", "value").unwrap();
        let here = ada.post("/bookings/bulk", &[("verb", "move"), ("slot", &slot)]).await.location().to_owned();
        let dry = ada.post(&here, &[("do", "check"), ("minutes", "15")]).await;
        assert!(dry.text(".lead").starts_with("3 of 3 will be moved."), "{}", dry.text(".lead"));
        ada.post(&here, &[("do", "run"), ("minutes", "15")]).await;
        let result = ada.get(&here).await;
        assert!(result.text(".lead").starts_with("Done: 3 moved, 0 refused"), "{}", result.text(".lead"));
        let back = ada.post(&here, &[("do", "undo")]).await.location().to_owned();
        ada.post(&back, &[("do", "run")]).await;
        assert!(ada.get(&back).await.text(".lead").starts_with("Done: 3 taken back, 0 refused"));

        // Of one that is cancelled its start, where others still are.
        let cancelled = bookings_core::CancelBooking { version: 3, ..cancel };
        day.store.cancel_booking(second.id, &cancelled, &by).unwrap();
        assert!(!ada.get(&format!("/bookings/{}", second.reference)).await.has("#bulk-over"));
        let fields = [("verb", "note"), ("slot", second.reference.as_str())];
        let note = ada.post("/bookings/bulk", &fields).await.location().to_owned();
        assert_eq!(ada.get(&note).await.text("h1"), "Add a note to 2 bookings");
        for nothing in ["BK-2026-00000000", "x"] {
            assert_eq!(ada.post("/bookings/bulk", &[("verb", "note"), ("slot", nothing)]).await.status, 404);
        }
        assert_eq!(sam.post("/bookings/bulk", &[("verb", "note"), ("slot", &slot)]).await.status, 403);
    });
}

#[test]
fn it_is_for_admins_and_everybodys_own() {
    on_each_database(|db| async move {
        let day = day(&db);
        let app = serving(state(&db, settings(&db))).await;
        let (mut ada, mut bea, mut sam) = (Browser::new(&app), Browser::new(&app), Browser::new(&app));
        for (browser, name) in [(&mut ada, "Ada"), (&mut bea, "Bea"), (&mut sam, "Sam")] {
            browser.sign_in(name, PASSWORD).await;
        }
        assert!(!sam.get("/bookings").await.has("#bulk"));
        let fields = [("verb", "confirm"), ("reference", day.bookings[0].reference.as_str())];
        assert_eq!(sam.post("/bookings/bulk", &fields).await.status, 403);
        ada.get("/bookings").await;
        let here = ada.post("/bookings/bulk", &fields).await.location().to_owned();
        assert_eq!(bea.get(&here).await.status, 404);
        assert_eq!(sam.get(&here).await.status, 403);
        assert_eq!(ada.get("/bookings/bulk/x").await.status, 404);
        assert_eq!(ada.post("/bookings/bulk", &[("verb", "confirm")]).await.location(), "/bookings");
        assert_eq!(ada.post("/bookings/bulk", &[("verb", "explode")]).await.location(), "/bookings");
        let bad = [("verb", "confirm"), ("all", "1"), ("query", "status=BOGUS")];
        assert_eq!(ada.post("/bookings/bulk", &bad).await.location(), "/bookings?status=BOGUS");
    });
}
