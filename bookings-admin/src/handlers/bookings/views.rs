//! `POST /bookings/views`, `POST /bookings/views/{id}` and `POST /bookings/columns`: how a list is seen, kept.

use actix_web::{HttpResponse, web};
use bookings_db::views::{self as store, NAME_LENGTH, SavedView, ViewChange, ViewError, Views};
use chrono::Utc;
use uuid::Uuid;

use super::list::{answer, viewer};
use crate::app::AppState;
use crate::auth::{Action, Signed, may};
use crate::error::PageError;
use crate::flash;
use crate::forms::list::kept;
use crate::handlers::auth::see;
use crate::handlers::run::run;
use crate::raw_form::{RawForm, encode};
use crate::views::bookings::{Column, CurrentView, ListPage, ViewBar, ViewLink};
use crate::views::{Field, Refusal};

/// Where a view is seen.
pub(super) fn address(view: &SavedView) -> String {
    list_address(&view.query, &view.id.to_string())
}

fn list_address(query: &str, view: &str) -> String {
    let and = if query.is_empty() { "" } else { "&" };
    format!("/bookings?{query}{and}view={view}")
}

/// What was typed into the form of a view that was not saved.
pub(super) struct Typed {
    /// The field it was typed into: of a new view, or of the one shown.
    field: &'static str,
    name: String,
    shared: bool,
    default: bool,
}

impl Typed {
    /// The list again with the form open, as typed.
    pub(super) fn refuse(self, mut page: ListPage, refusal: Refusal) -> ListPage {
        page.views.open = true;
        match (self.field, &mut page.views.current) {
            ("view_name", Some(current)) => current.name.value = self.name,
            _ => {
                page.views.name.value = self.name;
                page.views.shared = self.shared;
                page.views.default = self.default;
            }
        }
        page.refuse_with("The view was not saved", vec![refusal])
    }
}

/// Why a view was not saved, at its field; anything else is no page of this form.
fn refusal(error: ViewError, field: &str) -> Result<Refusal, PageError> {
    let code = match &error {
        ViewError::InvalidName => "required",
        ViewError::NameTaken | ViewError::TooMany => "invalid",
        ViewError::NotFound => return Err(PageError::NotFound),
        ViewError::Store(_) => "",
    };
    let sentence = match error {
        ViewError::InvalidName => format!("Give it a name of at most {NAME_LENGTH} characters."),
        ViewError::NameTaken => "There is a view of that name already.".into(),
        ViewError::TooMany => format!("There are {} views already: delete one first.", store::MOST),
        ViewError::NotFound => String::new(),
        ViewError::Store(error) => return Err(error.into()),
    };
    Ok(Refusal::new(code, field, sentence))
}

/// The list that the form was opened on.
fn list_of(form: &RawForm) -> Result<RawForm, PageError> {
    RawForm::parse(form.get("query").as_bytes()).map_err(PageError::BadRequest)
}

/// Saves what the list shows under a name.
///
/// # Errors
/// Forbidden to share for those who may not; the store's.
pub async fn save_view(state: web::Data<AppState>, signed: Signed, form: RawForm) -> Result<HttpResponse, PageError> {
    signed.require(Action::Read)?;
    let shared = form.has("shared");
    if shared {
        signed.require(Action::ShareViews)?;
    }
    let list = list_of(&form)?;
    let (query, viewer) = (encode(&kept(&list)), viewer(&signed));
    let typed = Typed { field: "name", name: form.get("name").to_owned(), shared, default: form.has("default") };
    let (name, default, actor) = (typed.name.clone(), typed.default, signed.actor());
    let saved = run(&state.store, move |store_| {
        let saved = store::save(&store_.pools, (viewer, &actor), shared, &name, &query, Utc::now());
        if let (Ok(view), true) = (&saved, default) {
            store::set_default(&store_.pools, viewer, Some(view.id)).or_else(only_store)?;
        }
        Ok::<_, PageError>(saved)
    });
    match saved.await? {
        Ok(view) => {
            flash::set(&signed.session, format!("The view \u{201c}{}\u{201d} is saved.", view.name), None);
            Ok(see(&address(&view)))
        }
        Err(error) => {
            let refusal = refusal(error, typed.field)?;
            answer(&state, &signed, &list, Some((typed, refusal))).await
        }
    }
}

/// A view that is gone meanwhile is no default.
fn only_store(error: ViewError) -> Result<(), PageError> {
    match error {
        ViewError::Store(error) => Err(error.into()),
        _ => Ok(()),
    }
}

/// What is done to a view that is there.
#[derive(Clone, Copy, PartialEq)]
enum Act {
    Rename,
    Replace,
    Delete,
    Default(bool),
}

