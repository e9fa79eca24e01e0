//! Every refusal that exists, provoked through a form: where it is said, what is kept, what is offered.

use bookings_core::context::SlotValidation;
use bookings_core::{Code, ProviderId, ServiceId};
use chrono_tz::America::New_York;
use uuid::Uuid;

use crate::common::{Browser, Page, on_each_database, serving, settings, state};
use crate::desk::{Desk, Form, all, assert_kept, assert_refused};
use crate::engine::Engine;

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
fn a_time_that_is_taken_is_refused_with_free_starts_that_can_be_pressed() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let first = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let typed = desk
            .booking(desk.facial, desk.room, &desk.at(3, "10:30"), "Ben")
            .with("addon_ids", &desk.stones.to_string());
        let page = sam.try_to_book(&typed).await;
        assert_refused(&page, &[("overlap", "start_at")]);
        assert_kept(&page, "form.booking-form", &typed);
        assert_eq!(page.attribute("#start_at-error a", "href").unwrap(), format!("/bookings/{first}"));
        let starts = all(&page.html(), "button[name=start_at][data-suggested-start]", "value");
        assert_eq!(starts, all(&page.html(), "[data-suggested-start]", "data-suggested-start"));
        // An hour and a quarter: up to 10:00, or from 11:00 on.
        let fits =
            [desk.instant(3, "08:30"), desk.instant(3, "08:45"), desk.instant(3, "11:00"), desk.instant(3, "11:15")];
        assert_eq!(starts, fits.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)));
        let pressed = Form::of(&page, "form.booking-form").and("start_at", &starts[1]);
        let answer = sam.submit("/bookings", &pressed).await;
        assert_eq!(answer.status, 303, "{}", answer.text("[role=alert]"));
        let booked = sam.open(answer.location()).await;
        assert_eq!(booked.attribute(".lead time", "datetime").unwrap(), starts[1]);
        // The same on the form that moves it.
        let reference = answer.location().trim_start_matches("/bookings/").to_owned();
        let page = sam.act(&reference, "reschedule", &[("start_at", &desk.at(3, "09:30"))]).await;
        assert_refused(&page, &[("overlap", "start_at")]);
        assert!(page.has("details.reschedule[open]"));
        let form = format!("form[action='/bookings/{reference}/reschedule']");
        assert_eq!(Form::of(&page, &form).get("start_at"), desk.at(3, "09:30"));
        let start = page.attribute("[data-suggested-start]", "value").unwrap();
        let moved = sam
            .submit(&format!("/bookings/{reference}/reschedule"), &Form::of(&page, &form).and("start_at", &start))
            .await;
        assert_eq!(moved.status, 303, "{}", moved.text("[role=alert]"));
        assert_eq!(sam.open(moved.location()).await.attribute(".lead time", "datetime").unwrap(), start);
    });
}

#[test]
fn seats_of_a_shared_slot_run_out() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let class =
            |party: &str| desk.booking(desk.class, desk.room, &desk.at(3, "10:00"), "Zoë").with("party_size", party);
        sam.book(&class("3")).await;
        let page = sam.try_to_book(&class("2")).await;
        assert_refused(&page, &[("capacity_exceeded", "party_size")]);
        assert!(page.text("#party_size-error").contains("1 of 4 left"));
        assert!(page.has("[data-suggested-start]"));
        sam.book(&class("1")).await;
        assert_refused(&sam.try_to_book(&class("1")).await, &[("capacity_exceeded", "party_size")]);
    });
}

#[test]
fn a_double_is_refused_until_somebody_says_why() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let mut settings = settings(&db);
        settings.policy.duplicate_guard_minutes = 120;
        let app = serving(state(&db, settings)).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let typed = desk.booking(desk.massage, desk.room, &desk.at(3, "11:00"), "Zoë");
        let page = sam.try_to_book(&typed).await;
        assert_refused(&page, &[("duplicate", "start_at")]);
        assert!(page.has("[data-suggested-start]"));
        let reference = overridden(&mut sam, &page, "/bookings", "form.booking-form", "duplicate").await;
        let shown = sam.open(&format!("/bookings/{reference}")).await;
        assert_eq!(
            shown.text(".overridden").split_whitespace().collect::<Vec<_>>().join(" "),
            "Set aside: duplicate (\u{201c}agreed by phone\u{201d})"
        );
    });
}

