//! Saved views, columns, and the way back to the list.

use crate::common::{Browser, Page, on_each_database, serving, settings, state};
use crate::desk::{Desk, Form, all, assert_refused};

const NEW: &str = "form[action='/bookings/views']";

fn links(page: &Page) -> Vec<String> {
    all(&page.html(), ".views li a", "href")
}

fn columns(page: &Page) -> Vec<String> {
    let html = page.html();
    let heads = scraper::Selector::parse(".list thead th").unwrap();
    html.select(&heads).map(|head| head.text().collect::<String>().trim().to_owned()).collect()
}

#[test]
fn a_view_keeps_filters_order_and_columns_under_a_name() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let pending = sam.book(&desk.booking(desk.on_approval, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        sam.book(&desk.booking(desk.massage, desk.room, &desk.at(4, "10:00"), "Ben")).await;
        let list = "/bookings?sort=-start_at&status=PENDING&column=client&column=price&range=last-30-days&view=all";
        let page = sam.open(list).await;
        let form = Form::of(&page, NEW);
        assert_refused(&sam.submit("/bookings/views", &form).await, &[("required", "name")]);
        let answer = sam.submit("/bookings/views", &form.clone().with("name", "To confirm")).await;
        assert_eq!(answer.status, 303);
        let address = answer.location().to_owned();
        assert!(address.contains("status=PENDING&range=last-30-days&sort=-start_at&column=client&column=price&view="));
        let page = sam.open(&address).await;
        assert_eq!(page.text(".views a[aria-current]"), "To confirm");
        let found = sam.open(&address.replace("range=last-30-days&", "")).await;
        assert_eq!(columns(&found), ["Client", "Price"]);
        let id = address.rsplit("view=").next().unwrap().to_owned();
        assert_eq!(sam.get(&format!("/bookings?view={id}")).await.location(), address);
        // The same name again is refused, and what was typed is there.
        let again = sam.submit("/bookings/views", &form.clone().with("name", "TO confirm").with("default", "1")).await;
        assert_refused(&again, &[("invalid", "name")]);
        assert_eq!(Form::of(&again, NEW).get("name"), "TO confirm");
        assert!(again.has(&format!("{NEW} [name=default][checked]")));

        // Replaced by what is shown, renamed, opened with, deleted.
        let this = format!("/bookings/views/{id}");
        let act = |page: &Page, act: &str| Form::of(page, &format!("form[action='{this}']")).with("act", act);
        let shown = sam.open(&format!("/bookings?status=PENDING&view={id}")).await;
        let replaced = sam.submit(&this, &act(&shown, "replace")).await;
        assert_eq!(replaced.location(), format!("/bookings?status=PENDING&view={id}"));
        let shown = sam.open(replaced.location()).await;
        assert!(shown.has("button[value=replace][disabled]"), "it is what is shown");
        assert_eq!(all(&shown.html(), "tr[data-reference]", "data-reference"), [pending.as_str()]);
        let renamed = sam.submit(&this, &act(&shown, "rename").with("view_name", "Waiting")).await;
        assert_eq!(sam.open(renamed.location()).await.text(".views a[aria-current]"), "Waiting");
        assert_refused(
            &sam.submit(&this, &act(&shown, "rename").with("view_name", " ")).await,
            &[("required", "view_name")],
        );
        sam.submit(&this, &act(&shown, "default")).await;
        let opened = sam.get("/bookings").await;
        assert_eq!((opened.status, opened.location()), (303, format!("/bookings?status=PENDING&view={id}").as_str()));
        assert_eq!(sam.open("/bookings?view=all").await.text(".views a[aria-current]"), "All bookings");
        sam.submit(&this, &act(&shown, "no-default")).await;
        sam.open("/bookings").await;
        let deleted = sam.submit(&this, &act(&shown, "delete")).await;
        assert_eq!(deleted.location(), "/bookings?status=PENDING&view=all");
        assert_eq!(links(&sam.open(deleted.location()).await), ["/bookings?view=all"]);
        assert_eq!(sam.get(&format!("/bookings?view={id}")).await.status, 404);
        assert_eq!(sam.submit(&this, &act(&shown, "delete")).await.status, 404);
    });
}

