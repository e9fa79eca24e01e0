//! One kind of collision a test, several rounds each.

use bookings_core::{Booking, CreateBooking, EditBooking, Policy, ProviderId, RescheduleBooking, ServiceId};
use bookings_db::connection::{DatabaseUrl, Pools};
use bookings_db::{By, Store};
use chrono::TimeDelta;

use crate::race::{CALLERS, Tally, race};
use crate::support::{Fixture, ServiceSpec, at, cancel, each, move_to, rename, verb};

const ROUNDS: i64 = 8;

/// Runs `round` several times on each database, prints what came of it, and checks everything.
fn rounds(name: &str, round: impl Fn(&Fixture, i64) -> Tally) {
    each(|fx| {
        let mut all = Tally::default();
        for number in 0..ROUNDS {
            all.add(&round(fx, number));
        }
        println!("{name}: {ROUNDS} rounds of {CALLERS}: {all:?}");
        // A deadlock that was broken and tried again is seen by nobody else.
        if matches!(fx.store.pools.url(), DatabaseUrl::Postgres(_)) {
            let deadlocks = "SELECT deadlocks AS number FROM pg_stat_database WHERE datname = current_database()";
            assert_eq!(fx.number(deadlocks), 0, "deadlocks");
        }
    });
}

/// A provider with twenty bookings, none of them between 9:00 and 13:00 tomorrow.
fn busy_provider(fx: &Fixture) -> ProviderId {
    let provider_id = fx.add_provider(None, true);
    for number in 0..20_i64 {
        let start = at(14, 0) + TimeDelta::hours(2 * number);
        fx.create(&CreateBooking { provider_id, ..fx.command(start) });
    }
    provider_id
}

fn with(fx: &Fixture, provider_id: ProviderId, service_id: ServiceId) -> CreateBooking {
    CreateBooking { provider_id, service_id, ..fx.command(at(10, 0)) }
}

#[test]
fn one_start_of_an_empty_provider_is_sold_once() {
    rounds("same start, empty", |fx, _| {
        let command = with(fx, fx.add_provider(None, true), fx.single);
        let tally = race(fx, |_| fx.store.create_booking(&command, &fx.by()));
        assert_eq!((tally.changed, tally.refused_for("overlap")), (1, CALLERS - 1), "{tally:?}");
        tally
    });
}

#[test]
fn one_start_of_a_busy_provider_is_sold_once() {
    rounds("same start, busy", |fx, _| {
        let command = with(fx, busy_provider(fx), fx.single);
        let tally = race(fx, |_| fx.store.create_booking(&command, &fx.by()));
        assert_eq!((tally.changed, tally.refused_for("overlap")), (1, CALLERS - 1), "{tally:?}");
        tally
    });
}

#[test]
fn two_programs_on_one_database_sell_one_start_once() {
    rounds("two programs", |fx, round| {
        let other = Store::new(Pools::open(fx.store.pools.url()).unwrap(), Policy::default());
        let provider = if round % 2 == 0 { fx.add_provider(None, true) } else { busy_provider(fx) };
        let command = with(fx, provider, fx.single);
        let tally = race(fx, |number| {
            let store = if number % 2 == 0 { &fx.store } else { &other };
            store.create_booking(&command, &fx.by())
        });
        assert_eq!((tally.changed, tally.refused_for("overlap")), (1, CALLERS - 1), "{tally:?}");
        tally
    });
}

#[test]
fn shifted_starts_never_overlap() {
    rounds("shifted starts", |fx, round| {
        let provider = if round % 2 == 0 { fx.add_provider(None, true) } else { busy_provider(fx) };
        let command = with(fx, provider, fx.single);
        let tally = race(fx, |number| {
            let start_at = command.start_at + TimeDelta::minutes(7 * number as i64);
            fx.store.create_booking(&CreateBooking { start_at, ..command.clone() }, &fx.by())
        });
        // 105 minutes of starts, each taking 85: two at most, and never none.
        assert!((1..=2).contains(&tally.changed), "{tally:?}");
        tally
    });
}

#[test]
fn many_moves_and_creates_into_one_gap_and_one_gets_it() {
    rounds("one gap", |fx, _| {
        let provider = busy_provider(fx);
        let moving: Vec<Booking> = (0..CALLERS as i64)
            .map(|number| {
                let start_at = at(24 * 7, 0) + TimeDelta::hours(2 * number);
                fx.create(&CreateBooking { start_at, ..with(fx, provider, fx.single) })
            })
            .collect();
        let tally = race(fx, |number| match number % 4 {
            0 => fx.store.create_booking(&with(fx, provider, fx.single), &fx.by()),
            1 => {
                let there = EditBooking { start_at: Some(at(10, 20)), ..EditBooking::of(&moving[number]) };
                fx.store.edit_booking(&moving[number], &there, &fx.by())
            }
            _ => fx.store.reschedule_booking(&moving[number], &move_to(&moving[number], at(10, 10)), &fx.by()),
        });
        assert_eq!((tally.changed, tally.refused_for("overlap")), (1, CALLERS - 1), "{tally:?}");
        tally
    });
}

