//! The dry run: what would come of each row, and nothing written.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::ScopedJoinHandle;

use bookings_core::{Booking, BookingId, Decision, Refusal, Window};
use diesel::prelude::*;
use uuid::Uuid;

use super::slim::{Item, Places, Reading, groups, whole_starts};
use super::{Order, Selection, What};
use crate::bookings::whole::with_addons;
use crate::commands::{Deed, Rehearsal, together};
use crate::condition::AnyOf;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::rows::BookingRow;
use crate::schema::booking;
use crate::scope::By;
use crate::store::{CommandError, Outcome, Store};
use crate::types::Id;

/// Rows rehearsed at a time.
const BATCH: i64 = 1_000;

/// Threads that read.
const READERS: usize = 2;

/// Threads that judge.
const LANES: usize = 2;

/// The places of a selection in batches, in the order in which they are gone through.
fn batches(items: u64, backwards: bool) -> Vec<Range<i64>> {
    let items = i64::try_from(items).unwrap_or(i64::MAX);
    let starts = (0..items).step_by(BATCH as usize);
    let mut batches: Vec<_> = starts.map(|start| start..items.min(start + BATCH)).collect();
    if backwards {
        batches.reverse();
    }
    batches
}

/// What would come of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It would change.
    Changes,
    /// It is so already.
    Same,
    /// It would be refused.
    Refused(Vec<Refusal>),
}

/// A row of the dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewRow {
    /// The booking as it is.
    pub booking: Booking,
    /// What would come of it.
    pub verdict: Verdict,
}

/// A dry run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    /// How many would change.
    pub changes: u64,
    /// How many are so already.
    pub same: u64,
    /// How many would be refused, by the code of the first refusal.
    pub refused: BTreeMap<&'static str, u64>,
    /// The first rows that would be refused, then the first others, so many of each as were asked for.
    pub rows: Vec<PreviewRow>,
}

impl Store {
    /// What carrying out `order` over a selection would come to; with the first `shown` rows of each kind. Bookings that
    /// moved in the same dry run are met where they would be.
    ///
    /// # Errors
    /// The database's.
    pub fn preview(&self, selection: &Selection, order: &Order, by: &By, shown: usize) -> Result<Preview, StoreError> {
        let batches = batches(selection.items, order.what.backwards());
        let reading = Reading { selection: selection.id, what: &order.what, guard: self.guards(), scope: by.scope };
        let span = self.span(selection, reading)?;
        let tallies = std::thread::scope(|scope| {
            // The next ones are read while one is judged.
            let reader = |nth| {
                let own: Vec<_> = batches.iter().skip(nth).step_by(READERS).cloned().collect();
                let (sender, items) = sync_channel(1);
                (items, scope.spawn(move || self.read_items(reading, &own, &sender)))
            };
            let readers: Vec<_> = (0..READERS.min(batches.len())).map(reader).collect();
            let judge = |_| {
                let (sender, items) = sync_channel(1);
                let tally = Tally { shown, so_far: Rehearsal::within(span), ..Tally::default() };
                (sender, scope.spawn(move || self.judge_all(&items, order, by, tally)))
            };
            let judges: Vec<_> = (0..LANES).map(judge).collect();
            // Each reader in its turn. Whoever failed sends or takes no more, and says why in the end.
            let turns = readers.iter().cycle().take(batches.len());
            let judged = |items: Vec<Item>| {
                let mut lanes = [const { Vec::new() }; LANES];
                for item in items {
                    lanes[lane(&order.what, &item)].push(item);
                }
                judges.iter().zip(lanes).all(|((lane, _), items)| lane.send(items).is_ok())
            };
            let mut held = Vec::new();
            let mut batches = turns.map_while(|(items, _)| items.recv().ok());
            if batches.all(|next| judged(whole_starts(&order.what, &mut held, next))) {
                judged(held);
            }
            let mut tallies = Vec::with_capacity(LANES);
            for (lane, judging) in judges {
                drop(lane);
                tallies.push(joined(judging)?);
            }
            for (items, reading) in readers {
                drop(items);
                joined(reading)?;
            }
            Ok::<_, StoreError>(tallies)
        })?;
        let mut all = Tally::default();
        tallies.into_iter().for_each(|tally| all.add(tally));
        let rows = all.first(shown, order.what.backwards());
        let rows = self.pools.read(|conn| with_bookings(conn, &rows))?;
        Ok(Preview { rows, ..all.preview })
    }

    /// Between which starts the bookings of a selection, which is in order of start, go; `None` where none of them moves.
    fn span(&self, selection: &Selection, reading: Reading) -> Result<Option<Window>, StoreError> {
        let what = reading.what;
        let Some(items) = i64::try_from(selection.items).ok().filter(|_| what.moves()) else { return Ok(None) };
        let ends = if what.backwards() { [items, 1] } else { [-1, items - 2] };
        let mut starts = Vec::new();
        for last in ends {
            let places = Places::beyond(Some(last), what.backwards());
            let items = self.pools.read(|conn| reading.open_items(conn, places, 1))?;
            let booking = items.first().and_then(|item| item.booking.as_ref());
            starts.extend(booking.and_then(|booking| what.moves_to(booking)).map(|(start, _)| start));
        }
        Ok(match starts[..] {
            [one, other] => Some(Window { start: one.min(other), end: one.max(other) }),
            _ => None,
        })
    }

