//! One page of a list by keyset: no COUNT, no OFFSET, the same cost on every page.

use bookings_core::{BookingId, Reference, Status};
use chrono::DateTime;
use diesel::prelude::*;

use super::cursor::{Cursor, Key, in_calendar};
use super::find::{Contains, common};
use super::list::{ListQuery, ListRow, Page, Sort};
use crate::clients::OfClient;
use crate::connection::{Conn, MultiBackend};
use crate::error::StoreError;
use crate::schema::booking;
use crate::scope::Scope;
use crate::search::wanted;
use crate::types::{Id, Instant};

type Boxed<'a> = booking::BoxedQuery<'a, MultiBackend>;

#[derive(Queryable, Selectable)]
#[diesel(table_name = booking)]
struct Row {
    seq: i64,
    id: Id,
    reference: String,
    tenant_id: Option<Id>,
    service_id: Id,
    provider_id: Id,
    client_name: String,
    client_phone: String,
    start_at: Instant,
    end_at: Instant,
    status: String,
    party_size: i32,
    version: i64,
    created_at: Instant,
}

impl Row {
    fn into_list(self) -> Result<ListRow, StoreError> {
        let unknown = |what: &str| StoreError::Internal(format!("{what} in the database is not known"));
        Ok(ListRow {
            seq: self.seq,
            id: BookingId(self.id.0),
            reference: Reference::parse(&self.reference).ok_or_else(|| unknown(&self.reference))?,
            tenant_id: self.tenant_id.map(|id| id.0.into()),
            service_id: self.service_id.0.into(),
            provider_id: self.provider_id.0.into(),
            client_name: self.client_name,
            client_phone: self.client_phone,
            start_at: self.start_at.0,
            end_at: self.end_at.0,
            status: Status::parse(&self.status).ok_or_else(|| unknown(&self.status))?,
            party_size: u32::try_from(self.party_size).unwrap_or(0),
            version: self.version,
            created_at: self.created_at.0,
        })
    }
}

impl ListQuery {
    /// One page, in order, and whether more comes before and after it. One query; of a search on SQLite two.
    ///
    /// # Errors
    /// The database's.
    pub fn load(&self, conn: &mut Conn) -> Result<ListPage, StoreError> {
        let backwards = matches!(self.page, Page::Before(_));
        let limit = i64::from(self.per_page.clamp(1, 200));
        let query = self.ordered(self.filtered(conn)?, backwards).limit(limit + 1);
        let mut rows: Vec<Row> = query.select(Row::as_select()).load(conn)?;
        let more = rows.len() as i64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(0));
        if backwards {
            rows.reverse();
        }
        let rows: Vec<ListRow> = rows.into_iter().map(Row::into_list).collect::<Result<_, _>>()?;
        let first = rows.first().map(|row| row.cursor(self.sort));
        let last = rows.last().map(|row| row.cursor(self.sort));
        // A page that has emptied since its link was made still leads back to where it came from.
        let (previous, next) = match &self.page {
            Page::First => (None, last.filter(|_| more)),
            Page::After(cursor) => (first.or_else(|| Some(cursor.clone())), last.filter(|_| more)),
            Page::Before(cursor) => (first.filter(|_| more), last.or_else(|| Some(cursor.clone()))),
        };
        Ok(ListPage { rows, previous, next })
    }

    /// Everything but order and place. On SQLite it is looked first whether what is searched is rare.
    pub(super) fn filtered(&self, conn: &mut Conn) -> Result<Boxed<'_>, StoreError> {
        let mut query = booking::table.into_boxed();
        if let Scope::Tenant(tenant) = self.scope {
            query = query.filter(booking::tenant_id.eq(Id(tenant.0)));
        }
        // `= any(..)` of one value keeps PostgreSQL from reading the index in order.
        macro_rules! any_of {
            ($column:expr, $values:expr) => {
                query = match $values.collect::<Vec<_>>().as_slice() {
                    [] => query,
                    [one] => query.filter($column.eq(*one)),
                    many => query.filter($column.eq_any(many.to_vec())),
                };
            };
        }
        any_of!(booking::status, self.statuses.iter().map(|status| status.as_str()));
        any_of!(booking::provider_id, self.providers.iter().map(|id| Id(id.0)));
        any_of!(booking::service_id, self.services.iter().map(|id| Id(id.0)));
        any_of!(booking::tenant_id, self.tenants.iter().map(|id| Id(id.0)));
        if let Some(client) = &self.client {
            query = query.filter(OfClient::from(client));
        }
        if let Some(from) = self.from {
            query = query.filter(booking::start_at.ge(Instant(in_calendar(from))));
        }
        if let Some(until) = self.until {
            query = query.filter(booking::start_at.lt(Instant(in_calendar(until))));
        }
        if let Some(reference) = Reference::parse(&self.search) {
            return Ok(query.filter(booking::reference.eq(reference.as_str().to_owned())));
        }
        let wanted = wanted(&self.search);
        let common = common(conn, &wanted)?;
        for one in &wanted {
            query = query.filter(Contains::new(one, common));
        }
        Ok(query)
    }

    /// The order, its tie-break by `seq`, and what lies beyond the cursor: `a >= x AND (a > x OR seq > s)`, the form for
    /// which PostgreSQL starts reading at the cursor.
    pub(super) fn ordered<'a>(&self, query: Boxed<'a>, backwards: bool) -> Boxed<'a> {
        let descending = self.sort.descending() != backwards;
        let cursor = match &self.page {
            Page::First => None,
            Page::After(cursor) | Page::Before(cursor) => Some(cursor.clone()),
        };
        macro_rules! by {
            ($column:expr, $read:expr) => {{
                let at = cursor.and_then(|Cursor { key, seq }| Some(($read(key)?, seq)));
                match (at, descending) {
                    (None, false) => query.order(($column.asc(), booking::seq.asc())),
                    (None, true) => query.order(($column.desc(), booking::seq.desc())),
                    (Some((key, seq)), false) => query
                        .filter($column.ge(key.clone()))
                        .filter($column.gt(key).or(booking::seq.gt(seq)))
                        .order(($column.asc(), booking::seq.asc())),
                    (Some((key, seq)), true) => query
                        .filter($column.le(key.clone()))
                        .filter($column.lt(key).or(booking::seq.lt(seq)))
                        .order(($column.desc(), booking::seq.desc())),
                }
            }};
        }
        let time = |key| match key {
            Key::Time(micros) => DateTime::from_timestamp_micros(micros).map(Instant),
            Key::Text(_) => None,
        };
        let text = |key| match key {
            Key::Text(text) => Some(text),
            Key::Time(_) => None,
        };
        match self.sort {
            Sort::StartAt | Sort::StartAtDescending => by!(booking::start_at, time),
            Sort::CreatedAt | Sort::CreatedAtDescending => by!(booking::created_at, time),
            Sort::ClientName => by!(booking::client_name, text),
            // Unique: nothing to break ties of.
            Sort::Reference => {
                let query = match (cursor.and_then(|cursor| text(cursor.key)), descending) {
                    (None, _) => query,
                    (Some(key), false) => query.filter(booking::reference.gt(key)),
                    (Some(key), true) => query.filter(booking::reference.lt(key)),
                };
                if descending { query.order(booking::reference.desc()) } else { query.order(booking::reference.asc()) }
            }
        }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage {
    /// Its rows, in order.
    pub rows: Vec<ListRow>,
    /// Where the page before begins to end; `None` on the first.
    pub previous: Option<Cursor>,
    /// Where the page after begins; `None` on the last.
    pub next: Option<Cursor>,
}
