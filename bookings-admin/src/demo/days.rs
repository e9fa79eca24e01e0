//! The days of the business: who comes when, and how it went.

use std::cell::RefCell;
use std::collections::HashSet;

use bookings_core::commands::Surroundings;
use bookings_core::local_time::{Fold, resolve};
use bookings_core::{
    Actor, BookingId, CancelBooking, Context, CreateBooking, Decision, Event, Facts, NewIds, Overrides, Policy,
    ProviderFacts, Refusals, Schedule, SlotAnswer, Status, VerbOn, cancel_booking, complete_booking, confirm_booking,
    create_booking, mark_no_show,
};
use bookings_db::bulk::Decided;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};
use uuid::Builder;

use super::business::{Business, some_addons};
use super::dice::Dice;
use super::people;
use crate::cli::DemoArgs;
use crate::settings::Settings;

const REASONS: [&str; 6] = [
    "Client is ill",
    "Found another time",
    "Travelling",
    "Provider unavailable",
    "Booked by mistake",
    "Called in the morning to cancel",
];

const NOTES: [&str; 5] = [
    "Prefers the room at the back",
    "Allergic to lavender",
    "Comes with a child",
    "Paid in advance",
    "Please remind the day before",
];

/// Plans one day of one provider after another: all providers of a day, then the next day.
pub struct Planner<'a> {
    business: &'a Business,
    settings: &'a Settings,
    policy: Policy,
    actor: &'a Actor,
    now: DateTime<Utc>,
    first_day: NaiveDate,
    days: u32,
    people: u64,
    bookings: u64,
    /// Bookings planned so far.
    made: u64,
    /// Days of providers planned so far.
    next: u64,
    /// What was drawn for references: among a million of 40 bits, two are likely to be the same.
    drawn: RefCell<HashSet<u64>>,
}

/// The bits that a reference takes.
const REFERENCE_BITS: u64 = (1 << 40) - 1;

