//! Taking back the last change: offered where it was told and on the booking's page, refused with its reason.

use crate::common::{Browser, on_each_database, serving, settings, state};
use crate::desk::{Desk, Form, assert_refused};

#[test]
fn every_change_is_told_with_a_button_that_takes_it_back() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let reference = sam.book(&desk.booking(desk.on_approval, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let address = format!("/bookings/{reference}");
        let undo = format!("{address}/undo");
        let told = format!(".flash form[action='{undo}']");
        assert!(!sam.open(&address).await.has(&format!("form[action='{undo}']")), "a new booking is cancelled");
        let moved = [("start_at", desk.at(4, "12:00"))];
        let verbs: [(&str, Vec<(&str, String)>); 3] =
            [("confirm", vec![]), ("cancel", vec![("reason", "ill".into())]), ("reschedule", moved.into())];
        for (verb, fields) in verbs {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(sam.act(&reference, verb, &fields).await.status, 303, "{verb}");
            let page = sam.open(&address).await;
            let form = Form::of(&page, &told);
            let answer = sam.submit(&undo, &form).await;
            assert_eq!((answer.status, answer.location()), (303, address.as_str()), "{verb}");
            let page = sam.open(&address).await;
            assert!(page.text("[role=status]").contains("is as it was before"), "{verb}");
            assert!(!page.has(&told), "{verb}: what was taken back is not offered again where it is told");
            assert_eq!(page.attribute(".booking", "data-status").unwrap(), "PENDING", "{verb}");
            assert_eq!(page.text("[data-event] .message"), "Taken back", "{verb}");
            // Sent twice: the second would take back what the first did.
            let page = sam.submit(&undo, &form).await;
            assert_eq!(page.status, 409, "{verb}");
            assert!(page.has("[role=alert] [data-code=stale_version]"), "{verb}");
        }
        let edit = Form::of(&sam.open(&format!("{address}/edit")).await, "form.booking-form");
        sam.submit(&address, &edit.with("client_name", "Eve")).await;
        let page = sam.open(&address).await;
        assert!(page.text("h1").contains("Eve") && page.has(&told));
        // The message is gone with the next page; the button stays on the booking's own.
        let page = sam.open(&address).await;
        assert!(!page.has(".flash"));
        assert!(page.text("#undo-why").starts_with("Edited by Sam"), "{}", page.text("#undo-why"));
        assert_eq!(sam.act(&reference, "undo", &[]).await.status, 303);
        assert!(sam.open(&address).await.text("h1").contains("Zoë"));
    });
}

#[test]
fn what_has_no_way_back_says_why() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let reference = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let undo = format!("/bookings/{reference}/undo");
        sam.act(&reference, "note", &[("message", "rang")]).await;
        let page = sam.open(&format!("/bookings/{reference}")).await;
        assert!(!page.has(&format!("form[action='{undo}']")));
        assert_eq!(page.text("#undo-why"), "It can't be taken back: a note stays in the history.");
        assert_refused(&sam.post(&undo, &[("version", "2")]).await, &[("wrong_status", "")]);
        assert_refused(&sam.post(&undo, &[("version", "two")]).await, &[("invalid", "")]);

        sam.act(&reference, "cancel", &[("reason", "ill")]).await;
        let other = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:30"), "Eve")).await;
        let page = sam.act(&reference, "undo", &[]).await;
        assert_eq!(page.status, 422);
        assert!(page.text("[role=alert] [data-code=overlap]").contains(&other), "{}", page.text("[role=alert]"));
        assert_eq!(sam.events(&reference).await, ["CANCELLED", "NOTE_ADDED", "CREATED"]);
    });
}

#[test]
fn from_a_list_it_leads_back_to_the_list() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let reference = sam.book(&desk.booking(desk.on_approval, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let confirm = format!("/bookings/{reference}/confirm");
        let answer = sam.post(&confirm, &[("version", "1"), ("next", "/")]).await;
        assert_eq!(answer.location(), "/");
        let undo = format!("/bookings/{reference}/undo");
        let form = Form::of(&sam.open("/").await, &format!(".flash form[action='{undo}']"));
        assert_eq!(sam.submit(&undo, &form).await.location(), "/");
        assert_eq!(sam.events(&reference).await, ["REINSTATED", "CONFIRMED", "CREATED"]);
    });
}
