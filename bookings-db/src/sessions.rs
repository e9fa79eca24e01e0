//! Browser sessions, kept under a digest of their key, so that a copy of the table opens none.

use bookings_core::StaffId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::connection::Pools;
use crate::error::StoreError;
use crate::schema::{session, staff};
use crate::staff::{Staff, StaffRow};
use crate::transaction::{Lock, write};
use crate::types::{Id, Instant};

/// SHA-256 of a session's key.
pub type KeyDigest = [u8; 32];

/// A session that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Whatever the web side keeps in it.
    pub data: String,
    /// The account signed in with it, as it is now: active or not, and `None` when there is none (any more).
    pub staff: Option<Staff>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ends unless it is prolonged.
    pub expires_at: DateTime<Utc>,
}

/// The session of that key, with its account, in one query; `None` when there is none or it has ended.
///
/// # Errors
/// The database's.
pub fn load(pools: &Pools, key: &KeyDigest, now: DateTime<Utc>) -> Result<Option<SessionRow>, StoreError> {
    type Row = (String, Instant, Instant, Option<StaffRow>);
    pools.read(|conn| {
        let row: Option<Row> = session::table
            .left_join(staff::table.on(session::staff_id.eq(staff::id.nullable())))
            .filter(session::key_digest.eq(key.as_slice()))
            .filter(session::expires_at.gt(Instant(now)))
            .select((session::data, session::created_at, session::expires_at, Option::<StaffRow>::as_select()))
            .first(conn)
            .optional()?;
        let Some((data, created_at, expires_at, staff)) = row else { return Ok(None) };
        let staff = staff.map(Staff::try_from).transpose()?;
        Ok(Some(SessionRow { data, staff, created_at: created_at.0, expires_at: expires_at.0 }))
    })
}

/// Keeps a new session.
///
/// # Errors
/// The database's; a key that exists is [`StoreError::Wall`].
pub fn save(
    pools: &Pools,
    key: &KeyDigest,
    staff_id: Option<StaffId>,
    data: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    write(pools, &Lock::none(), |conn| {
        let row = (
            session::key_digest.eq(key.as_slice()),
            session::staff_id.eq(staff_id.map(Id::from)),
            session::data.eq(data),
            session::created_at.eq(Instant(now)),
            session::expires_at.eq(Instant(expires_at)),
        );
        diesel::insert_into(session::table).values(row).execute(conn)?;
        Ok(())
    })
}

/// Replaces what a session holds and when it ends; says whether it still exists. One that was revoked stays so.
///
/// # Errors
/// The database's.
pub fn update(
    pools: &Pools,
    key: &KeyDigest,
    staff_id: Option<StaffId>,
    data: &str,
    expires_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let values = (
        session::staff_id.eq(staff_id.map(Id::from)),
        session::data.eq(data),
        session::expires_at.eq(Instant(expires_at)),
    );
    write(pools, &Lock::none(), |conn| {
        Ok(diesel::update(session::table.find(key.as_slice())).set(values).execute(conn)? > 0)
    })
}

/// Sets when a session ends; says whether it still exists.
///
/// # Errors
/// The database's.
pub fn touch(pools: &Pools, key: &KeyDigest, expires_at: DateTime<Utc>) -> Result<bool, StoreError> {
    let until = session::expires_at.eq(Instant(expires_at));
    write(pools, &Lock::none(), |conn| {
        Ok(diesel::update(session::table.find(key.as_slice())).set(until).execute(conn)? > 0)
    })
}

/// Ends a session; one that doesn't exist is no error.
///
/// # Errors
/// The database's.
pub fn delete(pools: &Pools, key: &KeyDigest) -> Result<(), StoreError> {
    write(pools, &Lock::none(), |conn| {
        diesel::delete(session::table.find(key.as_slice())).execute(conn)?;
        Ok(())
    })
}

/// Ends every session of one account and says how many.
///
/// # Errors
/// The database's.
pub fn delete_for_staff(pools: &Pools, id: StaffId) -> Result<usize, StoreError> {
    write(pools, &Lock::none(), |conn| {
        Ok(diesel::delete(session::table.filter(session::staff_id.eq(Id::from(id)))).execute(conn)?)
    })
}

/// Removes sessions that have ended and says how many; they are never found anyway.
///
/// # Errors
/// The database's.
pub fn purge_expired(pools: &Pools, now: DateTime<Utc>) -> Result<usize, StoreError> {
    write(pools, &Lock::none(), |conn| {
        Ok(diesel::delete(session::table.filter(session::expires_at.le(Instant(now)))).execute(conn)?)
    })
}
