//! Every refusal that core can produce: its field, its facts and its exact sentence.

use std::collections::BTreeSet;

use bookings_core::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::*;

struct Case {
    decided: Decided,
    code: &'static str,
    field: Option<&'static str>,
    concerns: Value,
    sentence: &'static str,
}

fn case(
    decided: Decided,
    code: &'static str,
    field: impl Into<Option<&'static str>>,
    concerns: Value,
    sentence: &'static str,
) -> Case {
    Case { decided, code, field: field.into(), concerns, sentence }
}

/// Creates Ada's booking in an hour in a world and with a command that were changed first.
fn create(change: impl FnOnce(&mut World, &mut CreateBooking)) -> Decided {
    let (mut world, mut command) = (World::new(), wish(at(60)));
    change(&mut world, &mut command);
    world.create(&command)
}

/// A booking tomorrow on changed terms, and a world `minutes` after [`now`].
fn later(minutes: i64, terms: impl FnOnce(&mut Snapshot)) -> (World, Booking) {
    let mut booking = booking(Status::Confirmed);
    terms(&mut booking.snapshot);
    (World { now: at(minutes), ..World::new() }, booking)
}

fn of_fields() -> Vec<Case> {
    vec![
        case(
            create(|_, c| c.client.name = "  ".into()),
            "required",
            "client_name",
            json!("nothing"),
            "Please fill this in.",
        ),
        case(
            create(|_, c| c.client.email = "ada".into()),
            "invalid",
            "client_email",
            json!({"accepted": "an address such as ada@example.com"}),
            "Not valid: an address such as ada@example.com.",
        ),
        case(
            create(|_, c| c.client.name = "a".repeat(256)),
            "too_long",
            "client_name",
            json!({"length": 255}),
            "Too long: at most 255 characters.",
        ),
        case(
            create(|w, _| w.terms().duration_minutes = 0),
            "end_before_start",
            "start_at",
            json!("nothing"),
            "The booking would end before it starts.",
        ),
        case(
            create(|_, c| {
                c.party_size = 2;
            }),
            "party_size",
            "party_size",
            json!("nothing"),
            "This service takes one client at a time: the party must be 1.",
        ),
        case(
            World::shared(4).create(&CreateBooking { party_size: 0, capacity_consumed: Some(1), ..wish(at(60)) }),
            "party_size",
            "party_size",
            json!({"seats": {"asked": 0, "left": 4, "capacity": 4}}),
            "A party of 0 does not fit: this service takes up to 4 a slot.",
        ),
        case(
            create(|_, c| c.capacity_consumed = Some(2)),
            "capacity_consumed",
            "capacity_consumed",
            json!("nothing"),
            "The seats held must be at least the party, and equal to it for single-client services.",
        ),
        case(
            World::shared(4).create(&CreateBooking { party_size: 3, capacity_consumed: Some(2), ..wish(at(60)) }),
            "capacity_consumed",
            "capacity_consumed",
            json!("nothing"),
            "The seats held must be at least the party, and equal to it for single-client services.",
        ),
    ]
}

fn of_time() -> Vec<Case> {
    let mut full = World::shared(4);
    full.book(&CreateBooking { party_size: 3, ..wish(at(60)) });
    let mut taken = World::new();
    taken.terms().buffer_after_minutes = 5;
    taken.book(&wish(at(60)));
    let mut guarded = World::new();
    guarded.policy.duplicate_guard_minutes = 90;
    guarded.book(&wish(at(60)));
    let engine = |slots: SlotAnswer| {
        create(|w, _| {
            w.policy.slot_validation = SlotValidation::Engine;
            w.slots = slots;
        })
    };
    let clash = |end: &str| json!({"clash": {"reference": "BK-2026-00000001", "busy_start": "2026-11-23T13:00:00Z", "busy_end": end}});
    vec![
        case(
            full.create(&CreateBooking { party_size: 2, ..wish(at(60)) }),
            "capacity_exceeded",
            "party_size",
            json!({"seats": {"asked": 2, "left": 1, "capacity": 4}}),
            "2 seats asked for, 1 of 4 left in this slot.",
        ),
        case(
            taken.create(&wish(at(90))),
            "overlap",
            "start_at",
            clash("2026-11-23T14:05:00Z"),
            "The provider is busy with BK-2026-00000001: Mon 23 Nov 2026 13:00 to 14:05 UTC, buffers included.",
        ),
        case(
            guarded.create(&wish(at(120))),
            "duplicate",
            "start_at",
            clash("2026-11-23T14:00:00Z"),
            "BK-2026-00000001 is a similar booking close by (Mon 23 Nov 2026 13:00 to 14:00 UTC).",
        ),
        case(
            engine(SlotAnswer::Starts(vec![at(61)])),
            "slot_unavailable",
            "start_at",
            json!({"start": "2026-11-23T13:00:00Z"}),
            "The slot engine does not offer Mon 23 Nov 2026 13:00 UTC.",
        ),
        case(
            engine(SlotAnswer::Unavailable("it timed out".into())),
            "slot_engine_unavailable",
            "start_at",
            json!({"reason": "it timed out"}),
            "The slot engine gave no answer: it timed out.",
        ),
        case(
            create(|_, c| c.start_at = at(-1)),
            "start_in_past",
            "start_at",
            json!({"start": "2026-11-23T11:59:00Z"}),
            "The start, Mon 23 Nov 2026 11:59 UTC, is in the past.",
        ),
    ]
}

