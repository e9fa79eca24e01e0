//! Clients: there is no table of them. A client is an e-mail address, a phone number or an account, and all their bookings.

use bookings_core::{Reference, Status, UserId};
use chrono::{DateTime, Utc};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::Text;
use uuid::Uuid;

use crate::bookings::{ListQuery, ListRow};
use crate::condition::condition;
use crate::connection::{Conn, MultiBackend};
use crate::error::StoreError;
use crate::rows::reference;
use crate::schema::booking;
use crate::scope::Scope;
use crate::types::{DbUuid, Id, Instant};

/// Who a client is known as.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientKey {
    /// An e-mail address; capitals do not matter.
    Email(String),
    /// A phone number as it was written.
    Phone(String),
    /// An account.
    User(UserId),
}

impl ClientKey {
    /// The key of what stands in an address: an id, something with an `@`, else a phone number.
    #[must_use]
    pub fn parse(text: &str) -> Option<ClientKey> {
        let text = text.trim();
        if text.is_empty() || text.contains('\0') || text.chars().count() > 320 {
            return None;
        }
        Some(match Uuid::try_parse(text) {
            Ok(id) => ClientKey::User(id.into()),
            Err(_) if text.contains('@') => ClientKey::Email(text.to_ascii_lowercase()),
            Err(_) => ClientKey::Phone(text.into()),
        })
    }

    /// The best key of a booking's client; `None` where nothing but a name is known.
    #[must_use]
    pub fn of(email: &str, phone: &str, user: Option<UserId>) -> Option<ClientKey> {
        match (user, email.is_empty(), phone.is_empty()) {
            (Some(id), ..) => Some(ClientKey::User(id)),
            (None, false, _) => Some(ClientKey::Email(email.to_ascii_lowercase())),
            (None, true, false) => Some(ClientKey::Phone(phone.into())),
            (None, true, true) => None,
        }
    }

    /// As in an address.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            ClientKey::Email(text) | ClientKey::Phone(text) => text.clone(),
            ClientKey::User(id) => id.to_string(),
        }
    }
}

/// Bookings of one client, in the words of the client's index.
#[derive(Debug, Clone)]
pub(crate) enum OfClient {
    Email(String),
    Phone(String),
    User(Id),
}

impl From<&ClientKey> for OfClient {
    fn from(key: &ClientKey) -> OfClient {
        match key {
            ClientKey::Email(email) => OfClient::Email(email.clone()),
            ClientKey::Phone(phone) => OfClient::Phone(phone.clone()),
            ClientKey::User(id) => OfClient::User(Id(id.0)),
        }
    }
}

condition!(OfClient);

impl QueryFragment<MultiBackend> for OfClient {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        // Three statements of one type.
        out.unsafe_to_cache_prepared();
        // The conditions of the partial indexes are repeated, or neither database would use them.
        match self {
            OfClient::Email(email) => {
                out.push_sql("booking.client_email <> '' AND lower(booking.client_email) = ");
                out.push_bind_param::<Text, _>(email)
            }
            OfClient::Phone(phone) => {
                out.push_sql("booking.client_phone <> '' AND booking.client_phone = ");
                out.push_bind_param::<Text, _>(phone)
            }
            OfClient::User(id) => {
                out.push_sql("booking.client_user_id IS NOT NULL AND booking.client_user_id = ");
                out.push_bind_param::<DbUuid, _>(id)
            }
        }
    }
}

/// What is known of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSummary {
    /// The name of the latest booking.
    pub name: String,
    /// Its e-mail address, or empty.
    pub email: String,
    /// Its phone number, or empty.
    pub phone: String,
    /// Bookings that took place.
    pub visits: u64,
    /// Bookings they did not come to.
    pub no_shows: u64,
    /// Bookings called off.
    pub cancellations: u64,
    /// Active bookings still to come.
    pub upcoming: u64,
    /// When the first of those starts, UTC.
    pub next: Option<DateTime<Utc>>,
    /// The booking that starts last of all.
    pub latest: Reference,
}

