//! The forms of a record: new, edit, refused, stale.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::Refusal;
use bookings_db::Scope;
use bookings_db::catalogue::history::{self, Event};
use bookings_db::types::Id;
use chrono::Utc;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

use super::change::save;
use super::form_page::{Offered, blank, form_page};
use super::kind::{Kind, Saved};
use super::record::Record;
use super::show::{in_words, kept_in_words, label};
use super::{Wanted, first, kind_of, load, offered};
use crate::app::AppState;
use crate::auth::Signed;
use crate::error::PageError;
use crate::handlers::auth::see;
use crate::handlers::run::run;
use crate::raw_form::RawForm;
use crate::views::bookings::{ConflictPage, ConflictRow};
use crate::views::{Hidden, Link, page, page_with_status};
use crate::{flash, present};

/// Events looked through for what changed since a form was opened.
const MOST_EVENTS: u32 = 200;

/// The form of a new record.
///
/// # Errors
/// Forbidden; the store's.
pub async fn new_form(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
) -> Result<HttpResponse, PageError> {
    let kind = kind_of(&request)?;
    signed.require(kind.write())?;
    let offered = offered(&state, &signed, kind, Wanted::default()).await?;
    let needs_tenant = state.settings.policy.tenancy && signed.scope() == Scope::All && kind != Kind::Tenant;
    if needs_tenant && offered.tenants.is_empty() {
        return Ok(page(&first::page(&format!("New {}", kind.words().0), kind.section(), Kind::Tenant, &signed)));
    }
    let form = blank(kind, signed.currency().as_str());
    let shell = signed.shell(&format!("New {}", kind.words().0), Some(kind.section()));
    Ok(page(&form_page(kind, shell, &form, &offered, None)))
}

/// The form of a record as it is.
///
/// # Errors
/// Forbidden; not found; the store's.
pub async fn edit_form(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let kind = kind_of(&request)?;
    signed.require(kind.write())?;
    let record = load(&state, &signed, kind, &id).await?;
    let offered = offered(&state, &signed, kind, Wanted::of_record(&record)).await?;
    let shell = signed.shell(&format!("Edit {}", record.name), Some(kind.section()));
    let version = record.version.to_string();
    let form = RawForm::of(record.form_fields());
    Ok(page(&form_page(kind, shell, &form, &offered, Some((record.id.0, &version)))))
}

/// Makes a record; refused, the form comes back as typed.
///
/// # Errors
/// Forbidden; the store's.
pub async fn create(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    let kind = kind_of(&request)?;
    signed.require(kind.write())?;
    if form.has("find") {
        return again(&state, &signed, kind, &form, None, &[]).await;
    }
    match save(&state, &signed, kind, &form, None).await? {
        Ok(Saved::Done(record)) => {
            flash::set(&signed.session, format!("{} is saved.", record.name), None);
            Ok(see(&format!("{}/{}", kind.path(), record.id.0)))
        }
        Ok(Saved::Stale(_) | Saved::Gone) => Err(PageError::NotFound),
        Err(refusals) => again(&state, &signed, kind, &form, None, &refusals).await,
    }
}

/// Changes a record; refused, the form comes back as typed; stale, both versions.
///
/// # Errors
/// Forbidden; not found; the store's.
pub async fn update(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    let kind = kind_of(&request)?;
    signed.require(kind.write())?;
    let id = Uuid::try_parse(&id).map_err(|_| PageError::NotFound)?;
    if form.has("find") {
        load(&state, &signed, kind, &id.to_string()).await?;
        return again(&state, &signed, kind, &form, Some(id), &[]).await;
    }
    match save(&state, &signed, kind, &form, Some(Id(id))).await? {
        Ok(Saved::Done(record)) => {
            flash::set(&signed.session, format!("{} is saved.", record.name), None);
            Ok(see(&format!("{}/{id}", kind.path())))
        }
        Ok(Saved::Stale(theirs)) => conflict(&state, &signed, kind, &theirs, &form).await,
        Ok(Saved::Gone) => Err(PageError::NotFound),
        Err(refusals) => {
            // What is not there has no form to show again.
            load(&state, &signed, kind, &id.to_string()).await?;
            again(&state, &signed, kind, &form, Some(id), &refusals).await
        }
    }
}

fn wanted(form: &RawForm) -> Wanted {
    let ids = form.all("service_id").chain(form.all("service_ids"));
    Wanted {
        search: form.get("service_ids_q").trim().to_owned(),
        chosen: ids.filter_map(|id| Uuid::try_parse(id).ok()).collect(),
        tenant: None,
    }
}

