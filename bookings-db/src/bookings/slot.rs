//! Who shares a start.

use bookings_core::Booking;
use diesel::prelude::*;

use super::page::Boxed;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::rows::count;
use crate::schema::booking;
use crate::scope::Scope;
use crate::types::{Id, Instant};

/// What is taken of a shared start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Bookings that hold seats of it.
    pub bookings: u64,
    /// Seats they hold.
    pub seats: u64,
}

/// What is taken of the start that `of` shares, its own seats among it, as far as `scope` sees it.
///
/// # Errors
/// The database's.
pub fn taken_with(conn: &mut Conn, of: &Booking, scope: Scope) -> Result<Taken, StoreError> {
    // There are no more of them than the start has seats.
    let held: Vec<i32> = sharing(of, scope).select(booking::capacity_consumed).load(conn)?;
    let seats = held.iter().map(|seats| u64::from(count(*seats))).sum();
    Ok(Taken { bookings: held.len() as u64, seats })
}

/// The bookings that hold seats of the start that `of` shares; of a booking that shares none, itself.
pub(crate) fn sharing(of: &Booking, scope: Scope) -> Boxed<'static> {
    // By what the key of a slot is made of: an index is in order of start, and none of keys.
    let query = booking::table
        .filter(booking::active)
        .filter(booking::provider_id.eq(Id::from(of.provider_id)))
        .filter(booking::start_at.eq(Instant(of.start_at)))
        .into_boxed();
    let query = match of.shared {
        true => query.filter(booking::service_id.eq(Id::from(of.service_id))).filter(booking::shared),
        false => query.filter(booking::id.eq(Id::from(of.id))),
    };
    match scope {
        Scope::Tenant(tenant) => query.filter(booking::tenant_id.eq(Id(tenant.0))),
        Scope::All => query,
    }
}
