//! Refusals as a whole: all rules run, each says something, none says it twice.

use std::collections::BTreeSet;

use bookings_core::*;
use serde_json::json;
use uuid::Uuid;

use crate::support::*;

#[test]
fn all_rules_run_and_come_back_together() {
    let mut world = World::new();
    world.book(&wish(at(0)));
    world.service().active = false;
    world.provider().active = false;
    let command = CreateBooking {
        client: Client { name: String::new(), ..ada() },
        addon_ids: vec![AddonId(Uuid::from_u128(1))],
        party_size: 2,
        notes_client: "n".repeat(10_001),
        ..wish(at(-1))
    };
    check(
        world.create(&command),
        "required client_name, too_long notes_client, inactive_service service_id, inactive_provider provider_id, \
         unknown_addon addon_ids, party_size party_size, start_in_past start_at, overlap start_at",
    );
}

/// A hundred bookings in the way are not a hundred sentences.
#[test]
fn at_most_ten_clashes_are_listed() {
    let mut world = World::new();
    for hour in 0..12 {
        world.book(&wish(at(hour * 60)));
    }
    world.terms().duration_minutes = 720;
    assert_eq!(world.create(&wish(at(0))).unwrap_err().codes(), [Code::Overlap; 10]);
}

#[test]
fn an_edit_that_moves_says_everything_once() {
    let mut world = World::shared(4);
    let first = world.book(&wish(at(60)));
    world.book(&CreateBooking { party_size: 3, ..wish(at(120)) });
    let edit = EditBooking {
        client: Client { email: "ada@".into(), ..ada() },
        party_size: 2,
        capacity_consumed: None,
        start_at: Some(at(120)),
        ..EditBooking::of(&first)
    };
    check(world.edit(&first, &edit), "invalid client_email, capacity_exceeded party_size");
}

#[test]
fn sentences_of_what_others_refuse() {
    let check = |refusal: Refusal, expect: &str| assert_eq!(refusal.sentence(chrono_tz::Europe::Berlin), expect);
    let local = |text: &str| text.parse::<chrono::NaiveDateTime>().unwrap();
    let utc = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let skipped = Concern::Skipped {
        local: local("2026-03-29T02:30:00"),
        before: utc("2026-03-29T00:59:00Z"),
        after: utc("2026-03-29T01:00:00Z"),
    };
    check(
        Refusal::about(Code::LocalTimeSkipped, "start_at", skipped),
        "02:30 does not exist: the clocks go forward. \
         The nearest times are Sun 29 Mar 2026 01:59 CET and Sun 29 Mar 2026 03:00 CEST.",
    );
    let twice = Concern::Ambiguous {
        local: local("2026-10-25T02:30:00"),
        earlier: utc("2026-10-25T00:30:00Z"),
        later: utc("2026-10-25T01:30:00Z"),
    };
    check(
        Refusal::about(Code::LocalTimeAmbiguous, "start_at", twice),
        "02:30 happens twice: the clocks go back. \
         Choose the earlier (Sun 25 Oct 2026 02:30 CEST) or the later (Sun 25 Oct 2026 02:30 CET).",
    );
    check(
        Refusal::whole(Code::IdempotencyMismatch, Concern::Nothing),
        "This form was already used for another booking; open a new one.",
    );
}

#[test]
fn every_code_says_something_without_facts() {
    let said: BTreeSet<String> =
        Code::ALL.iter().map(|code| Refusal::whole(*code, Concern::Nothing).to_string()).collect();
    assert_eq!(said.len(), Code::ALL.len());
    for code in Code::ALL {
        assert_eq!(Code::parse(code.as_str()), Some(*code));
        assert_eq!(serde_json::from_value::<Code>(json!(code)).unwrap(), *code);
    }
    assert_eq!(Code::parse("Overlap"), None);
}
