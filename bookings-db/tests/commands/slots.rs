//! The slot engine: asked before the write, about the right thing, and nothing passes it by.

use std::sync::{Arc, Mutex};

use bookings_core::{Code, Concern, CreateBooking, EditBooking, Policy, RescheduleBooking, ServiceId, SlotValidation};
use bookings_db::{SlotAsk, SlotEngine, SlotEngineError, Store};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::support::{
    AddonSpec, Fixture, at, cancel, changed, each_with, move_to, overriding, refused, rename, unchanged, verb,
};

type Answer = Result<Vec<DateTime<Utc>>, SlotEngineError>;

/// An engine that answers by a function and remembers what it was asked.
struct Told<F> {
    answer: F,
    asked: Mutex<Vec<SlotAsk>>,
}

impl<F: Fn(&SlotAsk) -> Answer + Send + Sync> SlotEngine for Told<F> {
    fn available_starts(&self, ask: &SlotAsk) -> Answer {
        self.asked.lock().unwrap().push(ask.clone());
        (self.answer)(ask)
    }
}

fn engine<F: Fn(&SlotAsk) -> Answer + Send + Sync + 'static>(fx: &Fixture, answer: F) -> (Store, Arc<Told<F>>) {
    let engine = Arc::new(Told { answer, asked: Mutex::new(Vec::new()) });
    (Store { slots: Some(engine.clone()), ..fx.store.clone() }, engine)
}

fn each_asked(test: impl Fn(&Fixture)) {
    each_with(&Policy { slot_validation: SlotValidation::Engine, ..Policy::default() }, test);
}

#[test]
fn what_is_offered_is_booked_and_what_is_not_is_refused_with_what_is() {
    each_asked(|fx| {
        let offered = vec![at(10, 0), at(11, 25), at(15, 0)];
        let (store, told) = engine(fx, move |_| Ok(offered.clone()));
        let command = CreateBooking { addon_ids: vec![fx.towel], ..fx.command(at(10, 0)) };
        changed(store.create_booking(&command, &fx.by()));
        let ask = SlotAsk {
            service_id: fx.single,
            provider_id: fx.provider,
            tenant_id: None,
            start_at: at(10, 0),
            end_at: at(11, 30),
            exclude_booking: None,
        };
        assert_eq!(told.asked.lock().unwrap().as_slice(), [ask]);

        let refusals = fx.refuse(|| store.create_booking(&fx.command(at(12, 0)), &fx.by()));
        assert_eq!(refusals.codes(), [Code::SlotUnavailable]);
        // 11:25 is offered, but the towel is in the way.
        assert_eq!(refusals.suggestions, [at(15, 0)]);
        let anyway = CreateBooking { overrides: overriding(&[Code::SlotUnavailable]), ..fx.command(at(12, 0)) };
        changed(store.create_booking(&anyway, &fx.by()));
    });
}

#[test]
fn an_engine_that_lies_sells_nothing_twice() {
    each_asked(|fx| {
        let (store, _) = engine(fx, |ask| Ok(vec![ask.start_at]));
        changed(store.create_booking(&fx.command(at(10, 0)), &fx.by()));
        let refusals = fx.refuse(|| store.create_booking(&fx.command(at(10, 0)), &fx.by()));
        assert_eq!(refusals.codes(), [Code::Overlap]);
    });
}

#[test]
fn an_engine_that_fails_or_is_missing_lets_nothing_through() {
    each_asked(|fx| {
        let (store, _) = engine(fx, |_| Err(SlotEngineError("it answered 500".into())));
        let refusals = fx.refuse(|| store.create_booking(&fx.command(at(10, 0)), &fx.by()));
        assert_eq!(refusals.codes(), [Code::SlotEngineUnavailable]);
        assert_eq!(refusals.reasons[0].concerns, Concern::Reason("it answered 500".into()));
        let codes = fx.codes(|| fx.store.create_booking(&fx.command(at(10, 0)), &fx.by()));
        assert_eq!(codes, [Code::SlotEngineUnavailable], "none configured");
        let key = Some("key".to_owned());
        let overrides = overriding(&[Code::SlotEngineUnavailable]);
        let command = CreateBooking { overrides, idempotency_key: key, ..fx.command(at(10, 0)) };
        let booking = changed(store.create_booking(&command, &fx.by()));
        // Sent again while the engine is away: it is the first booking, not a refusal.
        let again = CreateBooking { overrides: Default::default(), ..command };
        assert_eq!(unchanged(store.create_booking(&again, &fx.by())), booking);
        // Nothing that leaves time where it is needs the engine.
        let booking = changed(store.edit_booking(&booking, &rename(&booking, "Ada King"), &fx.by()));
        let codes = fx.codes(|| store.reschedule_booking(&booking, &move_to(&booking, at(12, 0)), &fx.by()));
        assert_eq!(codes, [Code::SlotEngineUnavailable]);
        let gone = changed(store.cancel_booking(&booking, &cancel(&booking), &fx.by()));
        let codes = fx.codes(|| store.reinstate_booking(&gone, &verb(&gone), &fx.by()));
        assert_eq!(codes, [Code::SlotEngineUnavailable]);
    });
}

