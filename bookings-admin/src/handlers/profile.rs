//! `/profile`: one's own password and sessions.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_db::By;
use bookings_db::audit::{self, AuditKind, Entry};
use bookings_db::sessions::{self, OwnSession};
use bookings_db::staff::{self, StaffChange, StaffError};
use chrono::Utc;

use crate::app::AppState;
use crate::auth::throttle::Try;
use crate::auth::{About, Signed, address, password};
use crate::error::{PageError, wait};
use crate::handlers::auth::{begin_session, see};
use crate::handlers::run::run;
use crate::raw_form::RawForm;
use crate::session_store::about;
use crate::views::bookings::Fact;
use crate::views::staff::{ProfilePage, SessionRow, new_password};
use crate::views::{Field, Refusal, page, page_with_status};
use crate::{flash, present};

/// More sessions than anybody has.
const MOST: u32 = 100;

/// `GET /profile`.
///
/// # Errors
/// The store's.
pub async fn profile(state: web::Data<AppState>, signed: Signed) -> Result<HttpResponse, PageError> {
    Ok(page(&profile_page(&state, &signed).await?))
}

async fn own_sessions(state: &AppState, signed: &Signed) -> Result<Vec<(About, OwnSession)>, PageError> {
    let id = signed.staff.id;
    let found = run(&state.store, move |store| sessions::of_staff(&store.pools, id, Utc::now(), MOST)).await?;
    Ok(found.into_iter().map(|session| (about(&session.data), session)).collect())
}

/// Which of them this is.
fn this_one(signed: &Signed) -> About {
    signed.session.get(About::KEY).ok().flatten().unwrap_or_default()
}

async fn profile_page(state: &AppState, signed: &Signed) -> Result<ProfilePage, PageError> {
    let (this, zone) = (this_one(signed), signed.zone());
    let sessions = own_sessions(state, signed).await?;
    let rows = sessions.into_iter().map(|(about, session)| SessionRow {
        current: about.id == this.id,
        id: about.id,
        agent: if about.agent.is_empty() { "A browser without a name".into() } else { about.agent },
        address: about.address,
        since: present::stamp(session.created_at, zone),
    });
    let current = Field::text("current_password", "Present password").kind("password").required();
    Ok(ProfilePage {
        facts: vec![
            Fact::new("Name", &signed.staff.name),
            Fact::new("Role", signed.staff.role.as_str()),
            Fact::new("Time zone", zone.name()),
            Fact::new("Currency", signed.currency().as_str()),
        ],
        shell: signed.shell("Profile", None),
        summary: None,
        current: current.autocomplete("current-password"),
        new: new_password("New password", password::LEAST_CHARACTERS),
        sessions: rows.collect(),
    })
}

/// `POST /profile/password`: another password; every other session ends, and this one goes on under a new key.
///
/// # Errors
/// The store's.
pub async fn change_password(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    let (current, new) = (form.get("current_password").to_owned(), form.get("new_password").to_owned());
    if let Some(sentence) = password::unfit(&new) {
        let wrong = Refusal::new("invalid", "new_password", sentence);
        return refused(&state, &signed, StatusCode::UNPROCESSABLE_ENTITY, wrong).await;
    }
    // Whoever finds an open browser shall not guess on.
    let from = address::client(&request, &state.settings.operation.trusted_proxies);
    let attempt = Try::of(&signed.staff.name, from);
    if let Some(seconds) = run(&state.store, move |store| attempt.begin(store, Utc::now())).await? {
        let sentence = format!("Too many wrong tries. Please wait {}, then try again.", wait(seconds));
        let refusal = Refusal::new("throttled", "current_password", sentence);
        return refused(&state, &signed, StatusCode::TOO_MANY_REQUESTS, refusal).await;
    }
    let (actor, scope, id) = (signed.actor(), signed.scope(), signed.staff.id);
    let done = run(&state.store, move |store| {
        let account = staff::staff_by_id(&store.pools, id)?.ok_or(PageError::SignedOut)?;
        if !password::matches(&current, Some(&account.password_hash))? {
            return Ok(false);
        }
        let hash = password::hash(&new)?;
        let by = By { scope, ..By::new(&actor, Utc::now()) };
        match staff::change_staff(&store.pools, &by, id, None, StaffChange::Password(&hash)) {
            Ok(_) => attempt.succeeded(store)?,
            Err(StaffError::Store(error)) => return Err(error.into()),
            Err(_) => return Err(PageError::SignedOut),
        }
        Ok::<_, PageError>(true)
    });
    if !done.await? {
        let wrong = Refusal::new("invalid", "current_password", "This is not your present password.");
        return refused(&state, &signed, StatusCode::UNPROCESSABLE_ENTITY, wrong).await;
    }
    begin_session(&request, id)?;
    flash::set(&signed.session, "Your password is changed. Other browsers are signed out.", None);
    Ok(see("/profile"))
}

async fn refused(
    state: &AppState,
    signed: &Signed,
    status: StatusCode,
    refusal: Refusal,
) -> Result<HttpResponse, PageError> {
    Ok(page_with_status(status, &profile_page(state, signed).await?.refuse(vec![refusal])))
}

/// `POST /profile/sessions`: ends one of one's own sessions by its name, or all others.
///
/// # Errors
/// Not found; the store's.
pub async fn end_sessions(
    state: web::Data<AppState>,
    signed: Signed,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    let others = form.get("session") == "others";
    let wanted = if others { this_one(&signed).id } else { form.get("session").to_owned() };
    let own = own_sessions(&state, &signed).await?;
    let found = own.into_iter().find(|(about, _)| !about.id.is_empty() && about.id == wanted);
    let (_, session) = found.ok_or(PageError::NotFound)?;
    let (actor, id, tenant) = (signed.actor(), signed.staff.id, signed.staff.tenant_id);
    let ended = run(&state.store, move |store| {
        let ended = sessions::end_own(&store.pools, id, &session.key, others)?;
        let entry = Entry::new(AuditKind::SessionsEnded, &actor, tenant, "");
        audit::record(&store.pools, &entry, &serde_json::json!({ "count": ended }), Utc::now())?;
        Ok::<_, PageError>(ended)
    })
    .await?;
    let message = match ended {
        0 => "There was no other session.".to_owned(),
        1 => "1 session is ended.".to_owned(),
        n => format!("{n} sessions are ended."),
    };
    flash::set(&signed.session, message, None);
    Ok(see("/profile"))
}
