//! The list of a kind.

use actix_web::{HttpRequest, HttpResponse, web};
use bookings_db::types::Id;
use bookings_db::{Scope, StoreError};
use uuid::Uuid;

use super::kind::Kind;
use super::record::Record;
use super::{MOST, kind_of};
use crate::app::AppState;
use crate::auth::{Signed, may};
use crate::error::PageError;
use crate::handlers::run::run;
use crate::raw_form::{RawForm, encode};
use crate::views::bookings::EmptyState;
use crate::views::records::{RecordListPage, RecordRow};
use crate::views::{Field, Link, Pager, page};

/// Records of one page of a list.
const ROWS: u32 = 100;
/// Characters of a search.
const LONGEST: u32 = 200;

/// The list of a kind, by name; `q` searches it.
///
/// # Errors
/// Forbidden; the store's.
pub async fn list(request: HttpRequest, state: web::Data<AppState>, signed: Signed) -> Result<HttpResponse, PageError> {
    let kind = kind_of(&request)?;
    signed.require(kind.read())?;
    let query = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let search: String = query.get("q").trim().chars().take(LONGEST as usize).collect();
    let after = Uuid::try_parse(query.get("after_id")).ok().map(|id| (query.get("after").to_owned(), Id(id)));
    let (scope, paged, looked_for) = (signed.scope(), after.is_some(), search.clone());
    // From above, names alone don't tell whose it is.
    let above = state.settings.policy.tenancy && scope == Scope::All && kind != Kind::Tenant;
    let (mut records, tenants) = run(&state.store, move |store| {
        let after = after.as_ref().map(|(name, id)| (name.as_str(), *id));
        store.pools.read(|conn| {
            let tenants = if above { store.catalogue.tenants(conn, scope, "", MOST)? } else { Vec::new() };
            Ok::<_, StoreError>((kind.list(conn, scope, &looked_for, after, ROWS + 1)?, tenants))
        })
    })
    .await?;
    let more = records.len() as u32 > ROWS;
    records.truncate(ROWS as usize);
    let next = records.last().filter(|_| more).map(|record| {
        let place = [("after".to_owned(), record.name.clone()), ("after_id".to_owned(), record.id.0.to_string())];
        address(kind, &search, place.into())
    });
    let (one, plural) = kind.words();
    let writes = may(&signed.staff, kind.write());
    let new = writes.then(|| Link::new(format!("New {one}"), format!("{}/new", kind.path())));
    let rows = records.into_iter().map(|mut record| {
        if above {
            let own = tenants.iter().find(|tenant| tenant.id.to_string() == record.get("tenant_id"));
            record.cells.push(own.map(|tenant| tenant.name.clone()).unwrap_or_default());
        }
        row(kind, record)
    });
    let rows: Vec<RecordRow> = rows.collect();
    let mut columns = kind.columns();
    columns.extend(above.then_some("Tenant"));
    let nothing = rows.is_empty() && search.is_empty() && !paged;
    Ok(page(&RecordListPage {
        shell: signed.shell(plural, Some(kind.section())),
        q: (!nothing).then(|| Field::text("q", "Name").kind("search").maxlength(LONGEST).value(&search)),
        columns,
        pager: Pager {
            count: format!("{} shown", rows.len()),
            previous: paged.then(|| address(kind, &search, Vec::new())),
            next,
            sizes: Vec::new(),
        },
        empty: rows.is_empty().then(|| match nothing {
            true => first_steps(kind, new.clone()),
            false => EmptyState {
                heading: "Nothing matches".into(),
                text: "A part of the name is enough, whatever its accents and capitals.".into(),
                action: Some(Link::new(format!("All {}", plural.to_lowercase()), kind.path())),
            },
        }),
        new,
        rows,
        summary: None,
    }))
}

fn row(kind: Kind, record: Record) -> RecordRow {
    RecordRow {
        href: format!("{}/{}", kind.path(), record.id.0),
        inactive: !record.active,
        name: record.name,
        cells: record.cells,
    }
}

fn address(kind: Kind, search: &str, place: Vec<(String, String)>) -> String {
    let search = Some(("q".to_owned(), search.to_owned())).filter(|_| !search.is_empty());
    let fields: Vec<(String, String)> = search.into_iter().chain(place).collect();
    if fields.is_empty() { kind.path().to_owned() } else { format!("{}?{}", kind.path(), encode(&fields)) }
}

/// What an empty list says to whoever sets up a business.
fn first_steps(kind: Kind, new: Option<Link>) -> EmptyState {
    let text = match kind {
        Kind::Service => "A service is what clients book: its length, price and terms. Then add who gives it.",
        Kind::Addon => "An add-on makes a service longer or dearer: a beard trim, hot stones. You can do without.",
        Kind::Provider => "A provider is whoever or whatever gives the time: a person, a room, a bicycle.",
        Kind::Tenant => "A tenant is one business among several in this installation.",
    };
    EmptyState { heading: format!("No {} yet", kind.words().1.to_lowercase()), text: text.into(), action: new }
}
