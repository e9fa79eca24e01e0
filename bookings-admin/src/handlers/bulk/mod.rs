//! `/bookings/bulk`: a verb over many bookings. The selection is kept on the server; the page carries its id.

mod page;

pub(super) use page::{ASKED_LATER, ended, next, outcomes, verbs};

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use bookings_core::{Actor, Booking, Code, Reference, SlotValidation, StaffId};
use bookings_db::audit::{AuditKind, Entry};
use bookings_db::bookings::ListQuery;
use bookings_db::selection::{
    self, Ended, Order, Selection, State, What, begin, import_results, progress, results, select_ended, select_found,
    select_listed, select_slot, select_undo, stop,
};
use bookings_db::{By, Scope, Store, StoreError};
use chrono::Utc;
use chrono_tz::Tz;
use serde_json::Value;
use uuid::Uuid;

use crate::app::AppState;
use crate::auth::{Action, Signed};
use crate::error::PageError;
use crate::handlers::auth::see;
use crate::handlers::bookings::booking_of;
use crate::handlers::run::run;
use crate::import::MOST;
use crate::raw_form::RawForm;
use crate::views::bookings::BulkPage;
use crate::views::{page as answer, page_with_status};
use crate::{flash, forms, present};

/// So many are done before the answer; more go on behind it.
const AT_ONCE: u64 = 200;
/// Rows of each kind that a page shows.
const SHOWN: usize = 10;

/// Who asks, in a form that can go to another thread.
#[derive(Clone)]
pub(super) struct Who {
    pub actor: Actor,
    pub scope: Scope,
    pub zone: Tz,
}

impl Who {
    pub fn of(signed: &Signed) -> Who {
        Who { actor: signed.actor(), scope: signed.scope(), zone: signed.zone() }
    }

    pub fn staff(&self) -> Option<StaffId> {
        self.actor.id
    }

    fn by(&self) -> By<'_> {
        By { scope: self.scope, ..By::new(&self.actor, Utc::now()) }
    }
}

/// Which bookings are chosen.
enum Chosen {
    /// All that a filter finds.
    Found(Box<ListQuery>),
    /// What ended one way in a run.
    Ended(Box<Selection>, Ended),
    /// Who shares a booking's start.
    Slot(Box<Booking>),
    Listed(Vec<Reference>),
}

/// Keeps a selection: the ticked references, with `all` everything that the list's filter in `query` finds now, with `import`
/// what an import of one's own has made, with `run` what ended with `outcome` in a run of one's own, or with `slot` who
/// shares the start of that booking.
///
/// # Errors
/// Forbidden to those who may not; a filter that is not understood; the store's.
pub async fn choose(state: web::Data<AppState>, signed: Signed, form: RawForm) -> Result<HttpResponse, PageError> {
    signed.require(Action::Bulk)?;
    let who = Who::of(&signed);
    let list = format!("/bookings{}{}", if form.get("query").is_empty() { "" } else { "?" }, form.get("query"));
    let list = crate::handlers::auth::local_path(&list).to_owned();
    let back = |sentence: &str| {
        flash::set(&signed.session, sentence, None);
        Ok(see(&list))
    };
    let Some(what) = forms::bulk::verb(form.get("verb")) else {
        return back("Choose what to do with the bookings.");
    };
    let order = Order { what, overrides: Default::default() };
    let chosen = match form.get("all") {
        "" => chosen(&state, &who, &form).await?,
        _ => {
            let filter = RawForm::parse(form.get("query").as_bytes()).map_err(PageError::BadRequest)?;
            match forms::list::query(&filter, who.zone, who.scope) {
                Ok(query) => Some(Chosen::Found(Box::new(query))),
                // The list itself says what is wrong with it.
                Err(_) => return Ok(see(&list)),
            }
        }
    };
    let Some(chosen) = chosen else {
        return back("Choose bookings first: tick them, or take everything the filter finds.");
    };
    let kept = run(&state.store, move |store| {
        let (pools, staff, scope, now) = (&store.pools, who.staff(), who.scope, Utc::now());
        match &chosen {
            Chosen::Found(query) => select_found(pools, staff, &order, query, now),
            Chosen::Ended(done, ended) => select_ended(pools, staff, &order, done, *ended, scope, now).map(Some),
            Chosen::Slot(booking) => select_slot(pools, staff, &order, booking, scope, now).map(Some),
            Chosen::Listed(references) => select_listed(pools, staff, &order, references, scope, now).map(Some),
        }
    });
    match kept.await? {
        Some(id) => Ok(see(&format!("/bookings/bulk/{id}"))),
        None => {
            let most = present::thousands(selection::MOST as u64);
            back(&format!("That is more than {most} bookings: narrow the filter, for example by dates."))
        }
    }
}

