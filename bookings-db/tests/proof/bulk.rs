//! One verb over several bookings, carried out row by row, taken up where it broke off, and taken back.

use bookings_core::{Booking, BookingId, Overrides, Reference, SlotValidation};
use bookings_db::selection::{
    Ended, Order, Selection, State, Verdict, What, begin, results, select_listed, select_undo, selection_of,
};
use bookings_db::{By, Scope, Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::dice::Plan;
use crate::world::{PROVIDERS, provider, today};

/// More rows than any bulk here has.
const ROWS: u32 = 100;

/// Which verb, over which bookings, and whether it is taken back at once.
#[derive(Debug, Clone)]
pub struct Bulk {
    pub what: What,
    pub overrides: Overrides,
    /// With the version they were seen at, in the order they are kept in.
    pub chosen: Vec<(BookingId, i64)>,
    references: Vec<Reference>,
    pub back: bool,
}

/// What came of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub booking: BookingId,
    pub ended: Ended,
}

impl Bulk {
    /// Over some of the bookings `seen`.
    pub fn of(plan: &Plan, seen: &[Booking], overrides: Overrides) -> Bulk {
        let [_, which, time, place, extra, ..] = *plan;
        let many = (2 + usize::from(place) % 4).min(seen.len());
        let mut some: Vec<&Booking> = seen.iter().cycle().skip(usize::from(which) % seen.len()).take(many).collect();
        let what = match time % 12 {
            0 => What::Confirm,
            1 => What::Cancel { reason: "closed".into() },
            2 => What::Reassign { provider_id: Some(provider(usize::from(place) / 4 % PROVIDERS)) },
            3 => What::Complete,
            4 => What::NoShow,
            5 => What::Note { message: format!("note {place}") },
            _ => What::Move { minutes: [15, -15, 60, -180][usize::from(extra) / 2 % 4] },
        };
        // Every other time everybody who shares a start, of those seen the one that most share.
        let slot = |one: &Booking| (one.provider_id, one.service_id, one.start_at);
        let shared: Vec<&Booking> = seen.iter().filter(|one| one.shared && one.status.is_active()).collect();
        let with = |one: &Booking| shared.iter().filter(|other| slot(other) == slot(one)).count();
        if let (What::Move { .. }, 0, Some(first)) = (&what, extra % 2, shared.iter().max_by_key(|one| with(one))) {
            some = shared.iter().copied().filter(|one| slot(one) == slot(first)).collect();
        }
        some.sort_by_key(|booking| (booking.start_at, booking.id));
        Bulk {
            what,
            overrides,
            chosen: some.iter().map(|booking| (booking.id, booking.version)).collect(),
            references: some.iter().map(|booking| booking.reference.clone()).collect(),
            back: extra / 4 % 2 == 0,
        }
    }

    pub fn name(&self) -> &'static str {
        match &self.what {
            What::Confirm => "bulk confirm",
            What::Cancel { .. } => "bulk cancel",
            What::Move { .. } | What::Reassign { .. } => "bulk reschedule",
            What::Complete => "bulk complete",
            What::NoShow => "bulk no-show",
            What::Note { .. } => "bulk note",
            What::Undo | What::Import { .. } => panic!("not by a plan"),
        }
    }

    /// Keeps the rows.
    pub fn select(&self, store: &Store, now: DateTime<Utc>) -> Result<Uuid, StoreError> {
        let order = Order { what: self.what.clone(), overrides: self.overrides.clone() };
        select_listed(&store.pools, None, &order, &self.references, Scope::All, now)
    }

    /// From the choice to the end, and back where that is wanted; nobody else is at work, so that each dry run comes true.
    pub fn carry_out(&self, store: &Store, by: &By) -> Result<Vec<Row>, StoreError> {
        let id = self.select(store, by.now)?;
        let mut rows = as_rehearsed(store, id, by)?;
        if self.back
            && let Some(back) = take_back(store, id, by.now)?
        {
            rows.extend(as_rehearsed(store, back, by)?);
        }
        Ok(rows)
    }
}

