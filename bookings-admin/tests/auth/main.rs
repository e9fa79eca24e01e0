//! Sign-in, sessions and the gate, through the real application on both databases; what surrounds every answer; limits and
//! keys of the real program; and that docs/security.md says what is so.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

#[path = "../common/agent.rs"]
mod agent;
mod answers;
mod asvs;
#[path = "../common/mod.rs"]
mod common;
mod keys;
mod limits;
#[path = "../common/process.rs"]
mod process;

use bookings_core::Role;
use bookings_db::staff::{NewStaff, add_staff, set_staff_active};
use chrono::{TimeDelta, Utc};
use common::{Browser, PASSWORD, on_each_database, serving, settings, staff, state};

/// A page behind the gate that every role may see.
const INSIDE: &str = "/bookings";

#[test]
fn the_right_password_opens_a_session_under_a_new_key() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let mut ann = Browser::new(&app);
        let asked = ann.get("/bookings?q=a%20b&status=PENDING").await;
        assert_eq!((asked.status, asked.location()), (303, "/login?next=%2Fbookings%3Fq%3Da%2520b%26status%3DPENDING"));
        let form = ann.get(asked.location()).await;
        assert_eq!(form.status, 200);
        let next = form.attribute("input[name=next]", "value").unwrap();
        let before = ann.cookies.clone();
        let answer = ann.post("/login", &[("username", "ann"), ("password", PASSWORD), ("next", &next)]).await;
        assert_eq!((answer.status, answer.location()), (303, "/bookings?q=a%20b&status=PENDING"));
        let cookie = answer.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        assert!(!cookie.contains("Secure") && !cookie.contains("Max-Age"), "{cookie}");
        assert_ne!(ann.cookies, before);
        assert_eq!(ann.get(INSIDE).await.status, 200);
        let mut planted = Browser::new(&app);
        planted.cookies = before;
        assert_eq!(planted.get(INSIDE).await.status, 303);
        assert_eq!(ann.get("/login?next=/bookings").await.location(), "/bookings");
    });
}

#[test]
fn wrong_sign_ins_all_look_alike() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Owner);
        let gone = staff(db.pools(), "Gone", Role::Staff);
        set_staff_active(db.pools(), gone.id, false, Utc::now()).unwrap();
        let app = serving(state(&db, settings(&db))).await;
        let mut somebody = Browser::new(&app);
        for (name, password) in
            [("Ann", "wrong"), ("nobody", PASSWORD), ("Gone", PASSWORD), ("", ""), ("Ann\u{1}", "x")]
        {
            let page = somebody.sign_in(name, password).await;
            assert_eq!(page.status, 422, "{name}");
            assert_eq!(page.text("[data-code=invalid]").trim(), "The name or the password is wrong.", "{name}");
            assert!(page.has("[role=alert]"));
            assert_eq!(page.attribute("input[name=username]", "value").unwrap_or_default(), name);
            assert_eq!(page.attribute("input[name=password]", "value").unwrap_or_default(), "");
        }
        assert_eq!(somebody.get(INSIDE).await.status, 303);
    });
}

#[test]
fn a_disabled_account_is_out_at_once() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Owner);
        let bob = staff(db.pools(), "Bob", Role::Staff);
        let app = serving(state(&db, settings(&db))).await;
        let mut browser = Browser::new(&app);
        browser.sign_in("Bob", PASSWORD).await;
        assert_eq!(browser.get(INSIDE).await.status, 200);
        set_staff_active(db.pools(), bob.id, false, Utc::now()).unwrap();
        assert_eq!(browser.get(INSIDE).await.status, 303);
        set_staff_active(db.pools(), bob.id, true, Utc::now()).unwrap();
        assert_eq!(browser.get(INSIDE).await.status, 303);
    });
}

#[test]
fn signing_out_ends_the_session_itself() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Owner);
        let app = serving(state(&db, settings(&db))).await;
        let mut ann = Browser::new(&app);
        ann.sign_in("Ann", PASSWORD).await;
        ann.get(INSIDE).await;
        let cookies = ann.cookies.clone();
        let left = ann.post("/logout", &[]).await;
        assert_eq!((left.location(), left.header("clear-site-data")), ("/login", "\"cache\", \"storage\""));
        let mut copy = Browser::new(&app);
        copy.cookies = cookies;
        assert_eq!(copy.get(INSIDE).await.status, 303);
        assert_eq!(Browser::new(&app).post_raw("/logout", &[]).await.location(), "/login");
    });
}

