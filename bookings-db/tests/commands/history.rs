//! Events of a booking, page by page, and the chain over them.

use bookings_core::history::{first_broken_link, replay};
use bookings_core::{AddNote, EventType, Policy};
use bookings_db::history::events;
use bookings_db::testing::each_database;

use crate::support::{Fixture, at, changed, each};

#[test]
fn events_come_newest_first_and_by_pages() {
    each(|fx| {
        let mut booking = fx.create(&fx.command(at(10, 0)));
        for number in 2..=7 {
            let note = AddNote { version: booking.version, message: format!("note {number}") };
            booking = changed(fx.store.add_note(&booking, &note, &fx.by()));
        }
        let page = |before, limit| fx.store.pools.read(|conn| events(conn, booking.id, before, limit)).unwrap();
        let versions = |before, limit| page(before, limit).iter().map(|event| event.version).collect::<Vec<_>>();
        assert_eq!(versions(None, 3), [7, 6, 5]);
        assert_eq!(versions(Some(5), 3), [4, 3, 2]);
        assert_eq!(versions(Some(2), 3), [1]);
        assert_eq!(versions(Some(1), 3), [0; 0]);
        assert_eq!(versions(Some(i64::MIN), 3), [0; 0]);
        assert_eq!(page(Some(4), 1)[0].message, "note 3", "each with its own personal part");
    });
}

#[test]
fn what_is_read_back_is_what_the_command_answered() {
    each(|fx| {
        let outcome = fx.store.create_booking(&fx.command(at(10, 0)), &fx.by()).unwrap();
        let bookings_core::Decision::Changed(booking, event) = outcome else { panic!("nothing made") };
        let stored = fx.events(&booking);
        assert_eq!(stored, [*event]);
        assert_eq!(first_broken_link(&stored), None);
        assert_eq!(replay(&stored)["client_name"], "Ada Lovelace");
    });
}

#[test]
fn erased_personal_values_leave_a_sound_chain() {
    each_database(|db| {
        let fx = Fixture::on(db, Policy::default());
        let booking = fx.create(&fx.command(at(10, 0)));
        fx.sql("DELETE FROM booking_event_personal");
        let events = fx.events(&booking);
        assert_eq!((events.len(), events[0].event_type), (1, EventType::Created));
        assert!(events[0].personal.is_empty() && events[0].personal_digest.is_some());
        assert_eq!(first_broken_link(&events), None);
    });
}
