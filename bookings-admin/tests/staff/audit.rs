//! What the audit keeps, and who sees it.

use bookings_core::Role;
use bookings_db::audit::{self, AuditKind, Query};
use bookings_db::connection::Pools;
use bookings_db::transaction::{Lock, write};
use bookings_db::{Scope, StoreError};
use chrono::{TimeDelta, Utc};
use diesel::RunQueryDsl;

use crate::common::{Browser, PASSWORD, Page, on_each_database, serving, settings, staff, state};
use crate::desk::{Form, all, assert_refused};

fn kinds(page: &Page) -> Vec<String> {
    all(&page.html(), "tr[data-kind]", "data-kind")
}

fn kept(pools: &Pools) -> usize {
    let query = Query::newest(Scope::All, 1000);
    pools.read(|conn| audit::list(conn, &query)).unwrap().len()
}

#[test]
fn what_people_do_is_kept_and_found() {
    on_each_database(|db| async move {
        let mut settings = settings(&db);
        settings.operation.trusted_proxies = vec![bookings_admin::auth::address::Network::parse("10.0.0.1").unwrap()];
        let app = serving(state(&db, settings)).await;
        staff(db.pools(), "Olga", Role::Owner);
        let kim = staff(db.pools(), "Kim", Role::Staff);
        let mut owner = Browser::signed_in(&app, "Olga").await;
        let mut kims = Browser::new(&app);
        kims.sign_in("Kim", "wrong").await;
        kims.sign_in("my-secret-password", "").await;
        kims.sign_in("Kim", PASSWORD).await;
        kims.open("/").await;
        kims.post("/logout", &[]).await;
        let path = format!("/staff/{}", kim.id);
        let form = Form::of(&owner.open(&format!("{path}/edit")).await, "form.booking-form");
        owner.submit(&path, &form.with("role", "admin")).await;
        let page = owner.open("/audit").await;
        assert_eq!(
            kinds(&page),
            [
                "role_changed",
                "signed_out",
                "signed_in",
                "sign_in_failed",
                "sign_in_failed",
                "signed_in",
                "account_made",
                "account_made"
            ]
        );
        assert!(!page.body.contains("my-secret-password"), "it may be a password in the wrong field");
        assert!(page.text("tr[data-kind=role_changed]").contains("staff \u{2192} admin"));
        assert_eq!(kinds(&owner.open("/audit?actor=KIM").await), ["signed_out", "signed_in", "sign_in_failed"]);
        assert_eq!(kinds(&owner.open("/audit?actor=kim&kind=signed_out").await), ["signed_out"]);
        assert_eq!(kinds(&owner.open("/audit?actor=nobody").await), [""; 0]);
        let today = Utc::now().with_timezone(&chrono_tz::America::Port_of_Spain).date_naive();
        let (yesterday, tomorrow) = (today - TimeDelta::days(1), today + TimeDelta::days(1));
        assert_eq!(kinds(&owner.open(&format!("/audit?from={yesterday}&to={tomorrow}")).await).len(), 8);
        assert_eq!(kinds(&owner.open(&format!("/audit?to={yesterday}")).await).len(), 0);
        assert_eq!(kinds(&owner.open(&format!("/audit?from={tomorrow}")).await).len(), 0);
        assert_refused(&owner.get("/audit?from=soon&kind=x").await, &[("invalid", "from"), ("invalid", "kind")]);
    });
}

#[test]
fn long_audits_come_in_pages() {
    on_each_database(|db| async move {
        staff(db.pools(), "Olga", Role::Owner);
        let app = serving(state(&db, settings(&db))).await;
        let mut owner = Browser::signed_in(&app, "Olga").await;
        let actor = bookings_core::Actor { id: None, name: "import".into(), role: Role::Viewer };
        for n in 0..120 {
            let subject = format!("file {n}");
            let entry = audit::Entry::new(AuditKind::Imported, &actor, None, &subject);
            audit::record(db.pools(), &entry, &serde_json::json!({"rows": n}), Utc::now()).unwrap();
        }
        let (mut seen, mut next) = (Vec::new(), Some("/audit?kind=imported".to_owned()));
        while let Some(path) = next {
            let page = owner.open(&path).await;
            let html = page.html();
            let cell = scraper::Selector::parse("tr[data-kind] td:nth-of-type(3)").unwrap();
            seen.extend(html.select(&cell).map(|cell| cell.text().collect::<String>()));
            next = page.attribute("a[rel=next]", "href");
        }
        assert_eq!(seen, (0..120).rev().map(|n| format!("file {n}")).collect::<Vec<_>>());
    });
}

