//! Pages under `/catalogue` and `/tenants`: services, add-ons, providers, tenants. Records are switched off, never deleted:
//! bookings refer to them.

pub(crate) mod first;
mod form_page;
pub(crate) mod kind;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::{Actor, Code, Concern, Refusal, TenantId};
use bookings_db::audit::{self, AuditKind, Entry};
use bookings_db::catalogue::Choice as Known;
use bookings_db::transaction::{Lock, write};
use bookings_db::types::Id;
use bookings_db::{Scope, Store, StoreError};
use chrono::Utc;
use uuid::Uuid;

use self::form_page::{Offered, blank, form_page};
use self::kind::{Data, Kind, Record, Saved};
use crate::app::AppState;
use crate::auth::{Signed, may};
use crate::error::PageError;
use crate::handlers::auth::see;
use crate::handlers::run::run;
use crate::raw_form::{RawForm, encode};
use crate::views::bookings::{ConflictPage, ConflictRow, EmptyState, Fact};
use crate::views::records::{RecordListPage, RecordRow, RecordShowPage};
use crate::views::{Hidden, Link, Pager, page, page_with_status};
use crate::{flash, present};

/// Records of one page of a list.
const ROWS: u32 = 100;
/// The most choices of a select.
const MOST: u32 = 200;

fn kind_of(request: &HttpRequest) -> Result<Kind, PageError> {
    Kind::of_path(request.path()).ok_or(PageError::NotFound)
}

/// The list of a kind, by name.
///
/// # Errors
/// Forbidden; the store's.
pub async fn list(request: HttpRequest, state: web::Data<AppState>, signed: Signed) -> Result<HttpResponse, PageError> {
    let kind = kind_of(&request)?;
    signed.require(kind.read())?;
    let query = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let after = Uuid::try_parse(query.get("after_id")).ok().map(|id| (query.get("after").to_owned(), Id(id)));
    let scope = signed.scope();
    let paged = after.is_some();
    let mut records = run(&state.store, move |store| {
        let after = after.as_ref().map(|(name, id)| (name.as_str(), *id));
        store.pools.read(|conn| kind.list(conn, scope, after, ROWS + 1))
    })
    .await?;
    let more = records.len() as u32 > ROWS;
    records.truncate(ROWS as usize);
    let next = records.last().filter(|_| more).map(|record| {
        let cursor = [("after".to_owned(), record.name.clone()), ("after_id".to_owned(), record.id.0.to_string())];
        format!("{}?{}", kind.path(), encode(&cursor))
    });
    let (one, plural) = kind.words();
    let writes = may(&signed.staff, kind.write());
    let new = writes.then(|| Link::new(format!("New {one}"), format!("{}/new", kind.path())));
    let rows: Vec<RecordRow> = records
        .into_iter()
        .map(|record| RecordRow {
            href: format!("{}/{}", kind.path(), record.id.0),
            inactive: !record.active,
            name: record.name,
            cells: record.cells,
        })
        .collect();
    Ok(page(&RecordListPage {
        shell: signed.shell(plural, Some(kind.section())),
        q: None,
        columns: kind.columns(),
        pager: Pager {
            count: format!("{} shown", rows.len()),
            previous: paged.then(|| kind.path().to_owned()),
            next,
            sizes: Vec::new(),
        },
        empty: rows.is_empty().then(|| EmptyState {
            heading: format!("No {} yet", plural.to_lowercase()),
            text: first_steps(kind).into(),
            action: new.clone(),
        }),
        new,
        rows,
        summary: None,
    }))
}

/// What an empty list says to whoever sets up a business.
fn first_steps(kind: Kind) -> &'static str {
    match kind {
        Kind::Service => "A service is what clients book: its length, price and terms. Then add who gives it.",
        Kind::Addon => "An add-on makes a service longer or dearer: a beard trim, hot stones. You can do without.",
        Kind::Provider => "A provider is whoever or whatever gives the time: a person, a room, a bicycle.",
        Kind::Tenant => "A tenant is one business among several in this installation.",
    }
}

