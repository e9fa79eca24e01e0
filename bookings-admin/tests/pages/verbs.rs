//! The verbs by their buttons: what changes, what is said, what the history keeps.

use bookings_core::{Code, Status};

use crate::common::{Browser, on_each_database, serving, settings, state};
use crate::desk::{Desk, Form, assert_refused};

/// One step of a booking's life: verb, fields, and the status and event it makes.
type Step = (&'static str, Vec<(&'static str, String)>, &'static str, &'static str);

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_verb_does_its_work_says_so_once_and_is_kept() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let past = desk
            .booking(desk.massage, desk.room, "2025-06-01T10:00", "Past")
            .filled(&[("override", "start_in_past"), ("override_reason", "was forgotten")]);
        let coming = desk.booking(desk.on_approval, desk.room, &desk.at(3, "10:00"), "Coming");
        let reason = || vec![("reason", "ill".to_owned())];
        let lives: [(&Form, Vec<Step>); 2] = [
            (
                &coming,
                vec![
                    ("confirm", vec![], "CONFIRMED", "CONFIRMED"),
                    ("reschedule", vec![("start_at", desk.at(4, "12:00"))], "CONFIRMED", "RESCHEDULED"),
                    ("reschedule", vec![("provider_id", desk.other_room.to_string())], "CONFIRMED", "RESCHEDULED"),
                    ("note", vec![("message", "rang\r\ntwice".into())], "CONFIRMED", "NOTE_ADDED"),
                    ("cancel", reason(), "CANCELLED", "CANCELLED"),
                    ("note", vec![("message", "sorry".into())], "CANCELLED", "NOTE_ADDED"),
                    ("reinstate", vec![], "CONFIRMED", "REINSTATED"),
                ],
            ),
            (
                &past,
                vec![
                    ("complete", vec![], "COMPLETED", "COMPLETED"),
                    ("no-show", vec![], "NO_SHOW", "NO_SHOW"),
                    ("complete", vec![], "COMPLETED", "COMPLETED"),
                ],
            ),
        ];
        for (fields, steps) in lives {
            let reference = sam.book(fields).await;
            let address = format!("/bookings/{reference}");
            let mut history = vec!["CREATED".to_owned()];
            for (verb, fields, status, event) in steps {
                let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let before = sam.open(&address).await;
                let form = Form::of(&before, &format!("form[action='{address}/{verb}']")).filled(&fields);
                let answer = sam.submit(&format!("{address}/{verb}"), &form).await;
                assert_eq!((answer.status, answer.location()), (303, address.as_str()), "{verb}");
                history.insert(0, event.to_owned());
                let shown = sam.open(&address).await;
                assert!(shown.text("[role=status]").contains(&reference), "{verb}");
                assert_eq!(shown.attribute(".booking", "data-status").unwrap(), status, "{verb}");
                assert!(shown.text("[data-event]").contains("Sam"), "{verb}");
                let again = sam.open(&address).await;
                assert!(!again.has("[role=status]"), "{verb}: said once");
                assert_eq!(sam.events(&reference).await, history, "{verb}");
                // The same form once more: answered with the booking, and no second event.
                if !matches!(verb, "note" | "reinstate") {
                    let answer = sam.submit(&format!("{address}/{verb}"), &form).await;
                    assert_eq!((answer.status, answer.location()), (303, address.as_str()), "{verb} again");
                    assert!(sam.open(&address).await.text("[role=status]").contains("was so already"), "{verb} again");
                    assert_eq!(sam.events(&reference).await, history, "{verb} again");
                }
            }
        }
    });
}

#[test]
fn the_history_says_what_became_of_what() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let reference = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let (start, provider) = (desk.at(4, "12:00"), desk.other_room.to_string());
        let stones = desk.stones.to_string();
        let fields = [("start_at", start.as_str()), ("provider_id", &provider), ("addon_ids", &stones)];
        assert_eq!(sam.act(&reference, "reschedule", &fields).await.status, 303);
        let page = sam.open(&format!("/bookings/{reference}")).await;
        let changes = words(&page.text("[data-event=RESCHEDULED] .changes"));
        for part in ["Start", "10:00", "12:00", "Provider Room 1 became Room 2", "Add-ons none became Hot stones"] {
            assert!(changes.contains(part), "{part}: {changes}");
        }
        // The price of the add-on is on the page, and its quarter of an hour in the length.
        let price = page.text(".prices tbody tr:last-child");
        assert_eq!(price, "Hot stones+15 minTTD 5.00");
        assert!(page.text(".facts").contains("1 h 15 min"));
        assert!(page.text(".prices tfoot").contains("TTD 105.00"));
        sam.act(&reference, "cancel", &[("reason", "<b>ill</b> & \"tired\"")]).await;
        let page = sam.open(&format!("/bookings/{reference}")).await;
        assert_eq!(page.text("[data-event=CANCELLED] .message"), "<b>ill</b> & \"tired\"");
        assert!(words(&page.text("[data-event=CANCELLED] .changes")).contains("Status Confirmed became Cancelled"));
    });
}

