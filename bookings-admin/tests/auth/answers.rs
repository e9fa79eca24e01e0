//! What surrounds every page: headers, cookies, error pages, names of requests, health.

use actix_web::http::{Method, header};
use actix_web::test::TestRequest;
use bookings_admin::auth::address::Network;
use bookings_core::Role;
use chrono::Utc;

use crate::INSIDE;
use crate::common::{Browser, PASSWORD, on_each_database, serving, settings, staff, state};

#[test]
fn bad_requests_get_pages_and_never_500() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Owner);
        let app = serving(state(&db, settings(&db))).await;
        let mut ann = Browser::new(&app);
        assert_eq!(ann.get("/nowhere").await.status, 404);
        ann.sign_in("Ann", PASSWORD).await;
        ann.get(INSIDE).await;
        for (path, status) in [
            ("/nowhere", 404),
            ("/bookings/nowhere/nowhere/nowhere", 404),
            ("/static/nothing.css", 404),
            ("/logout", 405),
            ("/bookings?q=%00", 400),
            ("/bookings?q=%FF", 400),
            ("/bookings/%00", 400),
            ("/bookings/%FF", 404),
        ] {
            let page = ann.get(path).await;
            assert_eq!(page.status, status, "{path}");
            assert!(page.text("h1").len() > 5 || path.starts_with("/static"), "{path}");
        }
        assert!(ann.get("/nowhere").await.has("form[action='/logout']"), "the signed-in keep their navigation");
        let token = ann.token.clone();
        let with = |rest: &[u8]| [format!("csrf_token={token}&").as_bytes(), rest].concat();
        for (body, status) in [
            (with(b"notes_internal=\xFF"), 400),
            (with(b"notes_internal=%FF"), 400),
            (with(b"notes_internal=a%00b"), 400),
            (with(&[b'x'; 1024 * 1024]), 413),
            (b"%=&&=&==&%%%".to_vec(), 403),
            (Vec::new(), 403),
        ] {
            let page = ann.post_body("/bookings", body).await;
            assert_eq!(page.status, status);
            assert!(page.text("h1").len() > 5);
        }
        let json = TestRequest::post()
            .uri("/bookings")
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .set_payload("{}");
        assert_eq!(ann.send(json).await.status, 400);
        for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE, Method::CONNECT] {
            let page = ann.send(TestRequest::default().method(method.clone()).uri("/bookings")).await;
            assert_eq!((page.status, page.header("allow")), (405, "GET, HEAD, POST"), "{method}");
        }
        assert_eq!(ann.get("/logout").await.header("allow"), "POST");
        let head = ann.send(TestRequest::default().method(Method::HEAD).uri("/login")).await;
        assert_eq!(head.status, 303);
    });
}

#[test]
fn every_answer_says_what_browsers_may_do() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Owner);
        for https in [false, true] {
            let mut settings = settings(&db);
            settings.public_origin = https.then(|| "https://book.example".into());
            settings.operation.metrics = true;
            let app = serving(state(&db, settings)).await;
            let mut ann = Browser::new(&app);
            let stylesheet = ann.get("/login").await.attribute("link[rel=stylesheet]", "href").unwrap();
            let open = ["/login", "/", "/nowhere", "/setup", "/healthz", "/readyz", "/metrics", "/login?next=%FF"];
            let mut answers = Vec::new();
            for path in open.into_iter().chain([stylesheet.as_str()]) {
                answers.push((path.to_owned(), ann.get(path).await));
            }
            answers.push(("too large".into(), ann.post_body("/login", vec![b'x'; 2 * 1024 * 1024]).await));
            answers.push(("no token".into(), ann.post_raw("/login", &[("csrf_token", "old")]).await));
            answers.push(("signed out".into(), ann.post_raw("/bookings", &[]).await));
            answers.push(("TRACE".into(), ann.send(TestRequest::default().method(Method::TRACE).uri("/login")).await));
            ann.sign_in("Ann", PASSWORD).await;
            for path in ["/bookings.csv", "/bookings/BK-2026-ZZZZZZZZ", "/bookings?status=BOGUS"] {
                answers.push((path.to_owned(), ann.get(path).await));
            }
            for (path, page) in answers {
                let policy = page.header("content-security-policy");
                assert!(
                    policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';")
                        && policy.ends_with("base-uri 'none'; frame-ancestors 'none'"),
                    "{path}: {policy}"
                );
                assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
                assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
                assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
                assert_eq!(page.header("cross-origin-resource-policy"), "same-origin", "{path}");
                assert!(page.header("access-control-allow-origin").is_empty(), "{path}");
                assert!(page.header("x-request-id").len() >= 8, "{path}");
                let only_https = if https { "max-age=31536000; includeSubDomains" } else { "" };
                assert_eq!(page.header("strict-transport-security"), only_https, "{path}");
                let kept = if path == stylesheet { "public, max-age=31536000, immutable" } else { "no-store" };
                assert_eq!(page.header("cache-control"), kept, "{path}");
                let kind = page.header("content-type");
                assert!(page.body.is_empty() || kind.contains("charset=utf-8"), "{path}: {kind}");
            }
        }
    });
}

