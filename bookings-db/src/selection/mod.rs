//! Many bookings under one verb: chosen, rehearsed, carried out row by row, taken back. The selection is kept in the
//! database, its id is the batch id of the events, and every row goes through the verb's own guarded command.

mod import;
mod preview;
mod run;
mod select;
mod slim;
mod tables;
mod undo;

use bookings_core::{AddNote, Booking, CancelBooking, Overrides, ProviderId, RescheduleBooking, StaffId, VerbOn};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use import::{
    FileRow, ImportResult, Problem, import_progress, import_results, keep_import, open_rows, record_import,
};
pub use preview::{Preview, PreviewRow, Verdict};
pub use run::{Ended, Progress, RowResult, begin, progress, results, stop, told};
pub use select::{select_found, select_listed, select_slot};
pub use undo::{select_ended, select_undo};

use crate::commands::Deed;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::types::{Id, Instant, Json};
use tables::selection;

/// The most bookings of one selection.
pub const MOST: usize = 50_000;

/// What is done to each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub enum What {
    /// Approve.
    Confirm,
    /// Call off.
    Cancel {
        /// Why.
        reason: String,
    },
    /// Later, or earlier where negative.
    Move {
        /// By so many minutes.
        minutes: i64,
    },
    /// To another provider.
    Reassign {
        /// Which; `None` while none is chosen.
        provider_id: Option<ProviderId>,
    },
    /// It took place.
    Complete,
    /// The client did not come.
    NoShow,
    /// A remark in each history.
    Note {
        /// The remark.
        message: String,
    },
    /// Take back what another selection did.
    Undo,
    /// Make bookings of a file's rows; it has rows, and no bookings.
    Import {
        /// What the file is called.
        file: String,
        /// Its columns.
        columns: Vec<String>,
        /// Whether it is only tried.
        dry: bool,
    },
}

impl What {
    /// The change of one booking as it was loaded; an import changes none.
    #[must_use]
    pub fn deed(&self, booking: &Booking, version: i64, overrides: &Overrides) -> Option<Deed> {
        let verb = || VerbOn { version, overrides: overrides.clone() };
        let moved = |start_at, provider_id| {
            Deed::Move(RescheduleBooking {
                version,
                start_at,
                provider_id,
                addon_ids: None,
                overrides: overrides.clone(),
            })
        };
        Some(match self {
            What::Confirm => Deed::Confirm(verb()),
            What::Complete => Deed::Complete(verb()),
            What::NoShow => Deed::NoShow(verb()),
            What::Cancel { reason } => {
                Deed::Cancel(CancelBooking { version, reason: reason.clone(), overrides: overrides.clone() })
            }
            What::Note { message } => Deed::Note(AddNote { version, message: message.clone() }),
            What::Move { .. } => moved(self.moves_to(booking)?.0, None),
            What::Reassign { provider_id } => moved(booking.start_at, *provider_id),
            What::Undo => Deed::Undo(verb()),
            What::Import { .. } => return None,
        })
    }

    /// Whether it may give a booking another time or provider.
    fn moves(&self) -> bool {
        matches!(self, What::Move { .. } | What::Reassign { .. } | What::Undo)
    }

    /// Whether it may take a booking from its start, at the same provider.
    fn leaves(&self) -> bool {
        matches!(self, What::Move { .. } | What::Undo)
    }

    /// When a booking that is moved starts, and who gives its time then; `None` where nothing moves.
    fn moves_to(&self, booking: &Booking) -> Option<(DateTime<Utc>, ProviderId)> {
        let start = booking.start_at;
        match self {
            What::Move { minutes } => {
                let later = TimeDelta::try_minutes(*minutes).and_then(|by| start.checked_add_signed(by));
                Some((later.unwrap_or(start), booking.provider_id))
            }
            What::Reassign { provider_id } => Some((start, provider_id.unwrap_or(booking.provider_id))),
            _ => None,
        }
    }

    /// Whether it only tries a file.
    #[must_use]
    pub fn is_trial(&self) -> bool {
        matches!(self, What::Import { dry: true, .. })
    }

    /// Whether the last bookings go first: those that move later must not meet the ones behind them.
    fn backwards(&self) -> bool {
        matches!(self, What::Move { minutes } if *minutes > 0)
    }
}

/// The verb with the soft refusals that are set aside for all rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What is done.
    pub what: What,
    /// What is set aside, and why.
    #[serde(default)]
    pub overrides: Overrides,
}

/// Where a selection is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Chosen; nothing was done.
    Ready,
    /// Under way, or broken off with its process.
    Running,
    /// Stopped by a person; can go on.
    Stopped,
    /// Every row has its outcome.
    Done,
}

impl State {
    const ALL: [(State, &'static str); 4] =
        [(State::Ready, "READY"), (State::Running, "RUNNING"), (State::Stopped, "STOPPED"), (State::Done, "DONE")];

    fn as_str(self) -> &'static str {
        State::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }
}

/// A selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Its id, and the batch id of its events.
    pub id: Uuid,
    /// Whose it is.
    pub staff_id: Option<StaffId>,
    /// What is done.
    pub order: Order,
    /// How far it is.
    pub state: State,
    /// How many bookings.
    pub items: u64,
    /// The selection it takes back.
    pub undoes: Option<Uuid>,
    /// The last sign of life of its run, UTC.
    pub beat_at: Option<DateTime<Utc>>,
    /// When it was done, UTC.
    pub ended_at: Option<DateTime<Utc>>,
}

type Row = (Id, Option<Id>, Json, String, i64, Option<Id>, Option<Instant>, Option<Instant>);

impl Selection {
    fn read(row: Row) -> Result<Selection, StoreError> {
        let (id, staff_id, what, state, items, undoes, beat_at, ended_at) = row;
        let state = State::ALL.into_iter().find(|(_, name)| *name == state).map(|(state, _)| state);
        let broken = || StoreError::Internal(format!("selection {} can't be read", id.0));
        Ok(Selection {
            id: id.0,
            staff_id: staff_id.map(|id| StaffId(id.0)),
            order: serde_json::from_value(what.0).map_err(|_| broken())?,
            state: state.ok_or_else(broken)?,
            items: u64::try_from(items).unwrap_or(0),
            undoes: undoes.map(|id| id.0),
            beat_at: beat_at.map(|at| at.0),
            ended_at: ended_at.map(|at| at.0),
        })
    }
}

/// The selection of that id, where it is `staff`'s own.
///
/// # Errors
/// The database's.
pub fn selection_of(conn: &mut Conn, id: Uuid, staff: Option<StaffId>) -> Result<Option<Selection>, StoreError> {
    let row: Option<Row> = selection::table
        .filter(selection::id.eq(Id(id)))
        .select((
            selection::id,
            selection::staff_id,
            selection::what,
            selection::state,
            selection::items,
            selection::undoes,
            selection::beat_at,
            selection::ended_at,
        ))
        .first(conn)
        .optional()?;
    let found = row.map(Selection::read).transpose()?;
    Ok(found.filter(|one| one.staff_id == staff))
}

fn json(order: &Order) -> Json {
    serde_json::to_value(order).unwrap_or_default().into()
}
