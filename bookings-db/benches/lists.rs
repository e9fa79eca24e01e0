//! What a list costs under every pair of filters and every order, at random places of a database that is there:
//!
//! `cargo bench -p bookings-db --bench lists -- postgres://localhost/bookings [--rounds N] [--all]`
//!
//! Each round takes other values and another place. A page is measured with its count, as the list asks for both. Prints
//! the slowest, with `--all` everything.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark that can't run shall stop")]

use std::time::Instant;

use bookings_core::{Status, Window};
use bookings_db::bookings::{ListQuery, ListRow, Page, Sort};
use bookings_db::connection::{Conn, DatabaseUrl, Pools};
use bookings_db::{Scope, StoreError};
use chrono::{DateTime, TimeDelta, Utc};

/// A filter by name, and how it is put on a query with the values of some booking.
type Filter = (&'static str, fn(ListQuery, &ListRow) -> ListQuery);

fn within(query: ListQuery, row: &ListRow, days: i64) -> ListQuery {
    query.starting_in(Window { start: row.start_at, end: row.start_at + TimeDelta::days(days) })
}

const FILTERS: [Filter; 12] = [
    ("", |query, _| query),
    ("status", |query, row| ListQuery { statuses: vec![row.status], ..query }),
    ("pending", |query, _| ListQuery { statuses: vec![Status::Pending], ..query }),
    ("2 statuses", |query, _| ListQuery { statuses: vec![Status::Pending, Status::NoShow], ..query }),
    ("provider", |query, row| ListQuery { providers: vec![row.provider_id], ..query }),
    ("service", |query, row| ListQuery { services: vec![row.service_id], ..query }),
    ("day", |query, row| within(query, row, 1)),
    ("week", |query, row| within(query, row, 7)),
    ("month", |query, row| within(query, row, 31)),
    ("year", |query, row| within(query, row, 365)),
    ("word", |query, row| ListQuery { search: word(row, 0, 40), ..query }),
    ("letters", |query, row| ListQuery { search: word(row, 0, 4), ..query }),
];

/// Some characters of a name.
fn word(row: &ListRow, from: usize, most: usize) -> String {
    let word = row.client_name.split(' ').next_back().unwrap_or_default();
    word.chars().skip(from).take(most).collect()
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as i64) % end.max(1)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let after = |name: &str| arguments.iter().skip_while(|one| *one != name).nth(1).map(|text| text.parse().unwrap());
    let Some(url) = arguments.first().filter(|first| !first.starts_with("--")) else {
        println!("which database? see the head of benches/lists.rs");
        return;
    };
    let (rounds, everything) = (after("--rounds").unwrap_or(12_usize), arguments.iter().any(|one| one == "--all"));
    let pools = Pools::open(&DatabaseUrl::parse(url).unwrap()).unwrap();
    let all = ListQuery { per_page: 1, ..ListQuery::new(Scope::All) };
    let page = |query: &ListQuery| pools.read(|conn| query.load(conn)).unwrap();
    let ends =
        [Sort::StartAt, Sort::StartAtDescending].map(|sort| page(&ListQuery { sort, ..all.clone() }).rows.remove(0));
    let hours = (ends[1].start_at - ends[0].start_at).num_hours();
    let mut random = Random(7);
    let mut somebody = |days: Option<Window>| {
        let (first, hours) =
            days.map_or((ends[0].start_at, hours), |days| (days.start, (days.end - days.start).num_hours()));
        let from: DateTime<Utc> = first + TimeDelta::hours(random.below(hours));
        page(&ListQuery { from: Some(from), ..all.clone() }).rows.pop().unwrap_or_else(|| ends[0].clone())
    };

    let mut results: Vec<(f64, f64, f64, String)> = Vec::new();
    let mut times: Vec<f64> = Vec::new();
    for (place, (first, one)) in FILTERS.iter().enumerate() {
        for (second, other) in &FILTERS[place..] {
            if (*first == *second && !first.is_empty()) || (first.is_empty() && second.is_empty() && place > 0) {
                continue;
            }
            for sort in Sort::ALL {
                for shown in ["first", "after", "before"] {
                    let mut own: Vec<f64> = Vec::new();
                    for round in 0..=rounds {
                        let values = somebody(None);
                        let query = other(one(ListQuery::new(Scope::All), &values), &values);
                        let query = ListQuery { sort, ..query };
                        // A page further on has the order that its first one was shown in.
                        let sort = pools.read(|conn| query.sort_in_force(conn, None)).unwrap();
                        let days = query.from.zip(query.until).map(|(start, end)| Window { start, end });
                        let place = somebody(days);
                        let page = match shown {
                            "after" => Page::After(place.cursor(sort)),
                            "before" => Page::Before(place.cursor(sort)),
                            _ => Page::First,
                        };
                        let query = if shown == "first" { query } else { ListQuery { sort, page, ..query } };
                        let begun = Instant::now();
                        pools.read(|conn| show(conn, &query)).unwrap();
                        // The first finds the caches cold.
                        if round > 0 {
                            own.push(begun.elapsed().as_secs_f64() * 1e3);
                        }
                    }
                    times.extend(&own);
                    own.sort_by(f64::total_cmp);
                    let what = format!("{first} {second}, {}, {shown}", sort.as_str());
                    results.push((at(&own, 95), at(&own, 50), at(&own, 100), what.trim().to_owned()));
                }
            }
        }
    }
    results.sort_by(|one, two| two.0.total_cmp(&one.0));
    times.sort_by(f64::total_cmp);
    println!(
        "{} pages: p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms",
        times.len(),
        at(&times, 50),
        at(&times, 95),
        at(&times, 99)
    );
    println!("| p95 ms | median | worst | filters, order, page |\n|---|---|---|---|");
    for (late, median, worst, what) in results.iter().take(if everything { usize::MAX } else { 40 }) {
        println!("| {late:.1} | {median:.1} | {worst:.1} | {what} |");
    }
}

/// What the page of a list asks for.
fn show(conn: &mut Conn, query: &ListQuery) -> Result<usize, StoreError> {
    let count = query.count(conn)?;
    let query = ListQuery { sort: query.sort_in_force(conn, count)?, ..query.clone() };
    Ok(query.load_counted(conn, count)?.rows.len())
}

fn at(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}
