//! The board: what takes time, what is free, and for whom.

use bookings_core::Role;
use bookings_db::catalogue::tables::ServiceData;
use scraper::{ElementRef, Selector};

use crate::common::{Browser, Page, on_each_database, serving, settings, state};
use crate::desk::{Desk, all, assert_refused};
use crate::office;

/// The cells that hold an element, as `rowspan text`.
fn cells(page: &Page, selector: &str) -> Vec<String> {
    let html = page.html();
    let cell = |element: ElementRef| {
        let td = element.ancestors().filter_map(ElementRef::wrap).find(|parent| parent.value().name() == "td").unwrap();
        let words: Vec<&str> = element.text().flat_map(str::split_whitespace).collect();
        format!("{} {}", td.value().attr("rowspan").unwrap_or("1"), words.join(" "))
    };
    html.select(&Selector::parse(selector).unwrap()).map(cell).collect()
}

#[test]
fn bookings_buffers_and_shared_slots_take_their_rows() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let tidy = ServiceData { buffer_before_minutes: 15, buffer_after_minutes: 30, ..office::an_hour("Tidy") };
        let tidy = office::service(db.pools(), tidy);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let own = sam.book(&desk.booking(tidy, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        for client in ["Ann", "Bo", "Cy"] {
            sam.book(&desk.booking(desk.class, desk.other_room, &desk.at(3, "09:00"), client)).await;
        }
        let gone = sam.book(&desk.booking(desk.massage, desk.other_room, &desk.at(3, "15:00"), "Dee")).await;
        sam.act(&gone, "cancel", &[("reason", "ill")]).await;
        let path = format!("/board?date={}", desk.day(3));
        let page = sam.open(&path).await;
        assert_eq!(all(&page.html(), "a.entry", "data-reference"), [own]);
        assert_eq!(cells(&page, "a.entry"), ["4 Zoë 10:00–11:00 Confirmed Tidy"]);
        assert_eq!(cells(&page, ".buffer"), ["1 Kept free from 09:45", "2 Kept free until 11:30"]);
        assert_eq!(
            cells(&page, ".slot"),
            ["4 Class 09:00–10:00 3 of 4 seats: Ann, Bo, Cy + Book a seat of Class, 09:00–10:00"]
        );
        let heads: Vec<String> = cells_of(&page, "thead th");
        assert_eq!(heads, ["Room 1 1 booking", "Room 2 3 bookings"], "the closed one has nothing to show");
        // Seats and gaps lead to the form, filled in.
        let seat = page.attribute("a.seat", "href").unwrap();
        let form = sam.open(&seat).await;
        let chosen = |page: &Page, name: &str| page.attribute(&format!("#{name} option[selected]"), "value");
        assert_eq!(chosen(&form, "service_id"), Some(desk.class.to_string()));
        assert_eq!(chosen(&form, "provider_id"), Some(desk.other_room.to_string()));
        assert_eq!(form.attribute("#start_at", "value"), Some(desk.at(3, "09:00")));
        let gaps = all(&page.html(), "a.add:not([tabindex])", "href");
        let mut starts = Vec::new();
        for gap in &gaps {
            starts.push(sam.open(gap).await.attribute("#start_at", "value").unwrap());
        }
        let at = |time: &str| desk.at(3, time);
        assert_eq!(starts, [at("08:00"), at("08:00"), at("10:00"), at("11:30")]);
        assert!(page.text("a.add .vh").contains("is free until 09:45"));
        sam.book(&desk.booking(desk.class, desk.other_room, &desk.at(3, "09:00"), "Di")).await;
        let full = sam.open(&path).await;
        assert!(
            full.text(".slot").contains("4 of 4 seats") && full.text(".slot").contains("1 more") && !full.has("a.seat")
        );
    });
}

fn cells_of(page: &Page, selector: &str) -> Vec<String> {
    let html = page.html();
    let words = |element: ElementRef| element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    html.select(&Selector::parse(selector).unwrap()).map(words).collect()
}

#[test]
fn what_runs_over_midnight_or_for_days_is_on_every_board_it_touches() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let week =
            office::service(db.pools(), ServiceData { duration_minutes: 5 * 24 * 60, ..office::an_hour("Bicycle") });
        let night = ServiceData { duration_minutes: 120, buffer_after_minutes: 60, ..office::an_hour("Night") };
        let night = office::service(db.pools(), night);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let long = sam.book(&desk.booking(week, desk.room, &desk.at(3, "12:00"), "Zoë")).await;
        let late = sam.book(&desk.booking(night, desk.other_room, &desk.at(4, "21:30"), "Ben")).await;
        for (day, expected) in
            [(2, vec![]), (3, vec![&long]), (4, vec![&long, &late]), (6, vec![&long]), (8, vec![&long]), (9, vec![])]
        {
            let page = sam.open(&format!("/board?date={}", desk.day(day))).await;
            let mut shown = all(&page.html(), "a.entry", "data-reference");
            let mut expected: Vec<&str> = expected.into_iter().map(String::as_str).collect();
            shown.sort();
            expected.sort_unstable();
            assert_eq!(shown, expected, "day {day}");
        }
        // Nothing but the buffer reaches into the next day.
        let page = sam.open(&format!("/board?date={}&provider={}", desk.day(5), desk.other_room)).await;
        assert_eq!(cells(&page, ".buffer"), ["2 Kept free until 00:30"]);
    });
}

