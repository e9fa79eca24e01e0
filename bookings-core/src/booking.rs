//! A booking with its snapshots.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::ids::{AddonId, BookingId, ProviderId, ServiceId, StaffId, TenantId, UserId};
use crate::money::{Currency, Money};
use crate::reference::Reference;
use crate::status::Status;
use crate::window::{Window, minutes};

/// Every field that an event may change, by its name in the history: once, for whoever keeps or compares them.
macro_rules! each_field {
    ($each:ident) => {
        $each!("reference", reference);
        $each!("tenant_id", tenant_id);
        $each!("service_id", service_id);
        $each!("provider_id", provider_id);
        $each!("client_user_id", client.user_id);
        $each!("start_at", start_at);
        $each!("end_at", end_at);
        $each!("status", status);
        $each!("status_before_cancel", status_before_cancel);
        $each!("shared", shared);
        $each!("party_size", party_size);
        $each!("capacity_consumed", capacity_consumed);
        $each!("duration_minutes", snapshot.duration_minutes);
        $each!("buffer_before_minutes", snapshot.buffer_before_minutes);
        $each!("buffer_after_minutes", snapshot.buffer_after_minutes);
        $each!("requires_approval", snapshot.requires_approval);
        $each!("cancellation_allowed", snapshot.cancellation_allowed);
        $each!("cancellation_notice_minutes", snapshot.cancellation_notice_minutes);
        $each!("reschedule_allowed", snapshot.reschedule_allowed);
        $each!("reschedule_notice_minutes", snapshot.reschedule_notice_minutes);
        $each!("pricing_type", snapshot.pricing_type);
        $each!("price_minor", snapshot.price_minor);
        $each!("currency", snapshot.currency);
        $each!("addons", addons);
        $each!("metadata", metadata);
        $each!("client_name", client.name);
        $each!("client_email", client.email);
        $each!("client_phone", client.phone);
        $each!("notes_internal", notes_internal);
        $each!("notes_client", notes_client);
    };
}
pub(crate) use each_field;

/// Who is coming. Personal: kept apart in events.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Client {
    /// Name, never empty.
    pub name: String,
    /// E-mail, or empty.
    pub email: String,
    /// Phone, or empty.
    pub phone: String,
    /// The client's account, where the installation has such.
    pub user_id: Option<UserId>,
}

/// What a booking copies from its service at creation; later changes to the catalogue never reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Length without add-ons.
    pub duration_minutes: u32,
    /// Kept free before the start.
    pub buffer_before_minutes: u32,
    /// Kept free after the end.
    pub buffer_after_minutes: u32,
    /// Whether it began as PENDING.
    pub requires_approval: bool,
    /// Whether it may be cancelled.
    pub cancellation_allowed: bool,
    /// How long before the start, at the latest.
    pub cancellation_notice_minutes: u32,
    /// Whether it may be moved.
    pub reschedule_allowed: bool,
    /// How long before the start, at the latest.
    pub reschedule_notice_minutes: u32,
    /// How the price is meant (`fixed`, `per_person`, ...): the installation's own word.
    pub pricing_type: String,
    /// Minor units, where it has a price.
    pub price_minor: Option<i64>,
    /// The currency of the booking and all of its add-ons.
    pub currency: Currency,
}

/// An add-on of a booking, copied when it was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingAddon {
    /// Which.
    pub addon_id: AddonId,
    /// Its name then.
    pub name: String,
    /// Minutes it adds.
    pub extra_duration_minutes: u32,
    /// Minor units, where it had a price.
    pub price_minor: Option<i64>,
    /// Always the booking's currency.
    pub currency: Currency,
}

/// A booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Its id.
    pub id: BookingId,
    /// What a person reads out.
    pub reference: Reference,
    /// Its tenant, with tenancy on.
    pub tenant_id: Option<TenantId>,
    /// What is booked.
    pub service_id: ServiceId,
    /// With whom.
    pub provider_id: ProviderId,
    /// For whom.
    pub client: Client,
    /// Start, UTC.
    pub start_at: DateTime<Utc>,
    /// End, UTC: start, length and add-ons.
    pub end_at: DateTime<Utc>,
    /// Where it is in its life.
    pub status: Status,
    /// What a reinstatement brings back; set while cancelled.
    pub status_before_cancel: Option<Status>,
    /// Whether it shares its start with other clients of the same service.
    pub shared: bool,
    /// People.
    pub party_size: u32,
    /// Seats held.
    pub capacity_consumed: u32,
    /// The service as it was.
    pub snapshot: Snapshot,
    /// The add-ons as they were, in the order chosen.
    pub addons: Vec<BookingAddon>,
    /// For staff only. Personal.
    pub notes_internal: String,
    /// From or for the client. Personal.
    pub notes_client: String,
    /// The installation's own data; never read by the rules.
    pub metadata: Value,
    /// Counts changes from 1; a booking at version n has exactly the events 1..=n.
    pub version: i64,
    /// The hash of its last event.
    pub chain_hash: [u8; 32],
    /// When it was made, UTC.
    pub created_at: DateTime<Utc>,
    /// When it last changed, UTC.
    pub updated_at: DateTime<Utc>,
    /// The staff account that made it.
    pub created_by: Option<StaffId>,
}

impl Booking {
    /// The time it holds: `[start - before, end + after)`.
    #[must_use]
    pub fn busy(&self) -> Window {
        Window { start: self.start_at, end: self.end_at }
            .buffered(self.snapshot.buffer_before_minutes, self.snapshot.buffer_after_minutes)
    }

    /// Equal for bookings that share one start of one service, unique otherwise: what the database's own wall compares.
    #[must_use]
    pub fn slot_key(&self) -> Uuid {
        if self.shared {
            // Hashed, so that ids which differ in few bits can't meet at another start.
            let start = self.start_at.timestamp_micros().to_be_bytes();
            let hash = Sha256::new().chain_update(self.service_id.0).chain_update(start).finalize();
            let mut key = [0; 16];
            key.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
            Uuid::from_bytes(key)
        } else {
            self.id.0
        }
    }

    /// The last instant at which it may be cancelled.
    #[must_use]
    pub fn cancellation_deadline(&self) -> DateTime<Utc> {
        self.start_at - minutes(self.snapshot.cancellation_notice_minutes)
    }

    /// The last instant at which it may be moved.
    #[must_use]
    pub fn reschedule_deadline(&self) -> DateTime<Utc> {
        self.start_at - minutes(self.snapshot.reschedule_notice_minutes)
    }

    /// Price of the service and all add-ons, or `None` where nothing has a price.
    #[must_use]
    pub fn total(&self) -> Option<Money> {
        let prices = self.addons.iter().map(|addon| addon.price_minor).chain([self.snapshot.price_minor]);
        let minor = prices.flatten().reduce(i64::saturating_add)?;
        Some(Money { minor, currency: self.snapshot.currency })
    }

    /// Every field that an event may change, by name: what history compares, keeps and replays.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        macro_rules! keep {
            ($name:literal, $($field:ident).+) => {
                fields.insert($name.into(), json!(self.$($field).+));
            };
        }
        each_field!(keep);
        fields
    }
}

/// The fields that name or describe a person; their values are kept apart from the rest of an event.
pub const PERSONAL_FIELDS: [&str; 5] =
    ["client_name", "client_email", "client_phone", "notes_internal", "notes_client"];
