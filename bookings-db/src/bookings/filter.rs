//! What a list is filtered by, as conditions on a row.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{BigInt, Text};

use super::cursor::{Cursor, Key, in_calendar};
use super::list::{ListQuery, Page};
use crate::condition::condition;
use crate::connection::MultiBackend;
use crate::scope::Scope;
use crate::types::{DbInstant, DbUuid, Id, Instant};
use bookings_core::Status;
use chrono::DateTime;

/// Something a column is compared with.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Id(Id),
    Text(String),
    /// Written out, so that a kept plan knows how rare it is.
    Status(Status),
    At(Instant),
    Number(i64),
}

impl Value {
    pub(super) fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        match self {
            Value::Id(id) => out.push_bind_param::<DbUuid, _>(id),
            Value::Text(text) => out.push_bind_param::<Text, _>(text),
            Value::Status(status) => {
                for text in ["'", status.as_str(), "'"] {
                    out.push_sql(text);
                }
                Ok(())
            }
            Value::At(at) => out.push_bind_param::<DbInstant, _>(at),
            Value::Number(number) => out.push_bind_param::<BigInt, _>(number),
        }
    }
}

/// One condition on a row.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    /// The column has one of the values.
    Is(&'static str, Vec<Value>),
    /// Column and operator, then the value.
    Than(&'static str, Value),
    /// The column is past the value in the order, which may descend.
    Past(&'static str, bool, Value),
    /// Behind a row in the order.
    Beyond(Place),
}

/// Where a row is in an order.
#[derive(Debug, Clone)]
pub(super) struct Place {
    column: &'static str,
    descending: bool,
    key: Value,
    seq: i64,
}

impl Place {
    /// Where a page begins; `None` for the first.
    pub(super) fn of(page: &Page, column: &'static str, descending: bool) -> Option<Place> {
        let (Page::After(Cursor { key, seq }) | Page::Before(Cursor { key, seq })) = page else { return None };
        let key = match key {
            Key::Time(micros) => Value::At(Instant(DateTime::from_timestamp_micros(*micros)?)),
            Key::Text(text) => Value::Text(text.clone()),
        };
        Some(Place { column, descending, key, seq: *seq })
    }

    /// What lies behind it as two conditions, each found in an index: what shares the key, and what is past it.
    pub(super) fn parts(&self) -> [Vec<Condition>; 2] {
        let past = |column: &'static str, value| Condition::Past(column, self.descending, value);
        let ties =
            vec![Condition::Is(self.column, vec![self.key.clone()]), past("booking.seq", Value::Number(self.seq))];
        [ties, vec![past(self.column, self.key.clone())]]
    }
}

impl Condition {
    pub(super) fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
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
            Condition::Past(column, descending, value) => {
                out.push_sql(column);
                out.push_sql(if *descending { " < " } else { " > " });
                value.push(out)?;
            }
            Condition::Beyond(Place { column, descending, key, seq }) => {
                let (from, past) = if *descending { (" <= ", " < ") } else { (" >= ", " > ") };
                if matches!(out.backend(), MultiBackend::Lite(_)) {
                    out.push_sql(column);
                    out.push_sql(from);
                    key.push(out)?;
                    out.push_sql(" AND (");
                    out.push_sql(column);
                    out.push_sql(past);
                    key.push(out)?;
                    out.push_sql(" OR booking.seq");
                    out.push_sql(past);
                    out.push_bind_param::<BigInt, _>(seq)?;
                    out.push_sql(")");
                } else {
                    // Both together are found in an index, however many rows share the key.
                    out.push_sql("(");
                    out.push_sql(column);
                    out.push_sql(", booking.seq)");
                    out.push_sql(past);
                    out.push_sql("(");
                    key.push(out)?;
                    out.push_sql(", ");
                    out.push_bind_param::<BigInt, _>(seq)?;
                    out.push_sql(")");
                }
            }
        }
        Ok(())
    }
}

impl ListQuery {
    /// Whether anything but dates, search and client is filtered by.
    pub(super) fn is_filtered(&self) -> bool {
        self.choices() > 0
    }

    /// How many choices it is filtered by, dates, search and client aside.
    pub(super) fn choices(&self) -> usize {
        let tenants = self.tenant_ids().map_or(0, |ids| ids.len());
        tenants + self.providers.len() + self.services.len() + self.statuses.len()
    }

    pub(super) fn tenant_ids(&self) -> Option<Vec<Id>> {
        let chosen: Vec<Id> = self.tenants.iter().map(|id| Id(id.0)).collect();
        match self.scope {
            Scope::All => (!chosen.is_empty()).then_some(chosen),
            // Another tenant's are nobody's, so what is left of the choice is the own one or nothing.
            Scope::Tenant(own) if chosen.is_empty() || chosen.contains(&Id(own.0)) => Some(vec![Id(own.0)]),
            Scope::Tenant(_) => Some(vec![Id(uuid::Uuid::nil())]),
        }
    }

    /// The filters in force.
    pub(super) fn in_force(&self) -> Chosen {
        let ids = |ids: Vec<Id>| ids.into_iter().map(Value::Id).collect::<Vec<_>>();
        let is = [
            (Filter::Provider, ids(self.providers.iter().map(|id| Id(id.0)).collect())),
            (Filter::Service, ids(self.services.iter().map(|id| Id(id.0)).collect())),
            (Filter::Tenant, ids(self.tenant_ids().unwrap_or_default())),
            (Filter::Status, self.statuses.iter().copied().map(Value::Status).collect()),
        ];
        let is = is.into_iter().filter(|(_, values)| !values.is_empty());
        let mut chosen: Vec<_> = is.map(|(filter, values)| (filter, Condition::Is(filter.column(), values))).collect();
        let at = |at| Value::At(Instant(in_calendar(at)));
        let from = self.from.map(|from| Condition::Than("booking.start_at >= ", at(from)));
        let until = self.until.map(|until| Condition::Than("booking.start_at < ", at(until)));
        chosen.extend(from.into_iter().chain(until).map(|condition| (Filter::Dates, condition)));
        Chosen(chosen)
    }
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
    pub(super) const fn column(self) -> &'static str {
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
pub(super) struct Chosen(pub(super) Vec<(Filter, Condition)>);

impl Chosen {
    /// Whether any of `filters` is in force.
    pub(super) fn has(&self, filters: &[Filter]) -> bool {
        self.0.iter().any(|(filter, _)| filters.contains(filter))
    }

    /// ` WHERE ..` of those among `filters`; nothing where none is in force.
    pub(super) fn push_where<'b>(
        &'b self,
        out: &mut AstPass<'_, 'b, MultiBackend>,
        filters: &[Filter],
    ) -> QueryResult<()> {
        let among = self.0.iter().filter(|(filter, _)| filters.contains(filter));
        push_all(" WHERE ", among.map(|(_, condition)| condition), out)?;
        Ok(())
    }
}

/// A condition as a filter of a query.
#[derive(Debug)]
pub(super) struct Holds(pub(super) Condition);

condition!(Holds);

impl QueryFragment<MultiBackend> for Holds {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.0.push(&mut out)
    }
}

/// `conditions`, the first behind `word`, and what the next one begins with.
pub(super) fn push_all<'b>(
    mut word: &'static str,
    conditions: impl Iterator<Item = &'b Condition>,
    out: &mut AstPass<'_, 'b, MultiBackend>,
) -> QueryResult<&'static str> {
    for condition in conditions {
        out.push_sql(word);
        condition.push(out)?;
        word = " AND ";
    }
    Ok(word)
}
