//! `GET /bookings`.

use super::{Column, EmptyState};
use crate::views::refusal::{Refusal, place};
use crate::views::{Choice, Field, Hidden, Link, Pager, SelectField, Shell, StatusChip, Summary};
use askama::Template;

/// The list of bookings with its filters.
#[derive(Template)]
#[template(path = "bookings/list.html")]
pub struct ListPage {
    /// Frame.
    pub shell: Shell,
    /// Filters as typed.
    pub filter: FilterBar,
    /// Whether the order is not the one asked for, because so much could not be sorted.
    pub sorted_instead: bool,
    /// What the list is filtered by, each removable.
    pub applied: Vec<AppliedFilter>,
    /// Saved views, and what can be done with them.
    pub views: ViewBar,
    /// The columns' heads in order.
    pub headers: Vec<Header>,
    /// Whether the phone has a column of its own.
    pub with_phone: bool,
    /// Whether there are more columns than a window has room for: the table scrolls in its frame, beside its clients.
    pub wide: bool,
    /// Every column there is, those shown ticked.
    pub columns: Vec<Choice>,
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
    /// Bookings from a file, for those who may.
    pub import: Option<Link>,
    /// Verbs for a selection (value is the verb's name); empty where the role may not.
    pub bulk: Vec<Choice>,
    /// The filters in force as a query, for "everything this filter finds".
    pub bulk_query: String,
    /// The whole list as a query: filters, order, columns and view, without the place in it.
    pub query: String,
}

impl ListPage {
    /// Places refusals of query values (`from`, `to`, `status` ...) at their fields.
    pub fn refuse(self, refusals: Vec<Refusal>) -> Self {
        self.refuse_with("This list could not be shown", refusals)
    }

    /// As [`refuse`](ListPage::refuse), under a heading of its own.
    pub fn refuse_with(mut self, heading: &str, refusals: Vec<Refusal>) -> Self {
        let (filter, views) = (&mut self.filter, &mut self.views);
        let mut fields =
            vec![filter.q.slot(), filter.from.slot(), filter.to.slot(), filter.sort.slot(), views.name.slot()];
        fields.extend(views.current.as_mut().map(|current| current.name.slot()));
        self.summary = place(heading, refusals, &mut fields);
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
    /// What other filters keep: rows a page, client, columns, view.
    pub kept: Vec<Hidden>,
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
            kept: Vec::new(),
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
            shown: Shown::All,
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
    /// The ticked ones, and what `shown` says.
    pub choices: Vec<Choice>,
    /// How much of the choices is on the page.
    pub shown: Shown,
}

/// How much of a filter's choices is on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// All.
    #[default]
    All,
    /// The ticked ones; the rest is asked for by `menu={name}`.
    Ticked,
    /// The menu was asked for and is open, with a search in it.
    Menu {
        /// Searched for; sent as `menu_q`.
        words: String,
        /// "12 found".
        message: String,
    },
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
    /// Which.
    pub column: Column,
    /// Where a click leads and how it is sorted now; none for columns without order.
    pub sort: Option<(String, Sorted)>,
}

impl Header {
    /// The heads of `columns`. `href` gives the address of the list under a `sort` value; a click on the column in force
    /// turns its order round.
    pub fn columns(columns: &[Column], sort: &str, href: impl Fn(&str) -> String) -> Vec<Self> {
        let head = |column: Column| {
            let sort = column.sort().map(|(key, both_ways)| {
                let back = format!("-{key}");
                let (state, target) = if sort == key && both_ways {
                    (Sorted::Ascending, back.as_str())
                } else if sort == key {
                    (Sorted::Ascending, key)
                } else if sort == back {
                    (Sorted::Descending, key)
                } else {
                    (Sorted::No, key)
                };
                (href(target), state)
            });
            Self { column, sort }
        };
        columns.iter().map(|column| head(*column)).collect()
    }
}

/// Saved views as a row of links, and the form behind it.
#[derive(Clone, Debug, Default)]
pub struct ViewBar {
    /// All bookings, then the views.
    pub links: Vec<ViewLink>,
    /// Name of another view.
    pub name: Field,
    /// Whether the person may share views.
    pub shares: bool,
    /// Whether "shared" is ticked.
    pub shared: bool,
    /// Whether "open with it" is ticked.
    pub default: bool,
    /// The view shown, where there is one.
    pub current: Option<CurrentView>,
    /// Whether the form stands open, after a refusal.
    pub open: bool,
}

/// A saved view as a link.
#[derive(Clone, Debug)]
pub struct ViewLink {
    /// Its name.
    pub label: String,
    /// The list under it.
    pub href: String,
    /// Whether it is shown.
    pub current: bool,
    /// Whether everybody sees it.
    pub shared: bool,
    /// Whether the list opens with it.
    pub default: bool,
}

/// What can be done with the view that is shown.
#[derive(Clone, Debug)]
pub struct CurrentView {
    /// Its id.
    pub id: String,
    /// Its name, as typed.
    pub name: Field,
    /// Whether the person may change it.
    pub may_change: bool,
    /// Whether the list shows something else by now.
    pub changed: bool,
    /// Whether the list opens with it.
    pub default: bool,
}

/// One booking in the list.
#[derive(Clone, Debug, Default)]
pub struct ListRow {
    /// Reference.
    pub reference: String,
    /// Its page, which leads back to this list.
    pub href: String,
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
    /// "party of 4" beside the name; empty for one, or where there is a column of it.
    pub party: String,
    /// How many people.
    pub people: String,
    /// Service.
    pub service: String,
    /// Provider.
    pub provider: String,
    /// Tenant; empty without tenancy.
    pub tenant: String,
    /// Client's phone; may be empty.
    pub phone: String,
    /// Client's e-mail address; may be empty.
    pub email: String,
    /// "TTD 120.00"; may be empty.
    pub price: String,
    /// "Mon 23 Nov 2026, 10:15".
    pub created: String,
}
