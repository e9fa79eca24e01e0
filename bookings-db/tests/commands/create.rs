//! create: what is written, and what refuses.

use bookings_core::{
    AddonId, Client, Code, Concern, CreateBooking, Policy, ProviderId, ServiceId, Snapshot, Status, UserId,
};
use bookings_core::{Currency, Money};
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::support::{AddonSpec, ServiceSpec, ada, at, cancel, changed, each, each_with, overriding, refused};

#[test]
fn a_booking_is_written_with_snapshots_addons_and_its_event() {
    each(|fx| {
        let user = UserId(Uuid::new_v4());
        let command = CreateBooking {
            addon_ids: vec![fx.photo, fx.towel],
            client: Client { name: "  Ada Lovelace ".into(), user_id: Some(user), ..ada() },
            notes_internal: "knows the house".into(),
            notes_client: "window, please".into(),
            metadata: json!({"source": "phone", "tags": [1, null, "ü"]}),
            ..fx.command(at(10, 0))
        };
        let booking = fx.create(&command);

        assert_eq!(booking.status, Status::Confirmed);
        assert_eq!(booking.client, Client { user_id: Some(user), ..ada() });
        assert_eq!((booking.start_at, booking.end_at), (at(10, 0), at(11, 45)));
        assert_eq!((booking.busy().start, booking.busy().end), (at(9, 50), at(12, 0)));
        assert_eq!(booking.reference.as_str()[..8], format!("BK-{}-", fx.now.year()));
        assert_eq!((booking.version, booking.created_at, booking.created_by), (1, fx.now, fx.owner.id));
        let ttd = Currency::parse("TTD").unwrap();
        let expected = Snapshot {
            duration_minutes: 60,
            buffer_before_minutes: 10,
            buffer_after_minutes: 15,
            requires_approval: false,
            cancellation_allowed: true,
            cancellation_notice_minutes: 60,
            reschedule_allowed: true,
            reschedule_notice_minutes: 60,
            pricing_type: "fixed".into(),
            price_minor: Some(10_000),
            currency: ttd,
        };
        assert_eq!(booking.snapshot, expected);
        let addons: Vec<AddonId> = booking.addons.iter().map(|addon| addon.addon_id).collect();
        assert_eq!(addons, [fx.photo, fx.towel], "the order chosen");
        assert_eq!(booking.total(), Some(Money { minor: 10_500, currency: ttd }));
        assert_eq!(fx.stored(&booking), booking);

        let events = fx.events(&booking);
        assert_eq!(events.len(), 1);
        assert_eq!((events[0].actor_id, events[0].actor_name.as_str()), (fx.owner.id, "Olive Owner"));
        assert_eq!(events[0].at, fx.now);
        assert!(!events[0].data.changes.contains_key("client_name"), "a name is kept apart");
        assert_eq!(events[0].personal["client_name"].new, json!("Ada Lovelace"));
        assert_eq!(fx.marks(), [1, 2, 1, 1, 1]);
    });
}

#[test]
fn approval_makes_it_pending_and_it_holds_its_time() {
    each(|fx| {
        let pending = fx.create(&CreateBooking { service_id: fx.approved, ..fx.command(at(10, 0)) });
        assert_eq!(pending.status, Status::Pending);
        assert_eq!(fx.codes(|| fx.store.create_booking(&fx.command(at(10, 30)), &fx.by())), [Code::Overlap]);
    });
}

#[test]
fn buffers_of_both_sides_add_up_and_back_to_back_is_free() {
    each(|fx| {
        let middle = fx.create(&fx.command(at(12, 0)));
        // 15 after the one and 10 before the next: 25 minutes between end and start.
        for (start, free) in [(at(13, 24), false), (at(13, 25), true), (at(10, 36), false), (at(10, 35), true)] {
            let outcome = fx.store.create_booking(&fx.command(start), &fx.by());
            if free {
                changed(outcome);
                continue;
            }
            let refusals = refused(outcome);
            assert_eq!(refusals.codes(), [Code::Overlap], "{start}");
            assert_eq!(refusals.reasons[0].field, Some("start_at"));
            let window = middle.busy();
            let clash =
                Concern::Clash { reference: middle.reference.clone(), busy_start: window.start, busy_end: window.end };
            assert_eq!(refusals.reasons[0].concerns, clash);
        }
        // Another provider's time is their own.
        fx.create(&CreateBooking { provider_id: fx.other, ..fx.command(at(12, 0)) });
    });
}

