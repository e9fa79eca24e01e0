//! `GET /`: the day at a glance.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use bookings_core::status::{Step, step};
use bookings_core::{ProviderId, Status, Window, local_time};
use bookings_db::bookings::{ListPage, ListQuery, ListRow, Sort, Spell, spells};
use bookings_db::catalogue::Names;
use bookings_db::{Scope, Store, StoreError};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::app::AppState;
use crate::auth::{Action, Signed, may};
use crate::error::PageError;
use crate::handlers::catalogue::first;
use crate::handlers::catalogue::kind::Kind;
use crate::handlers::run::run;
use crate::present;
use crate::raw_form::encode;
use crate::views::bookings::{EmptyState, Verb};
use crate::views::today::{Count, ProviderNow, Slot, TodayPage, TodayRow, TodaySection};
use crate::views::{Link, Section, page};

/// The most bookings of a day that the page shows: of more, those nearest to now. The list has the rest.
const MOST: u32 = 200;
/// The most bookings of a day that are counted.
const MOST_COUNTED: u32 = 5_000;
/// The most bookings to approve that it shows.
const MOST_TO_APPROVE: u32 = 10;

/// What the page needs from the store.
struct Day {
    rows: Vec<ListRow>,
    more: bool,
    /// All of the day, as far as it is counted: `rows` or, where there are more, those too.
    spells: Vec<Spell>,
    to_approve: Vec<ListRow>,
    more_to_approve: bool,
    names: Names,
    /// What a first booking still lacks; asked only where there is nothing to show.
    missing: Option<Kind>,
}

/// Today: what goes on, what is next, what waits.
///
/// # Errors
/// The store's.
pub async fn today(state: web::Data<AppState>, signed: Signed) -> Result<HttpResponse, PageError> {
    signed.require(Action::Read)?;
    let (zone, scope, now) = (signed.zone(), signed.scope(), Utc::now());
    let window = local_time::day(zone, now.with_timezone(&zone).date_naive());
    let day = run(&state.store, move |store| load(store, scope, window, now)).await?;
    let view = View { day: &day, zone, now, books: may(&signed.staff, Action::Book) };
    Ok(page(&view.page(&signed)))
}

fn load(store: &Store, scope: Scope, window: Window, now: DateTime<Utc>) -> Result<Day, StoreError> {
    store.pools.read(|conn| {
        let today = ListQuery { per_page: MOST, ..ListQuery::new(scope).starting_in(window) };
        let ListPage { mut rows, next, .. } = today.load(conn)?;
        let more = next.is_some();
        let spell = |row: &ListRow| Spell { status: row.status, time: Window { start: row.start_at, end: row.end_at } };
        let mut all: Vec<Spell> = rows.iter().map(spell).collect();
        if more {
            all = spells(conn, scope, window, MOST_COUNTED)?;
            let near = ListQuery { per_page: MOST / 2, ..today };
            let begun = ListQuery { until: Some(now), sort: Sort::StartAtDescending, ..near.clone() }.load(conn)?;
            let later = ListQuery { from: Some(now), ..near }.load(conn)?;
            rows = begun.rows.into_iter().rev().chain(later.rows).collect();
        }
        let pending = ListQuery {
            statuses: vec![Status::Pending],
            from: Some(now),
            per_page: MOST_TO_APPROVE,
            ..ListQuery::new(scope)
        };
        let pending = pending.load(conn)?;
        let shown = || rows.iter().chain(&pending.rows);
        let mut services: Vec<_> = shown().map(|row| row.service_id).collect();
        let mut providers: Vec<_> = shown().map(|row| row.provider_id).collect();
        services.sort();
        services.dedup();
        providers.sort();
        providers.dedup();
        let names = store.catalogue.names(conn, Scope::All, &services, &providers, &[])?;
        let nothing = rows.is_empty() && pending.rows.is_empty();
        Ok(Day {
            missing: if nothing { first::missing(store, conn, scope)? } else { None },
            more,
            spells: all,
            rows,
            more_to_approve: pending.next.is_some(),
            to_approve: pending.rows,
            names,
        })
    })
}

