//! Tenancy: what belongs to another tenant is not there, and a missing switch fails closed.

use bookings_core::{
    AddNote, AddonId, Client, Code, CreateBooking, Overrides, Policy, ProviderId, RescheduleBooking, ServiceId,
    TenantId,
};
use bookings_db::bookings::{ListQuery, Taken, find, spells, taken_with};
use bookings_db::selection::{Ended, Order, What, begin, select_ended, select_listed, select_slot, selection_of};
use bookings_db::{By, CommandError, Scope};

use chrono::TimeDelta;

use crate::support::{
    AddonSpec, Fixture, ServiceSpec, ada, at, cancel, changed, each, each_with, move_to, rename, verb, window,
};

/// One tenant's catalogue.
struct House {
    tenant: TenantId,
    service: ServiceId,
    provider: ProviderId,
    addon: AddonId,
}

fn house(fx: &Fixture, slug: &str) -> House {
    let tenant = fx.add_tenant(slug);
    let tenant_id = Some(tenant);
    House {
        tenant,
        service: fx.add_service(&ServiceSpec { tenant_id, ..ServiceSpec::default() }),
        provider: fx.add_provider(tenant_id, true),
        addon: fx.add_addon(&AddonSpec { tenant_id, ..AddonSpec::default() }),
    }
}

fn each_tenanted(test: impl Fn(&Fixture, &House, &House)) {
    each_with(&Policy { tenancy: true, ..Policy::default() }, |fx| {
        test(fx, &house(fx, "acme"), &house(fx, "acmeexample"));
    });
}

fn in_house(fx: &Fixture, house: &House) -> CreateBooking {
    CreateBooking {
        service_id: house.service,
        provider_id: house.provider,
        tenant_id: Some(house.tenant),
        addon_ids: vec![house.addon],
        ..fx.command(at(10, 0))
    }
}

#[test]
fn everything_of_a_booking_is_of_its_tenant() {
    each_tenanted(|fx, ours, theirs| {
        let good = in_house(fx, ours);
        let none = CreateBooking { tenant_id: None, ..good.clone() };
        assert!(fx.codes(|| fx.store.create_booking(&none, &fx.by())).contains(&Code::TenantRequired));
        for bad in [
            CreateBooking { tenant_id: Some(theirs.tenant), ..good.clone() },
            CreateBooking { service_id: theirs.service, ..good.clone() },
            CreateBooking { provider_id: theirs.provider, ..good.clone() },
            CreateBooking { addon_ids: vec![theirs.addon], ..good.clone() },
            // Without any tenant.
            CreateBooking { service_id: fx.single, ..good.clone() },
            CreateBooking { provider_id: fx.provider, ..good.clone() },
            CreateBooking { addon_ids: vec![fx.towel], ..good.clone() },
        ] {
            let codes = fx.codes(|| fx.store.create_booking(&bad, &fx.by()));
            assert!(codes.contains(&Code::TenantMismatch), "{codes:?}");
        }
        let booking = fx.create(&good);
        assert_eq!(booking.tenant_id, Some(ours.tenant));
        let there = RescheduleBooking { provider_id: Some(theirs.provider), ..move_to(&booking, at(12, 0)) };
        let codes = fx.codes(|| fx.store.reschedule_booking(&booking, &there, &fx.by()));
        assert_eq!(codes, [Code::TenantMismatch]);
        let there = RescheduleBooking { addon_ids: Some(vec![theirs.addon]), ..move_to(&booking, at(12, 0)) };
        let codes = fx.codes(|| fx.store.reschedule_booking(&booking, &there, &fx.by()));
        assert_eq!(codes, [Code::TenantMismatch]);
    });
}

