//! What people did to the installation and not to a booking: who signed in, who may do what, what was taken out.
//! Append-only; it outlives the accounts it names.

use bookings_core::{Actor, StaffId, TenantId};
use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use serde_json::Value;
use uuid::Uuid;

use crate::connection::{Conn, Pools};
use crate::error::StoreError;
use crate::schema::audit as table;
use crate::scope::Scope;
use crate::search::fold;
use crate::transaction::{Lock, write};
use crate::types::{Id, Instant, Json};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident => $name:literal, $words:literal;)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum AuditKind { $($(#[$doc])* $kind),* }

        impl AuditKind {
            /// All of them.
            pub const ALL: &'static [AuditKind] = &[$(AuditKind::$kind),*];

            /// As stored and asked for.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(AuditKind::$kind => $name),* }
            }

            /// For people.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(AuditKind::$kind => $words),* }
            }

            /// The kind of that name.
            #[must_use]
            pub fn parse(name: &str) -> Option<AuditKind> {
                AuditKind::ALL.iter().copied().find(|kind| kind.as_str() == name)
            }
        }
    };
}

kinds! {
    /// The right password.
    SignedIn => "signed_in", "Signed in";
    /// A wrong password or name.
    SignInFailed => "sign_in_failed", "Sign-in failed";
    /// By themselves.
    SignedOut => "signed_out", "Signed out";
    /// Sessions were ended from another one.
    SessionsEnded => "sessions_ended", "Sessions ended";
    /// A new account.
    AccountMade => "account_made", "Account made";
    /// May sign in again.
    AccountEnabled => "account_enabled", "Account enabled";
    /// May sign in no more.
    AccountDisabled => "account_disabled", "Account disabled";
    /// Another role.
    RoleChanged => "role_changed", "Role changed";
    /// Another password.
    PasswordSet => "password_set", "Password set";
    /// An invitation or reset was made.
    LinkMade => "link_made", "Link made";
    /// An invitation or reset was used.
    LinkUsed => "link_used", "Link used";
    /// Data was taken out.
    Exported => "exported", "Exported";
    /// Data was brought in.
    Imported => "imported", "Imported";
    /// A service, add-on, provider or tenant was made or changed.
    CatalogueChanged => "catalogue_changed", "Catalogue changed";
    /// A wrong second factor after the right password.
    SecondFactorFailed => "second_factor_failed", "Wrong second factor";
    /// A second factor counts from now on.
    SecondFactorSet => "second_factor_set", "Second factor set up";
    /// By themselves.
    SecondFactorRemoved => "second_factor_removed", "Second factor removed";
    /// By an owner, or from the machine itself.
    SecondFactorReset => "second_factor_reset", "Second factor reset";
    /// New recovery codes; those before are worth nothing any more.
    RecoveryCodesMade => "recovery_codes_made", "Recovery codes made";
    /// A soft rule was set aside.
    Overridden => "overridden", "Rule set aside";
    /// A verb over many bookings was begun.
    BulkBegun => "bulk_begun", "Bulk work begun";
    /// A saved view that others see was shared, changed or deleted.
    ViewShared => "view_shared", "Shared view changed";
    /// A wrong present password in an open session.
    PasswordRefused => "password_refused", "Present password wrong";
    /// The program was started with other settings than the time before.
    SettingsChanged => "settings_changed", "Settings changed";
}

/// One thing to keep.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// What happened.
    pub kind: AuditKind,
    /// Who did it.
    pub actor_id: Option<StaffId>,
    /// Their name as it is now.
    pub actor_name: &'a str,
    /// Whose owners see it; `None` for those above the tenants only.
    pub tenant_id: Option<TenantId>,
    /// What it was done to; may be empty.
    pub subject: &'a str,
    /// Where it came from; may be empty.
    pub address: &'a str,
}

impl<'a> Entry<'a> {
    /// Something that somebody did to something.
    #[must_use]
    pub fn new(kind: AuditKind, actor: &'a Actor, tenant_id: Option<TenantId>, subject: &'a str) -> Entry<'a> {
        Entry { kind, actor_id: actor.id, actor_name: &actor.name, tenant_id, subject, address: "" }
    }
}