#[test]
fn a_week_is_one_providers() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let own = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        sam.book(&desk.booking(desk.massage, desk.other_room, &desk.at(3, "10:00"), "Ben")).await;
        let page = sam.open(&format!("/board?view=week&date={}&provider={}", desk.day(3), desk.room)).await;
        assert_eq!(all(&page.html(), "thead th", "scope").len(), 7);
        assert_eq!(all(&page.html(), "a.entry", "data-reference"), [own]);
        let first = sam.open(&format!("/board?view=week&date={}", desk.day(3))).await;
        assert!(first.has("#provider option[selected]"), "without a provider that of the first");
    });
}

#[test]
fn wrong_questions_are_refused_and_unknown_providers_not_there() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut ann = Browser::signed_in(&app, "Ann").await;
        for (query, field) in [
            ("date=soon", "date"),
            ("date=2026-02-30", "date"),
            ("date=99999-01-01", "date"),
            ("view=month", "view"),
            ("provider=x", "provider"),
        ] {
            let page = ann.get(&format!("/board?{query}")).await;
            assert_eq!(page.status, 422, "{query}");
            assert!(page.has("[role=alert] [data-code=invalid]") && !page.has("table.board"), "{field}");
        }
        assert_eq!(ann.get("/board?provider=00000000-0000-0000-0000-000000000001").await.status, 404);
        for date in ["1970-01-01", "9998-12-31", ""] {
            for view in ["day", "week"] {
                ann.open(&format!("/board?date={date}&view={view}&after_id=x&provider={}", desk.room)).await;
            }
        }
        assert!(!ann.open("/board").await.has("a.add"), "a viewer books nothing");
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let past = ada.open("/board?date=2020-01-06").await;
        assert!(past.has("table.board") && !past.has("a.add"), "what is over is not offered");
        assert_refused(&ada.get("/bookings?from=soon").await, &[("invalid", "from")]);
    });
}

#[test]
fn many_providers_come_in_pages() {
    on_each_database(|db| async move {
        crate::common::staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let mut ann = Browser::signed_in(&app, "Ann").await;
        assert!(ann.open("/board").await.text(".empty").contains("First, add a service"));
        for n in 0..30 {
            office::provider(db.pools(), &format!("Room {n:02}"), None);
        }
        let (mut seen, mut next) = (Vec::new(), Some("/board?date=2030-01-07".to_owned()));
        while let Some(path) = next {
            let page = ann.open(&path).await;
            seen.extend(cells_of(&page, "thead th"));
            let links = all(&page.html(), ".pager a", "href");
            next = links.into_iter().find(|href| href.contains("after="));
            assert!(seen.len() <= 30);
        }
        assert_eq!(seen, (0..30).map(|n| format!("Room {n:02}")).collect::<Vec<_>>());
    });
}

/// The board of the night the clocks change, where they do.
#[test]
fn days_of_23_and_25_hours_have_their_rows() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let mut settings = settings(&db);
        settings.time_zone = chrono_tz::America::New_York;
        let app = serving(state(&db, settings)).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let book = |start: &str| desk.booking(desk.massage, desk.room, start, "Zoë");
        // In 2099 the clocks go back on the first of November and forward on the eighth of March.
        sam.book(&book("2099-11-01T05:30:00Z")).await;
        sam.book(&book("2099-11-01T06:30:00Z")).await;
        sam.book(&book("2099-03-08T06:30:00Z")).await;
        let rows = |page: &Page| page.body.matches("<th scope=\"row\">").count();
        let path = |date: &str| format!("/board?date={date}&provider={}", desk.room);
        let autumn = sam.open(&path("2099-11-01")).await;
        assert_eq!(
            cells(&autumn, "a.entry").iter().filter(|cell| cell.starts_with('4')).count(),
            2,
            "{:?}",
            cells(&autumn, "a.entry")
        );
        assert!(
            autumn.body.contains("02:00") && autumn.body.contains("01:45 EDT") && autumn.body.contains("01:45 EST")
        );
        let plain = sam.open(&path("2099-11-02")).await;
        // From one in the morning, with an hour twice, to six in the evening; and the usual ten hours.
        assert_eq!((rows(&autumn), rows(&plain)), (18 * 4, 10 * 4));
        let spring = sam.open(&path("2099-03-08")).await;
        assert_eq!(cells(&spring, "a.entry"), ["4 Zoë 01:30–03:30 (EST to EDT) Confirmed Massage"]);
        assert!(!spring.body.contains("02:15"));
        let week = sam.open(&format!("{}&view=week", path("2099-03-08"))).await;
        assert!(week.has("td.closed") || week.body.contains("rowspan=\"8\""), "an hour that no clock shows");
    });
}
