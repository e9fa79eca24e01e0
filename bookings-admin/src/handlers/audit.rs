//! `GET /audit` and `/audit.csv`: who did what to the installation, for owners.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::local_time;
use bookings_db::audit::{self, AuditKind, Entry, Query, Row};
use bookings_db::{Store, StoreError};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use uuid::Uuid;

use crate::app::AppState;
use crate::auth::{Action, Signed};
use crate::error::PageError;
use crate::forms::parse_date;
use crate::handlers::csv::{Piecewise, download};
use crate::handlers::run::run;
use crate::raw_form::{RawForm, encode};
use crate::views::audit::{AuditPage, AuditRow};
use crate::views::{Choice, Field, Pager, Refusal, Section, SelectField, page, page_with_status};
use crate::{csv, present};

/// Entries of one page.
const ROWS: u32 = 50;

/// Entries by person, kind and day, newest first.
///
/// # Errors
/// Forbidden; the store's.
pub async fn list(request: HttpRequest, state: web::Data<AppState>, signed: Signed) -> Result<HttpResponse, PageError> {
    signed.require(Action::ReadAudit)?;
    let form = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let zone = signed.zone();
    let (query, refusals) = read(&form, &signed, zone);
    let mut rows = match refusals.is_empty() {
        true => run(&state.store, move |store| store.pools.read(|conn| audit::list(conn, &query))).await?,
        false => Vec::new(),
    };
    let more = rows.len() as u32 > ROWS;
    rows.truncate(ROWS as usize);
    let kept: Vec<(String, String)> =
        form.fields().iter().filter(|(name, value)| name != "after" && !value.is_empty()).cloned().collect();
    let address = |more: Option<(String, String)>| {
        let fields: Vec<(String, String)> = kept.iter().cloned().chain(more).collect();
        if fields.is_empty() { "/audit".to_owned() } else { format!("/audit?{}", encode(&fields)) }
    };
    let next = rows.last().filter(|_| more).map(|row| address(Some(("after".into(), row.id.0.to_string()))));
    let date = |name: &str, label: &str| Field::text(name, label).kind("date").value(form.get(name));
    let kinds =
        AuditKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.words(), kind.as_str() == form.get("kind")));
    let shown = AuditPage {
        shell: signed.shell("Audit", Some(Section::Audit)),
        summary: None,
        fields: vec![
            Field::text("actor", "Who").maxlength(100).value(form.get("actor")),
            Field::text("subject", "To what").maxlength(200).value(form.get("subject")),
            date("from", "From"),
            date("to", "To"),
        ],
        kind: SelectField::new("kind", "What", kinds.collect()),
        pager: Pager {
            count: format!("{} shown", rows.len()),
            previous: form.has("after").then(|| address(None)),
            next,
            sizes: Vec::new(),
        },
        rows: rows.into_iter().map(|row| shown(row, zone)).collect(),
        csv: address(None).replacen("/audit", "/audit.csv", 1),
    };
    if refusals.is_empty() {
        return Ok(page(&shown));
    }
    Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &shown.refuse(refusals)))
}

/// `GET /audit.csv`: the same query as a file, newest first.
///
/// # Errors
/// Forbidden; a filter that is not understood; the store's, until the file begins.
pub async fn csv(request: HttpRequest, state: web::Data<AppState>, signed: Signed) -> Result<HttpResponse, PageError> {
    signed.require(Action::ReadAudit)?;
    let form = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let zone = signed.zone();
    let (query, refusals) = read(&form, &signed, zone);
    if !refusals.is_empty() {
        let text: String = refusals.iter().map(|one| format!("{}: {}\n", one.field, one.message)).collect();
        return Ok(HttpResponse::UnprocessableEntity().content_type("text/plain; charset=utf-8").body(text));
    }
    let (actor, tenant) = (signed.actor(), signed.staff.tenant_id);
    let filter = encode(form.fields());
    run(&state.store, move |store| {
        let entry = Entry::new(AuditKind::Exported, &actor, tenant, "audit");
        audit::record(&store.pools, &entry, &serde_json::json!({ "filter": filter }), Utc::now())
    })
    .await?;
    let name = format!("audit-{}.csv", Utc::now().with_timezone(&zone).format("%Y-%m-%d"));
    download(&state, File { query: Some(Query { limit: BATCH, ..query }), begun: false }, &name).await
}

