//! The catalogue where several businesses share an installation.

use bookings_core::{Role, TenantId};
use bookings_db::catalogue::tables::ServiceData;
use bookings_db::staff::{NewStaff, add_staff};
use bookings_db::testing::TestDatabase;
use bookings_db::types::Id;
use chrono::Utc;

use crate::common::{Browser, PASSWORD, on_each_database, serving, settings, staff, state};
use crate::desk::{Form, assert_refused};
use crate::office::{an_hour, provider, service, tenant};

const SERVICES: &str = "/catalogue/services";
const ADDONS: &str = "/catalogue/addons";
const FORM: &str = "form.booking-form";

fn of_tenant(db: &TestDatabase, name: &str, role: Role, tenant: TenantId) {
    let hash = bookings_admin::auth::password::hash(PASSWORD).unwrap();
    let new = NewStaff { name, role, tenant_id: Some(tenant), password_hash: &hash };
    add_staff(db.pools(), new, Utc::now()).unwrap();
}

#[test]
fn one_tenants_catalogue_does_not_exist_for_another() {
    on_each_database(|db| async move {
        let (spa, gym) = (tenant(db.pools(), "spa"), tenant(db.pools(), "gym"));
        of_tenant(&db, "Spa owner", Role::Owner, spa);
        of_tenant(&db, "Gym owner", Role::Owner, gym);
        let theirs = service(db.pools(), ServiceData { tenant_id: Some(Id(gym.0)), ..an_hour("Gym class") });
        let room = provider(db.pools(), "Gym room", Some(gym));
        let mut settings = settings(&db);
        settings.policy.tenancy = true;
        let app = serving(state(&db, settings)).await;
        let mut spa_owner = Browser::signed_in(&app, "Spa owner").await;
        for path in [SERVICES, "/catalogue/providers"] {
            let page = spa_owner.open(path).await;
            assert!(!page.body.contains("Gym") && !page.text("thead").contains("Tenant"), "{path}");
        }
        for path in [format!("{SERVICES}/{theirs}"), format!("/catalogue/providers/{room}")] {
            assert_eq!(spa_owner.get(&path).await.status, 404, "{path}");
            assert_eq!(spa_owner.get(&format!("{path}/edit")).await.status, 404, "{path}");
        }
        let form = Form::of(&spa_owner.open(&format!("{SERVICES}/new")).await, FORM).with("name", "Stolen");
        let aimed = form.clone().with("version", "1");
        assert_eq!(spa_owner.submit(&format!("{SERVICES}/{theirs}"), &aimed).await.status, 404);
        // A tenant of their choice is not theirs to choose.
        let made = spa_owner.submit(SERVICES, &form.with("tenant_id", &gym.to_string())).await;
        assert_eq!(made.status, 303);
        let mut gym_owner = Browser::signed_in(&app, "Gym owner").await;
        assert_eq!(gym_owner.get(made.location()).await.status, 404);
        assert_eq!(gym_owner.get("/tenants").await.status, 403);
        let addon = Form::of(&spa_owner.open(&format!("{ADDONS}/new")).await, FORM).with("name", "Stones");
        let addon = addon.with("service_id", &theirs.to_string());
        assert_refused(&spa_owner.submit(ADDONS, &addon).await, &[("unknown_service", "service_id")]);
    });
}

#[test]
fn above_the_tenants_a_record_keeps_its_tenant() {
    on_each_database(|db| async move {
        let (spa, gym) = (tenant(db.pools(), "spa"), tenant(db.pools(), "gym"));
        staff(db.pools(), "Olga", Role::Owner);
        let massage = service(db.pools(), ServiceData { tenant_id: Some(Id(spa.0)), ..an_hour("Massage") });
        let mut settings = settings(&db);
        settings.policy.tenancy = true;
        let app = serving(state(&db, settings)).await;
        let mut olga = Browser::signed_in(&app, "Olga").await;
        assert!(olga.open(SERVICES).await.text("tbody tr").contains("The spa"), "whose it is");
        let path = format!("{SERVICES}/{massage}");
        let form = Form::of(&olga.open(&format!("{path}/edit")).await, FORM);
        assert_eq!(form.get("tenant_id"), spa.to_string());
        let moved = olga.submit(&path, &form.clone().with("tenant_id", &gym.to_string())).await;
        assert_refused(&moved, &[("tenant_mismatch", "tenant_id")]);
        let unknown = olga.submit(&path, &form.clone().with("tenant_id", "x")).await;
        assert_refused(&unknown, &[("tenant_required", "tenant_id")]);
        assert_eq!(olga.submit(&path, &form).await.status, 303);
        let addon = Form::of(&olga.open(&format!("{ADDONS}/new")).await, FORM).with("name", "Stones");
        let addon = addon.with("service_id", &massage.to_string()).with("tenant_id", &gym.to_string());
        assert_refused(&olga.submit(ADDONS, &addon).await, &[("tenant_mismatch", "service_id")]);
    });
}

#[test]
fn tenants_have_a_slug_of_their_own_a_zone_and_a_currency() {
    on_each_database(|db| async move {
        tenant(db.pools(), "spa");
        staff(db.pools(), "Olga", Role::Owner);
        let mut settings = settings(&db);
        settings.policy.tenancy = true;
        let app = serving(state(&db, settings)).await;
        let mut olga = Browser::signed_in(&app, "Olga").await;
        let form = Form::of(&olga.open("/tenants/new").await, FORM).with("name", "Gym");
        for (field, value, code) in [
            ("slug", "spa", "invalid"),
            ("slug", "", "required"),
            ("slug", "Gym 1", "invalid"),
            ("time_zone", "Mars/Olympus", "invalid"),
            ("currency", "XX", "invalid"),
        ] {
            let refused = olga.submit("/tenants", &form.clone().with("slug", "gym").with(field, value)).await;
            assert_refused(&refused, &[(code, field)]);
        }
        let good = form.filled(&[("slug", "gym"), ("time_zone", "Europe/Berlin"), ("currency", "eur")]);
        let made = olga.submit("/tenants", &good).await;
        assert_eq!(made.status, 303);
        let shown = olga.open(made.location()).await.text(".facts");
        assert!(shown.contains("Europe/Berlin") && shown.contains("EUR"), "{shown}");
    });
}
