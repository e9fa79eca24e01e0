//! How a filtered list is read: several short walks along an index, merged, instead of one long walk past what does not fit.
//!
//! `status IN (a, b) ORDER BY start_at LIMIT 50` has no index: each value is in order, both together are not. So every value
//! is walked by itself up to the page's size, and the page is made of the first rows of all walks. What an index holds
//! beside its order is filtered in it; rows are looked up for the page alone.
//!
//! Under an order that runs against the days, what was booked within some days stands together far from where a walk
//! begins. Of days that hold few enough bookings all are read along their own index, and sorted in it.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment};
use diesel::sql_types::BigInt;

use super::filter::{Chosen, Condition, Filter, Place, Value, push_all};
use super::find::Contains;
use super::list::{ListQuery, Sort};
use crate::condition::condition;
use crate::connection::{Conn, MultiBackend, known_by_text};
use bookings_core::Status;

/// The most walks of one page.
const MOST: usize = 40;

/// The most walks of each of several counts.
const FEW: usize = 4;

/// What the index walked along begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lead {
    Provider,
    /// Service, then status.
    Service,
    /// Tenant, then status.
    Tenant,
    Status,
    /// The order itself.
    Order,
}

impl Lead {
    const fn filters(self) -> &'static [Filter] {
        match self {
            Lead::Provider => &[Filter::Provider],
            Lead::Service => &[Filter::Service, Filter::Status],
            Lead::Tenant => &[Filter::Tenant, Filter::Status],
            Lead::Status => &[Filter::Status],
            Lead::Order => &[],
        }
    }
}

/// Which index is walked along, of those that begin with `lead`.
fn index(lead: Lead, sort: Sort) -> &'static str {
    match (lead, sort) {
        (_, Sort::ClientName) => "booking_by_client",
        (_, Sort::Reference) => "booking_by_reference",
        (Lead::Provider, Sort::StartAt | Sort::StartAtDescending) => "booking_by_provider",
        (Lead::Service, Sort::StartAt | Sort::StartAtDescending) => "booking_by_service",
        (Lead::Tenant, Sort::StartAt | Sort::StartAtDescending) => "booking_by_tenant",
        (Lead::Status, Sort::StartAt | Sort::StartAtDescending) => "booking_by_status",
        (Lead::Order, Sort::StartAt | Sort::StartAtDescending) => "booking_by_start",
        (Lead::Provider, _) => "booking_by_provider_created",
        (Lead::Service, _) => "booking_by_service_created",
        (Lead::Tenant, _) => "booking_by_tenant_created",
        (Lead::Status, _) => "booking_by_status_created",
        (Lead::Order, _) => "booking_by_created",
    }
}

pub(super) fn column(sort: Sort) -> &'static str {
    match sort {
        Sort::StartAt | Sort::StartAtDescending => "booking.start_at",
        Sort::CreatedAt | Sort::CreatedAtDescending => "booking.created_at",
        Sort::ClientName => "booking.client_name",
        Sort::Reference => "booking.reference",
    }
}

/// Which rows a page is made of: `seq` of the first rows of every walk.
#[derive(Debug)]
pub(super) struct Scan {
    /// SQLite walks along this one; none for rows that something else names.
    index: Option<&'static str>,
    order: Option<(&'static str, bool)>,
    /// Whether everything is read before it is put in order; else the index is in that order.
    sorted: bool,
    walks: Vec<Vec<Condition>>,
    /// What holds in each of them.
    common: Vec<Condition>,
    /// From where on in the order: each walk is walked once for each of these.
    beyonds: Vec<Vec<Condition>>,
    words: Vec<Contains>,
    limit: i64,
    /// Whether its statement is kept: of most filters there are too many shapes.
    pub(super) kept: bool,
}

impl ListQuery {
    /// The walks of one page of `limit` rows under the list's own order.
    /// SQLite finds rows that share the cursor's key and those past it in the index only when asked for one by one: `lite`.
    pub(super) fn scan(&self, words: Vec<Contains>, backwards: bool, limit: i64, lite: bool) -> Scan {
        self.paged(self.walks(self.lead(self.sort), self.sort, words, limit), backwards, lite)
    }

    /// The days, read along their own index, and what of them the page is made of under the list's order.
    pub(super) fn sorted_days(&self, backwards: bool, limit: i64) -> Scan {
        self.sorted(Lead::Order, backwards, limit)
    }

    /// What the filters find, all of it, and what of that the page is made of under the list's order.
    pub(super) fn sorted_little(&self, backwards: bool, limit: i64) -> Scan {
        self.sorted(self.lead(Sort::StartAt), backwards, limit)
    }