#[test]
fn nobody_is_sent_elsewhere_after_signing_in() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        for next in
            ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\r\nset-cookie:a=b"]
        {
            let mut ann = Browser::new(&app);
            ann.get("/login").await;
            let answer = ann.post("/login", &[("username", "Ann"), ("password", PASSWORD), ("next", next)]).await;
            assert_eq!((answer.status, answer.location()), (303, "/"), "{next}");
        }
    });
}

#[test]
fn guessing_is_slowed_down_and_never_locks_the_others_out() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Owner);
        staff(db.pools(), "Bob", Role::Staff);
        let app = serving(state(&db, settings(&db))).await;
        let mut guesser = Browser::new(&app);
        for _ in 0..10 {
            assert_eq!(guesser.sign_in("Ann", "wrong password").await.status, 422);
        }
        let refused = guesser.sign_in("ann ", PASSWORD).await;
        assert_eq!(refused.status, 429);
        let seconds: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=300).contains(&seconds));
        assert!(refused.has("[data-code=throttled]"));
        assert_eq!(guesser.sign_in("Bob", PASSWORD).await.status, 303);
    });
}

/// All from one network, as behind an office's router, each between two guesses.
#[test]
fn a_hundred_people_sign_in_while_one_name_is_guessed_at() {
    on_each_database(|db| async move {
        let ann = staff(db.pools(), "Ann", Role::Owner);
        for n in 0..100 {
            let name = format!("Person {n}");
            let new = NewStaff { name: &name, role: Role::Viewer, tenant_id: None, password_hash: &ann.password_hash };
            add_staff(db.pools(), new, Utc::now()).unwrap();
        }
        let app = serving(state(&db, settings(&db))).await;
        let mut guesser = Browser::new(&app);
        let mut answers = Vec::new();
        for n in 0..100 {
            answers.push(guesser.sign_in("Ann", "wrong password").await.status);
            let mut person = Browser::new(&app);
            assert_eq!(person.sign_in(&format!("Person {n}"), PASSWORD).await.status, 303, "{n}");
            assert_eq!(person.get(INSIDE).await.status, 200, "{n}");
        }
        assert!(answers[..10].iter().all(|status| *status == 422), "{answers:?}");
        assert!(answers[10..].iter().all(|status| *status == 429), "{answers:?}");
        let mut later = Browser::new(&app);
        assert_eq!(later.sign_in("Person 0", PASSWORD).await.status, 303);
    });
}

#[test]
fn what_was_posted_while_signed_out_can_be_sent_again() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let mut ann = Browser::new(&app);
        let notes = "two lines,\r\n\"quoted\" & <b>marked</b>";
        let typed = [
            ("csrf_token", "old"),
            ("addon_ids", "1"),
            ("addon_ids", "2"),
            ("notes_internal", notes),
            ("password", "secret!"),
        ];
        let page = ann.post_raw("/bookings", &typed).await;
        assert_eq!(page.status, 401);
        assert!(!page.body.contains("secret!"));
        // A wrong password in between loses nothing.
        let mut form = page.fields("form[action='/login']");
        for (password, status) in [("wrong", 422), (PASSWORD, 200)] {
            form.retain(|(name, _)| name != "username" && name != "password");
            form.extend([("username".to_owned(), "Ann".to_owned()), ("password".to_owned(), password.to_owned())]);
            let fields: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let answer = ann.post_raw("/login", &fields).await;
            assert_eq!(answer.status, status);
            form = answer.fields("form[method=post]");
            if status == 200 {
                assert_eq!(answer.attribute("form[method=post]", "action").unwrap(), "/bookings");
                assert!(answer.text("main").contains("two lines"));
            }
        }
        let sent: Vec<_> =
            form.iter().filter(|(name, _)| name != "csrf_token").map(|(n, v)| (n.as_str(), v.as_str())).collect();
        // HTML knows only \n; browsers send \r\n again.
        let notes = notes.replace("\r\n", "\n");
        assert_eq!(sent, [("addon_ids", "1"), ("addon_ids", "2"), ("notes_internal", notes.as_str())]);
        // The token in it is the new session's: what refuses a viewer now is the role, not the gate.
        let fields: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let again = ann.post_raw("/bookings", &fields).await;
        assert_eq!(again.status, 403);
        assert!(again.text("main").contains("As viewer"), "{}", again.text("main"));
    });
}

