//! `GET /bookings`.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::TenantId;
use bookings_db::bookings::{self, Beside, Facets, ListQuery, Sort};
use bookings_db::catalogue::{Asked, Choice, ChoicesAsked};
use bookings_db::views::{Viewer, Views, views};
use bookings_db::{Scope, Store};
use chrono::Utc;
use uuid::Uuid;

use super::list_page::View;
use super::rows::{add_names, add_names_of};
use super::views::{Typed, address};
use crate::app::AppState;
use crate::auth::{Action, Signed, may};
use crate::error::PageError;
use crate::forms;
use crate::forms::list::{FROM_TODAY, Menu, OPENING};
use crate::handlers::auth::see;
use crate::handlers::run::run;
use crate::raw_form::RawForm;
use crate::views::{Refusal, Section, page, page_with_status};

/// The most choices of a filter that are on every page; more are asked for when its menu is opened.
const ON_EVERY_PAGE: usize = 20;
/// The most choices of a menu.
const OF_A_MENU: usize = 200;

/// What a filter offers to choose from.
#[derive(Default)]
pub(super) struct Offer {
    pub choices: Vec<Choice<Uuid>>,
    /// Whether there are more than these.
    pub more: bool,
    /// Whether its menu was asked for.
    pub asked: bool,
}

impl Offer {
    /// What to ask for: a few of each kind, and one more, which tells that there are others; of the menu that was asked for,
    /// what it is searched for.
    fn asked<'a>(name: &str, menu: &'a Menu) -> Asked<'a> {
        let asked = menu.of == name;
        Asked { words: if asked { menu.words.as_str() } else { "" }, limit: Offer::most(asked) as u32 + 1 }
    }

    const fn most(asked: bool) -> usize {
        if asked { OF_A_MENU } else { ON_EVERY_PAGE }
    }

    /// All choices where they are few. Of more none, except in the menu that was asked for.
    fn of<T: Into<Uuid>>(name: &str, menu: &Menu, found: Vec<Choice<T>>) -> Offer {
        let asked = menu.of == name;
        let most = Offer::most(asked);
        let more = found.len() > most;
        let shown = if more && !asked { 0 } else { most };
        let any = |choice: Choice<T>| Choice { id: choice.id.into(), name: choice.name, active: choice.active };
        Offer { choices: found.into_iter().take(shown).map(any).collect(), more, asked }
    }

    /// Whether the page shows more of it than what is ticked.
    pub(super) fn is_shown(&self) -> bool {
        self.asked || !self.more
    }
}

/// What the list needs from the store: four queries, one more for names where there are too many to choose from and one
/// for those of what is ticked, one for counts of a few days, and what a search takes.
#[derive(Default)]
pub(super) struct Loaded {
    pub page: Option<bookings::ListPage>,
    /// The order of the page, where it is not the one asked for.
    pub sorted_instead: Option<Sort>,
    pub count: Option<u64>,
    pub facets: Option<Facets>,
    pub views: Views,
    pub services: Offer,
    pub providers: Offer,
    pub tenants: Offer,
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
    let (wanted, menu) = (query.as_ref().ok().cloned(), Menu::asked(form));
    let mut form = forms::list::known(form);
    let (viewer, asked, asked_menu) = (viewer(signed), form.clone(), menu.clone());
    let found = run(&state.store, move |store| {
        let views = store.pools.read(|conn| views(conn, viewer))?;
        match elsewhere(&asked, opening, &views)? {
            Some(address) => Ok(Err(address)),
            None => load(store, scope, wanted, &asked_menu, views).map(Ok),
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
        menu: &menu,
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

fn load(store: &Store, scope: Scope, query: Option<ListQuery>, menu: &Menu, views: Views) -> Result<Loaded, PageError> {
    let catalogue = store.catalogue.as_ref();
    let mut loaded = store.pools.read(|conn| {
        let asked = ChoicesAsked {
            services: Offer::asked("service", menu),
            providers: Offer::asked("provider", menu),
            tenants: store.policy.tenancy.then(|| Offer::asked("tenant", menu)),
        };
        let choices = catalogue.choices(conn, scope, asked)?;
        let mut loaded = Loaded {
            services: Offer::of("service", menu, choices.services),
            providers: Offer::of("provider", menu, choices.providers),
            tenants: Offer::of("tenant", menu, choices.tenants),
            ..Loaded::default()
        };
        let offers = [&loaded.services, &loaded.providers, &loaded.tenants];
        let all = offers.into_iter().flat_map(|offer| &offer.choices);
        loaded.names = all.map(|choice| (choice.id, choice.name.clone())).collect();
        if let Some(query) = &query {
            loaded.count = query.count(conn)?;
            let sort = query.sort_in_force(conn, loaded.count)?;
            loaded.sorted_instead = Some(sort).filter(|sort| *sort != query.sort);
            let query = &ListQuery { sort, ..query.clone() };
            let page = query.load_counted(conn, loaded.count)?;
            add_names_of(catalogue, conn, page.rows.iter(), &mut loaded.names)?;
            // What is ticked may be anybody's.
            let ticked = (query.services.clone(), query.providers.clone(), query.tenants.clone());
            add_names(catalogue, conn, scope, &mut loaded.names, ticked)?;
            loaded.page = Some(page);
            // What no menu shows is not counted.
            let beside = Beside { providers: loaded.providers.is_shown(), services: loaded.services.is_shown() };
            loaded.facets = query.facets(conn, beside)?;
        }
        Ok(loaded)
    })?;
    loaded.views = views;
    Ok(loaded)
}
