//! Pages under `/staff`: accounts, for owners. Accounts are disabled, never deleted: histories name them.

mod form;
pub mod welcome;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::{Role, StaffId, TenantId};
use bookings_db::staff::{self, NewStaff, Staff, StaffChange, StaffError};
use bookings_db::{By, Scope, Store};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use self::form::{edit_page, new_page, refusal};
use crate::app::AppState;
use crate::auth::{Action, Signed, password};
use crate::error::PageError;
use crate::handlers::auth::see;
use crate::handlers::run::run;
use crate::raw_form::{RawForm, escape};
use crate::views::bookings::{EmptyState, Fact};
use crate::views::records::{RecordFormPage, RecordListPage, RecordRow};
use crate::views::staff::{PostButton, StaffShowPage};
use crate::views::{Link, Pager, Refusal, Section, page, page_with_status};
use crate::{flash, present};

const PATH: &str = "/staff";
/// Accounts of one page of the list.
const ROWS: u32 = 100;

/// Names of tenants by id; none with tenancy off.
type Tenants = Vec<(TenantId, String)>;

fn tenants(store: &Store, scope: Scope) -> Result<Tenants, PageError> {
    const MOST: u32 = 200;
    if !store.policy.tenancy {
        return Ok(Vec::new());
    }
    let found = store.pools.read(|conn| store.catalogue.tenants(conn, scope, "", MOST))?;
    Ok(found.into_iter().map(|tenant| (tenant.id, tenant.name)).collect())
}

/// The tenant's name; the installation's own people stand above them.
fn tenant_name(tenants: &Tenants, id: Option<TenantId>) -> String {
    match id {
        None => "all".into(),
        Some(id) => {
            tenants.iter().find(|(known, _)| *known == id).map_or_else(|| id.to_string(), |(_, name)| name.clone())
        }
    }
}

/// `GET /staff`.
///
/// # Errors
/// Forbidden; the store's.
pub async fn list(request: HttpRequest, state: web::Data<AppState>, signed: Signed) -> Result<HttpResponse, PageError> {
    signed.require(Action::ManageStaff)?;
    let query = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let after = Some(query.get("after").to_owned()).filter(|after| !after.is_empty());
    let (scope, paged) = (signed.scope(), after.is_some());
    let (mut accounts, tenants) = run(&state.store, move |store| {
        let accounts = store.pools.read(|conn| staff::staff_page(conn, scope, after.as_deref(), ROWS + 1))?;
        Ok::<_, PageError>((accounts, tenants(store, scope)?))
    })
    .await?;
    let more = accounts.len() as u32 > ROWS;
    accounts.truncate(ROWS as usize);
    let next = accounts.last().filter(|_| more).map(|account| format!("{PATH}?after={}", escape(&account.name)));
    let tenancy = state.settings.policy.tenancy;
    let rows: Vec<RecordRow> = accounts
        .into_iter()
        .map(|account| {
            let mut cells = vec![account.role.as_str().to_owned()];
            if tenancy {
                cells.push(tenant_name(&tenants, account.tenant_id));
            }
            RecordRow { href: format!("{PATH}/{}", account.id), inactive: !account.active, name: account.name, cells }
        })
        .collect();
    let new = Some(Link::new("New account", format!("{PATH}/new")));
    Ok(page(&RecordListPage {
        shell: signed.shell("Staff", Some(Section::Staff)),
        q: None,
        columns: if tenancy { vec!["Name", "Role", "Tenant"] } else { vec!["Name", "Role"] },
        pager: Pager {
            count: format!("{} shown", rows.len()),
            previous: paged.then(|| PATH.to_owned()),
            next,
            sizes: Vec::new(),
        },
        empty: rows.is_empty().then(|| EmptyState {
            heading: "No account here".into(),
            text: "Whoever works here has an account of their own.".into(),
            action: new.clone(),
        }),
        new,
        rows,
        summary: None,
    }))
}

