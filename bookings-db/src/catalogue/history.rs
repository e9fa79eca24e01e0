//! What became of the catalogue's records: one event a version, append-only, written with the change itself.

use bookings_core::Actor;
use bookings_core::event::Changes;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::RecordKind;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::schema::catalogue_event as table;
use crate::types::{Id, Instant, Json};

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It is new.
    Made,
    /// Its fields changed.
    Changed,
    /// It is there no more; its history stays.
    Deleted,
}

impl Deed {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Deed::Made => "MADE",
            Deed::Changed => "CHANGED",
            Deed::Deleted => "DELETED",
        }
    }

    fn parse(name: &str) -> Option<Deed> {
        [Deed::Made, Deed::Changed, Deed::Deleted].into_iter().find(|deed| deed.as_str() == name)
    }
}

/// Something to keep.
#[derive(Debug, Clone, Copy)]
pub struct NewEvent<'a> {
    /// What it happened to.
    pub kind: RecordKind,
    /// Which.
    pub record: Id,
    /// The record's version after it.
    pub version: i64,
    /// Its name after it.
    pub name: &'a str,
    /// Whose it is.
    pub tenant: Option<Id>,
    /// What happened.
    pub deed: Deed,
    /// Who did it.
    pub actor: &'a Actor,
    /// Old -> new of every field that changed.
    pub changes: &'a Changes,
}

/// Keeps it, in the transaction of the change itself.
///
/// # Errors
/// The database's.
pub fn append(conn: &mut Conn, event: &NewEvent<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    let data = serde_json::to_value(event.changes).map_err(|error| StoreError::Internal(error.to_string()))?;
    let row = (
        table::record_id.eq(event.record),
        table::version.eq(event.version),
        table::kind.eq(event.kind.as_str()),
        table::event_type.eq(event.deed.as_str()),
        table::name.eq(event.name),
        table::tenant_id.eq(event.tenant),
        table::actor_id.eq(event.actor.id.map(Id::from)),
        table::actor_name.eq(&event.actor.name),
        table::at.eq(Instant(now)),
        table::data.eq(Json(data)),
    );
    diesel::insert_into(table::table).values(row).execute(conn)?;
    Ok(())
}

/// A kept event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The record's version after it.
    pub version: i64,
    /// What happened.
    pub deed: Deed,
    /// Whose name it was.
    pub actor_name: String,
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// Old -> new of every field that changed.
    pub changes: Changes,
}

/// Up to `limit` events of a record with versions below `before` (`None`: the newest), newest first.
///
/// # Errors
/// The database's.
pub fn events(conn: &mut Conn, record: Id, before: Option<i64>, limit: u32) -> Result<Vec<Event>, StoreError> {
    let rows: Vec<(i64, String, String, Instant, Json)> = table::table
        .filter(table::record_id.eq(record))
        .filter(table::version.lt(before.unwrap_or(i64::MAX)))
        .order(table::version.desc())
        .limit(i64::from(limit))
        .select((table::version, table::event_type, table::actor_name, table::at, table::data))
        .load(conn)?;
    let read = |(version, deed, actor_name, at, data): (i64, String, String, Instant, Json)| {
        let unknown = |what: String| StoreError::Internal(format!("event {version} of {}: {what}", record.0));
        Ok(Event {
            version,
            deed: Deed::parse(&deed).ok_or_else(|| unknown(deed))?,
            actor_name,
            at: at.0,
            changes: serde_json::from_value(data.0).map_err(|error| unknown(error.to_string()))?,
        })
    };
    rows.into_iter().map(read).collect()
}
