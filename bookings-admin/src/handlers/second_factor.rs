//! `/profile/second-factor`: one's own second factor, set up with an app, and its recovery codes. Whoever's role needs one is
//! led here before anything else.

use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::StaffId;
use bookings_db::sessions::KeyDigest;
use bookings_db::staff::{self, StaffError};
use bookings_db::{By, Store};
use chrono::Utc;

use crate::app::AppState;
use crate::auth::throttle::Try;
use crate::auth::{Signed, recovery, second_factor, totp};
use crate::error::PageError;
use crate::handlers::auth::{begin_session, client, local_path, see};
use crate::handlers::password_again;
use crate::handlers::refused::Refused;
use crate::handlers::run::run;
use crate::raw_form::{RawForm, escape};
use crate::views::second_factor::{RecoveryCodesPage, SecondFactorPage, State};
use crate::views::{page, qr};
use crate::{flash, present};

const PATH: &str = "/profile/second-factor";

/// `GET /profile/second-factor`.
///
/// # Errors
/// The store's.
pub async fn show(request: HttpRequest, state: web::Data<AppState>, signed: Signed) -> Result<HttpResponse, PageError> {
    let query = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    Ok(page(&own_page(&state, &signed, &query).await?))
}

/// The page as things are; `form` says where to go after.
async fn own_page(state: &AppState, signed: &Signed, form: &RawForm) -> Result<SecondFactorPage, PageError> {
    let id = signed.staff.id;
    let (factor, since) = run(&state.store, move |store| {
        Ok::<_, PageError>((staff::second_factor(&store.pools, id)?, staff::second_factor_since(&store.pools, id)?))
    })
    .await?;
    let shown = match (factor, since) {
        (Some(factor), Some(since)) => {
            State::On { since: present::stamp(since, signed.zone()), codes_left: factor.recovery_codes }
        }
        (Some(factor), None) => match second_factor::open(&state.sealer, id, &factor) {
            Some(secret) => waiting(state, signed, &secret),
            None => State::Off,
        },
        (None, _) => State::Off,
    };
    Ok(SecondFactorPage {
        shell: signed.shell("Second factor", None),
        summary: None,
        needed: signed.staff.lacks_second_factor(&state.settings),
        required: state.settings.operation.second_factor.contains(&signed.staff.role),
        state: shown,
        next: local_path(form.get("next")).to_owned(),
        password: password_again::field(),
        code: SecondFactorPage::code_field(),
    })
}

fn waiting(state: &AppState, signed: &Signed, secret: &[u8]) -> State {
    let origin = state.settings.public_origin.as_deref().unwrap_or_default();
    let issuer = origin.split_once("://").map_or("bookings", |(_, host)| host);
    let address = totp::address(secret, issuer, &signed.staff.name);
    let text = totp::base32(secret);
    let groups: Vec<&str> = text.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    State::Waiting { picture: qr::picture(&address).unwrap_or_default(), address, secret: groups.join(" ") }
}

async fn again(state: &AppState, signed: &Signed, form: &RawForm, refused: Refused) -> Result<HttpResponse, PageError> {
    let page = own_page(state, signed, form).await?;
    Ok(refused.answer(|refusal| page.refuse(refusal)))
}

/// The page again where the password that is asked for once more is not theirs.
async fn unproven(
    request: &HttpRequest,
    state: &AppState,
    signed: &Signed,
    form: &RawForm,
) -> Result<Option<HttpResponse>, PageError> {
    match password_again::check(request, state, signed, form).await? {
        Ok(()) => Ok(None),
        Err(refused) => again(state, signed, form, refused).await.map(Some),
    }
}

/// Back to the page, which remembers where to go after.
fn back(form: &RawForm) -> HttpResponse {
    match local_path(form.get("next")) {
        "/" => see(PATH),
        next => see(&format!("{PATH}?next={}", escape(next))),
    }
}

/// `POST /profile/second-factor/begin`: a new secret, which waits for its first code.
///
/// # Errors
/// The store's.
pub async fn begin(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    if !state.sealer.is_lasting() {
        let sentence = "This installation has no secret key that lasts: whoever runs it must set BOOKINGS_SECRET_KEY.";
        return again(&state, &signed, &form, Refused::at("", "invalid", sentence)).await;
    }
    if let Some(refused) = unproven(&request, &state, &signed, &form).await? {
        return Ok(refused);
    }
    let (id, sealer) = (signed.staff.id, state.sealer.clone());
    run(&state.store, move |store| {
        let secret = second_factor::new_secret().and_then(|secret| second_factor::seal(&sealer, id, &secret));
        let secret = secret.ok_or_else(|| PageError::Internal("no randomness for a secret".into()))?;
        Ok::<_, PageError>(staff::begin_second_factor(&store.pools, id, &secret)?)
    })
    .await?;
    Ok(back(&form))
}

