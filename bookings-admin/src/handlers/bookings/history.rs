//! Events as a page shows them: fields by their labels, values in words.

use bookings_core::{Booking, Currency, Event, EventType, Money, Status};
use bookings_db::{Scope, Store, StoreError};
use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

use crate::present;
use crate::views::bookings::{Change, HistoryEvent};

/// Names by id, of whatever values mention.
#[derive(Debug, Clone, Default)]
pub struct Names(HashMap<Uuid, String>);

impl Names {
    /// The names of a booking's service, provider and tenant, and of every id among `values` and `ids`.
    pub fn load<'a>(
        store: &Store,
        booking: &Booking,
        values: impl Iterator<Item = &'a Value>,
        ids: &'a [String],
    ) -> Result<Names, StoreError> {
        let mentioned = values.filter_map(Value::as_str).chain(ids.iter().map(String::as_str));
        let mut providers: Vec<_> = mentioned.filter_map(|text| Uuid::try_parse(text).ok()).map(Into::into).collect();
        providers.push(booking.provider_id);
        providers.sort();
        providers.dedup();
        let tenants: Vec<_> = booking.tenant_id.into_iter().collect();
        let names = store
            .pools
            .read(|conn| store.catalogue.names(conn, Scope::All, &[booking.service_id], &providers, &tenants))?;
        Ok(Names(names.by_id().collect()))
    }

    /// A name, or the id where nothing of that id is left.
    pub fn of(&self, id: Uuid) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
}

/// "Rescheduled".
pub fn event_title(event_type: EventType) -> &'static str {
    match event_type {
        EventType::Created => "Booked",
        EventType::Confirmed => "Confirmed",
        EventType::Cancelled => "Cancelled",
        EventType::Rescheduled => "Rescheduled",
        EventType::Completed => "Completed",
        EventType::NoShow => "Marked as no-show",
        EventType::NoteAdded => "Note",
        EventType::Edited => "Edited",
        EventType::Reinstated => "Reinstated",
    }
}

/// A field's label.
pub fn label(field: &str) -> String {
    match field {
        "start_at" => "Start".into(),
        "end_at" => "End".into(),
        "provider_id" => "Provider".into(),
        "service_id" => "Service".into(),
        "party_size" => "People".into(),
        "capacity_consumed" => "Seats held".into(),
        "client_name" => "Name".into(),
        "client_email" => "E-mail".into(),
        "client_phone" => "Phone".into(),
        "notes_internal" => "Internal notes".into(),
        "notes_client" => "Client\u{2019}s notes".into(),
        "addons" => "Add-ons".into(),
        other => {
            let words = other.replace('_', " ");
            let mut chars = words.chars();
            chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
        }
    }
}

/// A value in words; nothing for null.
pub fn value_text(field: &str, value: &Value, names: &Names, zone: Tz) -> String {
    let time = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|at| present::stamp(at.to_utc(), zone));
    match (field, value) {
        (_, Value::Null) => String::new(),
        ("start_at" | "end_at", Value::String(text)) => time(text).unwrap_or_else(|| text.clone()),
        ("provider_id" | "service_id" | "tenant_id", Value::String(text)) => {
            Uuid::try_parse(text).map_or_else(|_| text.clone(), |id| names.of(id))
        }
        ("status", Value::String(text)) => {
            Status::parse(text).map_or_else(|| text.clone(), |status| present::chip(status).label().into())
        }
        ("addons", Value::Array(addons)) => {
            let name = |addon: &Value| addon.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            if addons.is_empty() { "none".into() } else { addons.iter().map(name).collect::<Vec<_>>().join(", ") }
        }
        (_, Value::String(text)) => text.clone(),
        (_, Value::Bool(yes)) => if *yes { "yes" } else { "no" }.into(),
        (_, other) => other.to_string(),
    }
}

/// What of an event's changes a person wants to read: not what follows from the rest, nor a whole new booking.
fn worth_reading(event: &Event, field: &str) -> bool {
    event.event_type != EventType::Created
        && !matches!(field, "status_before_cancel")
        && !(field == "end_at" && event.data.changes.contains_key("start_at"))
}

/// An event as shown.
pub fn shown(event: &Event, names: &Names, zone: Tz) -> HistoryEvent {
    let changes = event.data.changes.iter().chain(&event.personal);
    HistoryEvent {
        title: event_title(event.event_type).into(),
        kind: event.event_type.as_str().into(),
        who: event.actor_name.clone(),
        at: present::stamp(event.at, zone),
        at_iso: present::iso(event.at),
        message: event.message.clone(),
        changes: changes
            .filter(|(field, _)| worth_reading(event, field))
            .map(|(field, change)| Change {
                field: label(field),
                old: value_text(field, &change.old, names, zone),
                new: value_text(field, &change.new, names, zone),
            })
            .collect(),
        overrides: event.data.overrides.iter().map(|code| code.as_str().replace('_', " ")).collect(),
        override_reason: event.data.override_reason.clone(),
    }
}

/// "TTD 250.00", or nothing.
pub fn price(minor: Option<i64>, currency: Currency) -> String {
    minor.map(|minor| Money { minor, currency }.to_string()).unwrap_or_default()
}

/// Values of a page's events that may be ids.
pub fn mentioned(events: &[Event]) -> impl Iterator<Item = &Value> {
    let changes = events.iter().flat_map(|event| &event.data.changes);
    changes.filter(|(field, _)| field.as_str() == "provider_id").flat_map(|(_, change)| [&change.old, &change.new])
}

/// When an event page continues: the version of its oldest event, where older ones exist.
pub fn older_than(events: &[Event]) -> Option<i64> {
    events.last().map(|event| event.version).filter(|version| *version > 1)
}
