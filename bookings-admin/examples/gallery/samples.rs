//! Sample pages, shared with the tests of the views.

use askama::Template;
use bookings_admin::views::auth::{LoginPage, SetupPage};
use bookings_admin::views::bookings::*;
use bookings_admin::views::error::Retry;
use bookings_admin::views::form::{AddonGroup, SearchPicker, StartField};
use bookings_admin::views::pager::PageSize;
use bookings_admin::views::records::*;
use bookings_admin::views::today::*;
use bookings_admin::views::*;

const ZONE: &str = "Times in America/Port_of_Spain (UTC−4)";

/// Every sample page: name and HTML.
pub fn pages() -> Result<Vec<(&'static str, String)>, askama::Error> {
    Ok(vec![
        ("login", login().render()?),
        ("login-refused", login_refused().render()?),
        ("setup", SetupPage::new(Shell::signed_out("Create the first account", "t"), "one-time", "", 12).render()?),
        ("today", today().render()?),
        ("today-empty", today_empty().render()?),
        ("list", list().render()?),
        ("list-filtered", list_filtered().render()?),
        ("list-none-match", list_none_match().render()?),
        ("list-refused", list_refused().render()?),
        ("show-pending", show_pending().render()?),
        ("show", show().render()?),
        ("show-cancel-refused", show_cancel_refused().render()?),
        ("show-reschedule-refused", show_reschedule_refused().render()?),
        ("new", new().render()?),
        ("new-refused", new_refused().render()?),
        ("new-fold", new_fold().render()?),
        ("new-search", new_search().render()?),
        ("edit", edit().render()?),
        ("conflict", conflict().render()?),
        ("bulk", bulk().render()?),
        ("error-403", ErrorPage::new(shell("", None), 403).render()?),
        ("error-404", ErrorPage::new(shell("", None), 404).render()?),
        ("error-413", error_413().render()?),
        ("error-503", error_503().render()?),
        ("error-500", ErrorPage::new(Shell::signed_out("", "t"), 500).detail("Request 7f3a-22c1").render()?),
        ("records", records().render()?),
        ("record", record().render()?),
        ("record-form", record_form().render()?),
    ])
}

fn shell(title: &str, current: Option<Section>) -> Shell {
    use Section::*;
    Shell {
        title: title.into(),
        nav: nav(&[Today, Bookings, Board, Clients, Services, Addons, Providers, Staff], current),
        account: Some(Account { name: "Anjali Ramdeen".into(), role: "admin".into() }),
        csrf_token: "sample-token".into(),
        zone: ZONE.into(),
        can_book: true,
        ..Shell::default()
    }
}

/// Sign-in.
pub fn login() -> LoginPage {
    LoginPage::new(Shell::signed_out("Sign in", "t"), "", "/bookings?status=PENDING")
}

/// Sign-in, refused.
pub fn login_refused() -> LoginPage {
    let mut page = LoginPage::new(Shell::signed_out("Sign in", "t"), "anjali", "/");
    page.notice = "Your session has ended. Sign in to go on; what you typed is kept.".into();
    page.refuse(vec![Refusal::new("invalid", "", "Name or password is wrong.")])
}

const PEOPLE: [(&str, &str, &str, &str, &str); 12] = [
    ("08:30", "09:15", "Marisol Baptiste", "Deep tissue massage", "Kezia Alleyne"),
    ("09:00", "09:30", "Dev Maharaj", "Beard trim", "Ronaldo Pierre"),
    ("09:15", "10:45", "Shanice O’Brien-Mohammed", "Balayage · + 2 add-ons", "Tamara St. Louis"),
    ("10:00", "11:00", "Aaliyah Joseph", "Yoga, small group · party of 4", "Kezia Alleyne"),
    ("10:15", "11:00", "Søren Kjær", "Physiotherapy, first visit", "Dr. Indra Persad"),
    ("10:45", "11:15", "Wei Chen", "Haircut", "Ronaldo Pierre"),
    ("11:15", "12:00", "Grace Adeyemi", "Physiotherapy", "Dr. Indra Persad"),
    ("11:30", "12:00", "Lucía Fernández", "Haircut", "Ronaldo Pierre"),
    ("13:00", "14:30", "Keisha Thompson", "Colour and cut", "Tamara St. Louis"),
    ("14:00", "14:45", "Brandon Lee Singh", "Physiotherapy", "Dr. Indra Persad"),
    ("15:15", "16:00", "Zofia Wiśniewska", "Hot stone massage", "Kezia Alleyne"),
    ("16:30", "17:00", "Marcus Charles", "Beard trim", "Ronaldo Pierre"),
];

