//! Single fields: what is accepted, to the last character.

use bookings_core::*;
use serde_json::json;

use crate::support::*;

fn check_client(client: Client, expect: &str) {
    let decided = World::new().create(&CreateBooking { client: client.clone(), ..wish(at(60)) });
    assert_eq!(short(&decided), expect, "{client:?}");
    let booking = booking(Status::Confirmed);
    let edited = World::new().edit(&booking, &EditBooking { client, ..EditBooking::of(&booking) });
    assert_eq!(edited.is_ok(), decided.is_ok());
}

#[test]
fn names() {
    let longest = "é".repeat(255);
    let too_long = "é".repeat(256);
    let table = [
        ("Ada", "CREATED CONFIRMED"),
        ("  Ada ", "CREATED CONFIRMED"),
        (longest.as_str(), "CREATED CONFIRMED"),
        (too_long.as_str(), "too_long client_name"),
        ("", "required client_name"),
        ("\t \n", "required client_name"),
        ("Ada\nGrace", "invalid client_name"),
    ];
    for (name, expect) in table {
        check_client(Client { name: name.into(), ..ada() }, expect);
    }
}

#[test]
fn emails() {
    let longest = format!("{}@example.com", "a".repeat(242));
    let too_long = format!("a{longest}");
    let good = [
        "",
        "ada@example.com",
        " ada@example.com ",
        "ADA+x@sub.example.com",
        "ada@localhost",
        "ä@exämple.com",
        &longest,
    ];
    for email in good {
        check_client(Client { email: email.into(), ..ada() }, "CREATED CONFIRMED");
    }
    let bad = [
        "ada",
        "@example.com",
        "ada@",
        "a@b@c",
        "a da@example.com",
        "ada@exa mple.com",
        "ada@.com",
        "ada@x..y",
        "ada@-x.y",
    ];
    for email in bad {
        check_client(Client { email: email.into(), ..ada() }, "invalid client_email");
    }
    check_client(Client { email: too_long, ..ada() }, "too_long client_email");
}

#[test]
fn phones() {
    for phone in ["", "   ", "112", "+1 (868) 555-0100", "0151/234.567", "555-0100 x12", "#31#555"] {
        check_client(Client { phone: phone.into(), ..ada() }, "CREATED CONFIRMED");
    }
    for phone in ["+", "call me", "555\n0100", "٥٥٥"] {
        check_client(Client { phone: phone.into(), ..ada() }, "invalid client_phone");
    }
    check_client(Client { phone: "1".repeat(65), ..ada() }, "too_long client_phone");
}

#[test]
fn what_is_kept_is_trimmed() {
    let typed = Client { name: " Ada ".into(), email: "ada@example.com ".into(), phone: " 112".into(), user_id: None };
    let (kept, _) = changed(World::new().create(&CreateBooking { client: typed, ..wish(at(60)) }));
    let client = Client { name: "Ada".into(), email: "ada@example.com".into(), phone: "112".into(), user_id: None };
    assert_eq!(kept.client, client);
}

#[test]
fn texts() {
    let world = World::new();
    let booking = booking(Status::Confirmed);
    let (longest, too_long) = ("é".repeat(10_000), "é".repeat(10_001));
    let noted = |internal: &str, client: &str| {
        world.create(&CreateBooking { notes_internal: internal.into(), notes_client: client.into(), ..wish(at(60)) })
    };
    check(noted(&longest, &longest), "CREATED CONFIRMED");
    check(noted(&too_long, &too_long), "too_long notes_internal, too_long notes_client");
    check(noted("a\0b", ""), "invalid notes_internal");
    check(world.note(&booking, &longest), "NOTE_ADDED CONFIRMED");
    check(world.note(&booking, &too_long), "too_long message");
    check(world.note(&booking, " \n"), "required message");
    let cancelled = |reason: String| world.cancel(&booking, &CancelBooking { reason, ..cancelling(&booking) });
    check(cancelled("é".repeat(1000)), "CANCELLED CANCELLED");
    check(cancelled("é".repeat(1001)), "too_long reason");
    check(cancelled(" ".into()), "required reason");
    let keyed = |key: String| world.create(&CreateBooking { idempotency_key: Some(key), ..wish(at(60)) });
    check(keyed("k".repeat(255)), "CREATED CONFIRMED");
    check(keyed("k".repeat(256)), "too_long idempotency_key");
}

