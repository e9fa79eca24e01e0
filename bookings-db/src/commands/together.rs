//! Bookings that share a start move together: one by one each would meet the others where they still stand.

use bookings_core::commands::{Surroundings, propose_move, propose_undo};
use bookings_core::{
    Booking, BookingId, Decision, Event, Facts, ProviderId, Refusals, RescheduleBooking, Schedule, SlotValidation,
    Status, VerbOn, reschedule_booking, undo_booking,
};
use diesel::prelude::*;

use super::change::{informed, settle};
use super::undo::last_event;
use super::{Asked, Deed, ROUNDS, Rehearsal, Which};
use crate::bookings;
use crate::condition::AnyOf;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::schema::booking;
use crate::scope::By;
use crate::slots::SlotAsk;
use crate::store::{CommandError, Outcome, Store};
use crate::transaction::{Lock, write};
use crate::types::Id;

/// Decides on bookings that share a start, each as if the others had left it already. Whoever does not go stays, and for the
/// rest it is decided anew with that one there. Who goes is kept in `so_far`.
///
/// # Errors
/// The store's.
pub(crate) fn together(
    so_far: &mut Rehearsal,
    ids: &[BookingId],
    mut decide: impl FnMut(usize, &mut Rehearsal) -> Outcome,
) -> Result<Vec<Outcome>, StoreError> {
    let mut open: Vec<usize> = (0..ids.len()).collect();
    let mut outcomes: Vec<(usize, Outcome)> = Vec::with_capacity(ids.len());
    while !open.is_empty() {
        so_far.leave(open.iter().filter_map(|nth| ids.get(*nth)));
        let (mut going, mut staying) = (Vec::new(), Vec::new());
        for nth in open {
            match decide(nth, so_far) {
                Err(CommandError::Store(error)) => return Err(error),
                Ok(Decision::Changed(after, event)) => {
                    so_far.keep(&after);
                    going.push((nth, Decision::Changed(after, event)));
                }
                stays => staying.push((nth, stays)),
            }
        }
        if staying.is_empty() {
            open = Vec::new();
            outcomes.extend(going.into_iter().map(|(nth, decision)| (nth, Ok(decision))));
        } else {
            open = going.iter().map(|(nth, _)| *nth).collect();
            so_far.stay(staying.iter().filter_map(|(nth, _)| ids.get(*nth)));
            going.iter().for_each(|(_, decision)| so_far.go_back(decision.booking()));
            outcomes.extend(staying);
        }
    }
    outcomes.sort_by_key(|(nth, _)| *nth);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

/// What is to be done with one of them.
enum Going<'a> {
    Move(&'a RescheduleBooking),
    Undo(&'a VerbOn, Box<Event>),
}

/// One of them under the lock: what it would become, and what is around it there.
struct Member<'a> {
    booking: Booking,
    after: Booking,
    going: Going<'a>,
    facts: Facts,
    schedule: Schedule,
    asked: &'a Asked,
}

/// What one of them is found to be.
enum Found<'a> {
    Member(Box<Member<'a>>),
    /// Refused before it is looked where it would go.
    Refused(Box<CommandError>),
    /// At another provider, or on its way to one.
    Elsewhere,
    /// Not what the slot engine was asked about.
    Changed,
}

impl Store {
    /// Carries out moves of bookings that share a start of `provider`, or takes such moves back, in one transaction: who
    /// is refused stays, and the others meet it there. What is with another provider by now, or goes to one, is carried
    /// out by itself. Outcomes in order, without suggested starts.
    ///
    /// # Errors
    /// The store's; nothing of what goes together is written then.
    pub(crate) fn carry_out_together(
        &self,
        provider: ProviderId,
        deeds: &[(BookingId, Deed)],
        by: &By,
    ) -> Result<Vec<Outcome>, StoreError> {
        let lock = Lock::rows(self.catalogue.lock_providers(&[provider]));
        for _ in 0..ROUNDS {
            let asked = deeds.iter().map(|(id, deed)| self.ask_of_member(*id, deed, by));
            let asked = asked.collect::<Result<Vec<_>, _>>()?;
            let done = write(&self.pools, &lock, |conn| self.move_together(conn, provider, deeds, &asked, by))?;
            let Some(outcomes) = done else { continue };
            let mut all = Vec::with_capacity(deeds.len());
            for (outcome, (id, deed)) in outcomes.into_iter().zip(deeds) {
                all.push(match outcome {
                    Some(Err(CommandError::Refused(refusals))) => Err(self.veiled(refusals, by.scope)?.into()),
                    Some(outcome) => outcome,
                    None => self.carry_out(*id, deed, by),
                });
            }
            return Ok(all);
        }
        Err(StoreError::Busy)
    }

    /// The engine's answer about a move, where it is asked; of what is refused without it, none.
    fn ask_of_member(&self, id: BookingId, deed: &Deed, by: &By) -> Result<Asked, StoreError> {
        let (Deed::Move(command), SlotValidation::Engine) = (deed, self.policy.slot_validation) else {
            return Ok(Asked::nothing());
        };
        let found = self.pools.read(|conn| bookings::find(conn, &Which::Id(id), by.scope))?;
        match found.map(|booking| self.ask_before_move(&booking, command, by)) {
            Some(Ok(asked)) => Ok(asked),
            Some(Err(CommandError::Store(error))) => Err(error),
            Some(Err(_)) | None => Ok(Asked::nothing()),
        }
    }

    /// Decides and writes; `None` of those who go by themselves, and of all where the engine was asked about something else.
    fn move_together(
        &self,
        conn: &mut Conn,
        provider: ProviderId,
        deeds: &[(BookingId, Deed)],
        asked: &[Asked],
        by: &By,
    ) -> Result<Option<Vec<Option<Outcome>>>, StoreError> {
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(deeds.len());
        let (mut places, mut members) = (Vec::new(), Vec::new());
        for ((id, deed), asked) in deeds.iter().zip(asked) {
            outcomes.push(match self.member(conn, *id, deed, asked, provider, by)? {
                Found::Changed => return Ok(None),
                Found::Refused(why) => Some(Err(*why)),
                Found::Elsewhere => None,
                Found::Member(member) => {
                    places.push(outcomes.len());
                    members.push(*member);
                    None
                }
            });
        }
        let ids: Vec<BookingId> = members.iter().map(|member| member.booking.id).collect();
        let decided = together(&mut Rehearsal::default(), &ids, |nth, so_far| match members.get(nth) {
            Some(member) => self.decide_member(conn, member, so_far, by),
            None => Err(CommandError::NotFound),
        })?;
        let going = members.iter().zip(&decided).filter(|(_, outcome)| matches!(outcome, Ok(Decision::Changed(..))));
        lift(conn, going.map(|(member, _)| member.booking.id))?;
        for ((place, member), outcome) in places.into_iter().zip(&members).zip(decided) {
            let outcome = match outcome {
                Ok(decision) => settle(conn, &member.booking, Ok(decision)),
                refused => refused,
            };
            if let Err(CommandError::Store(error)) = outcome {
                return Err(error);
            }
            if let Some(own) = outcomes.get_mut(place) {
                *own = Some(outcome);
            }
        }
        Ok(Some(outcomes))
    }

    fn member<'a>(
        &self,
        conn: &mut Conn,
        id: BookingId,
        deed: &'a Deed,
        asked: &'a Asked,
        provider: ProviderId,
        by: &By,
    ) -> Result<Found<'a>, StoreError> {
        let Some(booking) = bookings::find(conn, &Which::Id(id), by.scope)? else {
            return Ok(Found::Refused(Box::new(CommandError::NotFound)));
        };
        if booking.provider_id != provider {
            return Ok(Found::Elsewhere);
        }
        let (going, after, facts, schedule) = match deed {
            Deed::Move(command) => {
                let facts = self.move_facts(conn, &booking, command, by.scope)?;
                let after = match propose_move(&booking, command, &facts) {
                    Ok(after) => after,
                    Err(refusals) => return Ok(Found::Refused(Box::new(refusals.into()))),
                };
                if !asked.still_about(&SlotAsk::of(&after, true)) {
                    return Ok(Found::Changed);
                }
                let schedule = self.schedule_around(conn, &after, &facts)?;
                (Going::Move(command), after, facts, schedule)
            }
            Deed::Undo(command) => {
                let last = last_event(conn, &booking)?;
                let after = propose_undo(&booking, &last, by.now).unwrap_or_else(|_| booking.clone());
                let (facts, schedule) = self.around_undo(conn, &booking, &last, by)?;
                (Going::Undo(command, Box::new(last)), after, facts, schedule)
            }
            _ => return Ok(Found::Elsewhere),
        };
        Ok(match after.provider_id == provider {
            true => Found::Member(Box::new(Member { booking, after, going, facts, schedule, asked })),
            false => Found::Elsewhere,
        })
    }

    fn decide_member(&self, conn: &mut Conn, member: &Member, so_far: &Rehearsal, by: &By) -> Outcome {
        let Member { booking, after, going, facts, schedule, asked } = member;
        let schedule = so_far.over(schedule.clone(), after, self.policy.duplicate_guard_minutes);
        let around = Surroundings { facts, schedule: &schedule, slots: &asked.answer };
        let context = self.context(by)?;
        let decided: Result<Decision, Refusals> = match going {
            Going::Move(command) => reschedule_booking(booking, command, around, &context),
            Going::Undo(command, last) => undo_booking(booking, last, command, around, &context),
        };
        match decided {
            Ok(decision) => Ok(decision),
            Err(refusals) => Err(informed(conn, booking, refusals)?.into()),
        }
    }
}

/// Takes bookings out of the walls until each is written where it goes, still in the same transaction: the walls let nobody
/// of a shared start go before the others, and nobody into another's time at the end.
fn lift(conn: &mut Conn, ids: impl Iterator<Item = BookingId>) -> Result<(), StoreError> {
    let going = booking::table.filter(AnyOf::new("booking.id", ids.map(|id| Id(id.0)))).filter(booking::active);
    let away =
        (booking::status_before_cancel.eq(booking::status.nullable()), booking::status.eq(Status::Cancelled.as_str()));
    diesel::update(going).set(away).execute(conn)?;
    Ok(())
}
