//! What a booking was at any moment.

use bookings_core::{AddNote, Booking, EventType};
use bookings_db::history::{PastState, state_at};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{Fixture, at, cancel, changed, each, move_to, rename};

fn was(fx: &Fixture, booking: &Booking, moment: DateTime<Utc>) -> Option<PastState> {
    fx.store.pools.read(|conn| state_at(conn, booking.id, moment)).unwrap()
}

/// What the state says, against the booking as a command answered it then.
fn same(state: &PastState, then: &Booking) {
    let mut fields = then.fields();
    fields.retain(|_, value| !value.is_null());
    assert_eq!((state.event.version, &state.fields), (then.version, &fields));
}

#[test]
fn every_state_can_be_read_back() {
    each(|fx| {
        let by = |minutes: i64| {
            let mut by = fx.by();
            by.now += TimeDelta::minutes(minutes);
            by
        };
        let moment = |minutes: i64| fx.now + TimeDelta::minutes(minutes);
        let mut states = vec![changed(fx.store.create_booking(&fx.command(at(10, 0)), &by(0)))];
        let last = |states: &[Booking]| states[states.len() - 1].clone();
        let booking = last(&states);
        states.push(changed(fx.store.reschedule_booking(&booking, &move_to(&booking, at(12, 0)), &by(10))));
        let booking = last(&states);
        states.push(changed(fx.store.edit_booking(&booking, &rename(&booking, "Ada King"), &by(20))));
        let booking = last(&states);
        states.push(changed(fx.store.cancel_booking(&booking, &cancel(&booking), &by(30))));
        for (place, then) in states.iter().enumerate() {
            let from = i64::try_from(place).unwrap() * 10;
            for minutes in [from, from + 9] {
                same(&was(fx, then, moment(minutes)).unwrap(), then);
            }
        }
        assert_eq!(was(fx, &booking, fx.now - TimeDelta::microseconds(1)), None);
        let end = was(fx, &booking, DateTime::<Utc>::MAX_UTC - TimeDelta::days(400 * 366)).unwrap();
        assert_eq!((end.event.event_type, end.event.message.as_str()), (EventType::Cancelled, "ill"));
        assert_eq!(end.fields["status"], json!("CANCELLED"));
        assert_eq!(was(fx, &booking, moment(9)).unwrap().fields.get("status_before_cancel"), None);
    });
}

/// A clock that was set back does not turn the order of events around.
#[test]
fn versions_count_more_than_clocks() {
    each(|fx| {
        let first = fx.create(&fx.command(at(10, 0)));
        let mut early = fx.by();
        early.now -= TimeDelta::minutes(30);
        let note = AddNote { version: 1, message: "the clock is wrong".into() };
        changed(fx.store.add_note(&first, &note, &early));
        assert_eq!(was(fx, &first, early.now).unwrap().event.version, 2);
        assert_eq!(was(fx, &first, fx.now).unwrap().event.version, 2);
        fx.sql("UPDATE booking SET updated_at = created_at");
    });
}

#[test]
fn what_was_erased_is_left_out_and_said() {
    use bookings_db::testing::each_database;
    each_database(|db| {
        let fx = Fixture::on(db, bookings_core::Policy::default());
        let booking = fx.create(&fx.command(at(10, 0)));
        fx.sql("DELETE FROM booking_event_personal");
        let state = was(&fx, &booking, fx.now).unwrap();
        assert!(state.erased && !state.fields.contains_key("client_name"), "{state:?}");
        assert_eq!(state.fields["reference"], Value::from(booking.reference.as_str()));
    });
}
