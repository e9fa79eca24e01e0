//! The slot engine: its answer decides, and no answer lets nothing through.

use bookings_core::*;

use crate::support::*;

#[test]
fn only_a_start_it_offers_passes() {
    let answers = [
        (SlotAnswer::Starts(vec![at(90), at(60)]), "ok"),
        (SlotAnswer::Starts(vec![at(59), at(60) + micros(1)]), "slot_unavailable start_at"),
        (SlotAnswer::Starts(Vec::new()), "slot_unavailable start_at"),
        (SlotAnswer::Unavailable("timeout".into()), "slot_engine_unavailable start_at"),
        (SlotAnswer::NotAsked, "slot_engine_unavailable start_at"),
    ];
    for (slots, expect) in answers {
        for slot_validation in [SlotValidation::None, SlotValidation::Engine] {
            let mut world = World { slots: slots.clone(), ..World::new() };
            world.policy.slot_validation = slot_validation;
            let ok = expect == "ok" || slot_validation == SlotValidation::None;
            let expect = |accepted| if ok { accepted } else { expect };
            let booking = booking(Status::Confirmed);
            let there = Booking { start_at: at(60), end_at: at(120), ..booking.clone() };
            let cancelled =
                Booking { status: Status::Cancelled, status_before_cancel: Some(Status::Confirmed), ..there };
            check(world.create(&wish(at(60))), expect("CREATED CONFIRMED"));
            check(world.reschedule(&booking, &moving(&booking, at(60))), expect("RESCHEDULED CONFIRMED"));
            check(world.reinstate(&cancelled, &on(&cancelled)), expect("REINSTATED CONFIRMED"));
            let edit = EditBooking { start_at: Some(at(60)), ..EditBooking::of(&booking) };
            check(world.edit(&booking, &edit), expect("RESCHEDULED CONFIRMED"));
        }
    }
}

/// A dry run asks nobody, and what an engine did say holds for it too.
#[test]
fn a_rehearsal_that_did_not_ask_passes() {
    for (slots, expect) in [
        (SlotAnswer::NotAsked, "RESCHEDULED CONFIRMED"),
        (SlotAnswer::Starts(Vec::new()), "slot_unavailable start_at"),
        (SlotAnswer::Unavailable("timeout".into()), "slot_engine_unavailable start_at"),
    ] {
        let mut world = World { slots, ..World::new() };
        world.policy.slot_validation = SlotValidation::Engine;
        let context = Context { rehearsal: true, ..world.context() };
        let booking = booking(Status::Confirmed);
        check(reschedule_booking(&booking, &moving(&booking, at(60)), world.around(), &context), expect);
    }
}

/// What moves no time needs no engine.
#[test]
fn nothing_else_asks() {
    let mut world = World::new();
    world.policy.slot_validation = SlotValidation::Engine;
    let booking = booking(Status::Pending);
    check(
        world.edit(&booking, &EditBooking { notes_client: "x".into(), ..EditBooking::of(&booking) }),
        "EDITED PENDING",
    );
    check(world.confirm(&booking), "CONFIRMED CONFIRMED");
    check(world.cancel(&booking, &cancelling(&booking)), "CANCELLED CANCELLED");
    check(world.reschedule(&booking, &moving(&booking, booking.start_at)), "unchanged PENDING");
}

/// An engine's yes is not enough: the guard judges beside it.
#[test]
fn an_offered_start_may_be_taken() {
    let mut world = World { slots: SlotAnswer::Starts(vec![at(60), at(90)]), ..World::new() };
    world.policy.slot_validation = SlotValidation::Engine;
    world.book(&wish(at(60)));
    check(world.create(&wish(at(90))), "overlap start_at");
}