/// What a form chooses that does not choose all; `None` where it is nothing.
async fn chosen(state: &AppState, who: &Who, form: &RawForm) -> Result<Option<Chosen>, PageError> {
    let (before, slot) = (form.get("run"), form.get("slot").to_owned());
    if !before.is_empty() {
        let done = load(state, who, before).await?.filter(|one| !is_import(one));
        return Ok(done
            .zip(page::outcome(form.get("outcome")))
            .map(|(done, ended)| Chosen::Ended(Box::new(done), ended)));
    }
    if !slot.is_empty() {
        let scope = who.scope;
        let of = run(&state.store, move |store| booking_of(store, &slot, scope)).await?;
        return Ok(Some(Chosen::Slot(Box::new(of))));
    }
    let listed: Vec<Reference> = match form.get("import") {
        "" => form.all("reference").filter_map(Reference::parse).collect(),
        id => match load(state, who, id).await?.filter(is_import) {
            Some(import) => made_by(state, import.id).await?,
            None => Vec::new(),
        },
    };
    Ok(Some(listed).filter(|listed| !listed.is_empty()).map(Chosen::Listed))
}

/// A selection: its dry run, or how far it is.
///
/// # Errors
/// Forbidden, not found, the store's.
pub async fn show(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::Bulk)?;
    let who = Who::of(&signed);
    let selection = load(&state, &who, &id).await?.filter(|one| !is_import(one)).ok_or(PageError::NotFound)?;
    if selection.state == State::Ready {
        let order = selection.order.clone();
        let page = dry_run(&state, &signed, &who, selection, order, &RawForm::default()).await?;
        return Ok(answer(&page));
    }
    let running = is_running(&selection);
    let query = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let page = result(&state, &signed, &who, selection, &query).await?;
    Ok(answer_run(&page, running))
}

/// Whether somebody works on it now.
pub(super) fn is_running(selection: &Selection) -> bool {
    selection.state == State::Running && !selection.is_lost(Utc::now())
}

/// The page of a run; while it is `running` the browser asks again by itself, so progress needs no script.
pub(super) fn answer_run<T: Template>(page: &T, running: bool) -> HttpResponse {
    let mut answered = answer(page);
    if running {
        answered.headers_mut().insert(header::REFRESH, header::HeaderValue::from_static("2"));
    }
    answered
}

/// Checks again, runs, stops, goes on or takes back.
///
/// # Errors
/// Forbidden, not found, the store's.
pub async fn act(
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::Bulk)?;
    let who = Who::of(&signed);
    let selection = load(&state, &who, &id).await?.filter(|one| !is_import(one)).ok_or(PageError::NotFound)?;
    let here = format!("/bookings/bulk/{}", selection.id);
    match form.get("do") {
        "run" if selection.state == State::Ready => {
            let (order, refusals) = forms::bulk::order(&form, &selection.order.what, who.zone);
            if !refusals.is_empty() {
                let page = dry_run(&state, &signed, &who, selection, order, &form).await?;
                let page = page.refuse(present::refusals(&refusals, who.zone));
                return Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page));
            }
            start(&state, &who, selection, order).await?;
        }
        "continue" => {
            let order = selection.order.clone();
            start(&state, &who, selection, order).await?;
        }
        "stop" => run(&state.store, move |store| stop(&store.pools, selection.id)).await?,
        "undo" => {
            let staff = who.staff();
            let undo = run(&state.store, move |store| select_undo(&store.pools, staff, &selection, Utc::now())).await?;
            match undo {
                Some(id) => return Ok(see(&format!("/bookings/bulk/{id}"))),
                None => flash::set(&signed.session, "It can't be taken back: that is possible for 10 minutes.", None),
            }
        }
        _ if selection.state == State::Ready => {
            let (order, refusals) = forms::bulk::order(&form, &selection.order.what, who.zone);
            let mut page = dry_run(&state, &signed, &who, selection, order, &form).await?;
            if form.get("do") == "check" && !refusals.is_empty() {
                page = page.refuse(present::refusals(&refusals, who.zone));
                return Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page));
            }
            return Ok(answer(&page));
        }
        // A form sent twice: what it asked for is done already.
        _ => {}
    }
    Ok(see(&here))
}

/// One's own selection of that id.
pub(super) async fn load(state: &AppState, who: &Who, id: &str) -> Result<Option<Selection>, PageError> {
    let Ok(id) = Uuid::try_parse(id) else { return Ok(None) };
    let staff = who.staff();
    run(&state.store, move |store| store.pools.read(|conn| selection::selection_of(conn, id, staff))).await
}

