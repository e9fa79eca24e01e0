//! How a filtered list is read: several short walks along an index, merged, instead of one long walk past what does not fit.
//!
//! `status IN (a, b) ORDER BY start_at LIMIT 50` has no index: each value is in order, both together are not. So every value
//! is walked by itself up to the page's size, and the page is made of the first rows of all walks. What an index holds
//! beside its order is filtered in it; rows are looked up for the page alone.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Text};

use super::cursor::{Cursor, Key, in_calendar};
use super::find::Contains;
use super::list::{ListQuery, Page, Sort};
use crate::connection::{Conn, MultiBackend};
use crate::scope::Scope;
use crate::types::{DbInstant, DbUuid, Id, Instant};
use bookings_core::Status;

/// The most walks of one page.
const MOST: usize = 40;

/// Something a column is compared with.
#[derive(Debug, Clone)]
enum Value {
    Id(Id),
    Text(String),
    At(Instant),
    Number(i64),
}

impl Value {
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        match self {
            Value::Id(id) => out.push_bind_param::<DbUuid, _>(id),
            Value::Text(text) => out.push_bind_param::<Text, _>(text),
            Value::At(at) => out.push_bind_param::<DbInstant, _>(at),
            Value::Number(number) => out.push_bind_param::<BigInt, _>(number),
        }
    }
}

/// One condition on a row.
#[derive(Debug, Clone)]
enum Condition {
    /// The column has one of the values.
    Is(&'static str, Vec<Value>),
    /// Column and operator, then the value.
    Than(&'static str, Value),
    /// Behind a row in the order: column, whether descending, the row's key and `seq`.
    Beyond(&'static str, bool, Value, Value),
}

impl Condition {
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        match self {
            Condition::Is(column, values) => {
                out.push_sql(column);
                // `IN` of one value keeps a database from reading the index in order.
                out.push_sql(if values.len() == 1 { " = " } else { " IN (" });
                for (place, value) in values.iter().enumerate() {
                    out.push_sql(if place == 0 { "" } else { ", " });
                    value.push(out)?;
                }
                out.push_sql(if values.len() == 1 { "" } else { ")" });
            }
            Condition::Than(compared, value) => {
                out.push_sql(compared);
                value.push(out)?;
            }
            Condition::Beyond(column, descending, key, seq) => {
                let (from, past) = if *descending { (" <= ", " < ") } else { (" >= ", " > ") };
                out.push_sql(column);
                out.push_sql(from);
                key.push(out)?;
                out.push_sql(" AND (");
                out.push_sql(column);
                out.push_sql(past);
                key.push(out)?;
                out.push_sql(" OR booking.seq");
                out.push_sql(past);
                seq.push(out)?;
                out.push_sql(")");
            }
        }
        Ok(())
    }
}

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

fn column(sort: Sort) -> &'static str {
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
    walks: Vec<Vec<Condition>>,
    /// What holds in each of them.
    common: Vec<Condition>,
    words: Vec<Contains>,
    limit: i64,
}

impl ListQuery {
    /// The walks of one page of `limit` rows under the list's own order.
    pub(super) fn scan(&self, words: Vec<Contains>, backwards: bool, limit: i64) -> Scan {
        let lead = self.lead(self.sort);
        let descending = self.sort.descending() != backwards;
        let mut scan = self.walks(lead, self.sort, words, limit);
        scan.order = Some((column(self.sort), descending));
        if let Page::After(Cursor { key, seq }) | Page::Before(Cursor { key, seq }) = &self.page {
            let key = match key {
                Key::Time(micros) => chrono::DateTime::from_timestamp_micros(*micros).map(|at| Value::At(Instant(at))),
                Key::Text(text) => Some(Value::Text(text.clone())),
            };
            let beyond = |key| Condition::Beyond(column(self.sort), descending, key, Value::Number(*seq));
            scan.common.extend(key.map(beyond));
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

    /// Whether anything but dates, search and client is filtered by.
    pub(super) fn is_filtered(&self) -> bool {
        let chosen = [self.providers.is_empty(), self.services.is_empty(), self.statuses.is_empty()];
        chosen.contains(&false) || self.tenant_ids().is_some()
    }

    fn tenant_ids(&self) -> Option<Vec<Id>> {
        let chosen: Vec<Id> = self.tenants.iter().map(|id| Id(id.0)).collect();
        match self.scope {
            Scope::All => (!chosen.is_empty()).then_some(chosen),
            // Another tenant's are nobody's, so what is left of the choice is the own one or nothing.
            Scope::Tenant(own) if chosen.is_empty() || chosen.contains(&Id(own.0)) => Some(vec![Id(own.0)]),
            Scope::Tenant(_) => Some(vec![Id(uuid::Uuid::nil())]),
        }
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

    /// The filters in force.
    pub(super) fn in_force(&self) -> Chosen {
        let ids = |ids: Vec<Id>| ids.into_iter().map(Value::Id).collect::<Vec<_>>();
        let is = [
            (Filter::Provider, ids(self.providers.iter().map(|id| Id(id.0)).collect())),
            (Filter::Service, ids(self.services.iter().map(|id| Id(id.0)).collect())),
            (Filter::Tenant, ids(self.tenant_ids().unwrap_or_default())),
            (Filter::Status, self.statuses.iter().map(text).collect()),
        ];
        let is = is.into_iter().filter(|(_, values)| !values.is_empty());
        let mut chosen: Vec<_> = is.map(|(filter, values)| (filter, Condition::Is(filter.column(), values))).collect();
        let at = |at| Value::At(Instant(in_calendar(at)));
        let from = self.from.map(|from| Condition::Than("booking.start_at >= ", at(from)));
        let until = self.until.map(|until| Condition::Than("booking.start_at < ", at(until)));
        chosen.extend(from.into_iter().chain(until).map(|condition| (Filter::Dates, condition)));
        Chosen(chosen)
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
            let values = values.unwrap_or_else(|| Status::ALL.iter().map(text).collect());
            let with = |walk: &Vec<Condition>, value: &Value| {
                [walk.as_slice(), &[Condition::Is(filter.column(), vec![value.clone()])]].concat()
            };
            walks = walks.iter().flat_map(|walk| values.iter().map(|value| with(walk, value))).collect();
        }
        let rest = chosen.into_iter().filter(|(filter, _)| !lead.filters().contains(filter));
        let common = rest.map(|(_, condition)| condition).collect();
        let order = Some((column(sort), false));
        Scan { index: Some(index(lead, sort)), order, walks, common, words, limit }
    }
}

fn text(status: &Status) -> Value {
    Value::Text(status.as_str().into())
}

/// What a list can be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    Provider,
    Service,
    Tenant,
    Status,
    Dates,
}

impl Filter {
    const fn column(self) -> &'static str {
        match self {
            Filter::Provider => "booking.provider_id",
            Filter::Service => "booking.service_id",
            Filter::Tenant => "booking.tenant_id",
            Filter::Status => "booking.status",
            Filter::Dates => "booking.start_at",
        }
    }
}

/// Filters in force, each as a condition.
#[derive(Debug)]
pub(super) struct Chosen(Vec<(Filter, Condition)>);

impl Chosen {
    /// ` WHERE ..` of those among `filters`; nothing where none is in force.
    pub(super) fn push_where<'b>(
        &'b self,
        out: &mut AstPass<'_, 'b, MultiBackend>,
        filters: &[Filter],
    ) -> QueryResult<()> {
        let mut word = " WHERE ";
        for (_, condition) in self.0.iter().filter(|(filter, _)| filters.contains(filter)) {
            out.push_sql(word);
            condition.push(out)?;
            word = " AND ";
        }
        Ok(())
    }
}

