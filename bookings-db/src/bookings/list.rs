//! What a list asks for and what it shows of a booking.

use bookings_core::{BookingId, Money, ProviderId, Reference, ServiceId, Status, TenantId, UserId, Window};
use chrono::{DateTime, Utc};

use super::cursor::{Cursor, Key};
use crate::clients::ClientKey;
use crate::scope::Scope;

/// The orders a list has; each has its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// By start, soonest first.
    #[default]
    StartAt,
    /// By start, latest first.
    StartAtDescending,
    /// By when it was made, oldest first.
    CreatedAt,
    /// By when it was made, newest first.
    CreatedAtDescending,
    /// By client's name.
    ClientName,
    /// By reference.
    Reference,
}

impl Sort {
    /// All orders.
    pub const ALL: [Sort; 6] = [
        Sort::StartAt,
        Sort::StartAtDescending,
        Sort::CreatedAt,
        Sort::CreatedAtDescending,
        Sort::ClientName,
        Sort::Reference,
    ];

    /// Whether it is by the start, either way.
    #[must_use]
    pub(super) const fn is_by_start(self) -> bool {
        matches!(self, Sort::StartAt | Sort::StartAtDescending)
    }

    /// Whether it is by the time of booking, either way.
    #[must_use]
    pub(super) const fn is_by_created(self) -> bool {
        matches!(self, Sort::CreatedAt | Sort::CreatedAtDescending)
    }

    /// As in a URL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Sort::StartAt => "start_at",
            Sort::StartAtDescending => "-start_at",
            Sort::CreatedAt => "created_at",
            Sort::CreatedAtDescending => "-created_at",
            Sort::ClientName => "client_name",
            Sort::Reference => "reference",
        }
    }

    /// The order of that name, or `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Sort> {
        Sort::ALL.into_iter().find(|sort| sort.as_str() == text)
    }

    pub(super) const fn descending(self) -> bool {
        matches!(self, Sort::StartAtDescending | Sort::CreatedAtDescending)
    }

    /// Whether a cursor made under some order fits this one.
    #[must_use]
    pub fn fits(self, cursor: &Cursor) -> bool {
        let timed = !matches!(self, Sort::ClientName | Sort::Reference);
        timed == matches!(cursor.key, Key::Time(_))
    }
}

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Page {
    /// From the beginning.
    #[default]
    First,
    /// What follows a row.
    After(Cursor),
    /// What precedes a row.
    Before(Cursor),
}

/// What a list asks for. Several values of one filter mean any of them; an empty filter is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// Whose bookings.
    pub scope: Scope,
    /// Words to find.
    pub search: String,
    /// Of this client alone.
    pub client: Option<ClientKey>,
    /// Of these statuses.
    pub statuses: Vec<Status>,
    /// Of these providers.
    pub providers: Vec<ProviderId>,
    /// Of these services.
    pub services: Vec<ServiceId>,
    /// Of these tenants.
    pub tenants: Vec<TenantId>,
    /// Starting from here on, UTC.
    pub from: Option<DateTime<Utc>>,
    /// Starting before, UTC.
    pub until: Option<DateTime<Utc>>,
    /// In this order.
    pub sort: Sort,
    /// Which page of it.
    pub page: Page,
    /// Rows of a page, 1 to 200.
    pub per_page: u32,
}

impl ListQuery {
    /// Everything the scope sees, by start, 50 a page.
    #[must_use]
    pub fn new(scope: Scope) -> ListQuery {
        ListQuery {
            scope,
            search: String::new(),
            client: None,
            statuses: Vec::new(),
            providers: Vec::new(),
            services: Vec::new(),
            tenants: Vec::new(),
            from: None,
            until: None,
            sort: Sort::default(),
            page: Page::default(),
            per_page: 50,
        }
    }

    /// Only what starts in `window`.
    #[must_use]
    pub fn starting_in(self, window: Window) -> ListQuery {
        ListQuery { from: Some(window.start), until: Some(window.end), ..self }
    }
}

/// What a list shows of a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    pub(super) seq: i64,
    /// Its id.
    pub id: BookingId,
    /// Its reference.
    pub reference: Reference,
    /// Its tenant.
    pub tenant_id: Option<TenantId>,
    /// What.
    pub service_id: ServiceId,
    /// With whom.
    pub provider_id: ProviderId,
    /// For whom.
    pub client_name: String,
    /// Their e-mail address, or empty.
    pub client_email: String,
    /// Their phone, or empty.
    pub client_phone: String,
    /// Their account, if they have one.
    pub client_user_id: Option<UserId>,
    /// Start, UTC.
    pub start_at: DateTime<Utc>,
    /// End, UTC.
    pub end_at: DateTime<Utc>,
    /// Where it is in its life.
    pub status: Status,
    /// People.
    pub party_size: u32,
    /// The service's price as it was booked, without add-ons.
    pub price: Option<Money>,
    /// For the buttons beside it.
    pub version: i64,
    /// When it was made, UTC.
    pub created_at: DateTime<Utc>,
}

impl ListRow {
    /// Its place in the order of `sort`.
    #[must_use]
    pub fn cursor(&self, sort: Sort) -> Cursor {
        let key = match sort {
            Sort::StartAt | Sort::StartAtDescending => Key::Time(self.start_at.timestamp_micros()),
            Sort::CreatedAt | Sort::CreatedAtDescending => Key::Time(self.created_at.timestamp_micros()),
            Sort::ClientName => Key::Text(self.client_name.clone()),
            Sort::Reference => Key::Text(self.reference.as_str().into()),
        };
        Cursor { key, seq: self.seq }
    }
}
