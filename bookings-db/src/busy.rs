//! Busy time: what of a provider's active bookings touches a window, found without reading their history.
//!
//! The active bookings of one provider are pairwise apart or share one start (the guard keeps it so, and the
//! database's wall). Therefore, in order of `start_at`: whatever starts inside a window touches it; of those that start
//! before it only the nearest start can reach into it, since an earlier one would run over the nearer; and of those
//! after it only the nearest start, by its buffer. One index range between these two neighbours holds every candidate.

use bookings_core::{BookingId, Busy, ProviderId, Schedule, ServiceId, Window};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};

use crate::connection::{Conn, MultiBackend, known_by_text};
use crate::error::StoreError;
use crate::types::{DbInstant, DbUuid, Id, Instant};

/// Every active booking of a provider that may touch `[start, end)`.
///
/// The neighbours are the first of an order, not a `max` and `min`: a connection opened on an empty database keeps the plan
/// it made there, and for an aggregate PostgreSQL then chose to read all of a provider's history.
#[derive(QueryId)]
struct Around {
    provider: Id,
    start: Instant,
    end: Instant,
}

/// What stands behind a piece of [`AROUND`].
#[derive(Clone, Copy)]
enum Gap {
    Provider,
    Start,
    End,
}

/// The statement, piece by piece.
const AROUND: [(&str, Gap); 7] = [
    (
        "SELECT id, reference, service_id, start_at, busy_start, busy_end, shared, capacity_consumed, \
         client_email, client_phone, client_user_id FROM booking WHERE active AND provider_id = ",
        Gap::Provider,
    ),
    (" AND start_at >= coalesce((SELECT start_at FROM booking WHERE active AND provider_id = ", Gap::Provider),
    (" AND start_at < ", Gap::Start),
    (" ORDER BY start_at DESC LIMIT 1), ", Gap::Start),
    (") AND start_at <= coalesce((SELECT start_at FROM booking WHERE active AND provider_id = ", Gap::Provider),
    (" AND start_at >= ", Gap::End),
    (" ORDER BY start_at LIMIT 1), ", Gap::End),
];

impl QueryFragment<MultiBackend> for Around {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        for (piece, gap) in AROUND {
            out.push_sql(piece);
            match gap {
                Gap::Provider => out.push_bind_param::<DbUuid, _>(&self.provider)?,
                Gap::Start => out.push_bind_param::<DbInstant, _>(&self.start)?,
                Gap::End => out.push_bind_param::<DbInstant, _>(&self.end)?,
            }
        }
        out.push_sql(") ORDER BY start_at");
        Ok(())
    }
}

/// Columns of [`BusyRow`].
type BusySql = (DbUuid, Text, DbUuid, DbInstant, DbInstant, DbInstant, Bool, Integer, Text, Text, Nullable<DbUuid>);

impl Query for Around {
    type SqlType = BusySql;
}

impl RunQueryDsl<Conn> for Around {}

/// The same for many providers and windows in one way to the server and back, each row with the place of its window from 1;
/// without the clients where nobody asks who they are.
struct AroundMany {
    clients: bool,
    providers: Vec<Id>,
    starts: Vec<Instant>,
    ends: Vec<Instant>,
}

known_by_text!(AroundMany);

impl QueryFragment<Pg> for AroundMany {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "SELECT wanted.place, busy.id, busy.reference, busy.service_id, busy.start_at, busy.busy_start, \
             busy.busy_end, busy.shared, busy.capacity_consumed, ",
        );
        out.push_sql(match self.clients {
            true => "busy.client_email, busy.client_phone, busy.client_user_id",
            false => "'', '', NULL",
        });
        out.push_sql(" FROM unnest(CAST(");
        out.push_bind_param::<Array<DbUuid>, _>(&self.providers)?;
        out.push_sql(" AS uuid[]), CAST(");
        out.push_bind_param::<Array<DbInstant>, _>(&self.starts)?;
        out.push_sql(" AS timestamptz[]), CAST(");
        out.push_bind_param::<Array<DbInstant>, _>(&self.ends)?;
        out.push_sql(
            " AS timestamptz[])) WITH ORDINALITY AS wanted (provider_id, first, last, place) CROSS JOIN LATERAL (",
        );
        for (piece, gap) in AROUND {
            out.push_sql(piece);
            out.push_sql(match gap {
                Gap::Provider => "wanted.provider_id",
                Gap::Start => "wanted.first",
                Gap::End => "wanted.last",
            });
        }
        // One after the other, whatever the planner thinks.
        out.push_sql(") OFFSET 0) AS busy");
        Ok(())
    }
}

