//! Saved views: a list's filters, order and columns under a name, a person's own or shared; and how a person likes the list.

use std::collections::HashSet;

use bookings_core::{Actor, StaffId, TenantId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment};
use diesel::result::DatabaseErrorKind;
use diesel::sql_types::{Integer, Nullable, Text};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::audit::{AuditKind, Entry, append};
use crate::connection::{Conn, MultiBackend, Pools, known_by_text};
use crate::each;
use crate::error::StoreError;
use crate::search::fold;
use crate::transaction::{Failure, Lock, write};
use crate::types::{DbUuid, Id, Instant};

/// The most views a person has, and the most a tenant shares.
pub const MOST: usize = 50;
/// The longest name, in characters.
pub const NAME_LENGTH: usize = 60;

mod tables {
    diesel::table! {
        use diesel::sql_types::*;
        use crate::types::{DbInstant, DbUuid};

        /// Saved views.
        saved_view (id) {
            id -> DbUuid,
            staff_id -> Nullable<DbUuid>,
            tenant_id -> Nullable<DbUuid>,
            name -> Text,
            name_key -> Text,
            query -> Text,
            created_at -> DbInstant,
            updated_at -> DbInstant,
        }
    }

    diesel::table! {
        use diesel::sql_types::*;
        use crate::types::DbUuid;

        /// How a person likes the list.
        list_preference (staff_id) {
            staff_id -> DbUuid,
            view_id -> Nullable<DbUuid>,
            shown -> Text,
        }
    }
}
use tables::{list_preference, saved_view};

/// Whose views: a person, and the tenant they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// Who.
    pub staff: StaffId,
    /// Their tenant; none above the tenants and without tenancy.
    pub tenant: Option<TenantId>,
}

/// A saved view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// Its id.
    pub id: Uuid,
    /// Whether everybody of the tenant sees it.
    pub shared: bool,
    /// Its name.
    pub name: String,
    /// As in the list's address.
    pub query: String,
}

/// What a person sees above the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Views {
    /// Their own by name, then the shared ones by name.
    pub all: Vec<SavedView>,
    /// The one the list opens with.
    pub default: Option<Uuid>,
    /// Columns by name; empty for the usual ones.
    pub columns: Vec<String>,
}

impl Views {
    /// The view of that id.
    #[must_use]
    pub fn find(&self, id: Uuid) -> Option<&SavedView> {
        self.all.iter().find(|view| view.id == id)
    }
}

/// Why a view was not saved.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// There is none of that id, or it is somebody else's.
    #[error("there is no such view")]
    NotFound,
    /// Empty, or longer than [`NAME_LENGTH`].
    #[error("a name of 1 to {NAME_LENGTH} characters is wanted")]
    InvalidName,
    /// Another one has it.
    #[error("there is a view of that name already")]
    NameTaken,
    /// There are [`MOST`].
    #[error("there are {MOST} views already: delete one first")]
    TooMany,
    /// The database, not the rules.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<diesel::result::Error> for ViewError {
    fn from(error: diesel::result::Error) -> Self {
        match error {
            diesel::result::Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => ViewError::NameTaken,
            other => ViewError::Store(other.into()),
        }
    }
}

impl Failure for ViewError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            ViewError::Store(error) => Some(error),
            _ => None,
        }
    }
}

/// Views and preference in one round trip: 0 own, 1 shared, 2 the preference.
struct Everything {
    staff: Id,
    tenant: Option<Id>,
}

// With a tenant it is another statement than without.
known_by_text!(Everything);

impl QueryFragment<MultiBackend> for Everything {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT 0 AS kind, id, name, query, name_key FROM saved_view WHERE staff_id = ");
        out.push_bind_param::<DbUuid, _>(&self.staff)?;
        out.push_sql(
            " UNION ALL SELECT 1, id, name, query, name_key FROM saved_view WHERE staff_id IS NULL AND tenant_id ",
        );
        match &self.tenant {
            Some(tenant) => {
                out.push_sql("= ");
                out.push_bind_param::<DbUuid, _>(tenant)?;
            }
            None => out.push_sql("IS NULL"),
        }
        out.push_sql(" UNION ALL SELECT 2, view_id, shown, '', '' FROM list_preference WHERE staff_id = ");
        out.push_bind_param::<DbUuid, _>(&self.staff)?;
        out.push_sql(" ORDER BY 1, 5");
        Ok(())
    }
}

