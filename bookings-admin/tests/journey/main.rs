//! What a member of staff does in a day, in a real browser: headless Chromium against a listening server.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod business;
mod chrome;
#[path = "../common/mod.rs"]
mod common;
mod find;
#[path = "../common/office.rs"]
mod office;
mod person;
mod place;

use bookings_core::Role;
use bookings_db::StoreError;
use bookings_db::schema::session;
use bookings_db::sessions::delete_for_staff;
use bookings_db::staff::staff_by_name;
use bookings_db::transaction::{Lock, write};
use bookings_db::types::Instant;
use chrome::Kind;
use chrono::{TimeDelta, Utc};
use common::PASSWORD;
use diesel::prelude::*;
use place::at_the_desk;

#[test]
fn a_day_at_the_desk() {
    at_the_desk(Role::Staff, async |desk| {
        let day = &desk.day;
        let ann = desk.person(Kind::Desktop).await;
        ann.sign_in("/bookings").await;
        ann.see(".empty").await;
        assert!(ann.has("[data-preferences] input").await, "scripts run");

        ann.follow("a.new").await;
        ann.fill_booking("Room 2", &format!("{day}T10:00"), "Zoë Kovač").await;
        ann.follow(".booking-form .submit button").await;
        assert!(ann.text("[role=status]").await.contains("is booked for Zoë Kovač"));
        let first = ann.attribute(".booking", "data-reference").await;
        assert_eq!(ann.attribute(".booking", "data-status").await, "CONFIRMED");

        ann.follow("a.new").await;
        ann.fill_booking("Room 2", &format!("{day}T10:30"), "Ben Okafor").await;
        ann.write("#notes_internal", "two lines\nof notes").await;
        ann.follow(".booking-form .submit button").await;
        assert!(ann.text("#start_at-error[data-code=overlap]").await.contains(&first));
        ann.see("[role=alert] a[href='#start_at-error']").await;
        assert_eq!(ann.value("#client_name").await, "Ben Okafor");
        assert_eq!(ann.value("#start_at").await, format!("{day}T10:30"));
        assert_eq!(ann.value("#notes_internal").await, "two lines\nof notes");
        let suggested = ann.attribute("[data-suggested-start]", "data-suggested-start").await;
        ann.follow("[data-suggested-start]").await;
        assert!(ann.text("[role=status]").await.contains("is booked for Ben Okafor"));
        assert_eq!(ann.attribute(".booking time", "datetime").await, suggested);
        let second = ann.attribute(".booking", "data-reference").await;
        assert_ne!(first, second);

        ann.press("details.cancel summary").await;
        ann.write("#reason", "the client is ill").await;
        ann.follow("details.cancel form .danger").await;
        assert!(ann.text("[role=status]").await.contains("is cancelled"));
        assert_eq!(ann.attribute(".booking", "data-status").await, "CANCELLED");
        assert_eq!(ann.events().await, ["CANCELLED", "CREATED"]);
        assert_eq!(ann.text("[data-event=CANCELLED] .message").await, "the client is ill");
        assert!(ann.text("[data-event=CANCELLED]").await.contains("Ann"));

        ann.go(&format!("/bookings?from={day}&to={day}")).await;
        assert_eq!(ann.attribute(&format!("tr[data-reference='{first}']"), "data-status").await, "CONFIRMED");
        assert_eq!(ann.attribute(&format!("tr[data-reference='{second}']"), "data-status").await, "CANCELLED");
        ann.complained_of_nothing().await;
        ann.leave().await;
    });
}

#[test]
fn a_booking_without_scripts() {
    at_the_desk(Role::Staff, async |desk| {
        let day = &desk.day;
        let ann = desk.person(Kind::WithoutScripts).await;
        ann.sign_in("/").await;
        ann.see("[data-preferences]").await;
        assert!(!ann.has("[data-preferences] input").await, "no script runs");
        for client in ["First", "Second"] {
            ann.follow("a.new").await;
            ann.fill_booking("Room 2", &format!("{day}T14:00"), client).await;
            ann.follow(".booking-form .submit button").await;
        }
        ann.see("#start_at-error[data-code=overlap]").await;
        ann.follow("[data-suggested-start]").await;
        assert!(ann.text("[role=status]").await.contains("is booked for Second"));
        ann.press("details.note summary").await;
        ann.write("#message", "rang twice").await;
        ann.follow("details.note form .primary").await;
        assert_eq!(ann.events().await, ["NOTE_ADDED", "CREATED"]);
        ann.leave().await;
    });
}