/// `GET /staff/new`.
///
/// # Errors
/// Forbidden; the store's.
pub async fn new_form(state: web::Data<AppState>, signed: Signed) -> Result<HttpResponse, PageError> {
    signed.require(Action::ManageStaff)?;
    Ok(page(&blank_form(&state, &signed, &RawForm::of(vec![("role".into(), "staff".into())])).await?))
}

async fn blank_form(state: &AppState, signed: &Signed, form: &RawForm) -> Result<RecordFormPage, PageError> {
    let scope = signed.scope();
    let tenants = match scope {
        Scope::All => run(&state.store, move |store| tenants(store, scope)).await?,
        // They have no tenant to choose.
        Scope::Tenant(_) => Vec::new(),
    };
    Ok(new_page(signed.shell("New account", Some(Section::Staff)), form, &tenants))
}

/// `POST /staff`: makes an account, with a password or with a link to set one.
///
/// # Errors
/// Forbidden; the store's.
pub async fn create(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::ManageStaff)?;
    let new = match form::parse(&form, signed.staff.tenant_id, &state.settings) {
        Ok(new) => new,
        Err(refusals) => return again(&state, &signed, &form, refusals).await,
    };
    let (actor, scope) = (signed.actor(), signed.scope());
    let done = run(&state.store, move |store| {
        let hash = if new.password.is_empty() { String::new() } else { password::hash(&new.password)? };
        let account = NewStaff { name: &new.name, role: new.role, tenant_id: new.tenant_id, password_hash: &hash };
        let by = By { scope, ..By::new(&actor, Utc::now()) };
        let made = match staff::add_staff_by(&store.pools, &by, account) {
            Ok(made) => made,
            Err(StaffError::Store(error)) => return Err(error.into()),
            Err(error) => return Ok(Err(error)),
        };
        let token = if new.password.is_empty() { Some(welcome::offer(store, &by, made.id)?) } else { None };
        Ok::<_, PageError>(Ok((made, token)))
    });
    match done.await? {
        Err(error) => again(&state, &signed, &form, vec![refusal(&error)]).await,
        Ok((made, token)) => {
            let message = match token {
                Some(token) => link_message(&request, &state, &made.name, &token),
                None => format!("{} may sign in now.", made.name),
            };
            flash::set(&signed.session, message, None);
            Ok(see(&format!("{PATH}/{}", made.id)))
        }
    }
}

async fn again(
    state: &AppState,
    signed: &Signed,
    form: &RawForm,
    refusals: Vec<Refusal>,
) -> Result<HttpResponse, PageError> {
    let page = blank_form(state, signed, form).await?.refuse(refusals);
    Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// What the owner copies. It is shown once, and only its digest is kept.
fn link_message(request: &HttpRequest, state: &AppState, name: &str, token: &str) -> String {
    let origin = state.settings.public_origin.clone().unwrap_or_else(|| {
        let info = request.connection_info().clone();
        format!("{}://{}", info.scheme(), info.host())
    });
    let days = welcome::VALID.num_days();
    format!("Give {name} this link. It works once, within {days} days: {origin}/welcome?token={token}")
}

/// What a page about an account knows.
#[derive(Clone)]
struct Known {
    account: Staff,
    tenants: Tenants,
    /// Since when it has a second factor.
    second_factor: Option<DateTime<Utc>>,
}

async fn load(state: &AppState, signed: &Signed, id: &str) -> Result<Known, PageError> {
    let id = account_id(id)?;
    let scope = signed.scope();
    run(&state.store, move |store| {
        let found = staff::staff_by_id(&store.pools, id)?;
        let account = found.filter(|account| scope.sees(account.tenant_id)).ok_or(PageError::NotFound)?;
        let second_factor = staff::second_factor_since(&store.pools, id)?;
        Ok::<_, PageError>(Known { account, tenants: tenants(store, scope)?, second_factor })
    })
    .await
}

fn account_id(id: &str) -> Result<StaffId, PageError> {
    Uuid::try_parse(id).map(StaffId).map_err(|_| PageError::NotFound)
}

/// `GET /staff/{id}`.
///
/// # Errors
/// Forbidden; not found; the store's.
pub async fn show(
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::ManageStaff)?;
    Ok(page(&show_page(&signed, &load(&state, &signed, &id).await?)))
}

