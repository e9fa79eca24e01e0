//! `history`: what happened to a booking, or what it was at a moment.

use bookings_core::event::Change;
use bookings_core::{Booking, Event, Reference};
use bookings_db::Scope;
use bookings_db::bookings::find;
use bookings_db::history::{events, state_at};
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde_json::Value;

use crate::cli::{Failure, print};
use crate::doctor::current;
use crate::forms::parse_start;
use crate::settings::Settings;

/// Prints every event of the booking, oldest first; or, with `at`, its fields as they were then.
///
/// # Errors
/// No such booking, or none yet at that moment; a time that can't be read; the store's.
pub fn run(settings: &Settings, reference: &str, at: Option<&str>) -> Result<(), Failure> {
    let zone = settings.time_zone;
    let parsed = Reference::parse(reference)
        .ok_or_else(|| Failure::Usage(format!("{reference:?} is no reference, such as BK-2026-7Z3K9QXA")))?;
    let at = at.map(|text| moment(text, zone)).transpose()?;
    let pools = current(settings)?;
    let found = pools.read(|conn| find(conn, &(&parsed).into(), Scope::All))?;
    let booking = found.ok_or_else(|| Failure::Refused(format!("there is no booking {parsed}")))?;
    let text = match at {
        None => all(&booking, &pools.read(|conn| events(conn, booking.id, None, u32::MAX))?, zone),
        Some(at) => {
            let state = pools.read(|conn| state_at(conn, booking.id, at))?.ok_or_else(|| {
                let (made, asked) = (stamp(booking.created_at, zone), stamp(at, zone));
                Failure::Refused(format!("{parsed} was made at {made}: at {asked} there was none"))
            })?;
            let mut text = format!("{parsed} at {}, as {} left it\n", stamp(at, zone), headline(&state.event, zone));
            if state.erased {
                text.push_str("personal values were erased since: name, e-mail, phone and notes are not known\n");
            }
            for (field, value) in &state.fields {
                text.push_str(&format!("{field}: {}\n", shown(value, zone)));
            }
            text
        }
    };
    print(&text)
}

/// An RFC 3339 instant, or a time on the clocks of `zone`.
fn moment(text: &str, zone: Tz) -> Result<DateTime<Utc>, Failure> {
    parse_start(text, None, zone).map_err(|refusal| {
        Failure::Usage(format!(
            "--at {text:?}: {} An offset, such as 10:15:00-04:00, is taken too.",
            refusal.sentence(zone)
        ))
    })
}

fn all(booking: &Booking, newest_first: &[Event], zone: Tz) -> String {
    let mut text = format!("{}: {} events\n", booking.reference, newest_first.len());
    for event in newest_first.iter().rev() {
        text.push_str(&headline(event, zone));
        text.push('\n');
        if !event.message.is_empty() {
            text.push_str(&format!("    message: {}\n", shown(&Value::from(event.message.as_str()), zone)));
        }
        for (field, Change { old, new }) in event.data.changes.iter().chain(&event.personal) {
            let old = if old.is_null() { String::new() } else { format!("{} -> ", shown(old, zone)) };
            text.push_str(&format!("    {field}: {old}{}\n", shown(new, zone)));
        }
        if !event.data.overrides.is_empty() {
            let codes: Vec<&str> = event.data.overrides.iter().map(|code| code.as_str()).collect();
            let reason = Value::from(event.data.override_reason.as_str());
            text.push_str(&format!("    set aside: {}, because {reason}\n", codes.join(", ")));
        }
    }
    text
}

/// "2 2026-11-23T10:15:00-04:00 CANCELLED by Olive".
fn headline(event: &Event, zone: Tz) -> String {
    let who = event.actor_name.escape_debug();
    format!("{} {} {} by {who}", event.version, stamp(event.at, zone), event.event_type.as_str())
}

fn stamp(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

/// As JSON, on one line; instants on the clocks of `zone`.
fn shown(value: &Value, zone: Tz) -> String {
    let instant = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    instant.map_or_else(|| value.to_string(), |at| stamp(at.to_utc(), zone))
}
