//! Rules that can be set aside: by whom, how it is offered, and what the history keeps of it.

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use bookings_core::ServiceId;
use bookings_core::context::SlotValidation;

use crate::common::{Browser, Page, on_each_database, serving, settings, state};
use crate::desk::{Desk, Form, all, assert_kept, assert_refused};
use crate::engine::Engine;

/// Ticks what the refused form at `selector` offers to set aside, first without a reason; the reference of what came of it.
async fn overridden<S, B>(browser: &mut Browser<'_, S>, page: &Page, path: &str, selector: &str, code: &str) -> String
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
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
        // A dry run asks nobody and says so; the run does.
        let reference = answer.location().rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
        let chosen = Form(vec![("verb".into(), "move".into()), ("reference".into(), reference.clone())]);
        let chosen = ada.submit("/bookings/bulk", &chosen).await;
        let bulk = chosen.location().to_owned();
        let page = ada.open(&bulk).await;
        let form = Form::of(&page, "form#bulk").with("minutes", "60");
        let dry = ada.submit(&bulk, &form.clone().and("do", "check")).await;
        assert!(dry.text("h1 + .lead").contains("1 of 1 will be moved"), "{}", dry.text("main"));
        assert!(dry.text(".notes").contains("The slot engine is asked only when it is done"), "{}", dry.text("main"));
        assert_eq!(ada.submit(&bulk, &form.and("do", "run")).await.status, 303);
        let done = ada.open(&bulk).await;
        assert_eq!(done.attribute("[data-code]", "data-code").as_deref(), Some("slot_unavailable"));
        // What was refused is taken up again, and what the engine says set aside before it is asked.
        let again = Form::of(&done, "form#bulk-over").with("verb", "move");
        let bulk = ada.submit("/bookings/bulk", &again).await.location().to_owned();
        let page = ada.open(&bulk).await;
        assert_eq!(page.text("h1"), "Move 1 booking");
        let set_aside = Form::of(&page, "form#bulk").with("minutes", "60").and("override", "slot_unavailable");
        let nameless = ada.submit(&bulk, &set_aside.clone().and("do", "run")).await;
        assert_refused(&nameless, &[("override_reason_required", "override_reason")]);
        let set_aside = set_aside.with("override_reason", "Agreed by phone").and("do", "run");
        assert_eq!(ada.submit(&bulk, &set_aside).await.status, 303);
        assert!(ada.open(&bulk).await.text(".lead").starts_with("Done: 1 moved, 0 refused"));
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