    fn sorted(&self, lead: Lead, backwards: bool, limit: i64) -> Scan {
        let scan = Scan { sorted: true, ..self.walks(lead, Sort::StartAt, Vec::new(), limit) };
        self.paged(scan, backwards, false)
    }

    /// What has `status` and fits the filters but those by status, up to `limit`: to be counted.
    pub(super) fn of_status(&self, status: Status, limit: i64) -> Scan {
        let one = ListQuery { statuses: vec![status], ..self.clone() };
        let few = [one.providers.len(), one.services.len(), one.tenants.len()].iter().all(|many| *many <= FEW);
        let lead = if few { one.lead(Sort::StartAt) } else { Lead::Status };
        // The status, and at most one choice beside it.
        let kept = one.choices() <= 2;
        Scan { kept, ..one.walks(lead, Sort::StartAt, Vec::new(), limit) }
    }

    /// What starts within the days, whatever else is filtered by, up to `limit`: to be counted.
    pub(super) fn days(&self, limit: i64) -> Scan {
        let scan = self.walks(Lead::Order, Sort::StartAt, Vec::new(), limit);
        let Chosen(chosen) = self.in_force();
        let dates = chosen.into_iter().filter(|(filter, _)| *filter == Filter::Dates);
        Scan { common: dates.map(|(_, condition)| condition).collect(), ..scan }
    }

    /// `scan` in the list's order, from the page's cursor on.
    fn paged(&self, mut scan: Scan, backwards: bool, in_parts: bool) -> Scan {
        let descending = self.sort.descending() != backwards;
        scan.order = Some((column(self.sort), descending));
        if let Some(place) = Place::of(&self.page, column(self.sort), descending) {
            scan.beyonds = if in_parts { place.parts().into() } else { vec![vec![Condition::Beyond(place)]] };
        }
        scan
    }

    /// Everything that has `words`, of which few have all, and what the filters find among it.
    pub(super) fn rare(&self, words: Vec<Contains>, limit: i64) -> Scan {
        let index = words.iter().any(|word| matches!(word, Contains::Reference(..))).then_some("booking_by_reference");
        Scan { index, order: None, ..self.walks(Lead::Order, self.sort, words, limit) }
    }

    /// Everything that fits, up to `limit` of each walk: to be counted, or sorted where it is little.
    pub(super) fn found(&self, words: Vec<Contains>, limit: i64) -> Scan {
        // In order all the same: PostgreSQL would else read the table and hope.
        self.walks(self.lead(Sort::StartAt), Sort::StartAt, words, limit)
    }

    /// The filter that leaves the least, as far as its values are few enough to walk along each.
    fn lead(&self, sort: Sort) -> Lead {
        if matches!(sort, Sort::ClientName | Sort::Reference) {
            return Lead::Order;
        }
        let statuses = if self.statuses.is_empty() { Status::ALL.len() } else { self.statuses.len() };
        let tenants = self.tenant_ids().map_or(0, |ids| ids.len());
        let few = |walks: usize| (1..=MOST).contains(&walks);
        if few(self.providers.len()) {
            Lead::Provider
        } else if few(self.services.len() * statuses) {
            Lead::Service
        } else if few(tenants * statuses) {
            Lead::Tenant
        } else if !self.statuses.is_empty() {
            Lead::Status
        } else {
            Lead::Order
        }
    }

    fn walks(&self, lead: Lead, sort: Sort, words: Vec<Contains>, limit: i64) -> Scan {
        let Chosen(chosen) = self.in_force();
        let mut walks: Vec<Vec<Condition>> = vec![Vec::new()];
        for filter in lead.filters() {
            let values = chosen.iter().find_map(|(one, condition)| match condition {
                Condition::Is(_, values) if one == filter => Some(values.clone()),
                _ => None,
            });
            // Only a status may be left open: there are five.
            let values = values.unwrap_or_else(|| Status::ALL.into_iter().map(Value::Status).collect());
            let with = |walk: &Vec<Condition>, value: &Value| {
                [walk.as_slice(), &[Condition::Is(filter.column(), vec![value.clone()])]].concat()
            };
            walks = walks.iter().flat_map(|walk| values.iter().map(|value| with(walk, value))).collect();
        }
        let rest = chosen.into_iter().filter(|(filter, _)| !lead.filters().contains(filter));
        let common = rest.map(|(_, condition)| condition).collect();
        let order = Some((column(sort), false));
        Scan {
            index: Some(index(lead, sort)),
            order,
            sorted: false,
            walks,
            common,
            beyonds: vec![Vec::new()],
            kept: words.is_empty() && self.choices() <= 1,
            words,
            limit,
        }
    }
}

impl Scan {
    /// Whether it begins at the page's cursor.
    pub(super) fn is_paged(&self) -> bool {
        self.beyonds.iter().all(|beyond| !beyond.is_empty())
    }

