//! `GET /board`: the providers of a day, or the days of one provider, beside each other.

mod columns;
mod time;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::{ProviderId, local_time};
use bookings_db::bookings::{BoardRow, on_board};
use bookings_db::catalogue::tables::{Provider, Service, providers, services};
use bookings_db::types::Id;
use bookings_db::{Scope, Store, StoreError};
use chrono::{Datelike, Days, NaiveDate, Utc};
use uuid::Uuid;

use self::columns::Board;
use self::time::Span;
use crate::app::AppState;
use crate::auth::{Action, Signed, may};
use crate::error::PageError;
use crate::forms::parse_date;
use crate::handlers::bookings::choices::{picker, provider_name};
use crate::handlers::catalogue::first;
use crate::handlers::catalogue::kind::Kind;
use crate::handlers::run::run;
use crate::raw_form::{RawForm, encode};
use crate::views::board::{BoardPage, Grid};
use crate::views::bookings::EmptyState;
use crate::views::refusal::place;
use crate::views::{Link, Picker, Refusal, Section, page, page_with_status};

/// Providers beside each other.
const COLUMNS: u32 = 12;
/// Bookings of one board; the list has the rest.
const MOST: u32 = 1000;

/// What is asked for, as far as it was understood.
struct Asked {
    date: NaiveDate,
    week: bool,
    provider: Option<ProviderId>,
    /// Searched for, where there are many providers.
    search: String,
    /// Providers from behind that name and id.
    after: Option<(String, Id)>,
}

impl Asked {
    fn read(form: &RawForm, today: NaiveDate) -> (Asked, Vec<Refusal>) {
        let mut refusals = Vec::new();
        let text = |field: &str| form.get(field).trim().to_owned();
        let date = match text("date").as_str() {
            "" => today,
            given => parse_date(given).unwrap_or_else(|| {
                refusals.push(Refusal::new("invalid", "date", "This is no date such as 2026-11-23."));
                today
            }),
        };
        let week = match text("view").as_str() {
            "" | "day" => false,
            "week" => true,
            _ => {
                refusals.push(Refusal::new("invalid", "view", "There are the views day and week."));
                false
            }
        };
        let provider = form.all("provider").last().map(str::trim).filter(|text| !text.is_empty());
        let id = provider.and_then(|text| Uuid::try_parse(text).ok()).map(ProviderId);
        if provider.is_some() && id.is_none() {
            refusals.push(Refusal::new("invalid", "provider", "There is no such provider."));
        }
        let after = Uuid::try_parse(form.get("after_id")).ok().map(|id| (form.get("after").to_owned(), Id(id)));
        (Asked { date, week, provider: id, search: text("provider_q"), after }, refusals)
    }

    /// The days shown.
    fn days(&self) -> Vec<NaiveDate> {
        let monday = self.date - Days::new(u64::from(self.date.weekday().num_days_from_monday()));
        if self.week { (0..7).map(|day| monday + Days::new(day)).collect() } else { vec![self.date] }
    }

    /// The same board of another day, view or provider.
    fn address(&self, date: NaiveDate, week: bool, provider: Option<ProviderId>) -> String {
        let mut fields = vec![("date".to_owned(), date.to_string())];
        fields.extend(week.then(|| ("view".to_owned(), "week".to_owned())));
        fields.extend(provider.map(|id| ("provider".to_owned(), id.to_string())));
        format!("/board?{}", encode(&fields))
    }
}

/// What the store knows of it.
struct Loaded {
    picker: Picker,
    providers: Vec<Provider>,
    more: bool,
    rows: Vec<BoardRow>,
    too_many: bool,
    services: Vec<Service>,
    /// What a first booking still lacks; asked only where there are no providers.
    missing: Option<Kind>,
}

/// The board of a day or week; a value that is not understood answers 422 and says which.
///
/// # Errors
/// Not found, for a provider that is not there; the store's.
pub async fn board(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::Read)?;
    let form = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let (zone, scope, now) = (signed.zone(), signed.scope(), Utc::now());
    let (asked, refusals) = Asked::read(&form, now.with_timezone(&zone).date_naive());
    let days = asked.days();
    let (first, last) = (days.first().copied().unwrap_or(asked.date), days.last().copied().unwrap_or(asked.date));
    let window =
        bookings_core::Window { start: local_time::day(zone, first).start, end: local_time::day(zone, last).end };
    let (asked, loaded) = run(&state.store, move |store| {
        let loaded = load(store, &asked, scope, window)?;
        Ok::<_, PageError>((asked, loaded))
    })
    .await?;
    let board = Board {
        span: Span { zone, now, days, week: asked.week },
        books: may(&signed.staff, Action::Book),
        with_tenant: state.settings.policy.tenancy && scope == Scope::All,
        loaded: &loaded,
    };
    let grid = if refusals.is_empty() { board.grid() } else { Grid::default() };
    let mut shown = shell_of(&asked, &loaded, &board, &signed, grid);
    if refusals.is_empty() {
        return Ok(page(&shown));
    }
    shown.summary = place("Not understood", refusals, &mut []);
    Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &shown))
}