#[test]
fn every_reason_comes_back_at_once() {
    each(|fx| {
        fx.create(&fx.command(at(10, 0)));
        let inactive = fx.add_addon(&AddonSpec { active: false, ..AddonSpec::default() });
        let unknown = AddonId(Uuid::new_v4());
        let command = CreateBooking {
            client: Client { name: " ".into(), email: "no address".into(), ..ada() },
            addon_ids: vec![inactive, unknown, fx.towel, fx.towel],
            party_size: 4,
            ..fx.command(at(10, 0))
        };
        let refusals = fx.refuse(|| fx.store.create_booking(&command, &fx.by()));
        let expected = [
            Code::Required,
            Code::Invalid,
            Code::InactiveAddon,
            Code::UnknownAddon,
            Code::RepeatedAddon,
            Code::PartySize,
            Code::Overlap,
        ];
        assert_eq!(refusals.codes(), expected);
        assert!(refusals.reasons.iter().any(|refusal| refusal.concerns == Concern::Id(unknown.0)));
        assert!(!refusals.suggestions.is_empty(), "time was among the troubles");
    });
}

#[test]
fn what_the_catalogue_lacks_or_does_not_offer_is_refused() {
    each(|fx| {
        let nowhere = CreateBooking {
            service_id: ServiceId(Uuid::new_v4()),
            provider_id: ProviderId(Uuid::new_v4()),
            ..fx.command(at(10, 0))
        };
        let codes = fx.codes(|| fx.store.create_booking(&nowhere, &fx.by()));
        assert_eq!(codes, [Code::UnknownService, Code::UnknownProvider]);
        let nobody = CreateBooking { provider_id: ProviderId(Uuid::new_v4()), ..fx.command(at(10, 0)) };
        assert_eq!(fx.codes(|| fx.store.create_booking(&nobody, &fx.by())), [Code::UnknownProvider]);

        let service_id = fx.add_service(&ServiceSpec { active: false, ..ServiceSpec::default() });
        let resting = fx.add_provider(None, false);
        let closed = CreateBooking { service_id, provider_id: resting, ..fx.command(at(10, 0)) };
        let codes = fx.codes(|| fx.store.create_booking(&closed, &fx.by()));
        assert_eq!(codes, [Code::InactiveService, Code::InactiveProvider]);

        let foreign = fx.add_addon(&AddonSpec { service_id: Some(fx.shared), ..AddonSpec::default() });
        let dollars = fx.add_addon(&AddonSpec { currency: "USD", ..AddonSpec::default() });
        let odd = CreateBooking { addon_ids: vec![foreign, dollars], ..fx.command(at(10, 0)) };
        let codes = fx.codes(|| fx.store.create_booking(&odd, &fx.by()));
        assert_eq!(codes, [Code::AddonOfOtherService, Code::CurrencyMismatch]);
    });
}

#[test]
fn soft_refusals_are_overridden_by_name_role_and_reason() {
    each(|fx| {
        let resting = fx.add_provider(None, false);
        let late = CreateBooking { provider_id: resting, ..fx.command(fx.now - TimeDelta::minutes(1)) };
        let both = [Code::StartInPast, Code::InactiveProvider];
        let mut codes = fx.codes(|| fx.store.create_booking(&late, &fx.by()));
        codes.sort();
        assert_eq!(codes, [Code::InactiveProvider, Code::StartInPast]);

        let overridden = CreateBooking { overrides: overriding(&both), ..late.clone() };
        let clerk = bookings_db::By::new(&fx.clerk, fx.now);
        let codes = fx.codes(|| fx.store.create_booking(&overridden, &clerk));
        assert_eq!(codes, [Code::InactiveProvider, Code::OverrideNotAllowed], "a clerk may only the past");
        let mut silent = overridden.clone();
        silent.overrides.reason = " ".into();
        assert_eq!(fx.codes(|| fx.store.create_booking(&silent, &fx.by())), [Code::OverrideReasonRequired]);

        let booking = fx.create(&overridden);
        let data = &fx.events(&booking)[0].data;
        assert_eq!(data.overrides.len(), 2);
        assert_eq!(data.override_reason, "the manager said so");

        let mut hard = overridden;
        hard.overrides.codes.push(Code::Overlap);
        let codes = fx.codes(|| fx.store.create_booking(&hard, &fx.by()));
        assert_eq!(codes, [Code::Overlap, Code::OverrideNotAllowed], "nobody overrides an overlap");
    });
}

