//! The list of bookings as a page: what its query says, what was found, what can be done from here.

use bookings_core::Refusal;
use bookings_db::bookings;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::list::Loaded;
use super::rows::{Look, rows};
use crate::forms::list::{FROM_TODAY, Menu, kept};
use crate::handlers::bulk::verbs;
use crate::present;
use crate::raw_form::{RawForm, encode};
use crate::views::bookings::{Column, EmptyState, Header, ListPage, ListRow};
use crate::views::{self, Link, Pager};

/// The longest address of a list that its bookings lead back to.
const LONGEST_WAY_BACK: usize = 2_000;

/// Everything the page is made from.
pub(super) struct View<'a> {
    pub form: &'a RawForm,
    pub menu: &'a Menu,
    pub zone: Tz,
    pub now: DateTime<Utc>,
    pub loaded: &'a Loaded,
    pub tenancy: bool,
    pub may_export: bool,
    pub may_import: bool,
    pub may_bulk: bool,
    pub may_share: bool,
}

impl View<'_> {
    pub(super) fn page(&self, shell: views::Shell, can_book: bool) -> ListPage {
        let sort = match self.form.get("sort") {
            "" => "start_at",
            sort => sort,
        };
        let columns = self.columns();
        let rows = self.rows(&columns);
        ListPage {
            shell,
            filter: self.filter(sort),
            sorted_instead: self.loaded.sorted_instead.is_some(),
            applied: self.applied(),
            views: super::views::bar(&self.loaded.views, self.form, self.may_share),
            headers: Header::columns(&columns, sort, |sort| self.href(&["sort"], &[("sort", sort)])),
            with_phone: columns.contains(&Column::Phone),
            wide: columns.len() > Column::usual(self.tenancy).len(),
            columns: Column::offered(self.tenancy)
                .filter(|column| *column != Column::Client)
                .map(|column| views::Choice::new(column.name(), column.label(), columns.contains(&column)))
                .collect(),
            pager: self.pager(rows.len()),
            empty: rows.is_empty().then(|| self.empty(can_book)),
            rows,
            summary: None,
            import: self.may_import.then(|| Link::new("Import", "/import")),
            csv: self
                .may_export
                .then(|| Link::new("CSV", self.href(&[], &[]).replacen("/bookings", "/bookings.csv", 1))),
            bulk: if self.may_bulk { verbs() } else { Vec::new() },
            bulk_query: encode(&self.filters()),
            query: encode(self.form.fields()),
        }
    }

    /// Those the query names, else those the person likes.
    fn columns(&self) -> Vec<Column> {
        match self.form.has("column") {
            true => Column::chosen(self.form.all("column"), self.tenancy),
            false => Column::chosen(self.loaded.views.columns.iter().map(String::as_str), self.tenancy),
        }
    }

    /// The filters in force, without the place in the list.
    fn filters(&self) -> Vec<(String, String)> {
        let how = |name: &str| matches!(name, "per_page" | "sort" | "column");
        kept(self.form).into_iter().filter(|(name, _)| !how(name)).collect()
    }

    /// The same list with some fields of its query replaced; every change begins at the first page.
    pub(super) fn href(&self, without: &[&str], with: &[(&str, &str)]) -> String {
        let dropped = |name: &str| without.contains(&name) || matches!(name, "after" | "before");
        let kept = self.form.fields().iter().filter(|(name, value)| !dropped(name) && !value.is_empty()).cloned();
        let added = with.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let fields: Vec<(String, String)> = kept.chain(added).collect();
        if fields.is_empty() { "/bookings?view=all".into() } else { format!("/bookings?{}", encode(&fields)) }
    }

    /// This very list, for its bookings to lead back to.
    fn way_back(&self) -> String {
        let fields: Vec<_> = self.form.fields().iter().filter(|(_, value)| !value.is_empty()).cloned().collect();
        let back = encode(&[("next".into(), format!("/bookings?{}", encode(&fields)))]);
        if fields.is_empty() || back.len() > LONGEST_WAY_BACK { String::new() } else { format!("?{back}") }
    }

    fn rows(&self, columns: &[Column]) -> Vec<ListRow> {
        let Some(page) = &self.loaded.page else { return Vec::new() };
        let back = self.way_back();
        let look = Look { names: &self.loaded.names, zone: self.zone, now: self.now, columns, back: &back };
        rows(&page.rows, &look)
    }

    fn pager(&self, shown: usize) -> Pager {
        let page = self.loaded.page.as_ref();
        let turn = |field: &str, cursor: Option<&bookings::Cursor>| {
            cursor.map(|cursor| self.href(&[], &[(field, &cursor.encode())]))
        };
        let whole = page.is_some_and(|page| page.previous.is_none() && page.next.is_none());
        Pager {
            count: match self.loaded.count {
                _ if whole => format!("{shown} found"),
                Some(many) => format!("{shown} of {} shown", present::counted(many)),
                None => format!("{shown} shown"),
            },
            previous: turn("before", page.and_then(|page| page.previous.as_ref())),
            next: turn("after", page.and_then(|page| page.next.as_ref())),
            sizes: Vec::new(),
        }
    }

    fn empty(&self, can_book: bool) -> EmptyState {
        let new = || can_book.then(|| Link::new("New booking", "/bookings/new"));
        let filters = self.filters();
        if matches!(filters.as_slice(), [(name, value)] if name == "range" && value == FROM_TODAY) {
            return EmptyState {
                heading: "Nothing from today on".into(),
                text: "Bookings of today and later appear here, soonest first.".into(),
                action: new(),
            };
        }
        if !filters.is_empty() {
            return EmptyState {
                heading: "Nothing matches".into(),
                text: "No booking fits all of these filters.".into(),
                action: Some(Link::new("Clear filters", "/bookings?view=all")),
            };
        }
        EmptyState {
            heading: "No bookings yet".into(),
            text: "Bookings appear here, soonest first.".into(),
            action: new(),
        }
    }

    pub(super) fn refused(&self, mut page: ListPage, refusals: &[Refusal]) -> ListPage {
        page.empty = Some(EmptyState {
            heading: "No list".into(),
            text: "Correct what is named above, or start again without filters.".into(),
            action: Some(Link::new("Clear filters", "/bookings?view=all")),
        });
        page.refuse(present::refusals(refusals, self.zone))
    }
}
