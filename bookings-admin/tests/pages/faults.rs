//! Bad input and bad luck: never a 500, nothing half done, and back to work by itself.

use actix_web::ResponseError;
use bookings_admin::error::PageError;
use bookings_db::StoreError;
use bookings_db::connection::Pools;
use bookings_db::testing::PostgresServer;
use uuid::Uuid;

use crate::common::{Browser, on_each_database, serving, settings, state};
use crate::desk::{Desk, assert_kept, assert_refused};

#[test]
fn notes_of_a_megabyte_are_too_long_and_kept_or_too_large_and_said() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let fine = desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë");
        let long = fine.clone().with("notes_internal", &"x".repeat(1_000_000));
        let page = sam.try_to_book(&long).await;
        assert_refused(&page, &[("too_long", "notes_internal")]);
        assert_kept(&page, "form.booking-form", &long);
        let longer = fine.with("notes_internal", &"x".repeat(1024 * 1024));
        let page = sam.try_to_book(&longer).await;
        assert_eq!(page.status, 413);
        assert!(page.text("h1").len() > 5 && page.has("form[action='/logout']"), "a page, and one is still signed in");
    });
}

/// As many in an address as one holds.
#[test]
fn ten_thousand_of_a_field_are_a_refusal_of_a_readable_size() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let fine = desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë");
        let many = |name: &str, value: &dyn Fn(usize) -> String| {
            (0..10_000).fold(fine.clone(), |form, place| form.and(name, &value(place)))
        };
        let ids = many("addon_ids", &|_| Uuid::new_v4().to_string());
        let nonsense = many("addon_ids", &|place| place.to_string());
        let overrides = many("override", &|place| place.to_string());
        let names = many("client_name", &|place| place.to_string());
        for (form, expected) in
            [(ids, ("invalid", "addon_ids")), (nonsense, ("invalid", "addon_ids")), (overrides, ("invalid", ""))]
        {
            let page = sam.try_to_book(&form).await;
            assert_refused(&page, &[expected]);
            assert!(page.body.len() < 100_000, "{} bytes", page.body.len());
        }
        assert_eq!(sam.try_to_book(&names).await.status, 303, "the first name counts");
        for (name, value) in [("status", "PENDING".to_owned()), ("provider", desk.room.to_string())] {
            let query = vec![format!("{name}={value}"); 1_400].join("&");
            let page = sam.get(&format!("/bookings?{query}")).await;
            assert_eq!(page.status, 422, "{name}");
            assert!(page.has("[data-code=invalid]"), "{name}");
            assert!(page.body.len() < 500_000, "{name}: {} bytes", page.body.len());
        }
        let unknown = format!("/bookings?{}", "x=y&".repeat(15_000));
        assert!(sam.open(&unknown).await.body.len() < 100_000, "links don't repeat what nobody asked for");
    });
}

#[test]
fn times_outside_the_calendar_are_refused() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let reference = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        for start in [
            "0000-01-01T00:00",
            "0001-01-01T00:00",
            "1969-12-31T12:00",
            "9999-12-31T23:59",
            "275760-09-13T00:00",
            "+275760-09-13T00:00",
            "-2026-01-01T10:00",
            "262142-12-31T23:59:59Z",
            "9999-12-31T23:59:59Z",
            "0000-01-01T00:00:00+23:59",
            "2026-11-23T24:00",
            "2026-11-23T10:60",
            "2026-11-23",
            "10:00",
        ] {
            // What has been is refused as that too.
            let typed = desk.booking(desk.massage, desk.room, start, "Zoë");
            for page in [sam.try_to_book(&typed).await, sam.act(&reference, "reschedule", &[("start_at", start)]).await]
            {
                assert_eq!(page.status, 422, "{start}");
                assert!(page.has("#start_at-error[data-code=invalid]"), "{start}: {}", page.text("[role=alert]"));
            }
            assert_eq!(sam.get(&format!("/bookings/new?start_at={start}")).await.status, 200, "{start}");
        }
        for date in ["0000-01-01", "1969-12-31", "9999-12-31", "275760-09-13", "2026-02-29", "today", "1e9"] {
            for field in ["from", "to"] {
                let page = sam.get(&format!("/bookings?{field}={date}")).await;
                assert_refused(&page, &[("invalid", field)]);
                assert!(page.text("[role=alert]").contains(date), "{date}");
            }
        }
        assert_eq!(sam.events(&reference).await, ["CREATED"]);
    });
}

/// Also where it is lost in the middle of a request.
#[test]
fn a_database_that_is_away_or_busy_is_worth_another_try() {
    for error in [StoreError::Unavailable("gone".into()), StoreError::Busy, StoreError::Conflict] {
        let answer = PageError::from(error).error_response();
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers().get("retry-after").unwrap(), "5");
    }
}

#[test]
fn a_lost_database_is_said_and_found_again() {
    let Some(server) = PostgresServer::start() else { return };
    let url = server.url();
    bookings_db::migrate::migrate(&mut url.connect().unwrap()).unwrap();
    let pools = Pools::open(&url).unwrap();
    actix_web::rt::System::new().block_on(async {
        let desk = Desk::over(&pools);
        let settings = crate::common::settings_for(&url);
        let app = serving(crate::common::state_over(pools.clone(), settings)).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let fine = desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë");
        let form = sam.new_form().await;
        let form = fine.0.iter().fold(form, |form, (name, value)| form.with(name, value));
        server.stop();
        for path in ["/", "/bookings", "/login"] {
            let page = sam.get(path).await;
            assert_eq!((page.status, page.header("retry-after")), (503, "5"), "{path}");
            assert!(page.text("h1").len() > 5, "{path}");
        }
        let lost = sam.submit("/bookings", &form).await;
        assert_eq!((lost.status, lost.header("retry-after")), (503, "5"));
        assert_eq!(sam.get("/readyz").await.status, 503);
        assert_eq!(sam.get("/healthz").await.status, 200);
        server.resume();
        assert_eq!(sam.get("/readyz").await.status, 200);
        // The same session, the same form: nothing was booked before, and it is once now.
        let answer = sam.submit("/bookings", &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text("main"));
        let reference = answer.location().trim_start_matches("/bookings/").to_owned();
        assert_eq!(sam.events(&reference).await, ["CREATED"]);
    });
}
