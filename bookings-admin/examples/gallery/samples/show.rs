//! One booking.

use super::*;
use bookings_admin::views::outcomes::BulkOver;

pub fn reschedule() -> RescheduleFields {
    RescheduleFields {
        start: StartField::new("2026-11-23T10:15", ZONE),
        provider: Picker::Select(SelectField::new("provider_id", "Provider", choices(&PROVIDERS, &[0])).required()),
        addons: vec![
            Choice::new("a1", "Ultrasound", true).detail("+15 min, TTD 40.00"),
            Choice::new("a2", "Taping", false).detail("+10 min, TTD 25.00"),
        ],
        ..RescheduleFields::default()
    }
}

pub fn show_with(status: StatusChip, verbs: Vec<VerbForm>, history: Vec<HistoryEvent>) -> ShowPage {
    ShowPage {
        shell: shell("BK-2026-8XQ2MK7G · Søren Kjær", Some(Section::Bookings)),
        reference: reference(4),
        status,
        back: Some("/bookings?status=PENDING&sort=-start_at".into()),
        version: "4".into(),
        client: "Søren Kjær".into(),
        day: "Monday 23 November 2026".into(),
        time: "10:15–11:15".into(),
        start_iso: "2026-11-23T10:15:00-04:00".into(),
        relative: "in 3 days".into(),
        summary: None,
        verbs,
        edit: Some("/bookings/BK-2026-8XQ2MK7G/edit".into()),
        again: Some("/bookings/new?again=BK-2026-8XQ2MK7G".into()),
        over_slot: Some(BulkOver {
            of: vec![Hidden::new("slot", "BK-2026-8XQ2MK7G")],
            label: "With all 7 who share this start".into(),
            verbs: list::bulk_verbs(),
        }),
        facts: vec![
            Fact::new("Service", "Physiotherapy, first visit").href("/catalogue/services/1"),
            Fact::new("Provider", "Dr. Indra Persad").href("/catalogue/providers/1"),
            Fact::new("Length", "60 min").detail("busy 10:05–11:25 with buffers"),
            Fact::new("People", "1"),
            Fact::new("Cancel until", "Sun 22 Nov, 10:15").detail("24 h notice"),
            Fact::new("Reschedule until", "Sun 22 Nov, 22:15").detail("12 h notice"),
            Fact::new("Booked", "Thu 12 Nov, 16:40").detail("by Anjali Ramdeen"),
        ],
        contact: vec![
            Fact::new("E-mail", "soren.kjaer@example.com").href("mailto:soren.kjaer@example.com"),
            Fact::new("Phone", "+1 868 555 0142").href("tel:+18685550142"),
            Fact::new("Bookings", "7 in all").href("/bookings?q=soren.kjaer%40example.com"),
        ],
        notes: vec![
            Fact::new("Client’s notes", "Old knee injury, left side.\nPrefers the ground floor."),
            Fact::new("Internal notes", "Ask for the referral letter."),
        ],
        prices: vec![
            PriceLine {
                label: "Physiotherapy, first visit".into(),
                detail: "45 min".into(),
                amount: "TTD 250.00".into(),
            },
            PriceLine { label: "Ultrasound".into(), detail: "+15 min".into(), amount: "TTD 40.00".into() },
        ],
        total: "TTD 290.00".into(),
        history,
        history_older: None,
        history_newer: None,
    }
}

pub fn event(title: &str, kind: &str, who: &str, at: &str, message: &str) -> HistoryEvent {
    HistoryEvent {
        title: title.into(),
        kind: kind.into(),
        who: who.into(),
        at: at.into(),
        at_iso: "2026-11-12T20:40:00Z".into(),
        message: message.into(),
        ..HistoryEvent::default()
    }
}

pub fn change(field: &str, old: &str, new: &str) -> Change {
    Change { field: field.into(), old: old.into(), new: new.into() }
}

