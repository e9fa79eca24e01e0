//! The dry run: what would come of each row, and nothing written.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::mpsc::{SyncSender, sync_channel};

use bookings_core::{Booking, BookingId, Decision, Refusal};
use diesel::prelude::*;
use uuid::Uuid;

use super::slim::{Item, open_items};
use super::{Order, Selection};
use crate::bookings::whole::with_addons;
use crate::commands::Rehearsal;
use crate::condition::AnyOf;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::rows::BookingRow;
use crate::schema::booking;
use crate::scope::By;
use crate::store::{CommandError, Store};
use crate::types::Id;

/// Rows rehearsed at a time.
const BATCH: i64 = 1_000;

/// Threads that read, each with a connection.
const READERS: usize = 2;

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
        let mut conn = self.pools.url().connect()?;
        let mut tally = Tally { shown, ..Tally::default() };
        let batches = batches(selection.items, order.what.backwards());
        std::thread::scope(|scope| {
            // The next ones are read while one is judged.
            let reader = |nth| {
                let own: Vec<_> = batches.iter().skip(nth).step_by(READERS).cloned().collect();
                let (sender, items) = sync_channel(1);
                (items, scope.spawn(move || self.read_items(selection.id, order, by, &own, &sender)))
            };
            let readers: Vec<_> = (0..READERS.min(batches.len())).map(reader).collect();
            // Each in its turn. One that failed sends no more, and says why in the end.
            let turns = readers.iter().cycle().take(batches.len());
            for items in turns.map_while(|(items, _)| items.recv().ok()) {
                let bookings = items.iter().filter_map(|item| item.booking.as_ref());
                let moves = bookings.filter_map(|booking| Some((booking.service_id, order.what.moves_to(booking)?)));
                self.look_ahead(&mut conn, moves, by, &mut tally.so_far)?;
                for item in items {
                    self.judge(&mut conn, item, order, by, &mut tally)?;
                }
            }
            readers.into_iter().try_for_each(|(items, reading)| {
                drop(items);
                reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })?;
        let Tally { mut preview, mut refused, mut others, .. } = tally;
        refused.append(&mut others);
        preview.rows = with_bookings(&mut conn, refused)?;
        Ok(preview)
    }

    /// Sends the open items of each of `batches`, until nobody takes them.
    fn read_items(
        &self,
        selection: Uuid,
        order: &Order,
        by: &By,
        batches: &[Range<i64>],
        sender: &SyncSender<Vec<Item>>,
    ) -> Result<(), StoreError> {
        let mut conn = self.pools.url().connect()?;
        for batch in batches {
            let from = if order.what.backwards() { batch.end } else { batch.start - 1 };
            let mut items = open_items(&mut conn, selection, &order.what, Some(from), BATCH, by.scope)?;
            items.retain(|item| batch.contains(&item.place));
            if sender.send(items).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn judge(&self, conn: &mut Conn, item: Item, order: &Order, by: &By, tally: &mut Tally) -> Result<(), StoreError> {
        let Some(booking) = item.booking else { return Ok(()) };
        let Some(deed) = order.what.deed(&booking, item.version, &order.overrides) else { return Ok(()) };
        let Tally { preview, so_far, .. } = tally;
        let verdict = match self.rehearse(conn, &booking, &deed, by, so_far) {
            Ok(Decision::Changed(after, _)) => {
                preview.changes += 1;
                if order.what.moves() {
                    so_far.keep(&after);
                }
                Verdict::Changes
            }
            Ok(Decision::Unchanged(_)) => {
                preview.same += 1;
                Verdict::Same
            }
            Err(CommandError::Refused(refusals)) => {
                let code = refusals.reasons.first().map_or("", |refusal| refusal.code.as_str());
                *preview.refused.entry(code).or_default() += 1;
                Verdict::Refused(refusals.reasons)
            }
            Err(CommandError::NotFound) => return Ok(()),
            Err(CommandError::Store(error)) => return Err(error),
        };
        let rows = if matches!(verdict, Verdict::Refused(_)) { &mut tally.refused } else { &mut tally.others };
        if rows.len() < tally.shown {
            rows.push((booking.id, verdict));
        }
        Ok(())
    }
}

/// What a dry run has come to so far.
#[derive(Default)]
struct Tally {
    preview: Preview,
    so_far: Rehearsal,
    /// The most rows kept of each kind.
    shown: usize,
    refused: Vec<(BookingId, Verdict)>,
    others: Vec<(BookingId, Verdict)>,
}

/// The rows that are shown, with all of their bookings.
fn with_bookings(conn: &mut Conn, rows: Vec<(BookingId, Verdict)>) -> Result<Vec<PreviewRow>, StoreError> {
    let among = AnyOf::new("booking.id", rows.iter().map(|(id, _)| Id(id.0)));
    let found: Vec<BookingRow> = booking::table.filter(among).select(BookingRow::as_select()).load(conn)?;
    let mut bookings: HashMap<BookingId, Booking> =
        with_addons(conn, found)?.into_iter().map(|booking| (booking.id, booking)).collect();
    let row = |(id, verdict)| bookings.remove(&id).map(|booking| PreviewRow { booking, verdict });
    Ok(rows.into_iter().filter_map(row).collect())
}
