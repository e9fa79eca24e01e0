//! `/clients`: who the bookings are for. There is no record of a client; an e-mail, a phone number or an account is one.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_db::bookings::{ListQuery, Sort};
use bookings_db::clients::{ClientKey, FoundClient, client, clients};
use chrono::Utc;

use crate::app::AppState;
use crate::auth::{Action, Signed};
use crate::error::PageError;
use crate::handlers::run::run;
use crate::present;
use crate::raw_form::{RawForm, encode, escape};
use crate::views::bookings::{EmptyState, Fact};
use crate::views::records::{RecordListPage, RecordRow, RecordShowPage};
use crate::views::{Field, Link, Pager, Section, page, page_with_status};

/// Clients of a page.
const SHOWN: usize = 50;

/// Clients by name, e-mail or phone; without a search those of the latest bookings.
///
/// # Errors
/// The store's.
pub async fn list(request: HttpRequest, state: web::Data<AppState>, signed: Signed) -> Result<HttpResponse, PageError> {
    signed.require(Action::Read)?;
    let form = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let typed = form.get("q").trim().to_owned();
    let query = ListQuery { search: typed.clone(), sort: Sort::CreatedAtDescending, ..ListQuery::new(signed.scope()) };
    let too_long = typed.chars().count() > 200;
    let (found, more) = match too_long {
        true => Default::default(),
        false => run(&state.store, move |store| store.pools.read(|conn| clients(conn, &query, SHOWN))).await?,
    };
    let (zone, now) = (signed.zone(), Utc::now());
    let row = |one: &FoundClient| RecordRow {
        name: one.name.clone(),
        href: address(&one.key),
        cells: vec![one.email.clone(), one.phone.clone(), present::short_day(one.start_at, zone, now)],
        inactive: false,
    };
    let rows: Vec<RecordRow> = found.iter().map(row).collect();
    let count =
        if more { format!("{}+ shown: type more to narrow", rows.len()) } else { format!("{} shown", rows.len()) };
    let empty = rows.is_empty().then(|| EmptyState {
        heading: if typed.is_empty() { "No clients yet".into() } else { "Nobody matches".into() },
        text: "Clients appear here with their first booking that has an e-mail or phone.".into(),
        action: (!typed.is_empty()).then(|| Link::new("Clear search", "/clients")),
    });
    let shown = RecordListPage {
        shell: signed.shell("Clients", Some(Section::Clients)),
        new: None,
        q: Some(Field::text("q", "Name, e-mail or phone").kind("search").value(typed).maxlength(200)),
        columns: vec!["Client", "E-mail", "Phone", "Booking"],
        rows,
        pager: Pager { count, ..Pager::default() },
        empty,
        summary: None,
    };
    let status = if too_long { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(page_with_status(status, &shown))
}

/// One client: how often they came, and the way to all their bookings.
///
/// # Errors
/// Not found; the store's.
pub async fn show(
    state: web::Data<AppState>,
    signed: Signed,
    key: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::Read)?;
    let key = ClientKey::parse(&key).ok_or(PageError::NotFound)?;
    let (scope, now, asked) = (signed.scope(), Utc::now(), key.clone());
    let found = run(&state.store, move |store| store.pools.read(|conn| client(conn, &asked, scope, now))).await?;
    let found = found.ok_or(PageError::NotFound)?;
    let zone = signed.zone();
    let own = |more: &[(&str, &str)]| {
        let mut fields = vec![("client".to_owned(), key.text())];
        fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        format!("/bookings?{}", encode(&fields))
    };
    let count = |term: &str, count: u64, status: &str| Fact {
        term: term.into(),
        value: count.to_string(),
        href: if count > 0 { own(&[("status", status), ("sort", "-start_at")]) } else { String::new() },
        ..Fact::default()
    };
    let known = |term: &str, value: &str| Fact { term: term.into(), value: value.into(), ..Fact::default() };
    let today = now.with_timezone(&zone).date_naive().to_string();
    let mut facts: Vec<Fact> = [known("E-mail", &found.email), known("Phone", &found.phone)].into();
    facts.retain(|fact| !fact.value.is_empty());
    facts.push(count("Visits", found.visits, "COMPLETED"));
    facts.push(count("No-shows", found.no_shows, "NO_SHOW"));
    facts.push(count("Cancellations", found.cancellations, "CANCELLED"));
    facts.push(Fact {
        detail: found.next.map(|at| format!("next {}", present::stamp(at, zone))).unwrap_or_default(),
        ..known("Upcoming", &found.upcoming.to_string())
    });
    let upcoming = own(&[("from", &today), ("status", "PENDING"), ("status", "CONFIRMED")]);
    Ok(page(&RecordShowPage {
        shell: signed.shell(&found.name, Some(Section::Clients)),
        back: Link::new("Clients", "/clients"),
        edit: None,
        inactive: false,
        facts,
        related: vec![
            Link::new("Upcoming bookings", upcoming),
            Link::new("All bookings, latest first", own(&[("sort", "-start_at")])),
        ],
    }))
}

/// A client's page.
pub(crate) fn address(key: &ClientKey) -> String {
    format!("/clients/{}", escape(&key.text()))
}