impl Query for Everything {
    type SqlType = (Integer, Nullable<DbUuid>, Text, Text, Text);
}

impl RunQueryDsl<Conn> for Everything {}

/// What `viewer` sees above the list. One query.
///
/// # Errors
/// The database's.
pub fn views(conn: &mut Conn, viewer: Viewer) -> Result<Views, StoreError> {
    let query = Everything { staff: viewer.staff.into(), tenant: viewer.tenant.map(Id::from) };
    let rows: Vec<(i32, Option<Id>, String, String, String)> = query.load(conn)?;
    let mut views = Views::default();
    for (kind, id, name, query, _) in rows {
        match (kind, id) {
            (2, default) => {
                views.default = default.map(|id| id.0);
                views.columns = name.split(' ').filter(|column| !column.is_empty()).map(str::to_owned).collect();
            }
            (kind, Some(id)) => views.all.push(SavedView { id: id.0, shared: kind == 1, name, query }),
            (_, None) => {}
        }
    }
    // One that was deleted opens nothing.
    let known: HashSet<Uuid> = views.all.iter().map(|view| view.id).collect();
    views.default = views.default.filter(|id| known.contains(id));
    Ok(views)
}

/// Views of everybody behind that id, by their ids: for those who look after the data.
///
/// # Errors
/// The database's.
pub fn every(conn: &mut Conn, after: Option<Uuid>, limit: u32) -> Result<Vec<SavedView>, StoreError> {
    let rows: Vec<(Id, Option<Id>, String, String)> = saved_view::table
        .filter(saved_view::id.gt(Id(after.unwrap_or_default())))
        .order(saved_view::id)
        .limit(i64::from(limit))
        .select((saved_view::id, saved_view::staff_id, saved_view::name, saved_view::query))
        .load(conn)?;
    let view = |(id, owner, name, query): (Id, Option<Id>, String, String)| SavedView {
        id: id.0,
        shared: owner.is_none(),
        name,
        query,
    };
    Ok(rows.into_iter().map(view).collect())
}

fn name_of(name: &str) -> Result<(&str, String), ViewError> {
    let (name, key) = (name.trim(), fold(name.trim()));
    if key.trim().is_empty() || name.chars().count() > NAME_LENGTH {
        return Err(ViewError::InvalidName);
    }
    Ok((name, key))
}

/// Saves `query` under `name`, for `viewer` alone or shared with everybody of their tenant; what is shared is told in the
/// audit as the work of `actor`.
///
/// # Errors
/// [`ViewError::InvalidName`], [`ViewError::NameTaken`], [`ViewError::TooMany`].
pub fn save(
    pools: &Pools,
    (viewer, actor): (Viewer, &Actor),
    shared: bool,
    name: &str,
    query: &str,
    now: DateTime<Utc>,
) -> Result<SavedView, ViewError> {
    let (name, key) = name_of(name)?;
    write(pools, &Lock::none(), |conn| {
        if views(conn, viewer)?.all.iter().filter(|view| view.shared == shared).count() >= MOST {
            return Err(ViewError::TooMany);
        }
        let id = Uuid::now_v7();
        let staff = Some(Id::from(viewer.staff)).filter(|_| !shared);
        let tenant = viewer.tenant.map(Id::from).filter(|_| shared);
        diesel::insert_into(saved_view::table)
            .values((
                saved_view::id.eq(Id(id)),
                saved_view::staff_id.eq(staff),
                saved_view::tenant_id.eq(tenant),
                saved_view::name.eq(name),
                saved_view::name_key.eq(&key),
                saved_view::query.eq(query),
                saved_view::created_at.eq(Instant(now)),
                saved_view::updated_at.eq(Instant(now)),
            ))
            .execute(conn)?;
        let view = SavedView { id, shared, name: name.into(), query: query.into() };
        tell(conn, (viewer, actor), &view, json!({ "deed": "shared" }), now)?;
        Ok(view)
    })
}

