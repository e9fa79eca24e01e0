//! What should refuse broken data, and the file under it all.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{Doctor, Finding, Kind};
use crate::connection::Conn;
use crate::error::StoreError;

const SQLITE: [&str; 17] = [
    "booking_no_overlap_insert",
    "booking_no_overlap_update",
    "booking_busy_window_insert",
    "booking_busy_window_update",
    "booking_event_no_update",
    "booking_event_no_delete",
    "booking_event_no_replace",
    "booking_search_insert",
    "booking_search_update",
    "booking_search_delete",
    "booking_search",
    "audit_no_update",
    "audit_no_delete",
    "audit_no_replace",
    "catalogue_event_no_update",
    "catalogue_event_no_delete",
    "catalogue_event_no_replace",
];
const POSTGRES: [&str; 16] = [
    "booking_no_overlap",
    "booking_busy_window",
    "booking_end_after_start",
    "booking_status",
    "booking_status_before_cancel",
    "booking_party_size",
    "booking_capacity_consumed",
    "booking_slot_key",
    "booking_reference_key",
    "booking_idempotency_key_key",
    "booking_event_append_only",
    "booking_event_no_truncate",
    "audit_append_only",
    "audit_no_truncate",
    "catalogue_event_append_only",
    "catalogue_event_no_truncate",
];

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Finds missing walls, and what SQLite itself says of its file.
pub(super) fn examine(conn: &mut Conn, doctor: &mut Doctor) -> Result<(), StoreError> {
    let (expected, sql): (&[&str], _) = match conn {
        Conn::Lite(_) => (&SQLITE, "SELECT name FROM sqlite_master WHERE type IN ('trigger', 'table')"),
        Conn::Pg(_) => (
            &POSTGRES,
            "SELECT conname::text AS name FROM pg_constraint \
             WHERE conrelid IN ('booking'::regclass, 'booking_event'::regclass) AND convalidated \
             UNION ALL SELECT tgname::text FROM pg_trigger \
             WHERE tgrelid IN ('booking_event'::regclass, 'audit'::regclass, 'catalogue_event'::regclass) \
             AND NOT tgisinternal AND tgenabled <> 'D'",
        ),
    };
    let there: Vec<Name> = diesel::sql_query(sql).load(conn)?;
    for wall in expected.iter().filter(|wall| there.iter().all(|one| one.name != **wall)) {
        doctor.find(Finding::general(Kind::MissingWall, format!("{wall} is missing or switched off")));
    }
    if matches!(conn, Conn::Lite(_)) {
        file(conn, doctor)?;
    }
    Ok(())
}

fn file(conn: &mut Conn, doctor: &mut Doctor) -> Result<(), StoreError> {
    // It stops by itself after a hundred lines.
    let said: Vec<Name> = diesel::sql_query("SELECT integrity_check AS name FROM pragma_integrity_check").load(conn)?;
    // The rows' own checks say better which booking breaks a CHECK.
    for line in said.iter().filter(|line| line.name != "ok" && !line.name.starts_with("CHECK constraint failed")) {
        doctor.find(Finding::general(Kind::DamagedFile, format!("SQLite says: {}", line.name)));
    }
    Ok(())
}
