//! Every refusal that exists, provoked through a form: where it is said and what is kept.

use bookings_core::rules::fields::{EMAIL_LENGTH, NAME_LENGTH, NOTE_LENGTH, PHONE_LENGTH, REASON_LENGTH};
use bookings_core::{Code, ServiceId};
use uuid::Uuid;

use crate::common::{Browser, on_each_database, serving, settings, state};
use crate::desk::{Desk, Form, assert_kept, assert_refused};

/// The tests below, by the codes they provoke; and what no form can provoke, with the reason.
const PROVOKED: &[Code] = &[
    Code::Required,
    Code::Invalid,
    Code::TooLong,
    Code::LocalTimeSkipped,
    Code::LocalTimeAmbiguous,
    Code::PartySize,
    Code::CapacityConsumed,
    Code::CapacityExceeded,
    Code::Overlap,
    Code::Duplicate,
    Code::SlotUnavailable,
    Code::SlotEngineUnavailable,
    // In tenancy.rs.
    Code::TenantRequired,
    Code::TenantMismatch,
    Code::UnknownService,
    Code::UnknownProvider,
    Code::UnknownAddon,
    Code::InactiveService,
    Code::InactiveProvider,
    Code::ServiceNotOffered,
    Code::InactiveAddon,
    Code::RepeatedAddon,
    Code::AddonOfOtherService,
    Code::CurrencyMismatch,
    Code::StartInPast,
    Code::NotStarted,
    Code::CancellationNotAllowed,
    Code::CancellationNotice,
    Code::RescheduleNotAllowed,
    Code::RescheduleNotice,
    // In bookings.rs.
    Code::WrongStatus,
    Code::StaleVersion,
    Code::IdempotencyMismatch,
    Code::OverrideNotAllowed,
    Code::OverrideReasonRequired,
];

const UNPROVOKED: &[(Code, &str)] =
    &[(Code::EndBeforeStart, "a form has no end, and the database keeps no service of no length")];

#[test]
fn a_booking_like_another_is_begun_with_all_but_its_time() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let first = desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë");
        let first = first.with("addon_ids", &desk.stones.to_string());
        let reference = sam.book(&first).await;
        let booking = sam.open(&format!("/bookings/{reference}")).await;
        let client = sam.open(&booking.attribute("a[href^='/clients/']", "href").unwrap()).await;
        for page in [booking, client] {
            let href = page.attribute("a[href*='again=']", "href").unwrap();
            let begun = sam.open(&href).await;
            let expected = first.clone().with("start_at", "").with("notes_client", "").with("notes_internal", "");
            assert_kept(&begun, "form.booking-form", &expected);
        }
        // As another booking, not as the same one sent twice.
        let href = format!("/bookings/new?again={reference}");
        let again = Form::of(&sam.open(&href).await, "form.booking-form").with("start_at", &desk.at(4, "10:00"));
        assert_ne!(sam.book(&again).await, reference);
        for unknown in ["BK-2026-00000000", "nothing"] {
            assert_eq!(sam.get(&format!("/bookings/new?again={unknown}")).await.status, 404);
        }
    });
}

#[test]
fn no_code_is_forgotten() {
    let mut known: Vec<Code> = PROVOKED.iter().copied().chain(UNPROVOKED.iter().map(|(code, _)| *code)).collect();
    known.sort_unstable();
    let mut every = Code::ALL.to_vec();
    every.sort_unstable();
    assert_eq!(known, every);
}

