//! `GET/POST /welcome`: whoever has a link from an owner sets a password with it, once, and is signed in.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::StaffId;
use bookings_db::sessions::KeyDigest;
use bookings_db::staff::{self, Staff, StaffError};
use bookings_db::{By, Store};
use chrono::{TimeDelta, Utc};

use crate::app::AppState;
use crate::auth::unfit::unfit;
use crate::auth::{self, password};
use crate::error::PageError;
use crate::handlers::auth::{begin_session, see};
use crate::handlers::run::run;
use crate::handlers::second_step;
use crate::raw_form::RawForm;
use crate::session_store::digest;
use crate::views::staff::{WelcomePage, new_password};
use crate::views::{Refusal, page, page_with_status};

/// How long a link can be used.
pub(super) const VALID: TimeDelta = TimeDelta::days(7);

/// Told apart from the digests of sessions.
fn token_digest(token: &str) -> KeyDigest {
    digest(&format!("welcome {token}"))
}

/// A new link's token; the one before is worth nothing any more. Blocks.
pub(super) fn offer(store: &Store, by: &By<'_>, id: StaffId) -> Result<String, PageError> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|error| PageError::Internal(format!("no randomness: {error}")))?;
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    match staff::make_link(&store.pools, by, id, &token_digest(&token), by.now + VALID) {
        Ok(_) => Ok(token),
        Err(StaffError::Store(error)) => Err(error.into()),
        Err(_) => Err(PageError::NotFound),
    }
}

async fn account(state: &AppState, token: &str) -> Result<Staff, PageError> {
    let digest = token_digest(token);
    let found = run(&state.store, move |store| staff::link_account(&store.pools, &digest, Utc::now())).await?;
    found.ok_or(PageError::NotFound)
}

fn welcome_page(request: &HttpRequest, token: &str, name: &str) -> WelcomePage {
    WelcomePage {
        shell: auth::signed_out_shell(request, "Welcome"),
        summary: None,
        token: token.into(),
        name: name.into(),
        password: new_password("Password", password::LEAST_CHARACTERS),
    }
}

/// The form; looking at it uses nothing up.
///
/// # Errors
/// Not found, where the link is not valid (any more); the store's.
pub async fn form(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, PageError> {
    let query = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let account = account(&state, query.get("token")).await?;
    Ok(page(&welcome_page(&request, query.get("token"), &account.name)))
}

/// Sets the password and signs in.
///
/// # Errors
/// As the form.
pub async fn set(request: HttpRequest, form: RawForm, state: web::Data<AppState>) -> Result<HttpResponse, PageError> {
    let token = form.get("token");
    let account = account(&state, token).await?;
    let typed = form.get("new_password").to_owned();
    if let Some(sentence) = unfit(&typed, &account.name, state.settings.public_origin.as_deref()) {
        let refused = welcome_page(&request, token, &account.name);
        let refused = refused.refuse(vec![Refusal::new("invalid", "new_password", sentence)]);
        return Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &refused));
    }
    let digest = token_digest(token);
    let done = run(&state.store, move |store| {
        let hash = password::hash(&typed)?;
        match staff::use_link(&store.pools, &digest, &hash, Utc::now()) {
            Ok(account) => Ok(account),
            Err(StaffError::Store(error)) => Err(error.into()),
            Err(_) => Err(PageError::NotFound),
        }
    });
    let account = done.await?;
    let id = account.id;
    // Whoever has the link still has no second factor by it.
    if run(&state.store, move |store| staff::second_factor_since(&store.pools, id)).await?.is_some() {
        return second_step::begin(&request, &RawForm::default(), &account);
    }
    begin_session(&request, id)?;
    Ok(see("/"))
}