impl Scan {
    /// `SELECT seq` of all walks.
    pub(super) fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let lite = matches!(out.backend(), MultiBackend::Lite(_));
        for (place, walk) in self.walks.iter().enumerate() {
            out.push_sql(if place == 0 { "" } else { " UNION ALL " });
            out.push_sql("SELECT seq FROM (SELECT booking.seq AS seq FROM booking");
            if lite {
                // SQLite takes the index with the most equalities, which is seldom the shortest walk.
                out.push_sql(self.index.map_or(" NOT INDEXED", |_| " INDEXED BY "));
                out.push_sql(self.index.unwrap_or_default());
            }
            let mut word = " WHERE ";
            for condition in walk.iter().chain(&self.common) {
                out.push_sql(word);
                condition.push(out)?;
                word = " AND ";
            }
            for one in &self.words {
                out.push_sql(word);
                one.walk_ast(out.reborrow())?;
                word = " AND ";
            }
            if let Some((column, descending)) = self.order {
                let way = if descending { " DESC" } else { "" };
                for text in [" ORDER BY ", column, way, ", booking.seq", way] {
                    out.push_sql(text);
                }
            }
            out.push_sql(" LIMIT ");
            out.push_bind_param::<BigInt, _>(&self.limit)?;
            out.push_sql(") AS walk");
        }
        Ok(())
    }
}

/// `booking.seq IN (..)`.
#[derive(Debug)]
pub(super) struct Within(pub(super) Scan);

impl QueryId for Within {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl diesel::expression::Expression for Within {
    type SqlType = Bool;
}
impl diesel::expression::ValidGrouping<()> for Within {
    type IsAggregate = diesel::expression::is_aggregate::No;
}
impl<QS> diesel::expression::SelectableExpression<QS> for Within {}
impl<QS> diesel::expression::AppearsOnTable<QS> for Within {}

impl QueryFragment<MultiBackend> for Within {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("booking.seq IN (");
        self.0.push(&mut out)?;
        out.push_sql(")");
        Ok(())
    }
}

/// How many rows the walks find, up to a limit.
#[derive(Debug)]
pub(super) struct Count(pub(super) Scan, pub(super) i64);

impl QueryId for Count {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl QueryFragment<MultiBackend> for Count {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("SELECT count(*) FROM (");
        self.0.push(&mut out)?;
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.1)?;
        out.push_sql(") AS found");
        Ok(())
    }
}
impl Query for Count {
    type SqlType = BigInt;
}
impl RunQueryDsl<Conn> for Count {}
