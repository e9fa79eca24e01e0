//! Soft and hard refusals, who may override which, and what the event keeps of it.

use bookings_core::*;

use crate::support::*;

/// The soft list of the design, and nothing else.
const SOFT: [Code; 12] = [
    Code::Duplicate,
    Code::SlotUnavailable,
    Code::SlotEngineUnavailable,
    Code::InactiveService,
    Code::InactiveProvider,
    Code::ServiceNotOffered,
    Code::StartInPast,
    Code::NotStarted,
    Code::CancellationNotAllowed,
    Code::CancellationNotice,
    Code::RescheduleNotAllowed,
    Code::RescheduleNotice,
];

#[test]
fn soft_is_exactly_this() {
    for code in Code::ALL {
        assert_eq!(code.is_soft(), SOFT.contains(code), "{code:?}");
    }
}

#[test]
fn each_role_overrides_what_it_may() {
    for code in Code::ALL {
        let soft = SOFT.contains(code);
        let staff = matches!(code, Code::StartInPast | Code::Duplicate);
        let may = Role::ALL.map(|role| role.may_override(*code));
        assert_eq!(may, [false, staff, soft, soft], "{code:?}");
    }
    for role in Role::ALL {
        assert_eq!(Role::parse(role.as_str()), Some(role));
    }
    assert_eq!(Role::parse("Owner"), None);
    assert_eq!(Actor::program("import").role, Role::Viewer);
}

/// A booking with everything soft against its creation.
fn softly_wrong(role: Role) -> (World, CreateBooking) {
    let mut world = World::new();
    world.actor.role = role;
    world.policy.duplicate_guard_minutes = 120;
    world.policy.slot_validation = SlotValidation::Engine;
    world.slots = SlotAnswer::Starts(vec![at(0)]);
    world.book(&wish(at(0)));
    world.service().active = false;
    world.provider().active = false;
    world.provider().offers = false;
    world.slots = SlotAnswer::Starts(Vec::new());
    (world, wish(at(-60)))
}

const ALL_SOFT_OF_CREATE: [Code; 6] = [
    Code::InactiveService,
    Code::InactiveProvider,
    Code::ServiceNotOffered,
    Code::StartInPast,
    Code::Duplicate,
    Code::SlotUnavailable,
];

#[test]
fn overridden_by_name_with_a_reason() {
    let (world, command) = softly_wrong(Role::Admin);
    let all = "inactive_service service_id, inactive_provider provider_id, service_not_offered provider_id, \
               start_in_past start_at, duplicate start_at, slot_unavailable start_at";
    check(world.create(&command), all);

    // Only those that applied are kept, in the order of the rules; the reason without the spaces around it.
    let mut named = ALL_SOFT_OF_CREATE.to_vec();
    named.reverse();
    named.extend([Code::CancellationNotice, Code::SlotEngineUnavailable]);
    let overrides = overriding(&named, " She is the mayor ");
    let (_, event) = changed(world.create(&CreateBooking { overrides, ..command.clone() }));
    assert_eq!(event.data.overrides, ALL_SOFT_OF_CREATE);
    assert_eq!(event.data.override_reason, "She is the mayor");

    let some = overriding(&[Code::StartInPast, Code::InactiveService, Code::SlotUnavailable], "VIP");
    let command = CreateBooking { overrides: some, ..command };
    let left = "inactive_provider provider_id, service_not_offered provider_id, duplicate start_at";
    check(world.create(&command), left);
}

#[test]
fn a_reason_is_needed_and_short() {
    let (world, command) = softly_wrong(Role::Owner);
    let give = |reason: String| {
        world.create(&CreateBooking { overrides: overriding(&ALL_SOFT_OF_CREATE, &reason), ..command.clone() })
    };
    check(give(" \n".into()), "override_reason_required override_reason");
    check(give("é".repeat(1000)), "CREATED CONFIRMED");
    check(give("é".repeat(1001)), "too_long override_reason");
}

