//! What a board shows of some providers: every booking that holds or held time in a window, buffers included.

use bookings_core::{ProviderId, Reference, ServiceId, Status, Window};
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment};
use diesel::sql_types::{Bool, Integer, Text};

use crate::connection::{Conn, MultiBackend, known_by_text};
use crate::error::StoreError;
use crate::schema::booking;
use crate::scope::Scope;
use crate::types::{DbInstant, DbUuid, Id, Instant};

/// How far back bookings are read that began before the window. Active ones that began still earlier are found one by one.
const BACK: TimeDelta = TimeDelta::days(1);

/// A booking as a board shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardRow {
    /// Its reference.
    pub reference: Reference,
    /// With whom.
    pub provider_id: ProviderId,
    /// What.
    pub service_id: ServiceId,
    /// For whom.
    pub client_name: String,
    /// From start to end, UTC.
    pub time: Window,
    /// The same with its buffers.
    pub busy: Window,
    /// Where it is in its life; never cancelled.
    pub status: Status,
    /// Whether others may share its start.
    pub shared: bool,
    /// People.
    pub party_size: u32,
    /// Seats.
    pub capacity_consumed: u32,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = booking)]
struct Row {
    reference: String,
    provider_id: Id,
    service_id: Id,
    client_name: String,
    start_at: Instant,
    end_at: Instant,
    busy_start: Instant,
    busy_end: Instant,
    status: String,
    shared: bool,
    party_size: i32,
    capacity_consumed: i32,
}

/// The columns of [`Row`], in its order.
const COLUMNS: &str = "reference, provider_id, service_id, client_name, start_at, end_at, busy_start, busy_end, status, \
                       shared, party_size, capacity_consumed";

impl Row {
    fn into_board(self) -> Result<BoardRow, StoreError> {
        let unknown = |what: &str| StoreError::Internal(format!("{what} in the database is not known"));
        Ok(BoardRow {
            reference: Reference::parse(&self.reference).ok_or_else(|| unknown(&self.reference))?,
            provider_id: self.provider_id.0.into(),
            service_id: self.service_id.0.into(),
            client_name: self.client_name,
            time: Window { start: self.start_at.0, end: self.end_at.0 },
            busy: Window { start: self.busy_start.0, end: self.busy_end.0 },
            status: Status::parse(&self.status).ok_or_else(|| unknown(&self.status))?,
            shared: self.shared,
            party_size: u32::try_from(self.party_size).unwrap_or(0),
            capacity_consumed: u32::try_from(self.capacity_consumed).unwrap_or(0),
        })
    }
}

/// The active bookings next to a window: of each provider the nearest that begins before what is read anyway, which may
/// run into it for days, and the nearest that begins after it, whose buffer may reach back.
struct Neighbours<'a> {
    providers: &'a [Id],
    tenant: Option<Id>,
    before: Instant,
    from: Instant,
}

impl QueryFragment<MultiBackend> for Neighbours<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        let sides = [(" AND start_at < ", &self.before, " DESC"), (" AND start_at >= ", &self.from, "")];
        let each = self.providers.iter().flat_map(|provider| sides.map(|side| (provider, side)));
        for (place, (provider, (side, at, order))) in each.enumerate() {
            out.push_sql(if place == 0 { "SELECT * FROM (SELECT " } else { " UNION ALL SELECT * FROM (SELECT " });
            out.push_sql(COLUMNS);
            out.push_sql(" FROM booking WHERE active AND provider_id = ");
            out.push_bind_param::<DbUuid, _>(provider)?;
            if let Some(tenant) = &self.tenant {
                out.push_sql(" AND tenant_id = ");
                out.push_bind_param::<DbUuid, _>(tenant)?;
            }
            out.push_sql(side);
            out.push_bind_param::<DbInstant, _>(at)?;
            out.push_sql(" ORDER BY start_at");
            out.push_sql(order);
            out.push_sql(" LIMIT 1) AS near");
        }
        Ok(())
    }
}

known_by_text!(Neighbours<'_>);

impl Query for Neighbours<'_> {
    type SqlType =
        (Text, DbUuid, DbUuid, Text, DbInstant, DbInstant, DbInstant, DbInstant, Text, Bool, Integer, Integer);
}

impl RunQueryDsl<Conn> for Neighbours<'_> {}

/// What of these providers holds or held time in `window`, buffers included, by start; at most `limit`, and whether there
/// is more. Cancelled bookings hold none. Two queries.
///
/// # Errors
/// The database's.
pub fn on_board(
    conn: &mut Conn,
    scope: Scope,
    providers: &[ProviderId],
    window: Window,
    limit: u32,
) -> Result<(Vec<BoardRow>, bool), StoreError> {
    if providers.is_empty() {
        return Ok((Vec::new(), false));
    }
    let ids: Vec<Id> = providers.iter().map(|id| Id(id.0)).collect();
    let (before, from) = (Instant(window.start - BACK), Instant(window.end));
    let tenant = scope.tenant().map(Id::from);
    let mut query = booking::table
        .filter(booking::provider_id.eq_any(ids.clone()))
        .filter(booking::start_at.ge(before))
        .filter(booking::start_at.lt(from))
        .filter(booking::status.ne(Status::Cancelled.as_str()))
        .order((booking::start_at, booking::seq))
        .limit(i64::from(limit) + 1)
        .select(Row::as_select())
        .into_boxed();
    if let Some(tenant) = tenant {
        query = query.filter(booking::tenant_id.eq(tenant));
    }
    let mut rows: Vec<Row> = query.load(conn)?;
    let more = rows.len() as u64 > u64::from(limit);
    rows.truncate(limit as usize);
    rows.extend(Neighbours { providers: &ids, tenant, before, from }.load::<Row>(conn)?);
    rows.sort_by(|a, b| (a.start_at, &a.reference).cmp(&(b.start_at, &b.reference)));
    let mut shown: Vec<BoardRow> = rows.into_iter().map(Row::into_board).collect::<Result<_, _>>()?;
    shown.retain(|row| row.busy.start < window.end && row.busy.end > window.start);
    Ok((shown, more))
}
