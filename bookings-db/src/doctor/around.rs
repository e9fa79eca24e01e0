//! What stands around the bookings: accounts and what is theirs, saved views, selections and imports, the catalogue.

use bookings_core::Currency;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::row::time;
use super::{Doctor, Finding, Kind};
use crate::connection::Conn;
use crate::error::StoreError;
use crate::selection::Order;
use crate::types::{DbInstant, DbJson, DbUuid, Id, Instant, Json};

/// Ids of one page.
const PAGE: usize = 500;

/// A run that was silent for so long, in minutes, goes on nowhere.
const SILENT_MINUTES: i64 = 60;

/// Rows that must not be there, by the id they belong to.
struct Check {
    kind: Kind,
    /// The id: a column.
    id: &'static str,
    /// Which rows, as the rest of a SELECT: ends with a condition.
    rows: &'static str,
    /// What they are, behind their number and before the id.
    says: &'static str,
}

/// Rows of a table whose column names a row of another table that is not there.
macro_rules! lost {
    ($table:literal, $column:literal, $parent:literal, $says:literal) => {
        Check {
            kind: Kind::OrphanRow,
            id: concat!("one.", $column),
            rows: concat!(
                $table,
                " one WHERE one.",
                $column,
                " IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ",
                $parent,
                " WHERE ",
                $parent,
                ".id = one.",
                $column,
                ")"
            ),
            says: $says,
        }
    };
}

/// Records of the catalogue at another version than the last event tells.
macro_rules! untold {
    ($table:literal, $word:literal) => {
        Check {
            kind: Kind::CatalogueHistory,
            id: "one.id",
            rows: concat!(
                $table,
                " one WHERE one.version <> (SELECT max(version) FROM catalogue_event told WHERE told.record_id = one.id)"
            ),
            says: concat!("records are at another version than their last event: ", $word),
        }
    };
}

const fn foreign(rows: &'static str, says: &'static str) -> Check {
    Check { kind: Kind::TenantMismatch, id: "one.id", rows, says }
}

const CHECKS: &[Check] = &[
    lost!("saved_view", "staff_id", "staff", "saved views of an account that is not there"),
    lost!("saved_view", "tenant_id", "tenant", "saved views of a tenant that is not there"),
    lost!("list_preference", "staff_id", "staff", "choices of columns of an account that is not there"),
    lost!("staff_preference", "staff_id", "staff", "preferences of an account that is not there"),
    lost!("second_factor", "staff_id", "staff", "second factors of an account that is not there"),
    lost!("provider_service", "provider_id", "provider", "offers of a provider that is not there"),
    lost!("provider_service", "service_id", "service", "offers of a service that is not there"),
    lost!("addon", "service_id", "service", "add-ons of a service that is not there"),
    lost!("staff", "tenant_id", "tenant", "accounts of a tenant that is not there"),
    lost!("selection_item", "selection_id", "selection", "rows of a bulk run that is not there"),
    lost!("import_row", "selection_id", "selection", "rows of an import that is not there"),
    Check {
        kind: Kind::SecondFactor,
        id: "one.staff_id",
        rows: "recovery_code one WHERE NOT EXISTS (SELECT 1 FROM second_factor \
               WHERE second_factor.staff_id = one.staff_id AND second_factor.confirmed_at IS NOT NULL)",
        says: "recovery codes without a second factor they belong to, of account",
    },
    Check {
        kind: Kind::SecondFactor,
        id: "one.staff_id",
        // The name of the key, a nonce and the seal's own tag are 36 bytes.
        rows: "second_factor one WHERE length(one.sealed_secret) <= 36",
        says: "second factors too short for a sealed secret, of account",
    },
    foreign(
        "provider one JOIN provider_service offer ON offer.provider_id = one.id \
         JOIN service ON service.id = offer.service_id \
         WHERE coalesce(one.tenant_id, one.id) <> coalesce(service.tenant_id, one.id)",
        "services of another tenant are offered by provider",
    ),
    foreign(
        "addon one JOIN service ON service.id = one.service_id \
         WHERE coalesce(one.tenant_id, one.id) <> coalesce(service.tenant_id, one.id)",
        "services of another tenant have add-on",
    ),
    untold!("service", "service"),
    untold!("addon", "add-on"),
    untold!("provider", "provider"),
    untold!("tenant", "tenant"),
];