#[test]
fn shared_views_are_made_by_admins_and_seen_by_everybody() {
    on_each_database(|db| async move {
        Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let form = Form::of(&ada.open("/bookings?status=NO_SHOW").await, NEW).with("name", "No-shows");
        let shared = ada.submit("/bookings/views", &form.clone().with("shared", "1")).await.location().to_owned();
        let own = ada.submit("/bookings/views", &form).await.location().to_owned();
        let page = sam.open("/bookings").await;
        assert_eq!(links(&page), ["/bookings?view=all", &shared]);
        assert!(!page.has("[name=shared]"));
        let taken = Form::of(&page, NEW).with("name", "Mine").with("shared", "1");
        assert_eq!(sam.submit("/bookings/views", &taken).await.status, 403);
        for address in [&shared, &own] {
            let id = address.rsplit("view=").next().unwrap();
            for act in ["rename", "replace", "delete"] {
                let form = Form(vec![]).with("act", act).with("view_name", "Taken").with("query", "");
                assert_eq!(sam.submit(&format!("/bookings/views/{id}"), &form).await.status, 404, "{act}");
            }
        }
        // A shared one may be where anybody's list opens.
        let id = shared.rsplit("view=").next().unwrap();
        sam.submit(&format!("/bookings/views/{id}"), &Form(vec![]).with("act", "default").with("query", "")).await;
        assert_eq!(sam.get("/bookings").await.location(), shared);
        assert_eq!(ada.get("/bookings").await.status, 200);
        let shown = sam.open(&shared).await;
        assert!(!shown.has("button[value=delete]") && shown.has("button[value=no-default]"));
    });
}

/// People leave and rooms close: what was saved opens all the same.
#[test]
fn a_view_outlives_its_maker_and_what_it_names() {
    on_each_database(|db| async move {
        Desk::open(&db);
        let closing = crate::office::provider(db.pools(), "Closing", None);
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let mut owner = Browser::signed_in(&app, "Olga").await;
        let list = format!("/bookings?provider={closing}");
        let form = Form::of(&ada.open(&list).await, NEW).with("name", "Closing").with("shared", "1");
        let shared = ada.submit("/bookings/views", &form).await.location().to_owned();
        let this = format!("/bookings/views/{}", shared.rsplit("view=").next().unwrap());
        sam.submit(&this, &Form(vec![]).with("act", "default").with("query", "")).await;
        let gone = format!("/catalogue/providers/{closing}");
        let answer = owner.submit(&format!("{gone}/delete"), &Form(vec![]).with("version", "1")).await;
        assert!(answer.status == 303 && owner.get(&gone).await.status == 404, "{}", answer.status);
        let maker = bookings_db::staff::staff_by_name(db.pools(), "Ada").unwrap().unwrap();
        bookings_db::staff::set_staff_active(db.pools(), maker.id, false, chrono::Utc::now()).unwrap();
        assert_eq!(sam.get("/bookings").await.location(), shared);
        let opened = sam.open(&shared).await;
        assert!(
            opened.text(".views a[aria-current]").contains("Closing") && opened.has("a[href='/bookings?view=all']")
        );
        assert_eq!(owner.submit(&this, &Form(vec![]).with("act", "delete").with("query", "")).await.status, 303);
        assert_ne!(sam.get("/bookings").await.location(), shared, "what is gone opens nothing");
    });
}