#[test]
fn many_at_once_and_back() {
    at_the_desk(Role::Admin, async |desk| {
        let day = &desk.day;
        let ann = desk.person(Kind::Desktop).await;
        ann.sign_in("/bookings").await;
        for (hour, client) in ["First", "Second", "Third"].iter().enumerate() {
            ann.go("/bookings/new").await;
            ann.fill_booking("Room 2", &format!("{day}T{:02}:00", 9 + hour), client).await;
            ann.follow(".booking-form .submit button").await;
        }
        // The third is cancelled already, and stays so.
        ann.press("details.cancel summary").await;
        ann.write("#reason", "ill").await;
        ann.follow("details.cancel form .danger").await;
        let third = ann.attribute(".booking", "data-reference").await;

        ann.go(&format!("/bookings?from={day}&to={day}")).await;
        ann.press("thead .tick input").await;
        assert_eq!(ann.text("#bulk label").await, "With 3 selected");
        ann.press("tbody tr:nth-child(2) .tick input").await;
        assert_eq!(ann.text("#bulk label").await, "With 2 selected");
        ann.press("tbody tr:nth-child(1) .tick input").await;
        // From there to here.
        ann.press_with_shift("tbody tr:nth-child(2) .tick input").await;
        assert_eq!(ann.text("#bulk label").await, "With 3 selected");
        ann.press("#bulk input[name=all]").await;
        ann.see("#bulk-verb").await.select_by_value("move").await.unwrap();
        ann.follow("#bulk button").await;
        ann.write("#minutes", "15").await;
        ann.follow("button[value=check]").await;
        assert!(ann.text(".lead").await.starts_with("2 of 3 will be moved."), "{}", ann.text(".lead").await);
        ann.see(&format!("tr[data-reference='{third}'] [data-code=wrong_status]")).await;
        ann.follow("button[value=run]").await;
        assert_eq!(ann.text(".lead").await, "Done: 2 moved, 1 refused, 0 so already.");
        ann.see(&format!("tr[data-reference='{third}']")).await;

        ann.follow("button[value=undo]").await;
        assert!(ann.text(".lead").await.starts_with("2 of 2 will be taken back."));
        ann.follow("button[value=run]").await;
        assert_eq!(ann.text(".lead").await, "Done: 2 taken back, 0 refused, 0 so already.");
        ann.follow("tbody .client a").await;
        assert_eq!(ann.events().await, ["RESCHEDULED", "RESCHEDULED", "CREATED"]);
        assert!(ann.text(".booking time").await.contains(":00"), "{}", ann.text(".booking time").await);

        // One alone: from the message that tells of it.
        ann.press("details.cancel summary").await;
        ann.write("#reason", "by mistake").await;
        ann.follow("details.cancel form .danger").await;
        ann.follow(".flash form button").await;
        assert_eq!(ann.attribute(".booking", "data-status").await, "CONFIRMED");
        assert_eq!(ann.text("[data-event=REINSTATED] .message").await, "Taken back");
        ann.complained_of_nothing().await;
        ann.leave().await;
    });
}

