//! The verbs: pure functions from a booking, a command and what surrounds them to a [`Decision`](crate::Decision).

mod create;
mod edit;
mod finish;
mod note;
mod overrides;
mod record;
mod reinstate;
mod reschedule;
mod simple;
mod undo;

pub use create::{CreateBooking, create_booking, propose_booking};
pub use edit::{EditBooking, edit_booking};
pub use finish::{complete_booking, mark_no_show};
pub use note::{AddNote, add_note};
pub use overrides::Overrides;
pub use reinstate::reinstate_booking;
pub use reschedule::{RescheduleBooking, propose_move, reschedule_booking};
pub use simple::{CancelBooking, VerbOn, cancel_booking, confirm_booking};
pub use undo::{UNDO_MINUTES, propose_undo, undo_booking};

use crate::booking::Booking;
use crate::catalogue::Facts;
use crate::context::SlotAnswer;
use crate::refusal::{Code, Concern, Refusal, Refusals};
use crate::schedule::Schedule;
use crate::status::{Step, Verb, step};

/// What surrounds a booking that takes or changes time: read under the provider's lock.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The catalogue as it is now.
    pub facts: &'a Facts,
    /// The provider's busy time; the booking itself may be in it.
    pub schedule: &'a Schedule,
    /// What the slot engine said.
    pub slots: &'a SlotAnswer,
}

/// Refuses a change made on a version that is no longer the present one.
fn fresh(booking: &Booking, seen: i64) -> Result<(), Refusals> {
    if booking.version == seen {
        return Ok(());
    }
    let concerns = Concern::Stale { seen, current: booking.version, changed: Vec::new() };
    Err(Refusal::about(Code::StaleVersion, "version", concerns).into())
}

/// The lifecycle table's answer to `verb`, or `wrong_status`.
fn allowed(verb: Verb, booking: &Booking) -> Result<Step, Refusals> {
    match step(verb, booking.status) {
        Step::Refused => {
            let concerns = Concern::Lifecycle { verb, status: booking.status };
            Err(Refusal::whole(Code::WrongStatus, concerns).into())
        }
        step => Ok(step),
    }
}
