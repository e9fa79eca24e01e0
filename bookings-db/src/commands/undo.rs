//! The last change taken back, under the locks of where the booking is and where it was.

use bookings_core::commands::{Surroundings, propose_undo};
use bookings_core::{
    Booking, Context, Decision, EditBooking, Event, Facts, Schedule, SlotAnswer, VerbOn, undo_booking,
};

use super::change::settle;
use super::{ROUNDS, Which};
use crate::connection::Conn;
use crate::error::StoreError;
use crate::scope::By;
use crate::store::{CommandError, Outcome, Store};
use crate::{bookings, history};

impl Store {
    /// Takes the last change of a booking back, as a new event.
    ///
    /// # Errors
    /// `wrong_status` where nothing takes it back or too late, `stale_version`, what others took meanwhile; not found, or
    /// the store's.
    pub fn undo_booking(&self, which: impl Into<Which>, command: &VerbOn, by: &By) -> Outcome {
        let which = which.into();
        for _ in 0..ROUNDS {
            let found = self.pools.read(|conn| {
                let Some(booking) = bookings::find(conn, &which, by.scope)? else { return Ok(None) };
                let last = last_event(conn, &booking)?;
                Ok(Some(propose_undo(&booking, &last, by.now).ok()))
            })?;
            let before = found.ok_or(CommandError::NotFound)?;
            let to = before.map(|before| before.provider_id);
            let mut again = false;
            let done = self.locked(&which, by, to, |conn, booking| {
                let last = last_event(conn, booking)?;
                // Where it would go was looked up before the lock; a stale command goes nowhere.
                let there = propose_undo(booking, &last, by.now).map_or(booking.provider_id, |there| there.provider_id);
                again = booking.version == command.version && there != booking.provider_id && Some(there) != to;
                if again {
                    return Ok(Decision::Unchanged(Box::new(booking.clone())));
                }
                let (facts, schedule) = self.around_undo(conn, booking, &last, by)?;
                let around = Surroundings { facts: &facts, schedule: &schedule, slots: &SlotAnswer::NotAsked };
                settle(conn, booking, undo_booking(booking, &last, command, around, &self.context(by)?))
            });
            if !again {
                return done;
            }
        }
        Err(StoreError::Busy.into())
    }

    /// What surrounds the booking where it was; nothing where it can't go back there.
    pub(super) fn around_undo(
        &self,
        conn: &mut Conn,
        booking: &Booking,
        last: &Event,
        by: &By,
    ) -> Result<(Facts, Schedule), StoreError> {
        match propose_undo(booking, last, by.now) {
            Ok(before) => {
                let there = EditBooking::of(&before).as_move(&before);
                let facts = self.move_facts(conn, &before, &there, by.scope)?;
                let schedule = self.schedule_around(conn, &before, &facts)?;
                Ok((facts, schedule))
            }
            Err(_) => Ok((Facts::default(), Schedule { provider_id: booking.provider_id, busy: Vec::new() })),
        }
    }

    /// What [`undo_booking`](Store::undo_booking) would come to, with the schedule as `over` says it would be by then.
    pub(super) fn rehearse_undo(
        &self,
        booking: &Booking,
        command: &VerbOn,
        by: &By,
        context: &Context,
        over: impl FnOnce(Schedule, &Booking) -> Schedule,
    ) -> Outcome {
        let (last, (facts, mut schedule)) = self.pools.read(|conn| {
            let last = last_event(conn, booking)?;
            let around = self.around_undo(conn, booking, &last, by)?;
            Ok((last, around))
        })?;
        if let Ok(before) = propose_undo(booking, &last, by.now) {
            schedule = over(schedule, &before);
        }
        let around = Surroundings { facts: &facts, schedule: &schedule, slots: &SlotAnswer::NotAsked };
        Ok(undo_booking(booking, &last, command, around, context)?)
    }
}

/// The event that made the version that was read: outside a lock there may be a newer one by now.
pub(super) fn last_event(conn: &mut Conn, booking: &Booking) -> Result<Event, StoreError> {
    let missing = || StoreError::Internal(format!("events of booking {} are missing: see `doctor`", booking.id));
    let last = history::events(conn, booking.id, booking.version.checked_add(1), 1)?.into_iter().next();
    last.filter(|event| event.version == booking.version).ok_or_else(missing)
}
