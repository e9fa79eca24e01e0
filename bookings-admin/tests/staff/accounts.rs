//! `/staff` and the links that an owner makes.

use bookings_core::Role;
use bookings_db::staff::{set_password, staff_by_name};
use chrono::Utc;

use crate::common::{Browser, PASSWORD, Page, on_each_database, serving, settings, staff, state};
use crate::desk::{Form, assert_kept, assert_refused};

const FORM: &str = "form.booking-form";
const NEW_PASSWORD: &str = "another long password";

/// The address within the message that the owner copies.
fn link(page: &Page) -> String {
    let message = page.text("[role=status]");
    let (_, link) = message.split_once("http://localhost:8080").unwrap_or_else(|| panic!("no link in {message:?}"));
    link.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn somebody_is_invited_by_a_link_that_works_once() {
    on_each_database(|db| async move {
        staff(db.pools(), "Olga", Role::Owner);
        let app = serving(state(&db, settings(&db))).await;
        let mut owner = Browser::signed_in(&app, "Olga").await;
        let form = Form::of(&owner.open("/staff/new").await, FORM);
        let made = owner.submit("/staff", &form.with("username", "Kim").with("role", "admin")).await;
        assert_eq!(made.status, 303, "{}", made.text("[role=alert]"));
        let page = owner.open(made.location()).await;
        let link = link(&page);
        assert!(page.text(".facts").contains("not set yet"));
        assert!(!owner.open(made.location()).await.body.contains("token="), "it is shown once");
        let mut kim = Browser::new(&app);
        assert_eq!(kim.sign_in("Kim", "").await.status, 422, "no password is none");
        for wrong in ["/welcome", "/welcome?token=", &link[..link.len() - 1]] {
            assert_eq!(kim.get(wrong).await.status, 404, "{wrong}");
        }
        let welcome = kim.open(&link).await;
        let form = Form::of(&welcome, "form.stack");
        let short = kim.submit("/welcome", &form.clone().with("new_password", "short")).await;
        assert_refused(&short, &[("invalid", "new_password")]);
        let entered = kim.submit("/welcome", &form.clone().with("new_password", NEW_PASSWORD)).await;
        assert_eq!((entered.status, entered.location()), (303, "/"));
        assert_eq!(kim.open("/").await.text(".account .role"), "admin");
        let mut other = Browser::new(&app);
        assert_eq!(other.get(&link).await.status, 404);
        other.get("/login").await;
        assert_eq!(other.submit("/welcome", &form.with("new_password", PASSWORD)).await.status, 404);
        assert_eq!(other.sign_in("Kim", NEW_PASSWORD).await.status, 303);
        let told = owner.open("/audit?kind=link_made").await.text("tr[data-kind]");
        assert!(told.contains("until: ") && !told.contains('Z'), "on the clocks of who reads it: {told}");
    });
}

#[test]
fn a_reset_ends_the_links_and_sessions_before_it() {
    on_each_database(|db| async move {
        staff(db.pools(), "Olga", Role::Owner);
        let kim = staff(db.pools(), "Kim", Role::Staff);
        let app = serving(state(&db, settings(&db))).await;
        let mut owner = Browser::signed_in(&app, "Olga").await;
        let mut kims = Browser::signed_in(&app, "Kim").await;
        let path = format!("/staff/{}", kim.id);
        let mut links = Vec::new();
        for _ in 0..2 {
            let form = Form::of(&owner.open(&path).await, &format!("form[action='{path}/link']"));
            let made = owner.submit(&format!("{path}/link"), &form).await;
            links.push(link(&owner.open(made.location()).await));
        }
        let mut browser = Browser::new(&app);
        assert_eq!(browser.get(&links[0]).await.status, 404, "the newer one counts");
        let form = Form::of(&browser.open(&links[1]).await, "form.stack").with("new_password", NEW_PASSWORD);
        assert_eq!(kims.get("/").await.status, 200, "a link that was not used changes nothing");
        assert_eq!(browser.submit("/welcome", &form).await.status, 303);
        assert_eq!(kims.get("/").await.status, 303);
        // A password that is set meanwhile ends a link.
        let form = Form::of(&owner.open(&path).await, &format!("form[action='{path}/link']"));
        let made = owner.submit(&format!("{path}/link"), &form).await;
        let last = link(&owner.open(made.location()).await);
        set_password(db.pools(), kim.id, "x", Utc::now()).unwrap();
        assert_eq!(Browser::new(&app).get(&last).await.status, 404);
    });
}

#[test]
fn an_account_is_made_with_a_password_and_refused_with_what_was_typed() {
    on_each_database(|db| async move {
        staff(db.pools(), "Olga", Role::Owner);
        let app = serving(state(&db, settings(&db))).await;
        let mut owner = Browser::signed_in(&app, "Olga").await;
        let blank = Form::of(&owner.open("/staff/new").await, FORM).with("username", "Kim");
        assert_eq!(blank.get("role"), "staff");
        for (field, value, code) in [
            ("username", "", "required"),
            ("username", "OLGA", "invalid"),
            ("username", &"x".repeat(101), "invalid"),
            ("role", "king", "invalid"),
            ("new_password", "short", "invalid"),
        ] {
            let typed = blank.clone().with("new_password", PASSWORD).with(field, value);
            let refused = owner.submit("/staff", &typed).await;
            assert_refused(&refused, &[(code, field)]);
            if field != "role" {
                assert_kept(&refused, FORM, &typed.without("new_password").without("csrf_token"));
            }
            assert!(!refused.body.contains(PASSWORD));
        }
        assert_eq!(owner.submit("/staff", &blank.with("new_password", PASSWORD)).await.status, 303);
        assert_eq!(Browser::new(&app).sign_in("kim", PASSWORD).await.status, 303);
        let list = owner.open("/staff").await;
        assert!(list.text("table").contains("Kim") && list.text("table").contains("Olga"));
    });
}

#[test]
fn another_role_or_none_ends_sessions_at_once() {
    on_each_database(|db| async move {
        staff(db.pools(), "Olga", Role::Owner);
        let kim = staff(db.pools(), "Kim", Role::Staff);
        let app = serving(state(&db, settings(&db))).await;
        let mut owner = Browser::signed_in(&app, "Olga").await;
        let path = format!("/staff/{}", kim.id);
        let mut kims = Browser::signed_in(&app, "Kim").await;
        let before = kims.cookies.clone();
        let form = Form::of(&owner.open(&format!("{path}/edit")).await, FORM);
        assert_eq!(form.get("role"), "staff");
        assert_eq!(owner.submit(&path, &form.clone().with("role", "viewer")).await.status, 303);
        assert_eq!(kims.get("/").await.status, 303);
        kims.sign_in("Kim", PASSWORD).await;
        assert_ne!(kims.cookies, before);
        assert_eq!(kims.get("/bookings/new").await.status, 403);
        let stale = owner.submit(&path, &form.with("role", "owner")).await;
        assert_eq!(stale.status, 409);
        assert!(stale.text("[role=alert]").contains("viewer"));
        let press = |page: &Page, verb: &str| Form::of(page, &format!("form[action='{path}/{verb}']"));
        let disable = press(&owner.open(&path).await, "disable");
        assert_eq!(owner.submit(&format!("{path}/disable"), &disable).await.status, 303);
        assert_eq!(kims.get("/").await.status, 303);
        assert_eq!(kims.sign_in("Kim", PASSWORD).await.status, 422);
        assert_eq!(owner.submit(&format!("{path}/disable"), &disable).await.status, 409);
        assert_eq!(owner.submit(&format!("{path}/link"), &disable).await.status, 404, "no link for the disabled");
        let enable = press(&owner.open(&path).await, "enable");
        assert_eq!(owner.submit(&format!("{path}/enable"), &enable).await.status, 303);
        assert_eq!(kims.sign_in("Kim", PASSWORD).await.status, 303);
    });
}

#[test]
fn nobody_raises_himself_or_takes_the_last_owner_away() {
    on_each_database(|db| async move {
        let olga = staff(db.pools(), "Olga", Role::Owner);
        let app = serving(state(&db, settings(&db))).await;
        let mut owner = Browser::signed_in(&app, "Olga").await;
        let path = format!("/staff/{}", olga.id);
        let page = owner.open(&path).await;
        assert!(!page.has("form[action$=disable]") && page.has("a[href='/profile']"));
        let version = olga.version.to_string();
        for (target, fields) in [
            (path.clone(), vec![("role", "viewer"), ("version", version.as_str())]),
            (format!("{path}/disable"), vec![("version", version.as_str())]),
        ] {
            let refused = owner.post(&target, &fields).await;
            assert_eq!(refused.status, 422, "{target}");
            assert!(refused.text("[role=alert]").contains("Nobody changes their own role"), "{target}");
        }
        let now = staff_by_name(db.pools(), "Olga").unwrap().unwrap();
        assert_eq!((now.role, now.active, now.version), (Role::Owner, true, 1));
        for (target, status) in [
            (format!("{path}/raise"), 404),
            ("/staff/x/disable".into(), 404),
            ("/staff/00000000-0000-0000-0000-000000000001/disable".into(), 404),
        ] {
            assert_eq!(owner.post(&target, &[("version", "1")]).await.status, status, "{target}");
        }
    });
}

#[test]
fn only_owners_see_accounts() {
    on_each_database(|db| async move {
        let olga = staff(db.pools(), "Olga", Role::Owner);
        let app = serving(state(&db, settings(&db))).await;
        for (name, role) in [("Ann", Role::Viewer), ("Sam", Role::Staff), ("Ada", Role::Admin)] {
            let own = staff(db.pools(), name, role);
            let mut person = Browser::signed_in(&app, name).await;
            let one = format!("/staff/{}", olga.id);
            for path in ["/staff", "/staff/new", &one, &format!("{one}/edit"), "/audit"] {
                assert_eq!(person.get(path).await.status, 403, "{name} {path}");
            }
            let raise = [("role", "owner"), ("version", "1")];
            let own = format!("/staff/{}", own.id);
            for path in ["/staff", &one, &own, &format!("{one}/disable"), &format!("{one}/link")] {
                assert_eq!(person.post(path, &raise).await.status, 403, "{name} {path}");
            }
            assert!(!person.open("/").await.has("nav a[href='/staff']"));
        }
    });
}
