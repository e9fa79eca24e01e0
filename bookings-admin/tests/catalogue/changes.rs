//! Search, history, switching on and off, deleting, and who offers what.

use bookings_core::Role;
use bookings_db::catalogue::tables::AddonData;
use scraper::Selector;

use crate::common::{Browser, Page, on_each_database, serving, settings, staff, state};
use crate::desk::{Desk, Form, all, assert_refused};
use crate::office::{a_quarter, addon, an_hour, provider, service, tenant};

const FORM: &str = "form.booking-form";

fn names(page: &Page) -> Vec<String> {
    let html = page.html();
    let link = Selector::parse("table.records th[scope=row] a").unwrap();
    html.select(&link).map(|a| a.text().collect::<String>()).collect()
}

fn history(page: &Page) -> Vec<String> {
    all(&page.html(), "[data-event]", "data-event")
}

#[test]
fn every_list_is_searched_by_a_part_of_the_name() {
    on_each_database(|db| async move {
        staff(db.pools(), "Olga", Role::Owner);
        for name in ["Masságe", "Deep massage", "100 % calm", "Facial"] {
            service(db.pools(), an_hour(name));
            addon(db.pools(), AddonData { name: name.into(), ..a_quarter(name) });
            provider(db.pools(), name, None);
        }
        for slug in ["massage", "facial"] {
            tenant(db.pools(), slug);
        }
        let app = serving(state(&db, settings(&db))).await;
        let mut olga = Browser::signed_in(&app, "Olga").await;
        for path in ["/catalogue/services", "/catalogue/addons", "/catalogue/providers"] {
            let mut found = names(&olga.open(&format!("{path}?q=MASSAGE")).await);
            found.sort();
            assert_eq!(found, ["Deep massage", "Masságe"], "{path}");
            assert_eq!(names(&olga.open(&format!("{path}?q=0+%25+")).await), ["100 % calm"], "{path}: as it stands");
            assert!(names(&olga.open(&format!("{path}?q=_")).await).is_empty(), "{path}: no pattern");
            let nothing = olga.open(&format!("{path}?q=sauna")).await;
            assert!(
                nothing.has(".empty")
                    && nothing.attribute("form.filter input[name=q]", "value").as_deref() == Some("sauna")
            );
        }
        assert_eq!(names(&olga.open("/tenants?q=SAG").await), ["The massage"]);
    });
}

#[test]
fn a_search_goes_on_behind_its_page() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        for n in 0..130 {
            provider(db.pools(), &format!("Room {n:03}"), None);
            provider(db.pools(), &format!("Hall {n:03}"), None);
        }
        let app = serving(state(&db, settings(&db))).await;
        let mut ann = Browser::signed_in(&app, "Ann").await;
        let page = ann.open("/catalogue/providers?q=room").await;
        let next = page.attribute("a[rel=next]", "href").unwrap();
        let rest = ann.open(&next).await;
        assert_eq!((names(&page).len(), names(&rest).len()), (100, 30));
        assert!(names(&rest).iter().all(|name| name.starts_with("Room")) && !rest.has("a[rel=next]"));
    });
}

#[test]
fn each_change_is_kept_with_who_and_what() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ada", Role::Admin);
        staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let path = "/catalogue/services";
        let form = Form::of(&ada.open(&format!("{path}/new")).await, FORM);
        let made = ada.submit(path, &form.with("name", "Massage").with("price", "100")).await;
        let here = made.location().to_owned();
        let edit = Form::of(&ada.open(&format!("{here}/edit")).await, FORM);
        let edit = edit.with("price", "120").with("duration_minutes", "90").with("requires_approval", "on");
        assert_eq!(ada.submit(&here, &edit).await.status, 303);
        let version = ada.open(&here).await.attribute("input[name=version]", "value").unwrap();
        assert_eq!(ada.post(&format!("{here}/deactivate"), &[("version", &version)]).await.status, 303);
        let mut ann = Browser::signed_in(&app, "Ann").await;
        let page = ann.open(&here).await;
        assert_eq!(history(&page), ["CHANGED", "CHANGED", "MADE"]);
        let text = page.text("[data-event]:nth-of-type(2)");
        for word in ["Ada", "100.00", "120.00", "1 h", "1 h 30 min", "Waits for approval"] {
            assert!(text.contains(word), "{word} in {text}");
        }
        assert!(page.text("[data-event]").contains("Switched off") && page.has("h1 .chip"));
        assert!(!page.has("form[action$='/delete']"), "a viewer changes nothing");
        // The same button twice is no change.
        assert_eq!(ada.post(&format!("{here}/deactivate"), &[("version", "1")]).await.status, 303);
        assert_eq!(ada.post(&format!("{here}/activate"), &[("version", "1")]).await.status, 409);
        assert_eq!(history(&ann.open(&here).await).len(), 3);
        assert_eq!(ada.post(&format!("{here}/explode"), &[("version", "1")]).await.status, 404);
    });
}

