//! Bookings as far as verbs and rules look at them: what takes longest to read of tens of thousands is what nobody asks.

use bookings_core::{Booking, BookingId, Client, Snapshot};
use chrono::DateTime;
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::What;
use super::tables::selection_item;
use crate::bookings::whole::addons_of;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::rows::{AddonRow, count, reference, status};
use crate::schema::booking;
use crate::scope::Scope;
use crate::types::{Id, Instant};

#[derive(Queryable, Selectable)]
#[diesel(table_name = booking)]
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

diesel::allow_tables_to_appear_in_same_query!(booking, selection_item);

/// An item with its booking as far as it is judged, where there still is one that the scope sees.
pub(super) struct Item {
    pub place: i64,
    pub version: i64,
    pub booking: Option<Booking>,
}

/// Up to `limit` items without an outcome from a place on, in the order in which `what` goes through them, with their
/// bookings. Name, notes, prices, metadata and marks of time of these are left empty, and add-ons except where their change is
/// taken back, their minutes being among those of the service: such a booking is judged, never shown and never written.
pub(super) fn open_items(
    conn: &mut Conn,
    selection: Uuid,
    what: &What,
    from: Option<i64>,
    limit: i64,
    scope: Scope,
) -> Result<Vec<Item>, StoreError> {
    let mut query = selection_item::table
        .left_join(booking::table.on(booking::id.eq(selection_item::booking_id)))
        .filter(selection_item::selection_id.eq(Id(selection)))
        .filter(selection_item::outcome.is_null())
        .select((selection_item::place, selection_item::version, Option::<SlimRow>::as_select()))
        .limit(limit)
        .into_boxed();
    query = match (from, what.backwards()) {
        (None, false) => query.order(selection_item::place.asc()),
        (None, true) => query.order(selection_item::place.desc()),
        (Some(from), false) => query.filter(selection_item::place.gt(from)).order(selection_item::place.asc()),
        (Some(from), true) => query.filter(selection_item::place.lt(from)).order(selection_item::place.desc()),
    };
    let found: Vec<(i64, i64, Option<SlimRow>)> = query.load(conn)?;
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
