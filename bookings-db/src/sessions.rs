//! Browser sessions, kept under a digest of their key, so that a copy of the table opens none.

use bookings_core::StaffId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::connection::Pools;
use crate::error::StoreError;
use crate::schema::{second_factor, session, staff, staff_preference, tenant};
use crate::staff::{Preferences, Staff, StaffRow};
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
    /// The IANA time zone of the account's tenant, where it has one of its own.
    pub time_zone: Option<String>,
    /// The ISO 4217 currency of the account's tenant, where it has one of its own.
    pub currency: Option<String>,
    /// Whether the account has a second factor.
    pub second_factor: bool,
    /// What the person chose for themselves.
    pub preferences: Preferences,
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
    type Own = Option<String>;
    type Row = (String, Instant, Instant, Option<StaffRow>, Own, Own, Option<Instant>, Option<Preferences>);
    pools.read(|conn| {
        let row: Option<Row> = session::table
            .left_join(staff::table.on(session::staff_id.eq(staff::id.nullable())))
            .left_join(tenant::table.on(staff::tenant_id.eq(tenant::id.nullable())))
            .left_join(second_factor::table.on(session::staff_id.eq(second_factor::staff_id.nullable())))
            .left_join(staff_preference::table.on(session::staff_id.eq(staff_preference::staff_id.nullable())))
            .filter(session::key_digest.eq(key.as_slice()))
            .filter(session::expires_at.gt(Instant(now)))
            .select((
                session::data,
                session::created_at,
                session::expires_at,
                Option::<StaffRow>::as_select(),
                tenant::time_zone.nullable(),
                tenant::currency.nullable(),
                second_factor::confirmed_at.nullable(),
                Option::<Preferences>::as_select(),
            ))
            .first(conn)
            .optional()?;
        let Some((data, created_at, expires_at, staff, time_zone, currency, factor, preferences)) = row else {
            return Ok(None);
        };
        Ok(Some(SessionRow {
            data,
            staff: staff.map(Staff::try_from).transpose()?,
            time_zone,
            currency,
            second_factor: factor.is_some(),
            preferences: preferences.unwrap_or_default(),
            created_at: created_at.0,
            expires_at: expires_at.0,
        }))
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

/// A session among an account's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// The digest of its key.
    pub key: Vec<u8>,
    /// Whatever the web side keeps in it.
    pub data: String,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ends unless it is prolonged.
    pub expires_at: DateTime<Utc>,
}

/// The sessions of one account that have not ended, newest first; at most `limit`.
///
/// # Errors
/// The database's.
pub fn of_staff(pools: &Pools, id: StaffId, now: DateTime<Utc>, limit: u32) -> Result<Vec<OwnSession>, StoreError> {
    let rows: Vec<(Vec<u8>, String, Instant, Instant)> = pools.read(|conn| {
        Ok(session::table
            .filter(session::staff_id.eq(Id::from(id)))
            .filter(session::expires_at.gt(Instant(now)))
            .order((session::created_at.desc(), session::key_digest))
            .limit(i64::from(limit))
            .select((session::key_digest, session::data, session::created_at, session::expires_at))
            .load(conn)?)
    })?;
    let own = |(key, data, created_at, expires_at): (Vec<u8>, String, Instant, Instant)| OwnSession {
        key,
        data,
        created_at: created_at.0,
        expires_at: expires_at.0,
    };
    Ok(rows.into_iter().map(own).collect())
}

/// Ends sessions of one account: those with that key, or all but those; says how many.
///
/// # Errors
/// The database's.
pub fn end_own(pools: &Pools, id: StaffId, key: &[u8], others: bool) -> Result<usize, StoreError> {
    write(pools, &Lock::none(), |conn| {
        let own = session::table.filter(session::staff_id.eq(Id::from(id)));
        Ok(match others {
            false => diesel::delete(own.filter(session::key_digest.eq(key))).execute(conn)?,
            true => diesel::delete(own.filter(session::key_digest.ne(key))).execute(conn)?,
        })
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
