//! The list of bookings.

use super::*;
use bookings_admin::views::bookings::{Column, CurrentView, Shown, ViewBar, ViewLink};
use bookings_admin::views::client::{ClientBookings, ClientPage};
use bookings_admin::views::pager::PageSize;

fn row(n: usize, day: &str, same_day: bool, status: StatusChip) -> ListRow {
    let (start, end, client, service, provider) = PEOPLE[n % PEOPLE.len()];
    let (service, rest) = service.split_once(" · ").unwrap_or((service, ""));
    let party = if rest.starts_with("party") { rest } else { "" };
    ListRow {
        reference: reference(n),
        href: format!("/bookings/{}?next=%2Fbookings%3Fstatus%3DPENDING", reference(n)),
        status,
        day: day.into(),
        time: format!("{start}–{end}"),
        start_iso: format!("2026-11-23T{start}:00-04:00"),
        same_day,
        client: client.into(),
        party: party.into(),
        service: service.into(),
        provider: provider.into(),
        tenant: String::new(),
        phone: if n.is_multiple_of(3) { "+1 868 555 0142".into() } else { String::new() },
        email: "someone.with.a.long.name@example.com".into(),
        people: "1".into(),
        price: "TTD 420.00".into(),
        created: "Mon 16 Nov 2026, 09:12".into(),
    }
}

fn filter(q: &str, from: &str, to: &str, statuses: &[String], providers: &[usize]) -> FilterBar {
    let quick = ["From today", "Today", "Tomorrow", "This week", "Last 30 days"].map(|label| QuickRange {
        label: label.into(),
        href: "/bookings?from=2026-11-23".into(),
        current: label == "This week" && !from.is_empty(),
    });
    FilterBar {
        kept: vec![Hidden::new("per_page", "100")],
        multi: vec![
            FilterBar::statuses(statuses),
            MultiFilter {
                name: "provider",
                label: "Provider",
                choices: choices(&PROVIDERS, providers),
                shown: Shown::All,
            },
            MultiFilter { name: "service", label: "Service", choices: choices(&SERVICES, &[]), shown: Shown::All },
        ],
        quick: quick.into(),
        ..FilterBar::new(q, from, to, "start_at")
    }
}

fn list_of(rows: Vec<ListRow>, filter: FilterBar) -> ListPage {
    ListPage {
        sorted_instead: false,
        shell: shell("Bookings", Some(Section::Bookings)),
        filter,
        applied: Vec::new(),
        views: ViewBar {
            links: vec![
                view("All bookings", true, false),
                view("To be confirmed this week", false, false),
                view("No-shows", false, true),
            ],
            name: Field::text("name", "Name").maxlength(60).required(),
            shares: true,
            ..ViewBar::default()
        },
        headers: Header::columns(&Column::chosen([].into_iter(), false), "start_at", |sort| {
            format!("/bookings?sort={sort}")
        }),
        with_phone: false,
        wide: false,
        columns: Column::offered(false).map(|one| Choice::new(one.name(), one.label(), one == Column::When)).collect(),
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
        import: Some(Link::new("Import", "/import")),
        bulk: Vec::new(),
        bulk_query: String::new(),
        query: "status=PENDING".into(),
    }
}

fn view(label: &str, current: bool, shared: bool) -> ViewLink {
    ViewLink { label: label.into(), href: "/bookings?view=all".into(), current, shared, default: shared }
}

/// A saved view with columns of its own, and counts beside the choices of a filter.
pub fn list_view() -> ListPage {
    let columns = Column::ALL.iter().filter(|one| **one != Column::Tenant).map(|one| one.name());
    let rows = (0..12).map(|n| row(n, "Mon 23 Nov", n != 0, StatusChip::Confirmed)).collect();
    let mut page = list_of(rows, filter("", "2026-11-23", "2026-11-29", &["CONFIRMED".into()], &[]));
    page.headers =
        Header::columns(&Column::chosen(columns, false), "created_at", |sort| format!("/bookings?sort={sort}"));
    page.with_phone = true;
    page.wide = true;
    page.pager.count = "50 of 1,000+ shown".into();
    for choice in page.filter.multi.iter_mut().flat_map(|multi| &mut multi.choices) {
        choice.detail = "128".into();
    }
    page.views.current = Some(CurrentView {
        id: "0".into(),
        name: Field::text("view_name", "Name").value("No-shows").maxlength(60).required(),
        may_change: true,
        changed: true,
        default: true,
    });
    page.views.open = true;
    page
}

/// A client who never came so far.
pub fn client() -> ClientPage {
    let upcoming = (0..3).map(|n| row(n, "Mon 30 Nov", n != 0, StatusChip::Confirmed)).collect();
    ClientPage {
        shell: shell("Ana Pereira", Some(Section::Clients)),
        book: Some("/bookings/new?again=BK-2026-8XQ2MK7G".into()),
        facts: vec![Fact::new("E-mail", "ana@example.com"), Fact::new("Visits", "0"), Fact::new("Upcoming", "3")],
        headers: list_of(Vec::new(), filter("", "", "", &[], &[])).headers,
        tables: vec![
            ClientBookings {
                heading: "Upcoming",
                rows: upcoming,
                none: "",
                all: Link::new("All upcoming bookings", "/bookings?client=ana"),
            },
            ClientBookings {
                heading: "Earlier",
                rows: Vec::new(),
                none: "They were not here yet.",
                all: Link::new("All bookings, latest first", "/bookings?client=ana"),
            },
        ],
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
    page.bulk = bulk_verbs();
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

/// Some of the verbs over many.
pub fn bulk_verbs() -> Vec<Choice> {
    vec![Choice::new("confirm", "Confirm", true), Choice::new("cancel", "Cancel", false)]
}
