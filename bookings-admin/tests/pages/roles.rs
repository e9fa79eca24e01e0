//! Every address there is, for everybody: signed out, of each role, by each method.

use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use bookings_core::Role;

use crate::common::{Browser, on_each_database, serving, settings, state};
use crate::desk::Desk;

/// Who may.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    /// The address doesn't take the method.
    Nobody,
    /// It is an address of another kind by that method, where there is nothing.
    Nothing,
    From(Role),
}
use Role::{Admin, Owner, Staff, Viewer};
use Who::{From, Nobody, Nothing};

/// Pattern, who may GET it, who may POST to it.
const ROUTES: &[(&str, Who, Who)] = &[
    ("/", From(Viewer), Nobody),
    ("/bookings", From(Viewer), From(Staff)),
    ("/bookings.csv", From(Admin), Nobody),
    ("/board", From(Viewer), Nobody),
    ("/bookings/bulk", Nobody, From(Admin)),
    ("/bookings/columns", Nobody, From(Viewer)),
    ("/bookings/views", Nobody, From(Viewer)),
    ("/find", From(Viewer), Nobody),
    ("/bookings/new", From(Staff), Nobody),
    ("/bookings/{reference}", From(Viewer), From(Staff)),
    ("/bookings/{reference}/edit", From(Staff), Nobody),
    ("/bookings/{reference}/history", From(Viewer), Nothing),
    ("/bookings/{reference}/{verb}", Nobody, From(Staff)),
    ("/import", From(Admin), From(Admin)),
    ("/clients", From(Viewer), Nobody),
    ("/clients/{key}", From(Viewer), Nobody),
    ("/catalogue/services", From(Viewer), From(Admin)),
    ("/catalogue/services/new", From(Admin), Nobody),
    ("/catalogue/services/{id}", From(Viewer), From(Admin)),
    ("/catalogue/services/{id}/edit", From(Admin), Nobody),
    ("/catalogue/services/{id}/{verb}", Nobody, From(Admin)),
    ("/catalogue/addons", From(Viewer), From(Admin)),
    ("/catalogue/addons/new", From(Admin), Nobody),
    ("/catalogue/addons/{id}", From(Viewer), From(Admin)),
    ("/catalogue/addons/{id}/edit", From(Admin), Nobody),
    ("/catalogue/addons/{id}/{verb}", Nobody, From(Admin)),
    ("/catalogue/providers", From(Viewer), From(Admin)),
    ("/catalogue/providers/new", From(Admin), Nobody),
    ("/catalogue/providers/{id}", From(Viewer), From(Admin)),
    ("/catalogue/providers/{id}/edit", From(Admin), Nobody),
    ("/catalogue/providers/{id}/{verb}", Nobody, From(Admin)),
    ("/profile", From(Viewer), Nobody),
    ("/profile/password", Nobody, From(Viewer)),
    ("/profile/preferences", Nobody, From(Viewer)),
    ("/profile/second-factor", From(Viewer), Nobody),
    ("/profile/second-factor/begin", Nobody, From(Viewer)),
    ("/profile/second-factor/confirm", Nobody, From(Viewer)),
    ("/profile/second-factor/codes", Nobody, From(Viewer)),
    ("/profile/second-factor/remove", Nobody, From(Viewer)),
    ("/staff", From(Owner), From(Owner)),
    ("/staff/new", From(Owner), Nobody),
    ("/audit", From(Owner), Nobody),
    ("/audit.csv", From(Owner), Nobody),
    ("/tenants", From(Owner), From(Owner)),
    ("/tenants/new", From(Owner), Nobody),
    ("/tenants/{id}", From(Owner), From(Owner)),
    ("/tenants/{id}/edit", From(Owner), Nobody),
    ("/tenants/{id}/{verb}", Nobody, From(Owner)),
];
/// Open to the signed-out: tested with sign-in and sessions.
pub const OPEN: [&str; 8] =
    ["/login", "/login/code", "/logout", "/setup", "/welcome", "/healthz", "/readyz", "/metrics"];

/// Accounts and one's own sessions: tested beside them.
const PEOPLE: [&str; 4] = ["/profile/sessions", "/staff/{id}", "/staff/{id}/edit", "/staff/{id}/{verb}"];

