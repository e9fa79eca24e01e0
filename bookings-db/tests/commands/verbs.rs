//! confirm, cancel, complete, no-show, note, reinstate: the lifecycle table, its terms, and stale versions.

use bookings_core::{
    AddNote, BookingId, CancelBooking, Code, Concern, CreateBooking, EventType, Overrides, Reference, Status, VerbOn,
};
use bookings_db::{By, CommandError};
use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::support::{ServiceSpec, at, cancel, changed, each, move_to, overriding, refused, rename, unchanged, verb};

#[test]
fn the_whole_life_of_a_booking_is_in_its_events() {
    each(|fx| {
        let fresh = fx.create(&CreateBooking { service_id: fx.approved, ..fx.command(at(10, 0)) });
        let confirmed = changed(fx.store.confirm_booking(&fresh, &verb(&fresh), &fx.by()));
        assert_eq!(confirmed.status, Status::Confirmed);
        let note = AddNote { version: confirmed.version, message: " rang twice ".into() };
        let noted = changed(fx.store.add_note(&confirmed.reference, &note, &fx.by()));
        let gone = changed(fx.store.cancel_booking(&noted, &cancel(&noted), &fx.by()));
        assert_eq!((gone.status, gone.status_before_cancel), (Status::Cancelled, Some(Status::Confirmed)));
        let back = changed(fx.store.reinstate_booking(&gone, &verb(&gone), &fx.by()));
        assert_eq!((back.status, back.status_before_cancel), (Status::Confirmed, None));
        let edited = changed(fx.store.edit_booking(&back, &rename(&back, "Countess Ada"), &fx.by()));
        let moved = changed(fx.store.reschedule_booking(&edited, &move_to(&edited, at(11, 0)), &fx.by()));
        let later = By::new(&fx.clerk, at(12, 0));
        let done = changed(fx.store.complete_booking(&moved, &verb(&moved), &later));
        let corrected = changed(fx.store.mark_no_show(&done, &verb(&done), &later));
        assert_eq!(fx.stored(&corrected), corrected);

        let events = fx.events(&corrected);
        let types: Vec<EventType> = events.iter().map(|event| event.event_type).collect();
        use EventType::*;
        let life = [Created, Confirmed, NoteAdded, Cancelled, Reinstated, Edited, Rescheduled, Completed, NoShow];
        assert_eq!(types, life);
        assert_eq!(events[2].message, "rang twice");
        assert_eq!(events[3].message, "ill");
        assert_eq!(events[3].data.changes["status"].old, json!("CONFIRMED"));
        assert_eq!(events[5].personal["client_name"].old, json!("Ada Lovelace"));
        assert_eq!(events[6].data.changes["start_at"].new, json!(at(11, 0)));
        assert_eq!((events[8].actor_id, events[8].at), (fx.clerk.id, at(12, 0)));
    });
}

#[test]
fn a_verb_on_the_state_it_made_answers_with_the_booking_whatever_the_version() {
    each(|fx| {
        let booking = fx.create(&fx.command(at(10, 0)));
        let old = VerbOn { version: -5, overrides: Overrides::default() };
        assert_eq!(unchanged(fx.store.confirm_booking(&booking, &old, &fx.by())), booking);
        let gone = changed(fx.store.cancel_booking(&booking, &cancel(&booking), &fx.by()));
        assert_eq!(unchanged(fx.store.cancel_booking(&booking, &cancel(&booking), &fx.by())), gone);

        let other = fx.create(&fx.command(at(10, 0)));
        let later = By::new(&fx.owner, at(10, 0));
        let done = changed(fx.store.complete_booking(&other, &verb(&other), &later));
        assert_eq!(unchanged(fx.store.complete_booking(&other, &old, &later)), done);
        let missed = changed(fx.store.mark_no_show(&done, &verb(&done), &later));
        assert_eq!(unchanged(fx.store.mark_no_show(&done, &verb(&done), &later)), missed);
        // A move to where it is, and an edit of nothing, too.
        let third = fx.create(&fx.command(at(14, 0)));
        assert_eq!(unchanged(fx.store.reschedule_booking(&third, &move_to(&third, at(14, 0)), &fx.by())), third);
        assert_eq!(unchanged(fx.store.edit_booking(&third, &rename(&third, "Ada Lovelace"), &fx.by())), third);
        assert_eq!(fx.marks()[2], 6, "three made, one cancelled, one completed, one corrected");
    });
}

