//! Services, add-ons and providers: lists, forms, refusals, stale versions, roles.

use bookings_core::Role;
use bookings_db::catalogue::tables::{AddonData, ServiceData};
use scraper::Selector;

use crate::common::{Browser, Page, on_each_database, serving, settings, staff, state};
use crate::desk::{Form, assert_kept, assert_refused};
use crate::office::{a_quarter, addon, an_hour, provider, service};

const SERVICES: &str = "/catalogue/services";
const ADDONS: &str = "/catalogue/addons";
const PROVIDERS: &str = "/catalogue/providers";
const FORM: &str = "form.booking-form";

fn names(page: &Page) -> Vec<String> {
    let html = page.html();
    let link = Selector::parse("table.records th[scope=row] a").unwrap();
    html.select(&link).map(|a| a.text().collect::<String>()).collect()
}

#[test]
fn a_price_is_kept_to_the_minor_unit_of_its_currency() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ada", Role::Admin);
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let blank = Form::of(&ada.open(&format!("{SERVICES}/new")).await, FORM).with("name", "Massage");
        assert_eq!(blank.get("currency"), "TTD");
        for (currency, price, shown) in [
            ("TTD", "120.5", "TTD 120.50"),
            ("jpy", "1200", "JPY 1,200"),
            ("KWD", "1.234", "KWD 1.234"),
            ("TTD", "0", "TTD 0.00"),
            ("TTD", "", ""),
        ] {
            let form = blank.clone().with("currency", currency).with("price", price);
            let answer = ada.submit(SERVICES, &form).await;
            assert_eq!(answer.status, 303, "{currency} {price}: {}", answer.text("[role=alert]"));
            let page = ada.open(answer.location()).await;
            let plain = page.text(".facts").replace(',', "");
            assert!(plain.contains(&shown.replace(',', "")), "{currency} {price}: {plain}");
            let edit = format!("{}/edit", answer.location());
            let again = Form::of(&ada.open(&edit).await, FORM);
            let unchanged = ada.submit(answer.location(), &again).await;
            assert_eq!(unchanged.status, 303, "{}", unchanged.text("[role=alert]"));
            assert_eq!(Form::of(&ada.open(&edit).await, FORM).get("price"), again.get("price"), "{currency} {price}");
        }
        for (currency, price) in [("TTD", "1.234"), ("JPY", "0.5"), ("TTD", "-1"), ("TTD", "abc"), ("TTD", "1e9")] {
            let form = blank.clone().with("currency", currency).with("price", price);
            let refused = ada.submit(SERVICES, &form).await;
            assert_refused(&refused, &[("invalid", "price")]);
            assert_kept(&refused, FORM, &form);
        }
    });
}

#[test]
fn every_wrong_field_is_refused_where_it_is_and_kept() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ada", Role::Admin);
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let blank = Form::of(&ada.open(&format!("{SERVICES}/new")).await, FORM);
        let wrong = blank
            .with("allow_multiple_clients", "on")
            .with("name", "  ")
            .with("duration_minutes", "0")
            .with("buffer_before_minutes", "-1")
            .with("buffer_after_minutes", "ten")
            .with("capacity", "0")
            .with("currency", "XXXX")
            .with("cancellation_notice_minutes", "1.5")
            .with("reschedule_notice_minutes", "99999999999");
        let refused = ada.submit(SERVICES, &wrong).await;
        let fields = [
            "duration_minutes",
            "buffer_before_minutes",
            "buffer_after_minutes",
            "capacity",
            "currency",
            "cancellation_notice_minutes",
            "reschedule_notice_minutes",
        ];
        let mut expected: Vec<_> = fields.map(|field| ("invalid", field)).into();
        expected.push(("required", "name"));
        assert_refused(&refused, &expected);
        assert_kept(&refused, FORM, &wrong);
        for (path, field) in [(ADDONS, "extra_duration_minutes"), (PROVIDERS, "name")] {
            let form = Form::of(&ada.open(&format!("{path}/new")).await, FORM).with("name", "x").with(field, "");
            let code = if field == "name" { "required" } else { "invalid" };
            assert_refused(&ada.submit(path, &form).await, &[(code, field)]);
        }
        let long = Form::of(&ada.open(&format!("{PROVIDERS}/new")).await, FORM).with("name", &"x".repeat(201));
        assert_refused(&ada.submit(PROVIDERS, &long).await, &[("too_long", "name")]);
        assert_eq!(names(&ada.open(SERVICES).await), [""; 0]);
    });
}

#[test]
fn an_add_on_fits_its_service() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ada", Role::Admin);
        let euro = service(db.pools(), ServiceData { currency: "EUR".into(), ..an_hour("Tour") }).to_string();
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let form = Form::of(&ada.open(&format!("{ADDONS}/new")).await, FORM).with("name", "Lunch");
        let of_tour = form.clone().with("service_id", &euro);
        assert_refused(&ada.submit(ADDONS, &of_tour).await, &[("currency_mismatch", "currency")]);
        let unknown = form.with("service_id", "00000000-0000-0000-0000-000000000001");
        assert_refused(&ada.submit(ADDONS, &unknown).await, &[("unknown_service", "service_id")]);
        let made = ada.submit(ADDONS, &of_tour.with("currency", "EUR")).await;
        assert_eq!(made.status, 303);
        assert!(ada.open(made.location()).await.text(".facts").contains("Tour"));
    });
}

