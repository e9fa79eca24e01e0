//! The overlap rule and shared slots, against a model that looks at every minute.

use bookings_core::*;
use proptest::prelude::*;

use crate::support::*;

/// Whether an hour at `second` minutes may stand beside an hour at `first`, on terms of each.
fn beside(first: (i64, u32, u32), second: (i64, u32, u32)) -> bool {
    let mut world = World::new();
    (world.terms().buffer_before_minutes, world.terms().buffer_after_minutes) = (first.1, first.2);
    world.book(&wish(at(first.0)));
    (world.terms().buffer_before_minutes, world.terms().buffer_after_minutes) = (second.1, second.2);
    match short(&world.create(&wish(at(second.0)))).as_str() {
        "CREATED CONFIRMED" => true,
        "overlap start_at" => false,
        other => panic!("{other}"),
    }
}

#[test]
fn half_open_with_the_buffers_of_both_sides() {
    let table = [
        // Back-to-back is free, a minute less is not, on either side.
        ((60, 0, 0), (120, 0, 0), true),
        ((60, 0, 0), (119, 0, 0), false),
        ((120, 0, 0), (60, 0, 0), true),
        ((120, 0, 0), (61, 0, 0), false),
        ((60, 0, 0), (60, 0, 0), false),
        // One side's buffer.
        ((60, 0, 10), (129, 0, 0), false),
        ((60, 0, 10), (130, 0, 0), true),
        ((60, 0, 0), (129, 10, 0), false),
        ((60, 0, 0), (130, 10, 0), true),
        // Both sides' add up.
        ((60, 0, 10), (134, 15, 0), false),
        ((60, 0, 10), (144, 15, 0), false),
        ((60, 0, 10), (145, 15, 0), true),
        ((145, 15, 0), (60, 0, 10), true),
        ((144, 15, 0), (60, 0, 10), false),
        // Those on the far sides do not count.
        ((60, 500, 0), (120, 0, 500), true),
    ];
    for (first, second, expect) in table {
        assert_eq!(beside(first, second), expect, "{first:?} {second:?}");
    }
}

#[test]
fn only_a_microsecond_makes_an_overlap() {
    let mut world = World::new();
    world.book(&wish(at(60)));
    check(world.create(&wish(at(120) - micros(1))), "overlap start_at");
    check(world.create(&wish(at(0) + micros(1))), "overlap start_at");
    check(world.create(&wish(at(0))), "CREATED CONFIRMED");
}

#[test]
fn a_booking_is_not_in_its_own_way() {
    let mut world = World::new();
    let booking = world.book(&wish(at(60)));
    world.book(&wish(at(150)));
    check(world.reschedule(&booking, &moving(&booking, at(90))), "RESCHEDULED CONFIRMED");
    check(world.reschedule(&booking, &moving(&booking, at(91))), "overlap start_at");
    let edit = EditBooking { start_at: Some(at(91)), ..EditBooking::of(&booking) };
    check(world.edit(&booking, &edit), "overlap start_at");
}

#[test]
fn reassigning_asks_the_other_providers_schedule() {
    let mut world = World::new();
    let booking = world.book(&wish(at(60)));
    let mut other = World::new();
    other.provider().id = OTHER_PROVIDER;
    other.schedule.provider_id = OTHER_PROVIDER;
    other.next = 2;
    let reassign = RescheduleBooking { provider_id: Some(OTHER_PROVIDER), ..moving(&booking, at(60)) };
    let (moved, _) = changed(other.reschedule(&booking, &reassign));
    assert_eq!((moved.provider_id, moved.start_at), (OTHER_PROVIDER, at(60)));
    other.book(&CreateBooking { provider_id: OTHER_PROVIDER, ..wish(at(90)) });
    check(other.reschedule(&booking, &reassign), "overlap start_at");
}

#[test]
fn sharing_needs_the_same_start_and_service_and_both_to_share() {
    let mut world = World::shared(4);
    world.book(&wish(at(60)));
    check(world.create(&wish(at(60))), "CREATED CONFIRMED");
    check(world.create(&wish(at(61))), "overlap start_at");
    check(world.create(&wish(at(120))), "CREATED CONFIRMED");
    let mut alone = world.clone();
    alone.service().allow_multiple_clients = false;
    check(alone.create(&wish(at(60))), "overlap start_at");
    let mut other = world.clone();
    other.service().id = OTHER_SERVICE;
    check(other.create(&CreateBooking { service_id: OTHER_SERVICE, ..wish(at(60)) }), "overlap start_at");
}

/// Seats that nobody can count are not sold: a store that lost the service refuses the move.
#[test]
fn without_the_service_no_seat_is_given_away() {
    let mut world = World::shared(4);
    let booking = world.book(&wish(at(60)));
    world.facts.service = None;
    check(world.reschedule(&booking, &moving(&booking, at(240))), "unknown_service service_id");
    check(
        world.edit(&booking, &EditBooking { notes_client: "x".into(), ..EditBooking::of(&booking) }),
        "EDITED CONFIRMED",
    );
}