fn reference(n: usize) -> String {
    const TAILS: [&str; 12] = [
        "7K3M9QXZ", "2W8HVT4C", "N5RBD0JA", "P9F6EYS1", "8XQ2MK7G", "C4T0ZW3N", "H7VJ5RB9", "D1AYE6PS", "M3G8XK2Q",
        "T9NC4W0Z", "R5BH7VJD", "E6PS1AYF",
    ];
    format!("BK-2026-{}", TAILS[n % TAILS.len()])
}

fn today_row(n: usize, status: StatusChip, actions: &[Verb]) -> TodayRow {
    let (start, end, client, service, provider) = PEOPLE[n];
    TodayRow {
        reference: reference(n),
        version: "3".into(),
        status,
        start: start.into(),
        end: end.into(),
        start_iso: format!("2026-11-23T{start}:00-04:00"),
        day: String::new(),
        client: client.into(),
        service: service.into(),
        provider: provider.into(),
        phone: if n % 3 == 0 { "+1 868 555 0142".into() } else { String::new() },
        actions: actions.into(),
    }
}

fn count(label: &str, value: &str, alert: bool) -> Count {
    Count { label: label.into(), value: value.into(), href: "/bookings?status=PENDING".into(), alert }
}

/// The day.
pub fn today() -> TodayPage {
    use StatusChip::*;
    let settle = [Verb::Complete, Verb::NoShow];
    let slot = |time: &str, n: usize| {
        Some(Slot { time: time.into(), client: PEOPLE[n].2.into(), href: format!("/bookings/{}", reference(n)) })
    };
    let provider = |name: &str, now, next, idle: &str| ProviderNow {
        name: name.into(),
        href: "/bookings?provider=1".into(),
        now,
        next,
        idle: idle.into(),
    };
    let mut pending = today_row(9, Pending, &[Verb::Confirm]);
    pending.day = "Tue 24 Nov".into();
    let section = |heading: &str, detail: &str, alert, rows| TodaySection {
        heading: heading.into(),
        detail: detail.into(),
        alert,
        rows,
    };
    let mut shell = shell("Today", Some(Section::Today));
    shell.flash = Some(Flash {
        message: "Wei Chen was confirmed.".into(),
        link: Some(Link::new("Open the booking", "/bookings/BK-2026-C4T0ZW3N")),
    });
    TodayPage {
        shell,
        date: "Monday 23 November 2026".into(),
        counts: vec![
            count("to approve", "2", true),
            count("upcoming", "7", false),
            count("in progress", "2", false),
            count("done", "3", false),
            count("no-show", "1", false),
        ],
        providers: vec![
            provider("Dr. Indra Persad", slot("until 11:00", 4), slot("11:15", 6), ""),
            provider("Kezia Alleyne", slot("until 11:00", 3), slot("15:15", 10), ""),
            provider("Ronaldo Pierre", None, slot("10:45", 5), "Free until 10:45"),
            provider("Tamara St. Louis", None, slot("13:00", 8), "Free until 13:00"),
        ],
        sections: vec![
            section("To approve", "waiting for a yes", true, vec![today_row(5, Pending, &[Verb::Confirm]), pending]),
            section(
                "To settle",
                "ended, not yet completed",
                true,
                vec![today_row(1, Confirmed, &settle), today_row(2, Confirmed, &settle)],
            ),
            section("Now", "", false, vec![today_row(3, Confirmed, &settle), today_row(4, Confirmed, &settle)]),
            section(
                "Later today",
                "",
                false,
                vec![
                    today_row(6, Confirmed, &[]),
                    today_row(7, Confirmed, &[]),
                    today_row(8, Confirmed, &[]),
                    today_row(10, Cancelled, &[]),
                    today_row(11, Confirmed, &[]),
                ],
            ),
            section("Earlier today", "", false, vec![today_row(0, Completed, &[]), today_row(1, NoShow, &[])]),
        ],
        empty: None,
        more: None,
    }
}