struct View<'a> {
    day: &'a Day,
    zone: Tz,
    now: DateTime<Utc>,
    books: bool,
}

impl View<'_> {
    fn page(&self, signed: &Signed) -> TodayPage {
        let date = self.date();
        let empty = self.day.rows.is_empty() && self.day.to_approve.is_empty();
        TodayPage {
            shell: signed.shell("Today", Some(Section::Today)),
            date: present::long_day(self.now, self.zone),
            counts: self.counts(),
            providers: self.providers(),
            sections: self.sections(),
            empty: empty.then(|| match self.day.missing {
                Some(kind) => first::lead(kind, signed),
                None => EmptyState {
                    heading: "Nothing is booked today".into(),
                    text: "What is booked for today appears here, with what is going on now.".into(),
                    action: self.books.then(|| Link::new("New booking", "/bookings/new")),
                },
            }),
            more: self
                .day
                .more
                .then(|| Link::new("All of today\u{2019}s bookings", format!("/bookings?from={date}&to={date}"))),
        }
    }

    fn date(&self) -> String {
        self.now.with_timezone(&self.zone).date_naive().to_string()
    }

    fn state(&self, row: &ListRow) -> When {
        self.at(row.status, row.start_at, row.end_at)
    }

    fn at(&self, status: Status, start_at: DateTime<Utc>, end_at: DateTime<Utc>) -> When {
        match (status.is_active(), end_at <= self.now, start_at <= self.now) {
            (false, ..) => When::Settled,
            (true, true, _) => When::ToSettle,
            (true, false, true) => When::Now,
            (true, false, false) => When::Later,
        }
    }

    fn rows_that_are(&self, when: When) -> impl Iterator<Item = &ListRow> {
        self.day.rows.iter().filter(move |row| self.state(row) == when)
    }

    fn counts(&self) -> Vec<Count> {
        let date = self.date();
        let href = |fields: &[(&str, &str)]| {
            let fields: Vec<(String, String)> =
                fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            format!("/bookings?{}", encode(&fields))
        };
        let of_today = |statuses: &[Status]| {
            let mut fields = vec![("from", date.as_str()), ("to", date.as_str())];
            fields.extend(statuses.iter().map(|status| ("status", status.as_str())));
            href(&fields)
        };
        let count = |label: &str, value: usize, more: bool, href: String, alert: bool| Count {
            label: label.into(),
            value: format!("{}{}", present::thousands(value as u64), if more { "+" } else { "" }),
            href,
            alert: alert && value > 0,
        };
        let spells = &self.day.spells;
        let with = |status: Status| spells.iter().filter(|spell| spell.status == status).count();
        let that_are = |when: When| {
            let is = |spell: &&Spell| self.at(spell.status, spell.time.start, spell.time.end) == when;
            spells.iter().filter(is).count()
        };
        let more = spells.len() >= MOST_COUNTED as usize;
        let active = [Status::Pending, Status::Confirmed];
        let pending = href(&[("status", "PENDING"), ("from", &date)]);
        vec![
            count("To approve", self.day.to_approve.len(), self.day.more_to_approve, pending, true),
            count("To settle", that_are(When::ToSettle), more, of_today(&active), true),
            count("Now", that_are(When::Now), more, of_today(&active), false),
            count("Later today", that_are(When::Later), more, of_today(&active), false),
            count("Completed", with(Status::Completed), more, of_today(&[Status::Completed]), false),
            count("No-show", with(Status::NoShow), more, of_today(&[Status::NoShow]), false),
        ]
    }

    fn providers(&self) -> Vec<ProviderNow> {
        let mut by_provider: HashMap<ProviderId, (Option<&ListRow>, Option<&ListRow>)> = HashMap::new();
        for row in &self.day.rows {
            let entry = by_provider.entry(row.provider_id).or_default();
            match self.state(row) {
                When::Now => entry.0 = entry.0.or(Some(row)),
                When::Later => entry.1 = entry.1.or(Some(row)),
                When::ToSettle | When::Settled => {}
            }
        }
        let slot = |row: &ListRow, time: String| Slot {
            time,
            client: row.client_name.clone(),
            href: format!("/bookings/{}", row.reference),
        };
        let date = self.date();
        // Of a long day not all is known of those with whom nothing goes on.
        by_provider.retain(|_, (now, next)| !self.day.more || now.is_some() || next.is_some());
        let mut providers: Vec<ProviderNow> = by_provider
            .into_iter()
            .map(|(id, (now, next))| ProviderNow {
                name: self.provider(id),
                href: format!("/bookings?provider={id}&from={date}&to={date}"),
                now: now.map(|row| slot(row, format!("until {}", present::clock(row.end_at, self.zone)))),
                next: next.map(|row| slot(row, format!("at {}", present::clock(row.start_at, self.zone)))),
                idle: match next {
                    // What began long ago may not be among those shown.
                    _ if self.day.more => String::new(),
                    Some(row) => format!("Free until {}", present::clock(row.start_at, self.zone)),
                    None => "Nothing more today".into(),
                },
            })
            .collect();
        providers.sort_by(|a, b| a.name.cmp(&b.name));
        providers
    }

    fn provider(&self, id: ProviderId) -> String {
        self.day.names.providers.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    fn sections(&self) -> Vec<TodaySection> {
        let section = |heading: &str, detail: &str, alert: bool, rows: Vec<TodayRow>| TodaySection {
            heading: heading.into(),
            detail: detail.into(),
            alert,
            rows,
        };
        let of = |when| self.rows_that_are(when).map(|row| self.row(row, false)).collect();
        let to_approve = self.day.to_approve.iter().map(|row| self.row(row, true)).collect();
        let sections = vec![
            section("To settle", "ended, neither completed nor marked as no-show", true, of(When::ToSettle)),
            section("Now", "", false, of(When::Now)),
            section("To approve", "from now on, soonest first", true, to_approve),
            section("Later today", "", false, of(When::Later)),
            section("Earlier today", "", false, of(When::Settled)),
        ];
        sections.into_iter().filter(|section| !section.rows.is_empty()).collect()
    }

    fn row(&self, row: &ListRow, with_day: bool) -> TodayRow {
        let service = self.day.names.services.get(&row.service_id).cloned().unwrap_or_default();
        let party = if row.party_size > 1 { format!(", party of {}", row.party_size) } else { String::new() };
        TodayRow {
            reference: row.reference.to_string(),
            version: row.version.to_string(),
            status: present::chip(row.status),
            start: present::clock(row.start_at, self.zone),
            end: present::clock(row.end_at, self.zone),
            start_iso: present::iso(row.start_at),
            day: if with_day { present::short_day(row.start_at, self.zone, self.now) } else { String::new() },
            client: row.client_name.clone(),
            service: format!("{service}{party}"),
            provider: self.provider(row.provider_id),
            phone: row.client_phone.clone(),
            actions: if self.books { self.actions(row) } else { Vec::new() },
        }
    }

    /// One press each: before the start an approval, after it how it went. None needs a reason or an override.
    fn actions(&self, row: &ListRow) -> Vec<Verb> {
        let started = row.start_at <= self.now;
        let verbs = [Verb::Confirm, Verb::Complete, Verb::NoShow];
        let possible = |verb: &Verb| {
            let core = crate::handlers::bookings::core_verb(*verb);
            let changes = matches!(step(core, row.status), Step::To(_));
            changes && row.status.is_active() && (*verb == Verb::Confirm) != started
        };
        verbs.into_iter().filter(possible).collect()
    }
}

/// Where in the day a booking is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// Its time is over, and nobody said how it went.
    ToSettle,
    Now,
    Later,
    /// Completed, no-show or cancelled.
    Settled,
}