#[test]
fn a_reinstatement_against_creates() {
    rounds("reinstate against create", |fx, _| {
        let command = with(fx, fx.add_provider(None, true), fx.single);
        let first = fx.create(&command);
        let gone = crate::support::changed(fx.store.cancel_booking(&first, &cancel(&first), &fx.by()));
        let tally = race(fx, |number| match number % 2 {
            0 => fx.store.create_booking(&command, &fx.by()),
            _ => fx.store.reinstate_booking(&gone, &verb(&gone), &fx.by()),
        });
        assert_eq!(tally.changed, 1, "{tally:?}");
        tally
    });
}

#[test]
fn a_booking_is_cancelled_or_completed_but_not_both() {
    rounds("cancel against complete", |fx, _| {
        let lax = fx.add_service(&ServiceSpec { notice: 0, ..ServiceSpec::default() });
        let booking = fx.create(&with(fx, fx.add_provider(None, true), lax));
        let by = By::new(&fx.owner, at(11, 0));
        let tally = race(fx, |number| match number % 2 {
            0 => fx.store.cancel_booking(&booking, &cancel(&booking), &by),
            _ => fx.store.complete_booking(&booking, &verb(&booking), &by),
        });
        let half = CALLERS / 2;
        assert_eq!(
            (tally.changed, tally.unchanged, tally.refused_for("wrong_status")),
            (1, half - 1, half),
            "{tally:?}"
        );
        tally
    });
}

#[test]
fn a_booking_is_confirmed_once_and_cancelled_once() {
    rounds("confirm by all, cancel by all", |fx, _| {
        let booking = fx.create(&with(fx, fx.add_provider(None, true), fx.approved));
        let mut tally = race(fx, |_| fx.store.confirm_booking(&booking, &verb(&booking), &fx.by()));
        assert_eq!((tally.changed, tally.unchanged), (1, CALLERS - 1), "{tally:?}");
        let booking = fx.stored(&booking);
        let cancelled = race(fx, |_| fx.store.cancel_booking(&booking, &cancel(&booking), &fx.by()));
        assert_eq!((cancelled.changed, cancelled.unchanged), (1, CALLERS - 1), "{cancelled:?}");
        tally.add(&cancelled);
        tally
    });
}

#[test]
fn the_last_seats_are_sold_exactly() {
    rounds("last seats", |fx, round| {
        let command = with(fx, fx.add_provider(None, true), fx.shared);
        let party_size = if round % 2 == 0 { 3 } else { 1 };
        let tally = race(fx, |_| fx.store.create_booking(&CreateBooking { party_size, ..command.clone() }, &fx.by()));
        let fit = 10 / party_size as usize;
        assert_eq!((tally.changed, tally.refused_for("capacity_exceeded")), (fit, CALLERS - fit), "{tally:?}");
        tally
    });
}

#[test]
fn of_many_edits_of_one_version_one_wins_and_the_others_hear_of_it() {
    rounds("one version", |fx, _| {
        let booking = fx.create(&with(fx, fx.add_provider(None, true), fx.single));
        let tally = race(fx, |number| match number % 2 {
            0 => fx.store.edit_booking(&booking, &rename(&booking, &format!("Caller {number}")), &fx.by()),
            _ => {
                let there = at(12, 0) + TimeDelta::minutes(number as i64);
                fx.store.reschedule_booking(&booking, &move_to(&booking, there), &fx.by())
            }
        });
        assert_eq!((tally.changed, tally.refused_for("stale_version")), (1, CALLERS - 1), "{tally:?}");
        tally
    });
}

#[test]
fn reassigning_in_both_directions_at_once_does_not_deadlock() {
    rounds("both directions", |fx, _| {
        let (one, two) = (fx.add_provider(None, true), fx.add_provider(None, true));
        let bookings: Vec<(Booking, ProviderId)> = (0..CALLERS)
            .map(|number| {
                let (from, to) = if number % 2 == 0 { (one, two) } else { (two, one) };
                let start_at = at(0, 0) + TimeDelta::hours(2 * number as i64);
                (fx.create(&CreateBooking { start_at, ..with(fx, from, fx.single) }), to)
            })
            .collect();
        let tally = race(fx, |number| {
            let (booking, to) = &bookings[number];
            let there = RescheduleBooking { provider_id: Some(*to), ..move_to(booking, booking.start_at) };
            fx.store.reschedule_booking(booking, &there, &fx.by())
        });
        assert_eq!(tally.changed, CALLERS, "{tally:?}");
        tally
    });
}

#[test]
fn a_booking_that_changes_its_provider_is_followed() {
    rounds("moved away meanwhile", |fx, _| {
        let booking = fx.create(&with(fx, fx.add_provider(None, true), fx.approved));
        let elsewhere = fx.add_provider(None, true);
        let tally = race(fx, |number| match number {
            0 => {
                let there = RescheduleBooking { provider_id: Some(elsewhere), ..move_to(&booking, at(10, 0)) };
                fx.store.reschedule_booking(&booking, &there, &fx.by())
            }
            _ => {
                let note = bookings_core::AddNote { version: fx.stored(&booking).version, message: "hello".into() };
                fx.store.add_note(&booking, &note, &fx.by())
            }
        });
        assert!(tally.changed >= 1, "{tally:?}");
        tally
    });
}