#[test]
fn columns_are_chosen_and_remembered_for_each_person() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        sam.book(&desk.booking(desk.class, desk.room, &desk.at(3, "10:00"), "Zoë").with("party_size", "3")).await;
        let usual = ["When", "Client", "Service", "Provider", "Status", "Reference"];
        let page = sam.open("/bookings?status=CONFIRMED").await;
        assert_eq!(columns(&page), usual);
        assert!(page.text("tbody th").contains("party of 3") && page.has("tbody th .phone"));
        let form = Form::of(&page, "form[action='/bookings/columns']").without("column");
        let form =
            ["email", "phone", "party", "price", "created"].iter().fold(form, |form, one| form.and("column", one));
        let answer = sam.submit("/bookings/columns", &form).await;
        assert_eq!(answer.location(), "/bookings?status=CONFIRMED");
        let page = sam.open("/bookings").await;
        assert_eq!(columns(&page), ["Client", "E-mail", "Phone", "People", "Price", "Booked"]);
        let row = page.text("tbody tr");
        for cell in ["someone@example.com", "+1 868 555 0100", "3", "TTD 100.00"] {
            assert!(row.contains(cell), "{cell} in {row}");
        }
        assert!(!row.contains("party of") && !page.has("tbody th .phone"), "said once");
        assert_eq!(columns(&ada.open("/bookings").await), usual, "hers are hers");
        // A list that names its columns has those, and gets those that are chosen.
        let named = sam.open("/bookings?column=when&column=status").await;
        assert_eq!(columns(&named), ["When", "Client", "Status"]);
        let form = Form::of(&named, "form[action='/bookings/columns']").and("column", "price");
        let answer = sam.submit("/bookings/columns", &form).await;
        assert_eq!(answer.location(), "/bookings?column=when&column=price&column=status");
        assert_refused(&sam.get("/bookings?column=shoe+size").await, &[("invalid", "")]);
    });
}

#[test]
fn a_verb_or_save_leads_back_to_the_list_one_came_from() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let reference = sam.book(&desk.booking(desk.on_approval, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let list = format!("/bookings?status=PENDING&status=CONFIRMED&provider={}", desk.room);
        let way = sam.open(&list).await.attribute("tbody th a", "href").unwrap();
        assert!(way.starts_with(&format!("/bookings/{reference}?next=")), "{way}");
        let booking = sam.open(&way).await;
        assert_eq!(booking.attribute(".crumb a", "href").unwrap(), list);
        let confirm = format!("/bookings/{reference}/confirm");
        let answer = sam.submit(&confirm, &Form::of(&booking, &format!("form[action='{confirm}']"))).await;
        assert_eq!((answer.status, answer.location()), (303, list.as_str()));
        let shown = sam.open(&list).await;
        assert!(shown.text("[role=status]").contains("is confirmed"));
        assert_eq!(shown.attribute("[role=status] a", "href").unwrap(), format!("/bookings/{reference}"));
        // Refused first, and by way of the edit form.
        let cancel = format!("/bookings/{reference}/note");
        let form = Form::of(&sam.open(&way).await, &format!("form[action='{cancel}']"));
        let refused = sam.submit(&cancel, &form).await;
        assert_refused(&refused, &[("required", "message")]);
        assert_eq!(Form::of(&refused, &format!("form[action='{cancel}']")).get("next"), list);
        let edit = sam.open(&way).await.attribute("a[href*='/edit']", "href").unwrap();
        let form = Form::of(&sam.open(&edit).await, "form.booking-form").with("client_name", "Zoë K.");
        let answer = sam.submit(&format!("/bookings/{reference}"), &form).await;
        assert_eq!((answer.status, answer.location()), (303, list.as_str()));
        sam.open(&list).await;
        // Nowhere else.
        for elsewhere in ["https://evil.example/", "//evil.example", "/staff", "/bookingsx", "javascript:alert(1)"] {
            let query = bookings_admin::raw_form::encode(&[("next".into(), elsewhere.into())]);
            let page = sam.open(&format!("/bookings/{reference}?{query}")).await;
            assert_eq!(page.attribute(".crumb a", "href").unwrap(), "/bookings", "{elsewhere}");
            assert!(!page.has("[name=next]"), "{elsewhere}");
        }
    });
}

