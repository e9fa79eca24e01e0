//! The list of bookings: filters, order, pages, search; and choosing among more than a select holds.

use bookings_admin::raw_form::RawForm;
use bookings_core::ProviderId;
use chrono_tz::America::New_York;

use crate::common::{Browser, Page, on_each_database, serving, settings, state};
use crate::desk::{Desk, Form, all, assert_kept, assert_refused};
use crate::office;

fn rows(page: &Page) -> Vec<String> {
    all(&page.html(), "tr[data-reference]", "data-reference")
}

#[test]
fn every_filter_leaves_what_fits_it() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let zoe = desk
            .booking(desk.on_approval, desk.room, &desk.at(3, "10:00"), "Zoë Kovač")
            .with("client_phone", "+1 (868) 555-4321");
        let zoe = sam.book(&zoe).await;
        let ben = desk
            .booking(desk.massage, desk.other_room, &desk.at(4, "10:00"), "Ben Okafor")
            .with("client_email", "ben@example.net");
        let ben = sam.book(&ben).await;
        let ada = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(5, "23:30"), "Ada Ben-Okafor")).await;
        assert_eq!(sam.act(&ada, "cancel", &[("reason", "ill")]).await.status, 303);
        let (room, other) = (desk.room, desk.other_room);
        let (third, fourth, fifth) = (desk.day(3), desk.day(4), desk.day(5));
        let [zoe, ben, ada] = [&zoe, &ben, &ada].map(String::as_str);
        let cases: Vec<(String, Vec<&str>)> = vec![
            (String::new(), vec![zoe, ben, ada]),
            ("status=PENDING".into(), vec![zoe]),
            ("status=PENDING&status=CANCELLED".into(), vec![zoe, ada]),
            ("status=NO_SHOW".into(), vec![]),
            (format!("provider={room}"), vec![zoe, ada]),
            (format!("provider={room}&provider={other}"), vec![zoe, ben, ada]),
            (format!("service={}", desk.massage), vec![ben, ada]),
            (format!("service={}&provider={room}&status=CANCELLED", desk.massage), vec![ada]),
            (format!("provider={}", desk.closed_room), vec![]),
            (format!("from={fourth}"), vec![ben, ada]),
            (format!("to={fourth}"), vec![zoe, ben]),
            (format!("from={third}&to={third}"), vec![zoe]),
            // Late in the evening is the next day in UTC.
            (format!("from={fifth}&to={fifth}"), vec![ada]),
            ("q=zoe".into(), vec![zoe]),
            ("q=KOVAC+zo".into(), vec![zoe]),
            ("q=okafor".into(), vec![ben, ada]),
            ("q=ben%40example.net".into(), vec![ben]),
            ("q=868+555+4321".into(), vec![zoe]),
            (format!("q={ben}"), vec![ben]),
            (format!("q={}", ben.to_lowercase()), vec![ben]),
            ("q=nobody".into(), vec![]),
            ("q=okafor&status=CANCELLED".into(), vec![ada]),
            ("q=%25".into(), vec![]),
            ("status=&from=&q=".into(), vec![zoe, ben, ada]),
        ];
        for (query, expected) in cases {
            let page = sam.open(&format!("/bookings?{query}")).await;
            assert_eq!(rows(&page), expected, "{query}");
            assert_eq!(page.has(".empty"), expected.is_empty(), "{query}");
            let typed = RawForm::parse(query.as_bytes()).unwrap();
            let typed = typed.fields().iter().filter(|(name, value)| !value.is_empty() || name == "q");
            let fields = Form(typed.cloned().collect());
            assert_kept(&page, "form#filter", &fields);
            // Each of the filters in force can be taken away by a link, which leaves the others.
            for link in all(&page.html(), ".tags li:not(:last-child) a", "href") {
                let fewer = sam.open(&link).await;
                let tags = |page: &Page| all(&page.html(), ".tags a:not(.clear)", "href").len();
                assert_eq!(tags(&fewer), tags(&page) - 1, "{query}: {link}");
            }
        }
    });
}