/// Ticks what the refused form at `selector` offers to set aside, first without a reason; the reference of what came of it.
async fn overridden<S, B>(browser: &mut Browser<'_, S>, page: &Page, path: &str, selector: &str, code: &str) -> String
where
    S: actix_web::dev::Service<
            actix_http::Request,
            Response = actix_web::dev::ServiceResponse<B>,
            Error = actix_web::Error,
        >,
    B: actix_web::body::MessageBody,
{
    assert_eq!(all(&page.html(), "input[name=override]", "value"), [code]);
    let ticked = Form::of(page, selector).and("override", code);
    let page = browser.submit(path, &ticked).await;
    assert_refused(&page, &[("override_reason_required", "override_reason")]);
    let again = Form::of(&page, selector);
    assert_eq!(again.get("override"), code, "still ticked");
    let answer = browser.submit(path, &again.with("override_reason", "agreed by phone")).await;
    assert_eq!(answer.status, 303, "{}", answer.text("[role=alert]"));
    answer.location().trim_start_matches("/bookings/").to_owned()
}

#[test]
fn who_may_not_set_a_rule_aside_is_not_offered_it_and_refused_it() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let typed = desk.booking(desk.retired, desk.room, &desk.at(3, "10:00"), "Zoë");
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let page = sam.try_to_book(&typed).await;
        assert_refused(&page, &[("inactive_service", "service_id")]);
        assert!(!page.has("[name=override]"));
        let forced = typed.clone().with("override", "inactive_service").with("override_reason", "because");
        let page = sam.try_to_book(&forced).await;
        assert_refused(&page, &[("inactive_service", "service_id"), ("override_not_allowed", "")]);
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let page = ada.try_to_book(&typed).await;
        overridden(&mut ada, &page, "/bookings", "form.booking-form", "inactive_service").await;
        // Nobody sets a hard rule aside.
        let hard = typed
            .with("client_name", "Ben")
            .with("override", "overlap")
            .and("override", "inactive_service")
            .with("override_reason", "because");
        assert_refused(&ada.try_to_book(&hard).await, &[("overlap", "start_at"), ("override_not_allowed", "")]);
    });
}

#[test]
fn staff_may_book_what_has_been() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let page = sam.try_to_book(&desk.booking(desk.massage, desk.room, "2025-06-01T10:00", "Zoë")).await;
        assert_refused(&page, &[("start_in_past", "start_at")]);
        let reference = overridden(&mut sam, &page, "/bookings", "form.booking-form", "start_in_past").await;
        assert_eq!(sam.act(&reference, "complete", &[]).await.status, 303);
    });
}

#[test]
fn a_time_that_the_clocks_skip_offers_its_neighbours() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let mut settings = settings(&db);
        settings.time_zone = New_York;
        let app = serving(state(&db, settings)).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let typed = desk.booking(desk.massage, desk.room, "2040-03-11T02:30", "Zoë");
        let page = sam.try_to_book(&typed).await;
        assert_refused(&page, &[("local_time_skipped", "start_at")]);
        assert_kept(&page, "form.booking-form", &typed);
        let starts = all(&page.html(), "[data-suggested-start]", "value");
        assert_eq!(starts, ["2040-03-11T06:59:00Z", "2040-03-11T07:00:00Z"]);
        let answer = sam.submit("/bookings", &Form::of(&page, "form.booking-form").and("start_at", &starts[1])).await;
        assert_eq!(answer.status, 303);
        assert!(sam.open(answer.location()).await.text(".lead").contains("03:00"));
    });
}

#[test]
fn a_time_that_happens_twice_asks_which() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let mut settings = settings(&db);
        settings.time_zone = New_York;
        let app = serving(state(&db, settings)).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let typed = desk.booking(desk.massage, desk.room, "2040-11-04T01:30", "Zoë");
        for (fold, instant) in [("later", "2040-11-04T06:30:00Z"), ("earlier", "2040-11-04T05:30:00Z")] {
            let page = sam.try_to_book(&typed).await;
            assert_refused(&page, &[("local_time_ambiguous", "start_at")]);
            assert_kept(&page, "form.booking-form", &typed);
            assert_eq!(all(&page.html(), "input[name=start_at_fold]", "value"), ["earlier", "later"]);
            let answer =
                sam.submit("/bookings", &Form::of(&page, "form.booking-form").and("start_at_fold", fold)).await;
            assert_eq!(answer.status, 303, "{}", answer.text("[role=alert]"));
            let address = answer.location().to_owned();
            let shown = sam.open(&address).await;
            assert_eq!(shown.attribute(".lead time", "datetime").unwrap(), instant);
            // Another field of it can be edited without being asked which hour.
            let edit = Form::of(&sam.open(&format!("{address}/edit")).await, "form.booking-form");
            let saved = sam.submit(&address, &edit.with("client_name", "Zoë K.")).await;
            assert_eq!(saved.status, 303, "{}", saved.text("[role=alert]"));
            let shown = sam.open(&address).await;
            assert_eq!(shown.attribute(".lead time", "datetime").unwrap(), instant);
        }
    });
}

