//! busy_intervals: everything that touches the window, from inside and outside, and nothing else.

use bookings_core::{CreateBooking, Window};
use bookings_db::Seats;
use chrono::TimeDelta;

use crate::support::{Fixture, ServiceSpec, at, cancel, changed, each, verb, window};

fn busy(fx: &Fixture, from: i64, to: i64) -> Vec<Window> {
    fx.store.busy_intervals(fx.provider, window(at(0, from), at(0, to)), None).unwrap()
}

#[test]
fn buffers_that_reach_in_from_outside_count_and_touching_does_not() {
    each(|fx| {
        // Busy 9:50 to 11:15 and 14:50 to 16:15.
        let early = fx.create(&fx.command(at(10, 0)));
        let late = fx.create(&fx.command(at(15, 0)));
        let hour = |hours: i64, minutes: i64| hours * 60 + minutes;
        let cases = [
            (hour(0, 0), hour(24, 0), vec![early.busy(), late.busy()]),
            (hour(11, 15), hour(14, 50), vec![]),
            (hour(11, 14), hour(14, 50), vec![early.busy()]),
            (hour(11, 15), hour(14, 51), vec![late.busy()]),
            (hour(10, 20), hour(10, 40), vec![early.busy()]),
            (hour(9, 0), hour(9, 50), vec![]),
            (hour(9, 0), hour(9, 51), vec![early.busy()]),
            (hour(16, 15), hour(20, 0), vec![]),
            (hour(16, 14), hour(20, 0), vec![late.busy()]),
        ];
        for (from, to, expected) in cases {
            assert_eq!(busy(fx, from, to), expected, "minutes {from} to {to}");
        }
    });
}

#[test]
fn only_active_bookings_of_that_provider_are_busy() {
    each(|fx| {
        let gone = fx.create(&fx.command(at(10, 0)));
        changed(fx.store.cancel_booking(&gone, &cancel(&gone), &fx.by()));
        fx.create(&CreateBooking { provider_id: fx.other, ..fx.command(at(12, 0)) });
        let pending = fx.create(&CreateBooking { service_id: fx.approved, ..fx.command(at(14, 0)) });
        assert_eq!(busy(fx, 0, 1440), [pending.busy()]);
        let confirmed = changed(fx.store.confirm_booking(&pending, &verb(&pending), &fx.by()));
        assert_eq!(busy(fx, 0, 1440), [confirmed.busy()]);
        let later = bookings_db::By::new(&fx.owner, at(15, 0));
        changed(fx.store.complete_booking(&confirmed, &verb(&confirmed), &later));
        assert_eq!(busy(fx, 0, 1440), []);
    });
}

#[test]
fn a_booking_that_lasts_for_days_is_seen_from_within() {
    each(|fx| {
        let week = fx.add_service(&ServiceSpec { minutes: 7 * 24 * 60, buffers: (0, 0), ..ServiceSpec::default() });
        let short = fx.add_service(&ServiceSpec { minutes: 5, buffers: (0, 0), ..ServiceSpec::default() });
        let before = fx.create(&CreateBooking { service_id: short, ..fx.command(at(0, 55)) });
        let long = fx.create(&CreateBooking { service_id: week, ..fx.command(at(1, 0)) });
        let day = TimeDelta::days(1);
        let within = window(at(5, 0) + day * 3, at(6, 0) + day * 3);
        assert_eq!(fx.store.busy_intervals(fx.provider, within, None).unwrap(), [long.busy()]);
        let inside = CreateBooking { service_id: short, ..fx.command(at(3, 0) + day * 6) };
        fx.refuse(|| fx.store.create_booking(&inside, &fx.by()));
        assert_eq!(busy(fx, 0, 60), [before.busy()]);
    });
}

#[test]
fn a_great_buffer_of_a_later_booking_is_seen_from_before() {
    each(|fx| {
        let careful = fx.add_service(&ServiceSpec { buffers: (600, 0), ..ServiceSpec::default() });
        let booking = fx.create(&CreateBooking { service_id: careful, ..fx.command(at(20, 0)) });
        assert_eq!(busy(fx, 11 * 60, 12 * 60), [booking.busy()]);
        fx.refuse(|| fx.store.create_booking(&fx.command(at(9, 0)), &fx.by()));
        fx.create(&fx.command(at(8, 45)));
    });
}

#[test]
fn seats_that_are_left_are_free_for_their_service_only() {
    each(|fx| {
        let party = fx.create(&fx.party(at(10, 0), 7));
        let single = fx.create(&fx.command(at(15, 0)));
        let seats = |service_id, wanted| Some(Seats { service_id, wanted, capacity: 10 });
        let day = window(at(0, 0), at(24, 0));
        let busy = |seats| fx.store.busy_intervals(fx.provider, day, seats).unwrap();
        assert_eq!(busy(seats(fx.shared, 3)), [single.busy()]);
        assert_eq!(busy(seats(fx.shared, 4)), [party.busy(), single.busy()]);
        assert_eq!(busy(seats(fx.single, 1)), [party.busy(), single.busy()]);
        // Several parties of one start are one busy time.
        fx.create(&fx.party(at(10, 0), 3));
        assert_eq!(busy(seats(fx.shared, 1)), [party.busy(), single.busy()]);
        assert_eq!(busy(seats(fx.shared, u32::MAX)), [party.busy(), single.busy()]);
    });
}
