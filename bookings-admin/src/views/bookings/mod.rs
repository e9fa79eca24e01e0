//! Pages under `/bookings`.

mod bulk;
mod columns;
mod conflict;
mod form;
mod list;
mod past;
mod show;
mod verb;

pub use bulk::{BulkButton, BulkPage, BulkRow};
pub use columns::Column;
pub use conflict::{ConflictPage, ConflictRow};
pub use form::{BookingFormPage, Typed};
pub use list::{
    AppliedFilter, CurrentView, FilterBar, Header, ListPage, ListRow, MultiFilter, QuickRange, Shown, Sorted, ViewBar,
    ViewLink,
};
pub use past::{Past, PastPage};
pub use show::{Change, Fact, HistoryEvent, PriceLine, ShowPage};
pub use verb::{RescheduleFields, Verb, VerbBody, VerbForm};

/// What an empty list says, and the way on.
#[derive(Clone, Debug, Default)]
pub struct EmptyState {
    /// "No bookings today".
    pub heading: String,
    /// One sentence more.
    pub text: String,
    /// The next step.
    pub action: Option<super::Link>,
}
