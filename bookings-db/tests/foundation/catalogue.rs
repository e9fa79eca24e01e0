use bookings_db::Scope;
use bookings_db::catalogue::tables::{
    AddonData, Provider, ProviderData, ServiceData, TenantData, Updated, addons, providers, services, tenant_by_slug,
    tenants,
};
use bookings_db::connection::Conn;
use bookings_db::error::StoreError;
use bookings_db::testing::{TestDatabase, each_database};
use bookings_db::transaction::{Lock, write};
use bookings_db::types::Id;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

fn now() -> DateTime<Utc> {
    "2026-11-23T10:00:00.123456Z".parse().unwrap()
}

fn id(n: u128) -> Id {
    Id(Uuid::from_u128(n))
}

fn in_write<T>(db: &TestDatabase, mut body: impl FnMut(&mut Conn) -> Result<T, StoreError>) -> T {
    write(db.pools(), &Lock::none(), |conn| body(conn)).unwrap()
}

fn massage() -> ServiceData {
    ServiceData {
        tenant_id: None,
        name: "Masságe".into(),
        duration_minutes: 60,
        buffer_before_minutes: 0,
        buffer_after_minutes: 15,
        requires_approval: true,
        allow_multiple_clients: false,
        capacity: 1,
        cancellation_allowed: true,
        cancellation_notice_minutes: 120,
        reschedule_allowed: false,
        reschedule_notice_minutes: 0,
        pricing_type: "fixed".into(),
        price_minor: Some(12_000),
        currency: "TTD".into(),
        active: true,
    }
}

#[test]
fn every_table_keeps_what_it_is_given() {
    each_database(|db| {
        let acme = TenantData {
            slug: "acme".into(),
            name: "Acme".into(),
            time_zone: Some("America/Port_of_Spain".into()),
            currency: None,
            active: true,
        };
        let oil = AddonData {
            tenant_id: Some(id(1)),
            service_id: None,
            name: "Oil".into(),
            extra_duration_minutes: 10,
            price_minor: None,
            currency: "TTD".into(),
            active: false,
        };
        let ann = ProviderData { tenant_id: Some(id(1)), name: "Ann".into(), active: true };
        in_write(db, |conn| {
            let made = tenants::insert(conn, id(1), &acme, now())?;
            assert_eq!((&made.data, made.version, made.created_at.0), (&acme, 1, now()));
            assert_eq!(tenant_by_slug(conn, "acme")?, Some(made));
            assert_eq!(tenant_by_slug(conn, "Acme")?, None);
            assert_eq!(services::insert(conn, id(2), &massage(), now())?.data, massage());
            assert_eq!(addons::insert(conn, id(3), &oil, now())?.data, oil);
            assert_eq!(providers::insert(conn, id(4), &ann, now())?.data, ann);
            Ok(())
        });
    });
}

#[test]
fn an_update_states_the_version_it_saw() {
    each_database(|db| {
        in_write(db, |conn| services::insert(conn, id(2), &massage(), now()));
        let later = now() + TimeDelta::hours(1);
        let free = ServiceData { price_minor: None, ..massage() };
        let update = |seen| in_write(db, |conn| services::update(conn, Scope::All, id(2), seen, &free, later));
        let Updated::Done(row) = update(1) else { panic!("refused") };
        assert_eq!((&row.data, row.version, row.created_at.0, row.updated_at.0), (&free, 2, now(), later));
        assert_eq!(update(1), Updated::Stale(row));
        let gone = in_write(db, |conn| services::update(conn, Scope::All, id(9), 1, &free, later));
        assert_eq!(gone, Updated::Gone);
    });
}

#[test]
fn a_scope_sees_its_own_only() {
    each_database(|db| {
        let provider =
            |tenant: u128, name: &str| ProviderData { tenant_id: Some(id(tenant)), name: name.into(), active: true };
        let own = Scope::Tenant(id(1).into());
        in_write(db, |conn| {
            for (n, tenant, name) in [(10, 1, "Cid"), (11, 1, "Ann"), (12, 2, "Bea"), (13, 1, "Ann")] {
                providers::insert(conn, id(n), &provider(tenant, name), now())?;
            }
            let ids = |rows: Vec<Provider>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
            assert_eq!(ids(providers::list(conn, Scope::All, "", None, 9)?), [id(11), id(13), id(12), id(10)]);
            assert_eq!(ids(providers::list(conn, own, "", None, 9)?), [id(11), id(13), id(10)]);
            assert_eq!(ids(providers::list(conn, own, "", None, 1)?), [id(11)]);
            assert_eq!(ids(providers::list(conn, own, "", Some(("Ann", id(11))), 9)?), [id(13), id(10)]);
            assert!(providers::get(conn, own, id(12))?.is_none());
            let stolen = providers::update(conn, own, id(12), 1, &provider(1, "Bea"), now())?;
            assert_eq!(stolen, Updated::Gone);
            Ok(())
        });
    });
}

#[test]
fn a_wall_names_itself() {
    each_database(|db| {
        let endless = ServiceData { duration_minutes: 0, ..massage() };
        let done = write(db.pools(), &Lock::none(), |conn| services::insert(conn, id(2), &endless, now()));
        assert!(matches!(&done, Err(StoreError::Wall(name)) if name == "service_duration"), "{done:?}");
    });
}
