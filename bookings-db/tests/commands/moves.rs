//! reschedule, reassign and edit: the guard at the new place, snapshots that stay, both providers locked.

use bookings_core::{AddonId, Code, CreateBooking, EditBooking, EventType, Policy, ProviderId, RescheduleBooking};
use bookings_db::By;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    AddonSpec, ada, at, cancel, changed, each, each_with, move_to, overriding, refused, rename, verb,
};

#[test]
fn a_move_takes_its_own_time_as_free_and_nobody_elses() {
    each(|fx| {
        let booking = fx.create(&fx.command(at(10, 0)));
        let other = fx.create(&fx.command(at(13, 0)));
        // Over its own old place.
        let booking = changed(fx.store.reschedule_booking(&booking, &move_to(&booking, at(10, 30)), &fx.by()));
        assert_eq!((booking.start_at, booking.end_at), (at(10, 30), at(11, 30)));
        let refusals = fx.refuse(|| fx.store.reschedule_booking(&booking, &move_to(&booking, at(12, 0)), &fx.by()));
        assert_eq!(refusals.codes(), [Code::Overlap]);
        // What it is offered counts its own place as free.
        assert!(refusals.suggestions.contains(&at(11, 15)), "{:?}", refusals.suggestions);
        for start in refusals.suggestions {
            let there = fx.stored(&booking);
            changed(fx.store.reschedule_booking(&booking, &move_to(&there, start), &fx.by()));
        }
        let there = fx.stored(&booking);
        changed(fx.store.reschedule_booking(&there, &move_to(&there, at(14, 25)), &fx.by()));
        // The place it left is free.
        fx.create(&fx.command(at(11, 0)));
        assert_eq!(fx.stored(&other), other);
    });
}

#[test]
fn length_and_price_stay_whatever_the_catalogue_says_now() {
    each(|fx| {
        let command = CreateBooking { addon_ids: vec![fx.towel], ..fx.command(at(10, 0)) };
        let booking = fx.create(&command);
        fx.sql(
            "UPDATE service SET duration_minutes = 180, price_minor = 1, buffer_after_minutes = 0, currency = 'USD'",
        );
        fx.sql("UPDATE addon SET extra_duration_minutes = 240, price_minor = 2, active = false, name = 'Other'");
        let moved = changed(fx.store.reschedule_booking(&booking, &move_to(&booking, at(12, 0)), &fx.by()));
        assert_eq!(moved.end_at, at(13, 30));
        assert_eq!((moved.snapshot.clone(), moved.addons.clone()), (booking.snapshot.clone(), booking.addons.clone()));
        assert_eq!(moved.total(), booking.total());
        // Asked for again by id, it is the one it has.
        let same = RescheduleBooking { addon_ids: Some(vec![fx.towel]), ..move_to(&moved, at(14, 0)) };
        let moved = changed(fx.store.reschedule_booking(&moved, &same, &fx.by()));
        assert_eq!(moved.addons, booking.addons);
        assert_eq!(fx.stored(&moved), moved);
    });
}

#[test]
fn changed_addons_are_todays_for_the_new_ones_only() {
    each(|fx| {
        let command = CreateBooking { addon_ids: vec![fx.towel], ..fx.command(at(10, 0)) };
        let booking = fx.create(&command);
        fx.sql("UPDATE addon SET price_minor = 777");
        let more = RescheduleBooking { addon_ids: Some(vec![fx.photo, fx.towel]), ..move_to(&booking, at(10, 0)) };
        let moved = changed(fx.store.reschedule_booking(&booking, &more, &fx.by()));
        let prices: Vec<_> = moved.addons.iter().map(|addon| addon.price_minor).collect();
        assert_eq!(prices, [Some(777), Some(500)]);
        assert_eq!(moved.end_at, at(11, 45));
        assert_eq!(fx.stored(&moved), moved);
        assert!(fx.events(&moved)[1].data.changes.contains_key("addons"));

        let none = RescheduleBooking { addon_ids: Some(Vec::new()), ..move_to(&moved, at(10, 0)) };
        let bare = changed(fx.store.reschedule_booking(&moved, &none, &fx.by()));
        assert_eq!((bare.addons.len(), bare.end_at), (0, at(11, 0)));
        assert_eq!(fx.marks()[1], 0);

        let inactive = fx.add_addon(&AddonSpec { active: false, ..AddonSpec::default() });
        let wrong = vec![inactive, AddonId(Uuid::new_v4()), fx.towel, fx.towel];
        let wrong = RescheduleBooking { addon_ids: Some(wrong), ..move_to(&bare, at(10, 0)) };
        let codes = fx.codes(|| fx.store.reschedule_booking(&bare, &wrong, &fx.by()));
        assert_eq!(codes, [Code::InactiveAddon, Code::UnknownAddon, Code::RepeatedAddon]);
        // An add-on that makes it reach into the next booking.
        fx.create(&fx.command(at(11, 25)));
        let longer = RescheduleBooking { addon_ids: Some(vec![fx.photo]), ..move_to(&bare, at(10, 0)) };
        assert_eq!(fx.codes(|| fx.store.reschedule_booking(&bare, &longer, &fx.by())), [Code::Overlap]);
    });
}

