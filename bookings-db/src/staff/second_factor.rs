//! Second factors: an app's secret, which arrives sealed, and recovery codes, which arrive as digests.

use bookings_core::StaffId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::change::{keep, reached};
use super::{StaffError, lock};
use crate::audit::AuditKind;
use crate::connection::{Conn, Pools};
use crate::error::StoreError;
use crate::schema::{recovery_code, second_factor as table, session};
use crate::scope::By;
use crate::sessions::KeyDigest;
use crate::transaction::{Lock, write};
use crate::types::{Id, Instant};

/// A second factor as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// The secret, sealed by whoever brought it.
    pub sealed: Vec<u8>,
    /// Whether a first code was right; before that it counts for nothing.
    pub confirmed: bool,
    /// Recovery codes that are left.
    pub recovery_codes: usize,
}

impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecondFactor(confirmed={} recovery_codes={})", self.confirmed, self.recovery_codes)
    }
}

/// An account's second factor, confirmed or not.
///
/// # Errors
/// The database's.
pub fn second_factor(pools: &Pools, id: StaffId) -> Result<Option<SecondFactor>, StoreError> {
    pools.read(|conn| {
        let row: Option<(Vec<u8>, Option<Instant>)> = table::table
            .find(Id::from(id))
            .select((table::sealed_secret, table::confirmed_at))
            .first(conn)
            .optional()?;
        let Some((sealed, confirmed_at)) = row else { return Ok(None) };
        let left: Vec<Vec<u8>> =
            recovery_code::table.filter(of(id)).select(recovery_code::code_digest).limit(100).load(conn)?;
        Ok(Some(SecondFactor { sealed, confirmed: confirmed_at.is_some(), recovery_codes: left.len() }))
    })
}

fn of(id: StaffId) -> diesel::dsl::Eq<recovery_code::staff_id, Id> {
    recovery_code::staff_id.eq(Id::from(id))
}

/// Keeps a new secret that waits for its first code, in place of one that waited; says whether it did: a confirmed one stays.
///
/// # Errors
/// The database's.
pub fn begin_second_factor(pools: &Pools, id: StaffId, sealed: &[u8]) -> Result<bool, StoreError> {
    write(pools, &lock(), |conn| {
        if confirmed_at(conn, id)?.is_some() {
            return Ok(false);
        }
        diesel::delete(table::table.find(Id::from(id))).execute(conn)?;
        let row = (table::staff_id.eq(Id::from(id)), table::sealed_secret.eq(sealed), table::last_step.eq(0_i64));
        diesel::insert_into(table::table).values(row).execute(conn)?;
        Ok(true)
    })
}

/// The first code was right: from now on it counts, and every session of the account ends. Says whether there was one that
/// waited, sealed like this.
///
/// # Errors
/// [`StaffError::NotFound`].
pub fn confirm_second_factor(
    pools: &Pools,
    by: &By<'_>,
    id: StaffId,
    sealed: &[u8],
    step: i64,
    codes: &[KeyDigest],
) -> Result<bool, StaffError> {
    write(pools, &lock(), |conn| {
        let waiting = table::table.find(Id::from(id)).filter(table::confirmed_at.is_null());
        let set = (table::confirmed_at.eq(Some(Instant(by.now))), table::last_step.eq(step));
        if diesel::update(waiting.filter(table::sealed_secret.eq(sealed))).set(set).execute(conn)? == 0 {
            return Ok(false);
        }
        replace_codes(conn, id, codes)?;
        changed(conn, by, id, AuditKind::SecondFactorSet)?;
        Ok(true)
    })
}

/// Accepts a code of that step once: no step up to it is accepted again.
///
/// # Errors
/// The database's.
pub fn use_second_factor(pools: &Pools, id: StaffId, step: i64) -> Result<bool, StoreError> {
    write(pools, &Lock::none(), |conn| {
        let fresh =
            table::table.find(Id::from(id)).filter(table::confirmed_at.is_not_null()).filter(table::last_step.lt(step));
        Ok(diesel::update(fresh).set(table::last_step.eq(step)).execute(conn)? > 0)
    })
}

/// Accepts a recovery code once.
///
/// # Errors
/// The database's.
pub fn use_recovery_code(pools: &Pools, id: StaffId, code: &KeyDigest) -> Result<bool, StoreError> {
    write(pools, &Lock::none(), |conn| {
        let row = recovery_code::table.find((Id::from(id), code.as_slice()));
        Ok(diesel::delete(row).execute(conn)? > 0)
    })
}

