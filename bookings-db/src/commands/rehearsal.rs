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

/// How far beyond a window a provider's time is read at once, where it is not known how far the dry run goes. As long as the
/// next window follows soon, the next rows of a long dry run will too, and four times as much is read.
const AHEAD: TimeDelta = TimeDelta::days(2);
/// As far at most.
const FARTHEST: TimeDelta = TimeDelta::days(28);

/// What was rehearsed so far: a later row of the same dry run meets it as if it had been written.
#[derive(Debug, Default)]
pub struct Rehearsal {
    changed: HashSet<BookingId>,
    busy: BTreeMap<(ProviderId, DateTime<Utc>, BookingId), Busy>,
    longest: TimeDelta,
    facts: HashMap<(ServiceId, ProviderId), Arc<Facts>>,
    span: Option<Window>,
    read: HashMap<ProviderId, Stretch>,
}

/// A provider's time, with the nearest start on each side.
#[derive(Debug)]
struct Stretch {
    window: Window,
    ahead: TimeDelta,
    busy: Vec<Busy>,
}

impl Stretch {
    /// What to read for `window` after `last`: [`AHEAD`] on each side, and farther on the side where windows follow each
    /// other; never beyond `span`, and all of it at once where it is not long.
    fn next(window: Window, last: Option<&Stretch>, span: Option<Window>) -> (Window, TimeDelta) {
        let short = span.filter(|span| span.end - span.start <= FARTHEST);
        if let Some(Window { start, end }) = short {
            return (Window { start: start.min(window.start), end: end.max(window.end) }, AHEAD);
        }
        let follows = last.filter(|last| {
            let (later, earlier) = (window.start - last.window.end, last.window.start - window.end);
            later <= last.ahead && earlier <= last.ahead
        });
        let ahead = follows.map_or(AHEAD, |last| (last.ahead * 4).min(FARTHEST));
        let later = follows.is_none_or(|last| window.end > last.window.end);
        let (before, after) = if later { (AHEAD, ahead) } else { (ahead, AHEAD) };
        let wide = window.start.checked_sub_signed(before).zip(window.end.checked_add_signed(after));
        let (start, end) = wide.unwrap_or((window.start, window.end));
        let Window { start: first, end: last } = span.unwrap_or(Window { start, end });
        (Window { start: start.max(first.min(window.start)), end: end.min(last.max(window.end)) }, ahead)
    }

    /// What [`busy::schedule`] would read of a window within.
    fn around(&self, window: Window) -> &[Busy] {
        let all = &self.busy;
        let before = all.partition_point(|busy| busy.start_at < window.start);
        let from = match before.checked_sub(1).and_then(|place| all.get(place)) {
            Some(nearest) => all.partition_point(|busy| busy.start_at < nearest.start_at),
            None => 0,
        };
        let after = all.partition_point(|busy| busy.start_at < window.end);
        let to = match all.get(after) {
            Some(nearest) => all.partition_point(|busy| busy.start_at <= nearest.start_at),
            None => all.len(),
        };
        all.get(from..to).unwrap_or_default()
    }
}

impl Rehearsal {
    /// Of rows that all go between two starts, where it is known: no time beyond is read ahead.
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

    /// Those of `asked` whose facts were not looked up yet, each once.
    pub(super) fn unknown(&self, asked: impl Iterator<Item = (ServiceId, ProviderId)>) -> Vec<(ServiceId, ProviderId)> {
        let unknown: BTreeSet<_> = asked.filter(|one| !self.facts.contains_key(one)).collect();
        unknown.into_iter().collect()
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

    /// What of the time of `wanted`'s provider touches `wanted` or, with the duplicate guard, is near it, as it would be by
    /// now. Read in `window`, by stretches of days.
    pub(super) fn schedule(
        &mut self,
        pools: &Pools,
        window: Window,
        wanted: &Booking,
        guard: u32,
    ) -> Result<Schedule, StoreError> {
        let provider_id = wanted.provider_id;
        let within = |stretch: &Stretch| stretch.window.start <= window.start && window.end <= stretch.window.end;
        let known = self.read.get(&provider_id);
        if !known.is_some_and(within) {
            let (wide, ahead) = Stretch::next(window, known, self.span);
            let schedule = pools.read(|conn| busy::schedule(conn, provider_id, wide))?;
            self.read.insert(provider_id, Stretch { window: wide, ahead, busy: schedule.busy });
        }
        let read = self.read.get(&provider_id).map_or(&[][..], |stretch| stretch.around(window));
        // Most of it is not even near, and copies of tens of thousands of neighbours take their time.
        let around = wanted.busy().buffered(guard, guard);
        let other = |busy: &&Busy| busy.booking_id != wanted.id && busy.window.overlaps(&around);
        let busy = read.iter().filter(other).cloned().collect();
        Ok(self.over(Schedule { provider_id, busy }, wanted, guard))
    }

    /// The schedule around `wanted` as it would be by now.
    pub(super) fn over(&self, mut schedule: Schedule, wanted: &Booking, guard: u32) -> Schedule {
        schedule.busy.retain(|busy| !self.changed.contains(&busy.booking_id));
        let around = wanted.busy().buffered(guard, guard);
        let from = (schedule.provider_id, around.start - self.longest, BookingId(Uuid::nil()));
        let to = (schedule.provider_id, around.end, BookingId(Uuid::nil()));
        schedule.busy.extend(self.busy.range(from..to).map(|(_, busy)| busy.clone()));
        schedule.busy.sort_by_key(|busy| busy.start_at);
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
        let stretch = Stretch { window: Window { start: at(-9), end: at(99) }, ahead: AHEAD, busy };
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

    #[test]
    fn more_is_read_at_once_where_windows_follow_each_other() {
        let window = |day: i64| Window { start: at(24 * day), end: at(24 * day + 1) };
        let read_within = |span: Option<(i64, i64)>, days: &[i64]| {
            let span = span.map(|(first, last)| Window { start: window(first).start, end: window(last).start });
            let mut last: Option<Stretch> = None;
            for day in days {
                let (wide, ahead) = Stretch::next(window(*day), last.as_ref(), span);
                last = Some(Stretch { window: wide, ahead, busy: Vec::new() });
            }
            let Window { start, end } = last.unwrap().window;
            ((start - at(0)).num_days(), (end - at(0)).num_days())
        };
        let read = |days: &[i64]| read_within(None, days);
        assert_eq!(read(&[10]), (8, 12));
        assert_eq!(read(&[10, 13]), (11, 21), "four times as far on the side it goes to");
        assert_eq!(read(&[10, 7]), (-1, 9), "backwards too");
        assert_eq!(read(&[10, 13, 90]), (88, 92), "what lies far is read by a few days again");
        assert_eq!(read(&[10, 13, 22]), (20, 50), "and never more than four weeks");
        assert_eq!(read(&[10, 13, 22, 51]), (49, 79));
        assert_eq!(read_within(Some((0, 20)), &[10]), (0, 20), "all of a dry run that is short");
        assert_eq!(read_within(Some((0, 20)), &[25]), (0, 25), "and what is asked for in any case");
        assert_eq!(read_within(Some((9, 60)), &[10]), (9, 12), "of a long one nothing beyond");
        assert_eq!(read_within(Some((0, 40)), &[10, 13, 22]), (20, 40));
    }
}
