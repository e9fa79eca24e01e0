//! Commands: lock, load, ask core, write; one transaction each.

mod change;
mod create;
mod deed;
mod moves;
mod rehearsal;
mod suggest;
mod together;
mod undo;

pub use deed::Deed;
pub use rehearsal::Rehearsal;
pub(crate) use together::together;

use bookings_core::{
    Booking, BookingId, Concern, Context, Facts, NewIds, Reference, Refusals, Schedule, SlotAnswer, SlotValidation,
    Window,
};
use chrono::{DateTime, Utc};

use crate::bookings;
use crate::busy;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::scope::{By, Scope};
use crate::slots::{self, SlotAsk};
use crate::store::Store;

/// How often a command starts again because what it looked up before its transaction changed meanwhile.
const ROUNDS: usize = 5;

/// Add-ons that are looked up for one command; the rules refuse so many unseen.
const MOST_ADDONS: usize = 200;

/// Which booking: by id, or by the reference a person reads out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// By id.
    Id(BookingId),
    /// By reference.
    Reference(Reference),
}

impl From<BookingId> for Which {
    fn from(id: BookingId) -> Which {
        Which::Id(id)
    }
}

impl From<&Booking> for Which {
    fn from(booking: &Booking) -> Which {
        Which::Id(booking.id)
    }
}

impl From<&Reference> for Which {
    fn from(reference: &Reference) -> Which {
        Which::Reference(reference.clone())
    }
}

impl Store {
    fn context<'a>(&'a self, by: &'a By) -> Result<Context<'a>, StoreError> {
        Ok(self.context_with(by, (self.ids)()?, false))
    }

    fn context_with<'a>(&'a self, by: &'a By, ids: NewIds, rehearsal: bool) -> Context<'a> {
        Context {
            now: bookings_core::window::whole_micros(by.now),
            policy: &self.policy,
            actor: by.actor,
            ids,
            batch_id: by.batch_id,
            rehearsal,
        }
    }

    /// Asks the engine, where the policy wants it.
    fn ask_slots(&self, ask: Option<SlotAsk>) -> Asked {
        let wanted = self.policy.slot_validation == SlotValidation::Engine;
        let answer = match ask.as_ref().filter(|_| wanted) {
            None => SlotAnswer::NotAsked,
            Some(ask) => slots::answer(self.slots.as_deref(), ask),
        };
        Asked { ask, answer }
    }

    /// The schedule of `wanted`'s provider, as far as the rules look around it. A provider that is not there, or is
    /// another tenant's, has none: a refusal would tell of their bookings.
    fn schedule_around(&self, conn: &mut Conn, wanted: &Booking, facts: &Facts) -> Result<Schedule, StoreError> {
        match self.looked_at(wanted).filter(|_| facts.provider.is_some()) {
            Some(window) => busy::schedule(conn, wanted.provider_id, window),
            None => Ok(Schedule { provider_id: wanted.provider_id, busy: Vec::new() }),
        }
    }

    /// The refusals without the references of bookings that the scope does not see: a clash with one says no more than that
    /// the provider is busy.
    fn veiled(&self, mut refusals: Refusals, scope: Scope) -> Result<Refusals, StoreError> {
        if scope == Scope::All {
            return Ok(refusals);
        }
        for refusal in &mut refusals.reasons {
            if let Concern::Clash { reference, .. } = &refusal.concerns {
                let which = Which::from(reference);
                let seen = self.pools.read(|conn| bookings::provider_of(conn, &which, scope))?.is_some();
                if !seen {
                    refusal.concerns = Concern::Nothing;
                }
            }
        }
        Ok(refusals)
    }

    /// Whether the duplicate guard is on: only then the rules ask whom a booking is for.
    pub(crate) fn guards(&self) -> bool {
        self.policy.duplicate_guard_minutes > 0
    }

    /// The time the rules look at around `wanted`. `None` where they refuse its start, and no database can look for it.
    fn looked_at(&self, wanted: &Booking) -> Option<Window> {
        self.around(wanted.start_at, wanted.busy())
    }

    /// The same of a start and the time that is held.
    fn around(&self, start_at: DateTime<Utc>, busy: Window) -> Option<Window> {
        if !in_calendar(start_at) {
            return None;
        }
        let guard = self.policy.duplicate_guard_minutes;
        let near = Window { start: start_at, end: start_at }.buffered(guard, guard);
        Some(Window { start: busy.start.min(near.start), end: busy.end.max(near.end) })
    }
}

/// Whether the rules take that start at all.
fn in_calendar(start_at: DateTime<Utc>) -> bool {
    let mut refusals = Vec::new();
    bookings_core::rules::fields::start(start_at, &mut refusals);
    refusals.is_empty()
}

/// What was asked of the slot engine before the transaction, and its answer.
struct Asked {
    ask: Option<SlotAsk>,
    answer: SlotAnswer,
}

impl Asked {
    /// Nobody was asked.
    fn nothing() -> Asked {
        Asked { ask: None, answer: SlotAnswer::NotAsked }
    }

    /// Whether the answer is about what is now wanted; without an engine it always is.
    fn still_about(&self, wanted: &SlotAsk) -> bool {
        self.answer == SlotAnswer::NotAsked || self.ask.as_ref() == Some(wanted)
    }
}
