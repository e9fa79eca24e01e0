//! `GET /bookings`.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::Refusal;
use bookings_db::bookings::{self, ListQuery};
use bookings_db::catalogue::Choice;
use bookings_db::{Catalogue, Scope, Store};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::choices::MOST;
use crate::app::AppState;
use crate::auth::{Action, Signed};
use crate::error::PageError;
use crate::handlers::run::run;
use crate::raw_form::{RawForm, encode};
use crate::views::bookings::{
    AppliedFilter, EmptyState, FilterBar, Header, ListPage, ListRow, MultiFilter, QuickRange,
};
use crate::views::{self, Link, Pager, Section, StatusChip, page, page_with_status};
use crate::{forms, present};

/// What the list needs from the store, in at most five queries.
#[derive(Default)]
struct Loaded {
    page: Option<bookings::ListPage>,
    services: Vec<Choice<Uuid>>,
    providers: Vec<Choice<Uuid>>,
    tenants: Vec<Choice<Uuid>>,
    names: HashMap<Uuid, String>,
}

/// The list of bookings under its filters; a value that is not understood answers 422 and says which.
///
/// # Errors
/// The store's.
pub async fn list(request: HttpRequest, state: web::Data<AppState>, signed: Signed) -> Result<HttpResponse, PageError> {
    signed.require(Action::Read)?;
    let form = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let (zone, scope) = (signed.zone(), signed.scope());
    let query = forms::list::query(&form, zone, scope);
    let wanted = query.as_ref().ok().cloned();
    let form = forms::list::known(&form);
    let loaded = run(&state.store, move |store| load(store, scope, wanted)).await?;
    let view = View {
        form: &form,
        zone,
        now: Utc::now(),
        loaded: &loaded,
        tenancy: state.settings.policy.tenancy,
        may_export: crate::auth::may(&signed.staff, Action::Export),
        may_bulk: crate::auth::may(&signed.staff, Action::Bulk),
    };
    let can_book = crate::auth::may(&signed.staff, Action::Book);
    let mut shell = signed.shell("Bookings", Some(Section::Bookings));
    shell.search = form.get("q").into();
    let shown = view.page(shell, can_book);
    Ok(match query {
        Ok(_) => page(&shown),
        Err(refusals) => page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &view.refused(shown, &refusals)),
    })
}

fn load(store: &Store, scope: Scope, query: Option<ListQuery>) -> Result<Loaded, PageError> {
    let catalogue = store.catalogue.as_ref();
    let loaded = store.pools.read(|conn| {
        let page = query.as_ref().map(|query| query.load(conn)).transpose()?;
        let mut loaded = Loaded {
            services: any(catalogue.services(conn, scope, "", MOST + 1)?),
            providers: any(catalogue.providers(conn, scope, "", MOST + 1)?),
            tenants: Vec::new(),
            names: HashMap::new(),
            page,
        };
        if store.policy.tenancy {
            loaded.tenants = any(catalogue.tenants(conn, scope, MOST + 1)?);
        }
        let all = loaded.services.iter().chain(&loaded.providers).chain(&loaded.tenants);
        loaded.names = all.map(|choice| (choice.id, choice.name.clone())).collect();
        missing_names(catalogue, conn, &mut loaded)?;
        Ok(loaded)
    })?;
    Ok(loaded)
}

/// Where there are too many to choose from, the names of those on the page.
fn missing_names(
    catalogue: &dyn Catalogue,
    conn: &mut bookings_db::connection::Conn,
    loaded: &mut Loaded,
) -> Result<(), bookings_db::StoreError> {
    let Some(page) = &loaded.page else { return Ok(()) };
    let unknown = |id: Uuid| !loaded.names.contains_key(&id);
    let mut services: Vec<_> = page.rows.iter().map(|row| row.service_id).filter(|id| unknown(id.0)).collect();
    let mut providers: Vec<_> = page.rows.iter().map(|row| row.provider_id).filter(|id| unknown(id.0)).collect();
    services.sort();
    services.dedup();
    providers.sort();
    providers.dedup();
    if !services.is_empty() || !providers.is_empty() {
        let names = catalogue.names(conn, &services, &providers, &[])?;
        loaded.names.extend(names.services.into_iter().map(|(id, name)| (id.0, name)));
        loaded.names.extend(names.providers.into_iter().map(|(id, name)| (id.0, name)));
    }
    Ok(())
}

fn any<T: Into<Uuid>>(choices: Vec<Choice<T>>) -> Vec<Choice<Uuid>> {
    choices
        .into_iter()
        .map(|choice| Choice { id: choice.id.into(), name: choice.name, active: choice.active })
        .collect()
}

