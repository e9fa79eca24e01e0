//! Notice to the microsecond, and snapshots that no later change of the catalogue reaches.

use bookings_core::*;
use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::support::*;

/// Tomorrow's booking, to be cancelled or moved at the latest so many minutes before.
fn noticed(minutes: u32) -> Booking {
    let mut booking = booking(Status::Confirmed);
    booking.snapshot.cancellation_notice_minutes = minutes;
    booking.snapshot.reschedule_notice_minutes = minutes;
    booking
}

fn check_at(booking: &Booking, before_start: TimeDelta, cancel: &str, reschedule: &str) {
    let world = World { now: booking.start_at - before_start, ..World::new() };
    check(world.cancel(booking, &cancelling(booking)), cancel);
    check(world.reschedule(booking, &moving(booking, at(9000))), reschedule);
    let edit = EditBooking { start_at: Some(at(9000)), ..EditBooking::of(booking) };
    check(world.edit(booking, &edit), reschedule);
}

#[test]
fn exactly_at_the_deadline_is_in_time() {
    let booking = noticed(60);
    let hour = TimeDelta::hours(1);
    check_at(&booking, hour + micros(1), "CANCELLED CANCELLED", "RESCHEDULED CONFIRMED");
    check_at(&booking, hour, "CANCELLED CANCELLED", "RESCHEDULED CONFIRMED");
    check_at(&booking, hour - micros(1), "cancellation_notice", "reschedule_notice");
    check_at(&booking, -hour, "cancellation_notice", "reschedule_notice");
}

#[test]
fn without_notice_it_is_never_too_late() {
    let booking = noticed(0);
    check_at(&booking, micros(0), "CANCELLED CANCELLED", "RESCHEDULED CONFIRMED");
    check_at(&booking, micros(-1), "CANCELLED CANCELLED", "RESCHEDULED CONFIRMED");
}

#[test]
fn both_terms_are_named_together() {
    let mut booking = noticed(60);
    booking.snapshot.cancellation_allowed = false;
    booking.snapshot.reschedule_allowed = false;
    check_at(
        &booking,
        micros(0),
        "cancellation_not_allowed, cancellation_notice",
        "reschedule_not_allowed, reschedule_notice",
    );
}

#[test]
fn not_started_until_the_very_start() {
    let booking = booking(Status::Confirmed);
    let finish = |now| {
        let world = World { now, ..World::new() };
        check(
            mark_no_show(&booking, &on(&booking), &world.context()),
            &short(&world.complete(&booking, &on(&booking))).replace("COMPLETED", "NO_SHOW"),
        );
        short(&world.complete(&booking, &on(&booking)))
    };
    assert_eq!(finish(booking.start_at - micros(1)), "not_started");
    assert_eq!(finish(booking.start_at), "COMPLETED COMPLETED");
}

#[test]
fn a_start_is_past_a_microsecond_after_it() {
    check(World::new().create(&wish(now())), "CREATED CONFIRMED");
    check(World::new().create(&wish(now() - micros(1))), "start_in_past start_at");
}

/// A booking with an add-on, and the catalogue afterwards: every fact of service and add-on changed.
fn before_the_change() -> (World, Booking) {
    let mut world = World::new();
    world.terms().buffer_after_minutes = 5;
    let booking = world.book(&CreateBooking { addon_ids: vec![ADDON], ..wish(at(24 * 60)) });
    *world.service() = ServiceFacts {
        id: SERVICE,
        tenant_id: None,
        active: false,
        allow_multiple_clients: true,
        capacity: 40,
        snapshot: Snapshot {
            duration_minutes: 180,
            buffer_before_minutes: 300,
            buffer_after_minutes: 300,
            requires_approval: true,
            cancellation_allowed: false,
            cancellation_notice_minutes: 90_000,
            reschedule_allowed: false,
            reschedule_notice_minutes: 90_000,
            pricing_type: "per_person".into(),
            price_minor: Some(99_900),
            currency: currency("EUR"),
        },
    };
    world.facts.addons[0] = AddonFacts {
        id: ADDON,
        tenant_id: Some(OTHER_TENANT),
        service_id: Some(OTHER_SERVICE),
        name: "Renamed".into(),
        active: false,
        extra_duration_minutes: 90,
        price_minor: Some(77_700),
        currency: currency("EUR"),
    };
    (world, booking)
}

#[test]
fn what_a_booking_copies() {
    let (_, booking) = before_the_change();
    let snapshot = Snapshot { buffer_after_minutes: 5, ..service().snapshot };
    assert_eq!(booking.snapshot, snapshot);
    assert_eq!((booking.end_at - booking.start_at).num_minutes(), 75);
    assert_eq!(booking.total().unwrap().to_string(), "TTD 150.00");
    let kept = json!([{"addon_id": ADDON, "name": "Massage", "extra_duration_minutes": 15, "price_minor": 3000, "currency": "TTD"}]);
    assert_eq!(json!(booking.addons), kept);
}

