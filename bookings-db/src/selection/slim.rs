//! Bookings as far as verbs and rules look at them: what takes longest to read of tens of thousands is what nobody asks.

use bookings_core::{Booking, BookingId, Client, Snapshot};
use chrono::DateTime;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment};
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use serde_json::Value;
use uuid::Uuid;

use super::What;
use crate::bookings::whole::addons_of;
use crate::connection::{Conn, MultiBackend, known_by_text};
use crate::error::StoreError;
use crate::rows::{AddonRow, count, reference, status};
use crate::scope::Scope;
use crate::types::{DbInstant, DbUuid, Id, Instant};

/// What is read of a booking: the columns of [`SlimRow`], in its order.
const COLUMNS: &str = "booking.id, booking.reference, booking.tenant_id, booking.service_id, booking.provider_id, \
     booking.client_email, booking.client_phone, booking.client_user_id, booking.start_at, booking.end_at, \
     booking.duration_minutes, booking.buffer_before_minutes, booking.buffer_after_minutes, booking.status, \
     booking.status_before_cancel, booking.shared, booking.cancellation_allowed, \
     booking.cancellation_notice_minutes, booking.reschedule_allowed, booking.reschedule_notice_minutes, \
     booking.party_size, booking.capacity_consumed, booking.currency, booking.version";

/// Their types.
type SlimSql = (
    DbUuid,
    Text,
    Nullable<DbUuid>,
    DbUuid,
    DbUuid,
    Text,
    Text,
    Nullable<DbUuid>,
    DbInstant,
    DbInstant,
    Integer,
    Integer,
    Integer,
    Text,
    Nullable<Text>,
    Bool,
    Bool,
    Integer,
    Bool,
    Integer,
    Integer,
    Integer,
    Text,
    BigInt,
);

#[derive(Queryable)]
struct SlimRow {
    id: Id,
    reference: String,
    tenant_id: Option<Id>,
    service_id: Id,
    provider_id: Id,
    client_email: String,
    client_phone: String,
    client_user_id: Option<Id>,
    start_at: Instant,
    end_at: Instant,
    duration_minutes: i32,
    buffer_before_minutes: i32,
    buffer_after_minutes: i32,
    status: String,
    status_before_cancel: Option<String>,
    shared: bool,
    cancellation_allowed: bool,
    cancellation_notice_minutes: i32,
    reschedule_allowed: bool,
    reschedule_notice_minutes: i32,
    party_size: i32,
    capacity_consumed: i32,
    currency: String,
    version: i64,
}

/// Between which places items are, themselves not among them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Places {
    pub after: Option<i64>,
    pub before: Option<i64>,
}

impl Places {
    /// Those that come after `last` where they are gone through `backwards` or not.
    pub(super) fn beyond(last: Option<i64>, backwards: bool) -> Places {
        match backwards {
            true => Places { before: last, ..Places::default() },
            false => Places { after: last, ..Places::default() },
        }
    }
}

/// Open items of a selection, each with its booking.
///
/// PostgreSQL looks up one after the other, whatever it thinks: of a table that has just been filled it knows too little,
/// and would read all bookings for each batch.
struct OpenItems {
    selection: Id,
    places: Places,
    backwards: bool,
    limit: i64,
}

known_by_text!(OpenItems);

impl QueryFragment<MultiBackend> for OpenItems {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT item.place, item.version, ");
        out.push_sql(COLUMNS);
        out.push_sql(
            " FROM (SELECT place, version, booking_id FROM selection_item WHERE outcome IS NULL AND selection_id = ",
        );
        out.push_bind_param::<DbUuid, _>(&self.selection)?;
        for (bound, side) in [(&self.places.after, " AND place > "), (&self.places.before, " AND place < ")] {
            if let Some(place) = bound {
                out.push_sql(side);
                out.push_bind_param::<BigInt, _>(place)?;
            }
        }
        out.push_sql(if self.backwards { " ORDER BY place DESC LIMIT " } else { " ORDER BY place LIMIT " });
        out.push_bind_param::<BigInt, _>(&self.limit)?;
        out.push_sql(") AS item LEFT JOIN ");
        out.push_sql(match out.backend() {
            MultiBackend::Pg(_) => {
                "LATERAL (SELECT * FROM booking WHERE booking.id = item.booking_id OFFSET 0) AS booking ON true"
            }
            MultiBackend::Lite(_) => "booking ON booking.id = item.booking_id",
        });
        Ok(())
    }
}

