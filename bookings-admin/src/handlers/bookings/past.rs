//! `GET /bookings/{reference}/history?at=`: a booking as it was at a moment.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::local_time::Fold;
use bookings_core::{Booking, Concern, Currency, Refusal, Status};
use bookings_db::history::{PastState, state_at};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::booking_of;
use super::history::{Names, event_title, label, price, value_text};
use crate::app::AppState;
use crate::auth::{Action, Signed};
use crate::error::PageError;
use crate::forms::{local_text, parse_start};
use crate::handlers::run::run;
use crate::present;
use crate::raw_form::RawForm;
use crate::views::bookings::{Fact, Past, PastPage};
use crate::views::refusal::place;
use crate::views::{Choice, Field, Section, page_with_status};

/// What a person looks for first; the rest follows by name.
const FIRST: [&str; 13] = [
    "start_at",
    "end_at",
    "service_id",
    "provider_id",
    "tenant_id",
    "client_name",
    "client_email",
    "client_phone",
    "notes_internal",
    "notes_client",
    "addons",
    "party_size",
    "capacity_consumed",
];
/// In the page's heading, or of no use to a person.
const LEFT_OUT: [&str; 4] = ["status", "reference", "status_before_cancel", "currency"];

/// The booking at `at` (an instant, or a time on the clocks of the zone with `at_fold` in a repeated hour); now without it.
///
/// # Errors
/// Not found; the store's. A time that can't be read is told at its field, with 422.
pub async fn past(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    reference: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::Read)?;
    let query = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let (zone, scope) = (signed.zone(), signed.scope());
    let typed = query.get("at").trim().to_owned();
    let asked = match typed.as_str() {
        "" => Ok(Utc::now()),
        text => parse_start(text, Fold::parse(query.get("at_fold")), zone),
    };
    let moment = asked.as_ref().ok().copied();
    let (booking, found, names) = run(&state.store, move |store| {
        let booking = booking_of(store, &reference, scope)?;
        let found = match moment {
            Some(at) => store.pools.read(|conn| state_at(conn, booking.id, at))?,
            None => None,
        };
        let provider = found.as_ref().and_then(|state| state.fields.get("provider_id"));
        let names = Names::load(store, &booking, provider.into_iter(), &[])?;
        Ok::<_, PageError>((booking, found, names))
    })
    .await?;
    let reference = booking.reference.to_string();
    let shell = signed.shell(&format!("{reference} as it was"), Some(Section::Bookings));
    let mut answer = PastPage {
        moment: Field::text("at", "Moment").kind("datetime-local").required(),
        shell,
        summary: None,
        fold: Vec::new(),
        state: None,
        none: String::new(),
        reference,
    };
    let mut status = StatusCode::OK;
    match asked {
        Ok(at) => {
            answer.moment.value = shown_moment(&typed, at, zone);
            match &found {
                Some(found) => answer.state = Some(past_of(&booking, found, at, &names, zone)),
                None => {
                    answer.none = format!(
                        "It was booked {}: before that there was none.",
                        present::stamp(booking.created_at, zone)
                    )
                }
            }
        }
        Err(refusal) => {
            status = StatusCode::UNPROCESSABLE_ENTITY;
            answer.moment.value = typed;
            refuse(&mut answer, &refusal, zone);
        }
    }
    Ok(page_with_status(status, &answer))
}

/// What was typed, as it was; an instant as the first whole minute that has it behind it.
fn shown_moment(typed: &str, at: DateTime<Utc>, zone: Tz) -> String {
    let is_instant = typed.is_empty() || DateTime::parse_from_rfc3339(typed).is_ok();
    if !is_instant {
        return typed.to_owned();
    }
    let next = at.checked_add_signed(TimeDelta::microseconds(59_999_999)).unwrap_or(at);
    local_text(next, zone)
}

fn refuse(answer: &mut PastPage, refusal: &Refusal, zone: Tz) {
    if let Concern::Ambiguous { earlier, later, .. } = &refusal.concerns {
        let choice = |value: &str, label: &str, at: &DateTime<Utc>| {
            Choice::new(value, label, false).detail(at.with_timezone(&zone).format("%H:%M %Z").to_string())
        };
        answer.fold = vec![choice("earlier", "The earlier", earlier), choice("later", "The later", later)];
    }
    let mut shown = present::refusal(refusal, zone);
    shown.field = "at".into();
    let mut fields = [answer.moment.slot()];
    answer.summary = place("There is no such moment", vec![shown], &mut fields);
}

fn past_of(booking: &Booking, found: &PastState, at: DateTime<Utc>, names: &Names, zone: Tz) -> Past {
    let event = &found.event;
    let status = found.fields.get("status").and_then(Value::as_str).and_then(Status::parse);
    Past {
        at: present::stamp(at, zone),
        at_iso: present::iso(at),
        status: present::chip(status.unwrap_or(booking.status)),
        made_by: format!(
            "Version {}: {} by {}, {}",
            event.version,
            event_title(event.event_type).to_lowercase(),
            event.actor_name,
            present::stamp(event.at, zone)
        ),
        facts: facts(&found.fields, &booking.fields(), names, zone),
        erased: found.erased,
    }
}

fn facts(then: &Map<String, Value>, now: &Map<String, Value>, names: &Names, zone: Tz) -> Vec<Fact> {
    let rest = then.keys().map(String::as_str).filter(|field| !FIRST.contains(field) && !LEFT_OUT.contains(field));
    let fields = FIRST.into_iter().filter(|field| then.contains_key(*field)).chain(rest);
    let fact = |field: &str| {
        let (was, is) = (shown(field, then, names, zone), shown(field, now, names, zone));
        let detail = if was == is { String::new() } else { format!("now {is}") };
        let name = label(field);
        let name = name.strip_suffix(" minutes").or_else(|| name.strip_suffix(" minor")).unwrap_or(&name);
        Fact::new(name, was).detail(detail)
    };
    fields.map(fact).collect()
}

/// A value in words, with its unit.
fn shown(field: &str, fields: &Map<String, Value>, names: &Names, zone: Tz) -> String {
    let value = fields.get(field).unwrap_or(&Value::Null);
    let currency = || fields.get("currency").and_then(Value::as_str).and_then(Currency::parse);
    let text = match (field, value.as_i64()) {
        ("price_minor", Some(minor)) => currency().map(|currency| price(Some(minor), currency)),
        (field, Some(minutes)) if field.ends_with("_minutes") => Some(present::minutes(minutes)),
        _ => None,
    };
    let text = text.unwrap_or_else(|| value_text(field, value, names, zone));
    if text.is_empty() || text == "{}" { "nothing".into() } else { text }
}