#[test]
fn metadata() {
    let world = World::new();
    let booking = booking(Status::Confirmed);
    for (metadata, ok) in [
        (json!({"room": [4, null, true, "\u{1}"]}), true),
        (json!("a\0"), false),
        (json!({"rooms": [{"a": "\0"}]}), false),
        (json!({"a\0": 1}), false),
    ] {
        let refused = |accepted| if ok { accepted } else { "invalid metadata" };
        let command = CreateBooking { metadata: metadata.clone(), ..wish(at(60)) };
        check(world.create(&command), refused("CREATED CONFIRMED"));
        let command = EditBooking { metadata: Some(metadata), ..EditBooking::of(&booking) };
        check(world.edit(&booking, &command), refused("EDITED CONFIRMED"));
    }
}

/// Wherever the calendar ends, a refusal and no panic.
#[test]
fn starts() {
    let mut world = World::new();
    let create = |world: &World, start: &str| world.create(&wish(start.parse().unwrap()));
    check(create(&world, "9998-12-31T23:59:59Z"), "CREATED CONFIRMED");
    check(create(&world, "9999-01-01T00:00:00Z"), "invalid start_at");
    check(create(&world, "1969-12-31T23:59:59Z"), "invalid start_at, start_in_past start_at");
    for extreme in [chrono::DateTime::<chrono::Utc>::MIN_UTC, chrono::DateTime::<chrono::Utc>::MAX_UTC] {
        let booking = booking(Status::Confirmed);
        world.terms().duration_minutes = u32::MAX;
        for decided in [world.create(&wish(extreme)), world.reschedule(&booking, &moving(&booking, extreme))] {
            assert!(decided.unwrap_err().has(Code::Invalid));
        }
    }
    world.terms().buffer_before_minutes = u32::MAX;
    world.terms().buffer_after_minutes = u32::MAX;
    world.terms().cancellation_notice_minutes = u32::MAX;
    let (longest, _) = changed(create(&world, "9998-12-31T23:59:59Z"));
    // Eight thousand years of notice: the deadline was in 1832.
    check(world.cancel(&longest, &cancelling(&longest)), "cancellation_notice");
}

#[test]
fn instants_are_cut_to_microseconds() {
    let start = at(60) + chrono::TimeDelta::nanoseconds(1_999);
    let (booking, _) = changed(World::new().create(&wish(start)));
    assert_eq!(booking.start_at, at(60) + micros(1));
    check(World::new().reschedule(&booking, &moving(&booking, start)), "unchanged CONFIRMED");
}

/// Two bodies under one key are told apart by what is booked, not by how it was allowed.
#[test]
fn the_digest_of_a_command() {
    let command = wish(at(60));
    let same = CreateBooking { overrides: overriding(&[Code::Duplicate], "VIP"), ..command.clone() };
    assert_eq!(command.digest(), same.digest());
    let others = [
        wish(at(61)),
        CreateBooking { provider_id: OTHER_PROVIDER, ..command.clone() },
        CreateBooking { addon_ids: vec![ADDON], ..command.clone() },
        CreateBooking { client: Client { name: "Eve".into(), ..ada() }, ..command.clone() },
        CreateBooking { notes_client: "x".into(), ..command.clone() },
        CreateBooking { metadata: json!({"room": 4}), ..command.clone() },
    ];
    for other in others {
        assert_ne!(command.digest(), other.digest(), "{other:?}");
    }
}
