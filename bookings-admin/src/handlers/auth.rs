//! Signing in and out, the first owner, and what becomes of a form posted by somebody signed out.

use std::net::IpAddr;

use actix_session::{Session, SessionExt};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::StaffId;
use bookings_db::Store;
use bookings_db::audit::{self, AuditKind, Entry};
use bookings_db::staff::{self, Staff, StaffError};
use chrono::Utc;

use crate::app::AppState;
use crate::auth::throttle::Try;
use crate::auth::unfit::unfit;
use crate::auth::{self, About, STAFF_ID, password};
use crate::csrf;
use crate::error::PageError;
use crate::handlers::refused::Refused;
use crate::handlers::run::run;
use crate::handlers::second_step;
use crate::raw_form::{self, RawForm};
use crate::setup;
use crate::views::auth::{LoginPage, SetupPage};
use crate::views::error::Retry;
use crate::views::{ErrorPage, Hidden, Link, Refusal, page, page_with_status};

/// Where a form was posted while nobody was signed in, and what was in it; both travel through the sign-in form.
const KEPT_PATH: &str = "kept_path";
const KEPT_FORM: &str = "kept_form";
/// Characters of a browser's name that are kept.
const MOST_OF_AGENT: usize = 200;

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
    let mut login = login_page(request, form.get("username"), "");
    login.hidden = carried(form);
    login
}

/// What goes through a sign-in, step by step: where to, and a form that waits to be sent again.
pub(super) fn carried(form: &RawForm) -> Vec<Hidden> {
    let mut hidden = vec![Hidden::new("next", local_path(form.get("next")))];
    if form.has(KEPT_PATH) {
        hidden.extend([KEPT_PATH, KEPT_FORM].map(|name| Hidden::new(name, form.get(name))));
    }
    hidden
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

/// A form of somebody who has to set up a second factor first: what was typed is shown and can be sent again after.
pub(crate) fn led_post(request: &HttpRequest, form: &RawForm) -> HttpResponse {
    let mut refused = ErrorPage::new(auth::shell(request), StatusCode::FORBIDDEN.as_u16()).text(
        "Your role needs a second factor before anything else. Nothing was changed. Set it up in another tab, then send this again.",
    );
    refused.kept = shown(&typed(form));
    refused.retry = Some(again(request.path(), typed(form)));
    refused.next = vec![Link::new("Set up a second factor", "/profile/second-factor")];
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
    let (name, address) = (form.get("username").trim().to_owned(), client(&request, &state));
    let attempt = Try::of(&name, address);
    if let Some(seconds) = run(&state.store, move |store| attempt.begin(store, Utc::now())).await? {
        let refused = Refused::throttled("", "tries", seconds);
        return Ok(refused.answer(|refusal| login_again(&request, &form).refuse(vec![refusal])));
    }
    let from = address.map(|address| address.to_string()).unwrap_or_default();
    let password = form.get("password").to_owned();
    let found = run(&state.store, move |store| checked(store, &name, &password, &from)).await;
    match found {
        Err(error) => {
            run(&state.store, move |store| attempt.withdraw(store)).await?;
            Err(error)
        }
        Ok(Entered::Nobody) => {
            // One answer for unknown names, wrong passwords and disabled accounts.
            let wrong = Refusal::new("invalid", "password", "The name or the password is wrong.");
            Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &login_again(&request, &form).refuse(vec![wrong])))
        }
        Ok(Entered::Half(account)) => {
            // Half a sign-in forgets no wrong ones.
            run(&state.store, move |store| attempt.withdraw(store)).await?;
            second_step::begin(&request, &form, &account)
        }
        Ok(Entered::Whole(id)) => {
            run(&state.store, move |store| attempt.succeeded(store)).await?;
            begin_session(&request, id)?;
            Ok(after_sign_in(&request, &form))
        }
    }
}

/// How far name and password lead.
enum Entered {
    Nobody,
    /// A code is needed as well.
    Half(Staff),
    Whole(StaffId),
}

/// Where the request comes from, as far as the settings let proxies say.
pub(super) fn client(request: &HttpRequest, state: &AppState) -> Option<IpAddr> {
    auth::address::client(request, &state.settings.operation.trusted_proxies)
}

