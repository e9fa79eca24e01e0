//! The buttons of a record's page: switch on, switch off, delete.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::Code;
use bookings_db::catalogue::uses::Use;
use bookings_db::types::Id;

use super::change::{Deleted, delete, save};
use super::kind::{Kind, Saved};
use super::record::Record;
use super::show::show_page;
use super::{kind_of, load};
use crate::app::AppState;
use crate::auth::Signed;
use crate::error::PageError;
use crate::handlers::auth::see;
use crate::raw_form::RawForm;
use crate::views::refusal::place;
use crate::views::{Refusal, page_with_status};
use crate::{flash, present};

/// `POST {path}/{id}/{verb}`: `activate`, `deactivate`, `delete`.
///
/// # Errors
/// Forbidden; not found; stale without a version; the store's.
pub async fn verb(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    path: web::Path<(String, String)>,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    let kind = kind_of(&request)?;
    signed.require(kind.write())?;
    let (id, verb) = path.into_inner();
    let record = load(&state, &signed, kind, &id).await?;
    let active = match verb.as_str() {
        "activate" => true,
        "deactivate" => false,
        "delete" => return delete_it(&state, &signed, kind, record, &form).await,
        _ => return Err(PageError::NotFound),
    };
    if record.active == active {
        return Ok(see(&format!("{}/{id}", kind.path())));
    }
    let mut fields = record.form_fields();
    fields.retain(|(name, _)| name != "active");
    fields.extend(active.then(|| ("active".to_owned(), "on".to_owned())));
    fields.push(("version".into(), form.get("version").into()));
    match save(&state, &signed, kind, &RawForm::of(fields), Some(record.id)).await? {
        Ok(Saved::Done(record)) => {
            let now = if active { "in use again" } else { "switched off" };
            flash::set(&signed.session, format!("{} is {now}.", record.name), None);
            Ok(see(&format!("{}/{id}", kind.path())))
        }
        Ok(Saved::Stale(theirs)) => stale(&state, &signed, kind, &theirs).await,
        Ok(Saved::Gone) => Err(PageError::NotFound),
        Err(refusals) => {
            let refusals = present::refusals(&refusals, signed.zone());
            refused(&state, &signed, kind, &record, StatusCode::UNPROCESSABLE_ENTITY, refusals).await
        }
    }
}

async fn delete_it(
    state: &AppState,
    signed: &Signed,
    kind: Kind,
    record: Record,
    form: &RawForm,
) -> Result<HttpResponse, PageError> {
    let Ok(seen) = form.get("version").parse::<i64>() else { return Err(PageError::Stale) };
    match delete(state, signed, kind, record.id, seen).await? {
        Deleted::Done(record) => {
            flash::set(&signed.session, format!("{} is deleted.", record.name), None);
            Ok(see(kind.path()))
        }
        Deleted::Stale(theirs) => stale(state, signed, kind, &theirs).await,
        Deleted::Held(uses) => {
            let refusals = uses.into_iter().map(held).collect();
            refused(state, signed, kind, &record, StatusCode::UNPROCESSABLE_ENTITY, refusals).await
        }
        Deleted::Gone => Err(PageError::NotFound),
    }
}

/// "It is booked: BK-2026-..."
fn held(by: Use) -> Refusal {
    let link = |text: String, label: String, href: String| Refusal::new("in_use", "", text).with_link(label, href);
    match by {
        Use::Booking(reference) => {
            let href = format!("/bookings/{reference}");
            link("A booking is made for it.".into(), format!("Open {reference}"), href)
        }
        Use::Record(kind, Id(id), name) => {
            let kind = Kind::of_record(kind);
            let text = format!("The {} {name} belongs to it.", kind.words().0);
            link(text, format!("Open {name}"), format!("{}/{id}", kind.path()))
        }
        Use::Staff(Id(id), name) => {
            link(format!("The account {name} belongs to it."), format!("Open {name}"), format!("/staff/{id}"))
        }
    }
}

async fn stale(state: &AppState, signed: &Signed, kind: Kind, theirs: &Record) -> Result<HttpResponse, PageError> {
    let text = "Somebody else changed it since you opened this page. It is as they left it: look at it again.";
    let refusal = Refusal::new(Code::StaleVersion.as_str(), "", text);
    refused(state, signed, kind, theirs, StatusCode::CONFLICT, vec![refusal]).await
}

async fn refused(
    state: &AppState,
    signed: &Signed,
    kind: Kind,
    record: &Record,
    status: StatusCode,
    refusals: Vec<Refusal>,
) -> Result<HttpResponse, PageError> {
    let mut page = show_page(state, signed, kind, record, None).await?;
    page.summary = place("Nothing was changed", refusals, &mut []);
    Ok(page_with_status(status, &page))
}
