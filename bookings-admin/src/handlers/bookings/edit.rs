//! `GET /bookings/{reference}/edit` and `POST /bookings/{reference}`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::{AddonId, Booking, Code, Decision, Refusals};
use bookings_db::{By, Store};
use chrono::Utc;
use chrono_tz::Tz;
use uuid::Uuid;

use super::booking_of;
use super::choices::addon_groups;
use super::conflict::conflict;
use super::form_page::{Given, Service, of_booking, provider_picker, refused, start_text, typed, zone_hint};
use super::show::{keeping, list_before};
use crate::app::AppState;
use crate::auth::{Action, Signed};
use crate::error::PageError;
use crate::handlers::auth::see;
use crate::handlers::run::run;
use crate::raw_form::RawForm;
use crate::views::bookings::BookingFormPage;
use crate::views::form::AddonGroup;
use crate::views::{Choice, Link, Section, Undo, page, page_with_status};
use crate::{flash, forms, present};

/// The form of a booking as it is.
///
/// # Errors
/// Forbidden to those who may not book; not found.
pub async fn edit_form(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    reference: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::Book)?;
    let booking = load(&state, &signed, reference.into_inner()).await?;
    let query = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    Ok(page(&form_page(&state, &signed, &booking, None, list_before(&query)).await?))
}

/// Saves the form; refused it comes back as typed, stale it shows both versions.
///
/// # Errors
/// Forbidden to those who may not book; not found; the store's.
pub async fn save(
    state: web::Data<AppState>,
    signed: Signed,
    reference: web::Path<String>,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::Book)?;
    let zone = signed.zone();
    let booking = load(&state, &signed, reference.into_inner()).await?;
    if form.has("find") {
        return Ok(page(&form_page(&state, &signed, &booking, Some(&form), list_before(&form)).await?));
    }
    let refusals = match forms::booking::edit(&form, zone, &booking) {
        Err(unread) => Refusals::from(unread),
        Ok(command) => {
            let (actor, scope, id) = (signed.actor(), signed.scope(), booking.id);
            let done = run(&state.store, move |store| {
                let by = By { scope, ..By::new(&actor, Utc::now()) };
                Ok::<_, PageError>(store.edit_booking(id, &command, &by))
            });
            match done.await? {
                Ok(decision) => return Ok(saved(&signed, &decision, list_before(&form))),
                Err(bookings_db::CommandError::Refused(refusals)) => refusals,
                Err(error) => return Err(error.into()),
            }
        }
    };
    if refusals.has(Code::StaleVersion) {
        let action = format!("/bookings/{}", booking.reference);
        return conflict(&state, &signed, &booking, &refusals, &form, action, "Apply mine on top").await;
    }
    let page = form_page(&state, &signed, &booking, Some(&form), list_before(&form)).await?;
    Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &refused(page, &refusals, &form, &signed, zone)))
}

fn saved(signed: &Signed, decision: &Decision, list: Option<&str>) -> HttpResponse {
    let reference = &decision.booking().reference;
    let address = format!("/bookings/{reference}");
    let (message, undo) = match decision {
        Decision::Changed(booking, _) => {
            let next = list.unwrap_or_default().to_owned();
            let undo = Undo { reference: reference.to_string(), version: booking.version, next };
            ("Changes saved.", Some(undo))
        }
        Decision::Unchanged(_) => ("Nothing was changed.", None),
    };
    flash::set_with_undo(&signed.session, message, list.map(|_| ("Open", address.as_str())), undo);
    see(list.unwrap_or(&address))
}

/// The booking an address names.
pub(super) async fn load(state: &AppState, signed: &Signed, reference: String) -> Result<Booking, PageError> {
    let scope = signed.scope();
    run(&state.store, move |store| booking_of(store, &reference, scope)).await
}