#[test]
fn the_catalogue_of_today_never_reaches_an_old_booking() {
    let (world, booking) = before_the_change();
    let judged = |moved: Booking| {
        assert_eq!((moved.end_at - moved.start_at).num_minutes(), 75);
        assert_eq!((&moved.snapshot, &moved.addons, moved.shared), (&booking.snapshot, &booking.addons, false));
        assert_eq!(moved.total(), booking.total());
    };
    judged(changed(world.reschedule(&booking, &moving(&booking, at(9000)))).0);
    let kept = RescheduleBooking { addon_ids: Some(vec![ADDON]), ..moving(&booking, at(9000)) };
    judged(changed(world.reschedule(&booking, &kept)).0);
    let edit = EditBooking { start_at: Some(at(9000)), addon_ids: Some(vec![ADDON]), ..EditBooking::of(&booking) };
    judged(changed(world.edit(&booking, &edit)).0);

    let (cancelled, _) = changed(world.cancel(&booking, &cancelling(&booking)));
    // Back it comes only by an override: the service is no longer offered.
    check(world.reinstate(&cancelled, &on(&cancelled)), "inactive_service service_id");
    let world = World { now: booking.start_at, ..world };
    check(world.complete(&booking, &on(&booking)), "COMPLETED COMPLETED");
}

/// A kept add-on stays as it was; one taken on now comes as it is now.
#[test]
fn a_new_addon_is_todays_a_kept_one_is_not() {
    let (mut world, booking) = before_the_change();
    let new = AddonId(Uuid::from_u128(0xae));
    world.facts.addons.push(AddonFacts { price_minor: None, name: "Tea".into(), ..addon(new) });
    let command = RescheduleBooking { addon_ids: Some(vec![new, ADDON]), ..moving(&booking, booking.start_at) };
    let (moved, event) = changed(world.reschedule(&booking, &command));
    let names: Vec<_> = moved.addons.iter().map(|addon| (addon.name.as_str(), addon.price_minor)).collect();
    assert_eq!(names, [("Tea", None), ("Massage", Some(3000))]);
    assert_eq!((moved.end_at - moved.start_at).num_minutes(), 90);
    assert_eq!(moved.total().unwrap().to_string(), "TTD 150.00");
    assert_eq!(event.data.changes.keys().collect::<Vec<_>>(), ["addons", "end_at"]);

    // Dropped and taken on again it is a new one.
    let (bare, _) = changed(
        world.reschedule(&booking, &RescheduleBooking { addon_ids: Some(vec![]), ..moving(&booking, at(9000)) }),
    );
    assert_eq!((bare.end_at - bare.start_at).num_minutes(), 60);
    let again = RescheduleBooking { addon_ids: Some(vec![ADDON]), ..moving(&bare, at(9000)) };
    check(
        world.reschedule(&bare, &again),
        "inactive_addon addon_ids, addon_of_other_service addon_ids, currency_mismatch addon_ids, tenant_mismatch addon_ids",
    );
}

/// Nor is one that stays judged by what the provider gives today; one that comes to them is.
#[test]
fn a_provider_who_stops_giving_a_service_keeps_what_is_booked() {
    let mut world = World::new();
    let booking = world.book(&wish(at(24 * 60)));
    world.provider().offers = false;
    check(world.create(&wish(at(48 * 60))), "service_not_offered provider_id");
    check(world.reschedule(&booking, &moving(&booking, at(9000))), "RESCHEDULED CONFIRMED");
    world.provider().id = OTHER_PROVIDER;
    let reassign = RescheduleBooking { provider_id: Some(OTHER_PROVIDER), ..moving(&booking, at(9000)) };
    check(world.reschedule(&booking, &reassign), "service_not_offered provider_id");
    let (cancelled, _) = changed(world.cancel(&booking, &cancelling(&booking)));
    check(world.reinstate(&cancelled, &on(&cancelled)), "service_not_offered provider_id");
}

/// A booking that stays with a provider who takes no new ones may still move; one that comes to them may not.
#[test]
fn an_inactive_provider_keeps_what_they_have() {
    let mut world = World::new();
    let booking = world.book(&wish(at(24 * 60)));
    world.provider().active = false;
    check(world.reschedule(&booking, &moving(&booking, at(9000))), "RESCHEDULED CONFIRMED");
    world.provider().id = OTHER_PROVIDER;
    let reassign = RescheduleBooking { provider_id: Some(OTHER_PROVIDER), ..moving(&booking, at(9000)) };
    check(world.reschedule(&booking, &reassign), "inactive_provider provider_id");
    let (cancelled, _) = changed(world.cancel(&booking, &cancelling(&booking)));
    check(world.reinstate(&cancelled, &on(&cancelled)), "inactive_provider provider_id");
}
