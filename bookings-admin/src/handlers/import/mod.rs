//! `/import`: bookings from a file, tried first. The file is kept on the server; the pages carry its id.

mod page;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::Code;
use bookings_db::audit::AuditKind;
use bookings_db::selection::{Ended, Order, Selection, What, import_progress, import_results, keep_import, stop};
use chrono::Utc;

use super::bulk::{Told, Who, answer_run, asks_engine, ended, is_import, is_running, load, start_with};
use crate::app::AppState;
use crate::auth::{Action, Signed};
use crate::error::PageError;
use crate::handlers::auth::see;
use crate::handlers::run::run;
use crate::import::{Importing, read, run_kept};
use crate::raw_form::{RawForm, Uploaded};
use crate::views::refusal::Refusal;
use crate::views::{page as answer, page_with_status};
use crate::{csv, forms, present};
use page::{Kept, View, form_page};

pub use page::TOO_LARGE;

/// Rows of one page.
const SHOWN: u32 = 50;

/// Where a file is chosen or pasted.
///
/// # Errors
/// Forbidden to those who may not.
pub async fn form(signed: Signed) -> Result<HttpResponse, PageError> {
    signed.require(Action::Import)?;
    Ok(answer(&form_page(&signed, "", Vec::new())))
}

/// Keeps the file and tries it; one that can't be read comes back with every reason.
///
/// # Errors
/// Forbidden, the store's.
pub async fn upload(
    state: web::Data<AppState>,
    signed: Signed,
    form: RawForm,
    file: Uploaded,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::Import)?;
    let file = file.0.filter(|file| !file.bytes.is_empty() || !file.name.is_empty());
    let (name, field, bytes) = match &file {
        Some(file) => (file.name.as_str(), "file", file.bytes.as_slice()),
        None => ("Pasted text", "text", form.get("text").as_bytes()),
    };
    let refuse = |problems: Vec<Refusal>| {
        page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &form_page(&signed, form.get("text"), problems))
    };
    if file.is_none() && form.get("text").trim().is_empty() {
        return Ok(refuse(vec![Refusal::new("required", "file", "Choose a file, or paste its text below.")]));
    }
    if file.as_ref().is_some_and(|file| !is_text(&file.name)) {
        let sentence = "Only a text file can be imported: its name ends in .csv, .tsv or .txt. A spreadsheet has to be saved as CSV first.";
        return Ok(refuse(vec![Refusal::new("invalid", "file", sentence)]));
    }
    let (columns, rows) = match read(bytes) {
        Ok(read) => read,
        Err(problems) => {
            return Ok(refuse(problems.into_iter().map(|one| Refusal::new("invalid", field, one)).collect()));
        }
    };
    let file: String = name.chars().take(200).collect();
    let order = Order { what: What::Import { file, columns, dry: true }, overrides: Default::default() };
    let who = Who::of(&signed);
    let staff = who.staff();
    let id = run(&state.store, move |store| keep_import(&store.pools, staff, &order, &rows, Utc::now())).await?;
    let kept = load(&state, &who, &id.to_string()).await?.ok_or(PageError::NotFound)?;
    let order = kept.order.clone();
    start(&state, &who, kept, order).await?;
    Ok(see(&format!("/import/{id}")))
}

/// Whether a file says of itself that it holds what can be read here.
fn is_text(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| ["csv", "tsv", "txt"].contains(&extension.as_str()))
}

/// What came of its rows, or how far it is.
///
/// # Errors
/// Forbidden, not found, the store's.
pub async fn show(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let (_, kept) = own(&state, &signed, &id).await?;
    let query = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let running = is_running(&kept);
    let page = view(&state, &signed, kept, &query, &RawForm::default(), Vec::new()).await?;
    Ok(answer_run(&page, running))
}