fn load(store: &Store, asked: &Asked, scope: Scope, window: bookings_core::Window) -> Result<Loaded, PageError> {
    let catalogue = store.catalogue.as_ref();
    let found = store.pools.read(|conn| {
        let mut chosen = match asked.provider {
            Some(id) => match providers::get(conn, scope, Id(id.0))? {
                Some(provider) => vec![provider],
                None => return Ok(None),
            },
            None => {
                let after = asked.after.as_ref().map(|(name, id)| (name.as_str(), *id));
                let count = if asked.week { 1 } else { COLUMNS + 1 };
                providers::list(conn, scope, "", after, count)?
            }
        };
        let more = asked.provider.is_none() && chosen.len() as u32 > COLUMNS;
        chosen.truncate(COLUMNS as usize);
        let of = chosen.first().filter(|_| asked.week || asked.provider.is_some());
        let current = of.map(|provider| provider.id.0.to_string()).unwrap_or_default();
        let mut picker = picker(
            conn,
            "provider",
            "Provider",
            &current,
            &asked.search,
            |conn| of.map_or(Ok(None), |own| provider_name(conn, catalogue, scope, own.id.0.into())),
            &mut |conn, search, limit| catalogue.providers(conn, scope, search, limit),
        )?;
        if let Picker::Select(select) = &mut picker {
            select.placeholder = (!asked.week).then(|| "All providers".into());
        }
        let ids: Vec<ProviderId> = chosen.iter().map(|provider| ProviderId(provider.id.0)).collect();
        let (rows, too_many) = on_board(conn, scope, &ids, window, MOST)?;
        let mut booked: Vec<Id> = rows.iter().map(|row| Id(row.service_id.0)).collect();
        booked.sort();
        booked.dedup();
        let services = services::among(conn, scope, &booked)?;
        let missing = if chosen.is_empty() { first::missing(store, conn, scope)? } else { None };
        Ok::<_, StoreError>(Some(Loaded { picker, providers: chosen, more, rows, too_many, services, missing }))
    })?;
    found.ok_or(PageError::NotFound)
}

fn shell_of(asked: &Asked, loaded: &Loaded, board: &Board, signed: &Signed, grid: Grid) -> BoardPage {
    let step = Days::new(if asked.week { 7 } else { 1 });
    let today = board.span.now.with_timezone(&board.span.zone).date_naive();
    let one = loaded.providers.first().filter(|_| asked.week || asked.provider.is_some());
    let one = one.map(|provider| ProviderId(provider.id.0));
    let unit = if asked.week { "week" } else { "day" };
    let (from, to) = (board.span.days.first().unwrap_or(&asked.date), board.span.days.last().unwrap_or(&asked.date));
    let mut pages = Vec::new();
    if asked.provider.is_none() && !asked.week {
        let first = asked.address(asked.date, false, None);
        pages.extend(asked.after.is_some().then(|| Link::new("First providers", first)));
        pages.extend(loaded.providers.last().filter(|_| loaded.more).map(|last| {
            let place = encode(&[("after".into(), last.data.name.clone()), ("after_id".into(), last.id.0.to_string())]);
            Link::new("More providers", format!("{}&{place}", asked.address(asked.date, false, None)))
        }));
    }
    BoardPage {
        date: board.span.heading(),
        moves: vec![
            Link::new(format!("Previous {unit}"), asked.address(asked.date - step, asked.week, one)),
            Link::new("Today", asked.address(today, asked.week, one)),
            Link::new(format!("Next {unit}"), asked.address(asked.date + step, asked.week, one)),
        ],
        views: vec![
            (Link::new("Day", asked.address(asked.date, false, asked.provider)), !asked.week),
            (Link::new("Week", asked.address(asked.date, true, asked.provider)), asked.week),
        ],
        date_value: asked.date.to_string(),
        view: unit,
        provider: loaded.picker.clone(),
        summary: None,
        note: loaded.too_many.then(|| {
            Link::new(
                format!("More than {MOST} bookings: all of them as a list"),
                format!("/bookings?from={from}&to={to}"),
            )
        }),
        empty: grid.columns.is_empty().then(|| match loaded.missing {
            Some(kind) => first::lead(kind, signed),
            None => EmptyState {
                heading: "No provider here".into(),
                text: "Providers who take bookings stand beside each other here.".into(),
                action: Some(Link::new("Today\u{2019}s board", "/board")),
            },
        }),
        grid,
        pages,
        shell: signed.shell("Board", Some(Section::Board)),
    }
}