#[test]
fn nothing_in_it_is_changed_or_removed() {
    on_each_database(|db| async move {
        staff(db.pools(), "Olga", Role::Owner);
        let before = kept(db.pools());
        assert!(before > 0);
        for sql in ["UPDATE audit SET actor_name = 'x'", "DELETE FROM audit"] {
            let done = write(db.pools(), &Lock::none(), |conn| {
                diesel::sql_query(sql).execute(conn)?;
                Ok::<_, StoreError>(())
            });
            assert!(matches!(&done, Err(StoreError::Wall(wall)) if wall == "audit_append_only"), "{sql}: {done:?}");
        }
        assert_eq!(kept(db.pools()), before);
    });
}

#[test]
fn rules_set_aside_are_kept_without_the_reason() {
    on_each_database(|db| async move {
        let desk = crate::desk::Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let past = desk.booking(desk.massage, desk.room, "2020-01-06T10:00", "Zo\u{eb}");
        let fields = past.filled(&[("override", "start_in_past"), ("override_reason", "Mrs. Adams forgot")]);
        let reference = sam.book(&fields).await;
        sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zo\u{eb}")).await;
        let mut owner = Browser::signed_in(&app, "Olga").await;
        let page = owner.open("/audit?kind=overridden").await;
        assert_eq!(kinds(&page), ["overridden"]);
        let row = page.text("tr[data-kind]");
        assert!(row.contains("Sam") && row.contains(&reference) && row.contains("start_in_past"), "{row}");
        assert!(!row.contains("Adams"), "a person may be named, and this is for ever");
        for (subject, found) in
            [(reference.as_str(), 1), (&reference[..12], 1), ("bk-2", 1), ("K-2", 0), ("%", 0), ("_", 0)]
        {
            let page = owner
                .open(&format!("/audit?{}", bookings_admin::raw_form::encode(&[("subject".into(), subject.into())])))
                .await;
            assert_eq!(kinds(&page).len(), found, "{subject}");
        }
    });
}

#[test]
fn bulk_work_is_kept() {
    on_each_database(|db| async move {
        let desk = crate::desk::Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let reference = ada.book(&desk.booking(desk.on_approval, desk.room, &desk.at(3, "10:00"), "Zo\u{eb}")).await;
        let chosen = ada.post("/bookings/bulk", &[("reference", &reference), ("verb", "confirm")]).await;
        let here = chosen.location().to_owned();
        ada.open(&here).await;
        for _ in 0..2 {
            assert_eq!(ada.post(&here, &[("do", "run")]).await.status, 303);
        }
        let mut owner = Browser::signed_in(&app, "Olga").await;
        let page = owner.open("/audit?kind=bulk_begun").await;
        assert_eq!(kinds(&page), ["bulk_begun"], "a form sent twice began it once");
        let row = page.text("tr[data-kind]");
        let id = here.rsplit('/').next().unwrap();
        assert!(row.contains("Ada") && row.contains("Confirm") && row.contains(id), "{row}");
    });
}

#[test]
fn shared_views_and_wrong_passwords_in_an_open_session_are_kept() {
    on_each_database(|db| async move {
        crate::desk::Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        ada.open("/profile").await;
        ada.post("/profile/password", &[("current_password", "a-guess"), ("new_password", "a long new one")]).await;
        ada.open("/bookings").await;
        let fields = [("name", "Late"), ("query", "client=zoe%40example.com"), ("shared", "1")];
        let saved = ada.post("/bookings/views", &fields).await.location().to_owned();
        let id = saved.rsplit("view=").next().unwrap();
        ada.open("/bookings").await;
        ada.post(&format!("/bookings/views/{id}"), &[("act", "rename"), ("view_name", "Later")]).await;
        ada.post("/bookings/views", &[("name", "Mine"), ("query", "status=PENDING")]).await;
        let mut owner = Browser::signed_in(&app, "Olga").await;
        let page = owner.open("/audit?actor=ada").await;
        assert_eq!(kinds(&page), ["view_shared", "view_shared", "password_refused", "signed_in"]);
        let row = page.text("tr[data-kind=view_shared]");
        assert!(row.contains("view Late") && row.contains("Late \u{2192} Later"), "{row}");
        assert!(!page.body.contains("zoe") && !page.body.contains("a-guess"));
    });
}