/// Looks for the active account with that name and password; the audit keeps what it came to, once it has. Blocks.
fn checked(store: &Store, name: &str, password: &str, from: &str) -> Result<Entered, PageError> {
    let found = staff::staff_by_name(&store.pools, name)?;
    // Nobody has set a password yet: that takes as long as a name that nobody has.
    let hash = found.as_ref().map(|staff| staff.password_hash.as_str()).filter(|hash| !hash.is_empty());
    let right = password::matches(password, hash)?;
    let entered = found.as_ref().filter(|staff| right && staff.active);
    if let Some(staff) = entered.filter(|staff| password::is_outdated(&staff.password_hash)) {
        let fresh = password::hash(password)?;
        staff::refresh_hash(&store.pools, staff.id, &staff.password_hash, &fresh)?;
    }
    if let Some(staff) = entered
        && staff::second_factor_since(&store.pools, staff.id)?.is_some()
    {
        return Ok(Entered::Half(staff.clone()));
    }
    let entry = Entry {
        kind: if entered.is_some() { AuditKind::SignedIn } else { AuditKind::SignInFailed },
        actor_id: found.as_ref().map(|staff| staff.id),
        // An unknown name may be a password in the wrong field.
        actor_name: found.as_ref().map_or("somebody", |staff| &staff.name),
        tenant_id: found.as_ref().and_then(|staff| staff.tenant_id),
        subject: "",
        address: from,
    };
    audit::record(&store.pools, &entry, &serde_json::Value::Null, Utc::now())?;
    Ok(entered.map_or(Entered::Nobody, |staff| Entered::Whole(staff.id)))
}

/// A new session under a new key: one planted before the sign-in is worth nothing after it.
pub(super) fn begin_session(request: &HttpRequest, id: StaffId) -> Result<(), PageError> {
    let internal = |error: actix_session::SessionInsertError| PageError::Internal(error.to_string());
    let state = AppState::of(request)?;
    let session = request.get_session();
    session.clear();
    session.renew();
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let about = About {
        id: uuid::Uuid::new_v4().to_string(),
        agent: agent.chars().take(MOST_OF_AGENT).collect(),
        address: client(request, &state).map(|address| address.to_string()).unwrap_or_default(),
    };
    session.insert(About::KEY, about).map_err(internal)?;
    session.insert(STAFF_ID, id).map_err(internal)
}

/// On to where they were going; or, where a form waits to be sent again, a page that offers it.
pub(super) fn after_sign_in(request: &HttpRequest, form: &RawForm) -> HttpResponse {
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
    offer.next = vec![Link::new("Leave it", "/")];
    page(&offer)
}

/// `POST /logout`.
pub async fn sign_out(state: web::Data<AppState>, session: Session) -> Result<HttpResponse, PageError> {
    let who = auth::account(&session);
    session.purge();
    if let Some(who) = who {
        run(&state.store, move |store| {
            let entry = Entry {
                kind: AuditKind::SignedOut,
                actor_id: Some(who.id),
                actor_name: &who.name,
                tenant_id: who.tenant_id,
                subject: "",
                address: "",
            };
            audit::record(&store.pools, &entry, &serde_json::Value::Null, Utc::now())
        })
        .await?;
    }
    let mut answer = see("/login");
    // What was typed and not sent is kept by the browser until then.
    let everything = header::HeaderValue::from_static("\"cache\", \"storage\"");
    answer.headers_mut().insert(header::HeaderName::from_static("clear-site-data"), everything);
    Ok(answer)
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
    let why = unfit(&typed, &name, state.settings.public_origin.as_deref());
    refusals.extend(why.map(|sentence| Refusal::new("invalid", "password", sentence)));
    if !refusals.is_empty() {
        return refuse(refusals);
    }
    let made = run(&state.store, move |store| {
        let hash = password::hash(&typed)?;
        Ok::<_, PageError>(staff::add_first_owner(&store.pools, &name, &hash, Utc::now()))
    });
    match made.await? {
        Ok(owner) => {
            begin_session(&request, owner.id)?;
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