    /// Sends the open items of each of `batches`, until nobody takes them.
    fn read_items(
        &self,
        reading: Reading,
        batches: &[Range<i64>],
        sender: &SyncSender<Vec<Item>>,
    ) -> Result<(), StoreError> {
        for batch in batches {
            let places = Places { after: Some(batch.start - 1), before: Some(batch.end) };
            let items = self.pools.read(|conn| reading.open_items(conn, places, BATCH))?;
            if sender.send(items).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Judges what comes, until nothing does any more.
    fn judge_all(
        &self,
        items: &Receiver<Vec<Item>>,
        order: &Order,
        by: &By,
        mut tally: Tally,
    ) -> Result<Tally, StoreError> {
        for items in items {
            let bookings = items.iter().filter_map(|item| item.booking.as_ref());
            let moves = bookings.filter_map(|booking| {
                let (start_at, provider_id) = order.what.moves_to(booking)?;
                Some((booking, start_at, provider_id))
            });
            self.look_ahead(moves, by, &mut tally.so_far)?;
            for group in groups(&order.what, &items) {
                match group.as_slice() {
                    [alone] => self.judge(alone, order, by, &mut tally)?,
                    group => self.judge_together(group, order, by, &mut tally)?,
                }
            }
        }
        Ok(tally)
    }

    fn judge(&self, item: &Item, order: &Order, by: &By, tally: &mut Tally) -> Result<(), StoreError> {
        let Some((booking, deed)) = item.deed(order) else { return Ok(()) };
        let outcome = self.rehearse(booking, &deed, by, &mut tally.so_far);
        if let (Ok(Decision::Changed(after, _)), true) = (&outcome, order.what.moves()) {
            tally.so_far.keep(after);
        }
        tally.count(item.place, booking.id, outcome)
    }

    fn judge_together(&self, group: &[&Item], order: &Order, by: &By, tally: &mut Tally) -> Result<(), StoreError> {
        let deeds: Vec<(i64, &Booking, Deed)> = group
            .iter()
            .filter_map(|item| item.deed(order).map(|(booking, deed)| (item.place, booking, deed)))
            .collect();
        let ids: Vec<BookingId> = deeds.iter().map(|(_, booking, _)| booking.id).collect();
        let outcomes = together(&mut tally.so_far, &ids, |nth, so_far| match deeds.get(nth) {
            Some((_, booking, deed)) => self.rehearse(booking, deed, by, so_far),
            None => Err(CommandError::NotFound),
        })?;
        for ((place, booking, _), outcome) in deeds.iter().zip(outcomes) {
            tally.count(*place, booking.id, outcome)?;
        }
        Ok(())
    }
}

/// Who judges an item. What may get into each other's way has the same judge: moves to one provider, and whatever is taken
/// back, since only its history says where to.
fn lane(what: &What, item: &Item) -> usize {
    let of = |booking: &Booking| match what {
        What::Undo => Uuid::nil(),
        _ => what.moves_to(booking).map_or(booking.id.0, |(_, provider)| provider.0),
    };
    let low = item.booking.as_ref().map_or(0, |booking| of(booking).as_u128() as usize);
    low % LANES
}

/// What a thread came to; its panic is ours.
fn joined<T>(thread: ScopedJoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A row that may be shown.
struct Judged {
    place: i64,
    id: BookingId,
    verdict: Verdict,
}

/// What a dry run has come to so far.
#[derive(Default)]
struct Tally {
    preview: Preview,
    so_far: Rehearsal,
    /// The most rows kept of each kind.
    shown: usize,
    refused: Vec<Judged>,
    others: Vec<Judged>,
}

impl Tally {
    /// Counts what came of a row, and keeps it where it may be shown.
    fn count(&mut self, place: i64, id: BookingId, outcome: Outcome) -> Result<(), StoreError> {
        let verdict = match outcome {
            Ok(Decision::Changed(..)) => {
                self.preview.changes += 1;
                Verdict::Changes
            }
            Ok(Decision::Unchanged(_)) => {
                self.preview.same += 1;
                Verdict::Same
            }
            Err(CommandError::Refused(refusals)) => {
                let code = refusals.reasons.first().map_or("", |refusal| refusal.code.as_str());
                *self.preview.refused.entry(code).or_default() += 1;
                Verdict::Refused(refusals.reasons)
            }
            Err(CommandError::NotFound) => return Ok(()),
            Err(CommandError::Store(error)) => return Err(error),
        };
        let rows = if matches!(verdict, Verdict::Refused(_)) { &mut self.refused } else { &mut self.others };
        if rows.len() < self.shown {
            rows.push(Judged { place, id, verdict });
        }
        Ok(())
    }

    /// Adds what another judge came to.
    fn add(&mut self, other: Tally) {
        self.preview.changes += other.preview.changes;
        self.preview.same += other.preview.same;
        for (code, count) in other.preview.refused {
            *self.preview.refused.entry(code).or_default() += count;
        }
        self.refused.extend(other.refused);
        self.others.extend(other.others);
    }

    /// The first `shown` rows that would be refused, then the first others.
    fn first(&mut self, shown: usize, backwards: bool) -> Vec<Judged> {
        let mut first = Vec::with_capacity(2 * shown);
        for rows in [&mut self.refused, &mut self.others] {
            rows.sort_by_key(|row| if backwards { -row.place } else { row.place });
            first.extend(rows.drain(..).take(shown));
        }
        first
    }
}

/// The rows that are shown, with all of their bookings.
fn with_bookings(conn: &mut Conn, rows: &[Judged]) -> Result<Vec<PreviewRow>, StoreError> {
    let among = AnyOf::new("booking.id", rows.iter().map(|row| Id(row.id.0)));
    let found: Vec<BookingRow> = booking::table.filter(among).select(BookingRow::as_select()).load(conn)?;
    let mut bookings: HashMap<BookingId, Booking> =
        with_addons(conn, found)?.into_iter().map(|booking| (booking.id, booking)).collect();
    let row =
        |row: &Judged| bookings.remove(&row.id).map(|booking| PreviewRow { booking, verdict: row.verdict.clone() });
    Ok(rows.iter().filter_map(row).collect())
}
