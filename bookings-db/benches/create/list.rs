//! A page of fifty in the middle of a long list against its own statement.

use bookings_core::{ProviderId, ServiceId};
use bookings_db::Scope;
use bookings_db::bookings::{ListQuery, Page, Sort};
use bookings_db::testing::sqlite_database;
use bookings_db::types::{DbInstant, DbUuid, Id, Instant};
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};

use crate::cluster::Cluster;
use crate::support::{Fill, Fixture, SPACING_HOURS};
use crate::{Options, median, micros, timed};

const PROVIDERS: i64 = 200;
const PAGES: usize = 200;

pub fn run(cluster: Option<&Cluster>, options: &Options) {
    println!("\na page of 50 of {} bookings (median, microseconds)", options.rows);
    println!("| database | page | store | its statement, prepared | ratio | p95 |\n|---|---|---|---|---|---|");
    let db = sqlite_database();
    let fx = Fixture::on(&db, Default::default());
    compare("SQLite", &fx, options, &|sql, values| plain_sqlite(&fx, sql, values));
    if let Some(cluster) = cluster {
        let fx = cluster.fixture("list", 1);
        compare("PostgreSQL", &fx, options, &|sql, values| {
            let script = values
                .iter()
                .enumerate()
                .fold(format!("{sql};\n"), |script, (place, value)| script.replace(&format!("${}", place + 1), value));
            1e6 / cluster.pgbench("list", &script, 1, 5 * PAGES, &[])
        });
    }
}

const COLUMNS: &str = "SELECT seq, id, reference, tenant_id, service_id, provider_id, client_name, client_phone, \
     start_at, end_at, status, party_size, version, created_at FROM booking";

type Plain<'a> = dyn Fn(&str, &[String]) -> f64 + 'a;

fn compare(database: &str, fx: &Fixture, options: &Options, plain: &Plain) {
    let providers: Vec<ProviderId> = (0..PROVIDERS).map(|_| fx.add_provider(None, true)).collect();
    let services: Vec<ServiceId> = vec![fx.single, fx.approved, fx.shared];
    let from = fx.now - TimeDelta::hours(SPACING_HOURS * options.rows / PROVIDERS / 2);
    let fill =
        Fill { bookings: options.rows, first: 1, providers: &providers, services: &services, from, active: false };
    fill.run(&mut fx.store.pools.url().connect().unwrap());
    let load = |query: &ListQuery| fx.store.pools.read(|conn| query.load(conn)).unwrap();
    let all = ListQuery::new(Scope::All);
    let middle = load(&ListQuery { from: Some(fx.now), per_page: 1, ..all.clone() }).rows.remove(0);
    let cursor = middle.cursor(Sort::StartAt);
    let postgres = database == "PostgreSQL";
    let instant = |at: chrono::DateTime<chrono::Utc>| {
        if postgres { format!("'{}'", at.to_rfc3339()) } else { at.timestamp_micros().to_string() }
    };
    let id = |id: uuid::Uuid| if postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
    let (start, provider) = (instant(middle.start_at), id(providers[0].0));
    // No row has a `seq` below zero: the tie-break excludes nothing.
    let beyond = "start_at >= $1 AND (start_at > $1 OR seq > -1)";
    let pages = [
        ("first", all.clone(), format!("{COLUMNS} ORDER BY start_at, seq LIMIT 51"), vec![]),
        (
            "middle",
            ListQuery { page: Page::After(cursor), ..all.clone() },
            format!("{COLUMNS} WHERE {beyond} ORDER BY start_at, seq LIMIT 51"),
            vec![start.clone()],
        ),
        (
            "a provider, from the middle",
            ListQuery { providers: vec![providers[0]], from: Some(middle.start_at), ..all.clone() },
            format!("{COLUMNS} WHERE provider_id = $2 AND start_at >= $1 ORDER BY start_at, seq LIMIT 51"),
            vec![start, provider],
        ),
        (
            "last by creation",
            ListQuery { sort: Sort::CreatedAtDescending, ..all },
            format!("{COLUMNS} ORDER BY created_at DESC, seq DESC LIMIT 51"),
            vec![],
        ),
    ];
    for (what, query, sql, values) in pages {
        assert_eq!(load(&query).rows.len(), 50, "{what}");
        let raw = plain(&sql, &values);
        let mut times: Vec<f64> = (0..PAGES).map(|_| micros(timed(|| load(&query)))).collect();
        times.sort_by(f64::total_cmp);
        let (ours, late) = (median(times.clone()), times[PAGES * 95 / 100]);
        println!("| {database} | {what} | {ours:.0} | {raw:.0} | {:.2} | {late:.0} |", ours / raw);
    }
}

#[derive(QueryableByName)]
#[expect(dead_code, reason = "read as the list reads them")]
struct Row {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = DbUuid)]
    id: Id,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = Nullable<DbUuid>)]
    tenant_id: Option<Id>,
    #[diesel(sql_type = DbUuid)]
    service_id: Id,
    #[diesel(sql_type = DbUuid)]
    provider_id: Id,
    #[diesel(sql_type = Text)]
    client_name: String,
    #[diesel(sql_type = Text)]
    client_phone: String,
    #[diesel(sql_type = DbInstant)]
    start_at: Instant,
    #[diesel(sql_type = DbInstant)]
    end_at: Instant,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Integer)]
    party_size: i32,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = DbInstant)]
    created_at: Instant,
}

/// SQLite has no pgbench: the same driver, one statement, rows read and dropped.
fn plain_sqlite(fx: &Fixture, sql: &str, values: &[String]) -> f64 {
    let sql = values
        .iter()
        .enumerate()
        .fold(sql.to_owned(), |sql, (place, value)| sql.replace(&format!("${}", place + 1), value));
    let once = || fx.store.pools.read(|conn| Ok(diesel::sql_query(&sql).load::<Row>(conn)?.len())).unwrap();
    median((0..PAGES).map(|_| micros(timed(once))).collect())
}
