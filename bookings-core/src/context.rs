//! What a decision is made with besides the command and the state: time, policy, person, fresh ids.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::booking::Booking;
use crate::event::Event;
use crate::ids::BookingId;
use crate::role::Actor;

/// Whether starts must be offered by a slot engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SlotValidation {
    /// No engine is asked.
    #[default]
    None,
    /// The chosen start must be among the engine's.
    Engine,
}

/// The installation's choices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Whether everything belongs to a tenant.
    pub tenancy: bool,
    /// Whether a slot engine is asked.
    pub slot_validation: SlotValidation,
    /// Minutes on both sides of a start within which a similar booking refuses; 0 is off.
    pub duplicate_guard_minutes: u32,
}

/// What the slot engine said, before the transaction began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotAnswer {
    /// It was not asked: the policy does not want it, or nothing moves.
    NotAsked,
    /// The starts it offers.
    Starts(Vec<DateTime<Utc>>),
    /// Why there is no answer.
    Unavailable(String),
}

/// Fresh ids and random bits; the rules have no randomness of their own.
#[derive(Debug, Clone, Copy)]
pub struct NewIds {
    /// For a new booking.
    pub booking_id: BookingId,
    /// For a new reference; the lowest 40 bits are used.
    pub reference: u64,
    /// For the digest of the event's personal values.
    pub salt: [u8; 16],
}

/// Everything a decision needs besides the command and the state.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The present, UTC, in whole microseconds.
    pub now: DateTime<Utc>,
    /// The installation's choices.
    pub policy: &'a Policy,
    /// Who asks.
    pub actor: &'a Actor,
    /// Fresh ids.
    pub ids: NewIds,
    /// The bulk operation or import this is part of.
    pub batch_id: Option<Uuid>,
    /// Whether the decision is only looked at and never written: its event then says neither what changed nor has a hash,
    /// the dearer half of a decision, and a slot engine that was [not asked](SlotAnswer::NotAsked) refuses nothing.
    pub rehearsal: bool,
}

/// What a command comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The booking as it shall be, with the event that says so. Both are written, or neither.
    Changed(Box<Booking>, Box<Event>),
    /// The booking is already so; nothing is written.
    Unchanged(Box<Booking>),
}

impl Decision {
    /// The booking after the command.
    #[must_use]
    pub fn booking(&self) -> &Booking {
        match self {
            Decision::Changed(booking, _) | Decision::Unchanged(booking) => booking,
        }
    }
}
