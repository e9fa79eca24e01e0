//! `GET /bookings/new` and `POST /bookings`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::{Booking, Code, CreateBooking, Decision, Reference, Refusals};
use bookings_db::{By, CommandError};
use chrono::Utc;
use uuid::Uuid;

use super::booking_of;
use super::form_page::{fill_new, refused, typed, zone_hint};
use crate::app::AppState;
use crate::auth::{Action, Signed};
use crate::error::PageError;
use crate::handlers::catalogue::first;
use crate::handlers::run::run;
use crate::raw_form::{RawForm, encode};
use crate::views::bookings::BookingFormPage;
use crate::views::{Section, page, page_with_status};
use crate::{flash, forms};

/// The empty form, or prefilled from `provider`, `service` and `start_at` in the query, or with all but the time of the booking
/// that `again` names.
///
/// # Errors
/// Forbidden to those who may not book; not found where `again` is unknown.
pub async fn new_form(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::Book)?;
    let query = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let scope = signed.scope();
    let missing = run(&state.store, move |store| store.pools.read(|conn| first::missing(store, conn, scope))).await?;
    if let Some(kind) = missing {
        return Ok(page(&first::page("New booking", Section::Bookings, kind, &signed)));
    }
    let form = match query.get("again") {
        "" => begun(&query),
        reference => {
            let reference = reference.to_owned();
            as_before(&run(&state.store, move |store| booking_of(store, &reference, scope)).await?)
        }
    };
    Ok(page(&form_page(&state, &signed, &form).await?))
}

/// The form for a booking like `reference`, at another time.
pub(crate) fn again(reference: &Reference) -> String {
    format!("/bookings/new?{}", encode(&[("again".into(), reference.to_string())]))
}

fn begun(query: &RawForm) -> RawForm {
    let names =
        [("provider", "provider_id"), ("service", "service_id"), ("start_at", "start_at"), ("tenant", "tenant_id")];
    let mut fields: Vec<(String, String)> =
        names.iter().map(|(from, to)| ((*to).to_owned(), query.get(from).to_owned())).collect();
    fields.push(("party_size".into(), "1".into()));
    fields.push(key());
    for field in ["client_name", "client_email", "client_phone"] {
        fields.push((field.into(), query.get(field).into()));
    }
    RawForm::of(fields)
}

fn as_before(booking: &Booking) -> RawForm {
    let client = &booking.client;
    let mut fields = vec![
        ("service_id".to_owned(), booking.service_id.to_string()),
        ("provider_id".into(), booking.provider_id.to_string()),
        ("tenant_id".into(), booking.tenant_id.map(|id| id.to_string()).unwrap_or_default()),
        ("party_size".into(), booking.party_size.to_string()),
        ("client_name".into(), client.name.clone()),
        ("client_email".into(), client.email.clone()),
        ("client_phone".into(), client.phone.clone()),
        key(),
    ];
    fields.extend(booking.addons.iter().map(|addon| ("addon_ids".into(), addon.addon_id.to_string())));
    RawForm::of(fields)
}

/// One form makes one booking, however often it is sent.
fn key() -> (String, String) {
    ("idempotency_key".into(), Uuid::new_v4().to_string())
}

/// Makes a booking; refused, the form comes back as it was typed.
///
/// # Errors
/// Forbidden to those who may not book; the store's.
pub async fn create(state: web::Data<AppState>, signed: Signed, form: RawForm) -> Result<HttpResponse, PageError> {
    signed.require(Action::Book)?;
    if form.has("find") {
        return Ok(page(&form_page(&state, &signed, &form).await?));
    }
    let zone = signed.zone();
    let refusals = match forms::booking::create(&form, zone, signed.staff.tenant_id) {
        Err(unread) => Refusals::from(unread),
        Ok(command) => match book(&state, &signed, command).await {
            Ok(decision) => return Ok(booked(&signed, &decision)),
            Err(Failed::Refused(refusals)) => refusals,
            Err(Failed::Page(error)) => return Err(error),
        },
    };
    let mut page = form_page(&state, &signed, &form).await?;
    if refusals.has(Code::IdempotencyMismatch) {
        // Else what was typed could never be sent again; who has read why may book both.
        page.idempotency_key = Some(Uuid::new_v4().to_string());
    }
    Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &refused(page, &refusals, &form, &signed, zone)))
}

/// A command that did not happen: with a form to show again, or with an error page.
pub(super) enum Failed {
    Refused(Refusals),
    Page(PageError),
}

impl From<CommandError> for Failed {
    fn from(error: CommandError) -> Failed {
        match error {
            CommandError::Refused(refusals) => Failed::Refused(refusals),
            other => Failed::Page(other.into()),
        }
    }
}

async fn book(state: &AppState, signed: &Signed, command: CreateBooking) -> Result<Decision, Failed> {
    let (actor, scope) = (signed.actor(), signed.scope());
    let done = run(&state.store, move |store| {
        let by = By { scope, ..By::new(&actor, Utc::now()) };
        Ok::<_, PageError>(store.create_booking(&command, &by))
    });
    done.await.map_err(Failed::Page)?.map_err(Failed::from)
}

fn booked(signed: &Signed, decision: &Decision) -> HttpResponse {
    let booking = decision.booking();
    let reference = &booking.reference;
    let message = match decision {
        Decision::Changed(..) => format!("{reference} is booked for {}.", booking.client.name),
        Decision::Unchanged(_) => format!("{reference} was booked already."),
    };
    flash::set(&signed.session, message, None);
    crate::handlers::auth::see(&format!("/bookings/{reference}"))
}

async fn form_page(state: &AppState, signed: &Signed, form: &RawForm) -> Result<BookingFormPage, PageError> {
    let shell = signed.shell("New booking", Some(Section::Bookings));
    let zone = zone_hint(&shell);
    let mut page = BookingFormPage::new(shell, "/bookings", &zone, typed(form, signed.zone()));
    page.idempotency_key = Some(form.get("idempotency_key").to_owned());
    let (form, scope) = (form.fields().to_vec(), signed.scope());
    run(&state.store, move |store| {
        let form = RawForm::of(form);
        store.pools.read(|conn| fill_new(&mut page, store, conn, scope, &form))?;
        Ok::<_, PageError>(page)
    })
    .await
}