impl<'a> Planner<'a> {
    pub fn new(
        business: &'a Business,
        settings: &'a Settings,
        actor: &'a Actor,
        now: DateTime<Utc>,
        first_day: NaiveDate,
        args: &DemoArgs,
    ) -> Planner<'a> {
        Planner {
            business,
            settings,
            policy: Policy::default(),
            actor,
            now,
            first_day,
            days: args.days,
            people: (args.bookings / 6).max(20),
            bookings: args.bookings,
            made: 0,
            next: 0,
            drawn: RefCell::default(),
        }
    }

    /// The next provider's day; `None` after the last one.
    pub fn next_day(&mut self, dice: &mut Dice) -> Option<Vec<Decided>> {
        let providers = self.business.providers.len() as u64;
        let (day, place) = (self.next / providers.max(1), self.next % providers.max(1));
        if day >= u64::from(self.days) {
            return None;
        }
        self.next += 1;
        let provider = self.business.providers.get(usize::try_from(place).ok()?)?;
        let date = self.first_day.checked_add_days(Days::new(day))?;
        // Spread evenly over all days: a class that brought many clients is followed by a day off.
        let days = u128::from(providers) * u128::from(self.days);
        let due = u128::from(self.bookings) * u128::from(self.next) / days.max(1);
        let due = u64::try_from(due).unwrap_or(u64::MAX).saturating_sub(self.made);
        let planned = self.day(provider, date, due, dice);
        self.made += planned.len() as u64;
        Some(planned)
    }

    fn day(&self, provider: &ProviderFacts, date: NaiveDate, due: u64, dice: &mut Dice) -> Vec<Decided> {
        let mut schedule = Schedule { provider_id: provider.id, busy: Vec::new() };
        let mut day: Vec<Decided> = Vec::new();
        // From eight o'clock on, in quarters; a full day leaves no gaps, and a very full one runs into the evening.
        let mut minute = 8 * 60 + 15 * dice.below(4);
        // What a day of ten hours leaves between visits of an hour and a quarter, half of it on average.
        let spare = 600_u64.saturating_sub(due * 75) / due.max(1);
        while (day.len() as u64) < due && minute < 23 * 60 {
            let Some(facts) = dice.pick(&self.business.services) else { break };
            let facts = Facts { provider: Some(provider.clone()), ..facts.clone() };
            let seats = facts.service.as_ref().map_or(1, |service| service.capacity);
            let clients = if seats > 1 { 2 + dice.below(u64::from(seats)) } else { 1 };
            let mut end = None;
            for _ in 0..clients {
                let Some(start) = self.at(date, minute) else { break };
                match self.booking(&facts, &schedule, start, dice) {
                    Ok(decided) => {
                        let window = decided.booking.busy().end;
                        end = end.max(Some(window));
                        if decided.booking.status.is_active() {
                            schedule.busy.push(busy_of(&decided));
                        }
                        day.push(decided);
                    }
                    Err(_) => break,
                }
            }
            let gap = 15 * dice.below(spare / 8 + 1);
            let taken = end.and_then(|end| self.at(date, minute).map(|start| (end - start).num_minutes()));
            let step = u64::try_from(taken.unwrap_or(15).max(15)).unwrap_or(15);
            // The next one's own buffer before must fit too: a quarter covers the longest.
            minute += (step + 15).div_ceil(15) * 15 + gap;
        }
        day
    }

    fn at(&self, date: NaiveDate, minute: u64) -> Option<DateTime<Utc>> {
        let time = NaiveTime::from_num_seconds_from_midnight_opt(u32::try_from(minute * 60).ok()?, 0)?;
        resolve(self.settings.time_zone, date.and_time(time), Some(Fold::Earlier)).ok()
    }

    fn booking(
        &self,
        facts: &Facts,
        schedule: &Schedule,
        start: DateTime<Utc>,
        dice: &mut Dice,
    ) -> Result<Decided, Refusals> {
        let (Some(service), Some(provider)) = (&facts.service, &facts.provider) else {
            return Err(Refusals::default());
        };
        // Booked some days before; what would still be to come, within as many days up to now.
        let before = TimeDelta::hours(2) + TimeDelta::minutes(i64::try_from(dice.below(20 * 24 * 60)).unwrap_or(0));
        let latest = self.now - TimeDelta::minutes(5);
        let created = if start - before > latest { latest - before } else { start - before };
        let mut command = CreateBooking::new(service.id, provider.id, start, people::client(dice, self.people));
        command.addon_ids = some_addons(facts, dice).into_iter().map(|addon| addon.id).collect();
        if service.capacity > 2 && dice.percent(15) {
            command.party_size = 2;
        }
        if dice.percent(12) {
            command.notes_internal = dice.pick(&NOTES).copied().unwrap_or_default().into();
        }
        let around = Surroundings { facts, schedule, slots: &SlotAnswer::NotAsked };
        let reference = self.fresh_reference(dice);
        let context = self.context(created, reference, dice);
        let mut history = History::default();
        history.take(create_booking(&command, around, &context)?);
        self.how_it_went(&mut history, start, created, dice)?;
        history.decided()
    }

    /// What happened after: approved, called off, took place, did not come.
    fn how_it_went(
        &self,
        history: &mut History,
        start: DateTime<Utc>,
        created: DateTime<Utc>,
        dice: &mut Dice,
    ) -> Result<(), Refusals> {
        let past = start + TimeDelta::hours(3) < self.now;
        let sooner = created + (start.min(self.now) - created) / 2;
        if history.status() == Some(Status::Pending) && (past || dice.percent(60)) {
            let context = self.context(sooner, 0, dice);
            history.verb(|booking, command| confirm_booking(booking, command, &context))?;
        }
        if dice.percent(8) && history.status() == Some(Status::Confirmed) {
            let reason = dice.pick(&REASONS).copied().unwrap_or_default().to_owned();
            let context = self.context(sooner, 0, dice);
            // Late ones by an override, as at a real desk.
            let overrides = Overrides { codes: vec![bookings_core::Code::CancellationNotice], reason: reason.clone() };
            return history.verb(|booking, on| {
                let command = CancelBooking { version: on.version, reason, overrides };
                cancel_booking(booking, &command, &context)
            });
        }
        if past && history.status() == Some(Status::Confirmed) {
            let context = self.context(start + TimeDelta::hours(2), 0, dice);
            if dice.percent(6) {
                history.verb(|booking, command| mark_no_show(booking, command, &context))?;
            } else if dice.percent(99) {
                history.verb(|booking, command| complete_booking(booking, command, &context))?;
            }
        }
        Ok(())
    }

    fn fresh_reference(&self, dice: &mut Dice) -> u64 {
        loop {
            let bits = dice.bits() & REFERENCE_BITS;
            if self.drawn.borrow_mut().insert(bits) {
                return bits;
            }
        }
    }

    /// What a decision is made with; only a new booking needs a `reference`.
    fn context(&self, at: DateTime<Utc>, reference: u64, dice: &mut Dice) -> Context<'_> {
        let at = at.with_nanosecond(0).unwrap_or(at);
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        let mut random = [0; 10];
        random.copy_from_slice(&dice.bytes()[..10]);
        Context {
            now: at,
            policy: &self.policy,
            actor: self.actor,
            ids: NewIds {
                booking_id: BookingId(Builder::from_unix_timestamp_millis(millis, &random).into_uuid()),
                reference,
                salt: dice.bytes(),
            },
            batch_id: None,
            rehearsal: false,
        }
    }
}

/// A booking's events so far.
#[derive(Default)]
struct History {
    booking: Option<bookings_core::Booking>,
    events: Vec<Event>,
}

impl History {
    fn status(&self) -> Option<Status> {
        self.booking.as_ref().map(|booking| booking.status)
    }

    fn take(&mut self, decision: Decision) {
        if let Decision::Changed(booking, event) = decision {
            self.booking = Some(*booking);
            self.events.push(*event);
        }
    }

    fn verb(
        &mut self,
        decide: impl FnOnce(&bookings_core::Booking, &VerbOn) -> Result<Decision, Refusals>,
    ) -> Result<(), Refusals> {
        let Some(booking) = &self.booking else { return Ok(()) };
        let decision = decide(booking, &VerbOn { version: booking.version, overrides: Overrides::default() })?;
        self.take(decision);
        Ok(())
    }

    fn decided(self) -> Result<Decided, Refusals> {
        match self.booking {
            Some(booking) => Ok(Decided { booking, events: self.events }),
            None => Err(Refusals::default()),
        }
    }
}

/// The time a planned booking holds.
fn busy_of(decided: &Decided) -> bookings_core::Busy {
    let booking = &decided.booking;
    bookings_core::Busy {
        booking_id: booking.id,
        reference: booking.reference.clone(),
        service_id: booking.service_id,
        start_at: booking.start_at,
        window: booking.busy(),
        shared: booking.shared,
        capacity_consumed: booking.capacity_consumed,
        client_email: booking.client.email.clone(),
        client_phone: booking.client.phone.clone(),
        client_user_id: None,
    }
}