/// Renames, replaces or deletes a view, or lets the list open with it.
///
/// # Errors
/// Not found, also for somebody else's and for shared ones where the role may not; the store's.
pub async fn change_view(
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::Read)?;
    let id = Uuid::try_parse(&id).map_err(|_| PageError::NotFound)?;
    let act = match form.get("act") {
        "replace" => Act::Replace,
        "delete" => Act::Delete,
        "default" => Act::Default(true),
        "no-default" => Act::Default(false),
        // What Enter in the field of the name means.
        _ => Act::Rename,
    };
    let list = list_of(&form)?;
    let (query, viewer, shares) = (encode(&kept(&list)), viewer(&signed), may(&signed.staff, Action::ShareViews));
    let (name, actor) = (form.get("view_name").to_owned(), signed.actor());
    let shown = query.clone();
    let done = run(&state.store, move |store_| {
        let change = match act {
            Act::Rename => ViewChange::Rename(&name),
            Act::Replace => ViewChange::Replace(&query),
            Act::Delete => ViewChange::Delete,
            Act::Default(on) => {
                return Ok(store::set_default(&store_.pools, viewer, Some(id).filter(|_| on)));
            }
        };
        let by = (viewer, &actor);
        Ok::<_, PageError>(store::change(&store_.pools, by, shares, id, change, Utc::now()).map(drop))
    });
    let typed = Typed { field: "view_name", name: form.get("view_name").to_owned(), shared: false, default: false };
    if let Err(error) = done.await? {
        let refusal = refusal(error, typed.field)?;
        return answer(&state, &signed, &list, Some((typed, refusal))).await;
    }
    let (message, view) = match act {
        Act::Rename => ("The view is renamed.", id.to_string()),
        Act::Replace => ("The view is replaced by what is shown.", id.to_string()),
        Act::Delete => ("The view is deleted; the list stays as it was.", "all".to_owned()),
        Act::Default(true) => ("The list opens with this view from now on.", id.to_string()),
        Act::Default(false) => ("The list opens from today on again.", id.to_string()),
    };
    flash::set(&signed.session, message, None);
    Ok(see(&list_address(&shown, &view)))
}

/// Remembers which columns the person likes. A list that names its own columns gets these.
///
/// # Errors
/// The store's.
pub async fn set_columns(state: web::Data<AppState>, signed: Signed, form: RawForm) -> Result<HttpResponse, PageError> {
    signed.require(Action::Read)?;
    let list = list_of(&form)?;
    let chosen: Vec<Column> =
        Column::ALL.into_iter().filter(|one| form.all("column").any(|name| name == one.name())).collect();
    let (viewer, names) = (viewer(&signed), chosen.iter().map(|column| column.name()).collect::<Vec<_>>());
    let remembered = names.clone();
    run(&state.store, move |store_| store::set_columns(&store_.pools, viewer, &remembered)).await?;
    let mut fields: Vec<(String, String)> = crate::forms::list::known(&list)
        .fields()
        .iter()
        .filter(|(name, value)| name != "column" && !value.is_empty())
        .cloned()
        .collect();
    if list.has("column") {
        fields.extend(names.iter().map(|name| ("column".to_owned(), (*name).to_owned())));
    }
    flash::set(&signed.session, "Your columns are remembered.", None);
    if fields.is_empty() {
        fields.push(("view".into(), "all".into()));
    }
    Ok(see(&format!("/bookings?{}", encode(&fields))))
}

/// The views above the list that `form` asks for.
pub(super) fn bar(views: &Views, form: &RawForm, shares: bool) -> ViewBar {
    let name = || Field::text("name", "Name").maxlength(NAME_LENGTH as u32).required();
    let shown = Uuid::try_parse(form.get("view")).ok().and_then(|id| views.find(id));
    let link = |view: &SavedView| ViewLink {
        label: view.name.clone(),
        href: address(view),
        current: shown.is_some_and(|shown| shown.id == view.id),
        shared: view.shared,
        default: views.default == Some(view.id),
    };
    let everything = ViewLink {
        label: "All bookings".into(),
        href: "/bookings?view=all".into(),
        current: shown.is_none() && kept(form).is_empty(),
        shared: false,
        default: false,
    };
    let current = |view: &SavedView| CurrentView {
        id: view.id.to_string(),
        name: Field { name: "view_name".into(), ..name() }.value(&view.name),
        may_change: shares || !view.shared,
        changed: encode(&kept(form)) != view.query,
        default: views.default == Some(view.id),
    };
    ViewBar {
        links: std::iter::once(everything).chain(views.all.iter().map(link)).collect(),
        name: name(),
        shares,
        current: shown.map(current),
        ..ViewBar::default()
    }
}
