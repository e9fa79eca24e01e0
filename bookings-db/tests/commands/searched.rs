//! Searches of thousands of bookings by start, page by page, against a look at every row.

use std::collections::HashMap;

use bookings_core::{Policy, ProviderId, Status};
use bookings_db::Scope;
use bookings_db::bookings::{ListQuery, ListRow, Page, Sort};
use bookings_db::testing::each_database;
use diesel::connection::SimpleConnection;

use crate::support::{Fill, Fixture, ServiceSpec, at};

const BOOKINGS: i64 = 6_000;

/// Words by the number of the booking that has them: everywhere, but for one service late; close together; seldom; nowhere.
const WORDS: [(&str, fn(i64) -> bool); 6] = [
    ("everywhere", |n| n % 3 == 0),
    ("belated", |n| n % 3 == 0 && (n % 2 == 1 || n > 4_000)),
    ("together", |n| (2_000..2_700).contains(&n)),
    ("seldom", |n| n % 20 == 0),
    ("together seldom", |n| (2_000..2_700).contains(&n) && n % 20 == 0),
    ("nowhere", |_| false),
];

/// Four at a time within a minute, not in the order of their making, every four hours of 250 days. PostgreSQL has made as many before as it
/// takes to search in stretches.
fn filled(fx: &Fixture, postgres: bool) -> Vec<ProviderId> {
    let providers: Vec<ProviderId> = (0..4).map(|_| fx.add_provider(None, true)).collect();
    let services: Vec<_> = (0..2).map(|_| fx.add_service(&ServiceSpec::default())).collect();
    let mut conn = fx.store.pools.url().connect().unwrap();
    let fill = Fill {
        bookings: BOOKINGS,
        first: 1,
        providers: &providers,
        services: &services,
        from: at(-120 * 24, 0),
        active: false,
    };
    fill.run(&mut conn);
    let moved = ["start_at", "end_at", "busy_start", "busy_end"].map(|column| match postgres {
        true => format!("{column} = {column} + make_interval(secs => (seq * 7 % 3 * 20)::int)"),
        false => format!("{column} = {column} + (seq * 7 % 3) * 20000000"),
    });
    conn.batch_execute(&format!("UPDATE booking SET {}", moved.join(", "))).unwrap();
    for (word, condition) in [
        ("everywhere", "n % 3 = 0"),
        ("belated", "n % 3 = 0 AND (n % 2 = 1 OR n > 4000)"),
        ("together", "n BETWEEN 2000 AND 2699"),
        ("seldom", "n % 20 = 0"),
    ] {
        let condition = condition.replace("n ", "CAST(substr(client_phone, 4) AS integer) ");
        let sql = format!("UPDATE booking SET search_text = search_text || ' {word}' WHERE {condition}");
        conn.batch_execute(&sql).unwrap();
    }
    conn.batch_execute(if postgres { "UPDATE booking SET seq = seq + 200000; ANALYZE" } else { "ANALYZE" }).unwrap();
    providers
}

/// Everything in order, page by page.
fn read(fx: &Fixture, query: &ListQuery, backwards: bool) -> Vec<ListRow> {
    let load = |query: &ListQuery| fx.store.pools.read(|conn| query.load(conn)).unwrap();
    let mut page = load(query);
    let mut rows = page.rows.clone();
    while let Some(next) = page.next.clone() {
        page = load(&ListQuery { page: Page::After(next), ..query.clone() });
        rows.extend(page.rows.clone());
    }
    if !backwards {
        return rows;
    }
    let mut rows = page.rows;
    while let Some(previous) = page.previous {
        page = load(&ListQuery { page: Page::Before(previous), ..query.clone() });
        rows.splice(0..0, page.rows);
    }
    rows
}

#[test]
fn what_has_the_words_is_found_in_order_whatever_else_is_filtered_by() {
    each_database(|db| {
        let fx = Fixture::on(db, Policy::default());
        let providers = filled(&fx, db.is_postgres());
        let all = ListQuery { per_page: 70, ..ListQuery::new(Scope::All) };
        let rows = read(&fx, &ListQuery { per_page: 200, ..all.clone() }, false);
        assert_eq!(rows.len() as i64, BOOKINGS);
        let numbers: HashMap<_, i64> = rows
            .iter()
            .map(|row| (row.id, row.client_email.trim_start_matches('c').split_once('@').unwrap().0.parse().unwrap()))
            .collect();
        let service = rows.iter().find(|row| numbers[&row.id] % 2 == 0).unwrap().service_id;
        let (early, late) = (Some(at(-80 * 24, 0)), Some(at(80 * 24, 0)));
        let filters = [
            all.clone(),
            ListQuery { providers: providers[..1].to_vec(), ..all.clone() },
            ListQuery { providers: providers[1..3].to_vec(), statuses: vec![Status::Cancelled], ..all.clone() },
            ListQuery { statuses: vec![Status::Completed], ..all.clone() },
            ListQuery { services: vec![service], ..all.clone() },
            ListQuery { from: early, until: late, ..all.clone() },
            ListQuery { from: late, services: vec![service], ..all.clone() },
            ListQuery { until: Some(at(2, 0)), ..all.clone() },
            ListQuery { from: Some(at(2, 0)), until: Some(at(40, 0)), ..all },
        ];
        for (word, has) in WORDS {
            for filter in &filters {
                let fits = |row: &&ListRow| {
                    has(numbers[&row.id])
                        && (filter.providers.is_empty() || filter.providers.contains(&row.provider_id))
                        && (filter.services.is_empty() || filter.services.contains(&row.service_id))
                        && (filter.statuses.is_empty() || filter.statuses.contains(&row.status))
                        && filter.from.is_none_or(|from| row.start_at >= from)
                        && filter.until.is_none_or(|until| row.start_at < until)
                };
                let mut expected: Vec<ListRow> = rows.iter().filter(fits).cloned().collect();
                for sort in [Sort::StartAt, Sort::StartAtDescending] {
                    let query = ListQuery { search: word.into(), sort, ..filter.clone() };
                    for backwards in [false, true].into_iter().take(if sort == Sort::StartAt { 2 } else { 1 }) {
                        let found = read(&fx, &query, backwards);
                        let at = found.iter().zip(&expected).position(|(found, expected)| found != expected);
                        assert_eq!((found.len(), at), (expected.len(), None), "backwards {backwards}: {query:?}");
                    }
                    expected.reverse();
                }
            }
        }
    });
}
