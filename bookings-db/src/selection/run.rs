//! The run: row by row through the verbs' own commands, each row's outcome kept, so that it can stop and go on.

use bookings_core::{Booking, Decision, Refusal, StaffId};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::import::forget_outcomes;
use super::slim::{Item, Places, Reading, groups, whole_starts};
use super::tables::{selection, selection_item};
use super::{Order, Selection, State, json};
use crate::audit::{Entry, append};
use crate::bookings::whole::with_addons;
use crate::connection::{Conn, Pools};
use crate::error::StoreError;
use crate::history::events;
use crate::rows::BookingRow;
use crate::schema::booking;
use crate::scope::{By, Scope};
use crate::store::{self, CommandError, Store};
use crate::transaction::{Lock, write};
use crate::types::{Id, Instant};

/// Rows between two signs of life.
const BATCH: i64 = 50;

/// A run without a sign of life for so long has lost its process.
const LOST_SECONDS: i64 = 30;

/// What came of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It changed.
    Changed,
    /// It was so already.
    Same,
    /// It was refused.
    Refused,
}

impl Ended {
    const ALL: [(Ended, &'static str); 3] =
        [(Ended::Changed, "CHANGED"), (Ended::Same, "SAME"), (Ended::Refused, "REFUSED")];

    /// As stored and asked for.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Ended::ALL.iter().find(|(ended, _)| *ended == self).map_or("", |(_, name)| name)
    }
}

/// How many rows ended which way; the rest is still to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Changed.
    pub changed: u64,
    /// So already.
    pub same: u64,
    /// Refused.
    pub refused: u64,
}

impl Progress {
    /// Rows with an outcome.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.changed + self.same + self.refused
    }
}

/// A row of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowResult {
    /// Its place, to page by.
    pub place: i64,
    /// The booking as it is now, where there is one.
    pub booking: Option<Booking>,
    /// What came of it.
    pub ended: Ended,
    /// The code of the first refusal, or empty.
    pub code: String,
    /// The refusals as sentences, or empty.
    pub message: String,
}

impl Selection {
    /// Whether its run has lost its process, so that another may take it up.
    #[must_use]
    pub fn is_lost(&self, now: DateTime<Utc>) -> bool {
        let silent = |at| now - at > TimeDelta::seconds(LOST_SECONDS);
        self.state == State::Running && self.beat_at.is_none_or(silent)
    }
}

