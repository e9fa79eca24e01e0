//! When the bookings of a long day are, where nobody looks at each.

use bookings_core::{Status, Window};
use diesel::prelude::*;

use crate::connection::Conn;
use crate::error::StoreError;
use crate::rows::status;
use crate::schema::booking;
use crate::scope::Scope;
use crate::types::{Id, Instant};

/// When a booking is, and where it is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// Its status.
    pub status: Status,
    /// From start to end, UTC.
    pub time: Window,
}

/// The first `most` of what `scope` sees start in `window`, in order of start. One query.
///
/// # Errors
/// The database's.
pub fn spells(conn: &mut Conn, scope: Scope, window: Window, most: u32) -> Result<Vec<Spell>, StoreError> {
    let mut query = booking::table
        .filter(booking::start_at.ge(Instant(window.start)))
        .filter(booking::start_at.lt(Instant(window.end)))
        .order(booking::start_at)
        .select((booking::status, booking::start_at, booking::end_at))
        .limit(i64::from(most))
        .into_boxed();
    if let Scope::Tenant(tenant) = scope {
        query = query.filter(booking::tenant_id.eq(Id(tenant.0)));
    }
    let rows: Vec<(String, Instant, Instant)> = query.load(conn)?;
    let spell = |(name, start, end): (String, Instant, Instant)| {
        Ok(Spell { status: status(&name)?, time: Window { start: start.0, end: end.0 } })
    };
    rows.into_iter().map(spell).collect()
}