#[test]
fn every_order_is_a_link_and_pages_follow_on_and_back() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let mut made = Vec::new();
        for (day, client) in [(7, "Eve"), (3, "Ann"), (5, "Dan"), (4, "Cat"), (6, "Bob")] {
            made.push((
                day,
                client,
                sam.book(&desk.booking(desk.massage, desk.room, &desk.at(day, "10:00"), client)).await,
            ));
        }
        let by = |key: &dyn Fn(&(u64, &str, String)) -> String| {
            let mut sorted = made.clone();
            sorted.sort_by_key(|one| key(one));
            sorted.into_iter().map(|(.., reference)| reference).collect::<Vec<_>>()
        };
        let back = |mut list: Vec<String>| {
            list.reverse();
            list
        };
        let as_made: Vec<String> = made.iter().map(|(.., reference)| reference.clone()).collect();
        for (sort, expected) in [
            ("start_at", by(&|(day, ..)| day.to_string())),
            ("-start_at", back(by(&|(day, ..)| day.to_string()))),
            ("created_at", as_made.clone()),
            ("-created_at", back(as_made)),
            ("client_name", by(&|(_, client, _)| (*client).to_owned())),
            ("reference", by(&|(.., reference)| reference.clone())),
        ] {
            assert_eq!(rows(&sam.open(&format!("/bookings?sort={sort}")).await), expected, "{sort}");
            let mut page = sam.open(&format!("/bookings?sort={sort}&per_page=2&status=CONFIRMED")).await;
            assert!(!page.has("a[rel=prev]"), "{sort}");
            let mut seen = vec![rows(&page)];
            while let Some(next) = page.attribute("a[rel=next]", "href") {
                page = sam.open(&next).await;
                seen.push(rows(&page));
                assert!(seen.len() < 5, "{sort}: pages without end");
            }
            assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1], "{sort}");
            assert_eq!(seen.concat(), expected, "{sort}");
            for before in seen.iter().rev().skip(1) {
                page = sam.open(&page.attribute("a[rel=prev]", "href").unwrap()).await;
                assert_eq!(&rows(&page), before, "{sort} backwards");
            }
        }
        // The headings: what is sorted by is said, and pressing it again turns it around.
        let page = sam.open("/bookings?status=CONFIRMED").await;
        assert_eq!(all(&page.html(), "th[aria-sort=ascending]", "aria-sort").len(), 1);
        let links = all(&page.html(), "th[aria-sort] a", "href");
        assert!(links.len() >= 3, "{links:?}");
        for link in links {
            let sorted = sam.open(&link).await;
            assert_eq!(
                all(&sorted.html(), "th:is([aria-sort=ascending], [aria-sort=descending])", "aria-sort").len(),
                1,
                "{link}"
            );
            assert!(link.contains("status=CONFIRMED") && rows(&sorted).len() == 5, "{link}");
        }
        let turned = page.attribute("th[aria-sort=ascending] a", "href").unwrap();
        let turned = sam.open(&turned).await;
        assert!(turned.has("th[aria-sort=descending]"));
        assert_eq!(rows(&turned), back(rows(&page)));
    });
}

#[test]
fn what_is_not_understood_is_named_and_never_dropped() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        for day in 3..6 {
            sam.book(&desk.booking(desk.massage, desk.room, &desk.at(day, "10:00"), "Zoë")).await;
        }
        let by_name = sam.open("/bookings?sort=client_name&per_page=1").await.attribute("a[rel=next]", "href").unwrap();
        let cursor = by_name.split("after=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let cases = [
            ("status", "BOGUS"),
            ("status", "pending"),
            ("provider", "room"),
            ("service", "1"),
            ("tenant", "acme"),
            ("from", "tomorrow"),
            ("to", "2026-13-01"),
            ("sort", "price"),
            ("sort", "-client_name"),
            ("after", "x"),
            ("before", "x"),
            ("after", &cursor),
            ("per_page", "0"),
            ("per_page", "201"),
            ("per_page", "many"),
            ("per_page", "-1"),
        ];
        for (field, value) in cases {
            let page = sam.get(&format!("/bookings?q=zoe&{field}={value}")).await;
            assert_eq!(page.status, 422, "{field}={value}");
            assert!(page.has("[role=alert]") && page.has("[data-code=invalid]"), "{field}={value}");
            assert!(page.text("[role=alert]").contains(value), "{field}={value}: {}", page.text("[role=alert]"));
            assert!(rows(&page).is_empty(), "{field}={value}: no list rather than a wrong one");
            assert_eq!(Form::of(&page, "form#filter").get("q"), "zoe", "{field}={value}");
        }
        let page = sam.get(&format!("/bookings?from={}&to={}", desk.day(5), desk.day(3))).await;
        assert_refused(&page, &[("invalid", "to")]);
        let page = sam.get("/bookings?status=A&status=B&from=C&sort=D").await;
        assert_eq!(all(&page.html(), "[data-code=invalid]", "data-code").len(), 4, "all of them at once");
        assert_refused(&sam.get(&format!("/bookings?q={}", "x".repeat(201))).await, &[("too_long", "q")]);
        assert_eq!(rows(&sam.open("/bookings?unheard=of").await).len(), 3);
    });
}