#[test]
fn long_histories_come_in_pages() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ada", Role::Admin);
        let id = provider(db.pools(), "Room", None);
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let here = format!("/catalogue/providers/{id}");
        for round in 0..60 {
            let verb = if round % 2 == 0 { "deactivate" } else { "activate" };
            let version = (round + 1).to_string();
            assert_eq!(ada.post(&format!("{here}/{verb}"), &[("version", &version)]).await.status, 303);
        }
        let page = ada.open(&here).await;
        let older = page.attribute("nav[aria-label=History] a", "href").unwrap();
        let rest = ada.open(&older).await;
        assert_eq!((history(&page).len(), history(&rest).len()), (50, 10));
    });
}

#[test]
fn nothing_of_a_history_is_changed_or_removed() {
    use diesel::RunQueryDsl;
    on_each_database(|db| async move {
        staff(db.pools(), "Ada", Role::Admin);
        let id = provider(db.pools(), "Room", None);
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        ada.post(&format!("/catalogue/providers/{id}/deactivate"), &[("version", "1")]).await;
        for sql in ["UPDATE catalogue_event SET actor_name = 'x'", "DELETE FROM catalogue_event"] {
            let done = bookings_db::transaction::write(db.pools(), &bookings_db::transaction::Lock::none(), |conn| {
                diesel::sql_query(sql).execute(conn)?;
                Ok::<_, bookings_db::StoreError>(())
            });
            let wall =
                matches!(&done, Err(bookings_db::StoreError::Wall(wall)) if wall == "catalogue_event_append_only");
            assert!(wall, "{sql}: {done:?}");
        }
    });
}

#[test]
fn only_what_nothing_refers_to_is_deleted() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut olga = Browser::signed_in(&app, "Olga").await;
        let booking = desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë");
        let reference = olga.book(&booking.with("addon_ids", &desk.stones.to_string())).await;
        let link = format!("[role=alert] [data-code=in_use] a[href='/bookings/{reference}']");
        for (path, id) in [
            ("/catalogue/services", desk.massage.to_string()),
            ("/catalogue/providers", desk.room.to_string()),
            ("/catalogue/addons", desk.stones.to_string()),
        ] {
            let here = format!("{path}/{id}");
            let held = olga.post(&format!("{here}/delete"), &[("version", "1")]).await;
            assert!(held.status == 422 && held.has(&link), "{path}: {}", held.text("[role=alert]"));
            assert_eq!(olga.get(&here).await.status, 200);
        }
        // A cancelled booking is a booking.
        olga.act(&reference, "cancel", &[("reason", "ill")]).await;
        let held = olga.post(&format!("/catalogue/providers/{}/delete", desk.room), &[("version", "1")]).await;
        assert!(held.has(&link));
        let facial = format!("/catalogue/services/{}", desk.facial);
        let held = olga.post(&format!("{facial}/delete"), &[("version", "1")]).await;
        assert!(held.has(&format!("[data-code=in_use] a[href='/catalogue/addons/{}']", desk.of_facial)), "its add-on");
        for (path, id) in [
            ("/catalogue/addons", desk.of_facial.to_string()),
            ("/catalogue/services", desk.facial.to_string()),
            ("/catalogue/providers", desk.other_room.to_string()),
            ("/tenants", desk.tenant.to_string()),
        ] {
            let here = format!("{path}/{id}");
            assert_eq!(olga.post(&format!("{here}/delete"), &[("version", "2")]).await.status, 409, "{path}");
            assert_eq!(olga.post(&format!("{here}/delete"), &[]).await.status, 409, "{path}");
            let gone = olga.post(&format!("{here}/delete"), &[("version", "1")]).await;
            assert_eq!((gone.status, gone.location()), (303, path));
            assert!(olga.open(path).await.text("[role=status]").contains("is deleted"));
            assert_eq!(olga.get(&here).await.status, 404);
            assert_eq!(olga.post(&format!("{here}/delete"), &[("version", "1")]).await.status, 404);
        }
        let audit = olga.open("/audit?kind=catalogue_changed&subject=tenant+the+ACME").await;
        assert!(audit.text("tr[data-kind]").contains("deleted"));
    });
}

#[test]
fn a_tenant_goes_last() {
    on_each_database(|db| async move {
        staff(db.pools(), "Olga", Role::Owner);
        let spa = tenant(db.pools(), "spa");
        let room = provider(db.pools(), "Room", Some(spa));
        let mut settings = settings(&db);
        settings.policy.tenancy = true;
        let app = serving(state(&db, settings)).await;
        let mut olga = Browser::signed_in(&app, "Olga").await;
        let here = format!("/tenants/{spa}");
        let held = olga.post(&format!("{here}/delete"), &[("version", "1")]).await;
        assert!(held.has(&format!("[data-code=in_use] a[href='/catalogue/providers/{room}']")));
        olga.post(&format!("/catalogue/providers/{room}/delete"), &[("version", "1")]).await;
        assert_eq!(olga.post(&format!("{here}/delete"), &[("version", "1")]).await.status, 303);
    });
}

