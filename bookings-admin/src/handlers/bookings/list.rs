//! `GET /bookings`.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::TenantId;
use bookings_db::bookings::{self, Facets, ListQuery, Sort};
use bookings_db::catalogue::Choice;
use bookings_db::views::{Viewer, Views, views};
use bookings_db::{Catalogue, Scope, Store};
use chrono::Utc;
use uuid::Uuid;

use super::choices::MOST;
use super::list_page::View;
use super::views::{Typed, address};
use crate::app::AppState;
use crate::auth::{Action, Signed, may};
use crate::error::PageError;
use crate::forms;
use crate::forms::list::{FROM_TODAY, OPENING};
use crate::handlers::auth::see;
use crate::handlers::run::run;
use crate::raw_form::RawForm;
use crate::views::{Refusal, Section, page, page_with_status};

/// What the list needs from the store: five queries, one more for names where there are too many to choose from, for
/// tenants, and for counts of a few days.
#[derive(Default)]
pub(super) struct Loaded {
    pub page: Option<bookings::ListPage>,
    /// The order of the page, where it is not the one asked for.
    pub sorted_instead: Option<Sort>,
    pub count: Option<u64>,
    pub facets: Option<Facets>,
    pub views: Views,
    pub services: Vec<Choice<Uuid>>,
    pub providers: Vec<Choice<Uuid>>,
    pub tenants: Vec<Choice<Uuid>>,
    pub names: HashMap<Uuid, String>,
}

/// The list of bookings under its filters; a value that is not understood answers 422 and says which. Without any query it
/// opens with the person's default view, as does `view=opening`, which without one shows what is to come.
///
/// # Errors
/// An unknown view; the store's.
pub async fn list(request: HttpRequest, state: web::Data<AppState>, signed: Signed) -> Result<HttpResponse, PageError> {
    signed.require(Action::Read)?;
    let form = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    answer(&state, &signed, &form, None).await
}

/// The list of `form`; with `refused`, a view that was not saved.
pub(super) async fn answer(
    state: &AppState,
    signed: &Signed,
    form: &RawForm,
    refused: Option<(Typed, Refusal)>,
) -> Result<HttpResponse, PageError> {
    let (zone, scope) = (signed.zone(), signed.scope());
    let opening = matches!(form.fields(), [(name, value)] if name == "view" && value == OPENING);
    let to_come = RawForm::of(vec![("range".into(), FROM_TODAY.into())]);
    let form = if opening { &to_come } else { form };
    let query = forms::list::query(form, zone, scope);
    let wanted = query.as_ref().ok().cloned();
    let mut form = forms::list::known(form);
    let (viewer, asked) = (viewer(signed), form.clone());
    let found = run(&state.store, move |store| {
        let views = store.pools.read(|conn| views(conn, viewer))?;
        match elsewhere(&asked, opening, &views)? {
            Some(address) => Ok(Err(address)),
            None => load(store, scope, wanted, views).map(Ok),
        }
    });
    let loaded = match found.await? {
        Ok(loaded) => loaded,
        Err(address) => return Ok(see(&address)),
    };
    if let Some(sort) = loaded.sorted_instead {
        form = form.with("sort", sort.as_str());
    }
    let view = View {
        form: &form,
        zone,
        now: Utc::now(),
        loaded: &loaded,
        tenancy: state.settings.policy.tenancy,
        may_export: may(&signed.staff, Action::Export),
        may_import: may(&signed.staff, Action::Import),
        may_bulk: may(&signed.staff, Action::Bulk),
        may_share: may(&signed.staff, Action::ShareViews),
    };
    let can_book = may(&signed.staff, Action::Book);
    let mut shell = signed.shell("Bookings", Some(Section::Bookings));
    shell.search = form.get("q").into();
    let shown = view.page(shell, can_book);
    Ok(match (query, refused) {
        (Ok(_), None) => page(&shown),
        (Ok(_), Some((typed, refusal))) => {
            page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &typed.refuse(shown, refusal))
        }
        (Err(refusals), _) => page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &view.refused(shown, &refusals)),
    })
}

/// Whose views a person sees.
pub(super) fn viewer(signed: &Signed) -> Viewer {
    let tenant: Option<TenantId> = signed.staff.tenant_id;
    Viewer { staff: signed.staff.id, tenant }
}

/// Where a list without a query of its own opens: the default view, or the one that is named.
fn elsewhere(form: &RawForm, opening: bool, views: &Views) -> Result<Option<String>, PageError> {
    let named = match form.fields() {
        _ if opening => views.default,
        [] => views.default,
        [(name, id)] if name == "view" => Uuid::try_parse(id).ok(),
        _ => None,
    };
    let Some(id) = named else { return Ok(None) };
    let view = views.find(id).ok_or(PageError::NotFound)?;
    // A view of everything is shown where it is.
    Ok((!view.query.is_empty() || opening || form.fields().is_empty()).then(|| address(view)))
}

fn load(store: &Store, scope: Scope, query: Option<ListQuery>, views: Views) -> Result<Loaded, PageError> {
    let catalogue = store.catalogue.as_ref();
    let mut loaded = store.pools.read(|conn| {
        let mut loaded = Loaded {
            services: any(catalogue.services(conn, scope, "", MOST + 1)?),
            providers: any(catalogue.providers(conn, scope, "", MOST + 1)?),
            ..Loaded::default()
        };
        if store.policy.tenancy {
            loaded.tenants = any(catalogue.tenants(conn, scope, MOST + 1)?);
        }
        if let Some(query) = &query {
            loaded.count = query.count(conn)?;
            let sort = query.sort_in_force(conn, loaded.count)?;
            loaded.sorted_instead = Some(sort).filter(|sort| *sort != query.sort);
            let query = &ListQuery { sort, ..query.clone() };
            loaded.page = Some(query.load_counted(conn, loaded.count)?);
            loaded.facets = query.facets(conn)?;
        }
        let all = loaded.services.iter().chain(&loaded.providers).chain(&loaded.tenants);
        loaded.names = all.map(|choice| (choice.id, choice.name.clone())).collect();
        missing_names(catalogue, conn, &mut loaded)?;
        Ok(loaded)
    })?;
    loaded.views = views;
    Ok(loaded)
}

/// Where there are too many to choose from, the names of those on the page.
fn missing_names(
    catalogue: &dyn Catalogue,
    conn: &mut bookings_db::connection::Conn,
    loaded: &mut Loaded,
) -> Result<(), bookings_db::StoreError> {
    let Some(page) = &loaded.page else { return Ok(()) };
    let unknown = |id: Uuid| !loaded.names.contains_key(&id);
    let mut services: Vec<_> = page.rows.iter().map(|row| row.service_id).filter(|id| unknown(id.0)).collect();
    let mut providers: Vec<_> = page.rows.iter().map(|row| row.provider_id).filter(|id| unknown(id.0)).collect();
    services.sort();
    services.dedup();
    providers.sort();
    providers.dedup();
    if !services.is_empty() || !providers.is_empty() {
        let names = catalogue.names(conn, &services, &providers, &[])?;
        loaded.names.extend(names.services.into_iter().map(|(id, name)| (id.0, name)));
        loaded.names.extend(names.providers.into_iter().map(|(id, name)| (id.0, name)));
    }
    Ok(())
}

fn any<T: Into<Uuid>>(choices: Vec<Choice<T>>) -> Vec<Choice<Uuid>> {
    choices
        .into_iter()
        .map(|choice| Choice { id: choice.id.into(), name: choice.name, active: choice.active })
        .collect()
}