#[test]
fn the_audit_is_taken_out_as_a_file_and_that_is_kept_too() {
    on_each_database(|db| async move {
        staff(db.pools(), "Olga", Role::Owner);
        let app = serving(state(&db, settings(&db))).await;
        let mut owner = Browser::signed_in(&app, "Olga").await;
        let actor = bookings_core::Actor { id: None, name: "=import".into(), role: Role::Viewer };
        for n in 0..2_100 {
            let subject = format!("file {n}");
            let entry = audit::Entry::new(AuditKind::Imported, &actor, None, &subject);
            audit::record(db.pools(), &entry, &serde_json::json!({"rows": n}), Utc::now()).unwrap();
        }
        let link = owner.open("/audit?kind=imported").await.attribute("a[href^='/audit.csv']", "href").unwrap();
        let file = owner.open(&link).await;
        assert!(
            file.header("content-disposition").contains("audit-")
                && file.header("content-type").starts_with("text/csv")
        );
        let lines: Vec<&str> = file.body.lines().collect();
        assert_eq!(lines.len(), 2_101);
        assert!(lines[0].starts_with("at,kind,actor,subject,address,tenant_id,data"));
        assert!(lines[1].contains("'=import,file 2099,") && lines[2_100].contains("file 0,"), "{}", lines[1]);
        assert_eq!(kinds(&owner.open("/audit?kind=exported&subject=audit").await), ["exported"]);
        let wrong = owner.get("/audit.csv?from=soon").await;
        assert!(wrong.status == 422 && wrong.body.contains("from:"));
    });
}

#[test]
fn it_outlives_the_accounts_it_names() {
    on_each_database(|db| async move {
        staff(db.pools(), "Olga", Role::Owner);
        let kim = staff(db.pools(), "Kim", Role::Staff);
        let app = serving(state(&db, settings(&db))).await;
        Browser::signed_in(&app, "Kim").await;
        write(db.pools(), &Lock::none(), |conn| {
            let id = bookings_db::types::Id(kim.id.0);
            use bookings_db::schema::staff::dsl;
            diesel::delete(diesel::QueryDsl::find(dsl::staff, id)).execute(conn)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
        let mut owner = Browser::signed_in(&app, "Olga").await;
        assert_eq!(kinds(&owner.open("/audit?actor=kim&kind=signed_in").await), ["signed_in"]);
    });
}

#[test]
fn settings_are_kept_when_they_change() {
    on_each_database(|db| async move {
        staff(db.pools(), "Olga", Role::Owner);
        let mut first = settings(&db);
        first.secret_keys = vec![bookings_admin::settings::SecretKey(b"a secret of more than thirty bytes".to_vec())];
        for listen in [8080, 8081, 8080] {
            first.listen = ([127, 0, 0, 1], listen).into();
            bookings_admin::started::keep(db.pools(), &first).unwrap();
        }
        let mut second = first.clone();
        second.policy.tenancy = true;
        second.slots_url = Some("http://user:password@engine.example".into());
        bookings_admin::started::keep(db.pools(), &second).unwrap();
        let app = serving(state(&db, first)).await;
        let mut owner = Browser::signed_in(&app, "Olga").await;
        let page = owner.open("/audit?kind=settings_changed").await;
        assert_eq!(kinds(&page).len(), 2, "what is the same is kept once, wherever it listens");
        let newest = page.text("tr[data-kind]");
        assert!(newest.contains("BOOKINGS_TENANCY: off \u{2192} on") && !newest.contains("TIME_ZONE"), "{newest}");
        assert!(page.body.contains("BOOKINGS_TIME_ZONE: America/Port_of_Spain"), "all of them at first");
        assert!(!page.body.contains("a secret of") && !page.body.contains("password@"));
    });
}