/// The bookings that an import has made so far: not those that were there already.
async fn made_by(state: &AppState, import: Uuid) -> Result<Vec<Reference>, PageError> {
    let rows = run(&state.store, move |store| {
        store.pools.read(|conn| import_results(conn, import, Ended::Changed, 0, MOST as u32))
    });
    Ok(rows.await?.into_iter().filter_map(|row| Reference::parse(&row.reference?)).collect())
}

/// An import has rows of a file and pages of its own.
pub(super) fn is_import(selection: &Selection) -> bool {
    matches!(selection.order.what, What::Import { .. })
}

async fn start(state: &AppState, who: &Who, selection: Selection, order: Order) -> Result<(), PageError> {
    let (verb, _) = page::words(&order.what);
    let told = Told {
        kind: AuditKind::BulkBegun,
        subject: format!("bulk {}", selection.id),
        data: serde_json::json!({ "verb": verb, "bookings": selection.items }),
    };
    let (id, by) = (selection.id, who.clone());
    let work = move |store: &Store| store.run_selection(id, by.staff(), &by.by(), by.zone, Utc::now);
    start_with(state, who, selection, order, Some(told), work).await
}

/// What the audit keeps of a run, as soon as it is begun or taken up.
pub(super) struct Told {
    pub kind: AuditKind,
    pub subject: String,
    pub data: Value,
}

/// Starts a run where it is free to be started; waits for few rows, lets many go on by themselves.
pub(super) async fn start_with(
    state: &AppState,
    who: &Who,
    selection: Selection,
    order: Order,
    told: Option<Told>,
    work: impl FnOnce(&Store) -> Result<bool, StoreError> + Send + 'static,
) -> Result<(), PageError> {
    let (items, who) = (selection.items, who.clone());
    let begun = run(&state.store, move |store| {
        let entry = told
            .as_ref()
            .map(|told| (Entry::new(told.kind, &who.actor, who.scope.tenant(), &told.subject), told.data.clone()));
        begin(&store.pools, &selection, &order, entry, Utc::now())
    });
    if !begun.await? {
        return Ok(());
    }
    let store = state.store.clone();
    let work = async move { run(&store, work).await };
    if items <= AT_ONCE {
        work.await?;
        return Ok(());
    }
    actix_web::rt::spawn(async move {
        if let Err(error) = work.await {
            tracing::error!("a bulk run broke off and can be continued: {error}");
        }
    });
    Ok(())
}

async fn dry_run(
    state: &AppState,
    signed: &Signed,
    who: &Who,
    selection: Selection,
    order: Order,
    form: &RawForm,
) -> Result<BulkPage, PageError> {
    let (asker, form) = (who.clone(), form.clone());
    let typed = form.clone();
    let loaded = run(&state.store, move |store| -> Result<_, PageError> {
        let preview = match page::rehearsed(&order) {
            Some(rehearsed) => Some(store.preview(&selection, &rehearsed, &asker.by(), SHOWN)?),
            None => None,
        };
        let picker = match &order.what {
            What::Reassign { .. } => Some(page::providers(store, &typed, asker.scope)?),
            _ => None,
        };
        Ok((selection, order, preview, picker))
    });
    let (selection, order, preview, picker) = loaded.await?;
    let mut overridable: Vec<Code> = preview.iter().flat_map(page::soft).collect();
    // No dry run meets what the engine will say: it is set aside before, or not at all.
    if asks_engine(state) && page::is_asked_later(&order.what) {
        overridable.extend([Code::SlotUnavailable, Code::SlotEngineUnavailable]);
    }
    let view = page::View { now: Utc::now(), zone: who.zone, role: signed.staff.role, engine: asks_engine(state) };
    Ok(view.dry_run(signed, &selection, &order, preview, picker, &overridable, &form))
}

/// Whether a slot engine has a say, which no dry run asks.
pub fn asks_engine(state: &AppState) -> bool {
    state.store.policy.slot_validation == SlotValidation::Engine
}

async fn result(
    state: &AppState,
    signed: &Signed,
    who: &Who,
    selection: Selection,
    query: &RawForm,
) -> Result<BulkPage, PageError> {
    let (id, scope, asked) = (selection.id, who.scope, query.get("outcome").to_owned());
    let after: Option<i64> = query.get("after").parse().ok();
    let loaded = run(&state.store, move |store| {
        store.pools.read(|conn| {
            let progress = progress(conn, id)?;
            let ended = page::ended(&asked, progress);
            let rows = results(conn, id, ended, after, page::RAN as u32 + 1, scope)?;
            Ok(page::Ran { progress, ended, rows })
        })
    });
    let ran = loaded.await?;
    let view = page::View { now: Utc::now(), zone: who.zone, role: signed.staff.role, engine: asks_engine(state) };
    Ok(view.result(signed, &selection, &ran))
}
