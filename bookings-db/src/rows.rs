//! Rows, and what they are in core's words.

use std::borrow::Cow;

use bookings_core::booking::BookingAddon as CoreAddon;
use bookings_core::{Booking, BookingId, Client, Currency, Event, EventType, Reference, Snapshot, StaffId, Status};
use diesel::prelude::*;

use crate::error::StoreError;
use crate::schema::{booking, booking_addon, booking_event, booking_event_personal};
use crate::search::search_text;
use crate::types::{Id, Instant, Json, JsonText};

/// A row of `booking`, without what only the database reads, and the same with the text it is found by.
macro_rules! booking_rows {
    ($($field:ident: $type:ty,)*) => {
        #[derive(Debug, Clone, Queryable, Selectable, Insertable)]
        #[diesel(table_name = booking, treat_none_as_default_value = false)]
        pub(crate) struct BookingRow {
            $(pub $field: $type,)*
        }

        #[derive(Debug, Clone, Insertable)]
        #[diesel(table_name = booking, treat_none_as_default_value = false)]
        pub(crate) struct FoundRow {
            $(pub $field: $type,)*
            pub search_text: String,
        }

        impl FoundRow {
            pub(crate) fn of(booking: &Booking) -> FoundRow {
                let row = BookingRow::of(booking);
                FoundRow { $($field: row.$field,)* search_text: search_text(booking) }
            }
        }
    };
}

booking_rows! {
    id: Id,
    reference: String,
    tenant_id: Option<Id>,
    service_id: Id,
    provider_id: Id,
    client_name: String,
    client_email: String,
    client_phone: String,
    client_user_id: Option<Id>,
    start_at: Instant,
    end_at: Instant,
    busy_start: Instant,
    busy_end: Instant,
    duration_minutes: i32,
    buffer_before_minutes: i32,
    buffer_after_minutes: i32,
    status: String,
    status_before_cancel: Option<String>,
    shared: bool,
    slot_key: Id,
    requires_approval: bool,
    cancellation_allowed: bool,
    cancellation_notice_minutes: i32,
    reschedule_allowed: bool,
    reschedule_notice_minutes: i32,
    party_size: i32,
    capacity_consumed: i32,
    pricing_type: String,
    price_minor: Option<i64>,
    currency: String,
    notes_internal: String,
    notes_client: String,
    metadata: Json,
    version: i64,
    chain_hash: Vec<u8>,
    created_at: Instant,
    updated_at: Instant,
    created_by: Option<Id>,
}

/// What a change may touch.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = booking, treat_none_as_null = true)]
pub(crate) struct BookingChange {
    pub provider_id: Id,
    pub client_name: String,
    pub client_email: String,
    pub client_phone: String,
    pub client_user_id: Option<Id>,
    pub start_at: Instant,
    pub end_at: Instant,
    pub busy_start: Instant,
    pub busy_end: Instant,
    pub status: String,
    pub status_before_cancel: Option<String>,
    pub slot_key: Id,
    pub party_size: i32,
    pub capacity_consumed: i32,
    pub notes_internal: String,
    pub notes_client: String,
    pub metadata: Json,
    pub version: i64,
    pub chain_hash: Vec<u8>,
    pub updated_at: Instant,
    pub search_text: String,
}

/// A row of `booking_addon`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = booking_addon, treat_none_as_default_value = false)]
pub(crate) struct AddonRow {
    pub booking_id: Id,
    pub addon_id: Id,
    pub position: i32,
    pub name: String,
    pub extra_duration_minutes: i32,
    pub price_minor: Option<i64>,
    pub currency: String,
}

/// A row of `booking_event`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = booking_event, treat_none_as_default_value = false)]
pub(crate) struct EventRow {
    pub booking_id: Id,
    pub version: i64,
    pub event_type: String,
    pub actor_id: Option<Id>,
    pub actor_name: String,
    pub at: Instant,
    pub data: JsonText,
    pub personal_digest: Option<Vec<u8>>,
    pub hash: Vec<u8>,
}

/// A row of `booking_event_personal`: the message and personal values of an event, which may be erased.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = booking_event_personal, treat_none_as_default_value = false)]
pub(crate) struct PersonalRow {
    pub booking_id: Id,
    pub version: i64,
    pub salt: Vec<u8>,
    pub data: JsonText,
}

/// A number that core keeps within what the column holds.
fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(crate) fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// A value in the database that no version of this program writes.
fn corrupt(what: &str, value: &str) -> StoreError {
    StoreError::Internal(format!("{what} {value:?} in the database is not known"))
}