#[test]
fn a_day_of_25_hours_is_a_day() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let mut settings = settings(&db);
        settings.time_zone = New_York;
        let app = serving(state(&db, settings)).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let mut at = Vec::new();
        for start in ["2040-11-03T22:30", "2040-11-04T00:00", "2040-11-04T23:00", "2040-11-05T00:00"] {
            at.push(sam.book(&desk.booking(desk.massage, desk.room, start, "Zoë")).await);
        }
        assert_eq!(rows(&sam.open("/bookings?from=2040-11-04&to=2040-11-04").await), at[1..3]);
        assert_eq!(rows(&sam.open("/bookings?to=2040-11-03").await), at[..1]);
        assert_eq!(rows(&sam.open("/bookings?from=2040-11-05").await), at[3..]);
    });
}

#[test]
fn more_than_a_select_holds_is_searched_for_without_scripts() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let rooms: Vec<ProviderId> =
            (0..205).map(|number| office::provider(db.pools(), &format!("Cabin {number:03}"), None)).collect();
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let typed = desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë").without("provider_id");
        let form = sam.new_form().await;
        let page = sam.open("/bookings/new").await;
        assert!(!page.has("select[name=provider_id]"));
        assert!(page.has("select[name=service_id]"), "of those there are few");
        assert!(page.body.len() < 50_000);
        let form = typed.0.iter().fold(form, |form, (name, value)| form.with(name, value));
        let find = |form: &Form, words: &str| form.clone().with("provider_id_q", words).with("find", "provider_id");
        for (words, found) in [("cabin 20", 5), ("CABIN", 20), ("nothing", 0), ("", 0)] {
            let page = sam.submit("/bookings", &find(&form, words)).await;
            assert_eq!(page.status, 200);
            assert!(!page.has("[data-code]"), "to look is no mistake");
            let radios = all(&page.html(), "input[type=radio][name=provider_id]", "value");
            assert_eq!(radios.len(), found, "{words}");
            assert_kept(&page, "form.booking-form", &typed);
            assert_eq!(Form::of(&page, "form.booking-form").get("provider_id_q"), words);
        }
        let found = sam.submit("/bookings", &find(&form, "cabin 204")).await;
        let radios = all(&found.html(), "input[type=radio][name=provider_id]", "value");
        assert_eq!(radios, [rooms[204].to_string()]);
        let missing = sam.submit("/bookings", &Form::of(&found, "form.booking-form")).await;
        assert_refused(&missing, &[("required", "provider_id")]);
        let chosen = Form::of(&found, "form.booking-form").with("provider_id", &radios[0]);
        // Refused for something else, what was chosen stays chosen.
        let refused = sam.submit("/bookings", &chosen.clone().with("client_name", "")).await;
        assert_refused(&refused, &[("required", "client_name")]);
        assert_eq!(Form::of(&refused, "form.booking-form").get("provider_id"), radios[0]);
        let answer = sam.submit("/bookings", &chosen).await;
        assert_eq!(answer.status, 303, "{}", answer.text("[role=alert]"));
        let address = answer.location().to_owned();
        assert!(sam.open(&address).await.text(".facts").contains("Cabin 204"));
        // Edit and move search too; what is booked is chosen from the start.
        let move_it = format!("{address}/reschedule");
        for (at, action, form) in [
            (format!("{address}/edit"), address.clone(), "form.booking-form".to_owned()),
            (address.clone(), move_it.clone(), format!("form[action='{move_it}']")),
        ] {
            let page = sam.open(&at).await;
            let opened = Form::of(&page, &form);
            assert_eq!(opened.get("provider_id"), radios[0], "{at}");
            let found = sam.submit(&action, &find(&opened, "cabin 203")).await;
            assert_eq!(found.status, 200, "{at}");
            let shown = all(&found.html(), &format!("{form} input[type=radio][name=provider_id]"), "value");
            assert_eq!(shown, [radios[0].clone(), rooms[203].to_string()], "{at}: the chosen one and the one found");
            assert_eq!(Form::of(&found, &form).get("provider_id"), radios[0], "{at}");
        }
        // The list names what it is filtered by, though it can't list everything.
        let page = sam.open(&format!("/bookings?provider={}", rooms[204])).await;
        assert!(all(&page.html(), "input[name=provider]", "value").len() <= 201);
        assert_eq!(rows(&page).len(), 1);
        assert!(page.text(".tags").contains("Cabin 204"), "{}", page.text(".tags"));
    });
}

