//! A create through the store against its own statements sent by pgbench, by the same number of clients.

use bookings_core::{CreateBooking, ProviderId};
use chrono::DateTime;
use diesel::prelude::*;

use crate::cluster::Cluster;
use crate::support::Fixture;
use crate::{Options, median, timed};

/// Creates of one turn by all clients: short turns, so that both sides meet the same weather.
const TURN: usize = 800;
const PROVIDERS: i64 = 200;
/// How the id of each begins; its number follows in twelve digits.
const PROVIDER: &str = "00000000-0000-4000-8000-";
/// Starts that one client may use in one turn; starts are used once, so that every create succeeds.
const STARTS: i64 = 20_000;
const APART_SECONDS: i64 = 90 * 60;
/// 2030-01-01.
const FIRST_START: i64 = 1_893_456_000;

pub fn run(cluster: Option<&Cluster>, options: &Options) {
    let Some(cluster) = cluster else { return };
    println!("\ncreates a second on PostgreSQL (median of {} turns of {TURN} creates)", options.rounds);
    println!("| clients | store | pgbench, the same statements | ratio |\n|---|---|---|---|");
    let fx = cluster.fixture("raw", 16);
    fx.sql(&format!(
        "INSERT INTO provider (id, name, name_key, active, version, created_at, updated_at) \
         SELECT ('{PROVIDER}' || lpad(n::text, 12, '0'))::uuid, 'Room', 'room', true, 1, now(), now() \
         FROM generate_series(0, {PROVIDERS} - 1) AS n"
    ));
    let (script, values) = script(&fx);
    let mut turn = 0;
    for clients in [1, 4, 16] {
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            let mut next = || {
                turn += 1;
                turn * 16 * STARTS
            };
            let store = through_store(&fx, clients, next());
            let mut variables = values.clone();
            variables.extend([("base", next().to_string()), ("i", "0".into())]);
            let raw = cluster.pgbench("raw", &script, clients, TURN / clients, &variables);
            ours.push(store);
            theirs.push(raw);
            ratios.push(store / raw);
        }
        println!("| {clients} | {:.0} | {:.0} | {:.2} |", median(ours), median(theirs), median(ratios));
    }
}

fn through_store(fx: &Fixture, clients: usize, base: i64) -> f64 {
    let one = |client: i64| {
        for done in 0..(TURN / clients) as i64 {
            let number = base + client * STARTS + done;
            let start_at = DateTime::from_timestamp(FIRST_START + number * APART_SECONDS, 0).unwrap();
            // As good as random, and free of a generator.
            let place = (number * 7919 + client * 104_729) % PROVIDERS;
            let provider_id = ProviderId(format!("{PROVIDER}{place:012}").parse().unwrap());
            fx.create(&CreateBooking { provider_id, ..fx.command(start_at) });
        }
    };
    let one = &one;
    let took = timed(|| {
        std::thread::scope(|scope| {
            for client in 0..clients as i64 {
                scope.spawn(move || one(client));
            }
        });
    });
    TURN as f64 / took.as_secs_f64()
}

/// What the store sends for one create, in as many round trips, and values of the same size for it: a real event's. They
/// are variables, which pgbench binds to the prepared statement; a value in its text would be part of the plan.
fn script(fx: &Fixture) -> (String, Vec<(&'static str, String)>) {
    let booking = fx.create(&fx.command("2029-01-01T00:00:00Z".parse().unwrap()));
    let read = |column: &str, table: &str| {
        #[derive(QueryableByName)]
        struct Text {
            #[diesel(sql_type = diesel::sql_types::Text)]
            text: String,
        }
        let query = format!("SELECT {column}::text AS text FROM {table} WHERE booking_id = '{}'", booking.id);
        fx.store.pools.read(|conn| Ok(diesel::sql_query(&query).get_result::<Text>(conn)?.text)).unwrap()
    };
    let script = include_str!("create.pgbench")
        .replace("{provider}", "(:room || lpad(:p::text, 12, '0'))::uuid")
        .replace("{booking}", "('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid")
        .replace("{reference}", "'BK-2030-' || upper(lpad(to_hex(:r::bigint), 8, '0'))");
    let values = [
        ("room", PROVIDER.into()),
        ("service", fx.single.to_string()),
        ("staff", booking.created_by.unwrap().to_string()),
        ("client_name", "Ada Lovelace".into()),
        ("client_email", "ada@example.com".into()),
        ("client_phone", "+1 868 555-0101".into()),
        ("duration", "60".into()),
        ("before", "10".into()),
        ("after", "15".into()),
        ("status", "CONFIRMED".into()),
        ("false", "false".into()),
        ("true", "true".into()),
        ("notice", "60".into()),
        ("one", "1".into()),
        ("pricing", "fixed".into()),
        ("price", "10000".into()),
        ("currency", "TTD".into()),
        ("empty", "{}".into()),
        ("bytes", format!("\\x{}", "5a".repeat(32))),
        ("salt", format!("\\x{}", "5a".repeat(16))),
        ("created", "CREATED".into()),
        ("actor", "Olive Owner".into()),
        ("event", read("data", "booking_event")),
        ("personal", read("data", "booking_event_personal")),
    ];
    (script, values.into())
}