impl Query for OpenItems {
    type SqlType = (BigInt, BigInt, Nullable<SlimSql>);
}

impl RunQueryDsl<Conn> for OpenItems {}

/// An item with its booking as far as it is judged, where there still is one that the scope sees.
pub(super) struct Item {
    pub place: i64,
    pub version: i64,
    pub booking: Option<Booking>,
}

/// Up to `limit` items without an outcome within `places`, in the order in which `what` goes through them, with their
/// bookings. Name, notes, prices, metadata and marks of time of these are left empty, and add-ons except where their change is
/// taken back, their minutes being among those of the service: such a booking is judged, never shown and never written.
pub(super) fn open_items(
    conn: &mut Conn,
    selection: Uuid,
    what: &What,
    places: Places,
    limit: i64,
    scope: Scope,
) -> Result<Vec<Item>, StoreError> {
    let query = OpenItems { selection: Id(selection), places, backwards: what.backwards(), limit };
    let mut found: Vec<(i64, i64, Option<SlimRow>)> = query.load(conn)?;
    // A join promises no order.
    found.sort_by_key(|(place, ..)| if what.backwards() { -place } else { *place });
    let ids = || found.iter().filter_map(|(.., row)| row.as_ref()).map(|row| row.id).collect();
    let mut addons = matches!(what, What::Undo).then(|| addons_of(conn, ids())).transpose()?;
    let item = |(place, version, row): (i64, i64, Option<SlimRow>)| {
        let seen = row.filter(|row| scope.sees(row.tenant_id.map(|id| id.0.into())));
        let whole = |row: SlimRow| {
            let own = addons.as_mut().map(|addons| addons.remove(&row.id).unwrap_or_default());
            row.into_core(own)
        };
        let booking = seen.map(whole).transpose()?;
        Ok(Item { place, version, booking })
    };
    found.into_iter().map(item).collect()
}

impl SlimRow {
    /// With its add-ons; without, as if the service lasted as long as the booking does.
    fn into_core(self, addons: Option<Vec<AddonRow>>) -> Result<Booking, StoreError> {
        let whole = (self.end_at.0 - self.start_at.0).num_minutes();
        let duration_minutes = match addons {
            Some(_) => count(self.duration_minutes),
            None => u32::try_from(whole).unwrap_or(0),
        };
        Ok(Booking {
            id: BookingId(self.id.0),
            reference: reference(&self.reference)?,
            tenant_id: self.tenant_id.map(|id| id.0.into()),
            service_id: self.service_id.0.into(),
            provider_id: self.provider_id.0.into(),
            client: Client {
                name: String::new(),
                email: self.client_email,
                phone: self.client_phone,
                user_id: self.client_user_id.map(|id| id.0.into()),
            },
            start_at: self.start_at.0,
            end_at: self.end_at.0,
            status: status(&self.status)?,
            status_before_cancel: self.status_before_cancel.as_deref().map(status).transpose()?,
            shared: self.shared,
            party_size: count(self.party_size),
            capacity_consumed: count(self.capacity_consumed),
            snapshot: Snapshot {
                duration_minutes,
                buffer_before_minutes: count(self.buffer_before_minutes),
                buffer_after_minutes: count(self.buffer_after_minutes),
                requires_approval: false,
                cancellation_allowed: self.cancellation_allowed,
                cancellation_notice_minutes: count(self.cancellation_notice_minutes),
                reschedule_allowed: self.reschedule_allowed,
                reschedule_notice_minutes: count(self.reschedule_notice_minutes),
                pricing_type: String::new(),
                price_minor: None,
                currency: crate::rows::currency(&self.currency)?,
            },
            addons: addons.into_iter().flatten().map(AddonRow::into_core).collect::<Result<_, _>>()?,
            notes_internal: String::new(),
            notes_client: String::new(),
            metadata: Value::Null,
            version: self.version,
            chain_hash: [0; 32],
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            created_by: None,
        })
    }
}
