use bookings_core::{Facts, ProviderId, ServiceId, TenantId};
use bookings_db::Scope;
use bookings_db::catalogue::tables::{
    AddonData, Provider, ProviderData, ServiceData, TenantData, Updated, addons, providers, services, tenant_by_slug,
    tenants,
};
use bookings_db::catalogue::{AddonChoice, Asked, Catalogue, Choice, ChoicesAsked, FactsAsked, Names, OwnCatalogue};
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

/// A catalogue of somebody's own, which says of nothing how it is found at once.
struct Theirs;

impl Catalogue for Theirs {
    fn lock_providers(&self, providers: &[ProviderId]) -> String {
        OwnCatalogue.lock_providers(providers)
    }
    fn facts(&self, conn: &mut Conn, asked: FactsAsked) -> Result<Facts, StoreError> {
        OwnCatalogue.facts(conn, asked)
    }
    fn names(
        &self,
        conn: &mut Conn,
        scope: Scope,
        services: &[ServiceId],
        providers: &[ProviderId],
        tenants: &[TenantId],
    ) -> Result<Names, StoreError> {
        OwnCatalogue.names(conn, scope, services, providers, tenants)
    }
    fn services(
        &self,
        conn: &mut Conn,
        scope: Scope,
        words: &str,
        limit: u32,
    ) -> Result<Vec<Choice<ServiceId>>, StoreError> {
        OwnCatalogue.services(conn, scope, words, limit)
    }
    fn providers(
        &self,
        conn: &mut Conn,
        scope: Scope,
        words: &str,
        limit: u32,
    ) -> Result<Vec<Choice<ProviderId>>, StoreError> {
        OwnCatalogue.providers(conn, scope, words, limit)
    }
    fn addons(
        &self,
        conn: &mut Conn,
        scope: Scope,
        service: Option<ServiceId>,
        limit: u32,
    ) -> Result<Vec<AddonChoice>, StoreError> {
        OwnCatalogue.addons(conn, scope, service, limit)
    }
    fn tenants(
        &self,
        conn: &mut Conn,
        scope: Scope,
        words: &str,
        limit: u32,
    ) -> Result<Vec<Choice<TenantId>>, StoreError> {
        OwnCatalogue.tenants(conn, scope, words, limit)
    }
}

/// Two tenants with a provider called as one of the services is.
fn two_tenants(conn: &mut Conn) -> Result<(), StoreError> {
    for (n, slug, name) in [(1, "acme", "Acme"), (2, "best", "Best")] {
        let data = TenantData { slug: slug.into(), name: name.into(), time_zone: None, currency: None, active: n == 1 };
        tenants::insert(conn, id(n), &data, now())?;
    }
    for (n, tenant, name) in [(10, 1, "Zoë"), (11, 1, "Ann"), (12, 2, "Bea"), (13, 1, "Ann")] {
        let data = ProviderData { tenant_id: Some(id(tenant)), name: name.into(), active: n != 13 };
        providers::insert(conn, id(n), &data, now())?;
    }
    for (n, tenant, name) in [(20, 1, "Masságe"), (21, 2, "Bea"), (22, 1, "50% off")] {
        services::insert(
            conn,
            id(n),
            &ServiceData { tenant_id: Some(id(tenant)), name: name.into(), ..massage() },
            now(),
        )?;
    }
    Ok(())
}

#[test]
fn choices_of_every_kind_are_found_at_once() {
    each_database(|db| {
        in_write(db, two_tenants);
        let found = |catalogue: &dyn Catalogue, scope, services, providers, tenants| {
            let asked = ChoicesAsked { services, providers, tenants };
            let found = db.pools().read(|conn| catalogue.choices(conn, scope, asked)).unwrap();
            fn told<T: Into<Uuid>>(choices: Vec<Choice<T>>) -> Vec<(u128, String, bool)> {
                choices.into_iter().map(|one| (one.id.into().as_u128(), one.name, one.active)).collect()
            }
            (told(found.services), told(found.providers), told(found.tenants))
        };
        let row = |n: u128, name: &str, active| (n, name.to_owned(), active);
        let any = |limit| Asked { words: "", limit };
        let of = |words| Asked { words, limit: 9 };
        let own = Scope::Tenant(id(1).into());
        for catalogue in [&OwnCatalogue as &dyn Catalogue, &Theirs] {
            let (services, providers, tenants) = found(catalogue, own, any(9), any(2), Some(any(9)));
            assert_eq!(services, [row(22, "50% off", true), row(20, "Masságe", true)]);
            assert_eq!(providers, [row(11, "Ann", true), row(13, "Ann", false)], "as many as were asked for");
            assert_eq!(tenants, [row(1, "Acme", true)]);
            let (services, providers, tenants) = found(catalogue, Scope::All, of(" BÉA "), of("zo"), None);
            assert_eq!(services, [row(21, "Bea", true)]);
            assert_eq!(providers, [row(10, "Zoë", true)], "each by its own words");
            assert_eq!(tenants, []);
            let (services, providers, tenants) = found(catalogue, own, of("%"), of("bea"), Some(of("best")));
            assert_eq!(services, [row(22, "50% off", true)], "a sign is a sign");
            assert_eq!((providers, tenants), (vec![], vec![]), "another's are nobody's");
        }
    });
}

#[test]
fn names_are_told_within_the_scope() {
    each_database(|db| {
        in_write(db, two_tenants);
        let names = |scope, services: &[u128], providers: &[u128], tenants: &[u128]| {
            let services: Vec<ServiceId> = services.iter().map(|n| id(*n).into()).collect();
            let providers: Vec<ProviderId> = providers.iter().map(|n| id(*n).into()).collect();
            let tenants: Vec<TenantId> = tenants.iter().map(|n| id(*n).into()).collect();
            let names = |conn: &mut Conn| OwnCatalogue.names(conn, scope, &services, &providers, &tenants);
            let mut names: Vec<(u128, String)> =
                db.pools().read(names).unwrap().by_id().map(|(id, name)| (id.as_u128(), name)).collect();
            names.sort();
            names
        };
        let row = |n: u128, name: &str| (n, name.to_owned());
        assert_eq!(names(Scope::All, &[], &[], &[]), []);
        assert_eq!(names(Scope::All, &[99], &[], &[]), []);
        let all = [row(1, "Acme"), row(2, "Best"), row(10, "Zoë"), row(12, "Bea"), row(21, "Bea")];
        assert_eq!(names(Scope::All, &[21], &[10, 12, 99], &[1, 2]), all);
        let own = Scope::Tenant(id(1).into());
        assert_eq!(names(own, &[21, 22], &[10, 12], &[1, 2]), [row(1, "Acme"), row(10, "Zoë"), row(22, "50% off")]);
        assert_eq!(names(own, &[10], &[20], &[]), [], "an id of another kind");
    });
}
