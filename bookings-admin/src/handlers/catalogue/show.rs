//! A record's page: what it is, what became of it, what can be done with it.

use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::event::{Change as Changed, Changes};
use bookings_db::catalogue::Choice as Known;
use bookings_db::catalogue::history::{self, Deed, Event};
use chrono_tz::Tz;
use serde_json::Value;
use uuid::Uuid;

use super::form_page::Offered;
use super::kind::Kind;
use super::record::Record;
use super::{Wanted, kind_of, load, offered};
use crate::app::AppState;
use crate::auth::{Signed, may};
use crate::error::PageError;
use crate::handlers::run::run;
use crate::present;
use crate::raw_form::RawForm;
use crate::views::bookings::{Change, Fact, HistoryEvent};
use crate::views::catalogue::CataloguePage;
use crate::views::staff::PostButton;
use crate::views::{Link, page};

/// Events of one page.
const EVENTS: u32 = 50;
/// Fields that are boxes to tick.
const BOXES: [&str; 4] = ["requires_approval", "allow_multiple_clients", "cancellation_allowed", "reschedule_allowed"];

/// A record.
///
/// # Errors
/// Forbidden; not found; the store's.
pub async fn show(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let kind = kind_of(&request)?;
    signed.require(kind.read())?;
    let query = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let before = query.get("before").parse().ok();
    let record = load(&state, &signed, kind, &id).await?;
    Ok(page(&show_page(&state, &signed, kind, &record, before).await?))
}

/// The page, with the events before that version.
pub(super) async fn show_page(
    state: &AppState,
    signed: &Signed,
    kind: Kind,
    record: &Record,
    before: Option<i64>,
) -> Result<CataloguePage, PageError> {
    let offered = offered(state, signed, kind, Wanted::of_record(record)).await?;
    let id = record.id;
    let mut events =
        run(&state.store, move |store| store.pools.read(|conn| history::events(conn, id, before, EVENTS + 1))).await?;
    let address = format!("{}/{}", kind.path(), record.id.0);
    let more = events.len() as u32 > EVENTS;
    events.truncate(EVENTS as usize);
    let older = events.last().filter(|_| more).map(|event| format!("{address}?before={}", event.version));
    let bookings = match kind {
        Kind::Service => Some(format!("/bookings?service={}", record.id.0)),
        Kind::Provider => Some(format!("/bookings?provider={}", record.id.0)),
        Kind::Tenant => Some(format!("/bookings?tenant={}", record.id.0)),
        Kind::Addon => None,
    };
    let writes = may(&signed.staff, kind.write());
    Ok(CataloguePage {
        shell: signed.shell(&record.name, Some(kind.section())),
        back: Link::new(kind.words().1, kind.path()),
        edit: writes.then(|| Link::new("Edit", format!("{address}/edit"))),
        inactive: !record.active,
        summary: None,
        facts: facts(kind, record, &offered),
        related: bookings.map(|href| Link::new("Its bookings", href)).into_iter().collect(),
        version: record.version.to_string(),
        buttons: if writes { buttons(record, &address) } else { Vec::new() },
        history: events.iter().map(|event| shown(event, &offered, signed.zone())).collect(),
        older: older.map(|href| Link::new("Older", href)),
        newer: before.map(|_| Link::new("Newest", address)),
    })
}

fn buttons(record: &Record, address: &str) -> Vec<PostButton> {
    let button =
        |verb: &str, label, help, danger| PostButton { action: format!("{address}/{verb}"), label, help, danger };
    let switch = match record.active {
        true => button("deactivate", "Switch off", "Takes no new bookings; what is booked stays", false),
        false => button("activate", "Switch on", "Takes bookings again", false),
    };
    vec![switch, button("delete", "Delete", "Only what nothing ever referred to", true)]
}

