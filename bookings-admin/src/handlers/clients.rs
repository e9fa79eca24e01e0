//! `/clients`: who the bookings are for. There is no record of a client; an e-mail, a phone number or an account is one.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::Status;
use bookings_db::bookings::{ListQuery, ListRow, Sort};
use bookings_db::clients::{ClientKey, ClientSummary, FoundClient, client, clients};
use bookings_db::connection::Conn;
use bookings_db::{Scope, Store, StoreError};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::app::AppState;
use crate::auth::{Action, Signed, may};
use crate::error::PageError;
use crate::handlers::bookings::rows::{Look, add_names_of, rows};
use crate::handlers::bookings::{again, reached};
use crate::handlers::run::run;
use crate::present;
use crate::raw_form::{RawForm, encode, escape};
use crate::views::bookings::{Column, EmptyState, Fact, Header};
use crate::views::client::{ClientBookings, ClientPage};
use crate::views::records::{RecordListPage, RecordRow};
use crate::views::{Field, Link, Pager, Section, page, page_with_status};

/// Clients of a page.
const SHOWN: usize = 50;

/// Bookings to come and bookings before on a client's page.
const NEAREST: u32 = 5;

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

/// One client: how often they came, what is next and what was last, and the way to all their bookings.
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
    let loaded = run(&state.store, move |store| store.pools.read(|conn| load(store, conn, scope, &asked, now))).await?;
    let Loaded { client: found, upcoming, earlier, names } = loaded.ok_or(PageError::NotFound)?;
    let zone = signed.zone();
    let own = |more: &[(&str, &str)]| {
        let mut fields = vec![("client".to_owned(), key.text())];
        fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        format!("/bookings?{}", encode(&fields))
    };
    let count = |term: &str, count: u64, status: &str| {
        let all = if count > 0 { own(&[("status", status), ("sort", "-start_at")]) } else { String::new() };
        Fact::new(term, count.to_string()).href(all)
    };
    let today = now.with_timezone(&zone).date_naive().to_string();
    let mut facts = reached(&found.email, &found.phone);
    facts.push(count("Visits", found.visits, "COMPLETED"));
    facts.push(count("No-shows", found.no_shows, "NO_SHOW"));
    facts.push(count("Cancellations", found.cancellations, "CANCELLED"));
    let next = found.next.map(|at| format!("next {}", present::stamp(at, zone))).unwrap_or_default();
    facts.push(Fact::new("Upcoming", found.upcoming.to_string()).detail(next));
    let columns = Column::usual(state.settings.policy.tenancy);
    let look = Look { names: &names, zone, now, columns: &columns, back: "" };
    Ok(page(&ClientPage {
        shell: signed.shell(&found.name, Some(Section::Clients)),
        book: may(&signed.staff, Action::Book).then(|| again(&found.latest)),
        facts,
        headers: columns.iter().map(|column| Header { column: *column, sort: None }).collect(),
        tables: vec![
            ClientBookings {
                heading: "Upcoming",
                rows: rows(&upcoming, &look),
                none: "Nothing is booked.",
                all: Link::new(
                    "All upcoming bookings",
                    own(&[("from", &today), ("status", "PENDING"), ("status", "CONFIRMED")]),
                ),
            },
            ClientBookings {
                heading: "Earlier",
                rows: rows(&earlier, &look),
                none: "They were not here yet.",
                all: Link::new("All bookings, latest first", own(&[("sort", "-start_at")])),
            },
        ],
    }))
}

/// A client with the nearest of their bookings, and the names these mention.
struct Loaded {
    client: ClientSummary,
    upcoming: Vec<ListRow>,
    earlier: Vec<ListRow>,
    names: HashMap<Uuid, String>,
}

fn load(
    store: &Store,
    conn: &mut Conn,
    scope: Scope,
    key: &ClientKey,
    now: DateTime<Utc>,
) -> Result<Option<Loaded>, StoreError> {
    let Some(client) = client(conn, key, scope, now)? else { return Ok(None) };
    let own = ListQuery { client: Some(key.clone()), per_page: NEAREST, ..ListQuery::new(scope) };
    let active = vec![Status::Pending, Status::Confirmed];
    let upcoming = ListQuery { statuses: active, from: Some(now), ..own.clone() }.load(conn)?.rows;
    let earlier = ListQuery { until: Some(now), sort: Sort::StartAtDescending, ..own }.load(conn)?.rows;
    let mut names = HashMap::new();
    add_names_of(store.catalogue.as_ref(), conn, upcoming.iter().chain(&earlier), &mut names)?;
    Ok(Some(Loaded { client, upcoming, earlier, names }))
}

/// A client's page.
pub(crate) fn address(key: &ClientKey) -> String {
    format!("/clients/{}", escape(&key.text()))
}