#[test]
fn reassigning_goes_through_the_guard_of_the_new_provider() {
    each(|fx| {
        let booking = fx.create(&fx.command(at(10, 0)));
        let theirs = fx.create(&CreateBooking { provider_id: fx.other, ..fx.command(at(10, 30)) });
        let to = |provider_id| RescheduleBooking { provider_id: Some(provider_id), ..move_to(&booking, at(10, 0)) };
        let refusals = fx.refuse(|| fx.store.reschedule_booking(&booking, &to(fx.other), &fx.by()));
        assert_eq!(refusals.codes(), [Code::Overlap]);
        let nobody = ProviderId(Uuid::new_v4());
        assert_eq!(fx.codes(|| fx.store.reschedule_booking(&booking, &to(nobody), &fx.by())), [Code::UnknownProvider]);
        let resting = fx.add_provider(None, false);
        let codes = fx.codes(|| fx.store.reschedule_booking(&booking, &to(resting), &fx.by()));
        assert_eq!(codes, [Code::InactiveProvider]);

        changed(fx.store.cancel_booking(&theirs, &cancel(&theirs), &fx.by()));
        let moved = changed(fx.store.reschedule_booking(&booking, &to(fx.other), &fx.by()));
        assert_eq!(moved.provider_id, fx.other);
        assert_eq!(fx.events(&moved)[1].data.changes["provider_id"].new, json!(fx.other));
        fx.create(&fx.command(at(10, 0)));
        // By somebody who looked at it when it was still with the first.
        let stale = move_to(&booking, at(16, 0));
        assert_eq!(refused(fx.store.reschedule_booking(&booking, &stale, &fx.by())).codes(), [Code::StaleVersion]);
    });
}

#[test]
fn a_provider_that_stopped_keeps_what_they_have() {
    each(|fx| {
        let booking = fx.create(&fx.command(at(10, 0)));
        fx.sql("UPDATE provider SET active = false");
        changed(fx.store.reschedule_booking(&booking, &move_to(&booking, at(11, 0)), &fx.by()));
    });
}

#[test]
fn an_edit_changes_the_person_and_notes_without_moving() {
    each(|fx| {
        let booking = fx.create(&fx.command(at(10, 0)));
        let mut client = ada();
        client.phone = "868 555 9999".into();
        let edit = EditBooking {
            client,
            notes_internal: "VIP".into(),
            metadata: Some(json!({"vip": true})),
            ..EditBooking::of(&booking)
        };
        let edited = changed(fx.store.edit_booking(&booking, &edit, &fx.by()));
        assert_eq!(fx.stored(&edited), edited);
        let events = fx.events(&edited);
        assert_eq!(events[1].event_type, EventType::Edited);
        let personal: Vec<&String> = events[1].personal.keys().collect();
        assert_eq!(personal, ["client_phone", "notes_internal"]);
        assert_eq!(events[1].data.changes["metadata"].new, json!({"vip": true}));
        // Long after its start, and when it is over, a name can still be put right.
        let late = By::new(&fx.owner, at(20, 0));
        let done = changed(fx.store.complete_booking(&edited, &verb(&edited), &late));
        changed(fx.store.edit_booking(&done, &rename(&done, "Ada King"), &late));

        let bad = EditBooking { metadata: Some(json!(["\0"])), ..EditBooking::of(&fx.stored(&done)) };
        assert_eq!(fx.codes(|| fx.store.edit_booking(&done, &bad, &fx.by())), [Code::Invalid]);
    });
}