#[test]
fn a_day_has_counts_beside_its_choices_and_a_long_list_says_how_long() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        for hour in ["10:00", "12:00", "14:00"] {
            sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, hour), "Zoë")).await;
        }
        sam.book(&desk.booking(desk.on_approval, desk.other_room, &desk.at(3, "10:00"), "Zoë")).await;
        let day = desk.day(3);
        let said =
            |page: &Page, value: &str| page.text(&format!("label:has(input[value='{value}'])")).trim().to_owned();
        let page = sam.open(&format!("/bookings?from={day}&to={day}&status=CONFIRMED")).await;
        assert_eq!(said(&page, "CONFIRMED"), "Confirmed 3");
        assert_eq!(said(&page, "PENDING"), "Pending 1", "what choosing it too would find");
        assert_eq!(said(&page, "CANCELLED"), "Cancelled 0");
        assert_eq!(said(&page, &desk.room.to_string()), "Room 1 3");
        assert_eq!(said(&page, &desk.other_room.to_string()), "Room 2 0");
        assert_eq!(page.text(".pager p").trim(), "3 found");
        assert_eq!(said(&sam.open("/bookings").await, "CONFIRMED"), "Confirmed");
        let paged = sam.open("/bookings?per_page=2&status=CONFIRMED").await;
        assert_eq!(paged.text(".pager p").trim(), "2 of 3 shown");
        assert_eq!(sam.open("/bookings?per_page=2&q=zoe").await.text(".pager p").trim(), "2 shown");
    });
}

#[test]
fn navigation_opens_the_list_from_today_on_and_a_search_looks_everywhere() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let references = |page: &Page| all(&page.html(), "tr[data-reference]", "data-reference");
        let to = sam.open("/").await.attribute("nav a[href^='/bookings']", "href").unwrap();
        let empty = sam.open(&to).await;
        assert!(empty.text(".empty").contains("from today on") && empty.has(".empty a[href='/bookings/new']"));
        let past = desk
            .booking(desk.massage, desk.room, "2020-01-06T10:00", "Zoë")
            .with("override", "start_in_past")
            .with("override_reason", "written down late");
        let past = sam.book(&past).await;
        let later = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(4, "10:00"), "Zoë")).await;
        let soon = sam.book(&desk.booking(desk.massage, desk.other_room, &desk.at(3, "10:00"), "Ben")).await;

        let page = sam.open(&to).await;
        assert_eq!(references(&page), [soon.as_str(), &later]);
        assert_eq!(page.text(".quick a[aria-current]"), "From today");
        assert_eq!(page.text(".tags a:not(.clear)"), "Remove filter Days: From today");
        let without = page.attribute(".tags a:not(.clear)", "href").unwrap();
        assert_eq!(references(&sam.open(&without).await), [past.as_str(), &soon, &later]);
        assert_eq!(references(&sam.open("/bookings").await), [past.as_str(), &soon, &later], "as always");
        let row = page.attribute("tbody th a", "href").unwrap();
        assert_eq!(sam.open(&row).await.attribute(".crumb a", "href").unwrap(), "/bookings?range=from-today");

        // The box looks at every day, and says so; who wants the days says them.
        let form = Form::of(&page, "form#filter").with("q", "zoe");
        let searched = sam.open(&format!("/bookings?{}", bookings_admin::raw_form::encode(&form.0))).await;
        assert_eq!(references(&searched), [past.as_str(), &later]);
        assert_eq!(all(&searched.html(), ".tags a:not(.clear)", "href").len(), 1);
        let days = searched.attribute(".quick a", "href").unwrap();
        assert_eq!(references(&sam.open(&days).await), [later.as_str()], "{days}");

        // A view of one's own comes first.
        let form = Form::of(&page, NEW).with("name", "Mine").with("default", "1").with("query", "status=CONFIRMED");
        let mine = sam.submit("/bookings/views", &form).await.location().to_owned();
        assert_eq!(sam.get(&to).await.location(), mine);
    });
}
