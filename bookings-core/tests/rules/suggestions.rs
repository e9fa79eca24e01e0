//! Suggested starts: each would be accepted, and none nearer was left out.

use bookings_core::suggest::{horizon, nearest_free_starts};
use bookings_core::*;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use crate::support::*;

const SEATS: u32 = 4;

/// A provider's days: each booking as start in minutes, length and whether it shares; and what is wanted.
#[derive(Debug, Clone)]
struct Scene {
    there: Vec<(i64, u32, bool)>,
    wanted: (i64, u32, bool),
    buffers: (u32, u32),
    guard: u32,
    seats: u32,
    offered: Option<Vec<i64>>,
    most: usize,
}

fn scene() -> impl Strategy<Value = Scene> {
    let start = prop_oneof![(0..500_i64).prop_map(|n| n * 15), 0..7_500_i64];
    let there = prop::collection::vec((start.clone(), 20..600_u32, any::<bool>()), 0..25);
    let wanted = (start.clone(), 20..200_u32, any::<bool>());
    let buffers = (0..30_u32, 0..30_u32);
    let guard = prop_oneof![Just(0), Just(90), 1..600_u32];
    let offered = prop::option::of(prop::collection::vec(start, 0..30));
    (there, wanted, buffers, guard, 1..=3_u32, offered, 0..6_usize).prop_map(
        |(there, wanted, buffers, guard, seats, offered, most)| Scene {
            there,
            wanted,
            buffers,
            guard,
            seats,
            offered,
            most,
        },
    )
}

/// The world of a scene, and the command that asks for what is wanted.
fn build(scene: &Scene) -> (World, CreateBooking) {
    let mut world = World::new();
    let set = |world: &mut World, length: u32, shared: bool| {
        let service = world.service();
        service.snapshot.duration_minutes = length;
        service.allow_multiple_clients = shared;
        service.capacity = if shared { SEATS } else { 1 };
    };
    for (start, length, shared) in &scene.there {
        set(&mut world, *length, *shared);
        let client = Client { name: "Eve".into(), ..Client::default() };
        let command = CreateBooking { client, ..wish(at(*start)) };
        if world.create(&command).is_ok() {
            world.book(&command);
        }
    }
    set(&mut world, scene.wanted.1, scene.wanted.2);
    (world.terms().buffer_before_minutes, world.terms().buffer_after_minutes) = scene.buffers;
    world.policy.duplicate_guard_minutes = scene.guard;
    if let Some(offered) = &scene.offered {
        world.policy.slot_validation = SlotValidation::Engine;
        world.slots = SlotAnswer::Starts(offered.iter().copied().map(at).collect());
    }
    // Half a day on, so that some of what is near is past.
    world.now = at(720);
    let party_size = if scene.wanted.2 { scene.seats } else { 1 };
    (world, CreateBooking { party_size, ..wish(at(scene.wanted.0)) })
}

fn suggest(world: &World, command: &CreateBooking, most: usize) -> Vec<DateTime<Utc>> {
    let wanted = bookings_core::commands::propose_booking(command, &world.facts, &world.context()).unwrap();
    let capacity = world.facts.service.as_ref().unwrap().capacity;
    let offered = match &world.slots {
        SlotAnswer::Starts(starts) => Some(starts.as_slice()),
        _ => None,
    };
    nearest_free_starts(&wanted, capacity, &world.schedule, offered, &world.policy, world.now, most)
}

proptest! {
    #[test]
    fn each_is_accepted_and_none_nearer_left_out(scene in scene()) {
        let (world, command) = build(&scene);
        let suggested = suggest(&world, &command, scene.most);
        let accepted = |start| world.create(&CreateBooking { start_at: start, ..command.clone() }).is_ok();
        let distance = |start: DateTime<Utc>| (start - command.start_at).abs();

        prop_assert!(suggested.len() <= scene.most);
        prop_assert!(suggested.windows(2).all(|pair| pair[1] - pair[0] >= TimeDelta::minutes(15)), "{:?}", suggested);
        for start in &suggested {
            prop_assert!(accepted(*start), "{start}");
            prop_assert!(*start >= world.now && *start != command.start_at && distance(*start) <= horizon());
        }

        // Every start to choose from was suggested, crowded out by one as near, or lies beyond all that were on its side,
        // which has its half of them.
        let earlier = |start: DateTime<Utc>| start < command.start_at;
        let on_side_of = |start| suggested.iter().copied().filter(move |other| earlier(*other) == earlier(start));
        let choice: Vec<DateTime<Utc>> = match &scene.offered {
            Some(offered) => offered.iter().copied().map(at).collect(),
            None => (-4 * 72..=4 * 72).map(|quarter| at((scene.wanted.0 / 15 + quarter) * 15)).collect(),
        };
        for start in choice {
            let left_out = distance(start) < horizon()
                && (suggested.len() < scene.most || on_side_of(start).any(|other| distance(start) < distance(other)))
                && !suggested.iter().any(|other| (*other - start).abs() < TimeDelta::minutes(15) && distance(*other) <= distance(start));
            prop_assert!(!left_out || start == command.start_at || !accepted(start), "{start} was free, yet {suggested:?}");
        }
    }
}

fn check_starts(world: &World, command: &CreateBooking, most: usize, expect: &[i64]) {
    let expect: Vec<_> = expect.iter().copied().map(at).collect();
    assert_eq!(suggest(world, command, most), expect);
}

#[test]
fn beside_what_is_there() {
    let mut world = World::new();
    world.terms().duration_minutes = 50;
    world.book(&wish(at(300)));
    // Right before, right after, and quarter hours that are not too close to these.
    check_starts(&world, &wish(at(310)), 4, &[225, 250, 350, 375]);
    world.terms().buffer_before_minutes = 7;
    check_starts(&world, &wish(at(310)), 2, &[250, 357]);
    world.now = at(260);
    check_starts(&world, &wish(at(310)), 2, &[357, 375]);
    check_starts(&world, &wish(at(310)), 0, &[]);
}

/// Another start of a shared slot that still has seats is offered, though it lies on no quarter hour.
#[test]
fn joins_a_slot_with_seats_left() {
    let mut world = World::shared(SEATS);
    world.terms().duration_minutes = 60;
    world.book(&CreateBooking { party_size: 4, ..wish(at(307)) });
    world.book(&CreateBooking { party_size: 2, ..wish(at(383)) });
    check_starts(&world, &CreateBooking { party_size: 2, ..wish(at(307)) }, 2, &[247, 383]);
    check_starts(&world, &CreateBooking { party_size: 3, ..wish(at(307)) }, 2, &[247, 443]);
}

#[test]
fn far_from_any_calendar_there_is_none() {
    let world = World::new();
    for extreme in [DateTime::<Utc>::MAX_UTC - TimeDelta::days(1), DateTime::<Utc>::MIN_UTC] {
        check_starts(&world, &wish(extreme), 4, &[]);
    }
    let last = "9998-12-31T23:50:00Z".parse().unwrap();
    assert!(suggest(&world, &wish(last), 9).iter().all(|start| world.create(&wish(*start)).is_ok()));
}
