//! What is booked is not deleted, nor is what is being booked.

use std::sync::Barrier;

use bookings_core::{AddonId, CreateBooking, ProviderId, ServiceId};
use bookings_db::catalogue::tables::{Updated, addons, providers, services};
use bookings_db::catalogue::uses::{Use, lock_to_delete, of};
use bookings_db::catalogue::{RecordKind, offers};
use bookings_db::transaction::write;
use bookings_db::types::Id;
use bookings_db::{Scope, StoreError};

use crate::support::*;

/// Deletes a record of version 1 that nothing holds, as the pages do; says whether it is gone.
fn delete(fx: &Fixture, kind: RecordKind, id: Id) -> bool {
    write(&fx.store.pools, &lock_to_delete(kind, id), |conn| {
        if !of(conn, kind, id, 5)?.is_empty() {
            return Ok(false);
        }
        Ok::<_, StoreError>(match kind {
            RecordKind::Service => matches!(services::delete(conn, Scope::All, id, 1)?, Updated::Done(_)),
            RecordKind::Addon => matches!(addons::delete(conn, Scope::All, id, 1)?, Updated::Done(_)),
            _ => matches!(providers::delete(conn, Scope::All, id, 1)?, Updated::Done(_)),
        })
    })
    .unwrap()
}

/// Four callers book what a fifth deletes: either it is gone and nobody has it, or somebody has and it stays.
fn race(fx: &Fixture, kind: RecordKind, make: impl Fn() -> Id, book: impl Fn(&mut CreateBooking, Id) + Sync) {
    let mut gone = 0;
    for round in 0..12 {
        let id = make();
        let rooms: Vec<ProviderId> = (0..4).map(|_| fx.add_provider(None, true)).collect();
        let (barrier, book) = (&Barrier::new(5), &book);
        let (deleted, booked) = std::thread::scope(|scope| {
            let callers: Vec<_> = rooms
                .iter()
                .enumerate()
                .map(|(place, room)| {
                    scope.spawn(move || {
                        let mut command = CreateBooking { provider_id: *room, ..fx.command(at(2, 0)) };
                        book(&mut command, id);
                        barrier.wait();
                        // The later ones come in the middle of it.
                        (0..place * round).for_each(|_| std::thread::yield_now());
                        fx.store.create_booking(&command, &fx.by()).is_ok()
                    })
                })
                .collect();
            barrier.wait();
            let deleted = delete(fx, kind, id);
            (deleted, callers.into_iter().map(|caller| caller.join().unwrap()).filter(|done| *done).count())
        });
        assert!(!(deleted && booked > 0), "{kind:?} is gone, and {booked} bookings have it");
        assert!(deleted || booked > 0 || !of_it(fx, kind, id).is_empty());
        gone += usize::from(deleted);
        if !deleted {
            assert!(matches!(of_it(fx, kind, id).first(), Some(Use::Booking(_))));
        }
    }
    println!("{kind:?}: {gone} of 12 were deleted");
}

fn of_it(fx: &Fixture, kind: RecordKind, id: Id) -> Vec<Use> {
    fx.store.pools.read(|conn| of(conn, kind, id, 5)).unwrap()
}

#[test]
fn nothing_is_deleted_while_it_is_booked() {
    each(|fx| {
        let service = || Id(fx.add_service(&ServiceSpec::default()).0);
        race(fx, RecordKind::Service, service, |command, id| command.service_id = ServiceId(id.0));
        let addon = || Id(fx.add_addon(&AddonSpec::default()).0);
        race(fx, RecordKind::Addon, addon, |command, id| command.addon_ids = vec![AddonId(id.0)]);
        let provider = || Id(fx.add_provider(None, true).0);
        race(fx, RecordKind::Provider, provider, |command, id| command.provider_id = ProviderId(id.0));
    });
}

#[test]
fn a_provider_gives_what_is_said_or_everything() {
    each(|fx| {
        let facts = |service: ServiceId| {
            let asked =
                bookings_db::catalogue::FactsAsked { service_id: service, provider_id: fx.provider, addon_ids: &[] };
            fx.store.pools.read(|conn| fx.store.catalogue.facts(conn, asked)).unwrap().provider.unwrap().offers
        };
        assert!(facts(fx.single) && facts(fx.shared), "nothing is said");
        let set = |services: &[ServiceId]| {
            let ids: Vec<Id> = services.iter().map(|id| Id(id.0)).collect();
            write(&fx.store.pools, &bookings_db::transaction::Lock::none(), |conn| {
                offers::set(conn, Id(fx.provider.0), &ids)
            })
            .unwrap();
        };
        set(&[fx.shared]);
        assert!(!facts(fx.single) && facts(fx.shared));
        let refusals = refused(fx.store.create_booking(&fx.command(at(2, 0)), &fx.by()));
        assert_eq!(refusals.codes(), [bookings_core::Code::ServiceNotOffered]);
        let own = fx.store.pools.read(|conn| fx.store.catalogue.offers(conn, &[fx.provider, fx.other])).unwrap();
        assert_eq!((own.len(), &own[&fx.provider]), (1, &vec![fx.shared]));
        // Many at once are what each is by itself, those that are not there too, and more than fit into one statement.
        let (nowhere, nobody) = (ServiceId(uuid::Uuid::nil()), ProviderId(uuid::Uuid::nil()));
        let services = [fx.single, fx.shared, nowhere];
        let extra: Vec<ProviderId> = (0..170).map(|_| fx.add_provider(None, false)).collect();
        let providers = [fx.provider, fx.other, nobody].into_iter().chain(extra);
        let asked: Vec<_> = providers.flat_map(|provider| services.map(|service| (service, provider))).collect();
        let many = fx.store.pools.read(|conn| fx.store.catalogue.facts_of_many(conn, &asked)).unwrap();
        assert_eq!(many.len(), asked.len());
        for ((service_id, provider_id), found) in many {
            let one = bookings_db::catalogue::FactsAsked { service_id, provider_id, addon_ids: &[] };
            let one = fx.store.pools.read(|conn| fx.store.catalogue.facts(conn, one)).unwrap();
            assert_eq!(found, one, "{service_id} with {provider_id}");
        }
        set(&[]);
        changed(fx.store.create_booking(&fx.command(at(2, 0)), &fx.by()));
    });
}