#[test]
fn a_start_exactly_now_is_not_past() {
    each(|fx| {
        fx.create(&fx.command(fx.now));
    });
}

#[test]
fn shared_slots_fill_to_the_last_seat_and_not_beyond() {
    each(|fx| {
        fx.create(&fx.party(at(10, 0), 4));
        fx.create(&CreateBooking { capacity_consumed: Some(3), ..fx.party(at(10, 0), 2) });
        let refusals = fx.refuse(|| fx.store.create_booking(&fx.party(at(10, 0), 4), &fx.by()));
        assert_eq!(refusals.codes(), [Code::CapacityExceeded]);
        assert_eq!(refusals.reasons[0].concerns, Concern::Seats { asked: 4, left: 3, capacity: 10 });
        fx.create(&fx.party(at(10, 0), 3));

        // Another start, or another service, is no seat in it.
        assert_eq!(fx.codes(|| fx.store.create_booking(&fx.party(at(10, 30), 1), &fx.by())), [Code::Overlap; 3]);
        assert_eq!(fx.codes(|| fx.store.create_booking(&fx.command(at(10, 0)), &fx.by())), [Code::Overlap; 3]);
        for party in [0, 11, 5_000, u32::MAX] {
            let codes = fx.codes(|| fx.store.create_booking(&fx.party(at(15, 0), party), &fx.by()));
            assert!(codes.contains(&Code::PartySize), "a party of {party}: {codes:?}");
        }
        let squeezed = CreateBooking { capacity_consumed: Some(1), ..fx.party(at(15, 0), 2) };
        assert_eq!(fx.codes(|| fx.store.create_booking(&squeezed, &fx.by())), [Code::CapacityConsumed]);
    });
}

#[test]
fn clients_of_one_slot_may_stay_for_different_lengths() {
    each(|fx| {
        fx.create(&CreateBooking { addon_ids: vec![fx.towel], ..fx.party(at(10, 0), 2) });
        fx.create(&fx.party(at(10, 0), 2));
        // 11:30 and its buffer of 15, then 10 before: until then the longer one is in the way, whichever was made last.
        assert_eq!(fx.codes(|| fx.store.create_booking(&fx.command(at(11, 54)), &fx.by())), [Code::Overlap]);
        fx.create(&fx.command(at(11, 55)));
        let longer = CreateBooking { addon_ids: vec![fx.towel], ..fx.party(at(8, 6), 1) };
        assert_eq!(fx.codes(|| fx.store.create_booking(&longer, &fx.by())), [Code::Overlap; 2]);
        fx.create(&fx.party(at(8, 6), 1));
    });
}

#[test]
fn the_duplicate_guard_looks_both_ways_up_to_its_edge() {
    let policy = Policy { duplicate_guard_minutes: 120, ..Policy::default() };
    each_with(&policy, |fx| {
        fx.create(&fx.command(at(12, 0)));
        for start in [at(10, 0), at(14, 0)] {
            assert_eq!(fx.codes(|| fx.store.create_booking(&fx.command(start), &fx.by())), [Code::Duplicate]);
        }
        fx.create(&fx.command(at(9, 59)));
        fx.create(&fx.command(at(14, 1)));
        // In a shared service only the same client is a duplicate.
        fx.create(&fx.party(at(17, 0), 1));
        let again = CreateBooking { client: Client { name: "A. L.".into(), ..ada() }, ..fx.party(at(17, 0), 1) };
        assert_eq!(fx.codes(|| fx.store.create_booking(&again, &fx.by())), [Code::Duplicate]);
        let client = Client { name: "Bob".into(), email: "bob@example.com".into(), phone: "".into(), user_id: None };
        fx.create(&CreateBooking { client, ..fx.party(at(17, 0), 1) });
        fx.create(&CreateBooking { overrides: overriding(&[Code::Duplicate]), ..again });
    });
}