pub(crate) fn reference(text: &str) -> Result<Reference, StoreError> {
    Reference::parse(text).ok_or_else(|| corrupt("reference", text))
}

pub(crate) fn currency(code: &str) -> Result<Currency, StoreError> {
    Currency::parse(code).ok_or_else(|| corrupt("currency", code))
}

pub(crate) fn status(name: &str) -> Result<Status, StoreError> {
    Status::parse(name).ok_or_else(|| corrupt("status", name))
}

pub(crate) fn bytes<const N: usize>(what: &str, bytes: &[u8]) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Internal(format!("{what} in the database has {} bytes", bytes.len())))
}

impl BookingRow {
    pub(crate) fn of(booking: &Booking) -> BookingRow {
        let snapshot = &booking.snapshot;
        let busy = booking.busy();
        BookingRow {
            id: booking.id.0.into(),
            reference: booking.reference.as_str().into(),
            tenant_id: booking.tenant_id.map(|id| id.0.into()),
            service_id: booking.service_id.0.into(),
            provider_id: booking.provider_id.0.into(),
            client_name: booking.client.name.clone(),
            client_email: booking.client.email.clone(),
            client_phone: booking.client.phone.clone(),
            client_user_id: booking.client.user_id.map(|id| id.0.into()),
            start_at: booking.start_at.into(),
            end_at: booking.end_at.into(),
            busy_start: busy.start.into(),
            busy_end: busy.end.into(),
            duration_minutes: int(snapshot.duration_minutes),
            buffer_before_minutes: int(snapshot.buffer_before_minutes),
            buffer_after_minutes: int(snapshot.buffer_after_minutes),
            status: booking.status.as_str().into(),
            status_before_cancel: booking.status_before_cancel.map(|status| status.as_str().into()),
            shared: booking.shared,
            slot_key: booking.slot_key().into(),
            requires_approval: snapshot.requires_approval,
            cancellation_allowed: snapshot.cancellation_allowed,
            cancellation_notice_minutes: int(snapshot.cancellation_notice_minutes),
            reschedule_allowed: snapshot.reschedule_allowed,
            reschedule_notice_minutes: int(snapshot.reschedule_notice_minutes),
            party_size: int(booking.party_size),
            capacity_consumed: int(booking.capacity_consumed),
            pricing_type: snapshot.pricing_type.clone(),
            price_minor: snapshot.price_minor,
            currency: snapshot.currency.as_str().into(),
            notes_internal: booking.notes_internal.clone(),
            notes_client: booking.notes_client.clone(),
            metadata: booking.metadata.clone().into(),
            version: booking.version,
            chain_hash: booking.chain_hash.to_vec(),
            created_at: booking.created_at.into(),
            updated_at: booking.updated_at.into(),
            created_by: booking.created_by.map(|id| id.0.into()),
        }
    }

    pub(crate) fn into_core(self, addons: Vec<AddonRow>) -> Result<Booking, StoreError> {
        Ok(Booking {
            id: BookingId(self.id.0),
            reference: reference(&self.reference)?,
            tenant_id: self.tenant_id.map(|id| id.0.into()),
            service_id: self.service_id.0.into(),
            provider_id: self.provider_id.0.into(),
            client: Client {
                name: self.client_name,
                email: self.client_email,
                phone: self.client_phone,
                user_id: self.client_user_id.map(|id| id.0.into()),
            },
            start_at: self.start_at.into(),
            end_at: self.end_at.into(),
            status: status(&self.status)?,
            status_before_cancel: self.status_before_cancel.as_deref().map(status).transpose()?,
            shared: self.shared,
            party_size: count(self.party_size),
            capacity_consumed: count(self.capacity_consumed),
            snapshot: Snapshot {
                duration_minutes: count(self.duration_minutes),
                buffer_before_minutes: count(self.buffer_before_minutes),
                buffer_after_minutes: count(self.buffer_after_minutes),
                requires_approval: self.requires_approval,
                cancellation_allowed: self.cancellation_allowed,
                cancellation_notice_minutes: count(self.cancellation_notice_minutes),
                reschedule_allowed: self.reschedule_allowed,
                reschedule_notice_minutes: count(self.reschedule_notice_minutes),
                pricing_type: self.pricing_type,
                price_minor: self.price_minor,
                currency: currency(&self.currency)?,
            },
            addons: addons.into_iter().map(AddonRow::into_core).collect::<Result<_, _>>()?,
            notes_internal: self.notes_internal,
            notes_client: self.notes_client,
            metadata: self.metadata.0,
            version: self.version,
            chain_hash: bytes("a chain hash", &self.chain_hash)?,
            created_at: self.created_at.into(),
            updated_at: self.updated_at.into(),
            created_by: self.created_by.map(|id| StaffId(id.0)),
        })
    }
}

