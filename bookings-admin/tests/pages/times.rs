//! Times that can't be had: taken, full, skipped by the clocks, or twice there.

use bookings_core::ProviderId;
use chrono_tz::America::New_York;

use crate::common::{Browser, on_each_database, serving, settings, state};
use crate::desk::{Desk, Form, all, assert_kept, assert_refused};

#[test]
fn a_time_that_is_taken_is_refused_with_free_starts_that_can_be_pressed() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let first = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let typed = desk
            .booking(desk.facial, desk.room, &desk.at(3, "10:30"), "Ben")
            .with("addon_ids", &desk.stones.to_string());
        let page = sam.try_to_book(&typed).await;
        assert_refused(&page, &[("overlap", "start_at")]);
        assert_kept(&page, "form.booking-form", &typed);
        assert_eq!(page.attribute("#start_at-error a", "href").unwrap(), format!("/bookings/{first}"));
        let starts = all(&page.html(), "button[name=start_at][data-suggested-start]", "value");
        assert_eq!(starts, all(&page.html(), "[data-suggested-start]", "data-suggested-start"));
        // An hour and a quarter: up to 10:00, or from 11:00 on.
        let fits =
            [desk.instant(3, "08:30"), desk.instant(3, "08:45"), desk.instant(3, "11:00"), desk.instant(3, "11:15")];
        assert_eq!(starts, fits.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)));
        let pressed = Form::of(&page, "form.booking-form").and("start_at", &starts[1]);
        let answer = sam.submit("/bookings", &pressed).await;
        assert_eq!(answer.status, 303, "{}", answer.text("[role=alert]"));
        let booked = sam.open(answer.location()).await;
        assert_eq!(booked.attribute(".lead time", "datetime").unwrap(), starts[1]);
        // The same on the form that moves it.
        let reference = answer.location().trim_start_matches("/bookings/").to_owned();
        let page = sam.act(&reference, "reschedule", &[("start_at", &desk.at(3, "09:30"))]).await;
        assert_refused(&page, &[("overlap", "start_at")]);
        assert!(page.has("details.reschedule[open]"));
        let form = format!("form[action='/bookings/{reference}/reschedule']");
        assert_eq!(Form::of(&page, &form).get("start_at"), desk.at(3, "09:30"));
        let start = page.attribute("[data-suggested-start]", "value").unwrap();
        let moved = sam
            .submit(&format!("/bookings/{reference}/reschedule"), &Form::of(&page, &form).and("start_at", &start))
            .await;
        assert_eq!(moved.status, 303, "{}", moved.text("[role=alert]"));
        assert_eq!(sam.open(moved.location()).await.attribute(".lead time", "datetime").unwrap(), start);
    });
}

#[test]
fn seats_of_a_shared_slot_run_out() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let class =
            |party: &str| desk.booking(desk.class, desk.room, &desk.at(3, "10:00"), "Zoë").with("party_size", party);
        sam.book(&class("3")).await;
        let page = sam.try_to_book(&class("2")).await;
        assert_refused(&page, &[("capacity_exceeded", "party_size")]);
        assert!(page.text("#party_size-error").contains("1 of 4 left"));
        assert!(page.has("[data-suggested-start]"));
        sam.book(&class("1")).await;
        assert_refused(&sam.try_to_book(&class("1")).await, &[("capacity_exceeded", "party_size")]);
    });
}

#[test]
fn a_party_larger_than_the_slot_is_refused_to_an_edit_too() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let class = |party: &str, provider: ProviderId| {
            desk.booking(desk.class, provider, &desk.at(3, "10:00"), "Zoë").with("party_size", party)
        };
        let reference = sam.book(&class("2", desk.room)).await;
        sam.book(&class("1", desk.room)).await;
        let address = format!("/bookings/{reference}");
        let edit = Form::of(&sam.open(&format!("{address}/edit")).await, "form.booking-form");
        let page = sam.submit(&address, &edit.clone().with("party_size", "4")).await;
        assert_refused(&page, &[("capacity_exceeded", "party_size")]);
        assert_kept(&page, "form.booking-form", &edit.clone().with("party_size", "4").without("csrf_token"));
        assert_eq!(sam.submit(&address, &edit.with("party_size", "3")).await.status, 303);
        assert!(sam.open(&address).await.text(".facts").contains('3'));
    });
}

#[test]
fn a_time_that_the_clocks_skip_offers_its_neighbours() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let mut settings = settings(&db);
        settings.time_zone = New_York;
        let app = serving(state(&db, settings)).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let typed = desk.booking(desk.massage, desk.room, "2040-03-11T02:30", "Zoë");
        let page = sam.try_to_book(&typed).await;
        assert_refused(&page, &[("local_time_skipped", "start_at")]);
        assert_kept(&page, "form.booking-form", &typed);
        let starts = all(&page.html(), "[data-suggested-start]", "value");
        assert_eq!(starts, ["2040-03-11T06:59:00Z", "2040-03-11T07:00:00Z"]);
        let answer = sam.submit("/bookings", &Form::of(&page, "form.booking-form").and("start_at", &starts[1])).await;
        assert_eq!(answer.status, 303);
        assert!(sam.open(answer.location()).await.text(".lead").contains("03:00"));
    });
}

#[test]
fn a_time_that_happens_twice_asks_which() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let mut settings = settings(&db);
        settings.time_zone = New_York;
        let app = serving(state(&db, settings)).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let typed = desk.booking(desk.massage, desk.room, "2040-11-04T01:30", "Zoë");
        for (fold, instant) in [("later", "2040-11-04T06:30:00Z"), ("earlier", "2040-11-04T05:30:00Z")] {
            let page = sam.try_to_book(&typed).await;
            assert_refused(&page, &[("local_time_ambiguous", "start_at")]);
            assert_kept(&page, "form.booking-form", &typed);
            assert_eq!(all(&page.html(), "input[name=start_at_fold]", "value"), ["earlier", "later"]);
            let answer =
                sam.submit("/bookings", &Form::of(&page, "form.booking-form").and("start_at_fold", fold)).await;
            assert_eq!(answer.status, 303, "{}", answer.text("[role=alert]"));
            let address = answer.location().to_owned();
            let shown = sam.open(&address).await;
            assert_eq!(shown.attribute(".lead time", "datetime").unwrap(), instant);
            // Another field of it can be edited without being asked which hour.
            let edit = Form::of(&sam.open(&format!("{address}/edit")).await, "form.booking-form");
            let saved = sam.submit(&address, &edit.with("client_name", "Zoë K.")).await;
            assert_eq!(saved.status, 303, "{}", saved.text("[role=alert]"));
            let shown = sam.open(&address).await;
            assert_eq!(shown.attribute(".lead time", "datetime").unwrap(), instant);
        }
    });
}