fn of_catalogue() -> Vec<Case> {
    let addon_id = "00000000-0000-0000-0000-0000000000ad";
    let with_addon = |change: fn(&mut AddonFacts)| {
        create(|w, c| {
            change(&mut w.facts.addons[0]);
            c.addon_ids = vec![ADDON];
        })
    };
    let tenancy = |of: Option<TenantId>, asked: Option<TenantId>| {
        create(|w, c| {
            w.policy.tenancy = true;
            w.service().tenant_id = asked;
            w.provider().tenant_id = of;
            c.tenant_id = asked;
        })
    };
    vec![
        case(
            tenancy(Some(OTHER_TENANT), Some(TENANT)),
            "tenant_mismatch",
            "provider_id",
            json!({"id": PROVIDER}),
            "This belongs to another tenant. (00000000-0000-0000-0000-000000000090)",
        ),
        case(
            create(|w, _| w.facts.service = None),
            "unknown_service",
            "service_id",
            json!({"id": SERVICE}),
            "There is no such service. (00000000-0000-0000-0000-00000000005e)",
        ),
        case(
            create(|w, _| w.facts.provider = None),
            "unknown_provider",
            "provider_id",
            json!({"id": PROVIDER}),
            "There is no such provider. (00000000-0000-0000-0000-000000000090)",
        ),
        case(
            create(|_, c| c.addon_ids = vec![AddonId(Uuid::from_u128(1))]),
            "unknown_addon",
            "addon_ids",
            json!({"id": "00000000-0000-0000-0000-000000000001"}),
            "There is no such add-on. (00000000-0000-0000-0000-000000000001)",
        ),
        case(
            create(|w, _| w.service().active = false),
            "inactive_service",
            "service_id",
            json!("nothing"),
            "This service is not offered at present.",
        ),
        case(
            create(|w, _| w.provider().active = false),
            "inactive_provider",
            "provider_id",
            json!("nothing"),
            "This provider takes no bookings at present.",
        ),
        case(
            create(|w, _| w.provider().offers = false),
            "service_not_offered",
            "provider_id",
            json!("nothing"),
            "This provider does not give this service.",
        ),
        case(
            with_addon(|addon| addon.active = false),
            "inactive_addon",
            "addon_ids",
            json!({"id": addon_id}),
            "This add-on is not offered at present. (00000000-0000-0000-0000-0000000000ad)",
        ),
        case(
            create(|_, c| c.addon_ids = vec![ADDON, ADDON]),
            "repeated_addon",
            "addon_ids",
            json!({"id": addon_id}),
            "This add-on is chosen twice. (00000000-0000-0000-0000-0000000000ad)",
        ),
        case(
            with_addon(|addon| addon.service_id = Some(OTHER_SERVICE)),
            "addon_of_other_service",
            "addon_ids",
            json!({"id": addon_id}),
            "This add-on belongs to another service. (00000000-0000-0000-0000-0000000000ad)",
        ),
        case(
            with_addon(|addon| addon.currency = currency("EUR")),
            "currency_mismatch",
            "addon_ids",
            json!({"id": addon_id}),
            "This add-on is priced in another currency. (00000000-0000-0000-0000-0000000000ad)",
        ),
    ]
}