#[test]
fn a_filter_of_many_choices_lists_them_when_its_menu_is_asked_for() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let rooms: Vec<String> = (0..205)
            .map(|number| office::provider(db.pools(), &format!("Cabin {number:03}"), None).to_string())
            .collect();
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let zoe = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let offered = |page: &Page| all(&page.html(), "form#filter input[name=provider]", "value");

        let page = sam.open("/bookings").await;
        assert_eq!(offered(&page), [] as [&str; 0], "205 choices are not on every page");
        assert!(all(&page.html(), "form#filter input[name=service]", "value").contains(&desk.massage.to_string()));
        assert_eq!(all(&page.html(), "form#filter button[name=menu]", "value"), ["provider"]);
        assert!(page.text("tbody .provider").contains("Room"), "rows name theirs all the same");

        // What was typed and ticked goes with the question, and stays.
        let form = Form::of(&page, "form#filter").with("q", "zo").and("service", &desk.massage.to_string());
        let ask = |form: &Form, words: &str| {
            let form = form.clone().with("menu", "provider").with("menu_q", words);
            format!("/bookings?{}", bookings_admin::raw_form::encode(&form.0))
        };
        let menu = sam.open(&ask(&form, "")).await;
        assert_eq!(offered(&menu).len(), 200);
        assert!(menu.text("[role=status]").contains("The first 200"), "{}", menu.text("[role=status]"));
        assert!(menu.has("details[open] #menu_q"));
        assert_kept(&menu, "form#filter", &form);
        assert_eq!(rows(&menu), [zoe.as_str()], "the list is the same");
        let found = sam.open(&ask(&form.clone().and("provider", &rooms[7]), "CABIN 20")).await;
        let shown = [7, 200, 201, 202, 203, 204].map(|number| rooms[number].clone());
        assert_eq!(offered(&found), shown, "the ticked one and those found");
        assert!(found.text(".tags").contains("Cabin 007"));
        assert_eq!(offered(&sam.open(&ask(&form, "nowhere")).await), [] as [&str; 0]);

        // A menu that is shown says how many each would find in those days.
        let week =
            form.clone().with("q", "").with("from", &desk.day(1)).with("to", &desk.day(7)).and("provider", &rooms[7]);
        let counts = |page: &Page| page.text("[data-menu=provider] .options");
        let counted = counts(&sam.open(&ask(&week, "room")).await);
        assert!(counted.contains("Cabin 007 0"), "the ticked one first: {counted}");
        assert!(counted.contains("Room"), "{counted}");
        let page = sam.open(&format!("/bookings?{}", bookings_admin::raw_form::encode(&week.0))).await;
        assert_eq!(counts(&page).trim(), "Cabin 007", "what is not counted has no number");

        // Links of the list don't lead back into the menu.
        let links = all(&found.html(), ".tags a, thead a, .quick a", "href");
        assert!(!links.is_empty() && links.iter().all(|link| !link.contains("menu")), "{links:?}");
        let page = sam.get("/bookings?menu=nothing").await;
        assert_eq!(page.status, 422);
        assert!(page.body.contains("nothing"));
    });
}
