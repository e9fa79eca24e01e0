//! A decision becomes rows: booking, add-ons, event and its personal values, in one round trip where the database allows.

use bookings_core::{Booking, CreateBooking, Event};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

use crate::audit::{self, AuditKind, Entry};
use crate::connection::{Conn, known_by_text};
use crate::error::StoreError;
use crate::rows::{AddonRow, BookingChange, BookingRow, EventRow, PersonalRow};
use crate::schema::{booking, booking_addon, booking_event, booking_event_personal};
use crate::search::search_text;
use crate::types::Id;

/// Statements that PostgreSQL runs as one: all but the last as data-modifying `WITH` queries.
struct Together<'a>(Vec<Box<dyn QueryFragment<Pg> + 'a>>);

impl QueryFragment<Pg> for Together<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Some((last, before)) = self.0.split_last() else { return Ok(()) };
        for (place, statement) in before.iter().enumerate() {
            out.push_sql(if place == 0 { "WITH " } else { ", " });
            out.push_identifier(&format!("part{place}"))?;
            out.push_sql(" AS (");
            statement.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        out.push_sql(" ");
        last.walk_ast(out)
    }
}

known_by_text!(Together<'_>);

impl RunQueryDsl<PgConnection> for Together<'_> {}

/// A booking without add-ons, the personal values of its event and the event, as one statement. Its text is the same for
/// every booking, so diesel finds what PostgreSQL has prepared by the type and needn't write the text again to compare it.
struct NewBooking<B, P, E>(B, P, E);

impl<B: QueryFragment<Pg>, P: QueryFragment<Pg>, E: QueryFragment<Pg>> QueryFragment<Pg> for NewBooking<B, P, E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH part0 AS (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql("), part1 AS (");
        self.1.walk_ast(out.reborrow())?;
        out.push_sql(") ");
        self.2.walk_ast(out)
    }
}

impl<B, P, E> QueryId for NewBooking<B, P, E> {
    type QueryId = NewBooking<(), (), ()>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<B, P, E> RunQueryDsl<PgConnection> for NewBooking<B, P, E> {}

/// Writes a new booking with its event; `idempotency` is the key and digest of its command, where it has a key.
pub(crate) fn insert(conn: &mut Conn, new: &Booking, event: &Event, command: &CreateBooking) -> Result<(), StoreError> {
    let row = BookingRow::of(new);
    let digest = command.idempotency_key.as_ref().map(|_| command.digest().to_vec());
    let extra = (
        booking::idempotency_key.eq(command.idempotency_key.clone()),
        booking::idempotency_digest.eq(digest),
        booking::search_text.eq(search_text(new)),
    );
    keep_overrides(conn, new, event)?;
    let addons = AddonRow::all_of(new);
    let personal = PersonalRow::of(event);
    let event = EventRow::of(event);
    match conn {
        Conn::Pg(conn) => {
            let new = diesel::insert_into(booking::table).values((row, extra));
            match personal {
                Some(personal) if addons.is_empty() => {
                    let personal = diesel::insert_into(booking_event_personal::table).values(personal);
                    let event = diesel::insert_into(booking_event::table).values(event);
                    NewBooking(new, personal, event).execute(conn)?;
                }
                personal => {
                    let mut parts: Vec<Box<dyn QueryFragment<Pg>>> = vec![Box::new(new)];
                    parts.extend(addon_parts(addons));
                    parts.extend(event_parts(event, personal));
                    Together(parts).execute(conn)?;
                }
            }
        }
        Conn::Lite(conn) => {
            diesel::insert_into(booking::table).values((row, extra)).execute(conn)?;
            for addon in addons {
                diesel::insert_into(booking_addon::table).values(addon).execute(conn)?;
            }
            insert_event(conn, event, personal)?;
        }
    }
    Ok(())
}

/// Writes a changed booking with its event.
pub(crate) fn update(conn: &mut Conn, before: &Booking, after: &Booking, event: &Event) -> Result<(), StoreError> {
    keep_overrides(conn, after, event)?;
    let own = booking::table.filter(booking::id.eq(Id(after.id.0)));
    let change = BookingChange::of(after);
    let personal = PersonalRow::of(event);
    let event = EventRow::of(event);
    let addons = (before.addons != after.addons).then(|| AddonRow::all_of(after));
    if addons.is_some() {
        let of_booking = booking_addon::table.filter(booking_addon::booking_id.eq(Id(after.id.0)));
        diesel::delete(of_booking).execute(conn)?;
    }
    let addons = addons.unwrap_or_default();
    match conn {
        Conn::Pg(conn) => {
            let mut parts: Vec<Box<dyn QueryFragment<Pg>>> = Vec::new();
            parts.push(Box::new(diesel::update(own).set(change)));
            parts.extend(addon_parts(addons));
            parts.extend(event_parts(event, personal));
            Together(parts).execute(conn)?;
        }
        Conn::Lite(conn) => {
            diesel::update(own).set(change).execute(conn)?;
            for addon in addons {
                diesel::insert_into(booking_addon::table).values(addon).execute(conn)?;
            }
            insert_event(conn, event, personal)?;
        }
    }
    Ok(())
}

/// Who set rules aside is in the audit too. The reason, which may name a person, is in the event alone.
fn keep_overrides(conn: &mut Conn, booking: &Booking, event: &Event) -> Result<(), StoreError> {
    if event.data.overrides.is_empty() {
        return Ok(());
    }
    let rules: Vec<&str> = event.data.overrides.iter().map(|code| code.as_str()).collect();
    let entry = Entry {
        kind: AuditKind::Overridden,
        actor_id: event.actor_id,
        actor_name: &event.actor_name,
        tenant_id: booking.tenant_id,
        subject: booking.reference.as_str(),
        address: "",
    };
    audit::append(conn, &entry, serde_json::json!({ "rules": rules.join(", ") }), event.at)
}

fn addon_parts(addons: Vec<AddonRow>) -> impl Iterator<Item = Box<dyn QueryFragment<Pg>>> {
    addons.into_iter().map(|addon| -> Box<dyn QueryFragment<Pg>> {
        Box::new(diesel::insert_into(booking_addon::table).values(addon))
    })
}

/// The event last: it is what every write has.
fn event_parts(event: EventRow, personal: Option<PersonalRow>) -> Vec<Box<dyn QueryFragment<Pg>>> {
    let mut parts: Vec<Box<dyn QueryFragment<Pg>>> = Vec::new();
    if let Some(personal) = personal {
        parts.push(Box::new(diesel::insert_into(booking_event_personal::table).values(personal)));
    }
    parts.push(Box::new(diesel::insert_into(booking_event::table).values(event)));
    parts
}

fn insert_event(conn: &mut SqliteConnection, event: EventRow, personal: Option<PersonalRow>) -> QueryResult<()> {
    diesel::insert_into(booking_event::table).values(event).execute(conn)?;
    if let Some(personal) = personal {
        diesel::insert_into(booking_event_personal::table).values(personal).execute(conn)?;
    }
    Ok(())
}
