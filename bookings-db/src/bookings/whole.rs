//! Whole bookings in a list's order, batch by batch: for exports and bulk work, in constant memory.

use std::collections::HashMap;

use bookings_core::Booking;
use diesel::prelude::*;

use super::cursor::{Cursor, Key};
use super::list::{ListQuery, Page, Sort};
use super::page::Boxed;
use super::searched::Searched;
use crate::condition::AnyOf;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::rows::{AddonRow, BookingRow};
use crate::schema::{booking, booking_addon};
use crate::types::{Id, Instant};

impl ListQuery {
    /// Up to `rows` whole bookings after the place where the batch before ended, and the place where this one ends;
    /// `None` behind the last. Filters and order are the list's, its page and size are not asked. Two queries.
    ///
    /// # Errors
    /// The database's.
    pub fn whole(
        &self,
        conn: &mut Conn,
        after: Option<Cursor>,
        rows: u32,
    ) -> Result<(Vec<Booking>, Option<Cursor>), StoreError> {
        let query = self.at(conn, after.map_or(Page::First, Page::After))?;
        let found: Vec<(i64, BookingRow)> = query
            .ordered(query.filtered(conn)?, false)
            .select((booking::seq, BookingRow::as_select()))
            .limit(i64::from(rows))
            .load(conn)?;
        let more = found.len() as u64 == u64::from(rows);
        let last = found.last().map(|(seq, _)| *seq);
        let bookings = with_addons(conn, found.into_iter().map(|(_, row)| row).collect())?;
        let end = last.zip(bookings.last()).filter(|_| more).map(|(seq, booking)| place(booking, seq, self.sort));
        Ok((bookings, end))
    }

    /// Who the first `limit` bookings that the filter finds are for: name, e-mail, phone, account, start.
    pub(crate) fn clients(&self, conn: &mut Conn, limit: i64) -> Result<Vec<ClientRow>, StoreError> {
        let query = self.at(conn, Page::First)?;
        let found = match query.searched(conn, false, limit)? {
            Searched::Found(seqs) => booking::table.into_boxed().filter(booking::seq.eq_any(seqs)),
            Searched::ByFilters | Searched::Otherwise => query.filtered(conn)?,
        };
        let found = query.ordered(found, false).select((
            booking::client_name,
            booking::client_email,
            booking::client_phone,
            booking::client_user_id,
            booking::start_at,
        ));
        Ok(found.limit(limit).load(conn)?)
    }

    /// Ids and versions of the first `limit` bookings that the filter finds.
    pub(crate) fn chosen(&self, conn: &mut Conn, limit: i64) -> Result<Vec<(i64, i64)>, StoreError> {
        let query = self.at(conn, Page::First)?;
        let found = query.ordered(query.filtered(conn)?, false);
        chosen(conn, found, limit)
    }

    fn at(&self, conn: &mut Conn, page: Page) -> Result<ListQuery, StoreError> {
        Ok(ListQuery { page, ..self.of_client(conn)?.unwrap_or_else(|| self.clone()) })
    }
}

/// Number and version of the first `limit` that are found.
pub(super) fn chosen(conn: &mut Conn, found: Boxed<'_>, limit: i64) -> Result<Vec<(i64, i64)>, StoreError> {
    Ok(found.select((booking::seq, booking::version)).limit(limit).load(conn)?)
}

/// Name, e-mail, phone, account and start: who a booking is for.
type ClientRow = (String, String, String, Option<Id>, Instant);

/// Rows with their add-ons, by one query more.
pub(crate) fn with_addons(conn: &mut Conn, rows: Vec<BookingRow>) -> Result<Vec<Booking>, StoreError> {
    let mut addons = addons_of(conn, rows.iter().map(|row| row.id).collect())?;
    rows.into_iter()
        .map(|row| (addons.remove(&row.id).unwrap_or_default(), row))
        .map(|(own, row)| row.into_core(own))
        .collect()
}

/// Add-ons by booking, in their order.
pub(crate) fn addons_of(conn: &mut Conn, ids: Vec<Id>) -> Result<HashMap<Id, Vec<AddonRow>>, StoreError> {
    let mut addons: HashMap<Id, Vec<AddonRow>> = HashMap::new();
    let found: Vec<AddonRow> = booking_addon::table
        .filter(AnyOf::new("booking_addon.booking_id", ids))
        .order((booking_addon::booking_id, booking_addon::position))
        .select(AddonRow::as_select())
        .load(conn)?;
    for addon in found {
        addons.entry(addon.booking_id).or_default().push(addon);
    }
    Ok(addons)
}

fn place(booking: &Booking, seq: i64, sort: Sort) -> Cursor {
    let key = match sort {
        Sort::StartAt | Sort::StartAtDescending => Key::Time(booking.start_at.timestamp_micros()),
        Sort::CreatedAt | Sort::CreatedAtDescending => Key::Time(booking.created_at.timestamp_micros()),
        Sort::ClientName => Key::Text(booking.client.name.clone()),
        Sort::Reference => Key::Text(booking.reference.as_str().into()),
    };
    Cursor { key, seq }
}