#[test]
fn the_slot_engine_has_a_say() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let engine = Engine::start();
        let mut settings = settings(&db);
        settings.policy.slot_validation = SlotValidation::Engine;
        settings.slots_url = Some(engine.url());
        let app = serving(state(&db, settings)).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let typed = desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë");
        let offered = desk.instant(3, "12:00");
        engine.offers(Some(vec![offered]));
        let page = sam.try_to_book(&typed).await;
        assert_refused(&page, &[("slot_unavailable", "start_at")]);
        assert_kept(&page, "form.booking-form", &typed);
        assert!(!page.has("[name=override]"), "that is for admins");
        let start = page.attribute("[data-suggested-start]", "value").unwrap();
        assert_eq!(start, offered.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
        let answer = sam.submit("/bookings", &Form::of(&page, "form.booking-form").and("start_at", &start)).await;
        assert_eq!(answer.status, 303);
        let page = ada.try_to_book(&typed).await;
        overridden(&mut ada, &page, "/bookings", "form.booking-form", "slot_unavailable").await;
        engine.offers(None);
        let typed = typed.with("start_at", &desk.at(4, "10:00"));
        assert_refused(&sam.try_to_book(&typed).await, &[("slot_engine_unavailable", "start_at")]);
        let page = ada.try_to_book(&typed).await;
        overridden(&mut ada, &page, "/bookings", "form.booking-form", "slot_engine_unavailable").await;
    });
}

#[test]
fn terms_of_a_booking_hold_for_staff_and_can_be_set_aside_by_admins() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let mut ada = Browser::signed_in(&app, "Ada").await;
        let (later, latest) = (desk.at(5, "16:00"), desk.at(5, "17:00"));
        let cancel: &[(&str, &str)] = &[("reason", "ill")];
        let cases: [(ServiceId, &str, &[(&str, &str)], &str); 6] = [
            (desk.massage, "complete", &[], "not_started"),
            (desk.massage, "no-show", &[], "not_started"),
            (desk.binding, "cancel", cancel, "cancellation_not_allowed"),
            (desk.long_notice, "cancel", cancel, "cancellation_notice"),
            (desk.binding, "reschedule", &[("start_at", &later)], "reschedule_not_allowed"),
            (desk.long_notice, "reschedule", &[("start_at", &latest)], "reschedule_notice"),
        ];
        for (place, (service, verb, fields, code)) in cases.into_iter().enumerate() {
            let reference =
                sam.book(&desk.booking(service, desk.room, &desk.at(10, &format!("{:02}:00", 8 + place)), "Zoë")).await;
            let address = format!("/bookings/{reference}");
            let action = format!("{address}/{verb}");
            let page = sam.open(&address).await;
            // Said before it is tried; and refused to who tries all the same.
            let why = format!("#{verb}-why");
            assert!(
                page.text(&why).len() > 10 && page.has(&format!("button[disabled][aria-describedby='{verb}-why']")),
                "{verb}"
            );
            assert!(!page.has(&format!("form[action='{action}']")));
            let forced = Form(vec![]).with("version", "1").filled(fields);
            let page = sam.submit(&action, &forced).await;
            assert_refused(&page, &[(code, "")]);
            assert!(!page.has("[name=override]"));
            let forced = forced.with("override", code).with("override_reason", "please");
            assert_refused(&sam.submit(&action, &forced).await, &[(code, ""), ("override_not_allowed", "")]);
            assert_eq!(sam.events(&reference).await, ["CREATED"]);

            let page = ada.open(&address).await;
            assert!(page.text(&why).contains("It needs an override"), "{verb}: {}", page.text(&why));
            let page = ada.act(&reference, verb, fields).await;
            assert_refused(&page, &[(code, "")]);
            let form = format!("form[action='{action}']");
            assert_kept(&page, &form, &Form(vec![]).filled(fields));
            overridden(&mut ada, &page, &action, &form, code).await;
            let shown = ada.open(&address).await;
            assert!(shown.text("[data-event] .overridden").contains(&code.replace('_', " ")), "{verb}");
            assert!(shown.text("[data-event] .overridden").contains("agreed by phone"), "{verb}");
        }
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
fn a_party_larger_than_the_slot_is_refused_to_an_edit_too() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let class = |party: &str, provider: ProviderId| {
            desk.booking(desk.class, provider, &desk.at(3, "10:00"), "Zoë").with("party_size", party)
        };
        let reference = sam.book(&class("2", desk.room)).await;
        sam.book(&class("1", desk.room)).await;
        let address = format!("/bookings/{reference}");
        let edit = Form::of(&sam.open(&format!("{address}/edit")).await, "form.booking-form");
        let page = sam.submit(&address, &edit.clone().with("party_size", "4")).await;
        assert_refused(&page, &[("capacity_exceeded", "party_size")]);
        assert_kept(&page, "form.booking-form", &edit.clone().with("party_size", "4").without("csrf_token"));
        assert_eq!(sam.submit(&address, &edit.with("party_size", "3")).await.status, 303);
        assert!(sam.open(&address).await.text(".facts").contains('3'));
    });
}
