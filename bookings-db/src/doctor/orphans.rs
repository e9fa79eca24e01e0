//! What has lost its other half: add-ons and histories without a booking, personal values without an event.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::history::reference_of;
use super::{Doctor, Finding, Kind};
use crate::connection::Conn;
use crate::error::StoreError;
use crate::schema::booking_event;
use crate::types::{DbUuid, Id, Json};

/// Bookings of one page.
const PAGE: usize = 1_000;

/// What one booking id has of rows that lost their other half.
#[derive(QueryableByName)]
struct Lost {
    #[diesel(sql_type = DbUuid)]
    booking_id: Id,
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = Nullable<Text>)]
    reference: Option<String>,
}

const BOOKING: &str = "booking other WHERE other.id = one.booking_id";
const EVENT: &str = "booking_event other WHERE other.booking_id = one.booking_id AND other.version = one.version";

/// Finds them.
pub(super) fn examine(conn: &mut Conn, doctor: &mut Doctor) -> Result<(), StoreError> {
    each(conn, "booking_addon", BOOKING, |_, lost| {
        let sentence = format!("{} add-ons of booking {}, which is not there", lost.rows, lost.booking_id.0);
        doctor.find(Finding::general(Kind::OrphanAddon, sentence));
        Ok(())
    })?;
    each(conn, "booking_event_personal", EVENT, |_, lost| {
        let sentence = format!("{} personal values of booking {} without their event", lost.rows, lost.booking_id.0);
        doctor.find(Finding { kind: Kind::OrphanPersonal, reference: lost.reference, sentence });
        Ok(())
    })?;
    each(conn, "booking_event", BOOKING, |conn, lost| {
        let sentence = format!("{} events of booking {}, which is not there", lost.rows, lost.booking_id.0);
        let reference = first_reference(conn, lost.booking_id)?;
        doctor.examined.events += u64::try_from(lost.rows).unwrap_or(0);
        doctor.find(Finding { kind: Kind::MissingBooking, reference, sentence });
        Ok(())
    })
}

/// Calls `found` with every booking id that has rows in `table` without an `other`.
fn each(
    conn: &mut Conn,
    table: &str,
    other: &str,
    mut found: impl FnMut(&mut Conn, Lost) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after: Option<Id> = None;
    loop {
        let further = if after.is_some() { "AND one.booking_id > $1 " } else { "" };
        let query = diesel::sql_query(format!(
            "SELECT one.booking_id, count(*) AS rows, \
             (SELECT reference FROM booking WHERE booking.id = one.booking_id) AS reference FROM {table} one \
             WHERE NOT EXISTS (SELECT 1 FROM {other}) {further}\
             GROUP BY one.booking_id ORDER BY one.booking_id LIMIT {PAGE}"
        ));
        let page: Vec<Lost> = match after {
            None => query.load(conn)?,
            Some(after) => query.bind::<DbUuid, _>(after).load(conn)?,
        };
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.booking_id);
        for lost in page {
            found(conn, lost)?;
        }
    }
}

/// What a history without its booking says of the reference, where it says anything.
fn first_reference(conn: &mut Conn, booking: Id) -> Result<Option<String>, StoreError> {
    let first = booking_event::table
        .filter(booking_event::booking_id.eq(booking))
        .order(booking_event::version)
        .select(booking_event::data)
        .first::<Json>(conn)
        .optional();
    match first.map_err(StoreError::from) {
        Ok(data) => Ok(data.and_then(|data| reference_of(&data.0))),
        Err(StoreError::Internal(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