/// A record.
///
/// # Errors
/// Forbidden; not found; the store's.
pub async fn show(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let kind = kind_of(&request)?;
    signed.require(kind.read())?;
    let record = load(&state, &signed, kind, &id).await?;
    let offered = offered(&state, &signed, kind, service_of(&record)).await?;
    let address = format!("{}/{}", kind.path(), record.id.0);
    let bookings = match kind {
        Kind::Service => Some(format!("/bookings?service={}", record.id.0)),
        Kind::Provider => Some(format!("/bookings?provider={}", record.id.0)),
        Kind::Tenant => Some(format!("/bookings?tenant={}", record.id.0)),
        Kind::Addon => None,
    };
    Ok(page(&RecordShowPage {
        shell: signed.shell(&record.name, Some(kind.section())),
        back: Link::new(kind.words().1, kind.path()),
        edit: may(&signed.staff, kind.write()).then(|| Link::new("Edit", format!("{address}/edit"))),
        inactive: !record.active,
        facts: facts(&record, &offered),
        related: bookings.map(|href| Link::new("Its bookings", href)).into_iter().collect(),
    }))
}

/// Fields in words: ids as names, boxes as yes or no.
fn facts(record: &Record, offered: &Offered) -> Vec<Fact> {
    const BOXES: [&str; 4] =
        ["requires_approval", "allow_multiple_clients", "cancellation_allowed", "reschedule_allowed"];
    let name_of = |known: &[Known<Uuid>], id: &str| {
        known.iter().find(|known| known.id.to_string() == id).map_or_else(|| id.to_owned(), |known| known.name.clone())
    };
    let plain = record.fields.iter().filter(|(field, value)| {
        !value.is_empty()
            && !BOXES.contains(field)
            && !matches!(*field, "name" | "active")
            && (*field != "currency" || record.get("price").is_empty())
    });
    let mut facts: Vec<Fact> = plain
        .map(|(field, value)| match *field {
            "service_id" => Fact::new("Service", name_of(&offered.services, value)),
            "tenant_id" => Fact::new("Tenant", name_of(&offered.tenants, value)),
            "price" => Fact::new("Price", format!("{} {value}", record.get("currency"))),
            field if field.ends_with("_minutes") => {
                let words = value.parse().map_or_else(|_| value.clone(), present::minutes);
                Fact::new(&label(field), words)
            }
            field => Fact::new(&label(field), value),
        })
        .collect();
    if record.fields.iter().any(|(field, _)| *field == "duration_minutes") {
        facts.extend(BOXES.map(|field| Fact::new(&label(field), if record.get(field) == "on" { "yes" } else { "no" })));
    }
    facts
}

fn label(field: &str) -> String {
    let words = match field {
        "duration_minutes" => "Length",
        "extra_duration_minutes" => "Adds",
        "buffer_before_minutes" => "Kept free before",
        "buffer_after_minutes" => "Kept free after",
        "cancellation_notice_minutes" => "Notice to cancel",
        "reschedule_notice_minutes" => "Notice to move",
        "requires_approval" => "Waits for approval",
        "allow_multiple_clients" => "Several clients",
        "cancellation_allowed" => "May be cancelled",
        "reschedule_allowed" => "May be moved",
        "pricing_type" => "Meaning of the price",
        "capacity" => "Seats",
        "time_zone" => "Time zone",
        other => return crate::handlers::bookings::label(other),
    };
    words.into()
}

/// The form of a new record.
///
/// # Errors
/// Forbidden; the store's.
pub async fn new_form(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
) -> Result<HttpResponse, PageError> {
    let kind = kind_of(&request)?;
    signed.require(kind.write())?;
    let offered = offered(&state, &signed, kind, None).await?;
    let needs_tenant = state.settings.policy.tenancy && signed.scope() == Scope::All && kind != Kind::Tenant;
    if needs_tenant && offered.tenants.is_empty() {
        return Ok(page(&first::page(&format!("New {}", kind.words().0), kind.section(), Kind::Tenant, &signed)));
    }
    let form = blank(kind, signed.currency().as_str());
    let shell = signed.shell(&format!("New {}", kind.words().0), Some(kind.section()));
    Ok(page(&form_page(kind, shell, &form, &offered, None)))
}

/// The form of a record as it is.
///
/// # Errors
/// Forbidden; not found; the store's.
pub async fn edit_form(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let kind = kind_of(&request)?;
    signed.require(kind.write())?;
    let record = load(&state, &signed, kind, &id).await?;
    let offered = offered(&state, &signed, kind, service_of(&record)).await?;
    let fields = record.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let shell = signed.shell(&format!("Edit {}", record.name), Some(kind.section()));
    let version = record.version.to_string();
    Ok(page(&form_page(kind, shell, &RawForm::of(fields), &offered, Some((record.id.0, &version)))))
}