/// What can be done to many at once.
fn verbs() -> Vec<views::Choice> {
    let verbs = [
        ("confirm", "Confirm"),
        ("cancel", "Cancel"),
        ("move", "Move by minutes"),
        ("reassign", "Reassign"),
        ("complete", "Complete"),
        ("no-show", "Mark as no-show"),
        ("note", "Add a note"),
    ];
    verbs.map(|(value, label)| views::Choice::new(value, label, false)).into()
}

/// Everything the page is made from.
struct View<'a> {
    form: &'a RawForm,
    zone: Tz,
    now: DateTime<Utc>,
    loaded: &'a Loaded,
    tenancy: bool,
    may_export: bool,
    may_bulk: bool,
}

impl View<'_> {
    fn page(&self, shell: views::Shell, can_book: bool) -> ListPage {
        let sort = match self.form.get("sort") {
            "" => "start_at",
            sort => sort,
        };
        let rows = self.rows();
        ListPage {
            shell,
            filter: self.filter(sort),
            applied: self.applied(),
            headers: Header::columns(sort, self.tenancy, |sort| self.href(&["sort"], &[("sort", sort)])),
            with_tenant: self.tenancy,
            pager: self.pager(rows.len()),
            empty: rows.is_empty().then(|| self.empty(can_book)),
            rows,
            summary: None,
            csv: self
                .may_export
                .then(|| Link::new("CSV", self.href(&[], &[]).replacen("/bookings", "/bookings.csv", 1))),
            bulk: if self.may_bulk { verbs() } else { Vec::new() },
            bulk_query: encode(&self.filters()),
        }
    }

    /// The filters in force, without the place in the list.
    fn filters(&self) -> Vec<(String, String)> {
        let place = |name: &str| matches!(name, "after" | "before" | "per_page" | "sort");
        self.form.fields().iter().filter(|(name, value)| !place(name) && !value.is_empty()).cloned().collect()
    }

    /// The same list with some fields of its query replaced; every change begins at the first page.
    fn href(&self, without: &[&str], with: &[(&str, &str)]) -> String {
        let dropped = |name: &str| without.contains(&name) || matches!(name, "after" | "before");
        let kept = self.form.fields().iter().filter(|(name, value)| !dropped(name) && !value.is_empty()).cloned();
        let added = with.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let fields: Vec<(String, String)> = kept.chain(added).collect();
        if fields.is_empty() { "/bookings".into() } else { format!("/bookings?{}", encode(&fields)) }
    }

    fn filter(&self, sort: &str) -> FilterBar {
        let mut bar = FilterBar::new(self.form.get("q"), self.form.get("from"), self.form.get("to"), sort);
        let statuses: Vec<String> = self.form.all("status").map(str::to_owned).collect();
        bar.multi.push(FilterBar::statuses(&statuses));
        bar.multi.push(self.multi("provider", "Provider", &self.loaded.providers));
        bar.multi.push(self.multi("service", "Service", &self.loaded.services));
        if self.tenancy {
            bar.multi.push(self.multi("tenant", "Tenant", &self.loaded.tenants));
        }
        bar.quick = self.quick();
        bar.per_page = self.form.get("per_page").parse().ok();
        bar.client = self.form.get("client").to_owned();
        bar
    }

    fn multi(&self, name: &'static str, label: &'static str, all: &[Choice<Uuid>]) -> MultiFilter {
        let ticked: Vec<&str> = self.form.all(name).collect();
        let option = |choice: &Choice<Uuid>| {
            let id = choice.id.to_string();
            let selected = ticked.contains(&id.as_str());
            views::Choice::new(id, &choice.name, selected)
        };
        let mut choices: Vec<views::Choice> = all.iter().take(MOST as usize).map(option).collect();
        for id in ticked.iter().filter(|id| Uuid::try_parse(id).is_ok()) {
            if !choices.iter().any(|choice| choice.value == *id) {
                choices.push(views::Choice::new(*id, self.name(id), true));
            }
        }
        let more = if all.len() as u32 > MOST { format!("The first {MOST} by name are listed") } else { String::new() };
        MultiFilter { name, label, choices, more }
    }

    fn name(&self, id: &str) -> String {
        let known = Uuid::try_parse(id).ok().and_then(|id| self.loaded.names.get(&id).cloned());
        known.unwrap_or_else(|| id.to_owned())
    }

    fn quick(&self) -> Vec<QuickRange> {
        let today = self.now.with_timezone(&self.zone).date_naive();
        let after = |days: u64| today.checked_add_days(Days::new(days)).unwrap_or(today);
        let before = |days: u64| today.checked_sub_days(Days::new(days)).unwrap_or(today);
        let monday = before(u64::from(today.weekday().num_days_from_monday()));
        let ranges: [(&str, NaiveDate, NaiveDate); 4] = [
            ("Today", today, today),
            ("Tomorrow", after(1), after(1)),
            ("This week", monday, monday.checked_add_days(Days::new(6)).unwrap_or(monday)),
            ("Last 30 days", before(29), today),
        ];
        let range = |(label, from, to): (&str, NaiveDate, NaiveDate)| {
            let (from, to) = (from.to_string(), to.to_string());
            let current = self.form.get("from") == from && self.form.get("to") == to;
            let href = self.href(&["from", "to"], &[("from", &from), ("to", &to)]);
            QuickRange { label: label.into(), href, current }
        };
        ranges.into_iter().map(range).collect()
    }

    fn applied(&self) -> Vec<AppliedFilter> {
        let mut applied = Vec::new();
        let singles = [("q", "Search"), ("client", "Client"), ("from", "From"), ("to", "To")];
        for (field, label) in singles {
            let value = self.form.get(field).trim();
            if !value.is_empty() {
                applied
                    .push(AppliedFilter { label: format!("{label}: {value}"), remove_href: self.href(&[field], &[]) });
            }
        }
        for (field, label) in
            [("status", "Status"), ("provider", "Provider"), ("service", "Service"), ("tenant", "Tenant")]
        {
            let values: Vec<&str> = self.form.all(field).filter(|value| !value.is_empty()).collect();
            for value in &values {
                let others: Vec<(&str, &str)> =
                    values.iter().filter(|other| *other != value).map(|other| (field, *other)).collect();
                let shown = match StatusChip::from_code(value).filter(|_| field == "status") {
                    Some(status) => status.label().to_owned(),
                    None => self.name(value),
                };
                applied.push(AppliedFilter {
                    label: format!("{label}: {shown}"),
                    remove_href: self.href(&[field], &others),
                });
            }
        }
        applied
    }

    fn rows(&self) -> Vec<ListRow> {
        let Some(page) = &self.loaded.page else { return Vec::new() };
        let mut last_day = None;
        let row = |row: &bookings::ListRow| {
            let day = row.start_at.with_timezone(&self.zone).date_naive();
            let same_day = last_day.replace(day) == Some(day);
            let name = |id: Uuid| self.loaded.names.get(&id).cloned().unwrap_or_default();
            ListRow {
                reference: row.reference.to_string(),
                status: present::chip(row.status),
                day: present::short_day(row.start_at, self.zone, self.now),
                time: present::span(row.start_at, row.end_at, self.zone),
                start_iso: present::iso(row.start_at),
                same_day,
                client: row.client_name.clone(),
                party: if row.party_size > 1 { format!("party of {}", row.party_size) } else { String::new() },
                service: name(row.service_id.0),
                provider: name(row.provider_id.0),
                tenant: row.tenant_id.map(|id| name(id.0)).unwrap_or_default(),
                phone: row.client_phone.clone(),
            }
        };
        page.rows.iter().map(row).collect()
    }

    fn pager(&self, shown: usize) -> Pager {
        let page = self.loaded.page.as_ref();
        let turn = |field: &str, cursor: Option<&bookings::Cursor>| {
            cursor.map(|cursor| self.href(&[], &[(field, &cursor.encode())]))
        };
        Pager {
            count: format!("{shown} shown"),
            previous: turn("before", page.and_then(|page| page.previous.as_ref())),
            next: turn("after", page.and_then(|page| page.next.as_ref())),
            sizes: Vec::new(),
        }
    }

    fn empty(&self, can_book: bool) -> EmptyState {
        let filters = ["q", "client", "from", "to", "status", "provider", "service", "tenant"];
        let filtered = filters.iter().any(|field| self.form.all(field).any(|value| !value.is_empty()));
        if filtered {
            return EmptyState {
                heading: "Nothing matches".into(),
                text: "No booking fits all of these filters.".into(),
                action: Some(Link::new("Clear filters", "/bookings")),
            };
        }
        EmptyState {
            heading: "No bookings yet".into(),
            text: "Bookings appear here, soonest first.".into(),
            action: can_book.then(|| Link::new("New booking", "/bookings/new")),
        }
    }

    fn refused(&self, mut page: ListPage, refusals: &[Refusal]) -> ListPage {
        page.empty = Some(EmptyState {
            heading: "No list".into(),
            text: "Correct what is named above, or start again without filters.".into(),
            action: Some(Link::new("Clear filters", "/bookings")),
        });
        page.refuse(present::refusals(refusals, self.zone))
    }
}
