//! Another selection over what one has done: taking it back, or going on with what ended one way.

use bookings_core::commands::UNDO_MINUTES;
use bookings_core::{Overrides, StaffId};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::select::{Chosen, keep};
use super::tables::selection_item;
use super::{Ended, Order, Selection, State, What};
use crate::connection::Pools;
use crate::error::StoreError;
use crate::schema::booking;
use crate::scope::Scope;
use crate::types::Id;

/// Keeps a selection that takes back what `done` changed; `None` where that is too long ago or it is not over.
///
/// # Errors
/// The database's.
pub fn select_undo(
    pools: &Pools,
    staff: Option<StaffId>,
    done: &Selection,
    now: DateTime<Utc>,
) -> Result<Option<Uuid>, StoreError> {
    let over = matches!(done.state, State::Done | State::Stopped);
    let recent = done.ended_at.or(done.beat_at).is_some_and(|at| now - at <= TimeDelta::minutes(UNDO_MINUTES));
    if !over || !recent || matches!(done.order.what, What::Undo | What::Import { .. }) {
        return Ok(None);
    }
    let changed: Vec<Chosen> = pools.read(|conn| {
        let rows = selection_item::table
            .filter(selection_item::selection_id.eq(Id(done.id)))
            .filter(selection_item::outcome.eq("CHANGED"))
            .order(selection_item::place)
            .select((selection_item::booking_seq, selection_item::version));
        Ok(rows.load(conn)?)
    })?;
    // Moved bookings go back in the opposite order, so that none meets the one behind it.
    let forward = done.order.what.backwards();
    let mut chosen: Vec<Chosen> = changed.into_iter().map(|(seq, version)| (seq, version + 1)).collect();
    if !forward {
        chosen.reverse();
    }
    let order = Order { what: What::Undo, overrides: Overrides::default() };
    keep(pools, staff, &order, Some(done.id), &chosen, now).map(Some)
}

/// Keeps the bookings of `done` that `ended` so and that `scope` sees, as they are now, in order of start.
///
/// # Errors
/// The database's.
pub fn select_ended(
    pools: &Pools,
    staff: Option<StaffId>,
    order: &Order,
    done: &Selection,
    ended: Ended,
    scope: Scope,
    now: DateTime<Utc>,
) -> Result<Uuid, StoreError> {
    let found: Vec<(Option<Id>, i64, i64)> = pools.read(|conn| {
        let items = selection_item::table
            .filter(selection_item::selection_id.eq(Id(done.id)))
            .filter(selection_item::outcome.eq(ended.as_str()))
            .select(selection_item::booking_seq);
        let rows = booking::table.filter(booking::seq.eq_any(items)).order((booking::start_at, booking::seq)).select((
            booking::tenant_id,
            booking::seq,
            booking::version,
        ));
        Ok(rows.load(conn)?)
    })?;
    let visible = found.into_iter().filter(|(tenant, ..)| scope.sees(tenant.map(|id| id.0.into())));
    let chosen: Vec<Chosen> = visible.map(|(_, seq, version)| (seq, version)).collect();
    keep(pools, staff, order, None, &chosen, now)
}