/// Tries again, imports, stops or goes on.
///
/// # Errors
/// Forbidden, not found, the store's.
pub async fn act(
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    let (who, kept) = own(&state, &signed, &id).await?;
    let here = format!("/import/{}", kept.id);
    let (overrides, refusals) = forms::bulk::overrides(&form, who.zone);
    let mut order = Order { overrides, ..kept.order.clone() };
    match form.get("do") {
        "stop" => run(&state.store, move |store| stop(&store.pools, kept.id)).await?,
        "continue" => {
            let order = kept.order.clone();
            start(&state, &who, kept, order).await?;
        }
        // What is imported already is not tried again: a form sent twice.
        _ if !kept.order.what.is_trial() => {}
        wanted @ ("run" | "check") => {
            if !refusals.is_empty() {
                let refused = present::refusals(&refusals, who.zone);
                let page = view(&state, &signed, kept, &RawForm::default(), &form, refused).await?;
                return Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page));
            }
            if let What::Import { dry, .. } = &mut order.what {
                *dry = wanted == "check";
            }
            start(&state, &who, kept, order).await?;
        }
        _ => {}
    }
    Ok(see(&here))
}

/// The rows that were refused, as a file with the columns it came with.
///
/// # Errors
/// Forbidden, not found, the store's.
pub async fn refused(
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let (_, kept) = own(&state, &signed, &id).await?;
    let What::Import { columns, .. } = &kept.order.what else { return Err(PageError::NotFound) };
    let mut text = String::new();
    csv::write(&mut text, columns.iter().map(String::as_str));
    let id = kept.id;
    let rows = run(&state.store, move |store| {
        store.pools.read(|conn| import_results(conn, id, Ended::Refused, 0, crate::import::MOST as u32))
    });
    rows.await?.iter().for_each(|row| text.push_str(&row.record));
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8; header=present")
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"refused.csv\""))
        .body(text))
}

async fn own(state: &AppState, signed: &Signed, id: &str) -> Result<(Who, Selection), PageError> {
    signed.require(Action::Import)?;
    let who = Who::of(signed);
    let kept = load(state, &who, id).await?.filter(is_import).ok_or(PageError::NotFound)?;
    Ok((who, kept))
}

async fn start(state: &AppState, who: &Who, kept: Selection, order: Order) -> Result<(), PageError> {
    let id = kept.id;
    let importing = Importing { actor: who.actor.clone(), scope: who.scope, zone: who.zone };
    // A trial brings nothing in.
    let told = match &order.what {
        What::Import { file, dry: false, .. } => Some(Told {
            kind: AuditKind::Imported,
            subject: format!("import {id}"),
            data: serde_json::json!({ "file": file, "rows": kept.items }),
        }),
        _ => None,
    };
    start_with(state, who, kept, order, told, move |store| run_kept(store, id, &importing)).await
}

async fn view(
    state: &AppState,
    signed: &Signed,
    kept: Selection,
    query: &RawForm,
    form: &RawForm,
    refused: Vec<Refusal>,
) -> Result<crate::views::import::ImportedPage, PageError> {
    let id = kept.id;
    let asked = query.get("outcome").to_owned();
    let after = query.get("after").parse().unwrap_or(0);
    let loaded = run(&state.store, move |store| {
        store.pools.read(|conn| {
            let progress = import_progress(conn, id)?;
            let ended = ended(&asked, progress);
            let rows = import_results(conn, id, ended, after, SHOWN + 1)?;
            let some = import_results(conn, id, Ended::Refused, 0, 200)?;
            let codes: Vec<Code> =
                some.iter().flat_map(|row| &row.problems).filter_map(|one| Code::parse(&one.code)).collect();
            Ok((progress, ended, rows, codes))
        })
    });
    let (progress, ended, rows, codes) = loaded.await?;
    let view = View { signed, now: Utc::now(), role: signed.staff.role, engine: asks_engine(state) };
    Ok(view.page(&Kept { kept, progress, ended, rows, codes }, form, refused))
}
