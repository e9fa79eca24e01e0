//! create: idempotent by key, references retried, every rule under the provider's lock.

use bookings_core::commands::{Surroundings, propose_booking};
use bookings_core::{
    Booking, Code, Concern, CreateBooking, Decision, Facts, Refusal, Refusals, Schedule, SlotAnswer, SlotValidation,
    create_booking,
};
use diesel::prelude::*;

use super::{Asked, MOST_ADDONS, ROUNDS};
use crate::bookings;
use crate::catalogue::FactsAsked;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::schema::booking;
use crate::scope::{By, Scope};
use crate::slots::SlotAsk;
use crate::store::{CommandError, Outcome, Store};
use crate::transaction::{Lock, write};
use crate::types::Id;
use crate::write::insert;

/// How one try at creating ended, where it did not fail.
enum Try {
    Done(Decision),
    /// The catalogue changed since the slot engine was asked.
    AskAgain,
}

impl Store {
    /// Makes a booking. The same idempotency key with the same body answers with the first booking, unchanged.
    ///
    /// # Errors
    /// Every refusal, with free starts nearby where time was the trouble; or the store's.
    pub fn create_booking(&self, command: &CreateBooking, by: &By) -> Outcome {
        for _ in 0..ROUNDS {
            let asked = self.ask_before_create(command, by)?;
            let mut wanted = None;
            let lock = Lock::rows(self.catalogue.lock_providers(&[command.provider_id]));
            let tried = write(&self.pools, &lock, |conn| self.try_create(conn, command, by, &asked, &mut wanted));
            match tried {
                Ok(Try::Done(decision)) => return Ok(decision),
                Ok(Try::AskAgain) => {}
                Err(CommandError::Refused(refusals)) => {
                    return Err(self.with_suggestions(refusals, wanted, &asked.answer, by)?.into());
                }
                // A reference in use is drawn again; a key in use means somebody was quicker with the same form.
                Err(CommandError::Store(StoreError::Wall(wall))) if wall.contains("reference") => {}
                Err(CommandError::Store(StoreError::Wall(wall))) if wall.contains("idempotency") => {
                    let repeated = self.pools.read(|conn| first_of_key(conn, command, by.scope))?;
                    if let Some(answer) = repeated {
                        return answer.map_err(CommandError::from);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Busy.into())
    }

    fn ask_before_create(&self, command: &CreateBooking, by: &By) -> Result<Asked, CommandError> {
        if self.policy.slot_validation == SlotValidation::None {
            return Ok(Asked { ask: None, answer: SlotAnswer::NotAsked });
        }
        let facts = self.pools.read(|conn| self.facts_for(conn, command, by.scope))?;
        let wanted = propose_booking(command, &facts, &self.context(by)?);
        Ok(self.ask_slots(wanted.map(|wanted| SlotAsk::of(&wanted, false))))
    }

    pub(super) fn facts_for(
        &self,
        conn: &mut Conn,
        command: &CreateBooking,
        scope: Scope,
    ) -> Result<Facts, StoreError> {
        let asked = FactsAsked {
            service_id: command.service_id,
            provider_id: command.provider_id,
            addon_ids: &command.addon_ids[..command.addon_ids.len().min(MOST_ADDONS)],
        };
        Ok(visible(self.catalogue.facts(conn, asked)?, scope))
    }

    fn try_create(
        &self,
        conn: &mut Conn,
        command: &CreateBooking,
        by: &By,
        asked: &Asked,
        wanted: &mut Option<(Booking, u32)>,
    ) -> Result<Try, CommandError> {
        let context = self.context(by)?;
        let facts = self.facts_for(conn, command, by.scope)?;
        let proposed = propose_booking(command, &facts, &context);
        let schedule = match &proposed {
            Some(proposed) => self.schedule_around(conn, proposed, &facts)?,
            None => Schedule { provider_id: command.provider_id, busy: Vec::new() },
        };
        if let Some(proposed) = proposed {
            if !asked.still_about(&SlotAsk::of(&proposed, false)) {
                return Ok(Try::AskAgain);
            }
            let capacity = facts.service.as_ref().map_or(1, |service| service.capacity);
            *wanted = Some((proposed, capacity)).filter(|_| facts.provider.is_some());
        }
        let around = Surroundings { facts: &facts, schedule: &schedule, slots: &asked.answer };
        let decided = in_scope(command, by.scope).and_then(|()| create_booking(command, around, &context));
        let decision = match decided {
            Ok(decision) => decision,
            Err(refusals) => {
                // A form sent twice clashes with its own first booking: that is no refusal.
                return match first_of_key(conn, command, by.scope)? {
                    Some(Ok(first)) => Ok(Try::Done(first)),
                    Some(Err(mismatch)) => Err(mismatch.into()),
                    None => Err(refusals.into()),
                };
            }
        };
        if let Decision::Changed(new, event) = &decision {
            insert(conn, new, event, command)?;
        }
        Ok(Try::Done(decision))
    }
}

/// A booking for another tenant than the caller's own is refused; the rules can't know whose the caller is.
pub(super) fn in_scope(command: &CreateBooking, scope: Scope) -> Result<(), Refusals> {
    if command.tenant_id.is_some() && !scope.sees(command.tenant_id) {
        return Err(Refusal::of(Code::TenantMismatch, "tenant_id").into());
    }
    Ok(())
}

/// What the scope does not see is not there.
pub(super) fn visible(facts: Facts, scope: Scope) -> Facts {
    Facts {
        service: facts.service.filter(|service| scope.sees(service.tenant_id)),
        provider: facts.provider.filter(|provider| scope.sees(provider.tenant_id)),
        addons: facts.addons.into_iter().filter(|addon| scope.sees(addon.tenant_id)).collect(),
    }
}

/// The booking that the command's key made before, or the refusal where its body was another.
pub(super) fn first_of_key(
    conn: &mut Conn,
    command: &CreateBooking,
    scope: Scope,
) -> Result<Option<Result<Decision, Refusals>>, StoreError> {
    // PostgreSQL can't even be asked for a NUL.
    let Some(key) = command.idempotency_key.as_ref().filter(|key| !key.contains('\0')) else { return Ok(None) };
    let found: Option<(Id, Option<Vec<u8>>)> = booking::table
        .filter(booking::idempotency_key.eq(key))
        .select((booking::id, booking::idempotency_digest))
        .first(conn)
        .optional()?;
    let Some((id, digest)) = found else { return Ok(None) };
    let first = bookings::find(conn, &bookings_core::BookingId(id.0).into(), scope)?;
    let same = digest.is_some_and(|digest| digest == command.digest());
    Ok(Some(match first.filter(|_| same) {
        Some(first) => Ok(Decision::Unchanged(Box::new(first))),
        None => Err(Refusal::whole(Code::IdempotencyMismatch, Concern::Nothing).into()),
    }))
}
