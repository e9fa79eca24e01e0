//! Busy time: what of a provider's active bookings touches a window, found without reading their history.
//!
//! The active bookings of one provider are pairwise apart or share one start (the guard keeps it so, and the
//! database's wall). Therefore, in order of `start_at`: whatever starts inside a window touches it; of those that start
//! before it only the nearest start can reach into it, since an earlier one would run over the nearer; and of those
//! after it only the nearest start, by its buffer. One index range between these two neighbours holds every candidate.

use bookings_core::{BookingId, Busy, ProviderId, Schedule, ServiceId, Window};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Integer, Nullable, Text};

use crate::connection::{Conn, MultiBackend};
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

impl QueryFragment<MultiBackend> for Around {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(
            "SELECT id, reference, service_id, start_at, busy_start, busy_end, shared, capacity_consumed, \
             client_email, client_phone, client_user_id FROM booking WHERE active AND provider_id = ",
        );
        out.push_bind_param::<DbUuid, _>(&self.provider)?;
        out.push_sql(" AND start_at >= coalesce((SELECT start_at FROM booking WHERE active AND provider_id = ");
        out.push_bind_param::<DbUuid, _>(&self.provider)?;
        out.push_sql(" AND start_at < ");
        out.push_bind_param::<DbInstant, _>(&self.start)?;
        out.push_sql(" ORDER BY start_at DESC LIMIT 1), ");
        out.push_bind_param::<DbInstant, _>(&self.start)?;
        out.push_sql(") AND start_at <= coalesce((SELECT start_at FROM booking WHERE active AND provider_id = ");
        out.push_bind_param::<DbUuid, _>(&self.provider)?;
        out.push_sql(" AND start_at >= ");
        out.push_bind_param::<DbInstant, _>(&self.end)?;
        out.push_sql(" ORDER BY start_at LIMIT 1), ");
        out.push_bind_param::<DbInstant, _>(&self.end)?;
        out.push_sql(") ORDER BY start_at");
        Ok(())
    }
}

impl Query for Around {
    type SqlType = (DbUuid, Text, DbUuid, DbInstant, DbInstant, DbInstant, Bool, Integer, Text, Text, Nullable<DbUuid>);
}

impl RunQueryDsl<Conn> for Around {}

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
