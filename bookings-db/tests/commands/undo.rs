//! undo: the last change taken back, under the locks of where the booking is and where it was.

use bookings_core::{AddNote, Booking, BookingId, Code, CreateBooking, EventType, RescheduleBooking, Status};
use bookings_db::{By, CommandError, Outcome};
use chrono::TimeDelta;
use uuid::Uuid;

use crate::support::{Fixture, at, cancel, changed, each, move_to, rename, unchanged, verb};

fn undo(fx: &Fixture, booking: &Booking) -> Outcome {
    fx.store.undo_booking(booking, &verb(booking), &fx.by())
}

/// As it is stored, but for what counts changes.
fn fields(fx: &Fixture, booking: &Booking) -> serde_json::Map<String, serde_json::Value> {
    fx.stored(booking).fields()
}

#[test]
fn what_a_verb_changed_is_stored_as_it_was() {
    each(|fx| {
        let booking = fx.create(&CreateBooking { service_id: fx.approved, ..fx.command(at(10, 0)) });
        let before = fields(fx, &booking);
        let later = By::new(&fx.owner, at(10, 0));
        let elsewhere = RescheduleBooking {
            provider_id: Some(fx.other),
            addon_ids: Some(vec![fx.towel]),
            ..move_to(&booking, at(14, 0))
        };
        type Change<'a> = Box<dyn Fn(&Booking) -> Outcome + 'a>;
        let changes: [Change; 5] = [
            Box::new(|now| fx.store.confirm_booking(now, &verb(now), &later)),
            Box::new(|now| fx.store.cancel_booking(now, &cancel(now), &fx.by())),
            Box::new(|now| fx.store.mark_no_show(now, &verb(now), &later)),
            Box::new(|now| fx.store.edit_booking(now, &rename(now, "Eve"), &fx.by())),
            Box::new(|now| {
                let there = RescheduleBooking { version: now.version, ..elsewhere.clone() };
                fx.store.reschedule_booking(now, &there, &fx.by())
            }),
        ];
        for change in changes {
            let after = changed(change(&fx.stored(&booking)));
            assert_ne!(fields(fx, &booking), before);
            // At the change's own time: a verb of the day itself is no older than one of the day before.
            let by = By::new(&fx.clerk, after.updated_at);
            let back = changed(fx.store.undo_booking(&after, &verb(&after), &by));
            assert_eq!(fields(fx, &booking), before);
            assert_eq!(fx.events(&booking).last().unwrap().message, "Taken back");
            assert_eq!(fx.stored(&booking), back);
        }
        fx.check();
    });
}

#[test]
fn what_others_took_meanwhile_is_named() {
    each(|fx| {
        let booking = fx.create(&fx.command(at(10, 0)));
        let there = RescheduleBooking { provider_id: Some(fx.other), ..move_to(&booking, at(15, 0)) };
        let moved = changed(fx.store.reschedule_booking(&booking, &there, &fx.by()));
        fx.create(&fx.command(at(10, 30)));
        assert_eq!(fx.codes(|| undo(fx, &moved)), [Code::Overlap]);

        let party = fx.create(&fx.party(at(20, 0), 6));
        let gone = changed(fx.store.cancel_booking(&party, &cancel(&party), &fx.by()));
        fx.create(&CreateBooking { client: rename(&party, "Eve").client, ..fx.party(at(20, 0), 5) });
        assert_eq!(fx.codes(|| undo(fx, &gone)), [Code::CapacityExceeded]);
    });
}

#[test]
fn only_the_last_change_and_only_for_ten_minutes() {
    each(|fx| {
        let booking = fx.create(&fx.command(at(10, 0)));
        assert_eq!(fx.codes(|| undo(fx, &booking)), [Code::WrongStatus]);
        let note = AddNote { version: 1, message: "rang".into() };
        let noted = changed(fx.store.add_note(&booking, &note, &fx.by()));
        assert_eq!(fx.codes(|| undo(fx, &noted)), [Code::WrongStatus]);
        let gone = changed(fx.store.cancel_booking(&noted, &cancel(&noted), &fx.by()));
        // The form of an older page.
        assert_eq!(fx.codes(|| undo(fx, &noted)), [Code::StaleVersion]);
        let late = By::new(&fx.owner, fx.now + TimeDelta::minutes(11));
        assert_eq!(fx.codes(|| fx.store.undo_booking(&gone, &verb(&gone), &late)), [Code::WrongStatus]);
        let back = changed(undo(fx, &gone));
        // Sent twice: the second would take back what the first did.
        assert_eq!(fx.codes(|| undo(fx, &gone)), [Code::StaleVersion]);
        assert_eq!(back.status, Status::Confirmed);
        let again = changed(undo(fx, &back));
        assert_eq!((again.status, fx.events(&again).last().unwrap().event_type), (gone.status, EventType::Cancelled));
        assert_eq!(unchanged(fx.store.cancel_booking(&again, &cancel(&again), &fx.by())), again);
        let nobody = fx.store.undo_booking(BookingId(Uuid::nil()), &verb(&gone), &fx.by());
        assert!(matches!(nobody, Err(CommandError::NotFound)), "{nobody:?}");
    });
}