/// `POST /profile/second-factor/confirm`: the first code; from now on it is asked for. Shows the recovery codes, once.
///
/// # Errors
/// The store's.
pub async fn confirm(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    let id = signed.staff.id;
    let factor = run(&state.store, move |store| staff::second_factor(&store.pools, id)).await?;
    let Some(factor) = factor.filter(|factor| !factor.confirmed) else { return Ok(back(&form)) };
    let attempt = Try::of_code(&signed.staff.name, client(&request, &state));
    if let Some(seconds) = run(&state.store, move |store| attempt.begin(store, Utc::now())).await? {
        return again(&state, &signed, &form, Refused::throttled("code", "codes", seconds)).await;
    }
    let secret = second_factor::open(&state.sealer, id, &factor);
    let step = secret.zip(totp::digits(form.get("code")));
    let step = step.and_then(|(secret, digits)| totp::matching_step(&secret, &digits, Utc::now()));
    let Some(step) = step else {
        let sentence =
            "This is not the code that the app shows now. If it stays so, the clock of the phone may be wrong.";
        return again(&state, &signed, &form, Refused::at("code", "invalid", sentence)).await;
    };
    let (codes, digests) = recovery_codes()?;
    let done = as_themselves(&state, &signed, move |store, by, id| {
        attempt.succeeded(store)?;
        staff::confirm_second_factor(&store.pools, by, id, &factor.sealed, step, &digests)
    });
    if !done.await? {
        return Ok(back(&form));
    }
    begin_session(&request, id)?;
    Ok(page(&codes_page(&signed, codes, &form, "Your second factor is set up. Other browsers are signed out.")))
}

/// `POST /profile/second-factor/codes`: new recovery codes in place of those before, shown once.
///
/// # Errors
/// The store's.
pub async fn codes(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    if let Some(refused) = unproven(&request, &state, &signed, &form).await? {
        return Ok(refused);
    }
    let (codes, digests) = recovery_codes()?;
    let done = as_themselves(&state, &signed, move |store, by, id| {
        staff::renew_recovery_codes(&store.pools, by, id, &digests)
    });
    if !done.await? {
        return Ok(back(&form));
    }
    Ok(page(&codes_page(&signed, codes, &form, "The recovery codes before are worth nothing any more.")))
}

/// New recovery codes, and what the store keeps of each.
fn recovery_codes() -> Result<(Vec<String>, Vec<KeyDigest>), PageError> {
    let codes = recovery::make().ok_or_else(|| PageError::Internal("no randomness for recovery codes".into()))?;
    let digests = codes.iter().map(|code| recovery::code_digest(code)).collect();
    Ok((codes, digests))
}

fn codes_page(signed: &Signed, codes: Vec<String>, form: &RawForm, notice: &'static str) -> RecoveryCodesPage {
    let next = match local_path(form.get("next")) {
        "/" => "/profile",
        next => next,
    };
    RecoveryCodesPage { shell: signed.shell("Recovery codes", None), notice, codes, next: next.into() }
}

/// `POST /profile/second-factor/remove`.
///
/// # Errors
/// The store's.
pub async fn remove(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    if let Some(refused) = unproven(&request, &state, &signed, &form).await? {
        return Ok(refused);
    }
    let done = as_themselves(&state, &signed, |store, by, id| staff::remove_second_factor(&store.pools, by, id));
    if done.await? {
        begin_session(&request, signed.staff.id)?;
        flash::set(&signed.session, "Your second factor is removed. Other browsers are signed out.", None);
    }
    Ok(back(&form))
}

/// What somebody does to their own account.
async fn as_themselves(
    state: &AppState,
    signed: &Signed,
    work: impl FnOnce(&Store, &By<'_>, StaffId) -> Result<bool, StaffError> + Send + 'static,
) -> Result<bool, PageError> {
    let (actor, scope, id) = (signed.actor(), signed.scope(), signed.staff.id);
    run(&state.store, move |store| {
        let by = By { scope, ..By::new(&actor, Utc::now()) };
        work(store, &by, id).map_err(|error| match error {
            StaffError::Store(error) => error.into(),
            _ => PageError::SignedOut,
        })
    })
    .await
}