#[test]
fn staff_override_two_and_a_viewer_none() {
    let (world, command) = softly_wrong(Role::Staff);
    let command = CreateBooking { overrides: overriding(&ALL_SOFT_OF_CREATE, "VIP"), ..command };
    check(
        world.create(&command),
        "inactive_service service_id, override_not_allowed override, inactive_provider provider_id, \
         override_not_allowed override, service_not_offered provider_id, override_not_allowed override, \
         slot_unavailable start_at, override_not_allowed override",
    );
    let past = CreateBooking { overrides: overriding(&[Code::StartInPast], "Walked in"), ..wish(at(-60)) };
    check(World::new().create(&past), "CREATED CONFIRMED");
    let mut world = World::new();
    world.actor.role = Role::Viewer;
    check(world.create(&past), "start_in_past start_at, override_not_allowed override");
}

#[test]
fn a_hard_rule_is_nobodys_to_override() {
    let mut world = World::new();
    world.actor.role = Role::Owner;
    world.book(&wish(at(60)));
    world.book(&wish(at(120)));
    let command = CreateBooking { overrides: overriding(&[Code::Overlap], "Squeeze in"), ..wish(at(90)) };
    // Two bookings are in the way, but the override is refused once.
    let decided = world.create(&command);
    check(decided.clone(), "overlap start_at, override_not_allowed override, overlap start_at");
    assert_eq!(decided.unwrap_err().reasons[1].concerns, Concern::Override("overlap".into()));
}

#[test]
fn one_that_never_applied_leaves_no_trace() {
    let command = CreateBooking { overrides: overriding(&[Code::StartInPast, Code::Overlap], ""), ..wish(at(60)) };
    let mut world = World::new();
    world.actor.role = Role::Viewer;
    let (_, event) = changed(world.create(&command));
    assert_eq!((event.data.overrides, event.data.override_reason), (Vec::new(), String::new()));
    let command = CreateBooking { overrides: overriding(&[Code::StartInPast], "Unused"), ..wish(at(60)) };
    assert_eq!(changed(world.create(&command)).1.data.override_reason, "");
}

#[test]
fn every_verb_keeps_its_overrides() {
    let mut booking = booking(Status::Confirmed);
    let terms = &mut booking.snapshot;
    (terms.cancellation_allowed, terms.reschedule_allowed) = (false, false);
    (terms.cancellation_notice_minutes, terms.reschedule_notice_minutes) = (6000, 6000);
    let mut world = World::new();
    world.actor.role = Role::Admin;
    let kept = |decided: Decided| {
        let (_, event) = changed(decided);
        assert_eq!(event.data.override_reason, "Storm");
        event.data.overrides
    };

    let codes = [Code::CancellationNotAllowed, Code::CancellationNotice];
    let cancel = CancelBooking { overrides: overriding(&codes, "Storm"), ..cancelling(&booking) };
    assert_eq!(kept(world.cancel(&booking, &cancel)), codes);

    let codes = [Code::RescheduleNotAllowed, Code::RescheduleNotice, Code::StartInPast];
    let overrides = overriding(&codes, "Storm");
    assert_eq!(kept(world.reschedule(&booking, &RescheduleBooking { overrides, ..moving(&booking, at(-5)) })), codes);
    let edit =
        EditBooking { start_at: Some(at(-5)), overrides: overriding(&codes, "Storm"), ..EditBooking::of(&booking) };
    assert_eq!(kept(world.edit(&booking, &edit)), codes);

    let early = VerbOn { overrides: overriding(&[Code::NotStarted], "Storm"), ..on(&booking) };
    assert_eq!(kept(world.complete(&booking, &early)), [Code::NotStarted]);
    assert_eq!(kept(mark_no_show(&booking, &early, &world.context())), [Code::NotStarted]);

    let cancelled = Booking { status: Status::Cancelled, ..booking };
    world.now = cancelled.start_at + micros(1);
    let late = VerbOn { overrides: overriding(&[Code::StartInPast], "Storm"), ..on(&cancelled) };
    assert_eq!(kept(world.reinstate(&cancelled, &late)), [Code::StartInPast]);
}
