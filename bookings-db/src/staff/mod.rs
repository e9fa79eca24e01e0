//! Staff accounts. Passwords arrive hashed; names differ by more than case, accents or width.

mod change;
mod link;
mod preferences;
mod second_factor;

use bookings_core::{Actor, Role, StaffId, TenantId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use thiserror::Error;
use uuid::Uuid;

pub use change::{
    StaffChange, add_staff_by, change_staff, reset_second_factor, set_password, set_staff_active, set_staff_role,
};
pub use link::{link_account, make_link, use_link};
pub use preferences::{Preferences, keep_preferences};
pub use second_factor::{
    SecondFactor, begin_second_factor, confirm_second_factor, remove_second_factor, renew_recovery_codes,
    reseal_second_factors, sealed_secrets, second_factor, second_factor_since, use_recovery_code, use_second_factor,
};

use crate::audit::{self, AuditKind, Entry};
use crate::connection::{Conn, Pools};
use crate::error::{StoreError, taken};
use crate::schema::staff;
use crate::scope::{By, Scope};
use crate::search::fold;
use crate::transaction::{Failure, Lock, write};
use crate::types::{Id, Instant};

/// Characters of a name, at most.
pub const LONGEST_NAME: usize = 100;

/// A staff account.
#[derive(Clone, PartialEq, Eq)]
pub struct Staff {
    /// Its id.
    pub id: StaffId,
    /// Its name as typed.
    pub name: String,
    /// What its owner may do.
    pub role: Role,
    /// The tenant whose data they reach, or `None` for all.
    pub tenant_id: Option<TenantId>,
    /// Whether they may sign in.
    pub active: bool,
    /// The hash, in the format of whoever made it.
    pub password_hash: String,
    /// Counts changes from 1.
    pub version: i64,
}

impl std::fmt::Debug for Staff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the hash: this ends up in logs.
        write!(f, "Staff({} {:?} {} active={} v{})", self.id, self.name, self.role.as_str(), self.active, self.version)
    }
}

/// An account to make.
#[derive(Debug, Clone, Copy)]
pub struct NewStaff<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its role.
    pub role: Role,
    /// Its tenant, or `None` for all.
    pub tenant_id: Option<TenantId>,
    /// The hash of its password.
    pub password_hash: &'a str,
}

/// Why an account was not made or changed.
#[derive(Debug, Error)]
pub enum StaffError {
    /// Another account's name is the same but for case and accents.
    #[error("there is already an account named {0}")]
    NameTaken(String),
    /// Empty, too long, or not printable.
    #[error("a name has 1 to {LONGEST_NAME} printable characters")]
    InvalidName,
    /// There are accounts already; only the very first is made this way.
    #[error("there are staff accounts already")]
    NotFirst,
    /// No such account.
    #[error("there is no such account")]
    NotFound,
    /// Nobody could make accounts any more.
    #[error("the last active owner can't be disabled or given another role")]
    LastOwner,
    /// Nobody raises himself, and nobody shuts himself out.
    #[error("nobody changes their own role or disables themselves")]
    OwnAccount,
    /// Changed since it was looked at; as it is now.
    #[error("somebody else changed this account meanwhile")]
    Stale(Box<Staff>),
    /// No such link: unknown, used, too old, or for an account that is disabled.
    #[error("this link is not valid any more")]
    NoLink,
    /// No such tenant.
    #[error("there is no such tenant")]
    UnknownTenant,
    /// There is nothing to reset.
    #[error("this account has no second factor")]
    NoSecondFactor,
    /// The database's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failure for StaffError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            StaffError::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl From<diesel::result::Error> for StaffError {
    fn from(error: diesel::result::Error) -> StaffError {
        StaffError::Store(error.into())
    }
}

/// Changes to accounts wait for each other, or two owners could disable one another.
fn lock() -> Lock {
    Lock::rows("LOCK TABLE staff IN SHARE ROW EXCLUSIVE MODE".into())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = staff)]
pub(crate) struct StaffRow {
    id: Id,
    name: String,
    role: String,
    tenant_id: Option<Id>,
    active: bool,
    password_hash: String,
    version: i64,
}

impl TryFrom<StaffRow> for Staff {
    type Error = StoreError;

    fn try_from(row: StaffRow) -> Result<Staff, StoreError> {
        let role = Role::parse(&row.role);
        let role = role.ok_or_else(|| StoreError::Internal(format!("{:?} in the database is no role", row.role)))?;
        let tenant_id = row.tenant_id.map(TenantId::from);
        let StaffRow { name, active, password_hash, version, .. } = row;
        Ok(Staff { id: row.id.into(), name, role, tenant_id, active, password_hash, version })
    }
}

/// Makes an account, active.
///
/// # Errors
/// [`StaffError::InvalidName`], [`StaffError::NameTaken`], [`StaffError::UnknownTenant`].
pub fn add_staff(pools: &Pools, new: NewStaff<'_>, now: DateTime<Utc>) -> Result<Staff, StaffError> {
    let actor = change::command_line();
    add_staff_by(pools, &By::new(&actor, now), new)
}