impl BookingChange {
    pub(crate) fn of(booking: &Booking) -> BookingChange {
        let row = BookingRow::of(booking);
        BookingChange {
            provider_id: row.provider_id,
            client_name: row.client_name,
            client_email: row.client_email,
            client_phone: row.client_phone,
            client_user_id: row.client_user_id,
            start_at: row.start_at,
            end_at: row.end_at,
            busy_start: row.busy_start,
            busy_end: row.busy_end,
            status: row.status,
            status_before_cancel: row.status_before_cancel,
            slot_key: row.slot_key,
            party_size: row.party_size,
            capacity_consumed: row.capacity_consumed,
            notes_internal: row.notes_internal,
            notes_client: row.notes_client,
            metadata: row.metadata,
            version: row.version,
            chain_hash: row.chain_hash,
            updated_at: row.updated_at,
            search_text: search_text(booking),
        }
    }
}

impl AddonRow {
    pub(crate) fn all_of(booking: &Booking) -> Vec<AddonRow> {
        let row = |(place, addon): (usize, &CoreAddon)| AddonRow {
            booking_id: booking.id.0.into(),
            addon_id: addon.addon_id.0.into(),
            position: i32::try_from(place).unwrap_or(i32::MAX),
            name: addon.name.clone(),
            extra_duration_minutes: int(addon.extra_duration_minutes),
            price_minor: addon.price_minor,
            currency: addon.currency.as_str().into(),
        };
        booking.addons.iter().enumerate().map(row).collect()
    }

    pub(crate) fn into_core(self) -> Result<CoreAddon, StoreError> {
        Ok(CoreAddon {
            addon_id: self.addon_id.0.into(),
            name: self.name,
            extra_duration_minutes: count(self.extra_duration_minutes),
            price_minor: self.price_minor,
            currency: currency(&self.currency)?,
        })
    }
}

impl EventRow {
    pub(crate) fn of(event: &Event) -> EventRow {
        EventRow {
            booking_id: event.booking_id.0.into(),
            version: event.version,
            event_type: event.event_type.as_str().into(),
            actor_id: event.actor_id.map(|id| id.0.into()),
            actor_name: event.actor_name.clone(),
            at: event.at.into(),
            data: json(&event.data),
            personal_digest: event.personal_digest.map(Vec::from),
            hash: event.hash.to_vec(),
        }
    }

    /// The event, with its personal values where they were not erased.
    pub(crate) fn into_core(self, personal: Option<PersonalRow>) -> Result<Event, StoreError> {
        let readable = |error: serde_json::Error| StoreError::Internal(format!("an event can't be read: {error}"));
        let (message, changes, salt) = match personal {
            None => Default::default(),
            Some(row) => {
                let Personal { message, changes } = serde_json::from_str(&row.data.0).map_err(readable)?;
                (message.into_owned(), changes.into_owned(), bytes("a salt", &row.salt)?)
            }
        };
        Ok(Event {
            booking_id: self.booking_id.0.into(),
            version: self.version,
            event_type: EventType::parse(&self.event_type).ok_or_else(|| corrupt("event", &self.event_type))?,
            actor_id: self.actor_id.map(|id| StaffId(id.0)),
            actor_name: self.actor_name,
            at: self.at.into(),
            message,
            data: serde_json::from_str(&self.data.0).map_err(readable)?,
            personal: changes,
            personal_salt: salt,
            personal_digest: self.personal_digest.as_deref().map(|digest| bytes("a digest", digest)).transpose()?,
            hash: bytes("a hash", &self.hash)?,
        })
    }
}

/// JSON of what has text keys only, which is all that JSON can't do.
fn json(value: &impl serde::Serialize) -> JsonText {
    JsonText(serde_json::to_string(value).unwrap_or_default())
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Personal<'a> {
    message: Cow<'a, str>,
    changes: Cow<'a, bookings_core::event::Changes>,
}

impl PersonalRow {
    /// What of an event is personal; `None` where nothing is.
    pub(crate) fn of(event: &Event) -> Option<PersonalRow> {
        event.personal_digest?;
        let personal = Personal { message: Cow::Borrowed(&event.message), changes: Cow::Borrowed(&event.personal) };
        Some(PersonalRow {
            booking_id: event.booking_id.0.into(),
            version: event.version,
            salt: event.personal_salt.to_vec(),
            data: json(&personal),
        })
    }
}