/// Fields in words: ids as names, boxes as yes or no.
fn facts(kind: Kind, record: &Record, offered: &Offered) -> Vec<Fact> {
    let plain = record.fields.iter().filter(|(field, value)| {
        !value.is_empty()
            && !BOXES.contains(field)
            && !matches!(*field, "name" | "active")
            && (*field != "currency" || record.get("price").is_empty())
    });
    let mut facts: Vec<Fact> = plain
        .map(|(field, value)| match *field {
            "price" => Fact::new("Price", format!("{} {value}", record.get("currency"))),
            field => Fact::new(&label(field), in_words(field, value, offered)),
        })
        .collect();
    match kind {
        Kind::Service => {
            facts.extend(BOXES.map(|field| Fact::new(&label(field), in_words(field, record.get(field), offered))));
        }
        Kind::Provider => {
            let names: Vec<&str> = record.offers.iter().map(|(_, name)| name.as_str()).collect();
            let text = if names.is_empty() { "every service".into() } else { names.join("\n") };
            facts.push(Fact::new("Offers", text));
        }
        Kind::Addon | Kind::Tenant => {}
    }
    facts
}

/// A form value in words.
pub(super) fn in_words(field: &str, value: &str, offered: &Offered) -> String {
    let name_of = |known: &[Known<Uuid>]| {
        known
            .iter()
            .find(|known| known.id.to_string() == value)
            .map_or_else(|| value.to_owned(), |known| known.name.clone())
    };
    match field {
        "service_id" if !value.is_empty() => name_of(&offered.services),
        "tenant_id" if !value.is_empty() => name_of(&offered.tenants),
        field if field.ends_with("_minutes") => value.parse().map_or_else(|_| value.to_owned(), present::minutes),
        field if field == "active" || BOXES.contains(&field) => if value == "on" { "yes" } else { "no" }.into(),
        _ => value.to_owned(),
    }
}

/// A kept value in words; nothing for none, but a box that is not ticked is a no.
pub(super) fn kept_in_words(field: &str, value: &Value, offered: &Offered) -> String {
    match value {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        Value::Null if field == "service_ids" => "every service".into(),
        other => in_words(field, other.as_str().unwrap_or_default(), offered),
    }
}

fn shown(event: &Event, offered: &Offered, zone: Tz) -> HistoryEvent {
    let switched = match event.changes.get("active") {
        Some(Changed { new, .. }) if event.changes.len() == 1 => Some(!new.is_null()),
        _ => None,
    };
    let title = match (event.deed, switched) {
        (Deed::Made, _) => "Made",
        (Deed::Deleted, _) => "Deleted",
        (Deed::Changed, Some(true)) => "Switched on",
        (Deed::Changed, Some(false)) => "Switched off",
        (Deed::Changed, None) => "Changed",
    };
    HistoryEvent {
        title: title.into(),
        kind: event.deed.as_str().into(),
        who: event.actor_name.clone(),
        at: present::stamp(event.at, zone),
        at_iso: present::iso(event.at),
        changes: if event.deed == Deed::Changed && switched.is_none() {
            changes(&event.changes, offered)
        } else {
            Vec::new()
        },
        ..HistoryEvent::default()
    }
}

fn changes(changes: &Changes, offered: &Offered) -> Vec<Change> {
    let change = |(field, change): (&String, &Changed)| Change {
        field: label(field),
        old: kept_in_words(field, &change.old, offered),
        new: kept_in_words(field, &change.new, offered),
    };
    changes.iter().map(change).collect()
}

/// A field's label.
pub(super) fn label(field: &str) -> String {
    let words = match field {
        "name" => "Name",
        "active" => "In use",
        "service_ids" => "Offers",
        "duration_minutes" => "Length",
        "extra_duration_minutes" => "Adds",
        "buffer_before_minutes" => "Kept free before",
        "buffer_after_minutes" => "Kept free after",
        "cancellation_notice_minutes" => "Notice to cancel",
        "reschedule_notice_minutes" => "Notice to move",
        "requires_approval" => "Waits for approval",
        "allow_multiple_clients" => "Several clients",
        "cancellation_allowed" => "May be cancelled",
        "reschedule_allowed" => "May be moved",
        "pricing_type" => "Meaning of the price",
        "capacity" => "Seats",
        "time_zone" => "Time zone",
        other => return crate::handlers::bookings::label(other),
    };
    words.into()
}
