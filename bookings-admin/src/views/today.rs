//! `GET /`: the day at a glance.

use super::bookings::{EmptyState, Verb};
use super::{Link, Shell, StatusChip};
use askama::Template;

/// Today: counts, who is busy now, and the day's bookings in groups.
#[derive(Template)]
#[template(path = "today.html")]
pub struct TodayPage {
    /// Frame.
    pub shell: Shell,
    /// "Monday 23 November 2026".
    pub date: String,
    /// Counts strip.
    pub counts: Vec<Count>,
    /// Now and next of each provider that has bookings today.
    pub providers: Vec<ProviderNow>,
    /// Groups in order, as "To settle", "Now", "Later today", "Earlier today"; empty groups are left out.
    pub sections: Vec<TodaySection>,
    /// Said instead when the day has no bookings.
    pub empty: Option<EmptyState>,
    /// The rest of a long day, as a link to the list.
    pub more: Option<Link>,
}

impl TodayPage {
    /// More providers than these are shown when asked for: the day comes first.
    const FEW_PROVIDERS: usize = 24;
}

/// One number of the strip.
#[derive(Clone, Debug, Default)]
pub struct Count {
    /// "To approve".
    pub label: String,
    /// "3", "1,000+".
    pub value: String,
    /// The list behind it.
    pub href: String,
    /// Whether someone should act on it.
    pub alert: bool,
}

/// What a provider does now and next.
#[derive(Clone, Debug, Default)]
pub struct ProviderNow {
    /// Provider's name.
    pub name: String,
    /// Their day.
    pub href: String,
    /// The booking going on.
    pub now: Option<Slot>,
    /// The one after.
    pub next: Option<Slot>,
    /// "Free until 14:00", when nothing goes on.
    pub idle: String,
}

/// A booking in a few words.
#[derive(Clone, Debug, Default)]
pub struct Slot {
    /// "until 11:00", "at 11:15".
    pub time: String,
    /// Client's name.
    pub client: String,
    /// Its page.
    pub href: String,
}

/// A group of the day's bookings.
#[derive(Clone, Debug, Default)]
pub struct TodaySection {
    /// Heading, unique on the page.
    pub heading: String,
    /// Quiet text beside it: "ended, not yet completed".
    pub detail: String,
    /// Whether someone should act on it.
    pub alert: bool,
    /// The bookings.
    pub rows: Vec<TodayRow>,
}

/// One booking of the day.
#[derive(Clone, Debug)]
pub struct TodayRow {
    /// Reference.
    pub reference: String,
    /// Version stated by the quick actions.
    pub version: String,
    /// Status.
    pub status: StatusChip,
    /// "10:15".
    pub start: String,
    /// "11:00".
    pub end: String,
    /// Start as RFC 3339.
    pub start_iso: String,
    /// "Tue 24 Nov", when it is not today (to approve); empty otherwise.
    pub day: String,
    /// Client's name.
    pub client: String,
    /// Service, with "+ 2 add-ons" and "party of 4" where it applies.
    pub service: String,
    /// Provider.
    pub provider: String,
    /// Client's phone; may be empty.
    pub phone: String,
    /// Buttons that post at once. Each also sends `next=/`, so that the answer can lead back here.
    pub actions: Vec<Verb>,
}
