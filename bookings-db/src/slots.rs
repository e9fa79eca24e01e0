//! The slot engine: who knows opening hours. Asked before a transaction, never in it.

use bookings_core::{Booking, BookingId, ProviderId, ServiceId, SlotAnswer, TenantId};
use chrono::{DateTime, Utc};

/// A question to the slot engine: which starts are there for this service and provider around this time?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotAsk {
    /// What.
    pub service_id: ServiceId,
    /// With whom.
    pub provider_id: ProviderId,
    /// Whose business, with tenancy on.
    pub tenant_id: Option<TenantId>,
    /// The start wished for, UTC.
    pub start_at: DateTime<Utc>,
    /// The end it would have, add-ons included, UTC.
    pub end_at: DateTime<Utc>,
    /// The booking that is being moved: its own time counts as free.
    pub exclude_booking: Option<BookingId>,
}

impl SlotAsk {
    /// The question that `wanted` needs answered; `moving` where it exists already.
    pub(crate) fn of(wanted: &Booking, moving: bool) -> SlotAsk {
        SlotAsk {
            service_id: wanted.service_id,
            provider_id: wanted.provider_id,
            tenant_id: wanted.tenant_id,
            start_at: wanted.start_at,
            end_at: wanted.end_at,
            exclude_booking: moving.then_some(wanted.id),
        }
    }
}

/// Why an engine gave no usable answer, in words for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SlotEngineError(pub String);

/// Answers which starts may be booked. Implement it over your own opening hours.
pub trait SlotEngine: Send + Sync {
    /// The starts on offer, UTC. It must come back in bounded time: a person is waiting.
    ///
    /// # Errors
    /// Whatever keeps it from answering; the write is then refused with `slot_engine_unavailable`.
    fn available_starts(&self, ask: &SlotAsk) -> Result<Vec<DateTime<Utc>>, SlotEngineError>;
}

/// The engine's answer to `ask`, as the rules take it.
pub(crate) fn answer(engine: Option<&dyn SlotEngine>, ask: &SlotAsk) -> SlotAnswer {
    match engine.map(|engine| engine.available_starts(ask)) {
        None => SlotAnswer::Unavailable("none is configured".into()),
        Some(Ok(starts)) => SlotAnswer::Starts(starts),
        Some(Err(error)) => SlotAnswer::Unavailable(error.to_string()),
    }
}
