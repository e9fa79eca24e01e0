//! Bookings as far as verbs and rules look at them: what takes longest to read of tens of thousands is what nobody asks.

use std::collections::HashMap;

use bookings_core::{Booking, BookingId, Client, ProviderId, Reference, ServiceId, Snapshot};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment};
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use serde_json::Value;
use uuid::Uuid;

use super::{Order, What};
use crate::bookings::whole::addons_of;
use crate::commands::Deed;
use crate::connection::{Conn, MultiBackend, known_by_text};
use crate::error::StoreError;
use crate::rows::{AddonRow, count, reference, status};
use crate::scope::Scope;
use crate::types::{DbInstant, DbUuid, Id, Instant};

/// Stands for the currency, with which only add-ons that are asked for have to do.
const ANY_CURRENCY: &str = "EUR";

/// What looks at a column.
#[derive(Clone, Copy)]
enum For {
    Everything,
    Cancelling,
    Moving,
    /// The duplicate guard.
    Guard,
    Undoing,
}

impl For {
    fn is_needed(self, what: &What, guard: bool) -> bool {
        match self {
            _ if matches!(what, What::Undo) => true,
            For::Everything => true,
            For::Cancelling => matches!(what, What::Cancel { .. }),
            For::Moving => what.moves(),
            For::Guard => what.moves() && guard,
            For::Undoing => false,
        }
    }
}

/// What is read of a booking: the columns of [`SlimRow`], in its order. One that nothing looks at is read as none: to
/// hand over all of them takes as long as to find the booking.
const COLUMNS: [(&str, For); 23] = [
    ("id", For::Everything),
    ("reference", For::Moving),
    ("tenant_id", For::Everything),
    ("service_id", For::Everything),
    ("provider_id", For::Everything),
    ("client_email", For::Guard),
    ("client_phone", For::Guard),
    ("client_user_id", For::Guard),
    ("start_at", For::Everything),
    ("end_at", For::Everything),
    ("duration_minutes", For::Undoing),
    ("buffer_before_minutes", For::Moving),
    ("buffer_after_minutes", For::Moving),
    ("status", For::Everything),
    ("status_before_cancel", For::Undoing),
    ("shared", For::Moving),
    ("cancellation_allowed", For::Cancelling),
    ("cancellation_notice_minutes", For::Cancelling),
    ("reschedule_allowed", For::Moving),
    ("reschedule_notice_minutes", For::Moving),
    ("party_size", For::Undoing),
    ("capacity_consumed", For::Moving),
    ("version", For::Everything),
];

/// Their types.
type SlimSql = (
    DbUuid,
    Nullable<Text>,
    Nullable<DbUuid>,
    DbUuid,
    DbUuid,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<DbUuid>,
    DbInstant,
    DbInstant,
    Nullable<Integer>,
    Nullable<Integer>,
    Nullable<Integer>,
    Text,
    Nullable<Text>,
    Nullable<Bool>,
    Nullable<Bool>,
    Nullable<Integer>,
    Nullable<Bool>,
    Nullable<Integer>,
    Nullable<Integer>,
    Nullable<Integer>,
    BigInt,
);

#[derive(Queryable)]
struct SlimRow {
    id: Id,
    reference: Option<String>,
    tenant_id: Option<Id>,
    service_id: Id,
    provider_id: Id,
    client_email: Option<String>,
    client_phone: Option<String>,
    client_user_id: Option<Id>,
    start_at: Instant,
    end_at: Instant,
    duration_minutes: Option<i32>,
    buffer_before_minutes: Option<i32>,
    buffer_after_minutes: Option<i32>,
    status: String,
    status_before_cancel: Option<String>,
    shared: Option<bool>,
    cancellation_allowed: Option<bool>,
    cancellation_notice_minutes: Option<i32>,
    reschedule_allowed: Option<bool>,
    reschedule_notice_minutes: Option<i32>,
    party_size: Option<i32>,
    capacity_consumed: Option<i32>,
    version: i64,
}

/// Between which places items are, themselves not among them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Places {
    pub after: Option<i64>,
    pub before: Option<i64>,
}

