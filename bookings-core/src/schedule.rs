//! A provider's busy time, as the rules see it.

use chrono::{DateTime, Utc};

use crate::ids::{BookingId, ProviderId, ServiceId, UserId};
use crate::reference::Reference;
use crate::window::Window;

/// An active booking that holds a provider's time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busy {
    /// Which booking.
    pub booking_id: BookingId,
    /// Its reference.
    pub reference: Reference,
    /// Of which service.
    pub service_id: ServiceId,
    /// Its start, without buffers.
    pub start_at: DateTime<Utc>,
    /// The time it holds, buffers included.
    pub window: Window,
    /// Whether others may join its start.
    pub shared: bool,
    /// Seats held.
    pub capacity_consumed: u32,
    /// The client's e-mail, or empty.
    pub client_email: String,
    /// The client's phone, or empty.
    pub client_phone: String,
    /// The client's account.
    pub client_user_id: Option<UserId>,
}

/// All active bookings of one provider that touch a stretch of time.
///
/// Whoever loads it holds the provider's lock and leaves out none that overlaps the command's busy window,
/// nor, with the duplicate guard on, any whose start is within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Whose.
    pub provider_id: ProviderId,
    /// In order of start.
    pub busy: Vec<Busy>,
}

impl Schedule {
    /// Without the booking that is being moved.
    #[must_use]
    pub fn without(mut self, booking_id: BookingId) -> Schedule {
        self.busy.retain(|busy| busy.booking_id != booking_id);
        self
    }
}