/// Dry runs ask the catalogue for many at once; the scope holds there too.
#[test]
fn a_dry_run_knows_no_provider_of_another_tenant() {
    each_tenanted(|fx, ours, theirs| {
        let by = By { scope: Scope::Tenant(ours.tenant), ..fx.by() };
        let booking = fx.create(&in_house(fx, ours));
        for provider in [theirs.provider, ProviderId(uuid::Uuid::nil())] {
            let order = Order { what: What::Reassign { provider_id: Some(provider) }, overrides: Overrides::default() };
            let references = [booking.reference.clone()];
            let id = select_listed(&fx.store.pools, None, &order, &references, by.scope, fx.now).unwrap();
            let selection = fx.store.pools.read(|conn| selection_of(conn, id, None)).unwrap().unwrap();
            let dry = fx.store.preview(&selection, &order, &by, 10).unwrap();
            assert_eq!((dry.changes, dry.refused.get("unknown_provider")), (0, Some(&1)), "{dry:?}");
        }
    });
}

/// A run that somebody made above the tenants is taken up again within one.
#[test]
fn what_ended_is_taken_up_within_the_scope() {
    each_tenanted(|fx, ours, theirs| {
        let references = [ours, theirs].map(|house| fx.create(&in_house(fx, house)).reference);
        let order = Order { what: What::Note { message: "Hello".into() }, overrides: Overrides::default() };
        let pools = &fx.store.pools;
        let load = |id| pools.read(|conn| selection_of(conn, id, None)).unwrap().unwrap();
        let done = load(select_listed(pools, None, &order, &references, Scope::All, fx.now).unwrap());
        assert!(begin(pools, &done, &order, None, fx.now).unwrap());
        assert!(fx.store.run_selection(done.id, None, &fx.by(), chrono_tz::UTC, || fx.now).unwrap());
        let again = |scope, ended| load(select_ended(pools, None, &order, &done, ended, scope, fx.now).unwrap());
        assert_eq!(again(Scope::All, Ended::Changed).items, 2);
        assert_eq!(again(Scope::All, Ended::Refused).items, 0);
        let own = again(Scope::Tenant(ours.tenant), Ended::Changed);
        assert_eq!(own.items, 1);
        // At the version that the run left.
        let dry = fx.store.preview(&own, &order, &fx.by(), 10).unwrap();
        assert_eq!((dry.changes, dry.refused.len()), (1, 0), "{dry:?}");
    });
}

/// A start is shared within a tenant; whoever names another's sees nobody of it.
#[test]
fn who_shares_a_start_is_told_within_the_scope() {
    each_tenanted(|fx, ours, theirs| {
        let of = fx.create(&in_house(fx, ours));
        let order = Order { what: What::Confirm, overrides: Overrides::default() };
        let pools = &fx.store.pools;
        for (scope, many) in [(Scope::All, 1), (Scope::Tenant(ours.tenant), 1), (Scope::Tenant(theirs.tenant), 0)] {
            let id = select_slot(pools, None, &order, &of, scope, fx.now).unwrap();
            assert_eq!(pools.read(|conn| selection_of(conn, id, None)).unwrap().unwrap().items, many);
            assert_eq!(pools.read(|conn| taken_with(conn, &of, scope)).unwrap(), Taken { bookings: many, seats: many });
        }
    });
}

#[test]
fn in_a_scope_the_others_catalogue_is_unknown() {
    each_tenanted(|fx, ours, theirs| {
        let by = By { scope: Scope::Tenant(ours.tenant), ..fx.by() };
        let good = in_house(fx, ours);
        let codes = |command: CreateBooking| fx.codes(|| fx.store.create_booking(&command, &by));
        let service = CreateBooking { service_id: theirs.service, ..good.clone() };
        assert_eq!(codes(service), [Code::UnknownService]);
        let provider = CreateBooking { provider_id: theirs.provider, ..good.clone() };
        assert_eq!(codes(provider), [Code::UnknownProvider]);
        assert_eq!(codes(CreateBooking { addon_ids: vec![theirs.addon], ..good.clone() }), [Code::UnknownAddon]);
        assert_eq!(codes(in_house(fx, theirs)), [Code::TenantMismatch], "a booking for them");
        let booking = changed(fx.store.create_booking(&good, &by));
        let there = RescheduleBooking { provider_id: Some(theirs.provider), ..move_to(&booking, at(12, 0)) };
        assert_eq!(fx.codes(|| fx.store.reschedule_booking(&booking, &there, &by)), [Code::UnknownProvider]);
    });
}