/// A person's own: tested with bulk work, saved views and imports.
const OWN: [&str; 4] = ["/bookings/bulk/{id}", "/bookings/views/{id}", "/import/{id}", "/import/{id}/refused.csv"];

/// The patterns in the route table's source: its texts that begin with `/`, and those behind `{path}` for each of the loop.
pub fn patterns() -> BTreeSet<String> {
    let source = include_str!("../../src/routes.rs");
    let texts: Vec<&str> = source.split('"').skip(1).step_by(2).collect();
    let looped: Vec<&str> = source
        .split("for path in [")
        .skip(1)
        .flat_map(|rest| rest.split(']').next().unwrap_or_default().split('"').skip(1).step_by(2))
        .collect();
    let mut patterns: BTreeSet<String> =
        texts.iter().filter(|text| text.starts_with('/')).map(|text| (*text).to_owned()).collect();
    for suffix in texts.iter().filter_map(|text| text.strip_prefix("{path}")) {
        let suffix = suffix.replace("{{", "{").replace("}}", "}");
        patterns.extend(looped.iter().map(|path| format!("{path}{suffix}")));
    }
    patterns
}

/// The pattern's address of something that is there.
fn filled(pattern: &str, reference: &str, desk: &Desk) -> String {
    let id = match pattern {
        services if services.contains("services") => desk.massage.to_string(),
        addons if addons.contains("addons") => desk.stones.to_string(),
        providers if providers.contains("providers") => desk.room.to_string(),
        _ => desk.tenant.to_string(),
    };
    let verb = if pattern.starts_with("/bookings") { "confirm" } else { "deactivate" };
    pattern
        .replace("{reference}", reference)
        .replace("{verb}", verb)
        .replace("{id}", &id)
        .replace("{key}", "someone@example.com")
}

/// Every address that can be read.
pub fn gets(reference: &str, desk: &Desk) -> Vec<String> {
    ROUTES.iter().filter(|(_, get, _)| *get != Nobody).map(|(pattern, ..)| filled(pattern, reference, desk)).collect()
}

/// Every address that takes a form; of a booking, each verb's.
pub fn posts(reference: &str, desk: &Desk) -> Vec<String> {
    let verbs = ["confirm", "cancel", "reschedule", "complete", "no-show", "note", "reinstate", "undo"];
    let posts = ROUTES.iter().filter(|(_, _, post)| *post != Nobody);
    posts
        .flat_map(|(pattern, ..)| match pattern.strip_suffix("{verb}").filter(|start| start.starts_with("/bookings")) {
            Some(start) => verbs.iter().map(|verb| format!("{start}{verb}")).collect(),
            None => vec![(*pattern).to_owned()],
        })
        .map(|pattern| filled(&pattern, reference, desk))
        .collect()
}

#[test]
fn no_address_is_without_a_row() {
    let known: BTreeSet<String> =
        ROUTES.iter().map(|(pattern, ..)| *pattern).chain(OPEN).chain(OWN).chain(PEOPLE).map(str::to_owned).collect();
    assert_eq!(patterns(), known);
}