#[test]
fn a_stale_form_says_who_and_loses_neither_change() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ada", Role::Admin);
        staff(db.pools(), "Bea", Role::Admin);
        let id = service(db.pools(), an_hour("Massage"));
        let here = format!("/catalogue/services/{id}");
        let app = serving(state(&db, settings(&db))).await;
        let (mut ada, mut bea) = (Browser::signed_in(&app, "Ada").await, Browser::signed_in(&app, "Bea").await);
        let seen = Form::of(&ada.open(&format!("{here}/edit")).await, FORM);
        let hers = Form::of(&bea.open(&format!("{here}/edit")).await, FORM);
        assert_eq!(
            bea.submit(&here, &hers.with("name", "Deep massage").with("requires_approval", "on")).await.status,
            303
        );
        let stale = ada.submit(&here, &seen.with("duration_minutes", "45")).await;
        assert_eq!(stale.status, 409);
        assert!(stale.text("[role=alert]").contains("Bea changed it"));
        assert!(stale.has(&format!("a[href='{here}']")) && !stale.has("main a[href^='/bookings']"));
        let form = Form::of(&stale, &format!("form[action='{here}']"));
        assert_eq!(ada.submit(&here, &form).await.status, 303);
        let page = ada.open(&here).await;
        let facts = page.text(".facts");
        assert!(page.text("h1").contains("Deep massage") && facts.contains("45 min"), "{facts}");
        assert_eq!(history(&page), ["CHANGED", "CHANGED"]);
        assert!(!page.text("[data-event]").contains("Waits"), "what Bea ticked stays ticked");
    });
}

#[test]
fn who_offers_what_is_said_and_kept() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let room = format!("/catalogue/providers/{}", desk.other_room);
        assert!(ada.open(&room).await.text(".facts").contains("every service"));
        let form = Form::of(&ada.open(&format!("{room}/edit")).await, FORM);
        for wrong in ["x", "00000000-0000-0000-0000-000000000001"] {
            assert_refused(
                &ada.submit(&room, &form.clone().with("service_ids", wrong)).await,
                &[("unknown_service", "service_ids")],
            );
        }
        let both = form.and("service_ids", &desk.facial.to_string()).and("service_ids", &desk.class.to_string());
        assert_eq!(ada.submit(&room, &both).await.status, 303);
        let page = ada.open(&room).await;
        assert!(page.text(".facts").contains("Class\nFacial"));
        assert!(
            page.text("[data-event]").contains("every service") && page.text("[data-event]").contains("Class, Facial")
        );
        assert!(ada.open("/catalogue/providers").await.body.contains("Class, Facial"));
        let again = Form::of(&ada.open(&format!("{room}/edit")).await, FORM);
        assert_eq!(again.0.iter().filter(|(name, _)| name == "service_ids").count(), 2);
        // The booking form says it, and the rules hold it; an admin may set it aside.
        let option = format!("#provider_id option[value='{}']", desk.other_room);
        let only = ada.open("/bookings/new").await.attribute(&option, "data-only").unwrap();
        assert!(only.contains(&desk.facial.to_string()[..8]) && only.split(' ').count() == 2);
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let massage = desk.booking(desk.massage, desk.other_room, &desk.at(3, "10:00"), "Zoë");
        let refused = sam.try_to_book(&massage).await;
        assert_refused(&refused, &[("service_not_offered", "provider_id")]);
        sam.book(&desk.booking(desk.facial, desk.other_room, &desk.at(3, "12:00"), "Zoë")).await;
        let reference =
            ada.book(&massage.filled(&[("override", "service_not_offered"), ("override_reason", "once")])).await;
        let page = ada.open(&format!("/bookings/{reference}/edit")).await;
        assert!(page.text(&option).contains("does not give this service"));
        let held = ada.post(&format!("/catalogue/services/{}/delete", desk.class), &[("version", "1")]).await;
        assert!(held.has(&format!("[data-code=in_use] a[href='{room}']")), "{}", held.text("[role=alert]"));
    });
}

#[test]
fn among_hundreds_of_services_one_searches() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ada", Role::Admin);
        for n in 0..205 {
            service(db.pools(), an_hour(&format!("Service {n:03}")));
        }
        let last = service(db.pools(), an_hour("Zumba")).to_string();
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let path = "/catalogue/providers";
        let form = Form::of(&ada.open(&format!("{path}/new")).await, FORM).with("name", "Room");
        let found = ada.submit(path, &form.clone().with("service_ids_q", "zum").with("find", "service_ids")).await;
        assert_eq!(found.status, 200);
        let box_of = format!("input[name=service_ids][value='{last}']");
        assert!(found.has(&box_of) && all(&found.html(), "input[name=service_ids]", "value").len() == 1);
        // What is ticked stays in sight under another search.
        let ticked = Form::of(&found, FORM).and("service_ids", &last).with("service_ids_q", "004");
        let found = ada.submit(path, &ticked.clone().with("find", "service_ids")).await;
        assert!(
            found.has(&format!("{box_of}[checked]"))
                && all(&found.html(), "input[name=service_ids]", "value").len() == 2
        );
        let made = ada.submit(path, &ticked).await;
        assert_eq!(made.status, 303, "{}", made.text("[role=alert]"));
        assert!(ada.open(made.location()).await.text(".facts").contains("Zumba"));
    });
}
