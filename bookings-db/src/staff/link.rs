//! Invitations and resets: one link an account at a time, with which its owner sets a password once.

use bookings_core::{Actor, StaffId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::json;

use super::change::{StaffChange, apply, keep, reached};
use super::{Staff, StaffError, StaffRow, lock};
use crate::audit::AuditKind;
use crate::connection::{Conn, Pools};
use crate::error::StoreError;
use crate::schema::{staff, staff_link};
use crate::scope::By;
use crate::sessions::KeyDigest;
use crate::transaction::write;
use crate::types::{Id, Instant};

/// Keeps the digest of a new link's token; an older link of that account is worth nothing any more.
///
/// # Errors
/// [`StaffError::NotFound`], also for another tenant's and for disabled accounts.
pub fn make_link(
    pools: &Pools,
    by: &By<'_>,
    id: StaffId,
    token: &KeyDigest,
    expires_at: DateTime<Utc>,
) -> Result<Staff, StaffError> {
    write(pools, &lock(), |conn| {
        let account = reached(conn, by.scope, id)?;
        if !account.active {
            return Err(StaffError::NotFound);
        }
        diesel::delete(staff_link::table.find(Id::from(id))).execute(conn)?;
        let row = (
            staff_link::staff_id.eq(Id::from(id)),
            staff_link::token_digest.eq(token.as_slice()),
            staff_link::expires_at.eq(Instant(expires_at)),
        );
        diesel::insert_into(staff_link::table).values(row).execute(conn)?;
        keep(
            conn,
            by,
            AuditKind::LinkMade,
            &account,
            json!({"until": expires_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)}),
        )?;
        Ok(account)
    })
}

fn find(conn: &mut Conn, token: &KeyDigest, now: DateTime<Utc>) -> Result<Option<Staff>, StoreError> {
    let row: Option<StaffRow> = staff_link::table
        .inner_join(staff::table.on(staff::id.eq(staff_link::staff_id)))
        .filter(staff_link::token_digest.eq(token.as_slice()))
        .filter(staff_link::expires_at.gt(Instant(now)))
        .filter(staff::active.eq(true))
        .select(StaffRow::as_select())
        .first(conn)
        .optional()?;
    row.map(Staff::try_from).transpose()
}

/// Whose link that is, while it is valid.
///
/// # Errors
/// The database's.
pub fn link_account(pools: &Pools, token: &KeyDigest, now: DateTime<Utc>) -> Result<Option<Staff>, StoreError> {
    pools.read(|conn| find(conn, token, now))
}

/// Sets the password of the link's account and ends the link and the account's sessions.
///
/// # Errors
/// [`StaffError::NoLink`].
pub fn use_link(
    pools: &Pools,
    token: &KeyDigest,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<Staff, StaffError> {
    write(pools, &lock(), |conn| {
        let account = find(conn, token, now)?.ok_or(StaffError::NoLink)?;
        let actor = Actor { id: Some(account.id), name: account.name.clone(), role: account.role };
        let by = By::new(&actor, now);
        keep(conn, &by, AuditKind::LinkUsed, &account, serde_json::Value::Null)?;
        apply(conn, &by, &account, StaffChange::Password(password_hash))
    })
}