#[test]
fn a_file_with_errors() {
    at_the_desk(Role::Admin, async |desk| {
        let day = &desk.day;
        let ann = desk.person(Kind::Desktop).await;
        ann.sign_in("/bookings").await;
        ann.follow("a[href='/import']").await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("visits.csv");
        std::fs::write(&file, "visit,client_name\n1,Zoë\n").unwrap();
        ann.see("#file").await.send_keys(&file.display().to_string()).await.unwrap();
        ann.follow("#import button").await;
        assert!(ann.text("#file-error").await.contains("column \"visit\" is not known"));

        let header = "external_reference,service,provider,start_at,client_name\n";
        let good = format!("a,Massage,Room 2,{day}T10:00,Zoë\n");
        let bad = format!("b,Massage,Room 2,{day}T10:30,Ben\nc,Massage,Room 9,{day}T25:00,Cem\n");
        std::fs::write(&file, format!("{header}{good}{bad}")).unwrap();
        ann.see("#file").await.send_keys(&file.display().to_string()).await.unwrap();
        ann.follow("#import button").await;
        assert!(ann.text(".lead").await.starts_with("1 would be booked, 2 refused."), "{}", ann.text(".lead").await);
        ann.see("tr[data-line='3'] [data-code=overlap]").await;
        ann.see("tr[data-line='4'] [data-field=provider_id][data-code=unknown_provider]").await;
        ann.see("tr[data-line='4'] [data-field=start_at][data-code=invalid]").await;
        ann.follow("button[value=run]").await;
        assert_eq!(ann.text(".lead").await, "Done: 1 booked, 2 refused.");
        ann.follow("a[href$='outcome=changed']").await;
        ann.follow("tr[data-line='2'] .ref a").await;
        assert!(ann.text("h1").await.contains("Zoë"));

        // Corrected and sent again, the first row is not made twice.
        let corrected = format!("b,Massage,Room 2,{day}T12:00,Ben\n");
        ann.go("/import").await;
        ann.write("#text", &format!("{header}{good}{corrected}")).await;
        ann.follow("#import button").await;
        ann.follow("button[value=run]").await;
        assert_eq!(ann.text(".lead").await, "Done: 1 booked, 1 there already, 0 refused.");

        // It was the wrong file after all.
        ann.choose("#bulk-verb", "Cancel").await;
        ann.follow("#bulk-over button").await;
        ann.write("[name=reason]", "The wrong file").await;
        ann.follow("button[value=run]").await;
        assert!(ann.text(".lead").await.starts_with("Done: 1 cancelled"), "{}", ann.text(".lead").await);
        ann.complained_of_nothing().await;
        ann.leave().await;
    });
}

#[test]
fn what_was_typed_outlives_a_sign_out_in_another_tab() {
    at_the_desk(Role::Staff, async |desk| {
        let day = &desk.day;
        for kind in [Kind::Desktop, Kind::WithoutScripts] {
            let ann = desk.person(kind).await;
            ann.sign_in("/").await;
            ann.follow("a.new").await;
            let hour = if kind == Kind::Desktop { "10:00" } else { "12:00" };
            ann.fill_booking("Room 2", &format!("{day}T{hour}"), "Zoë Kovač").await;
            ann.write("#notes_internal", "typed for\nan hour").await;
            ann.open_tab().await;
            ann.go("/").await;
            ann.press("details.account summary").await;
            ann.follow("form[action='/logout'] button").await;
            ann.close_tab().await;
            ann.follow(".booking-form .submit button").await;
            assert!(ann.text("main .notice").await.contains("What you sent is kept"));
            ann.write("#username", "Ann").await;
            ann.write("#password", PASSWORD).await;
            ann.follow("form[action='/login'] button").await;
            assert!(ann.text("main").await.contains("typed for"));
            ann.follow("form[action='/bookings'] button").await;
            assert!(ann.text("[role=status]").await.contains("is booked for Zoë Kovač"));
            assert!(ann.text("main .notes").await.contains("an hour"));
            ann.leave().await;
        }
    });
}

