//! 409: what the person saw, what it is now, what they typed.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use bookings_core::{Booking, Concern, Refusals};
use bookings_db::history;
use chrono::Utc;
use serde_json::Value;
use uuid::Uuid;

use super::choices::provider_name;
use super::history::{Names, event_title, label, value_text};
use crate::app::AppState;
use crate::auth::Signed;
use crate::error::PageError;
use crate::handlers::run::run;
use crate::present;
use crate::raw_form::RawForm;
use crate::views::bookings::{ConflictPage, ConflictRow};
use crate::views::{Hidden, Link, Section, page_with_status};

/// Fields a person types, in the order of the form.
const TYPED: [&str; 9] = [
    "start_at",
    "provider_id",
    "party_size",
    "capacity_consumed",
    "client_name",
    "client_email",
    "client_phone",
    "notes_internal",
    "notes_client",
];

/// The page that shows both versions and lets the person put theirs on top.
pub async fn conflict(
    state: &AppState,
    signed: &Signed,
    booking: &Booking,
    refusals: &Refusals,
    form: &RawForm,
    action: String,
    apply: &str,
) -> Result<HttpResponse, PageError> {
    let stale = refusals.reasons.iter().find_map(|refusal| match &refusal.concerns {
        Concern::Stale { current, changed, .. } => Some((*current, changed.clone())),
        _ => None,
    });
    let (current, changed) = stale.unwrap_or_default();
    let (id, zone) = (booking.id, signed.zone());
    let (newest, names) = run(&state.store, {
        let booking = booking.clone();
        let mine = form.get("provider_id").to_owned();
        let changed = changed.clone();
        let scope = signed.scope();
        move |store| {
            // The name of another tenant's provider is not theirs to read.
            let mine = match Uuid::try_parse(&mine) {
                Ok(id) => store
                    .pools
                    .read(|conn| provider_name(conn, store.catalogue.as_ref(), scope, id.into()))?
                    .map(|_| mine),
                Err(_) => None,
            };
            let newest = store.pools.read(|conn| history::events(conn, id, None, 1))?;
            let values = changed.iter().flat_map(|(_, old, new)| [old, new]);
            let names = Names::load(store, &booking, values, mine.as_slice())?;
            Ok::<_, PageError>((newest, names))
        }
    })
    .await?;

    let shown = |field: &str, value: &Value| value_text(field, value, &names, zone);
    let fields = booking.fields();
    let mut rows: Vec<ConflictRow> = Vec::new();
    for (field, before, theirs) in changed.iter().filter(|(field, ..)| !hidden(field)) {
        rows.push(ConflictRow {
            label: label(field),
            before: shown(field, before),
            theirs: shown(field, theirs),
            mine: typed(form, field, &names, zone).unwrap_or_else(|| shown(field, before)),
        });
    }
    for field in TYPED.iter().filter(|field| !changed.iter().any(|(changed, ..)| changed == *field)) {
        let now = shown(field, fields.get(*field).unwrap_or(&Value::Null));
        if let Some(mine) = typed(form, field, &names, zone).filter(|mine| *mine != now) {
            rows.push(ConflictRow { label: label(field), before: now.clone(), theirs: now, mine });
        }
    }
    let who = newest.first().map_or_else(String::new, |event| {
        let when = present::relative(event.at, Utc::now());
        format!("{} changed it {when}: {}", event.actor_name, event_title(event.event_type))
    });
    // What I did not change is not sent again: their change of it stays.
    let untouched = |name: &str| {
        let theirs = changed.iter().find(|(field, ..)| field == name);
        theirs.is_some_and(|(_, before, _)| {
            typed(form, name, &names, zone).is_some_and(|mine| mine == shown(name, before))
        })
    };
    let addons_untouched = changed.iter().any(|(field, before, _)| field == "addons" && same_addons(form, before));
    let kept = form.fields().iter().filter(|(name, _)| match name.as_str() {
        "csrf_token" | "version" => false,
        "addon_ids" | "addons_shown" => !addons_untouched,
        name => !untouched(name),
    });
    let page = ConflictPage {
        shell: signed.shell(&format!("{} was changed meanwhile", booking.reference), Some(Section::Bookings)),
        list: Link::new("Bookings", "/bookings"),
        record: Link::new(booking.reference.as_str(), format!("/bookings/{}", booking.reference)),
        who,
        rows,
        action,
        version: current.to_string(),
        fields: kept.map(|(name, value)| Hidden::new(name, value)).collect(),
        apply: apply.into(),
    };
    Ok(page_with_status(StatusCode::CONFLICT, &page))
}

/// Whether the boxes ticked are the add-ons that were there.
fn same_addons(form: &RawForm, before: &Value) -> bool {
    let mut ticked: Vec<&str> = form.all("addon_ids").collect();
    let ids = before.as_array().into_iter().flatten().filter_map(|addon| addon.get("addon_id")?.as_str());
    let mut had: Vec<&str> = ids.collect();
    ticked.sort_unstable();
    had.sort_unstable();
    ticked == had
}

/// Fields that follow from others.
fn hidden(field: &str) -> bool {
    matches!(field, "end_at" | "status_before_cancel")
}

/// What was typed, as the other two columns show it.
fn typed(form: &RawForm, field: &str, names: &Names, zone: chrono_tz::Tz) -> Option<String> {
    let text = form.all(field).last().filter(|_| TYPED.contains(&field))?;
    Some(match field {
        "start_at" => super::form_page::wanted(form, zone).map_or(text.into(), |at| present::stamp(at, zone)),
        "provider_id" => value_text(field, &Value::String(text.into()), names, zone),
        // Emptied it means a seat a person.
        "capacity_consumed" if text.trim().is_empty() => form.get("party_size").trim().into(),
        _ => text.replace("\r\n", "\n"),
    })
}