/// Fields of the form of a new booking that are refused, and how.
fn wrong_fields(desk: &Desk) -> Vec<(Form, Vec<(&'static str, &'static str)>)> {
    let fine = || desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë");
    let with = |name: &str, value: &str| fine().with(name, value);
    let of = |service: ServiceId| desk.booking(service, desk.room, &desk.at(3, "10:00"), "Zoë");
    let long = "x".repeat(10_001);
    let nothing = Uuid::nil().to_string();
    vec![
        (with("client_name", "  "), vec![("required", "client_name")]),
        (with("service_id", ""), vec![("required", "service_id")]),
        (with("provider_id", ""), vec![("required", "provider_id")]),
        (with("start_at", ""), vec![("required", "start_at")]),
        (with("client_email", "nobody"), vec![("invalid", "client_email")]),
        (with("client_phone", "call me"), vec![("invalid", "client_phone")]),
        (with("start_at", "soon"), vec![("invalid", "start_at")]),
        (with("start_at", "2026-02-30T10:00"), vec![("invalid", "start_at")]),
        (with("party_size", "two"), vec![("invalid", "party_size")]),
        (with("party_size", "-1"), vec![("invalid", "party_size")]),
        (with("party_size", "1.5"), vec![("invalid", "party_size")]),
        (with("party_size", "99999999999"), vec![("invalid", "party_size")]),
        (with("capacity_consumed", "all"), vec![("invalid", "capacity_consumed")]),
        (with("override", "everything"), vec![("invalid", "")]),
        (with("client_name", &long), vec![("too_long", "client_name")]),
        (with("client_email", &format!("{long}@example.com")), vec![("too_long", "client_email")]),
        (with("client_phone", &"5".repeat(65)), vec![("too_long", "client_phone")]),
        (with("notes_internal", &long), vec![("too_long", "notes_internal")]),
        (with("notes_client", &long), vec![("too_long", "notes_client")]),
        (with("party_size", "2"), vec![("party_size", "party_size")]),
        (with("party_size", "0"), vec![("party_size", "party_size")]),
        (with("capacity_consumed", "2"), vec![("capacity_consumed", "capacity_consumed")]),
        (
            of(desk.class).filled(&[("party_size", "5")]),
            vec![("party_size", "party_size"), ("capacity_exceeded", "party_size")],
        ),
        (
            of(desk.class).filled(&[("party_size", "3"), ("capacity_consumed", "2")]),
            vec![("capacity_consumed", "capacity_consumed")],
        ),
        (
            with("tenant_id", &nothing),
            vec![("tenant_mismatch", ""), ("tenant_mismatch", "service_id"), ("tenant_mismatch", "provider_id")],
        ),
        (with("service_id", &nothing), vec![("unknown_service", "service_id")]),
        (with("provider_id", &nothing), vec![("unknown_provider", "provider_id")]),
        (with("addon_ids", &nothing), vec![("unknown_addon", "addon_ids")]),
        (with("service_id", "the blue one"), vec![("unknown_service", "service_id")]),
        (with("provider_id", "' OR 1=1"), vec![("unknown_provider", "provider_id")]),
        (with("addon_ids", "{}"), vec![("unknown_addon", "addon_ids")]),
        (of(desk.retired), vec![("inactive_service", "service_id")]),
        (with("provider_id", &desk.closed_room.to_string()), vec![("inactive_provider", "provider_id")]),
        (with("addon_ids", &desk.retired_addon.to_string()), vec![("inactive_addon", "addon_ids")]),
        (
            with("addon_ids", &desk.stones.to_string()).and("addon_ids", &desk.stones.to_string()),
            vec![("repeated_addon", "addon_ids")],
        ),
        (with("addon_ids", &desk.of_facial.to_string()), vec![("addon_of_other_service", "addon_ids")]),
        (with("addon_ids", &desk.in_euro.to_string()), vec![("currency_mismatch", "addon_ids")]),
        (with("start_at", "2020-01-01T10:00"), vec![("start_in_past", "start_at")]),
        (
            with("party_size", "two").filled(&[("client_name", ""), ("client_email", "nobody"), ("start_at", "soon")]),
            vec![
                ("invalid", "party_size"),
                ("required", "client_name"),
                ("invalid", "client_email"),
                ("invalid", "start_at"),
            ],
        ),
        (
            with("client_name", "").filled(&[
                ("provider_id", &desk.closed_room.to_string()),
                ("addon_ids", &desk.in_euro.to_string()),
                ("start_at", "2020-01-01T10:00"),
                ("party_size", "2"),
            ]),
            vec![
                ("required", "client_name"),
                ("inactive_provider", "provider_id"),
                ("currency_mismatch", "addon_ids"),
                ("start_in_past", "start_at"),
                ("party_size", "party_size"),
            ],
        ),
    ]
}