pub fn history() -> Vec<HistoryEvent> {
    vec![
        event(
            "Note added",
            "NOTE_ADDED",
            "Anjali Ramdeen",
            "Wed 18 Nov 2026, 11:20",
            "Called: will be five minutes late.",
        ),
        HistoryEvent {
            changes: vec![
                change("Start", "Mon 23 Nov, 09:00", "Mon 23 Nov, 10:15"),
                change("Provider", "Kezia Alleyne", "Dr. Indra Persad"),
                change("Add-ons", "", "Ultrasound"),
            ],
            overrides: vec!["reschedule notice".into()],
            override_reason: "Asked by phone, provider agreed".into(),
            ..event("Rescheduled", "RESCHEDULED", "Kezia Alleyne", "Tue 17 Nov 2026, 08:02", "")
        },
        event("Confirmed", "CONFIRMED", "Anjali Ramdeen", "Thu 12 Nov 2026, 17:05", ""),
        event("Created", "CREATED", "Anjali Ramdeen", "Thu 12 Nov 2026, 16:40", ""),
    ]
}

/// A pending booking.
pub fn show_pending() -> ShowPage {
    let verbs = vec![
        VerbForm::new(Verb::Confirm).primary(),
        VerbForm::reschedule(reschedule()),
        VerbForm::new(Verb::Complete).disabled("Only after the start, 23 Nov 10:15."),
        VerbForm::new(Verb::NoShow).disabled("Only after the start, 23 Nov 10:15."),
        VerbForm::new(Verb::Cancel),
        VerbForm::new(Verb::Note),
    ];
    show_with(StatusChip::Pending, verbs, history().split_off(3))
}

pub fn confirmed_verbs() -> Vec<VerbForm> {
    vec![
        VerbForm::new(Verb::Complete).primary(),
        VerbForm::new(Verb::NoShow),
        VerbForm::reschedule(reschedule()).caution("Inside the 12 h notice: needs a reason."),
        VerbForm::new(Verb::Cancel).caution("Inside the 24 h notice: needs a reason."),
        VerbForm::new(Verb::Note),
    ]
}

/// A confirmed booking with history.
pub fn show() -> ShowPage {
    let mut page = show_with(StatusChip::Confirmed, confirmed_verbs(), history());
    page.history_older = Some(Link::new("Older events", "?events=2"));
    page
}

/// Cancel inside the notice.
pub fn show_cancel_refused() -> ShowPage {
    let overrides =
        OverrideBlock::new(vec![Choice::new("cancellation_notice", "Cancel inside the 24 h notice", false)], "");
    show_with(StatusChip::Confirmed, confirmed_verbs(), history()).refuse(
        Verb::Cancel,
        vec![Refusal::new(
            "cancellation_notice",
            "",
            "Cancelling was possible until Sun 22 Nov, 10:15 (24 h before the start).",
        )],
        Some(overrides),
    )
}

/// Reschedule onto another booking.
pub fn show_reschedule_refused() -> ShowPage {
    let mut page = show_with(StatusChip::Confirmed, confirmed_verbs(), history());
    for verb in &mut page.verbs {
        if let VerbBody::Reschedule(fields) = &mut verb.body {
            fields.start.suggestions = suggestions();
            fields.start.suggestions_heading = "Free starts nearby".into();
        }
    }
    page.refuse(Verb::Reschedule, vec![overlap()], None)
}

pub fn suggestions() -> Vec<Suggestion> {
    [
        ("14:15", "Mon 23 Nov, 10:15", "15 min later"),
        ("15:30", "Mon 23 Nov, 11:30", "1 h 30 min later"),
        ("12:45", "Mon 23 Nov, 08:45", "1 h 15 min earlier"),
        ("19:00", "Mon 23 Nov, 15:00", "5 h later"),
    ]
    .map(|(at, label, detail)| Suggestion {
        instant: format!("2026-11-23T{at}:00Z"),
        label: label.into(),
        detail: detail.into(),
    })
    .into()
}

pub fn overlap() -> Refusal {
    Refusal::new("overlap", "start_at", "Dr. Indra Persad is busy from 09:50 to 10:10 with another booking.")
        .with_link("BK-2026-7K3M9QXZ, Marisol Baptiste", "/bookings/BK-2026-7K3M9QXZ")
}