/// Makes a record; refused, the form comes back as typed.
///
/// # Errors
/// Forbidden; the store's.
pub async fn create(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    let kind = kind_of(&request)?;
    signed.require(kind.write())?;
    match save(&state, &signed, kind, &form, None).await? {
        Ok(Saved::Done(record)) => {
            flash::set(&signed.session, format!("{} is saved.", record.name), None);
            Ok(see(&format!("{}/{}", kind.path(), record.id.0)))
        }
        Ok(Saved::Stale(_) | Saved::Gone) => Err(PageError::NotFound),
        Err(refusals) => refused(&state, &signed, kind, &form, None, &refusals).await,
    }
}

/// Changes a record; refused, the form comes back as typed; stale, both versions.
///
/// # Errors
/// Forbidden; not found; the store's.
pub async fn update(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    id: web::Path<String>,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    let kind = kind_of(&request)?;
    signed.require(kind.write())?;
    let id = Uuid::try_parse(&id).map_err(|_| PageError::NotFound)?;
    match save(&state, &signed, kind, &form, Some(Id(id))).await? {
        Ok(Saved::Done(record)) => {
            flash::set(&signed.session, format!("{} is saved.", record.name), None);
            Ok(see(&format!("{}/{id}", kind.path())))
        }
        Ok(Saved::Stale(theirs)) => Ok(conflict(&signed, kind, &theirs, &form)),
        Ok(Saved::Gone) => Err(PageError::NotFound),
        Err(refusals) => {
            // What is not there has no form to show again.
            load(&state, &signed, kind, &id.to_string()).await?;
            refused(&state, &signed, kind, &form, Some(id), &refusals).await
        }
    }
}

type Answer = Result<Saved, Vec<Refusal>>;

async fn save(
    state: &AppState,
    signed: &Signed,
    kind: Kind,
    form: &RawForm,
    id: Option<Id>,
) -> Result<Answer, PageError> {
    let (tenancy, scope) = (state.settings.policy.tenancy, signed.scope());
    let own = signed.staff.tenant_id.map(|id| Id(id.0));
    let version: Option<i64> = form.get("version").parse().ok();
    let (data, seen) = match (kind.parse(form, tenancy, own), id, version) {
        (Err(refusals), ..) => return Ok(Err(refusals)),
        (Ok(_), Some(_), None) => {
            let accepted = Concern::Accepted("the version that the form was opened with".into());
            return Ok(Err(vec![Refusal::about(Code::Invalid, "version", accepted)]));
        }
        (Ok(data), _, seen) => (data, seen.unwrap_or(0)),
    };
    let actor = signed.actor();
    run(&state.store, move |store| written(store, &actor, &data, scope, id, seen)).await
}

fn written(
    store: &Store,
    actor: &Actor,
    data: &Data,
    scope: Scope,
    id: Option<Id>,
    seen: i64,
) -> Result<Answer, StoreError> {
    let done = write(&store.pools, &Lock::none(), |conn| {
        let before = match id {
            Some(id) => match data.kind().get(conn, scope, id)? {
                None => return Ok(Ok(Saved::Gone)),
                found => found,
            },
            None => None,
        };
        let misfits = data.misfits(conn, scope, before.as_ref())?;
        if !misfits.is_empty() {
            return Ok(Err(misfits));
        }
        let now = Utc::now();
        let saved = match id {
            Some(id) => data.update(conn, scope, id, seen, now)?,
            None => Saved::Done(Box::new(data.insert(conn, Id(Uuid::new_v4()), now)?)),
        };
        if let Saved::Done(record) = &saved {
            let subject = format!("{} {}", data.kind().words().0, record.name);
            let tenant = data.tenant().map(|id| TenantId(id.0));
            let entry = Entry::new(AuditKind::CatalogueChanged, actor, tenant, &subject);
            audit::append(conn, &entry, changed(before.as_ref(), record), now)?;
        }
        Ok::<_, StoreError>(Ok(saved))
    });
    match done {
        Err(StoreError::Wall(wall)) if wall.contains("slug") => {
            let accepted = Concern::Accepted("a slug that no other tenant has".into());
            Ok(Err(vec![Refusal::about(Code::Invalid, "slug", accepted)]))
        }
        done => done,
    }
}