fn show_page(signed: &Signed, known: &Known) -> StaffShowPage {
    let Known { account, tenants, second_factor } = known;
    let own = account.id == signed.staff.id;
    let mut facts = vec![Fact::new("Role", account.role.as_str())];
    if !tenants.is_empty() {
        facts.push(Fact::new("Tenant", tenant_name(tenants, account.tenant_id)));
    }
    let since = second_factor.map(|since| format!("since {}", present::stamp(since, signed.zone())));
    facts.push(Fact::new("Second factor", since.as_deref().unwrap_or("none")));
    if account.password_hash.is_empty() {
        facts.push(Fact::new("Password", "not set yet"));
    }
    let address = format!("{PATH}/{}", account.id);
    facts.push(Fact::new("What they did", "in the audit").href(format!("/audit?actor={}", escape(&account.name))));
    let button =
        |verb: &str, label, help, danger| PostButton { action: format!("{address}/{verb}"), label, help, danger };
    let mut buttons = match (own, account.active) {
        (true, _) => Vec::new(),
        (false, true) => vec![
            button("link", "Make a link to set the password", "Ends the link made before", false),
            button("disable", "Disable", "Signs them out everywhere, at once", true),
        ],
        (false, false) => vec![button("enable", "Enable", "With the password they had", false)],
    };
    if second_factor.is_some() && !own {
        let help = "For whoever lost it, once you are sure who asks: signs them out everywhere";
        buttons.push(button("reset-second-factor", "Reset the second factor", help, true));
    }
    StaffShowPage {
        shell: signed.shell(&account.name, Some(Section::Staff)),
        back: Link::new("Staff", PATH),
        edit: Some(if own {
            Link::new("Your profile", "/profile")
        } else {
            Link::new("Change the role", format!("{address}/edit"))
        }),
        inactive: !account.active,
        facts,
        version: account.version.to_string(),
        buttons,
        summary: None,
    }
}

/// `GET /staff/{id}/edit`: the role.
///
/// # Errors
/// Forbidden; not found; the store's.
pub async fn edit_form(
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::ManageStaff)?;
    let Known { account, .. } = load(&state, &signed, &id).await?;
    let form = RawForm::of(vec![
        ("role".into(), account.role.as_str().into()),
        ("version".into(), account.version.to_string()),
    ]);
    Ok(page(&edit_page(signed.shell(&account.name, Some(Section::Staff)), &account, &form)))
}

/// `POST /staff/{id}`: another role.
///
/// # Errors
/// Forbidden; not found; the store's.
pub async fn update(
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::ManageStaff)?;
    let Known { account, .. } = load(&state, &signed, &id).await?;
    let refused = |status, account: &Staff, refusals| {
        let page = edit_page(signed.shell(&account.name, Some(Section::Staff)), account, &form).refuse(refusals);
        Ok(page_with_status(status, &page))
    };
    let Some(role) = Role::parse(form.get("role")) else {
        let wrong = Refusal::new("invalid", "role", "Choose viewer, staff, admin or owner.");
        return refused(StatusCode::UNPROCESSABLE_ENTITY, &account, vec![wrong]);
    };
    match change(&state, &signed, account.id, &form, StaffChange::Role(role)).await? {
        Ok(changed) => {
            let message = format!("{} is {} now, and signs in again.", changed.name, changed.role.as_str());
            flash::set(&signed.session, message, None);
            Ok(see(&format!("{PATH}/{}", changed.id)))
        }
        Err(StaffError::Stale(theirs)) => {
            let sentence = format!("Somebody else changed this account meanwhile: it is {} now.", theirs.role.as_str());
            let mut fresh = form.fields().to_vec();
            fresh.retain(|(name, _)| name != "version");
            fresh.push(("version".into(), theirs.version.to_string()));
            let page = edit_page(signed.shell(&theirs.name, Some(Section::Staff)), &theirs, &RawForm::of(fresh));
            let page = page.refuse(vec![Refusal::new("stale_version", "", sentence)]);
            Ok(page_with_status(StatusCode::CONFLICT, &page))
        }
        Err(StaffError::NotFound) => Err(PageError::NotFound),
        Err(error) => refused(StatusCode::UNPROCESSABLE_ENTITY, &account, vec![refusal(&error)]),
    }
}

