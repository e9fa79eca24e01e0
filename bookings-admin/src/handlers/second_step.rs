//! The second step of a sign-in: a code behind the right password, for those who have a second factor.

use actix_session::{Session, SessionExt};
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::StaffId;
use bookings_db::Store;
use bookings_db::audit::{self, AuditKind, Entry};
use bookings_db::staff::{self, Staff};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::AppState;
use crate::auth;
use crate::auth::seal::Sealer;
use crate::auth::second_factor::{Proof, accept};
use crate::auth::throttle::Try;
use crate::error::PageError;
use crate::handlers::auth::{after_sign_in, begin_session, carried, client, old_form, see};
use crate::handlers::refused::Refused;
use crate::handlers::run::run;
use crate::raw_form::RawForm;
use crate::views::auth::CodePage;
use crate::views::page;

/// In a session's state: whose password was right.
const KEY: &str = "second_step";
/// How long after the password a code is taken.
const VALID: TimeDelta = TimeDelta::minutes(10);

/// Who has yet to enter a code. Nobody is signed in by it.
#[derive(Debug, Serialize, Deserialize)]
struct Half {
    id: StaffId,
    /// As it was then: a changed account begins anew.
    version: i64,
    since: DateTime<Utc>,
}

/// Begins it under a new session key, and asks for the code; the form carries on what the sign-in carried.
pub(super) fn begin(request: &HttpRequest, form: &RawForm, account: &Staff) -> Result<HttpResponse, PageError> {
    let session = request.get_session();
    session.clear();
    session.renew();
    let half = Half { id: account.id, version: account.version, since: Utc::now() };
    session.insert(KEY, half).map_err(|error| PageError::Internal(error.to_string()))?;
    Ok(page(&code_page(request, form)))
}

fn code_page(request: &HttpRequest, form: &RawForm) -> CodePage {
    CodePage::new(auth::signed_out_shell(request, "Enter your code"), carried(form))
}

fn half(session: &Session) -> Option<Half> {
    let half: Half = session.get(KEY).ok().flatten()?;
    (Utc::now() - half.since < VALID).then_some(half)
}

/// `GET /login/code`: the form again; without a right password before it, the sign-in.
pub async fn form(request: HttpRequest) -> HttpResponse {
    match half(&request.get_session()) {
        Some(_) => page(&code_page(&request, &RawForm::default())),
        None => see("/login"),
    }
}

/// `POST /login/code`: signs in.
///
/// # Errors
/// The store's.
pub async fn enter(request: HttpRequest, form: RawForm, state: web::Data<AppState>) -> Result<HttpResponse, PageError> {
    let Some(half) = half(&request.get_session()) else { return Ok(old_form(&request, &form)) };
    let found = run(&state.store, move |store| staff::staff_by_id(&store.pools, half.id)).await?;
    let Some(account) = found.filter(|account| account.active && account.version == half.version) else {
        return Ok(old_form(&request, &form));
    };
    let refuse = |refused: Refused| Ok(refused.answer(|refusal| code_page(&request, &form).refuse(refusal)));
    if form.get("code").trim().is_empty() {
        return refuse(Refused::at("code", "required", "A code is needed."));
    }
    let address = client(&request, &state);
    let attempt = Try::of_code(&account.name, address);
    if let Some(seconds) = run(&state.store, move |store| attempt.begin(store, Utc::now())).await? {
        return refuse(Refused::throttled("code", "codes", seconds));
    }
    let (id, typed, sealer) = (account.id, form.get("code").to_owned(), state.sealer.clone());
    let from = address.map(|address| address.to_string()).unwrap_or_default();
    match run(&state.store, move |store| checked(store, &sealer, &account, &typed, &from)).await {
        Err(error) => {
            run(&state.store, move |store| attempt.withdraw(store)).await?;
            Err(error)
        }
        Ok(None) => refuse(Refused::at("code", "invalid", "This code is wrong, too old, or was used before.")),
        Ok(Some(_)) => {
            run(&state.store, move |store| attempt.succeeded(store)).await?;
            begin_session(&request, id)?;
            Ok(after_sign_in(&request, &form))
        }
    }
}

/// Whether the code is right; either way the audit keeps it. Blocks.
fn checked(
    store: &Store,
    sealer: &Sealer,
    account: &Staff,
    typed: &str,
    from: &str,
) -> Result<Option<Proof>, PageError> {
    let proof = accept(store, sealer, account.id, typed, Utc::now())?;
    let (kind, data) = match proof {
        None => (AuditKind::SecondFactorFailed, Value::Null),
        Some(Proof::Code) => (AuditKind::SignedIn, json!({ "with": "code" })),
        Some(Proof::RecoveryCode(left)) => {
            (AuditKind::SignedIn, json!({ "with": "recovery code", "recovery codes left": left }))
        }
    };
    let entry = Entry {
        kind,
        actor_id: Some(account.id),
        actor_name: &account.name,
        tenant_id: account.tenant_id,
        subject: "",
        address: from,
    };
    audit::record(&store.pools, &entry, &data, Utc::now())?;
    Ok(proof)
}
