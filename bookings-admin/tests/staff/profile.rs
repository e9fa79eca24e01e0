//! One's own password and sessions.

use bookings_core::Role;

use crate::common::{Browser, PASSWORD, on_each_database, serving, settings, staff, state};
use crate::desk::{all, assert_refused};

const NEW_PASSWORD: &str = "another long password";

#[test]
fn a_new_password_needs_the_old_one_and_signs_the_others_out() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let mut ann = Browser::signed_in(&app, "Ann").await;
        let mut elsewhere = Browser::signed_in(&app, "Ann").await;
        ann.open("/profile").await;
        for (current, new, field) in [("wrong", NEW_PASSWORD, "current_password"), (PASSWORD, "short", "new_password")]
        {
            let refused = ann.post("/profile/password", &[("current_password", current), ("new_password", new)]).await;
            assert_refused(&refused, &[("invalid", field)]);
            assert!(!refused.body.contains(PASSWORD) && !refused.body.contains(NEW_PASSWORD));
        }
        assert_eq!(elsewhere.get("/").await.status, 200);
        let before = ann.cookies.clone();
        let fields = [("current_password", PASSWORD), ("new_password", NEW_PASSWORD)];
        assert_eq!(ann.post("/profile/password", &fields).await.location(), "/profile");
        assert_ne!(ann.cookies, before, "a key of its own");
        assert!(ann.open("/profile").await.text("[role=status]").contains("changed"));
        assert_eq!(elsewhere.get("/").await.status, 303);
        assert_eq!(elsewhere.sign_in("Ann", PASSWORD).await.status, 422);
        assert_eq!(elsewhere.sign_in("Ann", NEW_PASSWORD).await.status, 303);
    });
}

#[test]
fn guessing_at_an_open_browser_is_slowed_down() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let mut ann = Browser::signed_in(&app, "Ann").await;
        ann.open("/profile").await;
        let wrong = [("current_password", "wrong"), ("new_password", NEW_PASSWORD)];
        for _ in 0..10 {
            assert_eq!(ann.post("/profile/password", &wrong).await.status, 422);
        }
        let refused = ann.post("/profile/password", &wrong).await;
        assert_eq!(refused.status, 429);
        assert!((1..=300).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    });
}

#[test]
fn sessions_are_listed_and_ended_one_or_all() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        staff(db.pools(), "Bob", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let mut browsers = Vec::new();
        for agent in ["Desk", "Phone", "Tablet"] {
            let mut browser = Browser::new(&app);
            browser.headers.push(("user-agent", agent.into()));
            browser.sign_in("Ann", PASSWORD).await;
            browsers.push(browser);
        }
        let mut bob = Browser::signed_in(&app, "Bob").await;
        let page = browsers[0].open("/profile").await;
        assert_eq!(all(&page.html(), "tr[data-session]", "data-session").len(), 3);
        assert!(page.text("tr[aria-current] th").contains("Desk"));
        let html = page.html();
        let row = scraper::Selector::parse("tr[data-session]").unwrap();
        let phone = html.select(&row).find(|row| row.text().any(|text| text.contains("Phone"))).unwrap();
        let phone = phone.value().attr("data-session").unwrap().to_owned();
        bob.open("/profile").await;
        assert_eq!(
            bob.post("/profile/sessions", &[("session", &phone), ("sessions_password", PASSWORD)]).await.status,
            404,
            "not his"
        );
        for (typed, refusal) in [("", "required"), ("wrong", "invalid")] {
            let fields = [("session", phone.as_str()), ("sessions_password", typed)];
            assert_refused(&browsers[0].post("/profile/sessions", &fields).await, &[(refusal, "sessions_password")]);
        }
        assert_eq!(browsers[1].get("/").await.status, 200);
        let fields = [("session", phone.as_str()), ("sessions_password", PASSWORD)];
        assert_eq!(browsers[0].post("/profile/sessions", &fields).await.status, 303);
        assert_eq!(browsers[1].get("/").await.status, 303);
        assert_eq!(browsers[2].get("/").await.status, 200);
        browsers[0].open("/profile").await;
        assert_eq!(
            browsers[0]
                .post("/profile/sessions", &[("session", "others"), ("sessions_password", PASSWORD)])
                .await
                .status,
            303
        );
        assert_eq!(browsers[2].get("/").await.status, 303);
        assert_eq!(browsers[0].get("/").await.status, 200);
        assert_eq!(bob.get("/").await.status, 200);
        assert_eq!(browsers[0].post("/profile/sessions", &[("session", "")]).await.status, 404);
    });
}
