//! Signing in and out, the first owner, and what becomes of a form posted by somebody signed out.

use std::time::Instant;

use actix_session::{Session, SessionExt};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::StaffId;
use bookings_db::staff::{self, StaffError};
use chrono::Utc;

use crate::app::AppState;
use crate::auth::{self, STAFF_ID, password};
use crate::csrf;
use crate::error::{PageError, wait};
use crate::handlers::run::run;
use crate::raw_form::{self, RawForm};
use crate::setup;
use crate::views::auth::{LoginPage, SetupPage};
use crate::views::error::Retry;
use crate::views::{ErrorPage, Hidden, Refusal, page, page_with_status};

/// Where a form was posted while nobody was signed in, and what was in it; both travel through the sign-in form.
const KEPT_PATH: &str = "kept_path";
const KEPT_FORM: &str = "kept_form";

/// `next` where it is an address of ours; anything else, as `//elsewhere` or `/\elsewhere`, is `/`.
pub(crate) fn local_path(next: &str) -> &str {
    let local = next.starts_with('/')
        && !next[1..].starts_with(['/', '\\'])
        && next.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    if local { next } else { "/" }
}

pub(crate) fn see(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

/// `GET /login`.
pub async fn login(request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let next = local_path(query.get("next"));
    if auth::account(&request.get_session()).is_some() {
        return Ok(see(next));
    }
    Ok(page(&login_page(&request, "", next)))
}

fn login_page(request: &HttpRequest, username: &str, next: &str) -> LoginPage {
    LoginPage::new(auth::signed_out_shell(request, "Sign in"), username, next)
}

/// The form again, with what it carried but the password.
fn login_again(request: &HttpRequest, form: &RawForm) -> LoginPage {
    let mut login = login_page(request, form.get("username"), local_path(form.get("next")));
    if form.has(KEPT_PATH) {
        login.hidden.extend([KEPT_PATH, KEPT_FORM].map(|name| Hidden::new(name, form.get(name))));
    }
    login
}

/// A form posted while signed out: the sign-in form, which carries what was typed along.
pub(crate) fn signed_out_post(request: &HttpRequest, form: &RawForm) -> HttpResponse {
    if request.path() == "/logout" {
        return see("/login");
    }
    let mut login = login_page(request, "", "/");
    login.notice =
        "Your session has ended and nothing was changed. What you sent is kept: sign in, then send it again.".into();
    login.hidden.push(Hidden::new(KEPT_PATH, request.path()));
    login.hidden.push(Hidden::new(KEPT_FORM, raw_form::encode(&typed(form))));
    page_with_status(StatusCode::UNAUTHORIZED, &login)
}

/// A sign-in form whose session is gone.
pub(crate) fn old_form(request: &HttpRequest, form: &RawForm) -> HttpResponse {
    let mut login = login_again(request, form);
    login.notice = "This page was open for too long. Please sign in again.".into();
    page_with_status(StatusCode::FORBIDDEN, &login)
}

/// A form without its session's token. What was typed is shown; where the browser vouches that it came from our own page
/// (opened before the last sign-in, say), it can be sent again.
pub(crate) fn refused_post(request: &HttpRequest, form: &RawForm, ours: bool) -> HttpResponse {
    let mut refused = ErrorPage::new(auth::shell(request), StatusCode::FORBIDDEN.as_u16())
        .text("The page was open for too long, or you signed in again meanwhile. Nothing was changed.");
    if auth::account(&request.get_session()).is_some() {
        refused.kept = shown(&typed(form));
        refused.retry = ours.then(|| again(request.path(), typed(form)));
    }
    page_with_status(StatusCode::FORBIDDEN, &refused)
}

/// The fields a person sent, without tokens and passwords.
fn typed(form: &RawForm) -> Vec<(String, String)> {
    let kept = form.fields().iter().filter(|(name, _)| name != csrf::FIELD && !name.contains("password"));
    kept.cloned().collect()
}

/// What is worth showing: no empty fields, no ids and keys of the machinery.
fn shown(fields: &[(String, String)]) -> Vec<(String, String)> {
    let hidden = |name: &str| name.ends_with("_id") || ["version", "idempotency_key", "next"].contains(&name);
    let worth = fields.iter().filter(|(name, value)| !value.is_empty() && !hidden(name));
    worth.map(|(name, value)| (name.replace('_', " "), value.clone())).collect()
}

fn again(path: &str, fields: Vec<(String, String)>) -> Retry {
    Retry { action: path.into(), fields: fields.into_iter().map(|(name, value)| Hidden::new(name, value)).collect() }
}

/// `POST /login`.
pub async fn sign_in(
    request: HttpRequest,
    form: RawForm,
    state: web::Data<AppState>,
) -> Result<HttpResponse, PageError> {
    let (name, address) = (form.get("username").trim(), request.peer_addr().map(|peer| peer.ip()));
    if let Err(seconds) = state.sign_ins.begin(name, address, Instant::now()) {
        let sentence = format!("Too many wrong tries. Please wait {}, then try again.", wait(seconds));
        let refused = login_again(&request, &form).refuse(vec![Refusal::new("throttled", "", sentence)]);
        let mut answer = page_with_status(StatusCode::TOO_MANY_REQUESTS, &refused);
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        return Ok(answer);
    }
    let found = checked(&state, name.to_owned(), form.get("password").to_owned()).await;
    match found {
        Err(error) => {
            state.sign_ins.withdraw(name, address);
            Err(error)
        }
        Ok(None) => {
            // One answer for unknown names, wrong passwords and disabled accounts.
            let wrong = Refusal::new("invalid", "password", "The name or the password is wrong.");
            Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &login_again(&request, &form).refuse(vec![wrong])))
        }
        Ok(Some(id)) => {
            state.sign_ins.succeeded(name, address);
            begin_session(&request.get_session(), id)?;
            Ok(after_sign_in(&request, &form))
        }
    }
}