/// Keeps it, in the transaction of the change itself; `data` says more, such as old and new values.
///
/// # Errors
/// The database's.
pub fn append(conn: &mut Conn, entry: &Entry<'_>, data: Value, now: DateTime<Utc>) -> Result<(), StoreError> {
    let row = (
        table::id.eq(Id(Uuid::now_v7())),
        table::at.eq(Instant(now)),
        table::kind.eq(entry.kind.as_str()),
        table::actor_id.eq(entry.actor_id.map(Id::from)),
        table::actor_name.eq(entry.actor_name),
        table::actor_key.eq(fold(entry.actor_name)),
        table::tenant_id.eq(entry.tenant_id.map(Id::from)),
        table::subject.eq(entry.subject),
        table::address.eq(entry.address),
        table::data.eq(Json(data)),
    );
    diesel::insert_into(table::table).values(row).execute(conn)?;
    Ok(())
}

/// Keeps something that changes nothing else in the database.
///
/// # Errors
/// The database's.
pub fn record(pools: &Pools, entry: &Entry<'_>, data: &Value, now: DateTime<Utc>) -> Result<(), StoreError> {
    write(pools, &Lock::none(), |conn| append(conn, entry, data.clone(), now))
}

/// A kept entry.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = crate::schema::audit)]
pub struct Row {
    /// Grows with time.
    pub id: Id,
    /// When, UTC.
    pub at: Instant,
    /// The kind's name.
    pub kind: String,
    /// Who, where it was an account.
    pub actor_id: Option<Id>,
    /// Their name then.
    pub actor_name: String,
    /// Whose owners see it.
    pub tenant_id: Option<Id>,
    /// What it was done to.
    pub subject: String,
    /// Where it came from.
    pub address: String,
    /// More.
    pub data: Json,
}

/// Which entries, newest first.
#[derive(Debug, Clone)]
pub struct Query {
    /// Whose.
    pub scope: Scope,
    /// Of that person, by name whatever its case and accents; empty for all.
    pub actor: String,
    /// Of that kind.
    pub kind: Option<AuditKind>,
    /// About what begins so, whatever its case; empty for all.
    pub subject: String,
    /// At or after.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
    /// Older than that entry.
    pub after: Option<Uuid>,
    /// At most.
    pub limit: u32,
}

impl Query {
    /// The newest of everything that the scope reaches.
    #[must_use]
    pub fn newest(scope: Scope, limit: u32) -> Query {
        let (actor, subject) = (String::new(), String::new());
        Query { scope, actor, kind: None, subject, from: None, until: None, after: None, limit }
    }
}

/// The least id of that instant: ids begin with their milliseconds.
fn least_id(at: DateTime<Utc>) -> Id {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    Id(Uuid::from_u128(u128::from(millis) << 80))
}

/// What a text that begins so is like; a backslash is LIKE's own escape.
fn beginning(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("{escaped}%")
}

/// The newest entry of a kind.
///
/// # Errors
/// The database's.
pub fn newest(conn: &mut Conn, kind: AuditKind) -> Result<Option<Row>, StoreError> {
    let own = table::table.filter(table::kind.eq(kind.as_str())).order(table::id.desc());
    Ok(own.select(Row::as_select()).first(conn).optional()?)
}

/// Entries, newest first.
///
/// # Errors
/// The database's.
pub fn list(conn: &mut Conn, query: &Query) -> Result<Vec<Row>, StoreError> {
    let mut rows =
        table::table.select(Row::as_select()).order(table::id.desc()).limit(i64::from(query.limit)).into_boxed();
    if let Scope::Tenant(own) = query.scope {
        rows = rows.filter(table::tenant_id.eq(Some(Id::from(own))));
    }
    let actor = fold(query.actor.trim());
    if !actor.is_empty() {
        rows = rows.filter(table::actor_key.eq(actor));
    }
    if let Some(kind) = query.kind {
        rows = rows.filter(table::kind.eq(kind.as_str()));
    }
    let subject = query.subject.trim();
    if !subject.is_empty() {
        rows = match conn {
            Conn::Pg(_) => {
                let begins = sql::<Bool>("lower(subject) LIKE ").bind::<Text, _>(beginning(&subject.to_lowercase()));
                rows.filter(begins)
            }
            // LIKE would pass the index by; the letters that SQLite lowers are those of ASCII.
            Conn::Lite(_) => {
                let from = subject.to_ascii_lowercase();
                let begins = sql::<Bool>("lower(subject) >= ").bind::<Text, _>(from.clone());
                let behind = sql::<Bool>("lower(subject) < ").bind::<Text, _>(format!("{from}\u{10ffff}"));
                rows.filter(begins).filter(behind)
            }
        };
    }
    if let Some(from) = query.from {
        rows = rows.filter(table::id.ge(least_id(from)));
    }
    if let Some(until) = query.until {
        rows = rows.filter(table::id.lt(least_id(until)));
    }
    if let Some(after) = query.after {
        rows = rows.filter(table::id.lt(Id(after)));
    }
    Ok(rows.load(conn)?)
}
