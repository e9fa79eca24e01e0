//! Add-ons: refused by id, never dropped.

use bookings_core::*;
use uuid::Uuid;

use crate::support::*;

fn id(number: u128) -> AddonId {
    AddonId(Uuid::from_u128(number))
}

/// Add-ons 1 and 2 fit; 3 is inactive, 4 of another service, 5 of a tenant, 6 in euros; 7 is wrong in every way.
fn world() -> World {
    let mut world = World::new();
    let of = |number, change: fn(&mut AddonFacts)| {
        let mut addon = addon(id(number));
        change(&mut addon);
        addon
    };
    world.facts.addons = vec![
        of(1, |_| {}),
        of(2, |addon| addon.service_id = Some(SERVICE)),
        of(3, |addon| addon.active = false),
        of(4, |addon| addon.service_id = Some(OTHER_SERVICE)),
        of(5, |addon| addon.tenant_id = Some(TENANT)),
        of(6, |addon| addon.currency = currency("EUR")),
        of(7, |addon| {
            addon.active = false;
            addon.service_id = Some(OTHER_SERVICE);
            addon.tenant_id = Some(TENANT);
            addon.currency = currency("EUR");
        }),
    ];
    world
}

/// Each refusal as its code and the id it names.
fn named(decided: Decided) -> Vec<(Code, AddonId)> {
    let refusals = decided.map_or_else(|refusals| refusals.reasons, |_| Vec::new());
    let each = refusals.into_iter().map(|refusal| {
        assert_eq!(refusal.field, Some("addon_ids"));
        match refusal.concerns {
            Concern::Id(id) => (refusal.code, AddonId(id)),
            other => panic!("no id: {other:?}"),
        }
    });
    each.collect()
}

/// The add-ons asked for at creation, by a move that changes nothing else, by a move to another start, and by an edit.
fn check_ids(ids: &[u128], expect: &[(Code, u128)]) {
    let world = world();
    let asked: Vec<AddonId> = ids.iter().copied().map(id).collect();
    let expect: Vec<_> = expect.iter().map(|(code, number)| (*code, id(*number))).collect();
    assert_eq!(named(world.create(&CreateBooking { addon_ids: asked.clone(), ..wish(at(60)) })), expect, "{ids:?}");
    let booking = booking(Status::Confirmed);
    for start in [booking.start_at, at(9000)] {
        let command = RescheduleBooking { addon_ids: Some(asked.clone()), ..moving(&booking, start) };
        assert_eq!(named(world.reschedule(&booking, &command)), expect, "moved: {ids:?}");
        let command =
            EditBooking { addon_ids: Some(asked.clone()), start_at: Some(start), ..EditBooking::of(&booking) };
        assert_eq!(named(world.edit(&booking, &command)), expect, "edited: {ids:?}");
    }
}

#[test]
fn each_is_refused_by_its_id() {
    check_ids(&[], &[]);
    check_ids(&[2, 1], &[]);
    check_ids(&[3], &[(Code::InactiveAddon, 3)]);
    check_ids(&[4], &[(Code::AddonOfOtherService, 4)]);
    check_ids(&[5], &[(Code::TenantMismatch, 5)]);
    check_ids(&[6], &[(Code::CurrencyMismatch, 6)]);
    check_ids(&[99], &[(Code::UnknownAddon, 99)]);
    check_ids(&[1, 1], &[(Code::RepeatedAddon, 1)]);
    check_ids(&[1, 99, 2, 99, 3], &[(Code::UnknownAddon, 99), (Code::RepeatedAddon, 99), (Code::InactiveAddon, 3)]);
    let all = [Code::InactiveAddon, Code::AddonOfOtherService, Code::CurrencyMismatch, Code::TenantMismatch];
    check_ids(&[7], &all.map(|code| (code, 7)));
}

/// What the booking has already is kept, but not twice, and not with a stranger beside it.
#[test]
fn a_kept_addon_hides_no_wrong_one() {
    let mut world = world();
    let booking = world.book(&CreateBooking { addon_ids: vec![id(1)], ..wish(at(24 * 60)) });
    let asked = |ids: &[u128]| {
        let ids = ids.iter().copied().map(id).collect();
        let decided = world
            .reschedule(&booking, &RescheduleBooking { addon_ids: Some(ids), ..moving(&booking, booking.start_at) });
        short(&decided)
    };
    assert_eq!(asked(&[1]), "unchanged CONFIRMED");
    assert_eq!(asked(&[1, 1]), "repeated_addon addon_ids");
    assert_eq!(asked(&[1, 99]), "unknown_addon addon_ids");
    assert_eq!(asked(&[99, 1]), "unknown_addon addon_ids");
    assert_eq!(asked(&[]), "RESCHEDULED CONFIRMED");
}

#[test]
fn each_makes_the_booking_longer_and_dearer() {
    let mut world = world();
    let (booking, _) = changed(world.create(&CreateBooking { addon_ids: vec![id(2), id(1)], ..wish(at(60)) }));
    assert_eq!(booking.addons.iter().map(|addon| addon.addon_id).collect::<Vec<_>>(), [id(2), id(1)]);
    assert_eq!(booking.end_at, at(60 + 60 + 30));
    assert_eq!(booking.total().unwrap().to_string(), "TTD 180.00");
    // The longer booking is the one that must fit.
    world.book(&wish(at(145)));
    check(world.create(&CreateBooking { addon_ids: vec![id(2), id(1)], ..wish(at(60)) }), "overlap start_at");
    check(world.create(&CreateBooking { addon_ids: vec![id(2)], ..wish(at(60)) }), "CREATED CONFIRMED");
}

#[test]
fn at_most_a_hundred() {
    let mut world = World::new();
    let ids: Vec<AddonId> = (1..=101).map(id).collect();
    world.facts.addons = ids.iter().map(|id| addon(*id)).collect();
    check(world.create(&CreateBooking { addon_ids: ids[..100].to_vec(), ..wish(at(60)) }), "CREATED CONFIRMED");
    check(world.create(&CreateBooking { addon_ids: ids, ..wish(at(60)) }), "invalid addon_ids");
}

#[test]
fn amounts_and_lengths_too_large_are_no_panic() {
    let mut world = World::new();
    world.facts.addons[0].extra_duration_minutes = u32::MAX;
    world.facts.addons[0].price_minor = Some(i64::MAX);
    let (booking, _) = changed(world.create(&CreateBooking { addon_ids: vec![ADDON], ..wish(at(60)) }));
    assert_eq!(booking.end_at - booking.start_at, bookings_core::window::minutes(u32::MAX));
    assert_eq!(booking.total().map(|total| total.minor), Some(i64::MAX));
}
