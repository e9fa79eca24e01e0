//! Any change of an existing booking as one value: bulk work carries it out row by row, or only rehearses it.

use std::sync::Arc;

use bookings_core::commands::{Surroundings, propose_booking, propose_move};
use bookings_core::{
    AddNote, Booking, BookingId, CancelBooking, CreateBooking, Decision, EditBooking, NewIds, ProviderId, Refusals,
    RescheduleBooking, Schedule, SlotAnswer, VerbOn, Window, add_note, cancel_booking, complete_booking,
    confirm_booking, create_booking, mark_no_show, reinstate_booking, reschedule_booking,
};
use chrono::{DateTime, Utc};

use super::Rehearsal;
use super::create::{in_scope, visible};
use crate::busy;
use crate::error::StoreError;
use crate::scope::By;
use crate::store::{Outcome, Store};

/// A change of a booking, with the version it was decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Approve.
    Confirm(VerbOn),
    /// Call off.
    Cancel(CancelBooking),
    /// To another start or provider.
    Move(RescheduleBooking),
    /// It took place.
    Complete(VerbOn),
    /// The client did not come.
    NoShow(VerbOn),
    /// A remark.
    Note(AddNote),
    /// Take back a cancellation.
    Reinstate(VerbOn),
    /// Take back its last change.
    Undo(VerbOn),
}

impl Store {
    /// Does it, through the verb's own command.
    ///
    /// # Errors
    /// The verb's.
    pub fn carry_out(&self, which: BookingId, deed: &Deed, by: &By) -> Outcome {
        match deed {
            Deed::Confirm(command) => self.confirm_booking(which, command, by),
            Deed::Cancel(command) => self.cancel_booking(which, command, by),
            Deed::Move(command) => self.reschedule_booking(which, command, by),
            Deed::Complete(command) => self.complete_booking(which, command, by),
            Deed::NoShow(command) => self.mark_no_show(which, command, by),
            Deed::Note(command) => self.add_note(which, command, by),
            Deed::Reinstate(command) => self.reinstate_booking(which, command, by),
            Deed::Undo(command) => self.undo_booking(which, command, by),
        }
    }

    /// What [`carry_out`](Store::carry_out) would come to for a booking as it was loaded. Writes nothing, does not ask the
    /// slot engine, and its event says neither what changed nor has a hash.
    ///
    /// # Errors
    /// The verb's, without suggested starts.
    pub fn rehearse(&self, booking: &Booking, deed: &Deed, by: &By, so_far: &mut Rehearsal) -> Outcome {
        // Nobody sees what is not written, and random bits of tens of thousands of rows take their time.
        let nothing = NewIds { booking_id: booking.id, reference: 0, salt: [0; 16] };
        let context = self.context_with(by, nothing, true);
        let target = match deed {
            Deed::Confirm(command) => return Ok(confirm_booking(booking, command, &context)?),
            Deed::Cancel(command) => return Ok(cancel_booking(booking, command, &context)?),
            Deed::Complete(command) => return Ok(complete_booking(booking, command, &context)?),
            Deed::NoShow(command) => return Ok(mark_no_show(booking, command, &context)?),
            Deed::Note(command) => return Ok(add_note(booking, command, &context)?),
            Deed::Undo(command) => {
                let over = |schedule, before: &Booking| so_far.over(schedule, before, 0);
                return self.rehearse_undo(booking, command, by, &context, over);
            }
            Deed::Move(command) => command.clone(),
            Deed::Reinstate(_) => EditBooking::of(booking).as_move(booking),
        };
        let to = target.provider_id.unwrap_or(booking.provider_id);
        let look = || self.pools.read(|conn| self.move_facts(conn, booking, &target, by.scope));
        let facts = match &target.addon_ids {
            None => so_far.facts((booking.service_id, to), look)?,
            Some(_) => Arc::new(look()?),
        };
        let proposed = propose_move(booking, &target, &facts)?;
        let schedule = match self.looked_at(&proposed).filter(|_| facts.provider.is_some()) {
            Some(window) => so_far.schedule(&self.pools, window, &proposed, self.policy.duplicate_guard_minutes)?,
            None => Schedule { provider_id: proposed.provider_id, busy: Vec::new() },
        };
        let around = Surroundings { facts: &facts, schedule: &schedule, slots: &SlotAnswer::NotAsked };
        let decided: Result<Decision, Refusals> = match deed {
            Deed::Reinstate(command) => reinstate_booking(booking, command, around, &context),
            _ => reschedule_booking(booking, &target, around, &context),
        };
        decided.or_else(|refusals| Err(self.veiled(refusals, by.scope)?.into()))
    }

    /// Reads at once what the next rows of a dry run need to know: each booking with when and with whom it shall be.
    pub(crate) fn look_ahead<'a>(
        &self,
        moves: impl Iterator<Item = (&'a Booking, DateTime<Utc>, ProviderId)> + Clone,
        by: &By,
        so_far: &mut Rehearsal,
    ) -> Result<(), StoreError> {
        let unknown = so_far.unknown(moves.clone().map(|(booking, _, provider)| (booking.service_id, provider)));
        if !unknown.is_empty() {
            let facts = self.pools.read(|conn| self.catalogue.facts_of_many(conn, &unknown))?;
            so_far.know(facts.into_iter().map(|(of, facts)| (of, visible(facts, by.scope))));
        }
        let window = |(booking, start_at, provider): (&Booking, DateTime<Utc>, ProviderId)| {
            let (busy, by) = (booking.busy(), start_at - booking.start_at);
            let moved = Window { start: busy.start.checked_add_signed(by)?, end: busy.end.checked_add_signed(by)? };
            Some((provider, self.around(start_at, moved)?))
        };
        let unread = so_far.unread(moves.filter_map(window));
        if !unread.is_empty() {
            let read = self.pools.read(|conn| busy::schedules(conn, &unread, self.guards()))?;
            so_far.remember(unread.into_iter().zip(read));
        }
        Ok(())
    }

    /// What [`create_booking`](Store::create_booking) would come to, likewise; an idempotency key is not looked up.
    ///
    /// # Errors
    /// As it has them, without suggested starts.
    pub fn rehearse_create(&self, command: &CreateBooking, by: &By, so_far: &Rehearsal) -> Outcome {
        let context = self.context_with(by, (self.ids)()?, true);
        let facts = self.pools.read(|conn| self.facts_for(conn, command, by.scope))?;
        let schedule = match propose_booking(command, &facts, &context) {
            Some(proposed) => {
                let schedule = self.pools.read(|conn| self.schedule_around(conn, &proposed, &facts))?;
                so_far.over(schedule, &proposed, self.policy.duplicate_guard_minutes)
            }
            None => Schedule { provider_id: command.provider_id, busy: Vec::new() },
        };
        in_scope(command, by.scope)?;
        let around = Surroundings { facts: &facts, schedule: &schedule, slots: &SlotAnswer::NotAsked };
        create_booking(command, around, &context).or_else(|refusals| Err(self.veiled(refusals, by.scope)?.into()))
    }

    /// The booking that an idempotency key made, if any.
    ///
    /// # Errors
    /// The database's.
    pub fn made_by_key(
        &self,
        command: &CreateBooking,
        by: &By,
    ) -> Result<Option<Result<Decision, Refusals>>, StoreError> {
        self.pools.read(|conn| super::create::first_of_key(conn, command, by.scope))
    }
}