/// Finds them.
pub(super) fn examine(conn: &mut Conn, doctor: &mut Doctor, now: DateTime<Utc>) -> Result<(), StoreError> {
    for check in CHECKS {
        rows(conn, doctor, check)?;
    }
    zones(conn, doctor)?;
    selections(conn, doctor, now)?;
    imported(conn, doctor)
}

/// Pages of what `query` selects, in order of its first key; `key` says where the next begins.
fn pages<T>(
    conn: &mut Conn,
    mut load: impl FnMut(&mut Conn, Option<Id>) -> QueryResult<Vec<T>>,
    key: impl Fn(&T) -> Id,
    mut each: impl FnMut(&mut Conn, T) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = load(conn, after)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(key(last));
        for row in page {
            each(conn, row)?;
        }
    }
}

fn rows(conn: &mut Conn, doctor: &mut Doctor, check: &Check) -> Result<(), StoreError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = DbUuid)]
        id: Id,
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    let Check { kind, id, rows, says } = check;
    let load = |conn: &mut Conn, after: Option<Id>| {
        let further = if after.is_some() { format!("AND {id} > $1 ") } else { String::new() };
        let sql = format!(
            "SELECT {id} AS id, count(*) AS rows FROM {rows} {further}GROUP BY {id} ORDER BY {id} LIMIT {PAGE}"
        );
        match after {
            None => diesel::sql_query(sql).load::<Found>(conn),
            Some(after) => diesel::sql_query(sql).bind::<DbUuid, _>(after).load(conn),
        }
    };
    pages(
        conn,
        load,
        |found| found.id,
        |_, found| {
            doctor.find(Finding::general(*kind, format!("{} {says} {}", found.rows, found.id.0)));
            Ok(())
        },
    )
}

/// Time zones and currencies that the program would not know.
fn zones(conn: &mut Conn, doctor: &mut Doctor) -> Result<(), StoreError> {
    #[derive(QueryableByName)]
    struct Chosen {
        #[diesel(sql_type = DbUuid)]
        id: Id,
        #[diesel(sql_type = Nullable<Text>)]
        time_zone: Option<String>,
        #[diesel(sql_type = Nullable<Text>)]
        currency: Option<String>,
    }
    for (kind, whose, columns) in [
        (Kind::Preference, "account", "staff_id AS id, time_zone, NULL AS currency FROM staff_preference"),
        (Kind::ImpossibleValue, "tenant", "id, time_zone, currency FROM tenant"),
    ] {
        let id = if whose == "tenant" { "id" } else { "staff_id" };
        let load = |conn: &mut Conn, after: Option<Id>| {
            let further = if after.is_some() { format!("WHERE {id} > $1 ") } else { String::new() };
            let sql = format!("SELECT {columns} {further}ORDER BY {id} LIMIT {PAGE}");
            match after {
                None => diesel::sql_query(sql).load::<Chosen>(conn),
                Some(after) => diesel::sql_query(sql).bind::<DbUuid, _>(after).load(conn),
            }
        };
        pages(
            conn,
            load,
            |chosen| chosen.id,
            |_, chosen| {
                let zone = chosen.time_zone.filter(|zone| zone.parse::<chrono_tz::Tz>().is_err());
                let currency = chosen.currency.filter(|code| Currency::parse(code).is_none());
                for (what, value) in [("time zone", zone), ("currency", currency)] {
                    if let Some(value) = value {
                        doctor.find(Finding::general(
                            kind,
                            format!("{what} {value:?} of {whose} {} is none", chosen.id.0),
                        ));
                    }
                }
                Ok(())
            },
        )?;
    }
    Ok(())
}

