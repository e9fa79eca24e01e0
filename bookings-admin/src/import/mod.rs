//! Bookings from CSV, through the same rules as from a form: every row is made, was there already, or is refused with every
//! reason. A row's external reference makes repeating safe, so that an import that broke off is simply run again.

mod cells;
mod command;
mod kept;
mod names;
mod reading;

pub use cells::{Cells, Columns};
pub use command::{Counts, ImportArgs, import, run};
pub use kept::{Importing, MOST, read, run_kept, written};

use bookings_core::{Actor, Booking, CancelBooking, Decision, Overrides, Refusal, Status, VerbOn};
use bookings_db::commands::{Deed, Rehearsal};
use bookings_db::{By, CommandError, Scope, Store, StoreError};
use chrono::Utc;
use chrono_tz::Tz;
use uuid::Uuid;

use names::Names;
use reading::{Reading, Wanted};

/// An import under way.
pub struct Importer<'a> {
    store: &'a Store,
    /// Of times that name no zone, and of sentences.
    zone: Tz,
    actor: &'a Actor,
    scope: Scope,
    overrides: Overrides,
    batch_id: Uuid,
    /// What was rehearsed so far; `None` where rows are made.
    rehearsed: Option<Rehearsal>,
    names: Names,
}

/// What came of a row.
pub enum Row {
    /// It is a booking now, or would be.
    Made(Box<Booking>),
    /// An earlier run made it.
    Already(Box<Booking>),
    /// Every reason against it.
    Refused(Vec<Refusal>),
}

/// Who imports, and how.
pub struct Terms<'a> {
    /// Who; the events keep them.
    pub actor: &'a Actor,
    /// Whose data they reach.
    pub scope: Scope,
    /// Whose clocks times are on that name no zone.
    pub zone: Tz,
    /// What is set aside.
    pub overrides: Overrides,
    /// In every event.
    pub batch_id: Uuid,
    /// Whether it is only tried.
    pub dry_run: bool,
}

impl<'a> Importer<'a> {
    /// An import that has no rows yet.
    pub fn new(store: &'a Store, terms: Terms<'a>) -> Importer<'a> {
        Importer {
            store,
            zone: terms.zone,
            actor: terms.actor,
            scope: terms.scope,
            overrides: terms.overrides,
            batch_id: terms.batch_id,
            rehearsed: terms.dry_run.then(Rehearsal::default),
            names: Names::new(terms.scope),
        }
    }

    /// Makes a row's booking, or tries it.
    ///
    /// # Errors
    /// The store's.
    pub fn row(&mut self, cells: &Cells) -> Result<Row, StoreError> {
        let tenant = self.scope.tenant();
        let reading = Reading { store: self.store, zone: self.zone, tenant, overrides: &self.overrides };
        let wanted = match self.store.pools.read(|conn| reading.read(conn, cells, &mut self.names))? {
            Ok(wanted) => wanted,
            Err(refusals) => return Ok(Row::Refused(refusals)),
        };
        let done = match self.rehearsed.take() {
            None => self.make(&wanted),
            Some(mut so_far) => {
                let done = self.rehearse(&wanted, &mut so_far);
                self.rehearsed = Some(so_far);
                done
            }
        };
        match done {
            Ok(row) => Ok(row),
            Err(CommandError::Refused(refusals)) => Ok(Row::Refused(refusals.reasons)),
            Err(CommandError::Store(error)) => Err(error),
            Err(CommandError::NotFound) => Err(StoreError::Internal("a booking vanished during its import".into())),
        }
    }

    /// What there is to say of a booking that was made: its status, where the file wanted another.
    #[must_use]
    pub fn remark(cells: &Cells, booking: &Booking) -> Option<String> {
        let wanted = Status::parse(cells.get("status"));
        let other = wanted.filter(|status| *status != booking.status);
        other.map(|_| format!("It is {}: its service needs no approval.", booking.status))
    }

    fn by(&self) -> By<'a> {
        By { batch_id: Some(self.batch_id), scope: self.scope, ..By::new(self.actor, Utc::now()) }
    }

    fn make(&self, wanted: &Wanted) -> Result<Row, CommandError> {
        let (mut booking, new) = match self.store.create_booking(&wanted.command, &self.by())? {
            Decision::Changed(booking, _) => (booking, true),
            Decision::Unchanged(booking) => (booking, false),
        };
        // A booking somebody has worked on since is theirs; one at its first version may lack its status.
        if booking.version == 1
            && let Some(deed) = self.finish(&booking, wanted)
        {
            booking = Box::new(self.store.carry_out(booking.id, &deed, &self.by())?.booking().clone());
        }
        Ok(if new { Row::Made(booking) } else { Row::Already(booking) })
    }

    fn rehearse(&self, wanted: &Wanted, so_far: &mut Rehearsal) -> Result<Row, CommandError> {
        let (store, by) = (self.store, self.by());
        if let Some(first) = store.made_by_key(&wanted.command, &by)? {
            return Ok(Row::Already(Box::new(first?.booking().clone())));
        }
        let mut booking = store.rehearse_create(&wanted.command, &by, so_far)?.booking().clone();
        if let Some(deed) = self.finish(&booking, wanted) {
            booking = store.rehearse(&booking, &deed, &by, so_far)?.booking().clone();
        }
        so_far.keep(&booking);
        Ok(Row::Made(Box::new(booking)))
    }

    /// The verb that gives a new booking the status of its row.
    fn finish(&self, booking: &Booking, wanted: &Wanted) -> Option<Deed> {
        let verb = || VerbOn { version: booking.version, overrides: self.overrides.clone() };
        match (wanted.status?, booking.status) {
            (Status::Confirmed, Status::Pending) => Some(Deed::Confirm(verb())),
            (Status::Completed, _) => Some(Deed::Complete(verb())),
            (Status::NoShow, _) => Some(Deed::NoShow(verb())),
            (Status::Cancelled, _) => Some(Deed::Cancel(CancelBooking {
                version: booking.version,
                reason: wanted.reason.clone(),
                overrides: self.overrides.clone(),
            })),
            _ => None,
        }
    }
}