#[test]
fn in_a_scope_the_others_bookings_are_not_there() {
    each_tenanted(|fx, ours, theirs| {
        let booking = fx.create(&in_house(fx, theirs));
        let own = fx.create(&in_house(fx, ours));
        let by = By { scope: Scope::Tenant(ours.tenant), ..fx.by() };
        let marks = fx.marks();
        let note = AddNote { version: 1, message: "hello".into() };
        for outcome in [
            fx.store.confirm_booking(&booking, &verb(&booking), &by),
            fx.store.cancel_booking(&booking.reference, &cancel(&booking), &by),
            fx.store.complete_booking(&booking, &verb(&booking), &by),
            fx.store.mark_no_show(&booking, &verb(&booking), &by),
            fx.store.add_note(&booking, &note, &by),
            fx.store.reinstate_booking(&booking, &verb(&booking), &by),
            fx.store.reschedule_booking(&booking.reference, &move_to(&booking, at(12, 0)), &by),
            fx.store.edit_booking(&booking, &rename(&booking, "Eve"), &by),
        ] {
            assert!(matches!(outcome, Err(CommandError::NotFound)), "{outcome:?}");
        }
        assert_eq!(fx.marks(), marks);
        let around = window(own.start_at, own.start_at + TimeDelta::days(1));
        let spells = |scope| fx.store.pools.read(|conn| spells(conn, scope, around, 10)).unwrap().len();
        assert_eq!((spells(by.scope), spells(Scope::All)), (1, 2));
        let which = booking.id.into();
        assert!(fx.store.pools.read(|conn| find(conn, &which, by.scope)).unwrap().is_none());
        for search in ["", booking.reference.as_str(), "ada"] {
            let query = ListQuery { search: search.into(), ..ListQuery::new(by.scope) };
            let page = fx.store.pools.read(|conn| query.load(conn)).unwrap();
            assert!(page.rows.iter().all(|row| row.tenant_id == Some(ours.tenant)), "{search:?}");
            let filtered = ListQuery { tenants: vec![theirs.tenant], ..query };
            assert!(fx.store.pools.read(|conn| filtered.load(conn)).unwrap().rows.is_empty(), "{search:?}");
        }
    });
}

#[test]
fn an_address_that_only_another_tenant_knows_is_searched_like_any_word() {
    each_tenanted(|fx, ours, theirs| {
        let of = |email: &str, house| CreateBooking {
            client: Client { email: email.into(), ..ada() },
            ..in_house(fx, house)
        };
        fx.create(&of("ann@example.com", theirs));
        let own = fx.create(&of("joann@example.com", ours));
        let found = |scope| {
            let query = ListQuery { search: "ann@example.com".into(), ..ListQuery::new(scope) };
            let rows = fx.store.pools.read(|conn| query.load(conn)).unwrap().rows;
            rows.into_iter().map(|row| row.client_email).collect::<Vec<_>>()
        };
        assert_eq!(found(Scope::Tenant(ours.tenant)), [own.client.email]);
        assert_eq!(found(Scope::All), ["ann@example.com"]);
    });
}

#[test]
fn a_key_of_another_tenant_tells_nothing() {
    each_tenanted(|fx, ours, theirs| {
        let key = Some("same key".to_owned());
        fx.create(&CreateBooking { idempotency_key: key.clone(), ..in_house(fx, theirs) });
        let by = By { scope: Scope::Tenant(ours.tenant), ..fx.by() };
        let command = CreateBooking { idempotency_key: key, ..in_house(fx, ours) };
        assert_eq!(fx.codes(|| fx.store.create_booking(&command, &by)), [Code::IdempotencyMismatch]);
    });
}

#[test]
fn with_tenancy_off_nothing_has_a_tenant() {
    each(|fx| {
        let house = house(fx, "acme");
        let codes = fx.codes(|| fx.store.create_booking(&in_house(fx, &house), &fx.by()));
        assert_eq!(codes[0], Code::TenantMismatch);
        let theirs = CreateBooking { service_id: house.service, ..fx.command(at(10, 0)) };
        assert_eq!(fx.codes(|| fx.store.create_booking(&theirs, &fx.by())), [Code::TenantMismatch]);
    });
}