/// The id of the active account with that name and password.
async fn checked(state: &AppState, name: String, password: String) -> Result<Option<StaffId>, PageError> {
    let found = run(&state.store, move |store| staff::staff_by_name(&store.pools, &name)).await?;
    run(&state.store, move |_| {
        let right = password::matches(&password, found.as_ref().map(|staff| staff.password_hash.as_str()))?;
        Ok::<_, PageError>(found.filter(|staff| right && staff.active).map(|staff| staff.id))
    })
    .await
}

/// A new session under a new key: one planted before the sign-in is worth nothing after it.
fn begin_session(session: &Session, id: StaffId) -> Result<(), PageError> {
    session.clear();
    session.renew();
    session.insert(STAFF_ID, id).map_err(|error| PageError::Internal(error.to_string()))
}

/// On to where they were going; or, where a form waits to be sent again, a page that offers it.
fn after_sign_in(request: &HttpRequest, form: &RawForm) -> HttpResponse {
    let path = local_path(form.get(KEPT_PATH));
    let kept = RawForm::parse(form.get(KEPT_FORM).as_bytes()).unwrap_or_default();
    if !form.has(KEPT_PATH) || kept.fields().is_empty() {
        return see(local_path(form.get("next")));
    }
    let mut offer = ErrorPage::new(auth::signed_out_shell(request, ""), StatusCode::OK.as_u16());
    offer.shell.title = "Send it again".into();
    offer.heading = "You are signed in".into();
    offer.text = "What you sent before was not accepted, because your session had ended. Nothing is lost: send it again, or leave it.".into();
    offer.kept = shown(kept.fields());
    offer.retry = Some(again(path, kept.fields().to_vec()));
    offer.next = vec![crate::views::Link::new("Leave it", "/")];
    page(&offer)
}

/// `POST /logout`.
pub async fn sign_out(session: Session) -> HttpResponse {
    session.purge();
    see("/login")
}

/// `GET /setup?token=`: makes the first owner; there is no such page once there is an account.
pub async fn setup(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, PageError> {
    let query = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let token = query.get("token").to_owned();
    require_setup(&state, token.clone()).await?;
    Ok(page(&setup_page(&request, &token, "")))
}

fn setup_page(request: &HttpRequest, token: &str, username: &str) -> SetupPage {
    SetupPage::new(auth::signed_out_shell(request, "Set up"), token, username, password::LEAST_CHARACTERS as u32)
}

async fn require_setup(state: &AppState, token: String) -> Result<(), PageError> {
    let open = run(&state.store, move |store| setup::is_open(&store.pools, &token, Utc::now())).await?;
    if open { Ok(()) } else { Err(PageError::NotFound) }
}

/// `POST /setup`: makes the owner and signs them in.
pub async fn make_owner(
    request: HttpRequest,
    form: RawForm,
    state: web::Data<AppState>,
) -> Result<HttpResponse, PageError> {
    let token = form.get("token").to_owned();
    require_setup(&state, token.clone()).await?;
    let (name, typed) = (form.get("username").trim().to_owned(), form.get("password").to_owned());
    let refuse = |refusals| {
        let again = setup_page(&request, form.get("token"), form.get("username")).refuse(refusals);
        Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &again))
    };
    let mut refusals = Vec::new();
    if name.is_empty() {
        refusals.push(Refusal::new("required", "username", "A name is needed."));
    }
    refusals.extend(password::unfit(&typed).map(|sentence| Refusal::new("invalid", "password", sentence)));
    if !refusals.is_empty() {
        return refuse(refusals);
    }
    let made = run(&state.store, move |store| {
        let hash = password::hash(&typed)?;
        Ok::<_, PageError>(staff::add_first_owner(&store.pools, &name, &hash, Utc::now()))
    });
    match made.await? {
        Ok(owner) => {
            begin_session(&request.get_session(), owner.id)?;
            Ok(see("/"))
        }
        Err(StaffError::Store(error)) => Err(error.into()),
        Err(error) => refuse(vec![Refusal::new("invalid", "username", error.to_string())]),
    }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_our_own_addresses_come_next() {
        for good in ["/", "/bookings?q=a%20b&status=PENDING", "/bookings/BK-2026-ABCDEFGH", "/a//b"] {
            assert_eq!(local_path(good), good);
        }
        for bad in [
            "",
            "bookings",
            "//evil.example",
            "/\\evil.example",
            "http://evil.example/",
            "/a\nb",
            "/\t/evil.example",
            "/é",
        ] {
            assert_eq!(local_path(bad), "/", "{bad:?}");
        }
    }
}