impl Places {
    /// Those that come after `last` where they are gone through `backwards` or not.
    pub(super) fn beyond(last: Option<i64>, backwards: bool) -> Places {
        match backwards {
            true => Places { before: last, ..Places::default() },
            false => Places { after: last, ..Places::default() },
        }
    }
}

/// Open items of a selection, each with its booking.
///
/// PostgreSQL looks up one after the other, whatever it thinks: of a table that has just been filled it knows too little,
/// and would read all bookings for each batch.
struct OpenItems<'a> {
    selection: Id,
    what: &'a What,
    guard: bool,
    places: Places,
    limit: i64,
}

known_by_text!(OpenItems<'_>);

impl QueryFragment<MultiBackend> for OpenItems<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT item.place, item.version");
        for (column, looked_at_by) in COLUMNS {
            match looked_at_by.is_needed(self.what, self.guard) {
                true => {
                    out.push_sql(", booking.");
                    out.push_sql(column);
                }
                false => out.push_sql(", NULL"),
            }
        }
        out.push_sql(
            " FROM (SELECT place, version, booking_seq FROM selection_item WHERE outcome IS NULL AND selection_id = ",
        );
        out.push_bind_param::<DbUuid, _>(&self.selection)?;
        for (bound, side) in [(&self.places.after, " AND place > "), (&self.places.before, " AND place < ")] {
            if let Some(place) = bound {
                out.push_sql(side);
                out.push_bind_param::<BigInt, _>(place)?;
            }
        }
        out.push_sql(if self.what.backwards() { " ORDER BY place DESC LIMIT " } else { " ORDER BY place LIMIT " });
        out.push_bind_param::<BigInt, _>(&self.limit)?;
        out.push_sql(") AS item LEFT JOIN ");
        out.push_sql(match out.backend() {
            MultiBackend::Pg(_) => {
                "LATERAL (SELECT * FROM booking WHERE booking.seq = item.booking_seq OFFSET 0) AS booking ON true"
            }
            MultiBackend::Lite(_) => "booking ON booking.seq = item.booking_seq",
        });
        Ok(())
    }
}

impl Query for OpenItems<'_> {
    type SqlType = (BigInt, BigInt, Nullable<SlimSql>);
}

impl RunQueryDsl<Conn> for OpenItems<'_> {}

/// An item with its booking as far as it is judged, where there still is one that the scope sees.
pub(super) struct Item {
    pub place: i64,
    pub version: i64,
    pub booking: Option<Booking>,
}

impl Item {
    /// Its booking and what is done to it; `None` where there is neither.
    pub(super) fn deed(&self, order: &Order) -> Option<(&Booking, Deed)> {
        let booking = self.booking.as_ref()?;
        Some((booking, order.what.deed(booking, self.version, &order.overrides)?))
    }

    fn start(&self) -> Option<DateTime<Utc>> {
        self.booking.as_ref().map(|booking| booking.start_at)
    }

    /// The shared start that it may leave only together with the others who are there.
    fn slot(&self, what: &What) -> Option<(ProviderId, ServiceId, DateTime<Utc>)> {
        let there = self.booking.as_ref().filter(|one| what.leaves() && one.shared && one.status.is_active())?;
        Some((there.provider_id, there.service_id, there.start_at))
    }
}

/// Items by who goes together, in order of the first of each: those of a shared start that is left, everybody else alone.
pub(super) fn groups<'a>(what: &What, items: &'a [Item]) -> Vec<Vec<&'a Item>> {
    let mut groups: Vec<Vec<&Item>> = Vec::with_capacity(items.len());
    let mut nths = HashMap::new();
    for item in items {
        let nth = match item.slot(what) {
            Some(slot) => *nths.entry(slot).or_insert(groups.len()),
            None => groups.len(),
        };
        match groups.get_mut(nth) {
            Some(group) => group.push(item),
            None => groups.push(vec![item]),
        }
    }
    groups
}

/// Of those `held` and the `next` ones as many as can be gone through: whoever starts with the last of them may not be read
/// yet, and is held.
pub(super) fn whole_starts(what: &What, held: &mut Vec<Item>, next: Vec<Item>) -> Vec<Item> {
    held.extend(next);
    let last = held.last().and_then(Item::start).filter(|_| what.leaves());
    let same = held.iter().rev().take_while(|item| last.is_some() && item.start() == last).count();
    let rest = held.split_off(held.len() - same);
    std::mem::replace(held, rest)
}