#[test]
fn the_second_of_two_editors_sees_what_the_first_one_did() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ada", Role::Admin);
        let id = service(db.pools(), an_hour("Massage"));
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let path = format!("{SERVICES}/{id}");
        let seen = Form::of(&ada.open(&format!("{path}/edit")).await, FORM);
        assert_eq!(ada.submit(&path, &seen.clone().with("name", "Deep massage")).await.status, 303);
        let mine = seen.with("duration_minutes", "45").without("active");
        let stale = ada.submit(&path, &mine).await;
        assert_eq!(stale.status, 409);
        assert!(stale.text("main").contains("Deep massage"));
        let on_top = Form::of(&stale, &format!("form[action='{path}']"));
        assert_eq!(on_top.get("version"), "2");
        assert_eq!(ada.submit(&path, &on_top).await.status, 303);
        let page = ada.open(&path).await;
        assert!(page.text(".facts").contains("45 min") && page.has("h1 .chip"), "{}", page.text("main"));
        assert_refused(&ada.submit(&path, &mine.with("version", "")).await, &[("invalid", "")]);
    });
}

#[test]
fn what_is_switched_off_is_kept_and_takes_no_bookings() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ada", Role::Admin);
        let (service, provider) = (service(db.pools(), an_hour("Massage")), provider(db.pools(), "Room 1", None));
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        for path in [format!("{SERVICES}/{service}"), format!("{PROVIDERS}/{provider}")] {
            let form = Form::of(&ada.open(&format!("{path}/edit")).await, FORM).without("active");
            assert_eq!(ada.submit(&path, &form).await.status, 303);
        }
        assert!(ada.open(SERVICES).await.has("tr.off .chip"));
        let form = Form(vec![])
            .with("service_id", &service.to_string())
            .with("provider_id", &provider.to_string())
            .with("start_at", "2099-01-05T10:00")
            .with("party_size", "1")
            .with("client_name", "Kim");
        let refused = ada.submit("/bookings", &form).await;
        assert_refused(&refused, &[("inactive_service", "service_id"), ("inactive_provider", "provider_id")]);
        let path = format!("{SERVICES}/{service}/edit");
        assert!(matches!(ada.submit(&path, &form).await.status, 404 | 405), "{path}");
    });
}

#[test]
fn only_admins_and_owners_change_the_catalogue() {
    on_each_database(|db| async move {
        let roles = [("Ann", Role::Viewer), ("Sam", Role::Staff), ("Ada", Role::Admin), ("Olga", Role::Owner)];
        for (name, role) in roles {
            staff(db.pools(), name, role);
        }
        let data = AddonData { name: "Stones".into(), ..a_quarter("Stones") };
        let ids = [
            (SERVICES, service(db.pools(), an_hour("Massage")).to_string()),
            (ADDONS, addon(db.pools(), data).to_string()),
            (PROVIDERS, provider(db.pools(), "Room 1", None).to_string()),
        ];
        let app = serving(state(&db, settings(&db))).await;
        for (name, role) in roles {
            let mut person = Browser::signed_in(&app, name).await;
            let writes = role >= Role::Admin;
            for (path, id) in &ids {
                let list = person.open(path).await;
                assert_eq!(list.has(&format!("a[href='{path}/new']")), writes, "{name} {path}");
                let shown = person.open(&format!("{path}/{id}")).await;
                assert_eq!(shown.has(&format!("a[href='{path}/{id}/edit']")), writes, "{name} {path}");
                for form in [format!("{path}/new"), format!("{path}/{id}/edit")] {
                    assert_eq!(person.get(&form).await.status, if writes { 200 } else { 403 }, "{name} {form}");
                }
                for target in [(*path).to_owned(), format!("{path}/{id}")] {
                    let status = person.post(&target, &[]).await.status;
                    assert_eq!(status, if writes { 422 } else { 403 }, "{name} {target}");
                }
            }
            assert_eq!(person.get("/tenants").await.status, if role == Role::Owner { 200 } else { 403 }, "{name}");
        }
    });
}

#[test]
fn long_lists_come_in_pages_by_name() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        // Two of each name: the id decides where a page breaks between them.
        let mut expected: Vec<String> = (0..125).map(|n| format!("Room {n:03}")).collect();
        for name in expected.iter().chain(&expected.clone()) {
            provider(db.pools(), name, None);
        }
        expected = expected.iter().flat_map(|name| [name.clone(), name.clone()]).collect();
        let app = serving(state(&db, settings(&db))).await;
        let mut ann = Browser::signed_in(&app, "Ann").await;
        let (mut seen, mut next) = (Vec::new(), Some(PROVIDERS.to_owned()));
        while let Some(path) = next {
            let page = ann.open(&path).await;
            seen.extend(names(&page));
            next = page.attribute("a[rel=next]", "href");
            assert!(seen.len() <= expected.len());
        }
        assert_eq!(seen, expected);
        for nonsense in ["?after_id=x&after=y", "?after=%FF", "/nothing", "/nothing/edit"] {
            let status = ann.get(&format!("{PROVIDERS}{nonsense}")).await.status;
            assert!(matches!(status, 200 | 400 | 403 | 404), "{nonsense}: {status}");
        }
    });
}