async fn form_page(
    state: &AppState,
    signed: &Signed,
    booking: &Booking,
    form: Option<&RawForm>,
    list: Option<&str>,
) -> Result<BookingFormPage, PageError> {
    let zone = signed.zone();
    let reference = &booking.reference;
    let shell = signed.shell(&format!("Edit {reference}"), Some(Section::Bookings));
    let hint = zone_hint(&shell);
    let address = format!("/bookings/{reference}");
    let mut page = BookingFormPage::new(shell, &address, &hint, texts(booking, form, zone));
    page.back = Link::new("Cancel", keeping(&address, list));
    page.next = list.map(str::to_owned);
    page.version = Some(form.map_or_else(|| booking.version.to_string(), |form| form.get("version").to_owned()));
    page.submit = "Save";
    let (booking, scope) = (booking.clone(), signed.scope());
    let form = form.map(|form| form.fields().to_vec());
    run(&state.store, move |store| {
        let form = form.map(RawForm::of);
        fill(&mut page, store, &booking, form.as_ref(), scope)?;
        Ok::<_, PageError>(page)
    })
    .await
}

/// As typed; a field the form did not have, as the booking has it.
fn texts(booking: &Booking, form: Option<&RawForm>, zone: Tz) -> crate::views::bookings::Typed {
    let stored = of_booking(booking, zone);
    let Some(form) = form else { return stored };
    let or = |field: &str, typed: String, stored: String| if form.has(field) { typed } else { stored };
    let texts = typed(form, zone);
    crate::views::bookings::Typed {
        start_at: or("start_at", start_text(form, zone), stored.start_at),
        party_size: or("party_size", texts.party_size, stored.party_size),
        capacity_consumed: or("capacity_consumed", texts.capacity_consumed, stored.capacity_consumed),
        client_name: or("client_name", texts.client_name, stored.client_name),
        client_email: or("client_email", texts.client_email, stored.client_email),
        client_phone: or("client_phone", texts.client_phone, stored.client_phone),
        notes_internal: or("notes_internal", texts.notes_internal, stored.notes_internal),
        notes_client: or("notes_client", texts.notes_client, stored.notes_client),
    }
}

fn fill(
    page: &mut BookingFormPage,
    store: &Store,
    booking: &Booking,
    form: Option<&RawForm>,
    scope: bookings_db::Scope,
) -> Result<(), PageError> {
    let catalogue = store.catalogue.as_ref();
    let provider = form.filter(|form| form.has("provider_id")).map_or_else(
        || booking.provider_id.to_string(),
        |form| form.all("provider_id").last().unwrap_or_default().to_owned(),
    );
    let query = form.map(|form| form.get("provider_id_q")).unwrap_or_default();
    let addons_sent = form.filter(|form| form.has("addons_shown") || form.has("addon_ids"));
    let ticked: Vec<AddonId> = match addons_sent {
        Some(form) => form.all("addon_ids").filter_map(|id| Uuid::try_parse(id).ok()).map(AddonId).collect(),
        None => booking.addons.iter().map(|addon| addon.addon_id).collect(),
    };
    store.pools.read(|conn| {
        let given = Given { chosen: &provider, query, service: Service::Fixed(booking.service_id) };
        page.provider = provider_picker(store, conn, scope, given)?;
        page.addons = addon_groups(conn, catalogue, scope, Some(booking.service_id), &ticked)?;
        let names = catalogue.names(conn, scope, &[booking.service_id], &[], &[])?;
        page.service_text = names.services.get(&booking.service_id).cloned().unwrap_or_default();
        Ok(())
    })?;
    keep_own_addons(page, booking, &ticked);
    Ok(())
}

/// Add-ons the booking has stay to choose from, at the price they had, even where they are no longer on offer.
fn keep_own_addons(page: &mut BookingFormPage, booking: &Booking, ticked: &[AddonId]) {
    for addon in &booking.addons {
        let id = addon.addon_id.to_string();
        let shown = page.addons.iter_mut().flat_map(|group| &mut group.addons).find(|choice| choice.value == id);
        let price = addon.price_minor.map(|minor| bookings_core::Money { minor, currency: addon.currency }.to_string());
        let mut detail = format!("+{}", present::minutes(i64::from(addon.extra_duration_minutes)));
        if let Some(price) = price {
            detail = format!("{detail}, {price}");
        }
        match shown {
            Some(choice) => choice.detail = detail,
            None => {
                let choice = Choice::new(id, &addon.name, ticked.contains(&addon.addon_id)).detail(detail);
                let own = booking.service_id.to_string();
                match page.addons.iter_mut().find(|group| group.service_id == own) {
                    Some(group) => group.addons.push(choice),
                    None => page.addons.push(AddonGroup {
                        service_id: own,
                        service: page.service_text.clone(),
                        addons: vec![choice],
                    }),
                }
            }
        }
    }
}
