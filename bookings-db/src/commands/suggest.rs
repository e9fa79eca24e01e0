//! After a refusal over time: the nearest starts that are free.

use bookings_core::{Booking, Code, Refusals, SlotAnswer, Window, suggest};

use super::in_calendar;
use crate::busy;
use crate::scope::By;
use crate::store::{CommandError, Store};

/// How many starts a refusal offers.
const MOST: usize = 4;

impl Store {
    /// Adds free starts near `wanted` (with its service's capacity) where time was the trouble. Read outside the
    /// transaction: an offer, which the guard judges anew.
    pub(super) fn with_suggestions(
        &self,
        refusals: Refusals,
        wanted: Option<(Booking, u32)>,
        slots: &SlotAnswer,
        by: &By,
    ) -> Result<Refusals, CommandError> {
        const TIME: [Code; 4] = [Code::Overlap, Code::CapacityExceeded, Code::Duplicate, Code::SlotUnavailable];
        let mut refusals = self.veiled(refusals, by.scope)?;
        let Some((wanted, capacity)) = wanted else { return Ok(refusals) };
        if !in_calendar(wanted.start_at) || !TIME.into_iter().any(|code| refusals.has(code)) {
            return Ok(refusals);
        }
        let offered = match slots {
            SlotAnswer::Starts(starts) => Some(starts.as_slice()),
            _ => None,
        };
        let reach = suggest::horizon();
        let guard = self.policy.duplicate_guard_minutes;
        let busy = wanted.busy();
        let window = Window { start: busy.start - reach, end: busy.end + reach }.buffered(guard, guard);
        let schedule = self.pools.read(|conn| busy::schedule(conn, wanted.provider_id, window))?.without(wanted.id);
        refusals.suggestions =
            suggest::nearest_free_starts(&wanted, capacity, &schedule, offered, &self.policy, by.now, MOST);
        Ok(refusals)
    }
}
