//! Pages under `/bookings`.

pub(crate) mod choices;
mod conflict;
mod edit;
mod form_page;
mod history;
mod list;
mod list_filter;
mod list_page;
mod new;
mod past;
pub(crate) mod rows;
mod show;
mod verbs;
mod views;

pub use edit::{edit_form, save};
pub use list::list;
pub(crate) use new::again;
pub use new::{create, new_form};
pub use past::past;
pub use show::show;
pub(crate) use show::{core_verb, reached};
pub use verbs::verb;
pub use views::{change_view, save_view, set_columns};

pub(crate) use history::label;

use bookings_core::{Booking, Reference};
use bookings_db::bookings::find;
use bookings_db::{CommandError, Scope, Store, Which};

use crate::error::PageError;

impl From<CommandError> for PageError {
    /// Refusals have pages of their own; one that gets here was not expected.
    fn from(error: CommandError) -> PageError {
        match error {
            CommandError::NotFound => PageError::NotFound,
            CommandError::Store(error) => error.into(),
            CommandError::Refused(refusals) => PageError::Internal(format!("refused unexpectedly: {refusals}")),
        }
    }
}

/// The booking of a reference in an address, as far as the person sees it.
pub(super) fn booking_of(store: &Store, reference: &str, scope: Scope) -> Result<Booking, PageError> {
    let which: Which = (&Reference::parse(reference).ok_or(PageError::NotFound)?).into();
    let found = store.pools.read(|conn| find(conn, &which, scope))?;
    found.ok_or(PageError::NotFound)
}