fn of_verbs() -> Vec<Case> {
    let (early, hers) = later(0, |_| {});
    let (forbidden, fixed) = later(0, |terms| {
        terms.cancellation_allowed = false;
        terms.reschedule_allowed = false;
    });
    let (late, noticed) = later(23 * 60 + 1, |terms| {
        terms.cancellation_notice_minutes = 60;
        terms.reschedule_notice_minutes = 60;
    });
    let deadline = json!({"deadline": "2026-11-24T11:00:00Z"});
    let past = wish(at(-60));
    let done = booking(Status::Completed);
    vec![
        case(
            early.complete(&hers, &on(&hers)),
            "not_started",
            None,
            json!({"start": "2026-11-24T12:00:00Z"}),
            "It has not started yet: it starts Tue 24 Nov 2026 12:00 UTC.",
        ),
        case(
            forbidden.cancel(&fixed, &cancelling(&fixed)),
            "cancellation_not_allowed",
            None,
            json!("nothing"),
            "This booking's terms do not allow cancelling.",
        ),
        case(
            late.cancel(&noticed, &cancelling(&noticed)),
            "cancellation_notice",
            None,
            deadline.clone(),
            "Too late to cancel: that was possible until Tue 24 Nov 2026 11:00 UTC.",
        ),
        case(
            forbidden.reschedule(&fixed, &moving(&fixed, at(3000))),
            "reschedule_not_allowed",
            None,
            json!("nothing"),
            "This booking's terms do not allow moving it.",
        ),
        case(
            late.reschedule(&noticed, &moving(&noticed, at(3000))),
            "reschedule_notice",
            None,
            deadline,
            "Too late to move: that was possible until Tue 24 Nov 2026 11:00 UTC.",
        ),
        case(
            early.cancel(&done, &cancelling(&done)),
            "wrong_status",
            None,
            json!({"lifecycle": {"verb": "cancel", "status": "COMPLETED"}}),
            "A completed booking can't be cancelled.",
        ),
        case(
            early.cancel(&hers, &CancelBooking { version: 9, ..cancelling(&hers) }),
            "stale_version",
            "version",
            json!({"stale": {"seen": 9, "current": 1, "changed": []}}),
            "Somebody else changed this booking since you opened it.",
        ),
        case(
            early.create(&CreateBooking { overrides: overriding(&[Code::StartInPast], " "), ..past }),
            "override_reason_required",
            "override_reason",
            json!({"override": "start_in_past"}),
            "Overriding start_in_past needs a reason.",
        ),
    ]
}

#[test]
fn each_has_its_field_its_facts_and_its_sentence() {
    for case in [of_fields(), of_time(), of_catalogue(), of_verbs()].into_iter().flatten() {
        let refusals = case.decided.expect_err(case.code);
        let [refusal] = refusals.reasons.as_slice() else { panic!("{}: {refusals:?}", case.code) };
        let data = json!({"code": case.code, "field": case.field, "concerns": case.concerns});
        assert_eq!(serde_json::to_value(refusal).unwrap(), data);
        assert_eq!(refusal.to_string(), case.sentence);
        assert_eq!(refusals.to_string(), case.sentence);
        assert_eq!((refusals.codes(), refusals.has(refusal.code)), (vec![refusal.code], true));
    }
}

/// Two never come alone: they are provoked beside another.
#[test]
fn every_code_is_provoked() {
    let mut provoked: BTreeSet<&str> =
        [of_fields(), of_time(), of_catalogue(), of_verbs()].iter().flatten().map(|case| case.code).collect();

    check(
        create(|w, _| w.policy.tenancy = true),
        "tenant_required tenant_id, tenant_mismatch service_id, tenant_mismatch provider_id",
    );
    let soft = create(|w, c| {
        w.service().active = false;
        c.overrides = overriding(&[Code::InactiveService], "VIP");
    });
    check(soft.clone(), "inactive_service service_id, override_not_allowed override");
    assert_eq!(soft.unwrap_err().reasons[1].to_string(), "Your role may not override inactive_service.");
    provoked.extend(["tenant_required", "override_not_allowed"]);

    // Said by whoever reads wall-clock times, and by the store.
    let elsewhere = ["local_time_skipped", "local_time_ambiguous", "idempotency_mismatch"];
    provoked.extend(elsewhere);
    let all: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(provoked, all);
}

/// A clash that runs over midnight, or over a change of the clocks, says both days or both zones.
#[test]
fn spans_say_what_differs() {
    let sentence = |start: &str, end: &str, zone: chrono_tz::Tz| {
        let concerns = Concern::Clash {
            reference: Reference::new(2026, 1),
            busy_start: start.parse().unwrap(),
            busy_end: end.parse().unwrap(),
        };
        Refusal::about(Code::Overlap, "start_at", concerns).sentence(zone)
    };
    let night = sentence("2026-11-23T23:30:00Z", "2026-11-24T00:30:00Z", chrono_tz::UTC);
    assert!(night.contains("Mon 23 Nov 2026 23:30 UTC to Tue 24 Nov 2026 00:30 UTC"), "{night}");
    let autumn = sentence("2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", chrono_tz::America::New_York);
    assert!(autumn.contains("Sun 1 Nov 2026 01:30 EDT to Sun 1 Nov 2026 01:30 EST"), "{autumn}");
}