#[test]
fn everybody_gets_what_their_role_allows_and_no_more() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut olga = Browser::signed_in(&app, "Olga").await;
        let reference = olga.book(&desk.booking(desk.on_approval, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let path = |pattern: &str| filled(pattern, &reference, &desk);

        let mut nobody = Browser::new(&app);
        for (pattern, get, post) in ROUTES {
            let path = path(pattern);
            let page = nobody.get(&path).await;
            assert!(page.status == 303 && page.location().starts_with("/login"), "{path}: {}", page.status);
            if *post != Nobody {
                let page = nobody.post(&path, &[("notes_internal", "typed for an hour")]).await;
                assert_eq!(page.status, 401, "{path}");
                assert!(
                    page.attribute("input[name=kept_form]", "value").is_some_and(|kept| kept.contains("hour")),
                    "{path}"
                );
            }
            assert!(*get != Nobody || *post != Nobody);
        }

        for (name, role) in [("Ann", Viewer), ("Sam", Staff), ("Ada", Admin), ("Olga", Owner)] {
            let mut person = Browser::signed_in(&app, name).await;
            let words = format!("As {} you may not", role.as_str());
            for (pattern, get, post) in ROUTES {
                let path = path(pattern);
                let head = TestRequest::default().method(Method::HEAD).uri(&path);
                let page = person.get(&path).await;
                match get {
                    Nobody => assert_eq!((page.status, page.header("allow")), (405, "POST"), "{name} {path}"),
                    Nothing => assert_eq!(page.status, 404, "{name} {path}"),
                    From(least) if role >= *least => assert_eq!(page.status, 200, "{name} {path}"),
                    From(_) => {
                        assert_eq!(page.status, 403, "{name} {path}");
                        assert!(page.text("main").contains(&words), "{name} {path}");
                    }
                }
                assert_eq!(person.send(head).await.status, page.status, "HEAD {name} {path}");
                let forged = person.post_raw(&path, &[]).await;
                let posted = person.post(&path, &[]).await;
                match post {
                    Nobody => assert_eq!((posted.status, posted.header("allow")), (405, "GET, HEAD"), "{name} {path}"),
                    Nothing => assert_eq!(posted.status, 404, "{name} {path}"),
                    From(least) if role >= *least => {
                        assert!(matches!(posted.status, 303 | 422), "{name} {path}: {}", posted.status);
                        assert!(forged.status == 403 && !forged.text("main").contains(&words), "{name} {path}");
                    }
                    From(_) => {
                        assert_eq!(posted.status, 403, "{name} {path}");
                        assert!(posted.text("main").contains(&words), "{name} {path}");
                    }
                }
                for method in [Method::PUT, Method::PATCH, Method::DELETE] {
                    let page = person.send(TestRequest::default().method(method.clone()).uri(&path)).await;
                    assert_eq!(page.status, 405, "{method} {name} {path}");
                }
            }
        }
    });
}

#[test]
fn what_is_not_there_is_not_found() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut olga = Browser::signed_in(&app, "Olga").await;
        let reference = olga.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let long = "9".repeat(2000);
        let nobodys =
            ["BK-2026-ZZZZZZZZ", "BK-2026-", "0", "%F0%9F%A6%80", "%2e%2e%2fnew", "..%5cnew", "'%20OR%201=1", &long];
        let nothings = ["00000000-0000-0000-0000-000000000000", "0", "%F0%9F%A6%80", &long];
        for (pattern, get, post) in ROUTES.iter().filter(|(pattern, ..)| pattern.contains('{')) {
            for unknown in nobodys.iter().filter(|_| pattern.contains("{reference}")).chain(&nothings) {
                let path = pattern
                    .replace("{reference}", unknown)
                    .replace("{id}", unknown)
                    .replace("{key}", unknown)
                    .replace("{verb}", "confirm");
                if *get != Nobody {
                    assert_eq!(olga.get(&path).await.status, 404, "{path}");
                }
                if *post != Nobody {
                    let page = olga.post(&path, &[("version", "1"), ("name", "x")]).await;
                    assert_eq!(page.status, 404, "{path}");
                }
            }
        }
        for verb in ["explode", "CONFIRM", "confirm%20", "edit/confirm", "history"] {
            assert_eq!(olga.post(&format!("/bookings/{reference}/{verb}"), &[]).await.status, 404, "{verb}");
        }
        assert_eq!(olga.events(&reference).await, ["CREATED"]);
    });
}

#[test]
fn pages_offer_nobody_what_they_may_not_do() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let reference = sam
            .book(
                &desk
                    .booking(desk.on_approval, desk.room, &desk.at(0, "23:59"), "Zoë")
                    .filled(&[("override", "start_in_past"), ("override_reason", "may be")]),
            )
            .await;
        let mut ann = Browser::signed_in(&app, "Ann").await;
        for path in ["/", "/bookings", &format!("/bookings/{reference}")] {
            // Views and columns are everybody's own.
            let forms =
                "form[method=post]:not([action='/logout'], [action^='/bookings/views'], [action='/bookings/columns'])";
            assert!(!ann.open(path).await.has(forms), "{path}");
            assert!(!ann.open(path).await.has("a[href$='/new'], a[href$='/edit']"), "{path}");
            assert!(sam.open(path).await.has("a[href='/bookings/new']"), "{path}");
        }
        assert!(sam.open(&format!("/bookings/{reference}")).await.has("form[method=post][action$='/confirm']"));
    });
}
