//! A dry run's memory: what was rehearsed so far, and what was read of the catalogue and of providers' time.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use bookings_core::{Booking, BookingId, Busy, Facts, ProviderId, Schedule, ServiceId, Window};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::busy;
use crate::connection::Pools;
use crate::error::StoreError;
use crate::types::Id;

/// What of a provider's time lies so near is read in one piece.
const NEAR: TimeDelta = TimeDelta::days(2);

/// Of a dry run that goes over no more than this, a provider's time is read at once and kept.
const SHORT: TimeDelta = TimeDelta::days(28);

/// Services and providers are looked up each with each, since who is asked for one is soon asked for another, up to so many
/// pairs.
const PAIRS: usize = 5_000;

/// What was rehearsed so far: a later row of the same dry run meets it as if it had been written.
#[derive(Debug, Default)]
pub struct Rehearsal {
    changed: HashSet<BookingId>,
    busy: BTreeMap<(ProviderId, DateTime<Utc>, BookingId), Busy>,
    longest: TimeDelta,
    facts: HashMap<(ServiceId, ProviderId), Arc<Facts>>,
    span: Option<Window>,
    read: HashMap<ProviderId, Vec<Stretch>>,
}

/// A piece of a provider's time, with the nearest start on each side.
#[derive(Debug)]
struct Stretch {
    window: Window,
    busy: Vec<Busy>,
}

impl Stretch {
    fn holds(&self, window: Window) -> bool {
        self.window.start <= window.start && window.end <= self.window.end
    }

    /// What [`busy::schedule`] would read of a window within.
    fn around(&self, window: Window) -> &[Busy] {
        let start = |place: usize| self.busy.get(place).map(|busy| busy.start_at);
        let mut from = self.busy.partition_point(|busy| busy.start_at < window.start);
        let mut to = from;
        let nearest = from.checked_sub(1).and_then(start);
        while from > 0 && start(from - 1) == nearest {
            from -= 1;
        }
        while start(to).is_some_and(|start| start < window.end) {
            to += 1;
        }
        let nearest = start(to);
        while nearest.is_some() && start(to) == nearest {
            to += 1;
        }
        self.busy.get(from..to).unwrap_or_default()
    }
}

impl Rehearsal {
    /// Of rows that all go between two starts, where it is known.
    pub(crate) fn within(span: Option<Window>) -> Rehearsal {
        Rehearsal { span, ..Rehearsal::default() }
    }

    /// Remembers a booking as it would be.
    pub fn keep(&mut self, after: &Booking) {
        self.changed.insert(after.id);
        if !after.status.is_active() {
            return;
        }
        let window = after.busy();
        self.longest = self.longest.max(window.end - window.start);
        let busy = Busy {
            booking_id: after.id,
            reference: after.reference.clone(),
            service_id: after.service_id,
            start_at: after.start_at,
            window,
            shared: after.shared,
            capacity_consumed: after.capacity_consumed,
            client_email: after.client.email.clone(),
            client_phone: after.client.phone.clone(),
            client_user_id: after.client.user_id,
        };
        self.busy.insert((after.provider_id, window.start, after.id), busy);
    }