/// Makes the first account, an owner of everything; only one of several callers can.
///
/// # Errors
/// [`StaffError::NotFirst`] when any account exists, even a disabled one; [`StaffError::InvalidName`].
pub fn add_first_owner(
    pools: &Pools,
    name: &str,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<Staff, StaffError> {
    let id = StaffId(Uuid::now_v7());
    write(pools, &lock(), |conn| {
        if any(conn)? {
            return Err(StaffError::NotFirst);
        }
        let owner = insert(conn, id, NewStaff { name, role: Role::Owner, tenant_id: None, password_hash }, now)?;
        let actor = Actor { id: Some(owner.id), name: owner.name.clone(), role: owner.role };
        let entry = Entry::new(AuditKind::AccountMade, &actor, None, &owner.name);
        audit::append(conn, &entry, serde_json::json!({"role": "owner"}), now)?;
        Ok(owner)
    })
}

fn insert(conn: &mut Conn, id: StaffId, new: NewStaff<'_>, now: DateTime<Utc>) -> Result<Staff, StaffError> {
    let name = new.name.trim();
    let key = fold(name);
    if key.trim().is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(StaffError::InvalidName);
    }
    let row = (
        staff::id.eq(Id::from(id)),
        staff::name.eq(name),
        staff::name_key.eq(key),
        staff::password_hash.eq(new.password_hash),
        staff::role.eq(new.role.as_str()),
        staff::tenant_id.eq(new.tenant_id.map(Id::from)),
        staff::active.eq(true),
        staff::version.eq(1_i64),
        staff::created_at.eq(Instant(now)),
        staff::updated_at.eq(Instant(now)),
    );
    diesel::insert_into(staff::table).values(row).execute(conn).map_err(|error| match &error {
        diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::ForeignKeyViolation, _) => {
            StaffError::UnknownTenant
        }
        _ if taken(&error).is_some() => StaffError::NameTaken(name.into()),
        _ => error.into(),
    })?;
    by_id(conn, id)
}

fn any(conn: &mut Conn) -> Result<bool, StoreError> {
    Ok(diesel::select(diesel::dsl::exists(staff::table.select(staff::id))).get_result(conn)?)
}

fn by_id(conn: &mut Conn, id: StaffId) -> Result<Staff, StaffError> {
    let row = staff::table.find(Id::from(id)).select(StaffRow::as_select()).first(conn).optional()?;
    Ok(row.ok_or(StaffError::NotFound)?.try_into()?)
}

/// Whether there is any account, active or not.
///
/// # Errors
/// The database's.
pub fn any_staff(pools: &Pools) -> Result<bool, StoreError> {
    pools.read(any)
}

/// The account of that name, whatever its case and accents.
///
/// # Errors
/// The database's.
pub fn staff_by_name(pools: &Pools, name: &str) -> Result<Option<Staff>, StoreError> {
    let key = fold(name.trim());
    pools.read(|conn| {
        let row = staff::table.filter(staff::name_key.eq(&key)).select(StaffRow::as_select()).first(conn).optional()?;
        row.map(Staff::try_from).transpose()
    })
}

/// The account of that id.
///
/// # Errors
/// The database's.
pub fn staff_by_id(pools: &Pools, id: StaffId) -> Result<Option<Staff>, StoreError> {
    pools.read(|conn| {
        let row = staff::table.find(Id::from(id)).select(StaffRow::as_select()).first(conn).optional()?;
        row.map(Staff::try_from).transpose()
    })
}

/// Accounts that the scope reaches, by name, from behind the one of that name; at most `limit`.
///
/// # Errors
/// The database's.
pub fn staff_page(conn: &mut Conn, scope: Scope, after: Option<&str>, limit: u32) -> Result<Vec<Staff>, StoreError> {
    let mut query =
        staff::table.order(staff::name_key).select(StaffRow::as_select()).limit(i64::from(limit)).into_boxed();
    if let Scope::Tenant(own) = scope {
        query = query.filter(staff::tenant_id.eq(Some(Id::from(own))));
    }
    if let Some(name) = after {
        query = query.filter(staff::name_key.gt(fold(name.trim())));
    }
    let rows: Vec<StaffRow> = query.load(conn)?;
    rows.into_iter().map(Staff::try_from).collect()
}

/// All accounts by name, disabled ones too.
///
/// # Errors
/// The database's.
pub fn list_staff(pools: &Pools) -> Result<Vec<Staff>, StoreError> {
    pools.read(|conn| {
        let rows: Vec<StaffRow> = staff::table.order(staff::name_key).select(StaffRow::as_select()).load(conn)?;
        rows.into_iter().map(Staff::try_from).collect()
    })
}

/// Replaces a hash by one of the same password with other parameters, where it is still that one. Nobody is signed out.
///
/// # Errors
/// The database's.
pub fn refresh_hash(pools: &Pools, id: StaffId, old: &str, new: &str) -> Result<bool, StoreError> {
    write(pools, &lock(), |conn| {
        let same = staff::table.filter(staff::id.eq(Id::from(id))).filter(staff::password_hash.eq(old));
        Ok(diesel::update(same).set(staff::password_hash.eq(new)).execute(conn)? > 0)
    })
}