/// Starts a run, or takes it up where it stopped or was lost. Says whether it is the caller's now: of a form sent twice
/// only one is. `told` is kept in the audit with it, or not at all.
///
/// # Errors
/// The database's.
pub fn begin(
    pools: &Pools,
    seen: &Selection,
    order: &Order,
    told: Option<(Entry<'_>, Value)>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    // A file that was tried is tried again or imported.
    let tried = seen.state == State::Done && seen.order.what.is_trial();
    let free = matches!(seen.state, State::Ready | State::Stopped) || tried || seen.is_lost(now);
    if !free {
        return Ok(false);
    }
    write(pools, &Lock::none(), |conn| {
        // Only a selection that is READY has no sign of life yet.
        let beat = Instant(seen.beat_at.unwrap_or_default());
        let own = selection::table
            .filter(selection::id.eq(Id(seen.id)))
            .filter(selection::state.eq(seen.state.as_str()))
            .filter(selection::beat_at.is_null().or(selection::beat_at.eq(beat)));
        let set = (
            selection::state.eq(State::Running.as_str()),
            selection::beat_at.eq(Some(Instant(now))),
            selection::what.eq(json(order)),
        );
        let ours = diesel::update(own).set(set).execute(conn)? == 1;
        if ours && (seen.order.what.is_trial() || order.what.is_trial()) {
            forget_outcomes(conn, seen.id)?;
        }
        if let (true, Some((entry, data))) = (ours, &told) {
            append(conn, entry, data.clone(), now)?;
        }
        Ok(ours)
    })
}

/// Asks a run to stop after the rows it is at.
///
/// # Errors
/// The database's.
pub fn stop(pools: &Pools, id: Uuid) -> Result<(), StoreError> {
    write(pools, &Lock::none(), |conn| {
        let running =
            selection::table.filter(selection::id.eq(Id(id))).filter(selection::state.eq(State::Running.as_str()));
        diesel::update(running).set(selection::state.eq(State::Stopped.as_str())).execute(conn)?;
        Ok(())
    })
}

/// How far a selection is.
///
/// # Errors
/// The database's.
pub fn progress(conn: &mut Conn, id: Uuid) -> Result<Progress, StoreError> {
    let counts: Vec<(Option<String>, i64)> = selection_item::table
        .filter(selection_item::selection_id.eq(Id(id)))
        .group_by(selection_item::outcome)
        .select((selection_item::outcome, diesel::dsl::count_star()))
        .load(conn)?;
    Ok(tally(&counts))
}

/// How many outcomes of each kind.
pub(super) fn tally(counts: &[(Option<String>, i64)]) -> Progress {
    let of = |ended: Ended| {
        let found = counts.iter().find(|(outcome, _)| outcome.as_deref() == Some(ended.as_str()));
        found.map_or(0, |(_, count)| u64::try_from(*count).unwrap_or(0))
    };
    Progress { changed: of(Ended::Changed), same: of(Ended::Same), refused: of(Ended::Refused) }
}

/// The first rows that ended one way, from a place on.
///
/// # Errors
/// The database's.
pub fn results(
    conn: &mut Conn,
    id: Uuid,
    ended: Ended,
    after: Option<i64>,
    limit: u32,
    scope: Scope,
) -> Result<Vec<RowResult>, StoreError> {
    let items: Vec<(i64, i64, Option<String>, Option<String>)> = selection_item::table
        .filter(selection_item::selection_id.eq(Id(id)))
        .filter(selection_item::outcome.eq(ended.as_str()))
        .filter(selection_item::place.gt(after.unwrap_or(-1)))
        .order(selection_item::place)
        .limit(i64::from(limit))
        .select((selection_item::place, selection_item::booking_seq, selection_item::code, selection_item::message))
        .load(conn)?;
    let among = booking::seq.eq_any(items.iter().map(|(_, seq, ..)| *seq));
    let rows: Vec<(i64, BookingRow)> =
        booking::table.filter(among).select((booking::seq, BookingRow::as_select())).load(conn)?;
    let (seqs, rows): (Vec<i64>, Vec<BookingRow>) = rows.into_iter().unzip();
    let bookings: Vec<(i64, Booking)> = seqs.into_iter().zip(with_addons(conn, rows)?).collect();
    let find = |seq| {
        let own = bookings.iter().find(|(own, booking)| *own == seq && scope.sees(booking.tenant_id));
        own.map(|(_, booking)| booking.clone())
    };
    Ok(items
        .into_iter()
        .map(|(place, seq, code, message)| RowResult {
            place,
            booking: find(seq),
            ended,
            code: code.unwrap_or_default(),
            message: message.unwrap_or_default(),
        })
        .collect())
}

/// Reasons that are told of one row: a start shared by twelve clashes with twelve.
const TOLD: usize = 2;

/// Why one of many was refused: the first reasons as sentences, with times on the clocks of `zone`, and how many more there are.
#[must_use]
pub fn told(reasons: &[Refusal], zone: Tz) -> String {
    let mut sentences: Vec<String> = reasons.iter().take(TOLD).map(|one| one.sentence(zone)).collect();
    match reasons.len().saturating_sub(TOLD) {
        0 => {}
        1 => sentences.push("And one reason more.".into()),
        more => sentences.push(format!("And {more} reasons more.")),
    }
    sentences.join(" ")
}

/// What came of one row, to be kept.
struct Outcome {
    place: i64,
    ended: Ended,
    code: &'static str,
    message: String,
}

impl Store {
    /// Carries out a selection that [`begin`] gave to the caller, until it is done or stopped; says whether it is done.
    /// `now` is asked for at each row; refusals are kept as sentences with times on the clocks of `zone`.
    ///
    /// # Errors
    /// The store's. What was done until then is kept, and the run can be taken up.
    pub fn run_selection(
        &self,
        id: Uuid,
        staff: Option<StaffId>,
        by: &By,
        zone: Tz,
        now: impl Fn() -> DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let Some(selection) = self.pools.read(|conn| super::selection_of(conn, id, staff))? else { return Ok(false) };
        let by = By { batch_id: Some(id), ..by.clone() };
        let what = &selection.order.what;
        let reading = Reading { selection: id, what, guard: self.guards(), scope: by.scope };
        let (mut last, mut held) = (None, Vec::new());
        loop {
            let places = Places::beyond(last, what.backwards());
            let items = self.pools.read(|conn| reading.open_items(conn, places, BATCH))?;
            last = items.last().map(|item| item.place);
            let over = items.is_empty();
            let items = if over { std::mem::take(&mut held) } else { whole_starts(what, &mut held, items) };
            let mut outcomes = Vec::new();
            let mut broken = None;
            for group in groups(what, &items) {
                match self.carry_out_group(&selection.order, &group, &By { now: now(), ..by.clone() }, zone) {
                    Ok(some) => outcomes.extend(some),
                    Err(error) => {
                        broken = Some(error);
                        break;
                    }
                }
            }
            let goes_on = record(&self.pools, id, &outcomes, over, now())?;
            match broken {
                Some(error) => return Err(error),
                None if over => return Ok(true),
                None if !goes_on => return Ok(false),
                None => {}
            }
        }
    }

    /// Carries out what goes together, or one alone.
    fn carry_out_group(&self, order: &Order, group: &[&Item], by: &By, zone: Tz) -> Result<Vec<Outcome>, StoreError> {
        let mut outcomes = Vec::with_capacity(group.len());
        let (mut places, mut deeds, mut provider) = (Vec::new(), Vec::new(), None);
        for item in group {
            let (place, version) = (item.place, item.version);
            let Some(booking) = &item.booking else {
                outcomes.push(Outcome::gone(place));
                continue;
            };
            // Done already, by a run that lost its process before it could say so.
            if booking.version > version && self.pools.read(|conn| made_by(conn, booking, version + 1, by))? {
                outcomes.push(Outcome::plain(place, Ended::Changed));
                continue;
            }
            let Some((booking, deed)) = item.deed(order) else {
                outcomes.push(Outcome::plain(place, Ended::Same));
                continue;
            };
            places.push(place);
            deeds.push((booking.id, deed));
            provider = Some(booking.provider_id);
        }
        let came = match (deeds.as_slice(), provider) {
            ([_, _, ..], Some(provider)) => self.carry_out_together(provider, &deeds, by)?,
            _ => deeds.iter().map(|(id, deed)| self.carry_out(*id, deed, by)).collect(),
        };
        for (place, came) in places.into_iter().zip(came) {
            outcomes.push(Outcome::of(place, came, zone)?);
        }
        Ok(outcomes)
    }
}

impl Outcome {
    fn plain(place: i64, ended: Ended) -> Outcome {
        Outcome { place, ended, code: "", message: String::new() }
    }

    fn gone(place: i64) -> Outcome {
        Outcome { message: "There is no such booking any more.".into(), ..Outcome::plain(place, Ended::Refused) }
    }

    fn of(place: i64, came: store::Outcome, zone: Tz) -> Result<Outcome, StoreError> {
        match came {
            Ok(Decision::Changed(..)) => Ok(Outcome::plain(place, Ended::Changed)),
            Ok(Decision::Unchanged(_)) => Ok(Outcome::plain(place, Ended::Same)),
            Err(CommandError::Refused(refusals)) => {
                let code = refusals.reasons.first().map_or("", |refusal| refusal.code.as_str());
                let message = told(&refusals.reasons, zone);
                Ok(Outcome { code, message, ..Outcome::plain(place, Ended::Refused) })
            }
            Err(CommandError::NotFound) => Ok(Outcome::gone(place)),
            Err(CommandError::Store(error)) => Err(error),
        }
    }
}

/// Whether that version of a booking is the work of this batch.
fn made_by(conn: &mut Conn, booking: &Booking, version: i64, by: &By) -> Result<bool, StoreError> {
    let event = events(conn, booking.id, Some(version + 1), 1)?.into_iter().next();
    Ok(event.is_some_and(|event| event.version == version && event.data.batch_id == by.batch_id))
}

/// Keeps outcomes with a sign of life; says whether the run goes on.
fn record(pools: &Pools, id: Uuid, outcomes: &[Outcome], over: bool, now: DateTime<Utc>) -> Result<bool, StoreError> {
    write(pools, &Lock::none(), |conn| {
        for outcome in outcomes {
            let own = selection_item::table
                .filter(selection_item::selection_id.eq(Id(id)))
                .filter(selection_item::place.eq(outcome.place));
            let set = (
                selection_item::outcome.eq(Some(outcome.ended.as_str())),
                selection_item::code.eq(Some(outcome.code)),
                selection_item::message.eq(Some(outcome.message.as_str())),
            );
            diesel::update(own).set(set).execute(conn)?;
        }
        sign_of_life(conn, id, over, now)
    })
}

/// Says that a run is alive or over, and asks whether it goes on.
pub(super) fn sign_of_life(conn: &mut Conn, id: Uuid, over: bool, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let own = selection::table.filter(selection::id.eq(Id(id)));
    if over {
        let set = (selection::state.eq(State::Done.as_str()), selection::ended_at.eq(Some(Instant(now))));
        diesel::update(own).set(set).execute(conn)?;
        return Ok(false);
    }
    let running = own.filter(selection::state.eq(State::Running.as_str()));
    Ok(diesel::update(running).set(selection::beat_at.eq(Some(Instant(now)))).execute(conn)? == 1)
}

#[cfg(test)]
mod tests {
    use bookings_core::Code;

    use super::*;

    #[test]
    fn a_row_tells_two_reasons_and_counts_the_others() {
        let told = |many: usize| told(&vec![Refusal::of(Code::NotStarted, "status"); many], chrono_tz::UTC);
        let one = told(1);
        assert!(one.ends_with('.') && !one.contains("more"), "{one}");
        assert_eq!(told(0), "");
        assert_eq!(told(2), format!("{one} {one}"));
        assert_eq!(told(3), format!("{one} {one} And one reason more."));
        assert_eq!(told(9), format!("{one} {one} And 7 reasons more."));
    }
}