/// Selections against their rows, and those that nobody works on any more.
fn selections(conn: &mut Conn, doctor: &mut Doctor, now: DateTime<Utc>) -> Result<(), StoreError> {
    #[derive(QueryableByName)]
    struct Kept {
        #[diesel(sql_type = DbUuid)]
        id: Id,
        #[diesel(sql_type = Text)]
        state: String,
        #[diesel(sql_type = BigInt)]
        items: i64,
        #[diesel(sql_type = DbJson)]
        what: Json,
        #[diesel(sql_type = Nullable<DbInstant>)]
        beat_at: Option<Instant>,
        #[diesel(sql_type = BigInt)]
        rows: i64,
        #[diesel(sql_type = BigInt)]
        open: i64,
    }
    const COUNTED: &str = "SELECT id, state, items, what, beat_at, \
         (SELECT count(*) FROM selection_item one WHERE one.selection_id = selection.id) + \
         (SELECT count(*) FROM import_row one WHERE one.selection_id = selection.id) AS rows, \
         (SELECT count(*) FROM selection_item one WHERE one.selection_id = selection.id AND one.outcome IS NULL) + \
         (SELECT count(*) FROM import_row one WHERE one.selection_id = selection.id AND one.outcome IS NULL) AS open \
         FROM selection";
    let load = |conn: &mut Conn, after: Option<Id>| match after {
        None => diesel::sql_query(format!("{COUNTED} ORDER BY id LIMIT {PAGE}")).load::<Kept>(conn),
        Some(after) => {
            let sql = format!("{COUNTED} WHERE id > $1 ORDER BY id LIMIT {PAGE}");
            diesel::sql_query(sql).bind::<DbUuid, _>(after).load(conn)
        }
    };
    pages(
        conn,
        load,
        |kept| kept.id,
        |_, kept| {
            let Kept { id, state, items, rows, open, .. } = &kept;
            let mut say = |kind, what: String| {
                doctor.find(Finding::general(kind, format!("bulk run or import {}: {what}", id.0)))
            };
            if serde_json::from_value::<Order>(kept.what.0.clone()).is_err() {
                say(Kind::Unreadable, "what it does can't be read".into());
            }
            if items != rows {
                say(Kind::SelectionRows, format!("it has {rows} rows, and was begun with {items}"));
            }
            if state == "DONE" && *open > 0 {
                say(Kind::SelectionRows, format!("it is done, and {open} of its rows have no outcome"));
            }
            if state == "READY" && open < rows {
                say(Kind::SelectionRows, format!("it was not begun, and {} of its rows have an outcome", rows - open));
            }
            let silent = |at: &Instant| now - at.0 > TimeDelta::minutes(SILENT_MINUTES);
            if state == "RUNNING" && kept.beat_at.as_ref().is_none_or(silent) {
                let since = kept.beat_at.map_or("ever".into(), |at| time(at.0));
                say(Kind::LeftRunning, format!("it counts as running, and nobody has worked on it since {since}"));
            }
            Ok(())
        },
    )
}

/// Imports whose rows name bookings that are not there.
fn imported(conn: &mut Conn, doctor: &mut Doctor) -> Result<(), StoreError> {
    #[derive(QueryableByName)]
    struct Named {
        #[diesel(sql_type = DbUuid)]
        id: Id,
        #[diesel(sql_type = Text)]
        reference: String,
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    const ROWS: &str = "SELECT one.selection_id AS id, min(one.reference) AS reference, count(*) AS rows \
         FROM import_row one WHERE one.reference IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM booking WHERE booking.reference = one.reference)";
    let rest = format!("GROUP BY one.selection_id ORDER BY one.selection_id LIMIT {PAGE}");
    let load = |conn: &mut Conn, after: Option<Id>| match after {
        None => diesel::sql_query(format!("{ROWS} {rest}")).load::<Named>(conn),
        Some(after) => {
            let sql = format!("{ROWS} AND one.selection_id > $1 {rest}");
            diesel::sql_query(sql).bind::<DbUuid, _>(after).load(conn)
        }
    };
    pages(
        conn,
        load,
        |named| named.id,
        |_, named| {
            let Named { id, reference, rows } = named;
            let sentence =
                format!("import {}: {rows} of its rows became bookings that are not there, {reference} first", id.0);
            doctor.find(Finding { kind: Kind::SelectionRows, reference: Some(reference), sentence });
            Ok(())
        },
    )
}
