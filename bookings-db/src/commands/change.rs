//! Verbs that need nothing but the booking: confirm, cancel, complete, no-show, note.

use bookings_core::{
    AddNote, Booking, CancelBooking, Code, Concern, Context, Decision, ProviderId, Refusals, VerbOn, add_note,
    cancel_booking, complete_booking, confirm_booking, mark_no_show,
};

use super::{ROUNDS, Which};
use crate::connection::Conn;
use crate::error::StoreError;
use crate::scope::By;
use crate::store::{CommandError, Outcome, Store};
use crate::transaction::{Lock, write};
use crate::write::update;
use crate::{bookings, history};

impl Store {
    /// Approves a booking that waits.
    ///
    /// # Errors
    /// `wrong_status`, `stale_version`, not found, or the store's.
    pub fn confirm_booking(&self, which: impl Into<Which>, command: &VerbOn, by: &By) -> Outcome {
        self.change(&which.into(), by, |booking, context| confirm_booking(booking, command, context))
    }

    /// Calls a booking off, with a reason.
    ///
    /// # Errors
    /// Refusals of the lifecycle, the reason and the notice; not found, or the store's.
    pub fn cancel_booking(&self, which: impl Into<Which>, command: &CancelBooking, by: &By) -> Outcome {
        self.change(&which.into(), by, |booking, context| cancel_booking(booking, command, context))
    }

    /// Says that a visit took place.
    ///
    /// # Errors
    /// `wrong_status`, `stale_version`, `not_started`, not found, or the store's.
    pub fn complete_booking(&self, which: impl Into<Which>, command: &VerbOn, by: &By) -> Outcome {
        self.change(&which.into(), by, |booking, context| complete_booking(booking, command, context))
    }

    /// Says that the client did not come.
    ///
    /// # Errors
    /// `wrong_status`, `stale_version`, `not_started`, not found, or the store's.
    pub fn mark_no_show(&self, which: impl Into<Which>, command: &VerbOn, by: &By) -> Outcome {
        self.change(&which.into(), by, |booking, context| mark_no_show(booking, command, context))
    }

    /// Adds a note to a booking's history.
    ///
    /// # Errors
    /// `required`, `too_long`, `stale_version`, not found, or the store's.
    pub fn add_note(&self, which: impl Into<Which>, command: &AddNote, by: &By) -> Outcome {
        self.change(&which.into(), by, |booking, context| add_note(booking, command, context))
    }

    fn change(
        &self,
        which: &Which,
        by: &By,
        decide: impl Fn(&Booking, &Context) -> Result<Decision, Refusals>,
    ) -> Outcome {
        self.locked(which, by, None, |conn, booking| {
            let context = self.context(by)?;
            settle(conn, booking, decide(booking, &context))
        })
    }

    /// Runs `body` with the booking as it is under the lock of its provider, and of the provider it goes `to`.
    pub(super) fn locked(
        &self,
        which: &Which,
        by: &By,
        to: Option<ProviderId>,
        mut body: impl FnMut(&mut Conn, &Booking) -> Outcome,
    ) -> Outcome {
        for _ in 0..ROUNDS {
            let provider = self.pools.read(|conn| bookings::provider_of(conn, which, by.scope))?;
            let mut providers = vec![provider.ok_or(CommandError::NotFound)?];
            providers.extend(to);
            providers.sort();
            providers.dedup();
            let lock = Lock::rows(self.catalogue.lock_providers(&providers));
            let done = write(&self.pools, &lock, |conn| {
                let booking = bookings::find(conn, which, by.scope)?.ok_or(CommandError::NotFound)?;
                // It went to another provider before the lock was ours: again, with that one's lock.
                if !providers.contains(&booking.provider_id) {
                    return Ok(None);
                }
                body(conn, &booking).map(Some)
            })?;
            if let Some(decision) = done {
                return Ok(decision);
            }
        }
        Err(StoreError::Busy.into())
    }
}

/// Writes what was decided; a stale version is told what changed meanwhile.
pub(super) fn settle(conn: &mut Conn, before: &Booking, decided: Result<Decision, Refusals>) -> Outcome {
    match decided {
        Ok(decision) => {
            if let Decision::Changed(after, event) = &decision {
                update(conn, before, after, event)?;
            }
            Ok(decision)
        }
        Err(refusals) => Err(informed(conn, before, refusals)?.into()),
    }
}

/// The refusals, of which a stale version says what changed meanwhile.
pub(super) fn informed(conn: &mut Conn, before: &Booking, mut refusals: Refusals) -> Result<Refusals, StoreError> {
    for refusal in &mut refusals.reasons {
        if let (Code::StaleVersion, Concern::Stale { seen, changed, .. }) = (refusal.code, &mut refusal.concerns) {
            *changed = history::changed_since(conn, before, *seen)?;
        }
    }
    Ok(refusals)
}
