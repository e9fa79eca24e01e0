//! Today.

use super::*;
use bookings_admin::views::Picker;
use bookings_admin::views::board::{Axis, BoardPage, Column, Entry, Start, What, lay_out};
use bookings_admin::views::today::*;

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
        phone: if n.is_multiple_of(3) { "+1 868 555 0142".into() } else { String::new() },
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
        undo: Some(Undo { reference: "BK-2026-C4T0ZW3N".into(), version: 2, next: "/".into() }),
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

fn minutes(time: &str) -> i32 {
    let number = |part: &str| part.parse::<i32>().unwrap_or_default();
    time.split_once(':').map_or(0, |(hours, minutes)| number(hours) * 60 + number(minutes))
}

/// Providers beside each other.
pub fn board() -> BoardPage {
    use StatusChip::*;
    let states = [Completed, NoShow, Completed, Confirmed, Confirmed, Pending, Confirmed, Confirmed, Confirmed];
    let entry = |n: usize| {
        let (start, end, client, service, _) = PEOPLE[n];
        let what = What::Booking {
            reference: reference(n),
            status: states[n % states.len()],
            time: format!("{start}–{end}"),
            client: client.into(),
            service: service.into(),
        };
        Entry { start: minutes(start), end: minutes(end), what }
    };
    let axis = Axis {
        from: 8 * 60,
        step: 15,
        ticks: (32..72)
            .map(|quarter| {
                let time = format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15);
                (if quarter % 4 == 0 { time.clone() } else { String::new() }, time, quarter == 42)
            })
            .collect(),
        end: "18:00".into(),
    };
    let columns: Vec<Column> = PROVIDERS
        .iter()
        .enumerate()
        .map(|(id, name)| {
            let entries: Vec<Entry> = (0..PEOPLE.len()).filter(|&n| PEOPLE[n].4 == *name).map(entry).collect();
            Column {
                label: (*name).into(),
                detail: format!("{} bookings", entries.len()),
                href: format!("/board?view=week&provider={id}"),
                starts: (0..40).map(|row| Start::Book(format!("/bookings/new?provider={id}&row={row}"))).collect(),
                entries,
            }
        })
        .collect();
    BoardPage {
        shell: shell("Board", Some(Section::Board)),
        date: "Monday 23 November 2026".into(),
        moves: ["Earlier", "Today", "Later"].map(|label| Link::new(label, "/board?date=2026-11-22")).into(),
        views: vec![(Link::new("Day", "/board"), true), (Link::new("Week", "/board?view=week"), false)],
        date_value: "2026-11-23".into(),
        view: "day",
        provider: Picker::Select(
            SelectField::new("provider", "Provider", choices(&PROVIDERS, &[])).placeholder("All providers"),
        ),
        summary: None,
        note: None,
        grid: lay_out(columns, &axis),
        pages: Vec::new(),
        empty: None,
    }
}

/// A search.
pub fn find() -> FindPage {
    let booking = |n: usize| FoundItem {
        status: Some(StatusChip::Confirmed),
        ..FoundItem::new(PEOPLE[n].2, format!("Mon 23 Nov, 10:15\u{2013}11:00 {}", reference(n)), "/bookings/x")
    };
    let group = |label, items| FoundGroup { label, items };
    FindPage {
        shell: shell("Search", None),
        q: "mar".into(),
        groups: vec![
            group("Bookings", vec![booking(0), booking(11)]),
            group("Clients", vec![FoundItem::new("Marisol Baptiste", "marisol@example.com", "/clients/x")]),
            group("Pages", vec![FoundItem::new("Staff", "", "/staff")]),
        ],
        nothing: String::new(),
    }
}
