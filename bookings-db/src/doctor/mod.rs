//! The doctor: reads everything and names what is broken, with what to do about it.
//!
//! It looks at one moment of a database that may be in use, in bounded memory: bookings in batches with their add-ons and
//! events, then each provider's time in order with only neighbours at hand, then what has lost its other half, then what stands around.

mod around;
mod bookings;
mod catalogue;
mod finding;
mod history;
mod orphans;
mod row;
mod search;
mod sweep;
mod walls;

use diesel::connection::SimpleConnection;

pub use finding::{Finding, Kind};

use crate::connection::{Conn, Use, open};
use crate::error::StoreError;
use crate::store::Store;
use catalogue::Known;

/// How much was read, and how much of it is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Examined {
    /// Bookings read.
    pub bookings: u64,
    /// Events read.
    pub events: u64,
    /// Findings told.
    pub findings: u64,
}

/// What the checks share: where findings go, what the catalogue knows, the counts.
struct Doctor<'a> {
    store: &'a Store,
    tell: &'a mut dyn FnMut(Finding),
    known: Known,
    examined: Examined,
}

impl Doctor<'_> {
    fn find(&mut self, finding: Finding) {
        self.examined.findings += 1;
        (self.tell)(finding);
    }
}

/// Checks every invariant of the data and tells each finding. Writes nothing.
///
/// # Errors
/// The database's. What can't be read of single bookings is a finding, not an error.
pub fn examine(store: &Store, tell: &mut dyn FnMut(Finding)) -> Result<Examined, StoreError> {
    // A connection of its own: it stays in one transaction for as long as it takes.
    let mut conn = open(store.pools.url(), Use::Read)?;
    let mut doctor = Doctor { store, tell, known: Known::default(), examined: Examined::default() };
    walls::examine(&mut conn, &mut doctor)?;
    let indexed = search::prepare(&mut conn)?;
    conn.batch_execute(match conn {
        Conn::Lite(_) => "BEGIN",
        Conn::Pg(_) => {
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
             SET LOCAL statement_timeout=0; SET LOCAL idle_in_transaction_session_timeout=0"
        }
    })?;
    let seen = bookings::examine(&mut conn, &mut doctor)?;
    sweep::examine(&mut conn, &mut doctor, seen.reach)?;
    orphans::examine(&mut conn, &mut doctor)?;
    around::examine(&mut conn, &mut doctor, chrono::Utc::now())?;
    if indexed {
        search::examine(&mut conn, &mut doctor, &seen.texts)?;
    }
    conn.batch_execute("ROLLBACK")?;
    Ok(doctor.examined)
}