#[test]
fn suggestions_are_free_when_asked_for() {
    each(|fx| {
        for hour in 8..18 {
            if hour != 11 {
                let half = if hour < 11 { at(hour, 0) } else { at(hour, 30) };
                let _ = fx.store.create_booking(&fx.command(half), &fx.by());
            }
        }
        let refusals = refused(fx.store.create_booking(&fx.command(at(12, 45)), &fx.by()));
        assert_eq!(refusals.suggestions.len(), 4);
        assert!(refusals.suggestions.is_sorted());
        // Each alone: they may lie too close to each other to be had all.
        for start in refusals.suggestions {
            let booking = fx.create(&fx.command(start));
            changed(fx.store.cancel_booking(&booking, &cancel(&booking), &fx.by()));
        }
    });
}

#[test]
fn what_no_database_holds_is_refused_and_nothing_breaks() {
    each(|fx| {
        let nul = || "a\0b".to_owned();
        let long = "x".repeat(2_000_000);
        let base = fx.command(at(10, 0));
        let client = |name: &str, email: &str, phone: &str| Client {
            name: name.into(),
            email: email.into(),
            phone: phone.into(),
            user_id: None,
        };
        let bad = [
            CreateBooking { client: client(&nul(), "", ""), ..base.clone() },
            CreateBooking { client: client("Ada", "a\0@b.c", ""), ..base.clone() },
            CreateBooking { client: client("Ada", "", "1\0"), ..base.clone() },
            CreateBooking { client: client(&long, &long, &long), ..base.clone() },
            CreateBooking { notes_internal: nul(), ..base.clone() },
            CreateBooking { notes_client: long.clone(), ..base.clone() },
            CreateBooking { idempotency_key: Some(nul()), ..base.clone() },
            CreateBooking { idempotency_key: Some(long), ..base.clone() },
            CreateBooking { metadata: json!({"a\0": 1}), ..base.clone() },
            CreateBooking { metadata: json!({"a": [{"b": "\0"}]}), ..base.clone() },
            CreateBooking { start_at: DateTime::<Utc>::MIN_UTC, ..base.clone() },
            CreateBooking { start_at: DateTime::<Utc>::MAX_UTC, ..base.clone() },
            CreateBooking { start_at: "9999-12-31T23:59:59Z".parse().unwrap(), ..base.clone() },
            CreateBooking { start_at: "0000-01-01T00:00:00Z".parse().unwrap(), ..base.clone() },
            CreateBooking { addon_ids: vec![fx.towel; 100_000], ..base.clone() },
            CreateBooking { addon_ids: (0..40_000).map(|_| AddonId(Uuid::new_v4())).collect(), ..base },
        ];
        for command in &bad {
            fx.refuse(|| fx.store.create_booking(command, &fx.by()));
        }
    });
}

#[test]
fn text_of_every_script_is_kept_to_the_letter() {
    each(|fx| {
        let name = "Zoë Ångström 李小龍 🛀 o'Neil \"x\" \\ %_; DROP TABLE booking".to_owned();
        let booking = fx.create(&CreateBooking {
            client: Client { name: name.clone(), ..ada() },
            notes_client: "line\r\nline\ttab \u{202e}".into(),
            ..fx.command(at(10, 0))
        });
        assert_eq!(fx.stored(&booking).client.name, name);
        assert_eq!(fx.stored(&booking).notes_client, "line\r\nline\ttab \u{202e}");
    });
}

#[test]
fn finer_than_a_microsecond_is_cut_off() {
    each(|fx| {
        let fine = at(10, 0) + TimeDelta::nanoseconds(1_999);
        let booking = fx.create(&fx.command(fine));
        assert_eq!(booking.start_at, at(10, 0) + TimeDelta::microseconds(1));
        assert_eq!(fx.stored(&booking), booking);
    });
}