/// What the page can't show again: ids that are nothing's.
fn shown_again(typed: &Form) -> Form {
    let known = |name: &str, value: &str| {
        !name.ends_with("_id") && name != "addon_ids" || Uuid::try_parse(value).is_ok_and(|id| !id.is_nil())
    };
    let fields = typed.0.iter().filter(|(name, value)| known(name, value) && name != "override");
    let mut fields: Vec<_> = fields.cloned().collect();
    // Ticked twice is ticked once.
    fields.dedup();
    Form(fields)
}

#[test]
fn every_wrong_field_is_refused_where_it_is_and_nothing_typed_is_lost() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        for (typed, expected) in wrong_fields(&desk) {
            let page = sam.try_to_book(&typed).await;
            assert_refused(&page, &expected);
            assert_kept(&page, "form.booking-form", &shown_again(&typed));
        }
        assert!(sam.open("/bookings").await.has(".empty"), "nothing was booked");
    });
}

#[test]
fn an_edit_is_refused_in_the_same_way() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let fine = desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë");
        let reference = sam.book(&fine).await;
        let address = format!("/bookings/{reference}");
        for (typed, expected) in wrong_fields(&desk) {
            // The service of a booking stays, and so does its tenant; nothing has to be typed that it has already.
            let asks_more = |(code, field): &(&str, &str)| {
                matches!(*field, "service_id" | "tenant_id")
                    || code.starts_with("tenant")
                    || (*code, *field) == ("required", "provider_id")
            };
            let others = typed.get("service_id") != desk.massage.to_string();
            if others || expected.iter().any(asks_more) {
                continue;
            }
            let form = Form::of(&sam.open(&format!("{address}/edit")).await, "form.booking-form");
            let form = typed.0.iter().fold(form, |form, (name, _)| form.without(name));
            let form = Form([form.0, typed.clone().without("service_id").0].concat());
            let page = sam.submit(&address, &form).await;
            assert_refused(&page, &expected);
            assert_kept(&page, "form.booking-form", &shown_again(&typed.without("service_id")));
        }
        assert_eq!(sam.events(&reference).await, ["CREATED"]);
    });
}

#[test]
fn reasons_and_notes_are_asked_for() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let reference = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let (long, longer) = ("x".repeat(1_001), "x".repeat(10_001));
        for (verb, field, text, code) in [
            ("cancel", "reason", " ", "required"),
            ("cancel", "reason", long.as_str(), "too_long"),
            ("note", "message", "\r\n", "required"),
            ("note", "message", longer.as_str(), "too_long"),
            ("reschedule", "start_at", "", "required"),
            ("reschedule", "start_at", "noon", "invalid"),
        ] {
            let page = sam.act(&reference, verb, &[(field, text)]).await;
            assert_refused(&page, &[(code, field)]);
            assert!(page.has(&format!("details.{verb}[open]")));
            assert_eq!(Form::of(&page, &format!("form[action$='/{verb}']")).get(field), text, "{verb}");
        }
        let page = sam.act(&reference, "cancel", &[("version", "x"), ("reason", "ill")]).await;
        assert_refused(&page, &[("invalid", "")]);
        assert_eq!(sam.events(&reference).await, ["CREATED"]);
    });
}

#[test]
fn fields_take_as_much_as_the_rules_do() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let reference = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let new = sam.open("/bookings/new").await;
        let booking = sam.open(&format!("/bookings/{reference}")).await;
        for (page, field, most) in [
            (&new, "client_name", NAME_LENGTH),
            (&new, "client_email", EMAIL_LENGTH),
            (&new, "client_phone", PHONE_LENGTH),
            (&new, "notes_internal", NOTE_LENGTH),
            (&new, "notes_client", NOTE_LENGTH),
            (&booking, "reason", REASON_LENGTH),
            (&booking, "message", NOTE_LENGTH),
        ] {
            assert_eq!(page.attribute(&format!("[name={field}]"), "maxlength").unwrap(), most.to_string(), "{field}");
        }
    });
}