/// Keeps in the audit what was done to a shared view: others work by it. Its query may name a client and is left out.
fn tell(
    conn: &mut Conn,
    (viewer, actor): (Viewer, &Actor),
    view: &SavedView,
    data: Value,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if !view.shared {
        return Ok(());
    }
    let subject = format!("view {}", view.name);
    append(conn, &Entry::new(AuditKind::ViewShared, actor, viewer.tenant, &subject), data, now)
}

/// A change to a saved view.
#[derive(Debug, Clone, Copy)]
pub enum ViewChange<'a> {
    /// Another name.
    Rename(&'a str),
    /// Another query.
    Replace(&'a str),
    /// Away with it.
    Delete,
}

/// Changes a view and says how it was; of the shared ones only where `shares` says that the viewer may.
///
/// # Errors
/// [`ViewError::NotFound`], also for somebody else's; [`ViewError::InvalidName`], [`ViewError::NameTaken`].
pub fn change(
    pools: &Pools,
    (viewer, actor): (Viewer, &Actor),
    shares: bool,
    id: Uuid,
    change: ViewChange<'_>,
    now: DateTime<Utc>,
) -> Result<SavedView, ViewError> {
    let renamed = match change {
        ViewChange::Rename(name) => Some(name_of(name)?),
        _ => None,
    };
    write(pools, &Lock::none(), |conn| {
        let before = views(conn, viewer)?.find(id).filter(|view| shares || !view.shared).cloned();
        let before = before.ok_or(ViewError::NotFound)?;
        let row = saved_view::table.find(Id(id));
        let updated = saved_view::updated_at.eq(Instant(now));
        let mut told = json!({});
        let deed = match change {
            ViewChange::Rename(_) => {
                if let Some((name, key)) = &renamed {
                    let named = (saved_view::name.eq(*name), saved_view::name_key.eq(key), updated);
                    diesel::update(row).set(named).execute(conn)?;
                    told = json!({ "old": before.name, "new": name });
                }
                "renamed"
            }
            ViewChange::Replace(query) => {
                diesel::update(row).set((saved_view::query.eq(query), updated)).execute(conn)?;
                "replaced"
            }
            ViewChange::Delete => {
                diesel::delete(row).execute(conn)?;
                "deleted"
            }
        };
        told["deed"] = deed.into();
        tell(conn, (viewer, actor), &before, told, now)?;
        Ok(before)
    })
}

/// Lets the list open with that view, or with all bookings.
///
/// # Errors
/// [`ViewError::NotFound`], also for somebody else's.
pub fn set_default(pools: &Pools, viewer: Viewer, id: Option<Uuid>) -> Result<(), ViewError> {
    write(pools, &Lock::none(), |conn| {
        if id.is_some_and(|id| !matches!(views(conn, viewer), Ok(views) if views.find(id).is_some())) {
            return Err(ViewError::NotFound);
        }
        Ok(prefer(conn, viewer, |conn, row| {
            diesel::update(row).set(list_preference::view_id.eq(id.map(Id))).execute(conn)
        })?)
    })
}

/// Remembers which columns the viewer likes; none for the usual ones.
///
/// # Errors
/// The database's.
pub fn set_columns(pools: &Pools, viewer: Viewer, columns: &[&str]) -> Result<(), StoreError> {
    let columns = columns.join(" ");
    write(pools, &Lock::none(), |conn| {
        prefer(conn, viewer, |conn, row| diesel::update(row).set(list_preference::shown.eq(&columns)).execute(conn))
    })
}

type PreferenceRow = diesel::dsl::Find<list_preference::table, Id>;

/// Changes the viewer's preference, which is made where there is none.
fn prefer(
    conn: &mut Conn,
    viewer: Viewer,
    set: impl Fn(&mut Conn, PreferenceRow) -> QueryResult<usize>,
) -> Result<(), StoreError> {
    let staff = Id::from(viewer.staff);
    let usual = (list_preference::staff_id.eq(staff), list_preference::shown.eq(""));
    each!(conn, |c| diesel::insert_into(list_preference::table).values(usual).on_conflict_do_nothing().execute(c))?;
    set(conn, list_preference::table.find(staff))?;
    Ok(())
}
