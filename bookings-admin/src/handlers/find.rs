//! `GET /find`: one box that leads to bookings, clients, providers, services and pages. `part=results` answers with the
//! results alone, which the box on every page shows while somebody types.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::Reference;
use bookings_db::bookings::{ListQuery, ListRow, Sort};
use bookings_db::catalogue::{Asked, Choice, ChoicesAsked};
use bookings_db::clients::{FoundClient, among};
use bookings_db::search::fold;
use bookings_db::{Scope, Store, StoreError};
use chrono::Utc;
use uuid::Uuid;

use crate::app::AppState;
use crate::auth::{Action, Signed};
use crate::error::PageError;
use crate::handlers::auth::see;
use crate::handlers::clients;
use crate::handlers::run::run;
use crate::present;
use crate::raw_form::{RawForm, encode};
use crate::views::find::{FindPage, FoundGroup, FoundItem, FoundPart};
use crate::views::{NavItem, page, page_with_status};

/// Results of a kind.
const SHOWN: usize = 6;
/// Bookings that clients are looked for among.
const LOOKED_AT: u32 = 60;
/// The longest text that is looked for.
const LONGEST: usize = 200;

/// What was found, in four queries, of a search on SQLite five.
#[derive(Default)]
struct Found {
    bookings: Vec<ListRow>,
    clients: Vec<FoundClient>,
    providers: Vec<Choice<Uuid>>,
    services: Vec<Choice<Uuid>>,
}

/// Everything that fits what was typed, a few of each kind. A whole reference leads straight to its booking.
///
/// # Errors
/// The store's.
pub async fn find(request: HttpRequest, state: web::Data<AppState>, signed: Signed) -> Result<HttpResponse, PageError> {
    signed.require(Action::Read)?;
    let form = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let (typed, part) = (form.get("q").trim().to_owned(), form.get("part") == "results");
    let too_long = typed.chars().count() > LONGEST;
    let scope = signed.scope();
    let found = match typed.is_empty() || too_long {
        true => Found::default(),
        false => {
            let text = typed.clone();
            run(&state.store, move |store| look(store, scope, &text)).await?
        }
    };
    let whole =
        Reference::parse(&typed).and_then(|reference| found.bookings.iter().find(|row| row.reference == reference));
    if let (Some(row), false) = (whole, part) {
        return Ok(see(&format!("/bookings/{}", row.reference)));
    }
    let status = if too_long { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut shell = signed.shell("Search", None);
    let groups = groups(&signed, &found, &typed, &shell.nav);
    let nothing = match () {
        () if too_long => format!("At most {LONGEST} characters can be looked for."),
        () if groups.is_empty() => format!("Nothing fits \u{201c}{typed}\u{201d}."),
        () => String::new(),
    };
    shell.search.clone_from(&typed);
    Ok(match part {
        true => page_with_status(status, &FoundPart { groups, nothing }),
        false if status == StatusCode::OK => page(&FindPage { shell, q: typed, groups, nothing }),
        false => page_with_status(status, &FindPage { shell, q: typed, groups, nothing }),
    })
}

fn look(store: &Store, scope: Scope, typed: &str) -> Result<Found, StoreError> {
    let query = ListQuery {
        search: typed.to_owned(),
        sort: Sort::StartAtDescending,
        per_page: LOOKED_AT,
        ..ListQuery::new(scope)
    };
    store.pools.read(|conn| {
        let bookings = query.load(conn)?.rows;
        let asked = Asked { words: typed, limit: SHOWN as u32 };
        let asked = ChoicesAsked { services: asked, providers: asked, tenants: None };
        let records = store.catalogue.choices(conn, scope, asked)?;
        Ok(Found {
            clients: among(&bookings).into_iter().take(SHOWN).collect(),
            bookings,
            providers: any(records.providers),
            services: any(records.services),
        })
    })
}

fn any<T: Into<Uuid>>(choices: Vec<Choice<T>>) -> Vec<Choice<Uuid>> {
    choices.into_iter().map(|one| Choice { id: one.id.into(), name: one.name, active: one.active }).collect()
}

fn groups(signed: &Signed, found: &Found, typed: &str, pages: &[NavItem]) -> Vec<FoundGroup> {
    let (zone, now) = (signed.zone(), Utc::now());
    let booking = |row: &ListRow| FoundItem {
        status: Some(present::chip(row.status)),
        ..FoundItem::new(
            &row.client_name,
            format!(
                "{}, {} {}",
                present::short_day(row.start_at, zone, now),
                present::span(row.start_at, row.end_at, zone),
                row.reference
            ),
            format!("/bookings/{}", row.reference),
        )
    };
    let client = |one: &FoundClient| {
        let known = [one.email.as_str(), one.phone.as_str()].into_iter().filter(|text| !text.is_empty());
        FoundItem::new(&one.name, known.collect::<Vec<_>>().join(", "), clients::address(&one.key))
    };
    let record = |kind: &'static str| {
        move |one: &Choice<Uuid>| {
            let detail = if one.active { "" } else { "not offered at present" };
            FoundItem::new(&one.name, detail, format!("/catalogue/{kind}/{}", one.id))
        }
    };
    let key = fold(typed);
    let fits = |page: &&NavItem| fold(page.label).split(' ').any(|word| word.starts_with(&key)) || key.is_empty();
    let mut bookings: Vec<FoundItem> = found.bookings.iter().take(SHOWN).map(booking).collect();
    if found.bookings.len() > SHOWN {
        let query = encode(&[("q".into(), typed.into()), ("sort".into(), Sort::StartAtDescending.as_str().into())]);
        bookings.push(FoundItem::new("All bookings that fit", "latest first", format!("/bookings?{query}")));
    }
    let groups = [
        FoundGroup { label: "Bookings", items: bookings },
        FoundGroup { label: "Clients", items: found.clients.iter().map(client).collect() },
        FoundGroup { label: "Providers", items: found.providers.iter().map(record("providers")).collect() },
        FoundGroup { label: "Services", items: found.services.iter().map(record("services")).collect() },
        FoundGroup {
            label: "Pages",
            items: pages.iter().filter(fits).map(|page| FoundItem::new(page.label, "", page.href)).collect(),
        },
    ];
    groups.into_iter().filter(|group| !group.items.is_empty()).collect()
}
