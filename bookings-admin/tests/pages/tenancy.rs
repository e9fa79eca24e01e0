//! With tenancy on nobody sees, chooses or changes what is another tenant's.

use bookings_core::{ProviderId, Role, ServiceId, TenantId};
use bookings_db::catalogue::tables::ServiceData;
use bookings_db::connection::Pools;
use bookings_db::staff::{NewStaff, add_staff};
use bookings_db::testing::TestDatabase;
use bookings_db::types::Id;
use chrono::{Days, Utc};

use crate::common::{Browser, PASSWORD, on_each_database, serving, settings, staff, state};
use crate::desk::{Desk, Form, ZONE, all, assert_refused};
use crate::office;

struct Business {
    tenant: TenantId,
    room: ProviderId,
    cut: ServiceId,
}

fn business(pools: &Pools, slug: &str, staff: &str) -> Business {
    let tenant = office::tenant(pools, slug);
    let hash = bookings_admin::auth::password::hash(PASSWORD).unwrap();
    let new = NewStaff { name: staff, role: Role::Admin, tenant_id: Some(tenant), password_hash: &hash };
    add_staff(pools, new, Utc::now()).unwrap();
    let cut = ServiceData { tenant_id: Some(Id(tenant.0)), ..office::an_hour(&format!("Cut at {slug}")) };
    Business {
        tenant,
        room: office::provider(pools, &format!("Chair at {slug}"), Some(tenant)),
        cut: office::service(pools, cut),
    }
}

/// Two businesses with an admin each, Ada and Bea, and Olga above both.
fn two(db: &TestDatabase) -> (Business, Business, bookings_admin::settings::Settings) {
    staff(db.pools(), "Olga", Role::Owner);
    let mut settings = settings(db);
    settings.policy.tenancy = true;
    (business(db.pools(), "acme", "Ada"), business(db.pools(), "bravo", "Bea"), settings)
}

fn booking(of: &Business, hour: u32, client: &str) -> Form {
    let day = Utc::now().with_timezone(&ZONE).date_naive() + Days::new(3);
    Form(vec![]).filled(&[
        ("service_id", &of.cut.to_string()),
        ("provider_id", &of.room.to_string()),
        ("start_at", &format!("{day}T{hour:02}:00")),
        ("client_name", client),
    ])
}

#[test]
fn one_tenants_staff_never_meet_the_others() {
    on_each_database(|db| async move {
        let (acme, bravo, settings) = two(&db);
        let app = serving(state(&db, settings)).await;
        let (mut ada, mut bea) = (Browser::signed_in(&app, "Ada").await, Browser::signed_in(&app, "Bea").await);
        let of_acme = ada.book(&booking(&acme, 10, "Zoë")).await;
        let of_bravo = bea.book(&booking(&bravo, 10, "Zoë")).await;
        let list = |page: &crate::common::Page| all(&page.html(), "tr[data-reference]", "data-reference");
        for path in ["/bookings".to_owned(), "/bookings?q=zoe".into(), format!("/bookings?q={of_bravo}&q="), "/".into()]
        {
            assert!(!ada.open(&path).await.body.contains(&format!("data-reference=\"{of_bravo}\"")), "{path}");
        }
        assert_eq!(list(&ada.open("/bookings").await), std::slice::from_ref(&of_acme));
        assert!(list(&ada.open(&format!("/bookings?q={of_bravo}")).await).is_empty());
        for filter in
            [format!("tenant={}", bravo.tenant), format!("provider={}", bravo.room), format!("service={}", bravo.cut)]
        {
            let page = ada.open(&format!("/bookings?{filter}")).await;
            assert!(list(&page).is_empty(), "{filter}");
            assert!(!page.body.contains("at bravo") && !page.body.contains("The bravo"), "{filter}: not even the name");
        }
        let form = ada.open("/bookings/new").await;
        assert!(form.body.contains("Chair at acme") && !form.body.contains("bravo"));
        assert!(!form.has("[name=tenant_id]"), "whoever has a tenant is not asked for it");
        let address = format!("/bookings/{of_bravo}");
        for path in [address.clone(), format!("{address}/edit")] {
            assert_eq!(ada.get(&path).await.status, 404, "{path}");
        }
        for path in ["", "/confirm", "/cancel", "/reschedule", "/note", "/complete", "/no-show", "/reinstate", "/undo"]
        {
            let fields = [("version", "1"), ("reason", "x"), ("message", "x"), ("start_at", "2040-01-01T10:00")];
            assert_eq!(ada.post(&format!("{address}{path}"), &fields).await.status, 404, "{path}");
        }
        for id in [bravo.cut.to_string(), bravo.room.to_string()] {
            for path in ["/catalogue/services", "/catalogue/providers"] {
                assert_eq!(ada.get(&format!("{path}/{id}")).await.status, 404);
                assert_eq!(ada.post(&format!("{path}/{id}"), &[("name", "mine")]).await.status, 404);
            }
        }
        assert!(!ada.open("/catalogue/services").await.body.contains("bravo"));
        assert_eq!(bea.events(&of_bravo).await, ["CREATED"]);
    });
}