    /// As if these had gone from where they are, nobody knows yet where to.
    pub(super) fn leave<'a>(&mut self, ids: impl Iterator<Item = &'a BookingId>) {
        self.changed.extend(ids);
    }

    /// These never left.
    pub(super) fn stay<'a>(&mut self, ids: impl Iterator<Item = &'a BookingId>) {
        for id in ids {
            self.changed.remove(id);
        }
    }

    /// Forgets a booking as it was kept.
    pub(super) fn go_back(&mut self, after: &Booking) {
        self.changed.remove(&after.id);
        self.busy.remove(&(after.provider_id, after.busy().start, after.id));
    }

    /// Those of `asked` whose facts were not looked up yet, each once, and what is likely to be asked for soon.
    pub(super) fn unknown(&self, asked: impl Iterator<Item = (ServiceId, ProviderId)>) -> Vec<(ServiceId, ProviderId)> {
        let new = |one: &(ServiceId, ProviderId)| !self.facts.contains_key(one);
        let unknown: BTreeSet<_> = asked.filter(new).collect();
        let services: BTreeSet<Id> = unknown.iter().map(|(service, _)| Id(service.0)).collect();
        let providers: BTreeSet<Id> = unknown.iter().map(|(_, provider)| Id(provider.0)).collect();
        if services.len() * providers.len() > PAIRS {
            return unknown.into_iter().collect();
        }
        let with_each = |service: &Id| {
            let service = ServiceId(service.0);
            providers.iter().map(move |provider| (service, ProviderId(provider.0)))
        };
        services.iter().flat_map(with_each).filter(new).collect()
    }

    /// Remembers facts that were looked up ahead.
    pub(super) fn know(&mut self, facts: impl Iterator<Item = ((ServiceId, ProviderId), Facts)>) {
        self.facts.extend(facts.map(|(of, facts)| (of, Arc::new(facts))));
    }

    /// The facts of a service with a provider and no add-ons; looked up by `look` once.
    pub(super) fn facts(
        &mut self,
        of: (ServiceId, ProviderId),
        look: impl FnOnce() -> Result<Facts, StoreError>,
    ) -> Result<Arc<Facts>, StoreError> {
        Ok(match self.facts.entry(of) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(new) => new.insert(Arc::new(look()?)).clone(),
        })
    }

    /// What to read for the next rows of their providers' time, by pieces that lie apart. What the last rows needed is
    /// forgotten, unless the dry run is a short one.
    pub(super) fn unread(&mut self, wanted: impl Iterator<Item = (ProviderId, Window)>) -> Vec<(ProviderId, Window)> {
        let short = self.span.filter(|span| span.end - span.start <= SHORT);
        if short.is_none() {
            self.read.clear();
        }
        let all = |window: Window| match short {
            Some(Window { start, end }) => Window { start: start.min(window.start), end: end.max(window.end) },
            None => window,
        };
        let new = |(provider, window): &(ProviderId, Window)| self.stretch(*provider, *window).is_none();
        let mut wanted: Vec<_> = wanted.filter(new).map(|(provider, window)| (provider, all(window))).collect();
        wanted.sort_unstable();
        wanted.dedup_by(|(provider, window), (last_provider, last)| {
            let near = provider == last_provider && window.start - last.end <= NEAR;
            if near {
                last.end = last.end.max(window.end);
            }
            near
        });
        wanted
    }

    /// Remembers what was [`unread`](Rehearsal::unread).
    pub(super) fn remember(&mut self, read: impl Iterator<Item = ((ProviderId, Window), Vec<Busy>)>) {
        for ((provider, window), busy) in read {
            self.read.entry(provider).or_default().push(Stretch { window, busy });
        }
    }

    fn stretch(&self, provider_id: ProviderId, window: Window) -> Option<&Stretch> {
        self.read.get(&provider_id)?.iter().find(|stretch| stretch.holds(window))
    }

    /// What of the time of `wanted`'s provider touches `wanted` or, with the duplicate guard, is near it, as it would be by
    /// now, of what was read ahead; else read in `window`.
    pub(super) fn schedule(
        &self,
        pools: &Pools,
        window: Window,
        wanted: &Booking,
        guard: u32,
    ) -> Result<Schedule, StoreError> {
        let provider_id = wanted.provider_id;
        let Some(stretch) = self.stretch(provider_id, window) else {
            let schedule = pools.read(|conn| busy::schedule(conn, provider_id, window))?;
            return Ok(self.over(schedule, wanted, guard));
        };
        // Most of it is not even near, and copies of tens of thousands of neighbours take their time.
        let around = wanted.busy().buffered(guard, guard);
        let other = |busy: &&Busy| {
            busy.booking_id != wanted.id && busy.window.overlaps(&around) && !self.changed.contains(&busy.booking_id)
        };
        let busy = stretch.around(window).iter().filter(other).cloned().collect();
        Ok(self.over(Schedule { provider_id, busy }, wanted, guard))
    }

    /// The schedule around `wanted` as it would be by now.
    pub(super) fn over(&self, mut schedule: Schedule, wanted: &Booking, guard: u32) -> Schedule {
        schedule.busy.retain(|busy| !self.changed.contains(&busy.booking_id));
        let around = wanted.busy().buffered(guard, guard);
        let from = (schedule.provider_id, around.start - self.longest, BookingId(Uuid::nil()));
        let to = (schedule.provider_id, around.end, BookingId(Uuid::nil()));
        schedule.busy.extend(self.busy.range(from..to).map(|(_, busy)| busy.clone()));
        busy::sort(&mut schedule.busy);
        schedule
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bookings_core::Reference;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    #[test]
    fn a_part_of_a_stretch_is_what_the_database_would_give() {
        // Two share the start at 4.
        let busy: Vec<Busy> = [0, 2, 4, 4, 8]
            .into_iter()
            .map(|hour| Busy {
                booking_id: BookingId(Uuid::nil()),
                reference: Reference::parse("BK-2026-00000000").unwrap(),
                service_id: ServiceId(Uuid::nil()),
                start_at: at(hour),
                window: Window { start: at(hour), end: at(hour + 1) },
                shared: true,
                capacity_consumed: 1,
                client_email: String::new(),
                client_phone: String::new(),
                client_user_id: None,
            })
            .collect();
        let stretch = Stretch { window: Window { start: at(-9), end: at(99) }, busy };
        let hours = |from, to| -> Vec<i64> {
            let part = stretch.around(Window { start: at(from), end: at(to) });
            part.iter().map(|busy| (busy.start_at - at(0)).num_hours()).collect()
        };
        assert_eq!(hours(5, 6), [4, 4, 8], "the nearest start on each side, whole");
        assert_eq!(hours(1, 3), [0, 2, 4, 4]);
        assert_eq!(hours(2, 4), [0, 2, 4, 4]);
        assert_eq!(hours(-5, -1), [0]);
        assert_eq!(hours(9, 12), [8]);
    }

    /// Days, as windows of an hour of providers, and what is read for them: providers with the first and last day.
    fn read(rehearsal: &mut Rehearsal, days: &[(u128, i64)]) -> Vec<(u128, i64, i64)> {
        let provider = |number| ProviderId(Uuid::from_u128(number));
        let window = |day: i64| Window { start: at(24 * day), end: at(24 * day + 1) };
        let unread = rehearsal.unread(days.iter().map(|(number, day)| (provider(*number), window(*day))));
        rehearsal.remember(unread.iter().map(|one| (*one, Vec::new())));
        for (number, day) in days {
            assert!(rehearsal.stretch(provider(*number), window(*day)).is_some(), "{number} on {day}");
        }
        let days = |of: DateTime<Utc>| (of - at(0)).num_days();
        unread.iter().map(|(of, window)| (of.0.as_u128(), days(window.start), days(window.end))).collect()
    }

    #[test]
    fn what_lies_near_is_read_in_one_piece_and_forgotten_with_its_rows() {
        let mut rehearsal = Rehearsal::within(Some(Window { start: at(0), end: at(24 * 90) }));
        assert_eq!(
            read(&mut rehearsal, &[(1, 10), (2, 14), (1, 12), (1, 13), (1, 20)]),
            [(1, 10, 13), (1, 20, 20), (2, 14, 14)]
        );
        assert_eq!(read(&mut rehearsal, &[(2, 14)]), [(2, 14, 14)]);
        assert!(rehearsal.stretch(ProviderId(Uuid::from_u128(1)), Window { start: at(240), end: at(241) }).is_none());
        assert_eq!(read(&mut Rehearsal::default(), &[(1, 10), (1, 9)]), [(1, 9, 10)], "nobody knows how far it goes");
    }

    #[test]
    fn of_a_short_dry_run_all_is_read_at_once_and_kept() {
        let mut rehearsal = Rehearsal::within(Some(Window { start: at(0), end: at(24 * 20) }));
        assert_eq!(read(&mut rehearsal, &[(1, 10), (2, 14), (1, 19)]), [(1, 0, 20), (2, 0, 20)]);
        assert_eq!(read(&mut rehearsal, &[(1, 4), (2, 0)]), []);
        assert_eq!(
            read(&mut rehearsal, &[(3, 4), (2, 25)]),
            [(2, 0, 25), (3, 0, 20)],
            "and what is asked for in any case"
        );
    }

    #[test]
    fn who_is_asked_for_one_is_looked_up_for_all_unless_they_are_many() {
        let of = |service, provider| (ServiceId(Uuid::from_u128(service)), ProviderId(Uuid::from_u128(provider)));
        let mut rehearsal = Rehearsal::default();
        assert_eq!(
            rehearsal.unknown([of(1, 1), of(2, 2), of(1, 1)].into_iter()),
            [of(1, 1), of(1, 2), of(2, 1), of(2, 2)]
        );
        let nothing = Facts { service: None, provider: None, addons: Vec::new() };
        rehearsal.know([of(1, 2), of(2, 2)].map(|of| (of, nothing.clone())).into_iter());
        assert_eq!(rehearsal.unknown([of(2, 2)].into_iter()), []);
        assert_eq!(rehearsal.unknown([of(1, 1), of(2, 1), of(2, 2)].into_iter()), [of(1, 1), of(2, 1)]);
        assert_eq!(rehearsal.unknown((3..=102).map(|number| of(number, number))).len(), 100);
    }
}