#[test]
fn slot_keys_are_equal_for_sharers_only() {
    let mut world = World::shared(4);
    let first = world.book(&wish(at(60)));
    let second = world.book(&wish(at(60)));
    assert_eq!(first.slot_key(), second.slot_key());
    assert_ne!(first.slot_key(), world.book(&wish(at(240))).slot_key());
    // Ids and starts that differ in the same few bits.
    let mut near = Booking { start_at: first.start_at + micros(1), ..first.clone() };
    near.service_id.0 = uuid::Uuid::from_u128(near.service_id.0.as_u128() ^ 1);
    assert_ne!(first.slot_key(), near.slot_key());
    let alone = Booking { shared: false, ..first };
    assert_eq!(alone.slot_key(), alone.id.0);
}

/// A small booking: start, length, buffers, whether it shares, which service, seats.
#[derive(Debug, Clone)]
struct Sample {
    start: i64,
    length: u32,
    before: u32,
    after: u32,
    shared: bool,
    other: bool,
    seats: u32,
}

fn sample() -> impl Strategy<Value = Sample> {
    let times = (0..60_i64, 1..20_u32, 0..8_u32, 0..8_u32);
    (times, any::<bool>(), any::<bool>(), 1..4_u32).prop_map(
        |((start, length, before, after), shared, other, seats)| Sample {
            start,
            length,
            before,
            after,
            shared,
            other,
            seats: if shared { seats } else { 1 },
        },
    )
}

const SEATS: u32 = 5;

/// The world and command of a sample: starts on few minutes, so that slots meet.
fn asked(world: &mut World, sample: &Sample) -> CreateBooking {
    let id = if sample.other { OTHER_SERVICE } else { SERVICE };
    world.facts.service = Some(ServiceFacts {
        id,
        allow_multiple_clients: sample.shared,
        capacity: if sample.shared { SEATS } else { 1 },
        snapshot: Snapshot {
            duration_minutes: sample.length,
            buffer_before_minutes: sample.before,
            buffer_after_minutes: sample.after,
            ..service().snapshot
        },
        ..service()
    });
    CreateBooking { service_id: id, party_size: sample.seats, ..wish(at(100 + sample.start / 4 * 4)) }
}

/// The minutes a booking holds, one by one.
fn held(booking: &Booking) -> Vec<i64> {
    let minute = |at: chrono::DateTime<chrono::Utc>| (at - now()).num_minutes();
    let first = minute(booking.start_at) - i64::from(booking.snapshot.buffer_before_minutes);
    let last = minute(booking.end_at) + i64::from(booking.snapshot.buffer_after_minutes);
    (first..last).collect()
}

fn share(a: &Booking, b: &Booking) -> bool {
    a.shared && b.shared && a.service_id == b.service_id && a.start_at == b.start_at
}

fn clash(a: &Booking, b: &Booking) -> bool {
    let theirs = held(b);
    held(a).iter().any(|minute| theirs.contains(minute)) && !share(a, b)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whichever of the two comes first, the other is refused alike, and as the minutes say.
    #[test]
    fn clashes_are_symmetric_and_as_the_minutes_say(a in sample(), b in sample()) {
        let decide = |first: &Sample, second: &Sample| {
            let mut world = World::new();
            let command = asked(&mut world, first);
            let first = world.book(&command);
            let command = asked(&mut world, second);
            let free = World { schedule: World::new().schedule, ..world.clone() };
            let (second, _) = changed(free.create(&command));
            let refused = world.create(&command).is_err_and(|refusals| refusals.has(Code::Overlap));
            (refused, clash(&first, &second))
        };
        let (there, there_expect) = decide(&a, &b);
        let (back, back_expect) = decide(&b, &a);
        prop_assert_eq!(there, there_expect);
        prop_assert_eq!(back, back_expect);
        prop_assert_eq!(there, back);
    }

    /// Whatever is asked for in whatever order: never too much, and refused only where it truly would be.
    #[test]
    fn accepted_exactly_while_it_fits(samples in prop::collection::vec(sample(), 1..25)) {
        let mut world = World::new();
        let mut kept: Vec<Booking> = Vec::new();
        for sample in &samples {
            let command = asked(&mut world, sample);
            let free = World { schedule: World::new().schedule, ..world.clone() };
            let (wanted, _) = changed(free.create(&command));
            let overlap = kept.iter().any(|other| clash(&wanted, other));
            let taken: u32 = kept.iter().filter(|other| share(&wanted, other)).map(|other| other.capacity_consumed).sum();
            let full = wanted.shared && taken + wanted.capacity_consumed > SEATS;
            match world.create(&command) {
                Ok(_) => {
                    prop_assert!(!overlap && !full);
                    kept.push(world.book(&command));
                }
                Err(refusals) => {
                    prop_assert_eq!((refusals.has(Code::Overlap), refusals.has(Code::CapacityExceeded)), (overlap, full));
                }
            }
        }
        for (place, booking) in kept.iter().enumerate() {
            prop_assert!(kept[..place].iter().all(|other| !clash(booking, other)));
            let seats: u32 = kept.iter().filter(|other| share(booking, other)).map(|other| other.capacity_consumed).sum();
            prop_assert!(seats <= SEATS.max(1));
        }
    }
}