#[test]
fn the_engine_is_told_which_booking_moves_and_not_asked_for_less() {
    each_asked(|fx| {
        let (store, told) = engine(fx, |ask| Ok(vec![ask.start_at]));
        let booking = changed(store.create_booking(&fx.command(at(10, 0)), &fx.by()));
        told.asked.lock().unwrap().clear();
        let there = RescheduleBooking {
            provider_id: Some(fx.other),
            addon_ids: Some(vec![fx.photo]),
            ..move_to(&booking, at(12, 0))
        };
        let moved = changed(store.reschedule_booking(&booking, &there, &fx.by()));
        let ask = SlotAsk {
            service_id: fx.single,
            provider_id: fx.other,
            tenant_id: None,
            start_at: at(12, 0),
            end_at: at(13, 15),
            exclude_booking: Some(booking.id),
        };
        assert_eq!(told.asked.lock().unwrap().as_slice(), std::slice::from_ref(&ask));

        let gone = changed(store.cancel_booking(&moved, &cancel(&moved), &fx.by()));
        let back = changed(store.reinstate_booking(&gone, &verb(&gone), &fx.by()));
        assert_eq!(told.asked.lock().unwrap().as_slice(), [ask.clone(), ask], "a reinstatement takes time anew");
        let edited = changed(store.edit_booking(&back, &rename(&back, "Ada King"), &fx.by()));
        unchanged(store.reschedule_booking(&edited, &move_to(&edited, at(12, 0)), &fx.by()));
        assert_eq!(told.asked.lock().unwrap().len(), 2, "nothing moved");
        let edit = EditBooking { start_at: Some(at(14, 0)), ..EditBooking::of(&edited) };
        changed(store.edit_booking(&edited, &edit, &fx.by()));
        assert_eq!(told.asked.lock().unwrap().len(), 3);
    });
}

#[test]
fn a_catalogue_that_changes_while_the_engine_thinks_is_asked_about_again() {
    each_asked(|fx| {
        let plain = fx.store.clone();
        let double = Fixture { store: plain.clone(), ..copy(fx) };
        let (store, told) = engine(fx, move |ask| {
            // Between the question and the write the service becomes twice as long, once.
            double.sql("UPDATE service SET duration_minutes = 120");
            Ok(vec![ask.start_at])
        });
        let booking = changed(store.create_booking(&fx.command(at(10, 0)), &fx.by()));
        let ends: Vec<_> = told.asked.lock().unwrap().iter().map(|ask| ask.end_at).collect();
        assert_eq!(ends, [at(11, 0), at(12, 0)]);
        assert_eq!(booking.end_at, at(12, 0), "what was asked about is what was booked");
    });
}

#[test]
fn a_catalogue_that_never_rests_ends_in_busy_not_in_a_loop() {
    each_asked(|fx| {
        let restless = copy(fx);
        let (store, told) = engine(fx, move |ask| {
            restless.sql("UPDATE service SET duration_minutes = duration_minutes + 1");
            Ok(vec![ask.start_at])
        });
        let outcome = store.create_booking(&fx.command(at(10, 0)), &fx.by());
        assert!(matches!(outcome, Err(bookings_db::CommandError::Store(bookings_db::StoreError::Busy))), "{outcome:?}");
        assert!(told.asked.lock().unwrap().len() < 10);
        assert_eq!(fx.marks()[0], 0);
    });
}

#[test]
fn a_booking_that_another_moves_while_the_engine_thinks_is_stale() {
    each_asked(|fx| {
        let free = Store { policy: Policy::default(), ..fx.store.clone() };
        let booking = changed(free.create_booking(&fx.command(at(10, 0)), &fx.by()));
        let (theirs, owner, now) = (booking.clone(), fx.owner.clone(), fx.now);
        let (store, _) = engine(fx, move |ask| {
            let by = bookings_db::By::new(&owner, now);
            let _ = free.reschedule_booking(&theirs, &move_to(&theirs, at(16, 0)), &by);
            Ok(vec![ask.start_at])
        });
        let codes = refused(store.reschedule_booking(&booking, &move_to(&booking, at(12, 0)), &fx.by())).codes();
        assert_eq!(codes, [Code::StaleVersion]);
        assert_eq!(fx.stored(&booking).start_at, at(16, 0));
    });
}

#[test]
fn nonsense_is_refused_before_the_engine_hears_of_it() {
    each_asked(|fx| {
        let (store, told) = engine(fx, |ask| Ok(vec![ask.start_at]));
        let unknown = CreateBooking { service_id: ServiceId(Uuid::new_v4()), ..fx.command(at(10, 0)) };
        assert_eq!(fx.codes(|| store.create_booking(&unknown, &fx.by())), [Code::UnknownService]);
        assert!(told.asked.lock().unwrap().is_empty());
        for start in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC - TimeDelta::hours(2)] {
            let far = fx.refuse(|| store.create_booking(&fx.command(start), &fx.by()));
            assert!(far.has(Code::Invalid), "{far}");
        }
        let other = fx.add_addon(&AddonSpec { service_id: Some(fx.shared), ..AddonSpec::default() });
        let wrong = CreateBooking { addon_ids: vec![other], ..fx.command(at(10, 0)) };
        assert_eq!(fx.codes(|| store.create_booking(&wrong, &fx.by())), [Code::AddonOfOtherService]);
    });
}

fn copy(fx: &Fixture) -> Fixture {
    Fixture { store: fx.store.clone(), owner: fx.owner.clone(), clerk: fx.clerk.clone(), ..*fx }
}
