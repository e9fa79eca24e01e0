//! Finding things: a saved view of the list, and the search from anywhere.

use bookings_core::Role;

use crate::chrome::Kind;
use crate::office;
use crate::person::Person;
use crate::place::at_the_desk;

/// Books at `hours` of the day after tomorrow.
async fn booked(ann: &Person, day: &str, people: &[(&str, &str)]) {
    for (client, hour) in people {
        ann.go("/bookings/new").await;
        ann.fill_booking("Room 2", &format!("{day}T{hour}"), client).await;
        ann.follow(".booking-form .submit button").await;
        ann.see(".booking").await;
    }
}

#[test]
fn a_view_is_saved_and_leads_back_after_a_verb() {
    at_the_desk(Role::Admin, async |desk| {
        let day = &desk.day;
        for kind in [Kind::Desktop, Kind::WithoutScripts] {
            let ann = desk.person(kind).await;
            ann.sign_in("/bookings").await;
            let hour = if kind == Kind::Desktop { "10:00" } else { "14:00" };
            booked(&ann, day, &[("Zoë Kovač", hour)]).await;
            let reference = ann.attribute(".booking", "data-reference").await;

            ann.go(&format!("/bookings?from={day}&to={day}")).await;
            ann.press(".filter details:first-of-type summary").await;
            ann.press("input[name=status][value=CONFIRMED]").await;
            ann.follow(".filter details[open] .btn.wide").await;
            ann.press(".views details:first-of-type summary").await;
            let name = if kind == Kind::Desktop { "To do" } else { "To do by hand" };
            ann.write("#name", name).await;
            ann.press("form[action='/bookings/views'] [name=default]").await;
            ann.follow("form[action='/bookings/views'] .btn.wide").await;
            assert!(ann.text("[role=status]").await.contains(name));
            ann.press(".views details:last-of-type summary").await;
            ann.press("input[name=column][value=email]").await;
            ann.follow("form[action='/bookings/columns'] .btn").await;

            // More columns than there is room for scroll in their frame.
            let every = ["when", "email", "phone", "service", "provider", "party", "price", "created", "status"];
            ann.go(&format!("/bookings?column={}", every.join("&column="))).await;
            ann.fits("a list of every column").await;

            // From elsewhere the list opens with the view, and a booking leads back to it.
            ann.go("/").await;
            ann.follow("nav a[href^='/bookings']").await;
            assert!(ann.text(".views a[aria-current=page]").await.contains(name));
            let row = format!("tr[data-reference='{reference}']");
            assert!(ann.text(&row).await.contains("someone@example.com"));
            ann.follow(&format!("{row} th a")).await;
            ann.press("details.note summary").await;
            ann.write("#message", "rang").await;
            ann.follow("details.note form .primary").await;
            assert!(ann.text("[role=status]").await.contains("has a new note"));
            assert!(ann.text(".views a[aria-current=page]").await.contains(name));
            ann.see(&row).await;

            // The other browser shall find the list as it was.
            ann.press(".views details:last-of-type summary").await;
            ann.press("input[name=column][value=email]").await;
            ann.follow("form[action='/bookings/columns'] .btn").await;
            ann.press(".views details:first-of-type summary").await;
            ann.follow("button[value=no-default]").await;
            if kind == Kind::Desktop {
                ann.complained_of_nothing().await;
            }
            ann.leave().await;
        }
    });
}

