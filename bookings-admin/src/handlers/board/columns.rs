//! The columns of a board: what takes a provider's time, and where a new booking would fit.

use std::collections::BTreeMap;

use bookings_core::{ProviderId, Window, local_time};
use bookings_db::bookings::BoardRow;
use bookings_db::catalogue::tables::{Provider, Service};
use chrono::{DateTime, NaiveDate, Utc};

use super::Loaded;
use super::time::{STEP, Span};
use crate::present;
use crate::raw_form::encode;
use crate::views::board::{Axis, Column, Entry, Grid, Start, What, hours, lay_out};

/// Clients of a shared slot that are named before they are only counted.
const NAMED: usize = 3;

/// Everything that a grid is made of.
pub struct Board<'a> {
    pub span: Span,
    pub books: bool,
    /// Whether a form has to be told the tenant.
    pub with_tenant: bool,
    pub loaded: &'a Loaded,
}

/// A column before its rows are known.
type Draft<'a> = (&'a Provider, NaiveDate, Column);

impl Board<'_> {
    /// The columns laid out, within the hours that show everything.
    pub fn grid(&self) -> Grid {
        let drafts = self.drafts();
        let columns: Vec<Column> = drafts.iter().map(|(.., column)| column.clone()).collect();
        let Some((_, date, _)) = drafts.first() else { return Grid::default() };
        let axis = self.span.axis(hours(&columns, self.span.usual(*date), self.span.length(*date)));
        let columns = drafts
            .into_iter()
            .map(|(provider, date, column)| Column { starts: self.starts(provider, date, &axis), ..column });
        lay_out(columns.collect(), &axis)
    }

    /// The days of the one provider, or the day of every provider who takes bookings or has one.
    fn drafts(&self) -> Vec<Draft<'_>> {
        let alone = self.loaded.providers.len() == 1;
        let mut drafts: Vec<Draft> = Vec::new();
        for provider in &self.loaded.providers {
            for date in &self.span.days {
                let column = self.column(provider, *date);
                if alone || provider.data.active || !column.entries.is_empty() {
                    drafts.push((provider, *date, column));
                }
            }
        }
        drafts
    }

    fn column(&self, provider: &Provider, date: NaiveDate) -> Column {
        let day = local_time::day(self.span.zone, date);
        let id = ProviderId(provider.id.0);
        let own = |row: &&BoardRow| row.provider_id == id && row.busy.start < day.end && row.busy.end > day.start;
        let rows: Vec<&BoardRow> = self.loaded.rows.iter().filter(own).collect();
        let begun = rows.iter().filter(|row| row.time.start < day.end && row.time.end > day.start).count();
        let mut detail = match begun {
            0 => String::new(),
            1 => "1 booking".into(),
            some => format!("{some} bookings"),
        };
        if !provider.data.active {
            detail = [detail.as_str(), "inactive"]
                .iter()
                .filter(|part| !part.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(", ");
        }
        Column {
            label: if self.span.week { date.format("%a %-d %b").to_string() } else { provider.data.name.clone() },
            detail,
            href: match self.span.week {
                true => format!("/board?date={date}&provider={id}"),
                false => format!("/board?date={date}&view=week&provider={id}"),
            },
            starts: Vec::new(),
            entries: self.entries(&rows, provider, date),
        }
    }

    fn entries(&self, rows: &[&BoardRow], provider: &Provider, date: NaiveDate) -> Vec<Entry> {
        let mut slots: BTreeMap<_, Vec<&BoardRow>> = BTreeMap::new();
        for row in rows {
            // Bookings of one start and service share it; any other is its own slot.
            let own = (!row.shared).then(|| row.reference.as_str());
            slots.entry((row.time.start, row.service_id, own)).or_default().push(row);
        }
        let mut entries = Vec::new();
        for slot in slots.values() {
            let Some(first) = slot.first() else { continue };
            let what = if first.shared { self.slot(slot, provider) } else { self.booking(first) };
            entries.push(self.entry(date, &first.time, what));
            if slot.iter().any(|row| row.status.is_active()) {
                entries.extend(self.buffers(first, date));
            }
        }
        let length = self.span.length(date);
        entries.retain(|entry| entry.end > 0 && entry.start < length);
        entries
    }

    fn entry(&self, date: NaiveDate, window: &Window, what: What) -> Entry {
        let (start, end) = self.span.place(date, window);
        Entry { start, end, what }
    }

    fn buffers(&self, row: &BoardRow, date: NaiveDate) -> Vec<Entry> {
        let clock = |at: DateTime<Utc>| present::clock(at, self.span.zone);
        let before = Window { start: row.busy.start, end: row.time.start };
        let after = Window { start: row.time.end, end: row.busy.end };
        let mut buffers = Vec::new();
        if before.start < before.end {
            buffers.push(self.entry(date, &before, What::Buffer(format!("Kept free from {}", clock(before.start)))));
        }
        if after.start < after.end {
            buffers.push(self.entry(date, &after, What::Buffer(format!("Kept free until {}", clock(after.end)))));
        }
        buffers
    }

    fn service(&self, row: &BoardRow) -> Option<&Service> {
        self.loaded.services.iter().find(|service| service.id.0 == row.service_id.0)
    }

    fn booking(&self, row: &BoardRow) -> What {
        What::Booking {
            reference: row.reference.to_string(),
            status: present::chip(row.status),
            time: present::span(row.time.start, row.time.end, self.span.zone),
            client: row.client_name.clone(),
            service: self.service(row).map(|service| service.data.name.clone()).unwrap_or_default(),
        }
    }

    fn slot(&self, rows: &[&BoardRow], provider: &Provider) -> What {
        let Some(first) = rows.first() else { return What::Buffer(String::new()) };
        let service = self.service(first);
        let capacity = service.map_or(1, |service| u32::try_from(service.data.capacity).unwrap_or(1));
        let taken: u32 = rows.iter().map(|row| row.capacity_consumed).sum();
        let mut named: Vec<&str> = rows.iter().map(|row| row.client_name.as_str()).collect();
        named.sort_unstable();
        named.truncate(NAMED);
        let more = if rows.len() > NAMED { format!(" and {} more", rows.len() - NAMED) } else { String::new() };
        let offered = service.is_some_and(|service| service.data.active);
        let free = taken < capacity && offered && !self.span.is_over(first.time.start);
        let day = first.time.start.with_timezone(&self.span.zone).date_naive();
        What::Slot {
            href: format!("/bookings?provider={}&service={}&from={day}&to={day}", first.provider_id, first.service_id),
            service: service.map(|service| service.data.name.clone()).unwrap_or_default(),
            time: present::span(first.time.start, first.time.end, self.span.zone),
            seats: format!("{taken} of {capacity} seats: {}{more}", named.join(", ")),
            book: match self.books && free {
                true => {
                    let service = ("service".to_owned(), first.service_id.to_string());
                    self.form(provider, first.time.start, Some(service))
                }
                false => String::new(),
            },
        }
    }

    /// What can be done at each row.
    fn starts(&self, provider: &Provider, date: NaiveDate, axis: &Axis) -> Vec<Start> {
        let at = |row: i32| match self.span.instant(date, axis.from + row * STEP) {
            None => Start::Skipped,
            Some(at) if self.books && provider.data.active && !self.span.is_over(at) => {
                Start::Book(self.form(provider, at, None))
            }
            Some(_) => Start::Nothing,
        };
        (0..).take(axis.ticks.len()).map(at).collect()
    }

    /// The form of a new booking there.
    fn form(&self, provider: &Provider, at: DateTime<Utc>, service: Option<(String, String)>) -> String {
        let mut fields =
            vec![("provider".to_owned(), provider.id.0.to_string()), ("start_at".into(), present::iso(at))];
        fields.extend(service);
        let tenant = provider.data.tenant_id.filter(|_| self.with_tenant);
        fields.extend(tenant.map(|id| ("tenant".to_owned(), id.0.to_string())));
        format!("/bookings/new?{}", encode(&fields))
    }
}
