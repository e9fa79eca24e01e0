//! create again: one key makes one booking, one reference is used once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};

use bookings_core::{Code, CreateBooking, NewIds};
use bookings_db::store::random_ids;
use bookings_db::{CommandError, Store, StoreError};

use crate::support::{at, cancel, changed, each, overriding, unchanged};

#[test]
fn the_same_key_and_body_is_answered_with_the_first_booking() {
    each(|fx| {
        let command = CreateBooking { idempotency_key: Some("form-1".into()), ..fx.command(at(10, 0)) };
        let first = fx.create(&command);
        let marks = fx.marks();
        // Its own time is taken by then: that is no refusal.
        assert_eq!(unchanged(fx.store.create_booking(&command, &fx.by())), first);
        // Overriding something is not another body.
        let overridden = CreateBooking { overrides: overriding(&[Code::StartInPast]), ..command.clone() };
        assert_eq!(unchanged(fx.store.create_booking(&overridden, &fx.by())), first);
        // Changed meanwhile: as it is now. Its time is free by then, so the key alone must hold.
        let gone = changed(fx.store.cancel_booking(&first, &cancel(&first), &fx.by()));
        assert_eq!(unchanged(fx.store.create_booking(&command, &fx.by())), gone);
        assert_eq!(fx.marks()[0], marks[0]);

        for other in [
            CreateBooking { start_at: at(11, 0), ..command.clone() },
            CreateBooking { provider_id: fx.other, ..command.clone() },
            CreateBooking { notes_client: "thank you".into(), ..command.clone() },
        ] {
            assert_eq!(fx.codes(|| fx.store.create_booking(&other, &fx.by())), [Code::IdempotencyMismatch]);
        }
        fx.create(&CreateBooking { idempotency_key: Some("form-2".into()), ..command });
    });
}

#[test]
fn a_seat_in_a_shared_slot_is_not_taken_twice_by_one_key() {
    each(|fx| {
        let command = CreateBooking { idempotency_key: Some("seat".into()), ..fx.party(at(10, 0), 2) };
        let first = fx.create(&command);
        assert_eq!(unchanged(fx.store.create_booking(&command, &fx.by())), first);
        assert_eq!(fx.marks()[0], 1);
    });
}

#[test]
fn one_key_by_many_at_once_makes_one_booking() {
    const CALLERS: usize = 8;
    each(|fx| {
        for round in 0..5 {
            let command =
                CreateBooking { idempotency_key: Some(format!("round {round}")), ..fx.party(at(10 + 2 * round, 0), 1) };
            let barrier = Barrier::new(CALLERS);
            let ids: Vec<_> = std::thread::scope(|scope| {
                let call = || {
                    barrier.wait();
                    fx.store.create_booking(&command, &fx.by()).map(|decision| decision.booking().id)
                };
                let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(call)).collect();
                callers.into_iter().map(|caller| caller.join().unwrap().unwrap()).collect()
            });
            assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        }
        assert_eq!(fx.marks()[0], 5);
    });
}

/// Fresh ids whose every third reference is new: two collisions before each.
fn colliding_ids() -> Result<NewIds, StoreError> {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let reference = DRAWN.fetch_add(1, Ordering::Relaxed) / 3;
    Ok(NewIds { reference, ..random_ids()? })
}

fn one_reference_for_ever() -> Result<NewIds, StoreError> {
    Ok(NewIds { reference: 7, ..random_ids()? })
}

#[test]
fn a_reference_in_use_is_drawn_again() {
    each(|fx| {
        let store = Store { ids: colliding_ids, ..fx.store.clone() };
        let mut seen = Vec::new();
        for hour in [2, 4, 6, 8, 10, 12] {
            seen.push(changed(store.create_booking(&fx.command(at(hour, 0)), &fx.by())).reference);
        }
        seen.dedup();
        assert_eq!(seen.len(), 6);
    });
}

#[test]
fn references_in_use_for_ever_are_an_error_not_a_loop() {
    each(|fx| {
        let store = Store { ids: one_reference_for_ever, ..fx.store.clone() };
        changed(store.create_booking(&fx.command(at(10, 0)), &fx.by()));
        let marks = fx.marks();
        let outcome = store.create_booking(&fx.command(at(15, 0)), &fx.by());
        assert!(matches!(outcome, Err(CommandError::Store(StoreError::Busy))), "{outcome:?}");
        assert_eq!(fx.marks(), marks);
    });
}