#[test]
fn one_of_many_providers_is_found_in_the_filter() {
    at_the_desk(Role::Staff, async |desk| {
        for number in 10..40 {
            office::provider(desk.db.pools(), &format!("Cabin {number}"), None);
        }
        for kind in [Kind::Desktop, Kind::WithoutScripts] {
            let ann = desk.person(kind).await;
            ann.sign_in("/bookings").await;
            let hour = if kind == Kind::Desktop { "10:00" } else { "14:00" };
            booked(&ann, &desk.day, &[("Zoë Kovač", hour)]).await;
            ann.go("/bookings").await;
            ann.pick("#from", "2026-02-01").await;
            ann.press("[data-menu=provider] summary").await;
            if kind == Kind::WithoutScripts {
                ann.follow("[data-menu=provider] button[name=menu]").await;
            }
            for (words, found) in [("room 2", "1 found"), ("cabin 2", "10 found")] {
                ann.write("#menu_q", words).await;
                if kind == Kind::WithoutScripts {
                    ann.follow("[data-menu=provider] .joined button").await;
                }
                ann.see_words("menu_q-hint", found).await;
                ann.press("[data-menu=provider] .options label:last-child").await;
            }
            ann.follow("[data-menu=provider] .btn.wide:last-child").await;
            let tags = ann.text(".tags").await;
            assert!(tags.contains("Cabin 29") && tags.contains("Room 2"), "{tags}");
            assert!(tags.contains("From: 2026-02-01"), "what was typed before is kept: {tags}");
            assert!(ann.text("tbody").await.contains("Zoë Kovač"));
            if kind == Kind::Desktop {
                ann.complained_of_nothing().await;
            }
            ann.leave().await;
        }
    });
}

#[test]
fn everything_is_found_from_anywhere() {
    at_the_desk(Role::Staff, async |desk| {
        let day = &desk.day;
        let ann = desk.person(Kind::Desktop).await;
        ann.sign_in("/bookings").await;
        booked(&ann, day, &[("Zoë Kovač", "10:00"), ("Ben Okafor", "12:00")]).await;
        let reference = ann.attribute(".booking", "data-reference").await;

        ann.go("/").await;
        ann.keys("body", "/").await;
        ann.see("dialog[open] [role=combobox]").await;
        ann.keys("dialog input", "kovac").await;
        ann.see("dialog[data-answered=kovac] #palette-option-1").await;
        let active = || ann.attribute("dialog input", "aria-activedescendant");
        assert_eq!(active().await, "palette-option-0");
        ann.keys("dialog input", DOWN).await;
        assert_eq!(active().await, "palette-option-1");
        assert_eq!(ann.text("[role=option][aria-selected=true]").await, ann.text("#palette-option-1").await);
        ann.keys("dialog input", UP).await;
        ann.keys_away("dialog input", ENTER).await;
        assert!(ann.text("h1").await.contains("Zoë Kovač"));

        ann.keys("body", CONTROL_K).await;
        ann.see("dialog[open]").await;
        ann.keys("dialog input", &reference).await;
        ann.see(&format!("dialog[data-answered='{reference}'] [role=option]")).await;
        ann.keys("dialog input", ESCAPE).await;
        ann.see("dialog:not([open])").await;
        ann.keys("body", CONTROL_K).await;
        ann.keys("dialog input", "nobody at all").await;
        ann.see("dialog[data-answered='nobody at all']").await;
        assert!(ann.text("dialog [role=status]").await.contains("Nothing fits"));
        ann.keys("dialog input", ESCAPE).await;

        // Whoever needs the keys for something else switches them off.
        ann.press("details.account summary").await;
        ann.press("[data-preferences] input[type=checkbox]").await;
        ann.see("html[data-kept=shortcuts]").await;
        ann.go("/").await;
        ann.keys("body", "/").await;
        ann.keys("body", CONTROL_K).await;
        assert!(!ann.has("dialog[open]").await);
        ann.complained_of_nothing().await;
        ann.leave().await;

        let ben = desk.person(Kind::WithoutScripts).await;
        ben.sign_in("/").await;
        ben.keys("#site-q", "okafor").await;
        ben.keys_away("#site-q", ENTER).await;
        assert!(!ben.has("dialog").await);
        ben.follow(".found section:first-child a").await;
        assert_eq!(ben.attribute(".booking", "data-reference").await, reference);
        ben.keys("#site-q", &reference).await;
        ben.keys_away("#site-q", ENTER).await;
        assert_eq!(ben.attribute(".booking", "data-reference").await, reference, "straight to it");
        ben.leave().await;
    });
}

// As WebDriver writes keys.
const CONTROL_K: &str = "\u{e009}k\u{e000}";
const ESCAPE: &str = "\u{e00c}";
const ENTER: &str = "\u{e007}";
const UP: &str = "\u{e013}";
const DOWN: &str = "\u{e015}";