#[test]
fn what_the_lifecycle_does_not_allow_is_refused() {
    each(|fx| {
        let by = By::new(&fx.owner, at(10, 0));
        let gone = fx.create(&fx.command(at(12, 0)));
        let gone = changed(fx.store.cancel_booking(&gone, &cancel(&gone), &fx.by()));
        let done = fx.create(&fx.command(at(10, 0)));
        let done = changed(fx.store.complete_booking(&done, &verb(&done), &by));
        let live = fx.create(&fx.command(at(14, 0)));
        let store = &fx.store;
        let wrong = [Code::WrongStatus];
        assert_eq!(fx.codes(|| store.confirm_booking(&gone, &verb(&gone), &by)), wrong);
        assert_eq!(fx.codes(|| store.complete_booking(&gone, &verb(&gone), &by)), wrong);
        assert_eq!(fx.codes(|| store.mark_no_show(&gone, &verb(&gone), &by)), wrong);
        assert_eq!(fx.codes(|| store.reschedule_booking(&gone, &move_to(&gone, at(16, 0)), &by)), wrong);
        assert_eq!(fx.codes(|| store.confirm_booking(&done, &verb(&done), &by)), wrong);
        assert_eq!(fx.codes(|| store.cancel_booking(&done, &cancel(&done), &by)), wrong);
        assert_eq!(fx.codes(|| store.reschedule_booking(&done, &move_to(&done, at(16, 0)), &by)), wrong);
        assert_eq!(fx.codes(|| store.reinstate_booking(&done, &verb(&done), &by)), wrong);
        assert_eq!(fx.codes(|| store.reinstate_booking(&live, &verb(&live), &by)), wrong);
    });
}

#[test]
fn notice_and_terms_are_the_snapshots_and_overridden_by_name() {
    each(|fx| {
        let booking = fx.create(&fx.command(at(10, 0)));
        fx.sql("UPDATE service SET cancellation_notice_minutes = 0, reschedule_notice_minutes = 0");
        let late = By::new(&fx.owner, at(9, 0) + TimeDelta::microseconds(1));
        let refusals = fx.refuse(|| fx.store.cancel_booking(&booking, &cancel(&booking), &late));
        assert_eq!(refusals.codes(), [Code::CancellationNotice]);
        assert_eq!(refusals.reasons[0].concerns, Concern::Deadline(at(9, 0)));
        let codes = fx.codes(|| fx.store.reschedule_booking(&booking, &move_to(&booking, at(12, 0)), &late));
        assert_eq!(codes, [Code::RescheduleNotice]);

        let by_force = CancelBooking { overrides: overriding(&[Code::CancellationNotice]), ..cancel(&booking) };
        let clerk = By { actor: &fx.clerk, ..late.clone() };
        let codes = fx.codes(|| fx.store.cancel_booking(&booking, &by_force, &clerk));
        assert_eq!(codes, [Code::CancellationNotice, Code::OverrideNotAllowed]);
        let exactly = By::new(&fx.owner, at(9, 0));
        changed(fx.store.cancel_booking(&booking, &cancel(&booking), &exactly));

        let strict = fx.add_service(&ServiceSpec { allowed: false, notice: 0, ..ServiceSpec::default() });
        let fixed = fx.create(&CreateBooking { service_id: strict, ..fx.command(at(15, 0)) });
        fx.sql("UPDATE service SET cancellation_allowed = true, reschedule_allowed = true");
        let codes = fx.codes(|| fx.store.cancel_booking(&fixed, &cancel(&fixed), &fx.by()));
        assert_eq!(codes, [Code::CancellationNotAllowed]);
        let codes = fx.codes(|| fx.store.reschedule_booking(&fixed, &move_to(&fixed, at(17, 0)), &fx.by()));
        assert_eq!(codes, [Code::RescheduleNotAllowed]);
        let by_force = CancelBooking { overrides: overriding(&[Code::CancellationNotAllowed]), ..cancel(&fixed) };
        let gone = changed(fx.store.cancel_booking(&fixed, &by_force, &fx.by()));
        assert_eq!(fx.events(&gone)[1].data.overrides, [Code::CancellationNotAllowed]);
    });
}

