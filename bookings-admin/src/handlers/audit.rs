//! `GET /audit`: who did what to the installation, for owners.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::local_time;
use bookings_db::audit::{self, AuditKind, Query, Row};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use uuid::Uuid;

use crate::app::AppState;
use crate::auth::{Action, Signed};
use crate::error::PageError;
use crate::forms::parse_date;
use crate::handlers::run::run;
use crate::present;
use crate::raw_form::{RawForm, encode};
use crate::views::audit::{AuditPage, AuditRow};
use crate::views::{Choice, Field, Pager, Refusal, Section, SelectField, page, page_with_status};

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
    };
    if refusals.is_empty() {
        return Ok(page(&shown));
    }
    Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &shown.refuse(refusals)))
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
        more: words(&row.data.0),
        address: row.address,
    }
}

/// "role: admin, until: ...", and "staff -> admin" where there is an old and a new value.
fn words(data: &Value) -> String {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let Some(data) = data.as_object() else { return String::new() };
    if let (Some(old), Some(new)) = (data.get("old"), data.get("new")) {
        return format!("{} \u{2192} {}", plain(old), plain(new));
    }
    data.iter().map(|(name, value)| format!("{name}: {}", plain(value))).collect::<Vec<_>>().join(", ")
}