#[test]
fn nothing_is_booked_across_tenants() {
    on_each_database(|db| async move {
        let (acme, bravo, settings) = two(&db);
        let app = serving(state(&db, settings)).await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let with = |name: &str, value: String| booking(&acme, 10, "Zoë").with(name, &value);
        // What is another's is not there; the tenant itself is refused by name.
        let page = ada.try_to_book(&with("service_id", bravo.cut.to_string())).await;
        assert_refused(&page, &[("unknown_service", "service_id")]);
        let page = ada.try_to_book(&with("provider_id", bravo.room.to_string())).await;
        assert_refused(&page, &[("unknown_provider", "provider_id")]);
        let page = ada.try_to_book(&with("tenant_id", bravo.tenant.to_string())).await;
        assert!(page.status == 422 && page.has("[data-code=tenant_mismatch]"), "{}", page.text("[role=alert]"));

        let mut olga = Browser::signed_in(&app, "Olga").await;
        let form = olga.open("/bookings/new").await;
        assert_eq!(all(&form.html(), "select[name=tenant_id] option", "value").len(), 3);
        let page = olga.try_to_book(&booking(&acme, 10, "Zoë").with("tenant_id", "")).await;
        assert!(page.has("#tenant_id-error[data-code=tenant_required]"), "{}", page.text("[role=alert]"));
        let page = olga.try_to_book(&with("tenant_id", bravo.tenant.to_string())).await;
        assert_refused(&page, &[("tenant_mismatch", "service_id"), ("tenant_mismatch", "provider_id")]);
        let mixed = with("tenant_id", acme.tenant.to_string()).with("provider_id", &bravo.room.to_string());
        assert_refused(&olga.try_to_book(&mixed).await, &[("tenant_mismatch", "provider_id")]);
        let reference = olga.book(&with("tenant_id", acme.tenant.to_string())).await;
        assert_eq!(ada.events(&reference).await, ["CREATED"]);
        assert!(ada.open(&format!("/bookings/{reference}")).await.text(".facts").contains("The acme"));
        // Nor does a booking move there.
        let to = bravo.room.to_string();
        let moved = olga.act(&reference, "reschedule", &[("provider_id", &to)]).await;
        assert_refused(&moved, &[("tenant_mismatch", "provider_id")]);
        assert!(olga.open(&format!("/bookings?tenant={}", bravo.tenant)).await.has(".empty"));
        assert!(olga.open(&format!("/bookings?tenant={}", acme.tenant)).await.body.contains(&reference));
    });
}

#[test]
fn without_tenancy_there_are_no_tenants() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut olga = Browser::signed_in(&app, "Olga").await;
        assert!(!olga.open("/bookings/new").await.has("[name=tenant_id]"));
        assert!(!olga.open("/bookings").await.has("[name=tenant]"));
        let reference = olga.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        assert!(!olga.open(&format!("/bookings/{reference}")).await.text(".facts").contains("Tenant"));
    });
}
