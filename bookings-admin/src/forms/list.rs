//! The query of the list: every value is understood or refused by name, never silently dropped.

use bookings_core::{Code, Concern, Refusal, Status, local_time};
use bookings_db::Scope;
use bookings_db::bookings::{Cursor, ListQuery, Page, Sort};
use bookings_db::clients::ClientKey;
use chrono::{Datelike, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::parts::parse_date;
use crate::raw_form::RawForm;
use crate::views::bookings::Column;

/// The most rows of a page.
const MOST_ROWS: u32 = 200;
/// What a list's query may hold, in the order that a saved one has.
const FIELDS: [&str; 15] = [
    "q", "client", "status", "provider", "service", "tenant", "range", "from", "to", "sort", "per_page", "column",
    "view", "after", "before",
];
/// The most values of one filter.
const MOST_VALUES: usize = 200;
/// Filters whose choices may be too many to be on every page.
const MENUS: [&str; 3] = ["provider", "service", "tenant"];

/// The filter of which all choices are asked for, and what their names shall contain. Neither is part of the list.
#[derive(Debug, Clone, Default)]
pub struct Menu {
    /// Name of the filter; empty for none.
    pub of: String,
    /// Searched for.
    pub words: String,
}

impl Menu {
    /// As the query has it.
    #[must_use]
    pub fn asked(form: &RawForm) -> Menu {
        Menu { of: form.get("menu").into(), words: form.get("menu_q").trim().into() }
    }
}

/// The query without repetitions and without what a list doesn't know: what its links repeat. They are many, so that it
/// keeps no more of a filter than one can have.
#[must_use]
pub fn known(form: &RawForm) -> RawForm {
    let mut kept: Vec<(String, String)> = Vec::new();
    let idle = searches(form).then_some(FROM_TODAY);
    let meant = |name: &str, value: &str| FIELDS.contains(&name) && !(name == "range" && Some(value) == idle);
    for (name, value) in form.fields().iter().filter(|(name, value)| meant(name, value)) {
        let same = kept.iter().filter(|(other, _)| other == name);
        if same.clone().count() < MOST_VALUES && !same.clone().any(|(_, other)| other == value) {
            kept.push((name.clone(), value.clone()));
        }
    }
    RawForm::of(kept)
}

/// What a saved view keeps of a list's query: everything but the place in it and which view it was, always in one order.
#[must_use]
pub fn kept(form: &RawForm) -> Vec<(String, String)> {
    let usual = |name: &str, value: &str| match name {
        "view" | "after" | "before" => true,
        "sort" => value == Sort::default().as_str(),
        _ => value.trim().is_empty(),
    };
    let mut kept: Vec<_> = known(form).fields().iter().filter(|(name, value)| !usual(name, value)).cloned().collect();
    kept.sort_by_key(|(name, _)| FIELDS.iter().position(|field| field == name));
    kept
}

/// The view that navigation leads to: the person's default, else from today on. Without any query the list has everything.
pub const OPENING: &str = "opening";
/// Where the list opens for people at work.
pub const FROM_TODAY: &str = "from-today";
/// Ranges of days that move with the calendar, by name and label.
pub const RANGES: [(&str, &str); 5] = [
    (FROM_TODAY, "From today"),
    ("today", "Today"),
    ("tomorrow", "Tomorrow"),
    ("this-week", "This week"),
    ("last-30-days", "Last 30 days"),
];

/// Whether the query searches: then it looks everywhere, unless days were chosen, and not only where the list opened.
#[must_use]
pub fn searches(form: &RawForm) -> bool {
    form.all("q").any(|value| !value.trim().is_empty())
}

/// First and last day of a range of that name; one without a last day has no end.
#[must_use]
pub fn range(name: &str, today: NaiveDate) -> Option<(NaiveDate, Option<NaiveDate>)> {
    let after = |date: NaiveDate, days: u64| date.checked_add_days(Days::new(days)).unwrap_or(date);
    let before = |days: u64| today.checked_sub_days(Days::new(days)).unwrap_or(today);
    let (first, last) = match name {
        FROM_TODAY => return Some((today, None)),
        "today" => (today, today),
        "tomorrow" => (after(today, 1), after(today, 1)),
        "this-week" => {
            let monday = before(u64::from(today.weekday().num_days_from_monday()));
            (monday, after(monday, 6))
        }
        "last-30-days" => (before(29), today),
        _ => return None,
    };
    Some((first, Some(last)))
}

/// Reads a list's query; dates are days in `zone`, `to` included.
///
/// # Errors
/// Every value that is not understood, by its field.
pub fn query(form: &RawForm, zone: Tz, scope: Scope) -> Result<ListQuery, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let mut refuse = |field: &'static str, value: &str, accepted: &str| {
        let accepted = format!("\u{201c}{value}\u{201d} is not known here; {accepted}");
        refusals.push(Refusal::about(Code::Invalid, field, Concern::Accepted(accepted)));
    };
    let given = |field: &'static str| form.all(field).map(str::trim).filter(|value| !value.is_empty());

    for field in ["status", "provider", "service", "tenant", "column", "view"] {
        if given(field).count() > MOST_VALUES {
            let accepted = Concern::Accepted(format!("at most {MOST_VALUES} values"));
            return Err(vec![Refusal::about(Code::Invalid, field, accepted)]);
        }
    }
    let mut statuses = Vec::new();
    for value in given("status") {
        match Status::parse(value) {
            Some(status) => statuses.push(status),
            None => refuse("status", value, "known are PENDING, CONFIRMED, CANCELLED, COMPLETED and NO_SHOW"),
        }
    }
    let mut ids = |field: &'static str| -> Vec<Uuid> {
        let mut ids = Vec::new();
        for value in given(field) {
            match Uuid::try_parse(value) {
                Ok(id) => ids.push(id),
                Err(_) => refuse(field, value, "an id is wanted"),
            }
        }
        ids
    };
    let (providers, services, tenants) = (ids("provider"), ids("service"), ids("tenant"));
    let mut date = |field: &'static str| {
        let value = given(field).next()?;
        let date = parse_date(value);
        if date.is_none() {
            refuse(field, value, "a date such as 2026-11-23 is wanted");
        }
        date
    };
    let (mut from, mut to) = (date("from"), date("to"));
    if let Some(value) = given("range").next() {
        // Days that were typed are meant.
        match range(value, Utc::now().with_timezone(&zone).date_naive()) {
            Some(_) if from.is_some() || to.is_some() || (value == FROM_TODAY && searches(form)) => {}
            Some((first, last)) => (from, to) = (Some(first), last),
            None => refuse("range", value, &format!("known are {}", RANGES.map(|(name, _)| name).join(", "))),
        }
    }
    for value in given("column").filter(|value| Column::parse(value).is_none()) {
        refuse("column", value, &format!("known are {}", Column::ALL.map(Column::name).join(", ")));
    }
    for value in given("view").filter(|value| !["all", OPENING].contains(value) && Uuid::try_parse(value).is_err()) {
        refuse("view", value, "a saved view\u{2019}s id, \u{201c}all\u{201d} or \u{201c}opening\u{201d} is wanted");
    }
    for value in given("menu").filter(|value| !MENUS.contains(value)) {
        refuse("menu", value, &format!("known are {}", MENUS.join(", ")));
    }
    let sort = given("sort").next().map(|value| (value, Sort::parse(value)));
    if let Some((value, None)) = sort {
        refuse(
            "sort",
            value,
            "known are start_at, created_at (each with - for the latest first), client_name and reference",
        );
    }
    let sort = sort.and_then(|(_, sort)| sort).unwrap_or_default();
    let mut cursor = |field: &'static str| {
        let value = given(field).next()?;
        let cursor = Cursor::decode(value).filter(|cursor| sort.fits(cursor));
        if cursor.is_none() {
            refuse(field, value, "follow the links of the list");
        }
        cursor
    };
    let page = match (cursor("after"), cursor("before")) {
        (Some(cursor), _) => Page::After(cursor),
        (None, Some(cursor)) => Page::Before(cursor),
        (None, None) => Page::First,
    };
    let per_page = match given("per_page").next() {
        None => 50,
        Some(value) => match value.parse() {
            Ok(rows @ 1..=MOST_ROWS) => rows,
            _ => {
                refuse("per_page", value, "a number from 1 to 200 is wanted");
                50
            }
        },
    };
    let client = given("client").next().map(|value| (value, ClientKey::parse(value)));
    if let Some((value, None)) = client {
        refuse("client", value, "an e-mail address, a phone number or an id is wanted");
    }
    let client = client.and_then(|(_, client)| client);
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        let before = format!("\u{201c}{to}\u{201d} is before the first day");
        refusals.push(Refusal::about(Code::Invalid, "to", Concern::Accepted(before)));
    }
    let search = form.get("q").trim().to_owned();
    if search.chars().count() > 200 {
        refusals.push(Refusal::about(Code::TooLong, "q", Concern::Length(200)));
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    Ok(ListQuery {
        scope,
        search,
        client,
        statuses,
        providers: providers.into_iter().map(Into::into).collect(),
        services: services.into_iter().map(Into::into).collect(),
        tenants: tenants.into_iter().map(Into::into).collect(),
        from: from.map(|date| local_time::day(zone, date).start),
        until: to.map(|date| local_time::day(zone, date).end),
        sort,
        page,
        per_page,
    })
}
