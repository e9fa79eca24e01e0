//! The password asked for again before what somebody at an open browser shall not do.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use bookings_db::staff;
use chrono::Utc;

use crate::app::AppState;
use crate::auth::throttle::Try;
use crate::auth::{Signed, address, password};
use crate::error::{PageError, wait};
use crate::handlers::run::run;
use crate::raw_form::RawForm;
use crate::views::{Field, Refusal};

/// The form's field, where a page asks for it once.
const FIELD: &str = "current_password";

/// The field for it.
pub fn field() -> Field {
    field_named(FIELD)
}

/// The field under another name, where a page asks twice.
pub fn field_named(name: &str) -> Field {
    Field::text(name, "Present password").kind("password").required().autocomplete("current-password")
}

/// Whether the form holds their password; else the refusal and its status. Counted like a sign-in: whoever finds an open
/// browser shall not guess on.
///
/// # Errors
/// The store's.
pub async fn check(
    request: &HttpRequest,
    state: &AppState,
    signed: &Signed,
    form: &RawForm,
) -> Result<Result<(), (StatusCode, Refusal)>, PageError> {
    check_in(request, state, signed, form, FIELD).await
}

/// The same, of that field.
///
/// # Errors
/// The store's.
pub async fn check_in(
    request: &HttpRequest,
    state: &AppState,
    signed: &Signed,
    form: &RawForm,
    field: &str,
) -> Result<Result<(), (StatusCode, Refusal)>, PageError> {
    let typed = form.get(field).to_owned();
    if typed.is_empty() {
        let missing = Refusal::new("required", field, "Your present password is needed.");
        return Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, missing)));
    }
    let from = address::client(request, &state.settings.operation.trusted_proxies);
    let attempt = Try::of(&signed.staff.name, from);
    if let Some(seconds) = run(&state.store, move |store| attempt.begin(store, Utc::now())).await? {
        let sentence = format!("Too many wrong tries. Please wait {}, then try again.", wait(seconds));
        return Ok(Err((StatusCode::TOO_MANY_REQUESTS, Refusal::new("throttled", field, sentence))));
    }
    let id = signed.staff.id;
    let right = run(&state.store, move |store| {
        let account = staff::staff_by_id(&store.pools, id)?.ok_or(PageError::SignedOut)?;
        let right = password::matches(&typed, Some(&account.password_hash))?;
        if right {
            attempt.succeeded(store)?;
        }
        Ok::<_, PageError>(right)
    });
    if right.await? {
        return Ok(Ok(()));
    }
    let wrong = Refusal::new("invalid", field, "This is not your present password.");
    Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, wrong)))
}