/// A day without bookings.
pub fn today_empty() -> TodayPage {
    TodayPage {
        shell: shell("Today", Some(Section::Today)),
        date: "Monday 23 November 2026".into(),
        counts: vec![count("to approve", "0", false), count("upcoming", "0", false)],
        providers: Vec::new(),
        sections: Vec::new(),
        empty: Some(EmptyState {
            heading: "Nothing booked for today".into(),
            text: "The next booking is on Wednesday at 09:00.".into(),
            action: Some(Link::new("New booking", "/bookings/new")),
        }),
        more: None,
    }
}

fn row(n: usize, day: &str, same_day: bool, status: StatusChip) -> ListRow {
    let (start, end, client, service, provider) = PEOPLE[n % PEOPLE.len()];
    let (service, rest) = service.split_once(" · ").unwrap_or((service, ""));
    let (party, addons) = if rest.starts_with("party") { (rest, "") } else { ("", rest) };
    ListRow {
        reference: reference(n),
        status,
        day: day.into(),
        time: format!("{start}–{end}"),
        start_iso: format!("2026-11-23T{start}:00-04:00"),
        same_day,
        client: client.into(),
        party: party.into(),
        service: service.into(),
        addons: addons.into(),
        provider: provider.into(),
        tenant: String::new(),
        price: ["TTD 250.00", "TTD 80.00", "TTD 1,290.00"][n % 3].into(),
    }
}

fn choices(labels: &[&str], selected: &[usize]) -> Vec<Choice> {
    labels.iter().enumerate().map(|(n, label)| Choice::new(format!("{n}"), *label, selected.contains(&n))).collect()
}

const PROVIDERS: [&str; 4] = ["Dr. Indra Persad", "Kezia Alleyne", "Ronaldo Pierre", "Tamara St. Louis"];
const SERVICES: [&str; 5] = ["Balayage", "Beard trim", "Deep tissue massage", "Haircut", "Physiotherapy"];

fn filter(q: &str, from: &str, to: &str, statuses: &[String], providers: &[usize]) -> FilterBar {
    let quick = ["Today", "Tomorrow", "This week", "Last 30 days"].map(|label| QuickRange {
        label: label.into(),
        href: "/bookings?from=2026-11-23".into(),
        current: label == "This week" && !from.is_empty(),
    });
    FilterBar {
        multi: vec![
            FilterBar::statuses(statuses),
            MultiFilter {
                name: "provider",
                label: "Provider",
                choices: choices(&PROVIDERS, providers),
                more: String::new(),
            },
            MultiFilter { name: "service", label: "Service", choices: choices(&SERVICES, &[]), more: String::new() },
        ],
        quick: quick.into(),
        ..FilterBar::new(q, from, to, "start_at")
    }
}

fn list_of(rows: Vec<ListRow>, filter: FilterBar) -> ListPage {
    ListPage {
        shell: shell("Bookings", Some(Section::Bookings)),
        filter,
        applied: Vec::new(),
        headers: Header::columns("start_at", false, |sort| format!("/bookings?sort={sort}")),
        with_tenant: false,
        rows,
        pager: Pager {
            count: "50 shown".into(),
            previous: None,
            next: Some("/bookings?after=abc".into()),
            sizes: [25, 50, 100, 200]
                .map(|rows| PageSize { rows, href: format!("/bookings?per_page={rows}"), current: rows == 50 })
                .into(),
        },
        empty: None,
        summary: None,
        csv: Some(Link::new("Export CSV", "/bookings.csv")),
        bulk: Vec::new(),
    }
}

