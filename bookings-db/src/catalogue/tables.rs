//! This crate's own catalogue tables, for the pages that keep them up and for demo data.
//!
//! One module a table, each with `get`, `list`, `insert`, `update` and `delete`; writes belong inside [`write`](fn@crate::transaction::write).
//! What a person edits is the row's `data`; an update states the version it saw.

use diesel::prelude::*;

use crate::schema::{addon, provider, service, tenant};
use crate::types::{Id, Instant};

/// What became of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Updated<T> {
    /// Done: the row as it is now.
    Done(T),
    /// Somebody else was quicker; nothing was changed. The row as it is now.
    Stale(T),
    /// No such row in this scope.
    Gone,
}

/// A business among several.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tenant, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct TenantData {
    /// Its name in addresses and commands; unique.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Its IANA time zone, or `None` for the installation's.
    pub time_zone: Option<String>,
    /// Its ISO 4217 code, or `None` for the installation's.
    pub currency: Option<String>,
    /// Whether it takes bookings.
    pub active: bool,
}

/// What can be booked.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = service, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct ServiceData {
    /// Its tenant, with tenancy on.
    pub tenant_id: Option<Id>,
    /// Its name.
    pub name: String,
    /// Length without add-ons, above 0.
    pub duration_minutes: i32,
    /// Kept free before the start.
    pub buffer_before_minutes: i32,
    /// Kept free after the end.
    pub buffer_after_minutes: i32,
    /// Whether bookings begin as PENDING.
    pub requires_approval: bool,
    /// Whether several clients may share one start.
    pub allow_multiple_clients: bool,
    /// Seats of one start.
    pub capacity: i32,
    /// Whether bookings may be cancelled.
    pub cancellation_allowed: bool,
    /// How long before the start, at the latest.
    pub cancellation_notice_minutes: i32,
    /// Whether bookings may be moved.
    pub reschedule_allowed: bool,
    /// How long before the start, at the latest.
    pub reschedule_notice_minutes: i32,
    /// How the price is meant: the installation's own word.
    pub pricing_type: String,
    /// Minor units, where it has a price.
    pub price_minor: Option<i64>,
    /// ISO 4217.
    pub currency: String,
    /// Whether it is offered.
    pub active: bool,
}

/// What a service can be extended by.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = addon, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct AddonData {
    /// Its tenant, with tenancy on.
    pub tenant_id: Option<Id>,
    /// The service it belongs to, or `None` where it fits every service of its tenant.
    pub service_id: Option<Id>,
    /// Its name.
    pub name: String,
    /// Minutes it adds.
    pub extra_duration_minutes: i32,
    /// Minor units, where it has a price.
    pub price_minor: Option<i64>,
    /// ISO 4217.
    pub currency: String,
    /// Whether it is offered.
    pub active: bool,
}

/// Whoever or whatever gives the time.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = provider, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct ProviderData {
    /// Its tenant, with tenancy on.
    pub tenant_id: Option<Id>,
    /// Its name.
    pub name: String,
    /// Whether it takes bookings.
    pub active: bool,
}