impl Query for AroundMany {
    type SqlType = (BigInt, BusySql);
}

impl RunQueryDsl<PgConnection> for AroundMany {}

#[derive(Queryable)]
struct BusyRow {
    id: Id,
    reference: String,
    service_id: Id,
    start_at: Instant,
    busy_start: Instant,
    busy_end: Instant,
    shared: bool,
    capacity_consumed: i32,
    client_email: String,
    client_phone: String,
    client_user_id: Option<Id>,
}

impl BusyRow {
    fn into_core(self) -> Result<Busy, StoreError> {
        let reference = bookings_core::Reference::parse(&self.reference)
            .ok_or_else(|| StoreError::Internal(format!("reference {:?} in the database", self.reference)))?;
        Ok(Busy {
            booking_id: BookingId(self.id.0),
            reference,
            service_id: ServiceId(self.service_id.0),
            start_at: self.start_at.0,
            window: Window { start: self.busy_start.0, end: self.busy_end.0 },
            shared: self.shared,
            capacity_consumed: u32::try_from(self.capacity_consumed).unwrap_or(0),
            client_email: self.client_email,
            client_phone: self.client_phone,
            client_user_id: self.client_user_id.map(|id| id.0.into()),
        })
    }
}

/// The provider's schedule in and next to `window`, in order of start. It may hold a neighbour on each side that does
/// not touch it.
pub(crate) fn schedule(conn: &mut Conn, provider_id: ProviderId, window: Window) -> Result<Schedule, StoreError> {
    let around = Around { provider: Id(provider_id.0), start: Instant(window.start), end: Instant(window.end) };
    let rows: Vec<BusyRow> = around.load(conn)?;
    let busy = rows.into_iter().map(BusyRow::into_core).collect::<Result<_, _>>()?;
    Ok(Schedule { provider_id, busy })
}

/// The schedules of many in and next to a window of each, in the order of `wanted`; where nobody asks for the `clients`, they
/// may be left out.
pub(crate) fn schedules(
    conn: &mut Conn,
    wanted: &[(ProviderId, Window)],
    clients: bool,
) -> Result<Vec<Vec<Busy>>, StoreError> {
    let Conn::Pg(conn) = conn else {
        // There is no way to go.
        return wanted.iter().map(|(provider, window)| Ok(schedule(conn, *provider, *window)?.busy)).collect();
    };
    let many = AroundMany {
        clients,
        providers: wanted.iter().map(|(provider, _)| Id(provider.0)).collect(),
        starts: wanted.iter().map(|(_, window)| Instant(window.start)).collect(),
        ends: wanted.iter().map(|(_, window)| Instant(window.end)).collect(),
    };
    let rows: Vec<(i64, BusyRow)> = many.load(conn)?;
    let mut found = vec![Vec::new(); wanted.len()];
    for (place, row) in rows {
        let own = usize::try_from(place - 1).ok().and_then(|place| found.get_mut(place));
        own.ok_or_else(|| StoreError::Internal(format!("a window {place} that nobody asked for")))?
            .push(row.into_core()?);
    }
    found.iter_mut().for_each(|busy| sort(busy));
    Ok(found)
}

/// Puts a schedule in order of start.
pub(crate) fn sort(busy: &mut [Busy]) {
    busy.sort_by_key(|busy| busy.start_at);
}

/// Who would not mind a start that others have: seats of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seats {
    /// The service asked for.
    pub service_id: ServiceId,
    /// Seats wanted.
    pub wanted: u32,
    /// Seats the service has at one start.
    pub capacity: u32,
}

/// Windows, buffers included, in which `schedule` is busy and that touch `window`, in order. With `seats`, shared slots of
/// that service with as many seats left are free.
pub(crate) fn intervals(schedule: &Schedule, window: Window, seats: Option<Seats>) -> Vec<Window> {
    let taken = |busy: &Busy| -> u32 {
        let same =
            |other: &&Busy| other.shared && other.service_id == busy.service_id && other.start_at == busy.start_at;
        schedule.busy.iter().filter(same).map(|busy| busy.capacity_consumed).sum()
    };
    let free = |busy: &Busy| {
        seats.is_some_and(|seats| {
            busy.shared
                && busy.service_id == seats.service_id
                && taken(busy).saturating_add(seats.wanted) <= seats.capacity
        })
    };
    let mut windows: Vec<Window> = schedule
        .busy
        .iter()
        .filter(|busy| busy.window.overlaps(&window) && !free(busy))
        .map(|busy| busy.window)
        .collect();
    windows.sort();
    windows.dedup();
    windows
}