#[test]
fn a_cancellation_needs_its_reason_and_a_note_its_text() {
    each(|fx| {
        let booking = fx.create(&fx.command(at(10, 0)));
        let silent = CancelBooking { reason: "  ".into(), ..cancel(&booking) };
        assert_eq!(fx.codes(|| fx.store.cancel_booking(&booking, &silent, &fx.by())), [Code::Required]);
        let note = |message: String| AddNote { version: booking.version, message };
        assert_eq!(fx.codes(|| fx.store.add_note(&booking, &note(" ".into()), &fx.by())), [Code::Required]);
        assert_eq!(fx.codes(|| fx.store.add_note(&booking, &note("\0x".into()), &fx.by())), [Code::Invalid]);
        assert_eq!(fx.codes(|| fx.store.add_note(&booking, &note("x".repeat(10_001)), &fx.by())), [Code::TooLong]);
        changed(fx.store.add_note(&booking, &note("ü".repeat(10_000)), &fx.by()));
    });
}

#[test]
fn nothing_finishes_before_it_starts_unless_overridden() {
    each(|fx| {
        let booking = fx.create(&fx.command(at(10, 0)));
        let early = By::new(&fx.owner, at(10, 0) - TimeDelta::microseconds(1));
        let refusals = fx.refuse(|| fx.store.complete_booking(&booking, &verb(&booking), &early));
        assert_eq!(refusals.codes(), [Code::NotStarted]);
        let by_force = VerbOn { overrides: overriding(&[Code::NotStarted]), ..verb(&booking) };
        changed(fx.store.mark_no_show(&booking, &by_force, &early));
        // What remains of its time is free.
        fx.create(&fx.command(at(10, 0)));
    });
}

#[test]
fn a_reinstatement_goes_through_the_guard() {
    each(|fx| {
        let first = fx.create(&CreateBooking { service_id: fx.approved, ..fx.command(at(10, 0)) });
        let first = changed(fx.store.cancel_booking(&first, &cancel(&first), &fx.by()));
        let second = fx.create(&fx.command(at(10, 30)));
        let refusals = fx.refuse(|| fx.store.reinstate_booking(&first, &verb(&first), &fx.by()));
        assert_eq!(refusals.codes(), [Code::Overlap]);
        assert!(!refusals.suggestions.is_empty());
        let second = changed(fx.store.cancel_booking(&second, &cancel(&second), &fx.by()));
        let back = changed(fx.store.reinstate_booking(&first, &verb(&first), &fx.by()));
        assert_eq!(back.status, Status::Pending, "the status before the cancellation");
        assert_eq!(fx.codes(|| fx.store.reinstate_booking(&second, &verb(&second), &fx.by())), [Code::Overlap]);

        let seat = fx.create(&fx.party(at(15, 0), 6));
        let seat = changed(fx.store.cancel_booking(&seat, &cancel(&seat), &fx.by()));
        fx.create(&fx.party(at(15, 0), 5));
        assert_eq!(fx.codes(|| fx.store.reinstate_booking(&seat, &verb(&seat), &fx.by())), [Code::CapacityExceeded]);
        let past = By::new(&fx.owner, at(16, 0));
        let mut codes = fx.codes(|| fx.store.reinstate_booking(&seat, &verb(&seat), &past));
        codes.sort();
        assert_eq!(codes, [Code::CapacityExceeded, Code::StartInPast]);
    });
}