/// Everywhere where one is asked for: typed unseen, by hand or by a program that keeps it.
#[test]
fn passwords_are_typed_as_passwords() {
    on_each_database(|db| async move {
        let app = serving(state(&db, settings(&db))).await;
        let token = bookings_admin::setup::offer(db.pools(), Utc::now()).unwrap().unwrap();
        let mut ann = Browser::new(&app);
        let mut pages = vec![ann.get(&format!("/setup?token={token}")).await];
        let kim = staff(db.pools(), "Kim", Role::Viewer);
        staff(db.pools(), "Ann", Role::Owner);
        pages.push(ann.get("/login").await);
        ann.sign_in("Ann", PASSWORD).await;
        for path in ["/profile", "/profile/second-factor", "/staff/new"] {
            pages.push(ann.get(path).await);
        }
        let link = ann.post(&format!("/staff/{}/link", kim.id), &[("version", "1")]).await;
        let shown = format!("{}{}", link.body, ann.get(&format!("/staff/{}", kim.id)).await.body);
        let invited =
            shown.split("/welcome?token=").nth(1).and_then(|rest| rest.split(['"', '<', '&']).next()).unwrap();
        pages.push(Browser::new(&app).get(&format!("/welcome?token={invited}")).await);
        for page in pages {
            let html = page.html();
            let inputs = scraper::Selector::parse("input[name*=password]").unwrap();
            let mut count = 0;
            for input in html.select(&inputs) {
                let of = |name| input.value().attr(name).unwrap_or_default();
                assert_eq!(of("type"), "password", "{}", input.html());
                assert!(["current-password", "new-password"].contains(&of("autocomplete")), "{}", input.html());
                assert!(of("readonly").is_empty() && of("onpaste").is_empty(), "{}", input.html());
                assert!(of("maxlength").is_empty() || of("maxlength").parse::<u32>().unwrap() >= 128);
                assert!(of("value").is_empty());
                count += 1;
            }
            assert!(count > 0, "{}", page.text("h1"));
        }
    });
}

#[test]
fn the_way_out_is_on_every_page() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Owner);
        let app = serving(state(&db, settings(&db))).await;
        let mut ann = Browser::new(&app);
        ann.sign_in("Ann", PASSWORD).await;
        for path in ["/", "/bookings", "/board", "/clients", "/find", "/profile", "/staff", "/audit", "/nowhere"] {
            assert!(ann.get(path).await.has("form[action='/logout'] button"), "{path}");
        }
    });
}

#[test]
fn only_our_own_proxies_name_a_request() {
    on_each_database(|db| async move {
        let mut settings = settings(&db);
        let app = serving(state(&db, settings.clone())).await;
        let mut stranger = Browser::new(&app);
        let own = stranger.get("/healthz").await.header("x-request-id").to_owned();
        assert_eq!(own.len(), 12);
        assert_ne!(stranger.get("/healthz").await.header("x-request-id"), own);
        stranger.headers.push(("x-request-id", "given-by-me".into()));
        assert_ne!(stranger.get("/healthz").await.header("x-request-id"), "given-by-me");
        settings.operation.trusted_proxies = vec![Network::parse("127.0.0.1").unwrap()];
        let app = serving(state(&db, settings)).await;
        for (given, taken) in [
            ("0f8fad5bd9cb469fa16570867728950e", true),
            ("short", false),
            ("with spaces and such", false),
            ("<script>alert(1)</script>", false),
            (&"x".repeat(65), false),
        ] {
            let request = TestRequest::get().uri("/healthz").peer_addr("127.0.0.1:1".parse().unwrap());
            let page = Browser::new(&app).send(request.insert_header(("x-request-id", given))).await;
            assert_eq!(page.header("x-request-id") == given, taken, "{given}");
        }
    });
}

#[test]
fn behind_https_the_cookie_is_bound_to_the_host() {
    on_each_database(|db| async move {
        let mut settings = settings(&db);
        settings.public_origin = Some("https://book.example".into());
        let app = serving(state(&db, settings)).await;
        let page = Browser::new(&app).get("/login").await;
        let cookie = page.header("set-cookie");
        assert!(
            cookie.starts_with("__Host-bookings=") && cookie.contains("Secure") && cookie.contains("Path=/"),
            "{cookie}"
        );
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
        assert_eq!(page.header("strict-transport-security"), "max-age=31536000; includeSubDomains");
    });
}

#[test]
fn health_needs_no_session() {
    on_each_database(|db| async move {
        let app = serving(state(&db, settings(&db))).await;
        let mut probe = Browser::new(&app);
        for path in ["/healthz", "/readyz"] {
            let answer = probe.get(path).await;
            assert_eq!((answer.status, answer.header("set-cookie")), (200, ""), "{path}");
        }
        assert_eq!(probe.get("/metrics").await.status, 404, "only where it is switched on");
        let mut conn = db.url().connect().unwrap();
        bookings_db::migrate::revert_all(&mut conn).unwrap();
        assert_eq!(probe.get("/healthz").await.status, 200);
        assert_eq!(probe.get("/readyz").await.status, 503);
        // Without tables no session can be read: a page that says so, and asks for patience.
        let login = probe.get("/login").await;
        assert_eq!((login.status, login.header("retry-after")), (503, "5"));
        assert!(login.header("content-security-policy").starts_with("default-src 'none'"));
        assert!(login.text("h1").len() > 5);
    });
}
