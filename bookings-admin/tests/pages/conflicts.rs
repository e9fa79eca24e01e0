//! Two people at one booking: neither undoes the other without seeing it.

use scraper::Selector;

use crate::common::{Browser, Page, on_each_database, serving, settings, state};
use crate::desk::{Desk, Form, all};

/// The rows of the page: label, before, theirs, mine.
fn rows(page: &Page) -> Vec<[String; 4]> {
    let html = page.html();
    let (row, cell) = (Selector::parse(".conflict tbody tr").unwrap(), Selector::parse("th, td").unwrap());
    let text = |cell: scraper::ElementRef| cell.text().collect::<String>().trim().to_owned();
    html.select(&row).map(|row| row.select(&cell).map(text).collect::<Vec<_>>().try_into().unwrap()).collect()
}

/// Whether a page shows both versions and lost nothing.
fn assert_stale(page: &Page, address: &str) {
    assert_eq!(page.status, 409, "{}", page.text("main"));
    assert!(page.has("[role=alert] [data-code=stale_version]"));
    assert!(all(&page.html(), "form.submit a", "href").contains(&address.to_owned()), "theirs can be kept");
}

#[test]
fn two_edits_of_two_fields_both_stand() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let (mut sam, mut ada) = (Browser::signed_in(&app, "Sam").await, Browser::signed_in(&app, "Ada").await);
        // What each of two people changes, and what shall be there in the end.
        let stones = desk.stones.to_string();
        let other = desk.other_room.to_string();
        let moved = desk.at(4, "15:00");
        let theirs: [(&str, &str); 7] = [
            ("client_phone", "+1 868 555 9999"),
            ("notes_client", "Brings\r\na dog"),
            ("addon_ids", &stones),
            ("provider_id", &other),
            ("start_at", &moved),
            ("party_size", "3"),
            ("capacity_consumed", "4"),
        ];
        for (place, (field, value)) in theirs.into_iter().enumerate() {
            let service = if place > 4 { desk.class } else { desk.massage };
            let reference =
                sam.book(&desk.booking(service, desk.room, &desk.at(10 + place as u64, "10:00"), "Zoë")).await;
            let address = format!("/bookings/{reference}");
            let opened = Form::of(&sam.open(&format!("{address}/edit")).await, "form.booking-form");
            let adas = Form::of(&ada.open(&format!("{address}/edit")).await, "form.booking-form");
            let answer = ada.submit(&address, &adas.with(field, value)).await;
            assert_eq!(answer.status, 303, "{field}: {}", answer.text("[role=alert]"));
            let stale = sam.submit(&address, &opened.with("client_name", "Zoë Kovač")).await;
            assert_stale(&stale, &address);
            assert!(stale.text("[role=alert]").contains("Ada"), "{field}: who");
            let mine = rows(&stale).into_iter().find(|row| row[0] == "Name").unwrap();
            assert_eq!(mine[1..], ["Zoë", "Zoë", "Zoë Kovač"], "{field}");
            assert!(rows(&stale).iter().any(|row| row[1] != row[2] && row[1] == row[3]), "{field}: {:?}", rows(&stale));
            assert!(!stale.has(".clash"), "{field}");
            let applied = sam.submit(&address, &Form::of(&stale, "form.submit")).await;
            assert_eq!(applied.status, 303, "{field}: {}", applied.text("[role=alert]"));
            let now = Form::of(&sam.open(&format!("{address}/edit")).await, "form.booking-form");
            assert_eq!((now.get(field), now.get("client_name")), (value, "Zoë Kovač"), "{field}");
            assert_eq!(sam.events(&reference).await.len(), 3, "{field}");
        }
    });
}

#[test]
fn two_edits_of_one_field_are_shown_side_by_side() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let (mut sam, mut ada) = (Browser::signed_in(&app, "Sam").await, Browser::signed_in(&app, "Ada").await);
        let reference = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let address = format!("/bookings/{reference}");
        let edit = format!("{address}/edit");
        let sams = Form::of(&sam.open(&edit).await, "form.booking-form").with("client_name", "Zoe");
        let adas = Form::of(&ada.open(&edit).await, "form.booking-form").with("client_name", "Zoé");
        assert_eq!(ada.submit(&address, &adas).await.status, 303);
        let stale = sam.submit(&address, &sams).await;
        assert_stale(&stale, &address);
        assert_eq!(rows(&stale).len(), 1, "{:?}", rows(&stale));
        assert_eq!(rows(&stale)[0][1..], ["Zoë", "Zoé", "Zoe"]);
        assert!(stale.has("tr.clash"));
        assert_eq!(sam.events(&reference).await.len(), 2, "nothing of mine was saved yet");
        assert_eq!(sam.submit(&address, &Form::of(&stale, "form.submit")).await.status, 303);
        assert_eq!(Form::of(&sam.open(&edit).await, "form.booking-form").get("client_name"), "Zoe");
        // What both changed to the same is no conflict at all.
        let (sams, adas) = (
            Form::of(&sam.open(&edit).await, "form.booking-form"),
            Form::of(&ada.open(&edit).await, "form.booking-form"),
        );
        assert_eq!(ada.submit(&address, &adas.with("client_name", "Z")).await.status, 303);
        assert_eq!(sam.submit(&address, &sams.with("client_name", "Z")).await.status, 303);
        assert_eq!(sam.events(&reference).await.len(), 4);
    });
}

#[test]
fn a_verb_on_what_has_changed_shows_the_change_and_can_be_done_all_the_same() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let (mut sam, mut ada) = (Browser::signed_in(&app, "Sam").await, Browser::signed_in(&app, "Ada").await);
        let reference = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let address = format!("/bookings/{reference}");
        let action = format!("{address}/cancel");
        let old = Form::of(&sam.open(&address).await, &format!("form[action='{action}']"));
        assert_eq!(ada.act(&reference, "reschedule", &[("start_at", &desk.at(3, "13:00"))]).await.status, 303);
        let stale = sam.submit(&action, &old.with("reason", "two\r\nlines")).await;
        assert_stale(&stale, &address);
        let start = rows(&stale).into_iter().find(|row| row[0] == "Start").unwrap();
        assert!(start[1].contains("10:00") && start[2].contains("13:00"), "{start:?}");
        assert!(stale.text("form.submit button").contains("Cancel booking all the same"));
        assert_eq!(sam.submit(&action, &Form::of(&stale, "form.submit")).await.status, 303);
        assert_eq!(sam.events(&reference).await, ["CANCELLED", "RESCHEDULED", "CREATED"]);
        assert_eq!(sam.open(&address).await.text("[data-event=CANCELLED] .message"), "two\nlines");
    });
}
