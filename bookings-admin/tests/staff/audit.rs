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
    let query = Query {
        scope: Scope::All,
        actor: String::new(),
        kind: None,
        from: None,
        until: None,
        after: None,
        limit: 1000,
    };
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
