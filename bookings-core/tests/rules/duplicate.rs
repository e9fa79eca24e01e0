//! The duplicate guard, to the edge, and who counts as the same client.

use bookings_core::*;
use uuid::Uuid;

use crate::support::*;

fn guarded(mut world: World, minutes: u32) -> World {
    world.policy.duplicate_guard_minutes = minutes;
    world
}

#[test]
fn within_the_guard_on_both_sides_edge_included() {
    let mut world = guarded(World::new(), 90);
    world.book(&wish(at(300)));
    for (start, expect) in [
        (at(390), "duplicate start_at"),
        (at(390) + micros(1), "CREATED CONFIRMED"),
        (at(210), "duplicate start_at"),
        (at(210) - micros(1), "CREATED CONFIRMED"),
        (at(330), "overlap start_at, duplicate start_at"),
    ] {
        check(world.create(&wish(start)), expect);
    }
    world.policy.duplicate_guard_minutes = 0;
    check(world.create(&wish(at(360))), "CREATED CONFIRMED");
}

#[test]
fn another_service_is_no_duplicate() {
    let mut world = guarded(World::new(), 90);
    world.book(&wish(at(300)));
    world.service().id = OTHER_SERVICE;
    check(world.create(&CreateBooking { service_id: OTHER_SERVICE, ..wish(at(360)) }), "CREATED CONFIRMED");
}

#[test]
fn also_on_a_move_and_on_the_way_back() {
    let mut world = guarded(World::new(), 90);
    let first = world.book(&wish(at(300)));
    let second = world.book(&wish(at(600)));
    check(world.reschedule(&second, &moving(&second, at(390))), "duplicate start_at");
    check(world.reschedule(&second, &moving(&second, at(391))), "RESCHEDULED CONFIRMED");
    // Its own time is no duplicate of itself.
    check(world.reschedule(&second, &moving(&second, at(610))), "RESCHEDULED CONFIRMED");
    let (cancelled, _) = changed(world.cancel(&first, &cancelling(&first)));
    world.keep(&cancelled);
    let (near, _) = changed(world.reschedule(&second, &moving(&second, at(390))));
    world.keep(&near);
    check(world.reinstate(&cancelled, &on(&cancelled)), "duplicate start_at");
}

#[test]
fn in_a_shared_slot_only_the_same_client_counts() {
    let user = |id: u128| Some(UserId(Uuid::from_u128(id)));
    let client = |email: &str, phone: &str, user_id| Client {
        name: "X".into(),
        email: email.into(),
        phone: phone.into(),
        user_id,
    };
    let there = client("Ada@Example.com", "+1 868 555-0100", user(1));
    let table = [
        (there.clone(), true),
        (client("aDA@eXAMPLE.COM", "", None), true),
        (client("eve@example.com", "(1868) 5550100", None), true),
        (client("", "", user(1)), true),
        (client("eve@example.com", "555-0100", user(2)), false),
        (client("", "", None), false),
    ];
    for (asking, same) in table {
        let mut world = guarded(World::shared(9), 90);
        world.book(&CreateBooking { client: there.clone(), ..wish(at(300)) });
        for start in [at(300), at(390)] {
            let decided = world.create(&CreateBooking { client: asking.clone(), ..wish(start) });
            assert_eq!(short(&decided), if same { "duplicate start_at" } else { "CREATED CONFIRMED" }, "{asking:?}");
        }
    }
}

/// Two clients without an address, number or account are not thereby the same.
#[test]
fn nothing_is_not_the_same_as_nothing() {
    let mut world = guarded(World::shared(9), 90);
    let client = Client { name: "Walk-in".into(), ..Client::default() };
    let command = CreateBooking { client, ..wish(at(300)) };
    world.book(&command);
    check(world.create(&command), "CREATED CONFIRMED");
}
