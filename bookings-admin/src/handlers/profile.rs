//! `/profile`: one's own choices, password and sessions.

use actix_web::{HttpRequest, HttpResponse, web};
use bookings_db::By;
use bookings_db::audit::{self, AuditKind, Entry};
use bookings_db::sessions::{self, OwnSession};
use bookings_db::staff::{self, Preferences, StaffChange, StaffError};
use chrono::Utc;

use crate::app::AppState;
use crate::auth::unfit::unfit;
use crate::auth::{About, Signed, password};
use crate::error::PageError;
use crate::handlers::auth::{begin_session, see};
use crate::handlers::password_again;
use crate::handlers::refused::Refused;
use crate::handlers::run::run;
use crate::raw_form::RawForm;
use crate::session_store::about;
use crate::views::bookings::Fact;
use crate::views::refusal::place;
use crate::views::staff::{PreferencesForm, ProfilePage, SessionRow, new_password};
use crate::views::{Choice, Field, Theme, page};
use crate::{browsers, flash, present};

/// The password in the form that ends sessions.
const FOR_SESSIONS: &str = "sessions_password";
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

pub(super) async fn profile_page(state: &AppState, signed: &Signed) -> Result<ProfilePage, PageError> {
    let (this, zone) = (this_one(signed), signed.zone());
    let sessions = own_sessions(state, signed).await?;
    let rows = sessions.into_iter().map(|(about, session)| SessionRow {
        current: about.id == this.id,
        id: about.id,
        agent: browsers::words(&about.agent),
        address: about.address,
        since: present::stamp(session.created_at, zone),
    });
    let Preferences { time_zone, theme, shortcuts } = &signed.staff.preferences;
    Ok(ProfilePage {
        facts: vec![
            Fact::new("Name", &signed.staff.name),
            Fact::new("Role", signed.staff.role.as_str()),
            Fact::new("Time zone", zone.name()),
            Fact::new("Currency", signed.currency().as_str()),
        ],
        shell: signed.shell("Profile", None),
        summary: None,
        preferences: PreferencesForm {
            time_zone: Field::text("time_zone", "Time zone of the times you see and type")
                .hint("As America/Port_of_Spain; empty for that of the business")
                .maxlength(100)
                .value(time_zone.as_deref().unwrap_or_default()),
            themes: Theme::ALL.map(|one| Choice::new(one.as_str(), one.words(), one.as_str() == theme)).into(),
            shortcuts: Choice::new("on", "Keyboard shortcuts", *shortcuts),
        },
        second_factor: signed.staff.second_factor,
        current: password_again::field(),
        end: password_again::field_named(FOR_SESSIONS),
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
    let new = form.get("new_password").to_owned();
    if let Some(sentence) = unfit(&new, &signed.staff.name, state.settings.public_origin.as_deref()) {
        return again(&state, &signed, Refused::at("new_password", "invalid", sentence)).await;
    }
    if let Err(refused) = password_again::check(&request, &state, &signed, &form).await? {
        return again(&state, &signed, refused).await;
    }
    let (actor, scope, id) = (signed.actor(), signed.scope(), signed.staff.id);
    run(&state.store, move |store| {
        let hash = password::hash(&new)?;
        let by = By { scope, ..By::new(&actor, Utc::now()) };
        match staff::change_staff(&store.pools, &by, id, None, StaffChange::Password(&hash)) {
            Ok(_) => Ok(()),
            Err(StaffError::Store(error)) => Err(error.into()),
            Err(_) => Err(PageError::SignedOut),
        }
    })
    .await?;
    begin_session(&request, id)?;
    flash::set(&signed.session, "Your password is changed. Other browsers are signed out.", None);
    Ok(see("/profile"))
}

async fn again(state: &AppState, signed: &Signed, refused: Refused) -> Result<HttpResponse, PageError> {
    let page = profile_page(state, signed).await?;
    Ok(refused.answer(|refusal| page.refuse("Nothing was changed", vec![refusal])))
}

/// `POST /profile/sessions`: ends one of one's own sessions by its name, or all others.
///
/// # Errors
/// Not found; the store's.
pub async fn end_sessions(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    let others = form.get("session") == "others";
    let wanted = if others { this_one(&signed).id } else { form.get("session").to_owned() };
    let own = own_sessions(&state, &signed).await?;
    let found = own.into_iter().find(|(about, _)| !about.id.is_empty() && about.id == wanted);
    let (_, session) = found.ok_or(PageError::NotFound)?;
    if let Err(refused) = password_again::check_in(&request, &state, &signed, &form, FOR_SESSIONS).await? {
        let mut page = profile_page(&state, &signed).await?;
        return Ok(refused.answer(|refusal| {
            page.summary = place("No session was ended", vec![refusal], &mut [page.end.slot()]);
            page
        }));
    }
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