/// New recovery codes in place of those before; says whether there is a second factor they belong to.
///
/// # Errors
/// [`StaffError::NotFound`].
pub fn renew_recovery_codes(pools: &Pools, by: &By<'_>, id: StaffId, codes: &[KeyDigest]) -> Result<bool, StaffError> {
    write(pools, &lock(), |conn| {
        if confirmed_at(conn, id)?.is_none() {
            return Ok(false);
        }
        replace_codes(conn, id, codes)?;
        let account = reached(conn, by.scope, id)?;
        keep(conn, by, AuditKind::RecoveryCodesMade, &account, Value::Null)?;
        Ok(true)
    })
}

/// Takes one's own second factor away and ends every session of the account; says whether there was one.
///
/// # Errors
/// [`StaffError::NotFound`].
pub fn remove_second_factor(pools: &Pools, by: &By<'_>, id: StaffId) -> Result<bool, StaffError> {
    write(pools, &lock(), |conn| {
        if !forget(conn, id)? {
            return Ok(false);
        }
        changed(conn, by, id, AuditKind::SecondFactorRemoved)?;
        Ok(true)
    })
}

fn changed(conn: &mut Conn, by: &By<'_>, id: StaffId, kind: AuditKind) -> Result<(), StaffError> {
    let account = reached(conn, by.scope, id)?;
    diesel::delete(session::table.filter(session::staff_id.eq(Id::from(id)))).execute(conn)?;
    keep(conn, by, kind, &account, Value::Null)
}

/// Deletes secret and codes; says whether there was a confirmed one.
pub(super) fn forget(conn: &mut Conn, id: StaffId) -> Result<bool, StoreError> {
    let was = confirmed_at(conn, id)?;
    diesel::delete(recovery_code::table.filter(of(id))).execute(conn)?;
    diesel::delete(table::table.find(Id::from(id))).execute(conn)?;
    Ok(was.is_some())
}

fn replace_codes(conn: &mut Conn, id: StaffId, codes: &[KeyDigest]) -> Result<(), StoreError> {
    diesel::delete(recovery_code::table.filter(of(id))).execute(conn)?;
    for code in codes {
        let row = (of(id), recovery_code::code_digest.eq(code.as_slice()));
        diesel::insert_into(recovery_code::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// Accounts behind that one with their sealed secrets, confirmed or not.
///
/// # Errors
/// The database's.
pub fn sealed_secrets(conn: &mut Conn, after: StaffId, limit: u32) -> Result<Vec<(StaffId, Vec<u8>)>, StoreError> {
    let further = table::table.filter(table::staff_id.gt(Id::from(after))).order(table::staff_id);
    let rows: Vec<(Id, Vec<u8>)> =
        further.limit(i64::from(limit)).select((table::staff_id, table::sealed_secret)).load(conn)?;
    Ok(rows.into_iter().map(|(id, sealed)| (id.into(), sealed)).collect())
}

/// Seals every secret anew that `reseal` gives another seal for; says how many.
///
/// # Errors
/// The database's.
pub fn reseal_second_factors(
    pools: &Pools,
    reseal: impl Fn(StaffId, &[u8]) -> Option<Vec<u8>>,
) -> Result<usize, StoreError> {
    const PAGE: u32 = 500;
    let (mut after, mut count) = (StaffId(uuid::Uuid::nil()), 0);
    loop {
        let rows = pools.read(|conn| sealed_secrets(conn, after, PAGE))?;
        let Some((last, _)) = rows.last() else { return Ok(count) };
        after = *last;
        for (id, old) in &rows {
            let Some(new) = reseal(*id, old) else { continue };
            // One that was set up anew meanwhile stays.
            count += write(pools, &Lock::none(), |conn| {
                let same = table::table.find(Id::from(*id)).filter(table::sealed_secret.eq(old));
                Ok::<_, StoreError>(diesel::update(same).set(table::sealed_secret.eq(&new)).execute(conn)?)
            })?;
        }
    }
}

/// When a second factor was confirmed, for pages about others' accounts.
///
/// # Errors
/// The database's.
pub fn second_factor_since(pools: &Pools, id: StaffId) -> Result<Option<DateTime<Utc>>, StoreError> {
    pools.read(|conn| confirmed_at(conn, id))
}

fn confirmed_at(conn: &mut Conn, id: StaffId) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row: Option<Option<Instant>> =
        table::table.find(Id::from(id)).select(table::confirmed_at).first(conn).optional()?;
    Ok(row.flatten().map(|at| at.0))
}
