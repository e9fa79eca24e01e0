//! Changes to accounts, each with who made it in the audit, in one transaction.

use bookings_core::{Actor, Role, StaffId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{NewStaff, Staff, StaffError, by_id, insert, lock, second_factor};
use crate::audit::{self, AuditKind, Entry};
use crate::connection::{Conn, Pools};
use crate::schema::{session, staff, staff_link};
use crate::scope::{By, Scope};
use crate::transaction::write;
use crate::types::{Id, Instant};

/// A change to an account. Every one of them ends its sessions: whoever holds one has to sign in as what they are now.
#[derive(Debug, Clone, Copy)]
pub enum StaffChange<'a> {
    /// May sign in, or no more.
    Active(bool),
    /// What they may do.
    Role(Role),
    /// The hash of another password.
    Password(&'a str),
    /// Its second factor is taken away.
    NoSecondFactor,
}

/// Whoever sits at the machine itself.
pub(super) fn command_line() -> Actor {
    Actor { id: None, name: "command line".into(), role: Role::Owner }
}

/// Makes an account, active. Within a tenant it is one of that tenant.
///
/// # Errors
/// [`StaffError::InvalidName`], [`StaffError::NameTaken`], [`StaffError::UnknownTenant`].
pub fn add_staff_by(pools: &Pools, by: &By<'_>, new: NewStaff<'_>) -> Result<Staff, StaffError> {
    if !by.scope.sees(new.tenant_id) {
        return Err(StaffError::UnknownTenant);
    }
    let id = StaffId(Uuid::now_v7());
    write(pools, &lock(), |conn| {
        let made = insert(conn, id, new, by.now)?;
        keep(conn, by, AuditKind::AccountMade, &made, json!({"role": made.role.as_str()}))?;
        Ok(made)
    })
}

/// Changes an account; `seen` is the version it was looked at, where that matters.
///
/// # Errors
/// [`StaffError::NotFound`], also for another tenant's; [`StaffError::Stale`], [`StaffError::OwnAccount`],
/// [`StaffError::LastOwner`], [`StaffError::NoSecondFactor`].
pub fn change_staff(
    pools: &Pools,
    by: &By<'_>,
    id: StaffId,
    seen: Option<i64>,
    change: StaffChange<'_>,
) -> Result<Staff, StaffError> {
    write(pools, &lock(), |conn| {
        let before = reached(conn, by.scope, id)?;
        if seen.is_some_and(|seen| seen != before.version) {
            return Err(StaffError::Stale(Box::new(before)));
        }
        let own = by.actor.id == Some(id);
        if own && !matches!(change, StaffChange::Password(_)) {
            return Err(StaffError::OwnAccount);
        }
        if loses_an_owner(&before, change) {
            require_another_owner(conn, by, &before)?;
        }
        apply(conn, by, &before, change)
    })
}

/// The account, where the scope reaches it.
pub(super) fn reached(conn: &mut Conn, scope: Scope, id: StaffId) -> Result<Staff, StaffError> {
    let found = by_id(conn, id)?;
    if scope.sees(found.tenant_id) { Ok(found) } else { Err(StaffError::NotFound) }
}

/// Writes the change, ends the account's sessions and link, and keeps what was done.
pub(super) fn apply(
    conn: &mut Conn,
    by: &By<'_>,
    before: &Staff,
    change: StaffChange<'_>,
) -> Result<Staff, StaffError> {
    let id = Id::from(before.id);
    let row = staff::table.find(id);
    let (kind, data) = match change {
        StaffChange::Active(active) => {
            diesel::update(row).set(staff::active.eq(active)).execute(conn)?;
            (if active { AuditKind::AccountEnabled } else { AuditKind::AccountDisabled }, Value::Null)
        }
        StaffChange::Role(role) => {
            diesel::update(row).set(staff::role.eq(role.as_str())).execute(conn)?;
            (AuditKind::RoleChanged, json!({"old": before.role.as_str(), "new": role.as_str()}))
        }
        StaffChange::Password(hash) => {
            diesel::update(row).set(staff::password_hash.eq(hash)).execute(conn)?;
            (AuditKind::PasswordSet, Value::Null)
        }
        StaffChange::NoSecondFactor => {
            if !second_factor::forget(conn, before.id)? {
                return Err(StaffError::NoSecondFactor);
            }
            (AuditKind::SecondFactorReset, Value::Null)
        }
    };
    let next = (staff::version.eq(staff::version + 1), staff::updated_at.eq(Instant(by.now)));
    diesel::update(staff::table.find(id)).set(next).execute(conn)?;
    diesel::delete(session::table.filter(session::staff_id.eq(id))).execute(conn)?;
    diesel::delete(staff_link::table.find(id)).execute(conn)?;
    keep(conn, by, kind, before, data)?;
    by_id(conn, before.id)
}

pub(super) fn keep(conn: &mut Conn, by: &By<'_>, kind: AuditKind, of: &Staff, data: Value) -> Result<(), StaffError> {
    Ok(audit::append(conn, &Entry::new(kind, by.actor, of.tenant_id, &of.name), data, by.now)?)
}

fn loses_an_owner(staff: &Staff, change: StaffChange<'_>) -> bool {
    let stays = match change {
        StaffChange::Active(active) => active,
        StaffChange::Role(role) => role == Role::Owner,
        StaffChange::Password(_) | StaffChange::NoSecondFactor => true,
    };
    staff.role == Role::Owner && staff.active && !stays
}

/// An owner of the same tenant, or above them like this one. Those above the tenants may take a tenant its last owner:
/// they can give it another.
fn require_another_owner(conn: &mut Conn, by: &By<'_>, owner: &Staff) -> Result<(), StaffError> {
    if owner.tenant_id.is_some() && by.scope == Scope::All {
        return Ok(());
    }
    let mut others = staff::table
        .filter(staff::role.eq(Role::Owner.as_str()))
        .filter(staff::active.eq(true))
        .filter(staff::id.ne(Id::from(owner.id)))
        .select(staff::id)
        .limit(1)
        .into_boxed();
    others = match owner.tenant_id {
        Some(tenant) => others.filter(staff::tenant_id.eq(Some(Id::from(tenant)))),
        None => others.filter(staff::tenant_id.is_null()),
    };
    let found: Option<Id> = others.first(conn).optional()?;
    found.map(|_| ()).ok_or(StaffError::LastOwner)
}

/// Lets somebody sign in again, or no more, from the machine itself.
///
/// # Errors
/// [`StaffError::NotFound`], [`StaffError::LastOwner`].
pub fn set_staff_active(pools: &Pools, id: StaffId, active: bool, now: DateTime<Utc>) -> Result<Staff, StaffError> {
    change_staff(pools, &By::new(&command_line(), now), id, None, StaffChange::Active(active))
}

/// Gives somebody another role, from the machine itself.
///
/// # Errors
/// [`StaffError::NotFound`], [`StaffError::LastOwner`].
pub fn set_staff_role(pools: &Pools, id: StaffId, role: Role, now: DateTime<Utc>) -> Result<Staff, StaffError> {
    change_staff(pools, &By::new(&command_line(), now), id, None, StaffChange::Role(role))
}

/// Replaces the password, from the machine itself.
///
/// # Errors
/// [`StaffError::NotFound`].
pub fn set_password(pools: &Pools, id: StaffId, password_hash: &str, now: DateTime<Utc>) -> Result<Staff, StaffError> {
    change_staff(pools, &By::new(&command_line(), now), id, None, StaffChange::Password(password_hash))
}

/// Takes the second factor away, from the machine itself.
///
/// # Errors
/// [`StaffError::NotFound`], [`StaffError::NoSecondFactor`].
pub fn reset_second_factor(pools: &Pools, id: StaffId, now: DateTime<Utc>) -> Result<Staff, StaffError> {
    change_staff(pools, &By::new(&command_line(), now), id, None, StaffChange::NoSecondFactor)
}