/// The plain list.
pub fn list() -> ListPage {
    use StatusChip::*;
    let states = [
        Completed, NoShow, Completed, Confirmed, Confirmed, Pending, Confirmed, Confirmed, Confirmed, Cancelled,
        Confirmed, Pending,
    ];
    let rows = (0..24).map(|n| row(n, ["Mon 23 Nov", "Tue 24 Nov"][n / 12], n % 12 != 0, states[n % 12])).collect();
    list_of(rows, filter("", "", "", &[], &[]))
}

/// Filtered, with a selection.
pub fn list_filtered() -> ListPage {
    let rows = [5, 11].map(|n| row(n, "Mon 23 Nov", n == 11, StatusChip::Pending)).into();
    let mut page = list_of(rows, filter("mar", "2026-11-23", "2026-11-29", &["PENDING".into()], &[2]));
    page.applied = ["Text: mar", "23–29 Nov 2026", "Status: Pending", "Provider: Ronaldo Pierre"]
        .map(|label| AppliedFilter { label: label.into(), remove_href: "/bookings?q=mar".into() })
        .into();
    page.pager.count = "2 found".into();
    page.pager.next = None;
    page.pager.previous = Some("/bookings?before=abc".into());
    page.bulk = vec![Choice::new("confirm", "Confirm", true), Choice::new("cancel", "Cancel", false)];
    page
}

/// Nothing matches.
pub fn list_none_match() -> ListPage {
    let mut page = list_of(Vec::new(), filter("zzz", "", "", &[], &[]));
    page.applied = vec![AppliedFilter { label: "Text: zzz".into(), remove_href: "/bookings".into() }];
    page.empty = Some(EmptyState {
        heading: "No booking matches".into(),
        text: "Try fewer filters, or part of the name.".into(),
        action: Some(Link::new("Clear filters", "/bookings")),
    });
    page
}

/// Wrong values in the query.
pub fn list_refused() -> ListPage {
    let mut page = list_of(Vec::new(), filter("", "2026-13-01", "", &[], &[]));
    page.empty = Some(EmptyState {
        heading: "Nothing to show".into(),
        text: "Correct the filters above.".into(),
        action: Some(Link::new("Clear filters", "/bookings")),
    });
    page.refuse(vec![
        Refusal::new("invalid", "from", "“2026-13-01” is not a date. Write it as 2026-11-23."),
        Refusal::new(
            "invalid",
            "status",
            "“BOGUS” is no status. Known are pending, confirmed, cancelled, completed and no-show.",
        ),
    ])
}

