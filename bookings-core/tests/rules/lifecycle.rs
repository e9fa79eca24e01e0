//! The whole lifecycle table: every verb on every status.

use bookings_core::status::{Step, step};
use bookings_core::*;

use crate::support::*;

/// What each verb does to PENDING, CONFIRMED, CANCELLED (once CONFIRMED), COMPLETED and NO_SHOW.
#[rustfmt::skip]
const TABLE: [(Verb, [&str; 5]); 6] = [
    (Verb::Confirm,    ["CONFIRMED CONFIRMED", "unchanged CONFIRMED", "wrong_status", "wrong_status", "wrong_status"]),
    (Verb::Cancel,     ["CANCELLED CANCELLED", "CANCELLED CANCELLED", "unchanged CANCELLED", "wrong_status", "wrong_status"]),
    (Verb::Reschedule, ["RESCHEDULED PENDING", "RESCHEDULED CONFIRMED", "wrong_status", "wrong_status", "wrong_status"]),
    (Verb::Complete,   ["COMPLETED COMPLETED", "COMPLETED COMPLETED", "wrong_status", "unchanged COMPLETED", "COMPLETED COMPLETED"]),
    (Verb::NoShow,     ["NO_SHOW NO_SHOW", "NO_SHOW NO_SHOW", "wrong_status", "NO_SHOW NO_SHOW", "unchanged NO_SHOW"]),
    (Verb::Reinstate,  ["wrong_status", "wrong_status", "REINSTATED CONFIRMED", "wrong_status", "wrong_status"]),
];

/// The verb at the booking's start: neither too early to finish nor too late to move.
fn give(verb: Verb, booking: &Booking, version: i64) -> Decided {
    let world = World { now: booking.start_at, ..World::new() };
    let plain = VerbOn { version, ..on(booking) };
    match verb {
        Verb::Confirm => confirm_booking(booking, &plain, &world.context()),
        Verb::Cancel => world.cancel(booking, &CancelBooking { version, ..cancelling(booking) }),
        Verb::Reschedule => world.reschedule(booking, &RescheduleBooking { version, ..moving(booking, at(3000)) }),
        Verb::Complete => world.complete(booking, &plain),
        Verb::NoShow => mark_no_show(booking, &plain, &world.context()),
        Verb::Reinstate => world.reinstate(booking, &plain),
    }
}

#[test]
fn every_verb_on_every_status() {
    for (verb, row) in TABLE {
        for (status, expect) in Status::ALL.into_iter().zip(row) {
            let booking = booking(status);
            let decided = give(verb, &booking, booking.version);
            assert_eq!(short(&decided), expect, "{verb:?} on {status:?}");
            match decided {
                Ok(Decision::Changed(after, event)) => {
                    assert_eq!((after.version, event.version), (2, 2));
                    let change = event.data.changes.get("status");
                    let told = change.map(|change| (change.old.as_str().unwrap(), change.new.as_str().unwrap()));
                    let differs = (status != after.status).then_some((status.as_str(), after.status.as_str()));
                    assert_eq!(told, differs, "{verb:?} on {status:?}");
                }
                Ok(Decision::Unchanged(after)) => assert_eq!(*after, booking),
                Err(refusals) => {
                    let expect = Concern::Lifecycle { verb, status };
                    assert_eq!(refusals.reasons, [Refusal::whole(Code::WrongStatus, expect)]);
                }
            }
        }
    }
}

#[test]
fn the_table_in_code_is_this_one() {
    for (verb, row) in TABLE {
        for (status, expect) in Status::ALL.into_iter().zip(row) {
            let told = match step(verb, status) {
                Step::To(to) => to.as_str(),
                Step::Stays => status.as_str(),
                Step::Same => "unchanged",
                Step::Back => "REINSTATED",
                Step::Refused => "wrong_status",
            };
            assert!(expect.contains(told), "{verb:?} on {status:?}: {told}");
        }
    }
}

