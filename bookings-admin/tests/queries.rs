//! How many queries a page takes: a small number, whatever it shows. A program of its own, since it counts all there are.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod common;
#[path = "pages/desk.rs"]
#[allow(dead_code, reason = "made for the tests of pages")]
mod desk;
#[path = "common/office.rs"]
mod office;

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use common::{Browser, on_each_database, serving, settings, state};
use desk::Desk;
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

static QUERIES: AtomicUsize = AtomicUsize::new(0);

fn counter() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            QUERIES.fetch_add(1, Ordering::Relaxed);
        }
    }))
}

/// Queries of a page, beside those of the session.
async fn queries<S, B>(browser: &mut Browser<'_, S>, path: &str) -> usize
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    let mut counts = Vec::new();
    // The first of each may still show a message or open a connection.
    for path in ["/nowhere", path, "/nowhere", path] {
        let before = QUERIES.load(Ordering::Relaxed);
        browser.get(path).await;
        counts.push(QUERIES.load(Ordering::Relaxed) - before);
    }
    assert!(counts[2] >= 1, "the session is read");
    counts[3] - counts[2]
}

/// Both tests count the queries of the whole program.
static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[test]
fn being_signed_in_costs_one_query() {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    set_default_instrumentation(counter).unwrap();
    on_each_database(|db| async move {
        let _desk = Desk::open(&db);
        let mut settings = settings(&db);
        settings.operation.second_factor = vec![bookings_core::Role::Owner];
        let app = serving(state(&db, settings)).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let mut nobody = Browser::new(&app);
        sam.get("/nowhere").await;
        for path in ["/nowhere", "/static/nothing.css", "/healthz", "/readyz"] {
            let mut counts = Vec::new();
            for browser in [&mut nobody, &mut sam] {
                let before = QUERIES.load(Ordering::Relaxed);
                browser.get(path).await;
                counts.push(QUERIES.load(Ordering::Relaxed) - before);
            }
            let (anonymous, signed_in) = (counts[0], counts[1]);
            assert!(signed_in <= anonymous + 1, "{path}: {anonymous} queries signed out, {signed_in} signed in");
            assert!(path != "/nowhere" || signed_in == 1, "the session is read there");
        }
    });
}

#[test]
fn pages_take_few_queries_however_much_they_show() {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    set_default_instrumentation(counter).unwrap();
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let small = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let pages = |reference: &str| {
            [
                ("/bookings".to_owned(), 4),
                ("/bookings?q=zo&status=CONFIRMED&sort=-start_at".into(), 5),
                ("/bookings?status=CONFIRMED&sort=client_name&column=price".into(), 4),
                // The counts beside the choices are one more.
                ("/bookings?range=this-week&status=CONFIRMED&sort=created_at".into(), 5),
                ("/find?q=zoe".into(), 3),
                (format!("/bookings/{reference}"), 8),
                (format!("/bookings/{reference}/edit"), 8),
                ("/bookings/new".into(), 8),
                (format!("/bookings/new?again={reference}"), 10),
                ("/clients/someone%40example.com".into(), 8),
                (format!("/board?date={}", desk.day(3)), 7),
                (format!("/board?view=week&date={}&provider={}", desk.day(3), desk.room), 7),
                (format!("/catalogue/providers/{}", desk.room), 5),
                ("/catalogue/providers".into(), 3),
                ("/".into(), 8),
            ]
        };
        let mut few = Vec::new();
        for (path, most) in pages(&small) {
            let count = queries(&mut sam, &path).await;
            assert!((1..=most).contains(&count), "{path}: {count} queries");
            few.push(count);
        }
        for day in 10..15 {
            let extra = office::addon(db.pools(), office::a_quarter("Extra")).to_string();
            let service = office::service(db.pools(), office::an_hour("Another"));
            let provider = office::provider(db.pools(), "Another", None);
            let fields = desk.booking(service, provider, &desk.at(day, "10:00"), "Zoë");
            sam.book(&fields.with("addon_ids", &extra)).await;
        }
        let addons = office::addon(db.pools(), office::a_quarter("One")).to_string();
        let fields = desk.booking(desk.massage, desk.other_room, &desk.at(30, "10:00"), "Zoë");
        let large = sam.book(&fields.with("addon_ids", &desk.stones.to_string()).and("addon_ids", &addons)).await;
        for note in 0..30 {
            assert_eq!(sam.act(&large, "note", &[("message", &note.to_string())]).await.status, 303);
        }
        for ((path, _), before) in pages(&large).into_iter().zip(few) {
            let now = queries(&mut sam, &path).await;
            assert_eq!(now, before, "{path}: more to show takes as many queries");
        }
    });
}
