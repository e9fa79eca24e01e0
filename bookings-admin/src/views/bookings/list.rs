//! `GET /bookings`.

use super::EmptyState;
use crate::views::refusal::{Refusal, place};
use crate::views::{Choice, Field, Link, Pager, SelectField, Shell, StatusChip, Summary};
use askama::Template;

/// The list of bookings with its filters.
#[derive(Template)]
#[template(path = "bookings/list.html")]
pub struct ListPage {
    /// Frame.
    pub shell: Shell,
    /// Filters as typed.
    pub filter: FilterBar,
    /// What the list is filtered by, each removable.
    pub applied: Vec<AppliedFilter>,
    /// Columns in order: When, Client, Service, Provider, (Tenant,) Status, Reference.
    pub headers: Vec<Header>,
    /// Whether there is a tenant column.
    pub with_tenant: bool,
    /// The bookings.
    pub rows: Vec<ListRow>,
    /// Paging.
    pub pager: Pager,
    /// Shown instead of the table when there are no rows.
    pub empty: Option<EmptyState>,
    /// Wrong values in the query, answered with 422.
    pub summary: Option<Summary>,
    /// The same list as CSV, for roles that may export.
    pub csv: Option<Link>,
    /// Verbs for a selection (value is the verb's name); empty where the role may not.
    pub bulk: Vec<Choice>,
    /// The filters in force as a query, for "everything this filter finds".
    pub bulk_query: String,
}

impl ListPage {
    /// Places refusals of query values (`from`, `to`, `status` ...) at their fields.
    pub fn refuse(mut self, refusals: Vec<Refusal>) -> Self {
        let filter = &mut self.filter;
        self.summary = place(
            "This list could not be shown",
            refusals,
            &mut [
                ("q", &mut filter.q.errors),
                ("from", &mut filter.from.errors),
                ("to", &mut filter.to.errors),
                ("sort", &mut filter.sort.errors),
            ],
        );
        self
    }
}

/// Everything in the filter form.
#[derive(Clone, Debug)]
pub struct FilterBar {
    /// Free text.
    pub q: Field,
    /// First day, in the shown zone.
    pub from: Field,
    /// Last day, included.
    pub to: Field,
    /// Order of the list.
    pub sort: SelectField,
    /// Status, provider, service, tenant.
    pub multi: Vec<MultiFilter>,
    /// Common ranges as links.
    pub quick: Vec<QuickRange>,
    /// Rows a page, kept when it is not the default.
    pub per_page: Option<u32>,
    /// The client whose bookings these are, or empty; kept.
    pub client: String,
}

impl FilterBar {
    /// The bar as typed; `sort` is the query's value or `start_at`.
    pub fn new(q: &str, from: &str, to: &str, sort: &str) -> Self {
        let orders = [
            ("start_at", "Start, earliest first"),
            ("-start_at", "Start, latest first"),
            ("-created_at", "Newest booked first"),
            ("created_at", "Oldest booked first"),
            ("client_name", "Client"),
            ("reference", "Reference"),
        ];
        Self {
            q: Field::text("q", "Client, e-mail, phone or reference").kind("search").value(q).maxlength(200),
            from: Field::text("from", "From").kind("date").value(from),
            to: Field::text("to", "To").kind("date").value(to),
            sort: SelectField::new(
                "sort",
                "Sort",
                orders.map(|(value, label)| Choice::new(value, label, value == sort)).into(),
            ),
            multi: Vec::new(),
            quick: Vec::new(),
            per_page: None,
            client: String::new(),
        }
    }

    /// The status filter with these codes ticked.
    pub fn statuses(selected: &[String]) -> MultiFilter {
        MultiFilter {
            name: "status",
            label: "Status",
            choices: StatusChip::ALL
                .map(|status| {
                    let ticked = selected.iter().any(|code| code == status.code());
                    Choice::new(status.code(), status.label(), ticked)
                })
                .into(),
            more: String::new(),
        }
    }
}

/// One filter of several values.
#[derive(Clone, Debug, Default)]
pub struct MultiFilter {
    /// Name in the query.
    pub name: &'static str,
    /// Visible label.
    pub label: &'static str,
    /// At most 200, the ticked ones among them.
    pub choices: Vec<Choice>,
    /// Said when not all are listed: "200 of 3,400: search by name instead".
    pub more: String,
}

impl MultiFilter {
    /// How many are ticked.
    pub fn ticked(&self) -> usize {
        self.choices.iter().filter(|choice| choice.selected).count()
    }
}

/// A common range as a link.
#[derive(Clone, Debug)]
pub struct QuickRange {
    /// "This week".
    pub label: String,
    /// The list with it, other filters kept.
    pub href: String,
    /// Whether the list shows it.
    pub current: bool,
}

/// A filter in force.
#[derive(Clone, Debug)]
pub struct AppliedFilter {
    /// "Status: Pending".
    pub label: String,
    /// The list without it.
    pub remove_href: String,
}

/// How a column is sorted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorted {
    /// Not by it.
    No,
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

impl Sorted {
    /// Value of `aria-sort`.
    pub fn aria(self) -> &'static str {
        match self {
            Self::No => "none",
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }
}

/// One column's head.
#[derive(Clone, Debug)]
pub struct Header {
    /// Visible text.
    pub label: &'static str,
    /// Where a click leads and how it is sorted now; none for columns without order.
    pub sort: Option<(String, Sorted)>,
}

impl Header {
    /// The list's columns. `href` gives the address of the list under a `sort` value; a click on the column in force
    /// turns its order round.
    pub fn columns(sort: &str, with_tenant: bool, href: impl Fn(&str) -> String) -> Vec<Self> {
        let sortable = |label, key: &str| {
            let back = format!("-{key}");
            let both_ways = key == "start_at";
            let (state, target) = if sort == key && both_ways {
                (Sorted::Ascending, back.as_str())
            } else if sort == key {
                (Sorted::Ascending, key)
            } else if sort == back {
                (Sorted::Descending, key)
            } else {
                (Sorted::No, key)
            };
            Self { label, sort: Some((href(target), state)) }
        };
        let plain = |label| Self { label, sort: None };
        let mut columns =
            vec![sortable("When", "start_at"), sortable("Client", "client_name"), plain("Service"), plain("Provider")];
        if with_tenant {
            columns.push(plain("Tenant"));
        }
        columns.extend([plain("Status"), sortable("Reference", "reference")]);
        columns
    }
}

/// One booking in the list.
#[derive(Clone, Debug)]
pub struct ListRow {
    /// Reference.
    pub reference: String,
    /// Status.
    pub status: StatusChip,
    /// "Mon 23 Nov" (with the year when it is not this one).
    pub day: String,
    /// "10:15–11:00".
    pub time: String,
    /// Start as RFC 3339.
    pub start_iso: String,
    /// Whether the row above is of the same day: the day is then shown quietly.
    pub same_day: bool,
    /// Client's name.
    pub client: String,
    /// "party of 4"; empty for one.
    pub party: String,
    /// Service.
    pub service: String,
    /// Provider.
    pub provider: String,
    /// Tenant; empty without tenancy.
    pub tenant: String,
    /// Client's phone; may be empty.
    pub phone: String,
}