#[test]
fn an_edit_that_moves_goes_through_the_guard() {
    each(|fx| {
        let booking = fx.create(&fx.command(at(10, 0)));
        fx.create(&fx.command(at(13, 0)));
        let edit = EditBooking { start_at: Some(at(12, 30)), ..rename(&booking, "") };
        let codes = fx.codes(|| fx.store.edit_booking(&booking, &edit, &fx.by()));
        assert_eq!(codes, [Code::Required, Code::Overlap], "both kinds of trouble at once");
        let edit = EditBooking {
            start_at: Some(at(12, 30)),
            provider_id: Some(fx.other),
            addon_ids: Some(vec![fx.towel]),
            ..rename(&booking, "Ada King")
        };
        let moved = changed(fx.store.edit_booking(&booking, &edit, &fx.by()));
        assert_eq!((moved.provider_id, moved.end_at, moved.client.name.as_str()), (fx.other, at(14, 0), "Ada King"));
        let events = fx.events(&moved);
        assert_eq!(events[1].event_type, EventType::Rescheduled);
        assert!(events[1].personal.contains_key("client_name"));
        assert_eq!(fx.stored(&moved), moved);
        // A closed booking is not moved by an edit either.
        let gone = changed(fx.store.cancel_booking(&moved, &cancel(&moved), &fx.by()));
        let edit = EditBooking { start_at: Some(at(16, 0)), ..EditBooking::of(&gone) };
        assert_eq!(fx.codes(|| fx.store.edit_booking(&gone, &edit, &fx.by())), [Code::WrongStatus]);
    });
}

#[test]
fn a_party_grows_only_into_seats_that_are_left() {
    each(|fx| {
        let booking = fx.create(&fx.party(at(10, 0), 3));
        fx.create(&fx.party(at(10, 0), 5));
        let party = |size, seats| EditBooking {
            party_size: size,
            capacity_consumed: seats,
            ..EditBooking::of(&fx.stored(&booking))
        };
        let codes = fx.codes(|| fx.store.edit_booking(&booking, &party(6, None), &fx.by()));
        assert_eq!(codes, [Code::CapacityExceeded]);
        let grown = changed(fx.store.edit_booking(&booking, &party(5, None), &fx.by()));
        assert_eq!((grown.party_size, grown.capacity_consumed), (5, 5));
        let codes = fx.codes(|| fx.store.edit_booking(&booking, &party(5, Some(6)), &fx.by()));
        assert_eq!(codes, [Code::CapacityExceeded]);
        changed(fx.store.edit_booking(&booking, &party(1, None), &fx.by()));
        fx.create(&fx.party(at(10, 0), 4));
        // Moved into another's slot, the seats there count.
        fx.create(&fx.party(at(14, 0), 8));
        let there = changed(fx.store.edit_booking(
            &booking,
            &EditBooking { start_at: Some(at(16, 0)), ..party(3, None) },
            &fx.by(),
        ));
        let codes = fx.codes(|| fx.store.reschedule_booking(&there, &move_to(&there, at(14, 0)), &fx.by()));
        assert_eq!(codes, [Code::CapacityExceeded]);
        let single = fx.create(&fx.command(at(18, 0)));
        let two = EditBooking { party_size: 2, capacity_consumed: None, ..EditBooking::of(&single) };
        assert_eq!(fx.codes(|| fx.store.edit_booking(&single, &two, &fx.by())), [Code::PartySize]);
    });
}

#[test]
fn the_duplicate_guard_and_the_past_hold_for_moves_too() {
    let policy = Policy { duplicate_guard_minutes: 180, ..Policy::default() };
    each_with(&policy, |fx| {
        fx.create(&fx.command(at(10, 0)));
        let booking = fx.create(&fx.command(at(18, 0)));
        let codes = fx.codes(|| fx.store.reschedule_booking(&booking, &move_to(&booking, at(13, 0)), &fx.by()));
        assert_eq!(codes, [Code::Duplicate]);
        let past = fx.now - TimeDelta::hours(2);
        let codes = fx.codes(|| fx.store.reschedule_booking(&booking, &move_to(&booking, past), &fx.by()));
        assert_eq!(codes, [Code::StartInPast]);
        let anyway = RescheduleBooking { overrides: overriding(&[Code::Duplicate]), ..move_to(&booking, at(13, 0)) };
        let moved = changed(fx.store.reschedule_booking(&booking, &anyway, &fx.by()));
        assert_eq!(fx.events(&moved)[1].data.overrides, [Code::Duplicate]);
    });
}

#[test]
fn a_start_outside_the_calendar_is_refused() {
    each(|fx| {
        let booking = fx.create(&fx.command(at(10, 0)));
        let far: [DateTime<Utc>; 3] =
            [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, "0000-01-01T00:00:00Z".parse().unwrap()];
        for start in far {
            let refusals = fx.refuse(|| fx.store.reschedule_booking(&booking, &move_to(&booking, start), &fx.by()));
            assert!(refusals.has(Code::Invalid), "{start}: {refusals}");
        }
    });
}