/// What is known of a client; `None` where the scope sees no booking of theirs. Three queries over their bookings alone.
///
/// # Errors
/// The database's.
pub fn client(
    conn: &mut Conn,
    key: &ClientKey,
    scope: Scope,
    now: DateTime<Utc>,
) -> Result<Option<ClientSummary>, StoreError> {
    let own = || {
        let query = booking::table.filter(OfClient::from(key)).into_boxed::<MultiBackend>();
        match scope {
            Scope::All => query,
            Scope::Tenant(tenant) => query.filter(booking::tenant_id.eq(Id(tenant.0))),
        }
    };
    let latest: Option<(String, String, String, String)> = own()
        .order((booking::start_at.desc(), booking::seq.desc()))
        .select((booking::client_name, booking::client_email, booking::client_phone, booking::reference))
        .first(conn)
        .optional()?;
    let Some((name, email, phone, latest)) = latest else { return Ok(None) };
    let latest = reference(&latest)?;
    let mut summary =
        ClientSummary { name, email, phone, visits: 0, no_shows: 0, cancellations: 0, upcoming: 0, next: None, latest };
    let mut counted = booking::table
        .group_by(booking::status)
        .select((booking::status, count_star()))
        .filter(OfClient::from(key))
        .into_boxed::<MultiBackend>();
    if let Scope::Tenant(tenant) = scope {
        counted = counted.filter(booking::tenant_id.eq(Id(tenant.0)));
    }
    let counts: Vec<(String, i64)> = counted.load(conn)?;
    for (status, count) in counts {
        let count = u64::try_from(count).unwrap_or(0);
        match Status::parse(&status) {
            Some(Status::Completed) => summary.visits = count,
            Some(Status::NoShow) => summary.no_shows = count,
            Some(Status::Cancelled) => summary.cancellations = count,
            Some(Status::Pending | Status::Confirmed) | None => {}
        }
    }
    let upcoming = own().filter(booking::active).filter(booking::start_at.ge(Instant(now)));
    let starts: Vec<Instant> = upcoming.order(booking::start_at).select(booking::start_at).limit(1_000).load(conn)?;
    summary.upcoming = starts.len() as u64;
    summary.next = starts.first().map(|at| at.0);
    Ok(Some(summary))
}

/// A client as a search shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundClient {
    /// Who.
    pub key: ClientKey,
    /// Their name, as the booking that was found has it.
    pub name: String,
    /// Their e-mail address, or empty.
    pub email: String,
    /// Their phone number, or empty.
    pub phone: String,
    /// When that booking starts, UTC.
    pub start_at: DateTime<Utc>,
}

/// Clients among the bookings that a list finds on its first pages, each once; `limit` at most. Says whether there may be
/// more.
///
/// # Errors
/// The database's.
pub fn clients(conn: &mut Conn, query: &ListQuery, limit: usize) -> Result<(Vec<FoundClient>, bool), StoreError> {
    /// Bookings that are looked at.
    const MOST: usize = 1_000;
    let found: Vec<(String, String, String, Option<Id>, Instant)> = query.clients(conn, MOST as i64)?;
    let more = found.len() == MOST;
    let mut clients = each_once(found.into_iter().filter_map(|(name, email, phone, user, start_at)| {
        let key = ClientKey::of(&email, &phone, user.map(|id| id.0.into()))?;
        Some(FoundClient { key, name, email, phone, start_at: start_at.0 })
    }));
    let more = more || clients.len() > limit;
    clients.truncate(limit);
    Ok((clients, more))
}

/// The clients of some rows of a list, each once, in their order.
#[must_use]
pub fn among(rows: &[ListRow]) -> Vec<FoundClient> {
    each_once(rows.iter().filter_map(|row| {
        Some(FoundClient {
            key: ClientKey::of(&row.client_email, &row.client_phone, row.client_user_id)?,
            name: row.client_name.clone(),
            email: row.client_email.clone(),
            phone: row.client_phone.clone(),
            start_at: row.start_at,
        })
    }))
}

fn each_once(found: impl Iterator<Item = FoundClient>) -> Vec<FoundClient> {
    let mut seen = std::collections::HashSet::new();
    found.filter(|client| seen.insert(client.key.clone())).collect()
}