/// A table's row and its functions. `tenant` names the column that [`Scope`](crate::scope::Scope) judges by,
/// `also` what is stored beside the data.
macro_rules! table {
    (
        $(#[$doc:meta])* $module:ident, $table:ident, $row:ident, $data:ident,
        tenant: $tenant:expr, also: |$new:ident| $also:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
        #[diesel(table_name = $table)]
        pub struct $row {
            /// Its id.
            pub id: Id,
            /// What people edit.
            #[diesel(embed)]
            pub data: $data,
            /// Counts changes from 1.
            pub version: i64,
            /// When it was made, UTC.
            pub created_at: Instant,
            /// When it last changed, UTC.
            pub updated_at: Instant,
        }

        $(#[$doc])*
        pub mod $module {
            use chrono::{DateTime, Utc};
            use diesel::prelude::*;

            use super::{$data, $row, Updated};
            use crate::catalogue::named::containing;
            use crate::condition::AnyOf;
use crate::connection::Conn;
            use crate::error::StoreError;
            use crate::schema::$table as t;
            use crate::scope::Scope;
            use crate::search::fold;
            use crate::types::{Id, Instant};

            /// The row of that id, where the scope reaches it.
            ///
            /// # Errors
            /// The database's.
            pub fn get(conn: &mut Conn, scope: Scope, id: Id) -> Result<Option<$row>, StoreError> {
                let mut query = t::table.filter(t::id.eq(id)).select($row::as_select()).into_boxed();
                if let Scope::Tenant(own) = scope {
                    query = query.filter($tenant(Id::from(own)));
                }
                Ok(query.first(conn).optional()?)
            }

            /// Those of the ids that the scope reaches, by name.
            ///
            /// # Errors
            /// The database's.
            pub fn among(conn: &mut Conn, scope: Scope, ids: &[Id]) -> Result<Vec<$row>, StoreError> {
                if ids.is_empty() {
                    return Ok(Vec::new());
                }
                let mut query = t::table.select($row::as_select()).order((t::name, t::id)).into_boxed();
                if let Scope::Tenant(own) = scope {
                    query = query.filter($tenant(Id::from(own)));
                }
                let among = AnyOf::new(concat!(stringify!($table), ".id"), ids.iter().copied());
                Ok(query.filter(among).load(conn)?)
            }

            /// Rows by name, those containing `search` where it is not empty, from behind the row with that name and id; at
            /// most `limit`.
            ///
            /// # Errors
            /// The database's.
            pub fn list(
                conn: &mut Conn,
                scope: Scope,
                search: &str,
                after: Option<(&str, Id)>,
                limit: u32,
            ) -> Result<Vec<$row>, StoreError> {
                let mut query = t::table.select($row::as_select()).order((t::name, t::id)).limit(i64::from(limit)).into_boxed();
                if let Scope::Tenant(own) = scope {
                    query = query.filter($tenant(Id::from(own)));
                }
                if !search.trim().is_empty() {
                    query = query.filter(t::name_key.like(containing(&fold(search.trim()))).escape('\\'));
                }
                if let Some((name, id)) = after {
                    query = query.filter(t::name.ge(name.to_owned()).and(t::name.gt(name.to_owned()).or(t::id.gt(id))));
                }
                Ok(query.load(conn)?)
            }

            /// Makes a row of version 1.
            ///
            /// # Errors
            /// [`StoreError::Wall`] where a constraint refuses the data.
            pub fn insert(conn: &mut Conn, id: Id, $new: &$data, now: DateTime<Utc>) -> Result<$row, StoreError> {
                let times = (t::created_at.eq(Instant(now)), t::updated_at.eq(Instant(now)));
                let row = ($new, t::id.eq(id), t::version.eq(1_i64), times, $also);
                diesel::insert_into(t::table).values(row).execute(conn)?;
                get(conn, Scope::All, id)?.ok_or_else(|| StoreError::Internal("a new row is gone".into()))
            }

            /// Deletes the row that was seen at version `seen`, and answers with what it was. Whether anything refers to it is
            /// the caller's to ask: see [`uses`](crate::catalogue::uses).
            ///
            /// # Errors
            /// [`StoreError::Wall`] where something refers to it.
            pub fn delete(conn: &mut Conn, scope: Scope, id: Id, seen: i64) -> Result<Updated<$row>, StoreError> {
                let Some(row) = get(conn, scope, id)? else { return Ok(Updated::Gone) };
                let deleted = diesel::delete(t::table.filter(t::id.eq(id)).filter(t::version.eq(seen))).execute(conn)?;
                Ok(if deleted > 0 { Updated::Done(row) } else { Updated::Stale(row) })
            }

            /// Replaces the data of the row that was seen at version `seen`.
            ///
            /// # Errors
            /// [`StoreError::Wall`] where a constraint refuses the data.
            pub fn update(
                conn: &mut Conn,
                scope: Scope,
                id: Id,
                seen: i64,
                $new: &$data,
                now: DateTime<Utc>,
            ) -> Result<Updated<$row>, StoreError> {
                if get(conn, scope, id)?.is_none() {
                    return Ok(Updated::Gone);
                }
                let values = ($new, t::version.eq(seen + 1), t::updated_at.eq(Instant(now)), $also);
                let row = t::table.filter(t::id.eq(id)).filter(t::version.eq(seen));
                let changed = diesel::update(row).set(values).execute(conn)?;
                Ok(match get(conn, Scope::All, id)? {
                    Some(row) if changed > 0 => Updated::Done(row),
                    Some(row) => Updated::Stale(row),
                    None => Updated::Gone,
                })
            }
        }
    };
}

table!(
    /// Tenants.
    tenants, tenant, Tenant, TenantData,
    tenant: |own| t::id.nullable().eq(Some(own)), also: |new| t::name_key.eq(fold(&new.name))
);
table!(
    /// Services.
    services, service, Service, ServiceData,
    tenant: |own| t::tenant_id.eq(Some(own)), also: |new| t::name_key.eq(fold(&new.name))
);
table!(
    /// Add-ons.
    addons, addon, Addon, AddonData,
    tenant: |own| t::tenant_id.eq(Some(own)), also: |new| t::name_key.eq(fold(&new.name))
);
table!(
    /// Providers.
    providers, provider, Provider, ProviderData,
    tenant: |own| t::tenant_id.eq(Some(own)), also: |new| t::name_key.eq(fold(&new.name))
);

/// The tenant of that slug.
///
/// # Errors
/// The database's.
pub fn tenant_by_slug(
    conn: &mut crate::connection::Conn,
    slug: &str,
) -> Result<Option<Tenant>, crate::error::StoreError> {
    Ok(tenant::table.filter(tenant::slug.eq(slug)).select(Tenant::as_select()).first(conn).optional()?)
}
