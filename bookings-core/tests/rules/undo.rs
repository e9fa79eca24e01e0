//! undo: the last change taken back within ten minutes, unless others have taken what it needs.

use bookings_core::history::first_broken_link;
use bookings_core::*;
use chrono::{DateTime, Utc};

use crate::support::*;

/// What stands in the history of `before` and `last`, apart from what counts changes.
fn same_but_for_marks(one: &Booking, other: &Booking) {
    assert_eq!(one.fields(), other.fields());
}

/// A world at the booking's start, so that every verb is possible, with the booking in it.
fn world(of: Status) -> (World, Booking) {
    let mut world = World { now: at(0), ..World::new() };
    world.terms().requires_approval = of == Status::Pending;
    let booking = world.book(&wish(at(0)));
    (world, booking)
}

#[test]
fn each_verb_is_taken_back_to_exactly_what_was() {
    type Verb = fn(&World, &Booking) -> Decided;
    let rename = |world: &World, booking: &Booking| {
        let client = Client { name: "Eve".into(), email: String::new(), ..booking.client.clone() };
        world.edit(booking, &EditBooking { client, notes_internal: "x".into(), ..EditBooking::of(booking) })
    };
    let with_addon = |world: &World, booking: &Booking| {
        world.reschedule(booking, &RescheduleBooking { addon_ids: Some(vec![ADDON]), ..moving(booking, at(30)) })
    };
    let cases: [(Status, Verb, &str); 6] = [
        (Status::Pending, |world, booking| world.confirm(booking), "REINSTATED PENDING"),
        (Status::Confirmed, |world, booking| world.cancel(booking, &cancelling(booking)), "REINSTATED CONFIRMED"),
        (Status::Pending, |world, booking| world.complete(booking, &on(booking)), "REINSTATED PENDING"),
        (
            Status::Confirmed,
            |world, booking| mark_no_show(booking, &on(booking), &world.context()),
            "REINSTATED CONFIRMED",
        ),
        (Status::Confirmed, rename, "EDITED CONFIRMED"),
        (Status::Confirmed, with_addon, "RESCHEDULED CONFIRMED"),
    ];
    for (of, verb, expect) in cases {
        let (mut world, booking) = world(of);
        let (after, event) = changed(verb(&world, &booking));
        world.keep(&after);
        let undone = world.undo(&after, &event);
        check(undone.clone(), expect);
        let (back, undo) = changed(undone);
        same_but_for_marks(&back, &booking);
        assert_eq!((back.version, undo.message.as_str()), (3, "Taken back"));
        assert_eq!(undo.data.overrides, []);

        // And forward again: the undo is a change like any other.
        world.keep(&back);
        let (again, redo) = changed(world.undo(&back, &undo));
        same_but_for_marks(&again, &after);
        assert_eq!(redo.event_type, event.event_type);
    }
}

#[test]
fn the_chain_goes_on() {
    let (world, booking) = world(Status::Confirmed);
    let created = changed(World { now: at(0), ..World::new() }.create(&wish(at(0)))).1;
    let (after, event) = changed(world.cancel(&booking, &cancelling(&booking)));
    let undo = changed(world.undo(&after, &event)).1;
    assert_eq!(first_broken_link(&[created, event, undo]), None);
}

#[test]
fn a_correction_goes_back_to_what_it_corrected() {
    let (world, booking) = world(Status::Confirmed);
    let completed = changed(world.complete(&booking, &on(&booking))).0;
    let (absent, event) = changed(mark_no_show(&completed, &on(&completed), &world.context()));
    check(world.undo(&absent, &event), "COMPLETED COMPLETED");
}

#[test]
fn what_has_no_way_back_says_so() {
    let (mut world, booking) = world(Status::Confirmed);
    let created = changed(World { now: at(0), ..World::new() }.create(&wish(at(0)))).1;
    let refusal = world.undo(&booking, &created).unwrap_err();
    assert_eq!(refusal.reasons[0].to_string(), "It can't be taken back: a new booking is cancelled instead.");
    let (noted, note) = changed(world.note(&booking, "Called"));
    check(world.undo(&noted, &note), "wrong_status");

    let (after, mut event) = changed(world.cancel(&booking, &cancelling(&booking)));
    let stale = undo_booking(&after, &event, &on(&booking), world.around(), &world.context());
    check(stale, "stale_version version");
    world.now = at(10);
    check(world.undo(&after, &event), "REINSTATED CONFIRMED");
    world.now = at(10) + micros(1);
    check(world.undo(&after, &event), "wrong_status");
    world.now = at(5);
    event.data.changes.insert("reference".into(), Change { old: "x".into(), new: "y".into() });
    check(world.undo(&after, &event), "wrong_status");
}

#[test]
fn erased_values_do_not_come_back() {
    let (world, booking) = world(Status::Confirmed);
    let client = Client { name: "Eve".into(), ..booking.client.clone() };
    let (after, event) = changed(world.edit(&booking, &EditBooking { client, ..EditBooking::of(&booking) }));
    let erased = Event { personal: Default::default(), ..event };
    check(world.undo(&after, &erased), "wrong_status");
}

#[test]
fn only_what_others_took_meanwhile_is_in_the_way() {
    // Neither notice nor clock nor a closed provider: it was so before.
    let (mut world, booking) = world(Status::Confirmed);
    world.provider().active = false;
    world.terms().cancellation_notice_minutes = 600;
    let (cancelled, event) = changed(world.cancel(&booking, &cancelling(&booking)));
    world.keep(&cancelled);
    world.now = at(5);
    check(world.undo(&cancelled, &event), "REINSTATED CONFIRMED");

    let other = Booking { id: BookingId(uuid::Uuid::from_u128(0xb2)), ..booking.clone() };
    world.keep(&other);
    check(world.undo(&cancelled, &event), "overlap start_at");
    // What takes no time meets nobody: such bookings can stand side by side where a wall was lowered.
    let (noted, edit) =
        changed(world.edit(&booking, &EditBooking { notes_client: "x".into(), ..EditBooking::of(&booking) }));
    check(world.undo(&noted, &edit), "EDITED CONFIRMED");
}

#[test]
fn seats_given_away_meanwhile_are_gone() {
    let mut world = World::shared(3);
    let start: DateTime<Utc> = at(60);
    let booking = world.book(&CreateBooking { party_size: 3, ..wish(start) });
    let less = EditBooking { party_size: 1, capacity_consumed: None, ..EditBooking::of(&booking) };
    let (after, event) = changed(world.edit(&booking, &less));
    world.keep(&after);
    check(world.undo(&after, &event), "EDITED CONFIRMED");
    let client = Client { email: "eve@example.com".into(), phone: String::new(), ..ada() };
    world.book(&CreateBooking { client, ..wish(start) });
    check(world.undo(&after, &event), "capacity_exceeded party_size");
}