/// Entries of one piece of a file.
const BATCH: u32 = 2_000;
/// The columns of the file.
const COLUMNS: [&str; 7] = ["at", "kind", "actor", "subject", "address", "tenant_id", "data"];

/// The file under way; no query at its end.
struct File {
    query: Option<Query>,
    begun: bool,
}

impl Piecewise for File {
    fn next_piece(&mut self, store: &Store) -> Result<Option<String>, StoreError> {
        let Some(query) = self.query.take() else { return Ok(None) };
        let mut text = String::new();
        if !self.begun {
            csv::write(&mut text, COLUMNS);
            self.begun = true;
        }
        let rows = store.pools.read(|conn| audit::list(conn, &query))?;
        for row in &rows {
            let tenant = row.tenant_id.map(|id| id.0.to_string()).unwrap_or_default();
            let (at, data) = (present::iso(row.at.0), row.data.0.to_string());
            csv::write(
                &mut text,
                [&at, &row.kind, &row.actor_name, &row.subject, &row.address, &tenant, &data].map(String::as_str),
            );
        }
        let last = rows.last().filter(|_| rows.len() as u64 == u64::from(query.limit));
        self.query = last.map(|row| Query { after: Some(row.id.0), ..query });
        Ok(Some(text))
    }
}

fn read(form: &RawForm, signed: &Signed, zone: Tz) -> (Query, Vec<Refusal>) {
    let mut refusals = Vec::new();
    let mut day = |field: &str| {
        let text = form.get(field).trim();
        let date = parse_date(text);
        if date.is_none() && !text.is_empty() {
            refusals.push(Refusal::new("invalid", field, "This is no date such as 2026-11-23."));
        }
        date.map(|date| local_time::day(zone, date))
    };
    let (from, until): (Option<DateTime<Utc>>, Option<DateTime<Utc>>) =
        (day("from").map(|day| day.start), day("to").map(|day| day.end));
    let kind = AuditKind::parse(form.get("kind"));
    if kind.is_none() && !form.get("kind").is_empty() {
        refusals.push(Refusal::new("invalid", "kind", "There is no such kind."));
    }
    let query = Query {
        scope: signed.scope(),
        actor: form.get("actor").to_owned(),
        kind,
        subject: form.get("subject").to_owned(),
        from,
        until,
        after: Uuid::try_parse(form.get("after")).ok(),
        limit: ROWS + 1,
    };
    (query, refusals)
}

fn shown(row: Row, zone: Tz) -> AuditRow {
    AuditRow {
        when: present::stamp(row.at.0, zone),
        iso: present::iso(row.at.0),
        who: row.actor_name,
        what: AuditKind::parse(&row.kind).map_or_else(|| row.kind.clone(), |kind| kind.words().to_owned()),
        kind: row.kind,
        subject: row.subject,
        more: words(&row.data.0, zone),
        address: row.address,
    }
}

/// "role: admin, until: ...", and "staff -> admin" where there is an old and a new value. Of settings what changed, or all
/// of them at the first start.
fn words(data: &Value, zone: Tz) -> String {
    let plain = |value: &Value| match value.as_str().map(|text| (text, text.parse::<DateTime<Utc>>())) {
        Some((_, Ok(at))) => present::stamp(at, zone),
        Some((text, Err(_))) => text.to_owned(),
        None => value.to_string(),
    };
    let Some(mut data) = data.as_object() else { return String::new() };
    if let Some(settings) = data.get("changed").or_else(|| data.get("settings")).and_then(Value::as_object) {
        data = settings;
    }
    if let (Some(old), Some(new)) = (data.get("old"), data.get("new")) {
        return format!("{} \u{2192} {}", plain(old), plain(new));
    }
    let said = data.iter().map(|(name, value)| (name, plain(value))).filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")
}