/// A double click is no conflict: what is already so is answered before the version is looked at, and a wrong status
/// is said rather than a stale version.
#[test]
fn a_stale_version_refuses_only_what_would_change() {
    for (verb, row) in TABLE {
        for (status, expect) in Status::ALL.into_iter().zip(row) {
            let booking = Booking { version: 5, ..booking(status) };
            let decided = give(verb, &booking, 3);
            let unaffected = expect.starts_with("unchanged") || expect == "wrong_status";
            let expect = if unaffected { expect } else { "stale_version version" };
            assert_eq!(short(&decided), expect, "{verb:?} on {status:?}");
            if let (false, Err(refusals)) = (unaffected, decided) {
                let concerns = Concern::Stale { seen: 3, current: 5, changed: Vec::new() };
                assert_eq!(refusals.reasons[0].concerns, concerns);
            }
        }
    }
}

#[test]
fn a_reinstated_booking_has_the_status_from_before_the_cancel() {
    for status in [Status::Pending, Status::Confirmed] {
        let world = World::new();
        let booking = booking(status);
        let (cancelled, _) = changed(world.cancel(&booking, &cancelling(&booking)));
        assert_eq!(cancelled.status_before_cancel, Some(status));
        let (back, _) = changed(world.reinstate(&cancelled, &on(&cancelled)));
        assert_eq!((back.status, back.status_before_cancel), (status, None));
    }
}

#[test]
fn reinstating_takes_the_time_through_the_guard() {
    let mut world = World::new();
    let booking = world.book(&wish(at(60)));
    let (cancelled, _) = changed(world.cancel(&booking, &cancelling(&booking)));
    world.keep(&cancelled);
    world.book(&wish(at(90)));
    check(world.reinstate(&cancelled, &on(&cancelled)), "overlap start_at");
}

#[test]
fn what_requires_approval_begins_as_pending() {
    let mut world = World::new();
    check(world.create(&wish(at(60))), "CREATED CONFIRMED");
    world.terms().requires_approval = true;
    check(world.create(&wish(at(60))), "CREATED PENDING");
}

/// Client and notes may be put right at any time; time and party only while the booking holds time.
#[test]
fn an_edit_moves_only_active_bookings() {
    let world = World::shared(5);
    for status in Status::ALL {
        let booking = Booking { shared: true, ..booking(status) };
        let edit = EditBooking::of(&booking);
        let named = EditBooking { notes_client: "Window seat".into(), ..edit.clone() };
        check(world.edit(&booking, &named), &format!("EDITED {}", status.as_str()));
        check(world.note(&booking, "Called"), &format!("NOTE_ADDED {}", status.as_str()));
        check(world.edit(&booking, &edit), &format!("unchanged {}", status.as_str()));
        check(
            world.edit(&booking, &EditBooking { version: 0, ..edit.clone() }),
            &format!("unchanged {}", status.as_str()),
        );

        let moved = EditBooking { start_at: Some(at(3000)), ..edit.clone() };
        let larger = EditBooking { party_size: 2, capacity_consumed: None, ..edit.clone() };
        let (move_expect, party_expect) = if status.is_active() {
            (format!("RESCHEDULED {}", status.as_str()), format!("EDITED {}", status.as_str()))
        } else {
            ("wrong_status".into(), "wrong_status".into())
        };
        check(world.edit(&booking, &moved), &move_expect);
        check(world.edit(&booking, &larger), &party_expect);
        check(world.edit(&booking, &EditBooking { version: 0, ..moved }), "stale_version version");
    }
}

#[test]
fn names_are_read_back() {
    for status in Status::ALL {
        assert_eq!(Status::parse(status.as_str()), Some(status));
    }
    for event_type in EventType::ALL {
        assert_eq!(EventType::parse(event_type.as_str()), Some(event_type));
    }
    assert_eq!((Status::parse("BOGUS"), EventType::parse("created")), (None, None));
    assert_eq!(Status::ALL.map(Status::is_active), [true, true, false, false, false]);
}
