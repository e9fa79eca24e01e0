//! Verbs that take or move time: reschedule and reassign, edit, reinstate.

use bookings_core::commands::{Surroundings, propose_move};
use bookings_core::{
    AddonId, Booking, Context, Decision, EditBooking, Facts, Refusals, RescheduleBooking, SlotValidation, VerbOn,
    edit_booking, reinstate_booking, reschedule_booking,
};

use super::change::settle;
use super::create::visible;
use super::{Asked, MOST_ADDONS, ROUNDS, Which};
use crate::bookings;
use crate::catalogue::FactsAsked;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::scope::{By, Scope};
use crate::slots::SlotAsk;
use crate::store::{CommandError, Outcome, Store};

/// A verb that takes time: where the booking would go, and what core says to it.
pub(super) trait Move {
    /// Where to, seen from the booking as it is.
    fn target(&self, booking: &Booking) -> RescheduleBooking;
    /// Whether it takes time that the booking does not hold: only then the slot engine has a say.
    fn takes_time(&self, booking: &Booking, proposed: &Booking) -> bool {
        booking != proposed
    }
    /// Core's decision.
    fn decide(&self, booking: &Booking, around: Surroundings, context: &Context) -> Result<Decision, Refusals>;
}

impl Move for RescheduleBooking {
    fn target(&self, _: &Booking) -> RescheduleBooking {
        self.clone()
    }
    fn decide(&self, booking: &Booking, around: Surroundings, context: &Context) -> Result<Decision, Refusals> {
        reschedule_booking(booking, self, around, context)
    }
}

impl Move for EditBooking {
    fn target(&self, booking: &Booking) -> RescheduleBooking {
        self.as_move(booking)
    }
    fn decide(&self, booking: &Booking, around: Surroundings, context: &Context) -> Result<Decision, Refusals> {
        edit_booking(booking, self, around, context)
    }
}

impl Move for VerbOn {
    /// A reinstatement goes where the booking is.
    fn target(&self, booking: &Booking) -> RescheduleBooking {
        EditBooking::of(booking).as_move(booking)
    }
    fn takes_time(&self, _: &Booking, _: &Booking) -> bool {
        true
    }
    fn decide(&self, booking: &Booking, around: Surroundings, context: &Context) -> Result<Decision, Refusals> {
        reinstate_booking(booking, self, around, context)
    }
}

impl Store {
    /// Moves a booking to another start or provider, or changes its add-ons.
    ///
    /// # Errors
    /// Every refusal, with free starts nearby; not found, or the store's.
    pub fn reschedule_booking(&self, which: impl Into<Which>, command: &RescheduleBooking, by: &By) -> Outcome {
        self.moved(&which.into(), command, by)
    }

    /// Changes client, notes, party, and through the same guard start, provider and add-ons.
    ///
    /// # Errors
    /// Every refusal, with free starts nearby; not found, or the store's.
    pub fn edit_booking(&self, which: impl Into<Which>, command: &EditBooking, by: &By) -> Outcome {
        self.moved(&which.into(), command, by)
    }

    /// Takes back a cancellation, where the time is still free.
    ///
    /// # Errors
    /// Every refusal, with free starts nearby; not found, or the store's.
    pub fn reinstate_booking(&self, which: impl Into<Which>, command: &VerbOn, by: &By) -> Outcome {
        self.moved(&which.into(), command, by)
    }

    fn moved(&self, which: &Which, verb: &impl Move, by: &By) -> Outcome {
        let now = self.pools.read(|conn| bookings::find(conn, which, by.scope))?.ok_or(CommandError::NotFound)?;
        let to = verb.target(&now).provider_id;
        let mut seen = now;
        for _ in 0..ROUNDS {
            let asked = self.ask_before_move(&seen, verb, by)?;
            let mut again = None;
            let mut wanted = None;
            let done = self.locked(which, by, to, |conn, booking| {
                let target = verb.target(booking);
                let facts = self.move_facts(conn, booking, &target, by.scope)?;
                let proposed = propose_move(booking, &target, &facts)?;
                let schedule = self.schedule_around(conn, &proposed, &facts)?;
                if !asked.still_about(&SlotAsk::of(&proposed, true)) {
                    again = Some(booking.clone());
                    return Ok(Decision::Unchanged(Box::new(booking.clone())));
                }
                let capacity = facts.service.as_ref().map_or(1, |service| service.capacity);
                wanted = Some((proposed, capacity)).filter(|_| facts.provider.is_some());
                let around = Surroundings { facts: &facts, schedule: &schedule, slots: &asked.answer };
                settle(conn, booking, verb.decide(booking, around, &self.context(by)?))
            });
            match (again, done) {
                (Some(booking), Ok(_)) => seen = booking,
                (_, Err(CommandError::Refused(refusals))) => {
                    return Err(self.with_suggestions(refusals, wanted, &asked.answer, by)?.into());
                }
                (_, done) => return done,
            }
        }
        Err(StoreError::Busy.into())
    }

    pub(super) fn ask_before_move(&self, booking: &Booking, verb: &impl Move, by: &By) -> Result<Asked, CommandError> {
        if self.policy.slot_validation == SlotValidation::None {
            return Ok(Asked::nothing());
        }
        let target = verb.target(booking);
        let facts = self.pools.read(|conn| self.move_facts(conn, booking, &target, by.scope))?;
        let proposed = propose_move(booking, &target, &facts)?;
        // Add-ons that are unknown or repeated are not in `proposed`, yet such a move is judged.
        let has = booking.addons.iter().map(|addon| addon.addon_id);
        let others = target.addon_ids.as_ref().is_some_and(|asked| !has.eq(asked.iter().copied()));
        let asks = others || verb.takes_time(booking, &proposed);
        Ok(self.ask_slots(asks.then(|| SlotAsk::of(&proposed, true))))
    }

    pub(super) fn move_facts(
        &self,
        conn: &mut Conn,
        booking: &Booking,
        target: &RescheduleBooking,
        scope: Scope,
    ) -> Result<Facts, StoreError> {
        let has = |id: &AddonId| booking.addons.iter().any(|addon| addon.addon_id == *id);
        let asked = target.addon_ids.iter().flatten().copied();
        let new_addons: Vec<AddonId> = asked.filter(|id| !has(id)).take(MOST_ADDONS).collect();
        let asked = FactsAsked {
            service_id: booking.service_id,
            provider_id: target.provider_id.unwrap_or(booking.provider_id),
            addon_ids: &new_addons,
        };
        Ok(visible(self.catalogue.facts(conn, asked)?, scope))
    }
}