fn reschedule() -> RescheduleFields {
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

fn show_with(status: StatusChip, verbs: Vec<VerbForm>, history: Vec<HistoryEvent>) -> ShowPage {
    ShowPage {
        shell: shell("BK-2026-8XQ2MK7G · Søren Kjær", Some(Section::Bookings)),
        reference: reference(4),
        status,
        version: "4".into(),
        client: "Søren Kjær".into(),
        day: "Monday 23 November 2026".into(),
        time: "10:15–11:15".into(),
        start_iso: "2026-11-23T10:15:00-04:00".into(),
        relative: "in 3 days".into(),
        summary: None,
        verbs,
        edit: Some("/bookings/BK-2026-8XQ2MK7G/edit".into()),
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

fn event(title: &str, kind: &str, who: &str, at: &str, message: &str) -> HistoryEvent {
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

fn change(field: &str, old: &str, new: &str) -> Change {
    Change { field: field.into(), old: old.into(), new: new.into() }
}

fn history() -> Vec<HistoryEvent> {
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

fn confirmed_verbs() -> Vec<VerbForm> {
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

fn suggestions() -> Vec<Suggestion> {
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

fn overlap() -> Refusal {
    Refusal::new("overlap", "start_at", "Dr. Indra Persad is busy from 09:50 to 10:10 with another booking.")
        .with_link("BK-2026-7K3M9QXZ, Marisol Baptiste", "/bookings/BK-2026-7K3M9QXZ")
}

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
        client_name: "Grace <Adeyemi>".into(),
        client_email: "grace@example".into(),
        client_phone: "+1 868 555 0199".into(),
        notes_internal: "\nReferred by Dr. Ali".into(),
        notes_client: String::new(),
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
        reference: reference(4),
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
        verb: Verb::Confirm,
        outcome: "2 of 3 can be confirmed. Nothing has been changed yet.".into(),
        rows: vec![
            row(5, StatusChip::Pending, "", "Will be confirmed"),
            row(11, StatusChip::Pending, "", "Will be confirmed"),
            row(9, StatusChip::Cancelled, "wrong_status", "A cancelled booking cannot be confirmed."),
        ],
        reason: None,
        run: vec![Hidden::new("selection", "s1")],
        submit: "Confirm 2 bookings".into(),
    }
}

fn error_413() -> ErrorPage {
    let mut page = ErrorPage::new(shell("", None), 413);
    page.kept = vec![(
        "Internal notes".into(),
        "A very long note that somebody typed for ten minutes and would hate to lose. ".repeat(6),
    )];
    page
}

fn error_503() -> ErrorPage {
    let mut page = ErrorPage::new(shell("", None), 503);
    page.retry = Some(Retry { action: "/bookings".into(), fields: vec![Hidden::new("client_name", "Grace")] });
    page
}

/// A catalogue list.
pub fn records() -> RecordListPage {
    RecordListPage {
        shell: shell("Services", Some(Section::Services)),
        new: Some(Link::new("New service", "/catalogue/services/new")),
        q: Some(Field::text("q", "Name").kind("search")),
        columns: vec!["Name", "Length", "Price", "Buffers", "Approval"],
        rows: SERVICES
            .iter()
            .enumerate()
            .map(|(n, name)| RecordRow {
                name: (*name).into(),
                href: format!("/catalogue/services/{n}"),
                cells: ["45 min", "TTD 250.00", "10 + 10 min", "not needed"].map(String::from).into(),
                inactive: n == 1,
            })
            .collect(),
        pager: Pager { count: "5 shown".into(), ..Pager::default() },
        empty: None,
        summary: None,
    }
}

fn record() -> RecordShowPage {
    RecordShowPage {
        shell: shell("Physiotherapy", Some(Section::Services)),
        back: Link::new("Services", "/catalogue/services"),
        edit: Some(Link::new("Edit", "/catalogue/services/4/edit")),
        inactive: false,
        facts: vec![
            Fact::new("Length", "45 min"),
            Fact::new("Price", "TTD 250.00"),
            Fact::new("Buffers", "10 min before, 10 min after"),
        ],
        related: vec![Link::new("Bookings of this service", "/bookings?service=4")],
    }
}

/// A catalogue form.
pub fn record_form() -> RecordFormPage {
    RecordFormPage {
        shell: shell("New service", Some(Section::Services)),
        action: "/catalogue/services".into(),
        back: Link::new("Services", "/catalogue/services"),
        summary: None,
        hidden: Vec::new(),
        controls: vec![
            Control::Field(Field::text("name", "Name").required()),
            Control::Field(
                Field::text("duration_minutes", "Length in minutes").kind("number").min(1).required().value("0"),
            ),
            Control::Select(
                SelectField::new("pricing_type", "Pricing", choices(&["Fixed", "Per person", "Free"], &[0])).required(),
            ),
            Control::Heading("Rules".into()),
            Control::Check {
                name: "requires_approval".into(),
                choice: Choice::new("on", "Needs approval", true).detail("new bookings wait as pending"),
            },
            Control::Checks {
                name: "provider_ids".into(),
                label: "Providers".into(),
                choices: choices(&PROVIDERS, &[0, 2]),
                errors: Default::default(),
            },
        ],
        submit: "Save",
    }
    .refuse(vec![Refusal::new("invalid", "duration_minutes", "A service lasts at least 1 minute.")])
}