/// Old and new of every field that differs; of a new record only that it is new.
fn changed(before: Option<&Record>, after: &Record) -> serde_json::Value {
    let Some(before) = before else { return serde_json::json!({ "new": "made" }) };
    let mut names: Vec<&str> = before.fields.iter().chain(&after.fields).map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    let differ = names.into_iter().filter(|name| before.get(name) != after.get(name));
    differ
        .map(|name| (name.to_owned(), format!("{} \u{2192} {}", before.get(name), after.get(name)).into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

async fn refused(
    state: &AppState,
    signed: &Signed,
    kind: Kind,
    form: &RawForm,
    id: Option<Uuid>,
    refusals: &[Refusal],
) -> Result<HttpResponse, PageError> {
    let offered = offered(state, signed, kind, Uuid::try_parse(form.get("service_id")).ok()).await?;
    let verb = if id.is_some() { "Edit" } else { "New" };
    let shell = signed.shell(&format!("{verb} {}", kind.words().0), Some(kind.section()));
    let page = form_page(kind, shell, form, &offered, id.map(|id| (id, form.get("version"))));
    let page = page.refuse(present::refusals(refusals, signed.zone()));
    Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// What is theirs and what is mine, where they differ. Without a history what was before is not known: theirs stands for it.
fn conflict(signed: &Signed, kind: Kind, theirs: &Record, form: &RawForm) -> HttpResponse {
    let sent = form.fields().iter().filter(|(name, _)| name != "csrf_token" && name != "version");
    let mut names: Vec<&str> = theirs.fields.iter().map(|(name, _)| *name).collect();
    names.extend(sent.clone().map(|(name, _)| name.as_str()));
    names.sort_unstable();
    names.dedup();
    let differs = names.into_iter().filter(|name| theirs.get(name) != form.get(name).trim());
    let rows = differs.map(|name| ConflictRow {
        label: label(name),
        before: theirs.get(name).into(),
        theirs: theirs.get(name).into(),
        mine: form.get(name).trim().into(),
    });
    let page = ConflictPage {
        rows: rows.collect(),
        shell: signed.shell(&format!("{} was changed meanwhile", theirs.name), Some(kind.section())),
        reference: theirs.name.clone(),
        who: "Somebody else changed it since you opened the form".into(),
        action: format!("{}/{}", kind.path(), theirs.id.0),
        version: theirs.version.to_string(),
        fields: sent.map(|(name, value)| Hidden::new(name, value)).collect(),
        apply: "Apply mine on top".into(),
    };
    page_with_status(StatusCode::CONFLICT, &page)
}

async fn load(state: &AppState, signed: &Signed, kind: Kind, id: &str) -> Result<Record, PageError> {
    let id = Uuid::try_parse(id).map_err(|_| PageError::NotFound)?;
    let scope = signed.scope();
    let found = run(&state.store, move |store| store.pools.read(|conn| kind.get(conn, scope, Id(id)))).await?;
    found.ok_or(PageError::NotFound)
}

fn service_of(record: &Record) -> Option<Uuid> {
    Uuid::try_parse(record.get("service_id")).ok()
}

/// What the selects of a kind's form offer; `service` is among it, however many there are.
async fn offered(state: &AppState, signed: &Signed, kind: Kind, service: Option<Uuid>) -> Result<Offered, PageError> {
    let scope = signed.scope();
    let tenancy = state.settings.policy.tenancy && scope == Scope::All;
    run(&state.store, move |store| {
        store.pools.read(|conn| {
            let plain = |id: Uuid, name: String, active: bool| Known { id, name, active };
            let services = match kind {
                Kind::Addon => store.catalogue.services(conn, scope, "", MOST)?,
                _ => Vec::new(),
            };
            let mut services: Vec<_> = services.into_iter().map(|one| plain(one.id.0, one.name, one.active)).collect();
            if let Some(id) = service.filter(|id| services.iter().all(|one| one.id != *id))
                && let Some(chosen) = Kind::Service.get(conn, scope, Id(id))?
            {
                services.push(plain(id, chosen.name, chosen.active));
            }
            let tenants = if tenancy { store.catalogue.tenants(conn, scope, MOST)? } else { Vec::new() };
            Ok(Offered {
                services,
                tenants: tenants.into_iter().map(|one| plain(one.id.0, one.name, one.active)).collect(),
            })
        })
    })
    .await
}