/// Of which selection items are read, what for, and what of it is seen.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub selection: Uuid,
    pub what: &'a What,
    /// Whether there is a duplicate guard.
    pub guard: bool,
    pub scope: Scope,
}

impl Reading<'_> {
    /// Up to `limit` items without an outcome within `places`, in the order in which `what` goes through them, with their
    /// bookings. What `what` does not look at is left empty, the client where there is no duplicate guard, and add-ons except
    /// where their change is taken back, their minutes being among those of the service: such a booking is judged, never
    /// shown and never written.
    pub(super) fn open_items(&self, conn: &mut Conn, places: Places, limit: i64) -> Result<Vec<Item>, StoreError> {
        let Reading { selection, what, guard, scope } = *self;
        let query = OpenItems { selection: Id(selection), what, guard, places, limit };
        let mut found: Vec<(i64, i64, Option<SlimRow>)> = query.load(conn)?;
        // A join promises no order.
        found.sort_by_key(|(place, ..)| if what.backwards() { -place } else { *place });
        let ids = || found.iter().filter_map(|(.., row)| row.as_ref()).map(|row| row.id).collect();
        let mut addons = matches!(what, What::Undo).then(|| addons_of(conn, ids())).transpose()?;
        let item = |(place, version, row): (i64, i64, Option<SlimRow>)| {
            let seen = row.filter(|row| scope.sees(row.tenant_id.map(|id| id.0.into())));
            let whole = |row: SlimRow| {
                let own = addons.as_mut().map(|addons| addons.remove(&row.id).unwrap_or_default());
                row.into_core(own)
            };
            let booking = seen.map(whole).transpose()?;
            Ok(Item { place, version, booking })
        };
        found.into_iter().map(item).collect()
    }
}

impl SlimRow {
    /// With its add-ons; without, as if the service lasted as long as the booking does.
    fn into_core(self, addons: Option<Vec<AddonRow>>) -> Result<Booking, StoreError> {
        let minutes = |minutes: Option<i32>| count(minutes.unwrap_or(0));
        let whole = (self.end_at.0 - self.start_at.0).num_minutes();
        let duration_minutes = match addons {
            Some(_) => minutes(self.duration_minutes),
            None => u32::try_from(whole).unwrap_or(0),
        };
        Ok(Booking {
            id: BookingId(self.id.0),
            reference: self.reference.map_or_else(|| Ok(Reference::new(1970, 0)), |text| reference(&text))?,
            tenant_id: self.tenant_id.map(|id| id.0.into()),
            service_id: self.service_id.0.into(),
            provider_id: self.provider_id.0.into(),
            client: Client {
                name: String::new(),
                email: self.client_email.unwrap_or_default(),
                phone: self.client_phone.unwrap_or_default(),
                user_id: self.client_user_id.map(|id| id.0.into()),
            },
            start_at: self.start_at.0,
            end_at: self.end_at.0,
            status: status(&self.status)?,
            status_before_cancel: self.status_before_cancel.as_deref().map(status).transpose()?,
            shared: self.shared.unwrap_or(false),
            party_size: self.party_size.map_or(1, count),
            capacity_consumed: self.capacity_consumed.map_or(1, count),
            snapshot: Snapshot {
                duration_minutes,
                buffer_before_minutes: minutes(self.buffer_before_minutes),
                buffer_after_minutes: minutes(self.buffer_after_minutes),
                requires_approval: false,
                cancellation_allowed: self.cancellation_allowed.unwrap_or(true),
                cancellation_notice_minutes: minutes(self.cancellation_notice_minutes),
                reschedule_allowed: self.reschedule_allowed.unwrap_or(true),
                reschedule_notice_minutes: minutes(self.reschedule_notice_minutes),
                pricing_type: String::new(),
                price_minor: None,
                currency: crate::rows::currency(ANY_CURRENCY)?,
            },
            addons: addons.into_iter().flatten().map(AddonRow::into_core).collect::<Result<_, _>>()?,
            notes_internal: String::new(),
            notes_client: String::new(),
            metadata: Value::Null,
            version: self.version,
            chain_hash: [0; 32],
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            created_by: None,
        })
    }
}
