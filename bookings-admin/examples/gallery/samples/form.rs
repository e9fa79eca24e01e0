//! Forms, conflicts, selections.

use super::show::{overlap, suggestions};
use super::*;
use bookings_admin::views::form::{AddonGroup, SearchPicker};

fn blank(typed: Typed) -> BookingFormPage {
    let mut page = BookingFormPage::new(shell("New booking", Some(Section::Bookings)), "/bookings", ZONE, typed);
    page.idempotency_key = Some("0192f1c4-key".into());
    page.service = Some(Picker::Select(
        SelectField::new("service_id", "Service", choices(&SERVICES, &[4])).placeholder("Choose a service").required(),
    ));
    page.provider = Picker::Select(
        SelectField::new("provider_id", "Provider", choices(&PROVIDERS, &[0]))
            .placeholder("Choose a provider")
            .required(),
    );
    page.addons = vec![
        AddonGroup {
            service_id: "4".into(),
            service: "Physiotherapy".into(),
            addons: vec![
                Choice::new("a1", "Ultrasound", true).detail("+15 min, TTD 40.00"),
                Choice::new("a2", "Taping", false).detail("+10 min, TTD 25.00"),
            ],
        },
        AddonGroup {
            service_id: "0".into(),
            service: "Balayage".into(),
            addons: vec![
                Choice::new("a3", "Toner", false).detail("+20 min, TTD 120.00"),
                Choice::new("a4", "Blow-dry", false).detail("+30 min, TTD 90.00"),
            ],
        },
    ];
    page
}

fn typed() -> Typed {
    Typed {
        start_at: "2026-11-23T10:00".into(),
        party_size: "1".into(),
        capacity_consumed: String::new(),
        client_name: "Grace <Adeyemi>".into(),
        client_email: "grace@example".into(),
        client_phone: "+1 868 555 0199".into(),
        notes_internal: "\nReferred by Dr. Ali".into(),
        ..Typed::default()
    }
}

/// An empty form.
pub fn new() -> BookingFormPage {
    blank(Typed { party_size: "1".into(), ..Typed::default() })
}

/// Refused for several reasons.
pub fn new_refused() -> BookingFormPage {
    let mut page = blank(typed());
    page.start.suggestions = suggestions();
    page.start.suggestions_heading = "Free starts nearby".into();
    let overrides = OverrideBlock::new(
        vec![
            Choice::new("start_in_past", "Book a start in the past", false),
            Choice::new("duplicate", "Book although the same client has one within 2 h", true),
        ],
        "Walk-in, wrote it down late",
    );
    page.refuse(
        vec![
            overlap(),
            Refusal::new("start_in_past", "start_at", "This start is in the past."),
            Refusal::new("invalid", "client_email", "“grace@example” is not an e-mail address."),
            Refusal::new("tenant_required", "", "No tenant is set for this account."),
        ],
        Some(overrides),
    )
}

/// A repeated hour.
pub fn new_fold() -> BookingFormPage {
    let mut page = blank(Typed { start_at: "2026-10-25T02:30".into(), ..typed() });
    page.start.fold = vec![
        Choice::new("earlier", "02:30 summer time", false).detail("UTC+2, the first"),
        Choice::new("later", "02:30 winter time", false).detail("UTC+1, an hour after"),
    ];
    page.refuse(
        vec![Refusal::new(
            "local_time_ambiguous",
            "start_at",
            "02:30 happens twice on 25 Oct 2026, when the clocks go back.",
        )],
        None,
    )
}

/// Thousands of providers.
pub fn new_search() -> BookingFormPage {
    let mut page = blank(typed());
    page.provider = Picker::Search(SearchPicker {
        name: "provider_id".into(),
        label: "Provider".into(),
        query: "per".into(),
        results: choices(&["Dr. Indra Persad", "Ronaldo Pierre", "Sunita Persaud"], &[0]),
        message: "3 found".into(),
        required: true,
        ..SearchPicker::default()
    });
    page
}

/// An existing booking.
pub fn edit() -> BookingFormPage {
    let mut page = blank(typed());
    page.shell.title = "Edit BK-2026-8XQ2MK7G".into();
    page.action = "/bookings/BK-2026-8XQ2MK7G".into();
    page.back = Link::new("Cancel", "/bookings/BK-2026-8XQ2MK7G");
    page.service = None;
    page.service_text = "Physiotherapy".into();
    page.addons.truncate(1);
    page.idempotency_key = None;
    page.version = Some("4".into());
    page.submit = "Save changes";
    page
}

/// Two editors.
pub fn conflict() -> ConflictPage {
    let row = |label: &str, before: &str, theirs: &str, mine: &str| ConflictRow {
        label: label.into(),
        before: before.into(),
        theirs: theirs.into(),
        mine: mine.into(),
    };
    ConflictPage {
        shell: shell("Someone changed this booking first", Some(Section::Bookings)),
        list: Link::new("Bookings", "/bookings"),
        record: Link::new(reference(4), format!("/bookings/{}", reference(4))),
        who: "Kezia Alleyne rescheduled it 2 minutes ago".into(),
        rows: vec![
            row("Start", "Mon 23 Nov, 09:00", "Mon 23 Nov, 10:15", "Mon 23 Nov, 11:00"),
            row("Provider", "Kezia Alleyne", "Dr. Indra Persad", "Kezia Alleyne"),
            row("Phone", "+1 868 555 0142", "+1 868 555 0142", "+1 868 555 0177"),
        ],
        action: "/bookings/BK-2026-8XQ2MK7G".into(),
        version: "5".into(),
        fields: vec![Hidden::new("client_phone", "+1 868 555 0177")],
        apply: "Apply mine on top".into(),
    }
}

/// A dry run.
pub fn bulk() -> BulkPage {
    let row = |n: usize, status, code: &str, outcome: &str| BulkRow {
        reference: reference(n),
        status,
        when: "Mon 23 Nov, 10:45".into(),
        client: PEOPLE[n].2.into(),
        code: code.into(),
        outcome: outcome.into(),
    };
    BulkPage {
        shell: shell("Confirm 3 bookings", Some(Section::Bookings)),
        outcome: "2 of 3 will be confirmed. Nothing has been changed yet.".into(),
        done: None,
        notes: vec!["1 refused: their status does not allow it".into()],
        action: "/bookings/bulk/s1".into(),
        fields: Vec::new(),
        picker: None,
        overrides: None,
        buttons: vec![BulkButton { value: "run", label: "Confirm 2 bookings".into(), primary: true }],
        summary: None,
        rows: vec![
            row(9, StatusChip::Cancelled, "wrong_status", "A cancelled booking cannot be confirmed."),
            row(5, StatusChip::Pending, "", "Will be confirmed"),
            row(11, StatusChip::Pending, "", "Will be confirmed"),
        ],
        more: String::new(),
        outcomes: Vec::new(),
        over: None,
        next: None,
    }
}
