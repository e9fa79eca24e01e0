//! A booking as it was: by the links of its history, by a typed moment, and what can't be a moment.

use crate::common::{Browser, on_each_database, serving, settings, state};
use crate::desk::Desk;

#[test]
fn every_event_leads_to_the_booking_as_it_left_it() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let reference = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let (start, provider) = (desk.at(4, "12:00"), desk.other_room.to_string());
        sam.act(&reference, "reschedule", &[("start_at", &start), ("provider_id", &provider)]).await;
        sam.act(&reference, "cancel", &[("reason", "ill")]).await;

        let page = sam.open(&format!("/bookings/{reference}")).await;
        let link = |event: &str| page.attribute(&format!("[data-event={event}] a[href*=history]"), "href").unwrap();
        let first = sam.open(&link("CREATED")).await;
        let facts = first.text(".facts");
        assert!(facts.contains("Room 1") && facts.contains("now Room 2") && facts.contains("10:00"), "{facts}");
        assert!(facts.contains("Zoë") && first.has(".chip.confirmed"), "{facts}");
        assert!(first.text("section .quiet").contains("Version 1: booked by Sam"));
        let last = sam.open(&link("CANCELLED")).await;
        assert!(last.has(".chip.cancelled") && last.text("section .quiet").contains("Version 3: cancelled by Sam"));
        assert!(!last.text(".facts").contains("now "), "nothing changed since");

        // Without a moment: now. What the form shows there, sent as it is, says the same.
        let address = format!("/bookings/{reference}/history");
        let now = sam.open(&address).await;
        assert!(now.has(".chip.cancelled"));
        let typed = now.attribute("#at", "value").unwrap();
        assert!(sam.open(&format!("{address}?at={typed}")).await.has(".chip.cancelled"), "{typed}");
        let before = sam.open(&format!("{address}?at=2001-01-01T00:00")).await;
        assert!(!before.has("section") && before.text("[role=status]").contains("before that there was none"));
    });
}

#[test]
fn what_is_no_moment_is_told_at_its_field() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let mut settings = settings(&db);
        settings.time_zone = chrono_tz::Europe::Berlin;
        let app = serving(state(&db, settings)).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let reference = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let address = format!("/bookings/{reference}/history");
        for (typed, code) in [
            ("yesterday", "invalid"),
            ("9999-01-01T00:00", "invalid"),
            ("2027-03-28T02:30", "local_time_skipped"),
            ("2027-10-31T02:30", "local_time_ambiguous"),
        ] {
            let page = sam.get(&format!("{address}?at={typed}")).await;
            assert_eq!(page.status, 422, "{typed}");
            assert!(page.has(&format!("#at-error[data-code={code}]")), "{typed}");
            assert_eq!(page.attribute("#at", "value").as_deref(), Some(typed));
            assert_eq!(page.has("input[name=at_fold]"), code == "local_time_ambiguous");
        }
        assert_eq!(sam.get(&format!("{address}?at=2027-10-31T02:30&at_fold=later")).await.status, 200);
        assert_eq!(sam.get(&format!("{address}?at=9999-12-31T23:59:59Z")).await.status, 200);
        assert_eq!(sam.get(&format!("{address}?at=0000-01-01T00:00:00Z")).await.status, 200);
        assert_eq!(sam.get("/bookings/BK-2026-00000000/history").await.status, 404);
        assert_eq!(sam.get("/bookings/nonsense/history").await.status, 404);
    });
}
