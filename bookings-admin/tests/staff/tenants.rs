//! Accounts, the audit, zones and currencies where several businesses share an installation.

use bookings_core::{Role, TenantId};
use bookings_db::catalogue::tables::{ServiceData, TenantData, tenants};
use bookings_db::staff::{NewStaff, Staff, add_staff};
use bookings_db::testing::TestDatabase;
use bookings_db::transaction::{Lock, write};
use bookings_db::types::Id;
use chrono::Utc;
use uuid::Uuid;

use crate::common::{Browser, PASSWORD, on_each_database, serving, settings, staff, state};
use crate::desk::{Form, all, assert_refused};
use crate::office::{an_hour, provider, service, tenant};

const FORM: &str = "form.booking-form";

fn of_tenant(db: &TestDatabase, name: &str, role: Role, tenant: TenantId) -> Staff {
    let hash = bookings_admin::auth::password::hash(PASSWORD).unwrap();
    let new = NewStaff { name, role, tenant_id: Some(tenant), password_hash: &hash };
    add_staff(db.pools(), new, Utc::now()).unwrap()
}

#[test]
fn a_tenants_owner_reaches_its_own_people_only() {
    on_each_database(|db| async move {
        let (spa, gym) = (tenant(db.pools(), "spa"), tenant(db.pools(), "gym"));
        let olga = staff(db.pools(), "Olga", Role::Owner);
        of_tenant(&db, "Spa owner", Role::Owner, spa);
        let trainer = of_tenant(&db, "Trainer", Role::Staff, gym);
        let mut settings = settings(&db);
        settings.policy.tenancy = true;
        let app = serving(state(&db, settings)).await;
        let mut owner = Browser::signed_in(&app, "Spa owner").await;
        let list = owner.open("/staff").await.text("table");
        assert!(list.contains("Spa owner") && !list.contains("Trainer") && !list.contains("Olga"), "{list}");
        for other in [olga.id, trainer.id] {
            let path = format!("/staff/{other}");
            let fields = [("role", "viewer"), ("version", "1")];
            for page in [path.clone(), format!("{path}/edit")] {
                assert_eq!(owner.get(&page).await.status, 404, "{page}");
            }
            for target in [path.clone(), format!("{path}/disable"), format!("{path}/enable"), format!("{path}/link")] {
                assert_eq!(owner.post(&target, &fields).await.status, 404, "{target}");
            }
        }
        // A tenant of their choice is not theirs to choose.
        let form = Form::of(&owner.open("/staff/new").await, FORM).with("username", "Kim").with("role", "owner");
        let made =
            owner.submit("/staff", &form.with("tenant_id", &gym.to_string()).with("new_password", PASSWORD)).await;
        assert_eq!(made.status, 303);
        assert_eq!(owner.open(made.location()).await.status, 200, "one of the spa");
        let names = owner.open("/audit").await.text("table");
        assert!(names.contains("Spa owner") && !names.contains("Trainer") && !names.contains("Olga"), "{names}");
        let mut above = Browser::signed_in(&app, "Olga").await;
        let form = Form::of(&above.open("/staff/new").await, FORM).with("username", "Lee");
        assert_refused(&above.submit("/staff", &form).await, &[("tenant_required", "tenant_id")]);
        let unknown = form.clone().with("tenant_id", &Uuid::nil().to_string());
        assert_refused(&above.submit("/staff", &unknown).await, &[("tenant_mismatch", "tenant_id")]);
        assert_eq!(above.submit("/staff", &form.with("tenant_id", "all")).await.status, 303);
        assert!(above.open("/staff").await.text("table").contains("The gym"));
    });
}

#[test]
fn each_tenant_has_its_clocks_and_its_money() {
    on_each_database(|db| async move {
        let data = TenantData {
            slug: "berlin".into(),
            name: "Berlin".into(),
            time_zone: Some("Europe/Berlin".into()),
            currency: Some("EUR".into()),
            active: true,
        };
        let id = Id(Uuid::new_v4());
        write(db.pools(), &Lock::none(), |conn| tenants::insert(conn, id, &data, Utc::now())).unwrap();
        let (berlin, spa) = (TenantId(id.0), tenant(db.pools(), "spa"));
        let mut settings = settings(&db);
        settings.policy.tenancy = true;
        let app = serving(state(&db, settings)).await;
        for (tenant, zone, currency, instant) in [
            (berlin, "Europe/Berlin", "EUR", "2099-01-05T09:15:00Z"),
            (spa, "America/Port_of_Spain", "TTD", "2099-01-05T14:15:00Z"),
        ] {
            let name = format!("Owner in {zone}");
            of_tenant(&db, &name, Role::Owner, tenant);
            let mut owner = Browser::signed_in(&app, &name).await;
            let form = Form::of(&owner.open("/catalogue/services/new").await, FORM);
            assert_eq!(form.get("currency"), currency);
            let service = service(db.pools(), ServiceData { tenant_id: Some(Id(tenant.0)), ..an_hour(zone) });
            let provider = provider(db.pools(), zone, Some(tenant));
            let page = owner.open("/bookings/new").await;
            assert!(page.text(".zone").contains(zone), "{}", page.text(".zone"));
            let form = Form::of(&page, FORM)
                .with("service_id", &service.to_string())
                .with("provider_id", &provider.to_string())
                .with("start_at", "2099-01-05T10:15")
                .with("client_name", "Kim");
            let made = owner.submit("/bookings", &form).await;
            assert_eq!(made.status, 303, "{}", made.text("[role=alert]"));
            let shown = owner.open(made.location()).await;
            assert!(shown.text("main").contains("10:15"));
            let times = all(&shown.html(), "time", "datetime");
            assert!(times.iter().any(|time| time == instant), "{zone}: {times:?}");
            assert!(owner.open("/profile").await.text(".facts").contains(zone));
        }
    });
}
