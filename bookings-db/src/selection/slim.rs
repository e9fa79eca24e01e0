//! Bookings as far as verbs and rules look at them: what takes longest to read of tens of thousands is what nobody asks.

use std::collections::BTreeMap;

use bookings_core::{Booking, BookingId, Client, Snapshot};
use chrono::DateTime;
use diesel::prelude::*;
use serde_json::Value;

use crate::bookings::whole::addons_of;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::rows::{count, reference, status};
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

/// Those of `ids` that `scope` sees, with their add-ons. Name, notes, prices, metadata and marks of time are left empty:
/// such a booking is judged, never shown and never written.
pub(super) fn slim(conn: &mut Conn, ids: Vec<Id>, scope: Scope) -> Result<BTreeMap<Id, Booking>, StoreError> {
    let rows: Vec<SlimRow> =
        booking::table.filter(booking::id.eq_any(ids.clone())).select(SlimRow::as_select()).load(conn)?;
    let mut addons = addons_of(conn, ids)?;
    let mut bookings = BTreeMap::new();
    for row in rows {
        let id = row.id;
        let mut booking = row.into_core()?;
        if scope.sees(booking.tenant_id) {
            for addon in addons.remove(&id).unwrap_or_default() {
                booking.addons.push(addon.into_core()?);
            }
            bookings.insert(id, booking);
        }
    }
    Ok(bookings)
}

impl SlimRow {
    fn into_core(self) -> Result<Booking, StoreError> {
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
                duration_minutes: count(self.duration_minutes),
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
            addons: Vec::new(),
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