/// Carries a selection out after a dry run, which must say the same of each row; but a dry run does not ask the slot engine,
/// and what that refuses stands in the way of others, also where it is set aside without the reason that this needs.
fn as_rehearsed(store: &Store, id: Uuid, by: &By) -> Result<Vec<Row>, StoreError> {
    let kept = selection(store, id)?;
    let dry = store.preview(&kept, &kept.order, by, ROWS as usize)?;
    let rows = go_on(store, id, by)?;
    let refused = store.pools.read(|conn| results(conn, id, Ended::Refused, None, ROWS, Scope::All))?;
    let engine = store.policy.slot_validation == SlotValidation::Engine && kept.order.overrides.reason.is_empty();
    let by_engine = |code: &str| code.starts_with("slot_") || (engine && code == "override_reason_required");
    if refused.iter().any(|row| by_engine(&row.code)) {
        return Ok(rows);
    }
    let mut said: Vec<(BookingId, Ended, String)> = dry
        .rows
        .iter()
        .map(|row| match &row.verdict {
            Verdict::Changes => (row.booking.id, Ended::Changed, String::new()),
            Verdict::Same => (row.booking.id, Ended::Same, String::new()),
            Verdict::Refused(why) => (row.booking.id, Ended::Refused, why.first().unwrap().code.as_str().to_owned()),
        })
        .collect();
    let code = |row: &Row| refused.iter().find(|one| one.booking.as_ref().is_some_and(|one| one.id == row.booking));
    let mut came: Vec<(BookingId, Ended, String)> = rows
        .iter()
        .map(|row| (row.booking, row.ended, code(row).map_or_else(String::new, |one| one.code.clone())))
        .collect();
    said.sort_by_key(|(booking, ..)| *booking);
    came.sort_by_key(|(booking, ..)| *booking);
    assert_eq!(said, came, "the dry run, then the run, of {:?}", kept.order);
    Ok(rows)
}

fn selection(store: &Store, id: Uuid) -> Result<Selection, StoreError> {
    Ok(store.pools.read(|conn| selection_of(conn, id, None))?.expect("a selection that was kept"))
}

/// Keeps what takes a bulk back that is over.
pub fn take_back(store: &Store, id: Uuid, now: DateTime<Utc>) -> Result<Option<Uuid>, StoreError> {
    select_undo(&store.pools, None, &selection(store, id)?, now)
}

/// Carries a selection out from wherever it is, and says what came of its rows.
pub fn go_on(store: &Store, id: Uuid, by: &By) -> Result<Vec<Row>, StoreError> {
    let kept = selection(store, id)?;
    if kept.state != State::Done {
        // Long enough after the last sign of life that its run counts as lost.
        let now = kept.beat_at.map_or(by.now, |at| at + TimeDelta::seconds(31));
        assert!(begin(&store.pools, &kept, &kept.order, None, now)?, "somebody else runs {id}");
        assert!(store.run_selection(id, None, by, chrono_tz::UTC, || now)?, "somebody stopped {id}");
    }
    let mut rows = Vec::new();
    for ended in [Ended::Changed, Ended::Same, Ended::Refused] {
        let some = store.pools.read(|conn| results(conn, id, ended, None, ROWS, Scope::All))?;
        rows.extend(some.into_iter().map(|row| (row.place, Row { booking: row.booking.unwrap().id, ended })));
    }
    rows.sort_by_key(|(place, _)| *place);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// Those that changed.
pub fn changed(rows: &[Row]) -> Vec<Uuid> {
    rows.iter().filter(|row| row.ended == Ended::Changed).map(|row| row.booking.0).collect()
}

/// When nobody else is at work: goes on with what its worker did not live to finish.
pub fn finish(store: &Store, id: Uuid, mark: &str) -> Vec<Uuid> {
    let actor = bookings_core::Actor { id: None, name: mark.into(), role: bookings_core::Role::Owner };
    changed(&go_on(store, id, &By::new(&actor, today())).unwrap())
}