#[test]
fn the_end_of_a_session_is_announced() {
    at_the_desk(Role::Staff, async |desk| {
        let ann = desk.person(Kind::Desktop).await;
        ann.sign_in("/").await;
        assert!(!ann.has("#session-end").await);
        // As if this was said four hours ago, and nothing done since.
        let soon = (session::expires_at.eq(Instant(Utc::now() + TimeDelta::minutes(4))),);
        write(desk.db.pools(), &Lock::none(), |conn| {
            let day_ago = session::created_at.eq(Instant(Utc::now() + TimeDelta::minutes(4) - TimeDelta::hours(24)));
            diesel::update(session::table).set((soon, day_ago)).execute(conn)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
        ann.go("/bookings").await;
        assert!(ann.text("#session-end[role=alert]").await.starts_with("Your session ends at"));
        delete_for_staff(desk.db.pools(), staff_by_name(desk.db.pools(), "Ann").unwrap().unwrap().id).unwrap();
        ann.press("#session-end button").await;
        ann.see_words("session-end", "Your session has ended").await;
        ann.complained_of_nothing().await;
        ann.leave().await;
    });
}

#[test]
fn colours_chosen_in_the_menu_are_kept() {
    at_the_desk(Role::Staff, async |desk| {
        let ann = desk.person(Kind::Desktop).await;
        ann.sign_in("/").await;
        ann.press("details.account summary").await;
        ann.press("[data-preferences] input[value=dark]").await;
        ann.see("html[data-theme=dark]").await;
        ann.see("html[data-kept=theme]").await;
        ann.go("/bookings").await;
        ann.see("html[data-theme=dark]").await;
        ann.complained_of_nothing().await;
        ann.leave().await;
        let bare = desk.person(Kind::WithoutScripts).await;
        bare.sign_in("/profile").await;
        bare.see("html[data-theme=dark]").await;
        bare.press("form[action='/profile/preferences'] input[value=light]").await;
        bare.follow("form[action='/profile/preferences'] button").await;
        bare.see("html[data-theme=light]").await;
        bare.leave().await;
    });
}

#[test]
fn on_a_phone_no_page_is_wider_than_the_screen() {
    at_the_desk(Role::Owner, async |desk| {
        let day = &desk.day;
        let ann = desk.person(Kind::Phone).await;
        ann.go("/login").await;
        ann.fits("the sign-in").await;
        ann.sign_in("/").await;
        ann.fits("today, empty").await;
        ann.go("/bookings").await;
        ann.fits("the list, empty").await;
        let long = "Featherstonehaugh-Cholmondeley-Majoribanks-".repeat(4);
        let provider = "Dr. Long-Winded-Name Featherstonehaugh-Cholmondeley";
        for _ in 0..2 {
            ann.go("/bookings/new").await;
            ann.fits("the form").await;
            ann.fill_booking(provider, &format!("{day}T09:00"), &long).await;
            ann.write("#notes_internal", &long.repeat(3)).await;
            ann.follow(".booking-form .submit button").await;
        }
        ann.see("#start_at-error").await;
        ann.fits("the refused form").await;
        ann.follow("[data-suggested-start]").await;
        ann.see(".booking").await;
        ann.fits("a booking").await;
        for verb in ["reschedule", "cancel", "note"] {
            ann.press(&format!("details.{verb} summary")).await;
            ann.fits(verb).await;
        }
        ann.write("#message", &long).await;
        ann.follow("details.note form .primary").await;
        ann.see("[data-event=NOTE_ADDED]").await;
        ann.fits("a booking with a long note").await;
        let reference = ann.attribute(".booking", "data-reference").await;
        let booking = format!("/bookings/{reference}");
        for path in [
            &format!("{booking}/edit"),
            &format!("{booking}/history?version=1"),
            "/",
            "/bookings",
            "/bookings?q=nobody&status=PENDING&sort=-created_at",
            "/bookings?status=BOGUS",
            "/catalogue/services",
            "/catalogue/services/new",
            "/board",
            &format!("/board?view=week&date={day}"),
            "/catalogue/addons/new",
            "/catalogue/providers",
            "/tenants/new",
            "/bookings?column=email&column=phone&column=price&column=created&range=this-week",
            "/find?q=a",
            "/clients",
            "/profile",
            "/profile/second-factor",
            "/staff",
            "/staff/new",
            "/audit",
            "/import",
            "/nowhere",
        ] {
            ann.go(path).await;
            ann.see("h1").await;
            ann.fits(path).await;
        }
        ann.leave().await;
    });
}
