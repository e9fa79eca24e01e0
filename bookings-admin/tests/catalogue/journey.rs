//! From an empty database to the first booking by pages alone.

use bookings_core::Role;
use bookings_db::testing::TestDatabase;
use chrono::{Days, Utc};

use crate::common::{Browser, on_each_database, serving, settings, staff, state};
use crate::desk::Form;

/// The only way on that an empty page offers.
const WAY: &str = ".empty a.primary";

async fn from_nothing(db: TestDatabase, tenancy: bool) {
    staff(db.pools(), "Olga", Role::Owner);
    staff(db.pools(), "Sam", Role::Staff);
    let mut settings = settings(&db);
    settings.policy.tenancy = tenancy;
    let app = serving(state(&db, settings)).await;
    let mut owner = Browser::signed_in(&app, "Olga").await;
    let mut clerk = Browser::signed_in(&app, "Sam").await;
    let mut steps = vec![("/catalogue/services", "Massage"), ("/catalogue/providers", "Room 1")];
    if tenancy {
        steps.insert(0, ("/tenants", "Spa"));
    }
    for (path, name) in steps {
        for page in ["/", "/bookings/new"] {
            let way = owner.open(page).await.attribute(WAY, "href");
            assert_eq!(way.as_deref(), Some(format!("{path}/new").as_str()), "{page}");
            let for_clerk = clerk.open(page).await;
            assert!(for_clerk.text(".empty").contains("admin or owner"), "{page}");
            assert!(!for_clerk.has(WAY) && !for_clerk.has("form.booking-form"), "{page}");
        }
        let form = Form::of(&owner.open(&format!("{path}/new")).await, "form.booking-form");
        let mut form = form.with("name", name);
        if path == "/tenants" {
            form = form.with("slug", "spa");
        } else if tenancy {
            let page = owner.open(&format!("{path}/new")).await;
            form = form.with("tenant_id", &page.attribute("option:last-child", "value").unwrap());
        }
        let answer = owner.submit(path, &form).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.text("[role=alert]"));
        let shown = owner.open(answer.location()).await;
        assert_eq!(
            (shown.text("h1").trim(), shown.text("[role=status]").trim()),
            (name, &*format!("{name} is saved."))
        );
    }
    assert_eq!(owner.open("/").await.attribute(WAY, "href").as_deref(), Some("/bookings/new"));
    let page = owner.open("/bookings/new").await;
    let chosen = |field: &str| page.attribute(&format!("[name={field}] option:last-child"), "value").unwrap();
    let day = Utc::now().date_naive() + Days::new(3);
    let mut form = Form::of(&page, "form.booking-form")
        .with("service_id", &chosen("service_id"))
        .with("provider_id", &chosen("provider_id"))
        .with("start_at", &format!("{day}T10:15"))
        .with("client_name", "Kim Lee");
    if tenancy {
        form = form.with("tenant_id", &chosen("tenant_id"));
    }
    let answer = owner.submit("/bookings", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text("[role=alert]"));
    assert!(owner.open(answer.location()).await.text("h1").starts_with("Kim Lee"));
}

#[test]
fn a_business_is_set_up_by_following_the_empty_pages() {
    on_each_database(|db| from_nothing(db, false));
}

#[test]
fn so_is_one_among_several() {
    on_each_database(|db| from_nothing(db, true));
}