/// `POST /staff/{id}/{verb}`: `disable`, `enable`, `link`, `reset-second-factor`.
///
/// # Errors
/// Forbidden; not found; the store's.
pub async fn verb(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    path: web::Path<(String, String)>,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::ManageStaff)?;
    let (id, verb) = path.into_inner();
    let known = load(&state, &signed, &id).await?;
    let account = &known.account;
    let done = match verb.as_str() {
        "disable" => change(&state, &signed, account.id, &form, StaffChange::Active(false)).await?,
        "enable" => change(&state, &signed, account.id, &form, StaffChange::Active(true)).await?,
        "reset-second-factor" => change(&state, &signed, account.id, &form, StaffChange::NoSecondFactor).await?,
        "link" if account.active && account.id != signed.staff.id => {
            let (actor, scope, id) = (signed.actor(), signed.scope(), account.id);
            let token =
                run(&state.store, move |store| welcome::offer(store, &By { scope, ..By::new(&actor, Utc::now()) }, id));
            flash::set(&signed.session, link_message(&request, &state, &account.name, &token.await?), None);
            return Ok(see(&format!("{PATH}/{id}")));
        }
        _ => return Err(PageError::NotFound),
    };
    let refused = |status, account: Staff, refusal| {
        let mut page = show_page(&signed, &Known { account, ..known.clone() });
        page.summary = crate::views::refusal::place("Nothing was changed", vec![refusal], &mut []);
        Ok(page_with_status(status, &page))
    };
    match done {
        Ok(changed) => {
            let now = match (verb.as_str(), changed.active) {
                ("reset-second-factor", _) => "has no second factor now, and is signed out",
                (_, true) => "may sign in again",
                (_, false) => "is disabled and signed out",
            };
            flash::set(&signed.session, format!("{} {now}.", changed.name), None);
            Ok(see(&format!("{PATH}/{}", changed.id)))
        }
        Err(StaffError::NotFound) => Err(PageError::NotFound),
        Err(error @ StaffError::Stale(_)) => {
            let sentence = Refusal::new("stale_version", "", format!("{error}: look at it again."));
            let StaffError::Stale(theirs) = error else { return Err(PageError::Stale) };
            refused(StatusCode::CONFLICT, *theirs, sentence)
        }
        Err(error) => refused(StatusCode::UNPROCESSABLE_ENTITY, account.clone(), refusal(&error)),
    }
}

/// The change, or why it was refused; the form says at which version it was made.
async fn change(
    state: &AppState,
    signed: &Signed,
    id: StaffId,
    form: &RawForm,
    change: StaffChange<'static>,
) -> Result<Result<Staff, StaffError>, PageError> {
    let Ok(seen) = form.get("version").parse::<i64>() else { return Err(PageError::Stale) };
    let (actor, scope) = (signed.actor(), signed.scope());
    run(&state.store, move |store| {
        let by = By { scope, ..By::new(&actor, Utc::now()) };
        match staff::change_staff(&store.pools, &by, id, Some(seen), change) {
            Err(StaffError::Store(error)) => Err(PageError::from(error)),
            done => Ok(done),
        }
    })
    .await
}
