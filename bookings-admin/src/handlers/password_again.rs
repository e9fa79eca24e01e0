//! The password asked for again before what somebody at an open browser shall not do.

use actix_web::HttpRequest;
use bookings_db::audit::{self, AuditKind, Entry};
use bookings_db::staff;
use chrono::Utc;
use serde_json::Value;

use crate::app::AppState;
use crate::auth::throttle::Try;
use crate::auth::{Signed, address, password};
use crate::error::PageError;
use crate::handlers::refused::Refused;
use crate::handlers::run::run;
use crate::raw_form::RawForm;
use crate::views::Field;

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

/// Whether the form holds their password; else what is wrong with it. Counted like a sign-in, and a wrong one is kept in the
/// audit: whoever finds an open browser shall not guess on.
///
/// # Errors
/// The store's.
pub async fn check(
    request: &HttpRequest,
    state: &AppState,
    signed: &Signed,
    form: &RawForm,
) -> Result<Result<(), Refused>, PageError> {
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
) -> Result<Result<(), Refused>, PageError> {
    let typed = form.get(field).to_owned();
    if typed.is_empty() {
        return Ok(Err(Refused::at(field, "required", "Your present password is needed.")));
    }
    let from = address::client(request, &state.settings.operation.trusted_proxies);
    let attempt = Try::of(&signed.staff.name, from);
    if let Some(seconds) = run(&state.store, move |store| attempt.begin(store, Utc::now())).await? {
        return Ok(Err(Refused::throttled(field, "tries", seconds)));
    }
    let (id, actor, tenant) = (signed.staff.id, signed.actor(), signed.staff.tenant_id);
    let from = from.map(|address| address.to_string()).unwrap_or_default();
    let right = run(&state.store, move |store| {
        let account = staff::staff_by_id(&store.pools, id)?.ok_or(PageError::SignedOut)?;
        let right = password::matches(&typed, Some(&account.password_hash))?;
        if right {
            attempt.succeeded(store)?;
        } else {
            let entry = Entry { address: &from, ..Entry::new(AuditKind::PasswordRefused, &actor, tenant, "") };
            audit::record(&store.pools, &entry, &Value::Null, Utc::now())?;
        }
        Ok::<_, PageError>(right)
    });
    match right.await? {
        true => Ok(Ok(())),
        false => Ok(Err(Refused::at(field, "invalid", "This is not your present password."))),
    }
}