/// The form as it was typed: refused, or after a search in it.
async fn again(
    state: &AppState,
    signed: &Signed,
    kind: Kind,
    form: &RawForm,
    id: Option<Uuid>,
    refusals: &[Refusal],
) -> Result<HttpResponse, PageError> {
    let offered = offered(state, signed, kind, wanted(form)).await?;
    let verb = if id.is_some() { "Edit" } else { "New" };
    let shell = signed.shell(&format!("{verb} {}", kind.words().0), Some(kind.section()));
    let shown = form_page(kind, shell, form, &offered, id.map(|id| (id, form.get("version"))));
    if refusals.is_empty() {
        return Ok(page(&shown));
    }
    let shown = shown.refuse(present::refusals(refusals, signed.zone()));
    Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &shown))
}

/// What is theirs and what is mine, where they differ, and what both began from.
async fn conflict(
    state: &AppState,
    signed: &Signed,
    kind: Kind,
    theirs: &Record,
    form: &RawForm,
) -> Result<HttpResponse, PageError> {
    let (id, seen) = (theirs.id, form.get("version").parse().unwrap_or(i64::MAX));
    let mut newer =
        run(&state.store, move |store| store.pools.read(|conn| history::events(conn, id, None, MOST_EVENTS))).await?;
    newer.retain(|event| event.version > seen);
    // Newest first: the last one written is the oldest change's old value.
    let changed = newer.iter().flat_map(|event| &event.changes);
    let then: BTreeMap<&str, &Value> = changed.map(|(field, change)| (field.as_str(), &change.old)).collect();
    let offered = offered(state, signed, kind, Wanted { tenant: None, ..Wanted::of_record(theirs) }).await?;
    let sent = form.fields().iter().filter(|(name, _)| !matches!(name.as_str(), "csrf_token" | "version"));
    let mut names: Vec<&str> = theirs.fields.iter().map(|(name, _)| *name).collect();
    names.extend(sent.map(|(name, _)| name.as_str()).filter(|name| !name.starts_with("service_ids")));
    names.extend((kind == Kind::Provider).then_some("service_ids"));
    names.sort_unstable();
    names.dedup();
    // What I did not change is sent as they left it: their change of it stays.
    let kept = theirs.form_fields();
    let mut send: Vec<Hidden> = Vec::new();
    let mut rows: Vec<ConflictRow> = Vec::new();
    for name in names {
        let (now, mine) = match name {
            "service_ids" => offers(theirs, form, &offered),
            name => (in_words(name, theirs.get(name), &offered), in_words(name, form.get(name).trim(), &offered)),
        };
        let before = then.get(name).map_or_else(|| now.clone(), |old| kept_in_words(name, old, &offered));
        let from = if mine == before { &kept } else { form.fields() };
        let values = from.iter().filter(|(field, _)| field == name);
        send.extend(values.map(|(name, value)| Hidden::new(name, value)));
        if now != mine {
            rows.push(ConflictRow { label: label(name), before, theirs: now, mine });
        }
    }
    let address = format!("{}/{}", kind.path(), theirs.id.0);
    let shown = ConflictPage {
        rows,
        shell: signed.shell(&format!("{} was changed meanwhile", theirs.name), Some(kind.section())),
        list: Link::new(kind.words().1, kind.path()),
        record: Link::new(&theirs.name, &address),
        who: who(newer.first()),
        action: address,
        version: theirs.version.to_string(),
        fields: send,
        apply: "Apply mine on top".into(),
    };
    Ok(page_with_status(StatusCode::CONFLICT, &shown))
}

fn who(newest: Option<&Event>) -> String {
    match newest {
        Some(event) => format!("{} changed it {}", event.actor_name, present::relative(event.at, Utc::now())),
        None => "Somebody else changed it since you opened the form".into(),
    }
}

/// Theirs and mine by name.
fn offers(theirs: &Record, form: &RawForm, offered: &Offered) -> (String, String) {
    let name = |id: &Uuid| offered.services.iter().find(|one| one.id == *id).map(|one| one.name.clone());
    let words = |mut names: Vec<String>| {
        names.sort_unstable();
        if names.is_empty() { "every service".into() } else { names.join(", ") }
    };
    let mine: Vec<Uuid> = form.all("service_ids").filter_map(|id| Uuid::try_parse(id).ok()).collect();
    let theirs = theirs.offers.iter().map(|(_, name)| name.clone()).collect();
    (words(theirs), words(mine.iter().map(|id| name(id).unwrap_or_else(|| id.to_string())).collect()))
}