#[test]
fn a_verb_the_status_does_not_allow_is_off_with_its_reason_and_refused_all_the_same() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let past = |hour: &str| {
            desk.booking(desk.on_approval, desk.room, &format!("2025-06-01T{hour}:00"), "Past")
                .filled(&[("override", "start_in_past"), ("override_reason", "was forgotten")])
        };
        let made: [(Status, &str, &[&str], &[(&str, &str)]); 4] = [
            (Status::Pending, "08", &[], &[]),
            (Status::Cancelled, "09", &["cancel"], &[("reason", "ill")]),
            (Status::Completed, "10", &["complete"], &[]),
            (Status::NoShow, "11", &["no-show"], &[]),
        ];
        for (status, hour, verbs, fields) in made {
            let reference = sam.book(&past(hour)).await;
            for verb in verbs {
                assert_eq!(sam.act(&reference, verb, fields).await.status, 303);
            }
            let address = format!("/bookings/{reference}");
            let page = sam.open(&address).await;
            assert_eq!(page.attribute(".booking", "data-status").unwrap(), status.as_str());
            let refused: &[&str] = match status {
                Status::Pending | Status::Confirmed => &["reinstate"],
                Status::Cancelled => &["confirm", "reschedule", "complete", "no-show"],
                Status::Completed | Status::NoShow => &["confirm", "reschedule", "cancel", "reinstate"],
            };
            let events = sam.events(&reference).await;
            for verb in refused {
                assert!(page.text(&format!("#{verb}-why")).contains(status.words()), "{verb} of {status}");
                assert!(page.has(&format!("button[disabled][aria-describedby='{verb}-why']")), "{verb} of {status}");
                let version = page.attribute("[name=version]", "value").unwrap();
                let start = desk.at(5, "10:00");
                let form = Form(vec![]).filled(&[("version", &version), ("reason", "ill"), ("start_at", &start)]);
                let answer = sam.submit(&format!("{address}/{verb}"), &form).await;
                assert_refused(&answer, &[(Code::WrongStatus.as_str(), "")]);
            }
            assert_eq!(sam.events(&reference).await, events);
        }
    });
}

#[test]
fn after_a_verb_one_goes_back_to_where_one_was() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let waiting = desk.booking(desk.on_approval, desk.room, &desk.at(1, "12:00"), "Zoë");
        let reference = sam.book(&waiting).await;
        let address = format!("/bookings/{reference}");
        sam.open(&address).await;
        // The button of the first page: there it leads back to.
        let today = sam.open("/").await;
        let form = Form::of(&today, &format!("form[action='{address}/confirm']"));
        assert_eq!(form.get("next"), "/");
        let answer = sam.submit(&format!("{address}/confirm"), &form).await;
        assert_eq!((answer.status, answer.location()), (303, "/"));
        let page = sam.open("/").await;
        assert!(page.text("[role=status]").contains("is confirmed"));
        assert_eq!(page.attribute("[role=status] a", "href").unwrap(), address);
        let away = sam.act(&reference, "note", &[("message", "x"), ("next", "//evil.example")]).await;
        assert_eq!((away.status, away.location()), (303, "/"));
    });
}

#[test]
fn a_form_sent_twice_books_once() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let form = sam.new_form().await;
        assert!(form.get("idempotency_key").len() > 20);
        let fields = desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë");
        let form = fields.0.iter().fold(form, |form, (name, value)| form.with(name, value));
        let first = sam.submit("/bookings", &form).await;
        assert_eq!(first.status, 303, "{}", first.text("[role=alert]"));
        let second = sam.submit("/bookings", &form).await;
        assert_eq!((second.status, second.location()), (303, first.location()));
        assert!(sam.open(second.location()).await.text("[role=status]").contains("was booked already"));
        assert_eq!(sam.events(first.location().trim_start_matches("/bookings/")).await, ["CREATED"]);
        // The same key with something else in it is neither booked nor passed off as the first.
        let other = form.clone().with("start_at", &desk.at(3, "14:00"));
        let refused = sam.submit("/bookings", &other).await;
        assert_refused(&refused, &[("idempotency_mismatch", "")]);
        crate::desk::assert_kept(
            &refused,
            "form.booking-form",
            &other.without("idempotency_key").without("csrf_token"),
        );
        // Who wants it all the same sends the form that came back.
        let again = Form::of(&refused, "form.booking-form");
        let answer = sam.submit("/bookings", &again).await;
        assert_eq!(answer.status, 303, "{}", answer.text("[role=alert]"));
        assert_ne!(answer.location(), first.location());
    });
}