#[test]
fn a_stale_version_is_refused_with_what_changed_since() {
    each(|fx| {
        let seen = fx.create(&fx.command(at(10, 0)));
        let renamed = changed(fx.store.edit_booking(&seen, &rename(&seen, "Bea"), &fx.by()));
        let again = changed(fx.store.edit_booking(&renamed, &rename(&renamed, "Cleo"), &fx.by()));
        let moved = changed(fx.store.reschedule_booking(&again, &move_to(&again, at(12, 0)), &fx.by()));

        let refusals = fx.refuse(|| fx.store.edit_booking(&seen, &rename(&seen, "Dora"), &fx.by()));
        assert_eq!(refusals.codes(), [Code::StaleVersion]);
        let Concern::Stale { seen: version, current, changed: fields } = &refusals.reasons[0].concerns else {
            panic!("{refusals:?}")
        };
        assert_eq!((*version, *current), (1, moved.version));
        let expected = [
            ("client_name".to_owned(), json!("Ada Lovelace"), json!("Cleo")),
            ("end_at".to_owned(), json!(at(11, 0)), json!(at(13, 0))),
            ("start_at".to_owned(), json!(at(10, 0)), json!(at(12, 0))),
        ];
        assert_eq!(fields.as_slice(), expected);
        // Since a later version, less.
        let refusals = refused(fx.store.cancel_booking(&seen, &cancel(&again), &fx.by()));
        let Concern::Stale { changed: fields, .. } = &refusals.reasons[0].concerns else { panic!("{refusals:?}") };
        assert_eq!(fields.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), ["end_at", "start_at"]);

        for outcome in [
            fx.store.complete_booking(&seen, &verb(&seen), &By::new(&fx.owner, at(13, 0))),
            fx.store.mark_no_show(&seen, &verb(&seen), &By::new(&fx.owner, at(13, 0))),
            fx.store.reschedule_booking(&seen, &move_to(&seen, at(15, 0)), &fx.by()),
            fx.store.add_note(&seen, &AddNote { version: 1, message: "late".into() }, &fx.by()),
            fx.store.add_note(&seen, &AddNote { version: i64::MAX, message: "from the future".into() }, &fx.by()),
        ] {
            assert_eq!(refused(outcome).codes(), [Code::StaleVersion]);
        }
    });
}

#[test]
fn a_value_that_came_back_is_no_change() {
    each(|fx| {
        let seen = fx.create(&fx.command(at(10, 0)));
        let there = changed(fx.store.reschedule_booking(&seen, &move_to(&seen, at(12, 0)), &fx.by()));
        changed(fx.store.reschedule_booking(&there, &move_to(&there, at(10, 0)), &fx.by()));
        let refusals = refused(fx.store.cancel_booking(&seen, &cancel(&seen), &fx.by()));
        let Concern::Stale { changed: fields, .. } = &refusals.reasons[0].concerns else { panic!("{refusals:?}") };
        assert!(fields.is_empty(), "{fields:?}");
    });
}

#[test]
fn a_booking_that_is_not_there_is_not_found() {
    each(|fx| {
        let nowhere = BookingId(Uuid::new_v4());
        let unheard = Reference::parse("BK-2026-00000000").unwrap();
        let booking = fx.create(&fx.command(at(10, 0)));
        let found = [
            fx.store.confirm_booking(nowhere, &verb(&booking), &fx.by()),
            fx.store.cancel_booking(&unheard, &cancel(&booking), &fx.by()),
            fx.store.complete_booking(nowhere, &verb(&booking), &fx.by()),
            fx.store.mark_no_show(&unheard, &verb(&booking), &fx.by()),
            fx.store.add_note(nowhere, &AddNote { version: 1, message: "x".into() }, &fx.by()),
            fx.store.reinstate_booking(nowhere, &verb(&booking), &fx.by()),
            fx.store.reschedule_booking(&unheard, &move_to(&booking, at(11, 0)), &fx.by()),
            fx.store.edit_booking(nowhere, &rename(&booking, "Eve"), &fx.by()),
        ];
        for outcome in found {
            assert!(matches!(outcome, Err(CommandError::NotFound)), "{outcome:?}");
        }
    });
}

#[test]
fn the_batch_is_in_the_event() {
    each(|fx| {
        let batch = Uuid::new_v4();
        let booking = fx.create(&fx.command(at(10, 0)));
        let by = By { batch_id: Some(batch), ..fx.by() };
        changed(fx.store.cancel_booking(&booking, &cancel(&booking), &by));
        assert_eq!(fx.events(&booking)[1].data.batch_id, Some(batch));
    });
}