    /// `SELECT seq` of all walks.
    pub(super) fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let lite = matches!(out.backend(), MultiBackend::Lite(_));
        // PostgreSQL would else walk along the order and hope, but not into what has an OFFSET; SQLite does as it is told.
        let apart = self.sorted && !lite;
        let mut union = "";
        for walk in &self.walks {
            for beyond in &self.beyonds {
                out.push_sql(union);
                out.push_sql("SELECT seq FROM (");
                if let (true, Some((column, _))) = (apart, self.order) {
                    out.push_sql("SELECT booking.seq FROM (SELECT booking.seq, ");
                    out.push_sql(column);
                    self.push_found(walk, out)?;
                    out.push_sql(" OFFSET 0) AS booking");
                    push_all(" WHERE ", beyond.iter(), out)?;
                } else {
                    out.push_sql("SELECT booking.seq AS seq");
                    let word = self.push_found(walk, out)?;
                    push_all(word, beyond.iter(), out)?;
                }
                self.push_order(out);
                out.push_sql(") AS walk");
                union = " UNION ALL ";
            }
        }
        Ok(())
    }

    /// A row for each that is found, up to `most`, with nothing in it where it is one walk: all that counting needs, at half
    /// the time on SQLite.
    pub(super) fn push_counted<'b>(&'b self, most: i64, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let ([walk], [beyond]) = (self.walks.as_slice(), self.beyonds.as_slice()) else {
            self.push(out)?;
            push_limit(most, out);
            return Ok(());
        };
        out.push_sql("SELECT 1");
        let word = self.push_found(walk, out)?;
        push_all(word, beyond.iter(), out)?;
        self.push_order(out);
        Ok(())
    }

    /// ` ORDER BY .. LIMIT ..` of a walk.
    fn push_order(&self, out: &mut AstPass<'_, '_, MultiBackend>) {
        if let Some((column, descending)) = self.order {
            let way = if descending { " DESC" } else { "" };
            for text in [" ORDER BY ", column, way, ", booking.seq", way] {
                out.push_sql(text);
            }
        }
        push_limit(self.limit, out);
    }

    /// ` FROM booking WHERE ..` of one walk, and what the next condition begins with.
    fn push_found<'b>(
        &'b self,
        walk: &'b [Condition],
        out: &mut AstPass<'_, 'b, MultiBackend>,
    ) -> QueryResult<&'static str> {
        out.push_sql(" FROM booking");
        if matches!(out.backend(), MultiBackend::Lite(_)) {
            // SQLite takes the index with the most equalities, which is seldom the shortest walk.
            out.push_sql(self.index.map_or(" NOT INDEXED", |_| " INDEXED BY "));
            out.push_sql(self.index.unwrap_or_default());
        }
        let mut word = push_all(" WHERE ", walk.iter().chain(&self.common), out)?;
        for one in &self.words {
            out.push_sql(word);
            one.walk_ast(out.reborrow())?;
            word = " AND ";
        }
        Ok(word)
    }
}

/// The first rows of a query.
pub(super) struct Limited<Q>(pub(super) Q, pub(super) i64);

known_by_text!(Limited<Q>, Q);
impl<Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for Limited<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        push_limit(self.1, &mut out);
        Ok(())
    }
}
impl<Q: Query> Query for Limited<Q> {
    type SqlType = Q::SqlType;
}
impl<Q> RunQueryDsl<Conn> for Limited<Q> {}

/// As a number: with a parameter PostgreSQL would plan even a prepared statement anew each time.
pub(super) fn push_limit(limit: i64, out: &mut AstPass<'_, '_, MultiBackend>) {
    out.push_sql(" LIMIT ");
    out.push_sql(&limit.to_string());
}

/// `booking.seq IN (..)`.
#[derive(Debug)]
pub(super) struct Within(pub(super) Scan);

condition!(Within);

impl QueryFragment<MultiBackend> for Within {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let Within(scan) = self;
        if !scan.kept {
            out.unsafe_to_cache_prepared();
        }
        out.push_sql("booking.seq IN (");
        scan.push(&mut out)?;
        out.push_sql(")");
        Ok(())
    }
}

/// How many rows the walks find, up to a limit.
#[derive(Debug)]
pub(super) struct Count(pub(super) Scan, pub(super) i64);

known_by_text!(Count);
impl QueryFragment<MultiBackend> for Count {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let Count(scan, most) = self;
        if !scan.kept {
            out.unsafe_to_cache_prepared();
        }
        out.push_sql("SELECT count(*) FROM (");
        scan.push_counted(*most, &mut out)?;
        out.push_sql(") AS found");
        Ok(())
    }
}
impl Query for Count {
    type SqlType = BigInt;
}
impl RunQueryDsl<Conn> for Count {}
