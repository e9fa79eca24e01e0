//! Which bookings a selection is of: those that are listed, what a filter finds, who shares a start. Each with the version it
//! has now.

use bookings_core::{Booking, Reference, StaffId};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt};
use uuid::Uuid;

use super::tables::{import_row, selection, selection_item};
use super::{MOST, Order, State, json};
use crate::bookings::{ListQuery, Sort, sharing};
use crate::connection::{Conn, Pools};
use crate::error::StoreError;
use crate::schema::booking;
use crate::scope::Scope;
use crate::transaction::{Lock, write};
use crate::types::{DbUuid, Id, Instant};

/// How long a selection is kept, in days: longer than anybody looks back at its result page.
const KEPT_DAYS: i64 = 7;

/// Rows of one statement: a row has four parameters, and SQLite takes 32,766.
pub(super) const ROWS: usize = 5_000;

/// The number of a booking of a selection, with the version it has.
pub(super) type Chosen = (i64, i64);

/// Keeps those of `references` that `scope` sees, in order of start.
///
/// # Errors
/// The database's.
pub fn select_listed(
    pools: &Pools,
    staff: Option<StaffId>,
    order: &Order,
    references: &[Reference],
    scope: Scope,
    now: DateTime<Utc>,
) -> Result<Uuid, StoreError> {
    let mut chosen: Vec<(Instant, Chosen)> = Vec::new();
    for some in references.chunks(ROWS) {
        let names: Vec<&str> = some.iter().map(Reference::as_str).collect();
        let found: Vec<(Instant, Option<Id>, i64, i64)> = pools.read(|conn| {
            let rows = booking::table.filter(booking::reference.eq_any(names.clone())).select((
                booking::start_at,
                booking::tenant_id,
                booking::seq,
                booking::version,
            ));
            Ok(rows.load(conn)?)
        })?;
        let visible = found.into_iter().filter(|(_, tenant, ..)| scope.sees(tenant.map(|id| id.0.into())));
        chosen.extend(visible.map(|(start, _, seq, version)| (start, (seq, version))));
    }
    chosen.sort();
    chosen.dedup();
    let chosen: Vec<Chosen> = chosen.into_iter().map(|(_, chosen)| chosen).collect();
    keep(pools, staff, order, None, &chosen, now)
}

/// Keeps everything that a list's filter finds now, in order of start; `None` where that is more than [`MOST`].
///
/// # Errors
/// The database's.
pub fn select_found(
    pools: &Pools,
    staff: Option<StaffId>,
    order: &Order,
    query: &ListQuery,
    now: DateTime<Utc>,
) -> Result<Option<Uuid>, StoreError> {
    let query = ListQuery { sort: Sort::StartAt, ..query.clone() };
    let chosen: Vec<Chosen> = pools.read(|conn| query.chosen(conn, MOST as i64 + 1))?;
    if chosen.len() > MOST {
        return Ok(None);
    }
    keep(pools, staff, order, None, &chosen, now).map(Some)
}

/// Keeps who holds a seat of the start that `of` shares with others, as far as `scope` sees them; of a booking that shares
/// none, itself.
///
/// # Errors
/// The database's.
pub fn select_slot(
    pools: &Pools,
    staff: Option<StaffId>,
    order: &Order,
    of: &Booking,
    scope: Scope,
    now: DateTime<Utc>,
) -> Result<Uuid, StoreError> {
    let chosen: Vec<Chosen> = pools.read(|conn| {
        let sharing = sharing(of, scope).order(booking::seq);
        Ok(sharing.select((booking::seq, booking::version)).load(conn)?)
    })?;
    keep(pools, staff, order, None, &chosen, now)
}

pub(super) fn keep(
    pools: &Pools,
    staff: Option<StaffId>,
    order: &Order,
    undoes: Option<Uuid>,
    chosen: &[Chosen],
    now: DateTime<Utc>,
) -> Result<Uuid, StoreError> {
    write(pools, &Lock::none(), |conn| {
        let id = new_selection(conn, staff, order, undoes, chosen.len(), now)?;
        match conn {
            Conn::Pg(conn) => keep_at_once(conn, id, chosen)?,
            Conn::Lite(conn) => keep_by_rows(conn, id, chosen)?,
        };
        Ok(id)
    })
}

/// As two arrays: PostgreSQL takes longer to read and plan tens of thousands of parameters than to write their rows.
fn keep_at_once(conn: &mut PgConnection, id: Uuid, chosen: &[Chosen]) -> QueryResult<usize> {
    let (bookings, versions): (Vec<i64>, Vec<i64>) = chosen.iter().copied().unzip();
    let statement = "INSERT INTO selection_item (selection_id, place, booking_seq, version) \
         SELECT $1, chosen.place - 1, chosen.booking_seq, chosen.version \
         FROM unnest($2, $3) WITH ORDINALITY AS chosen (booking_seq, version, place)";
    let insert = diesel::sql_query(statement).bind::<DbUuid, _>(Id(id));
    insert.bind::<Array<BigInt>, _>(bookings).bind::<Array<BigInt>, _>(versions).execute(conn)
}

fn keep_by_rows(conn: &mut SqliteConnection, id: Uuid, chosen: &[Chosen]) -> QueryResult<usize> {
    let row = |((booking, version), place): (&Chosen, i64)| {
        (
            selection_item::selection_id.eq(Id(id)),
            selection_item::place.eq(place),
            selection_item::booking_seq.eq(*booking),
            selection_item::version.eq(*version),
        )
    };
    let rows: Vec<_> = chosen.iter().zip(0..).map(row).collect();
    let inserted = rows.chunks(ROWS).map(|some| diesel::insert_into(selection_item::table).values(some).execute(conn));
    inserted.sum()
}

/// A selection without its items; old ones go.
pub(super) fn new_selection(
    conn: &mut Conn,
    staff: Option<StaffId>,
    order: &Order,
    undoes: Option<Uuid>,
    items: usize,
    now: DateTime<Utc>,
) -> Result<Uuid, StoreError> {
    let old = selection::created_at.lt(Instant(now - TimeDelta::days(KEPT_DAYS)));
    let gone: Vec<Id> = selection::table.filter(old).select(selection::id).limit(100).load(conn)?;
    if !gone.is_empty() {
        let items = selection_item::table.filter(selection_item::selection_id.eq_any(gone.clone()));
        diesel::delete(items).execute(conn)?;
        let rows = import_row::table.filter(import_row::selection_id.eq_any(gone.clone()));
        diesel::delete(rows).execute(conn)?;
        diesel::delete(selection::table.filter(selection::id.eq_any(gone))).execute(conn)?;
    }
    let id = Uuid::now_v7();
    let row = (
        selection::id.eq(Id(id)),
        selection::staff_id.eq(staff.map(Id::from)),
        selection::what.eq(json(order)),
        selection::state.eq(State::Ready.as_str()),
        selection::items.eq(items as i64),
        selection::undoes.eq(undoes.map(Id)),
        selection::created_at.eq(Instant(now)),
    );
    diesel::insert_into(selection::table).values(row).execute(conn)?;
    Ok(id)
}