#[test]
fn a_post_needs_the_sessions_token_from_our_own_page() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let mut ann = Browser::new(&app);
        ann.headers.push(("host", "book.example".into()));
        ann.sign_in("Ann", PASSWORD).await;
        ann.get(INSIDE).await;
        let token = ann.token.clone();
        let past_the_gate = |page: &common::Page| page.text("main").contains("As viewer");
        for wrong in ["", "0", &token[1..], &format!("{token}0"), &token.to_uppercase()] {
            let page = ann.post_raw("/bookings", &[("csrf_token", wrong), ("client_name", "Zoe")]).await;
            assert!(page.status == 403 && !past_the_gate(&page), "{wrong}");
            assert!(page.text("main").contains("Zoe"), "what was typed is shown");
            assert!(!page.has("form[action='/bookings'][method=post]"), "nobody vouches for this form");
        }
        for (name, value, passes) in [
            ("origin", "http://book.example", true),
            ("origin", "http://evil.example", false),
            ("origin", "null", false),
            ("sec-fetch-site", "same-origin", true),
            ("sec-fetch-site", "cross-site", false),
            ("sec-fetch-site", "same-site", false),
        ] {
            ann.headers.push((name, value.into()));
            let page = ann.post_raw("/bookings", &[("csrf_token", &token)]).await;
            assert_eq!((page.status, past_the_gate(&page)), (403, passes), "{name}: {value}");
            ann.headers.pop();
        }
        ann.headers.push(("origin", "http://book.example".into()));
        let page = ann.post_raw("/bookings", &[("csrf_token", "old"), ("client_name", "Zoe")]).await;
        assert_eq!(page.attribute("form[action='/bookings'] input[name=client_name]", "value").unwrap(), "Zoe");
        assert_eq!(page.attribute("form[action='/bookings'] input[name=csrf_token]", "value").unwrap(), token);
    });
}

#[test]
fn an_old_sign_in_form_comes_back_fresh() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let mut ann = Browser::new(&app);
        let page = ann
            .post_raw("/login", &[("csrf_token", "old"), ("username", "Ann"), ("password", PASSWORD), ("next", INSIDE)])
            .await;
        assert_eq!(page.status, 403);
        assert_eq!(page.attribute("input[name=next]", "value").unwrap(), INSIDE);
        assert_eq!(
            ann.post("/login", &[("username", "Ann"), ("password", PASSWORD), ("next", INSIDE)]).await.location(),
            INSIDE
        );
    });
}

#[test]
fn the_set_up_page_makes_the_first_owner_once() {
    on_each_database(|db| async move {
        let app = serving(state(&db, settings(&db))).await;
        let mut first = Browser::new(&app);
        assert_eq!(first.get("/setup").await.status, 404);
        assert_eq!(first.get("/setup?token=guessed").await.status, 404);
        let token = bookings_admin::setup::offer(db.pools(), Utc::now()).unwrap().unwrap();
        let other = bookings_admin::setup::offer(db.pools(), Utc::now()).unwrap().unwrap();
        assert_ne!(token, other);
        let open =
            |hours| bookings_admin::setup::is_open(db.pools(), &token, Utc::now() + TimeDelta::hours(hours)).unwrap();
        assert!(open(23) && !open(25));
        assert_eq!(first.get(&format!("/setup?token={token}")).await.status, 200);
        let short = first.post("/setup", &[("token", &token), ("username", "Ann"), ("password", "short")]).await;
        assert_eq!(short.status, 422);
        assert!(short.has("#password-error[data-code=invalid]"));
        let unnamed = first.post("/setup", &[("token", &token), ("username", " "), ("password", PASSWORD)]).await;
        assert!(unnamed.has("#username-error[data-code=required]"));
        assert_eq!(
            first.post("/setup", &[("token", "guessed"), ("username", "Ann"), ("password", PASSWORD)]).await.status,
            404
        );
        let made = first.post("/setup", &[("token", &token), ("username", "Ann"), ("password", PASSWORD)]).await;
        assert_eq!((made.status, made.location()), (303, "/"));
        assert_eq!(first.get(INSIDE).await.status, 200);
        for token in [&token, &other] {
            assert_eq!(Browser::new(&app).get(&format!("/setup?token={token}")).await.status, 404);
        }
        assert!(bookings_admin::setup::offer(db.pools(), Utc::now()).unwrap().is_none());
        assert_eq!(Browser::new(&app).sign_in("Ann", PASSWORD).await.status, 303);
    });
}
