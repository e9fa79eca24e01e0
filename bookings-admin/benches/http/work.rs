//! Work over many rows: dry runs, exports, and how many requests fit into a second.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::facts::Facts;
use crate::program::Server;
use crate::table::{Table, Times, timed};

/// Rows of an export that are enough to tell.
const ROWS: usize = 300_000;
const CONNECTIONS: usize = 4;

/// The dry run of each verb over some twenty thousand bookings.
pub fn dry_runs(client: &mut Client, facts: &Facts, samples: usize, table: &mut Table) {
    let (from, until) = facts.many;
    let query = format!("from={}&to={}", from.date_naive(), until.date_naive());
    let mut largest = 0;
    for verb in ["confirm", "cancel", "complete", "note", "move", "reassign"] {
        let chosen = client.post("/bookings/bulk", &[("verb", verb), ("all", "1"), ("query", &query)]);
        assert!(chosen.location.starts_with("/bookings/bulk/"), "{verb}: {}", chosen.location);
        let provider = facts.middle.provider_id.to_string();
        let asked = [("do", "check"), ("minutes", "30"), ("provider_id", &provider), ("reason", "x"), ("message", "x")];
        let mut times = Times::of(samples, || {
            timed(|| {
                let mut size = 0;
                let answer = client.post_into(&chosen.location, &asked, &mut |piece| {
                    size += piece.len();
                    true
                });
                assert_eq!(answer.status, 200, "{verb}");
                largest = largest.max(size);
            })
        });
        times.late = times.late.max(times.middle);
        table.row(&format!("dry run of 20,000: {verb}"), Some(300.0), times);
    }
    table.figure("the largest of these pages", Some(40.0), largest as f64 / 1000.0, "kB");
}

/// Rows of a second's export.
pub fn csv(server: &Server, table: &mut Table) {
    let mut client = server.signed_in();
    let (start, mut rows) = (Instant::now(), 0);
    client.send("GET /bookings.csv", "", &mut |piece| {
        rows += piece.iter().filter(|byte| **byte == b'\n').count();
        rows < ROWS
    });
    let speed = rows as f64 / start.elapsed().as_secs_f64();
    table.least("CSV out", 50_000.0, speed, "rows/s");
}

/// The list's first page, by several at once.
pub fn requests(server: &Server, table: &mut Table) {
    let client = server.signed_in();
    let until = Instant::now() + Duration::from_secs(3);
    let one = |mut client: Client| {
        let mut done = 0_u64;
        while Instant::now() < until {
            client.open("/bookings");
            done += 1;
        }
        done
    };
    let done: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS).map(|_| client.beside()).map(|own| scope.spawn(|| one(own))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    table.plain(&format!("list, {CONNECTIONS} connections"), done as f64 / 3.0, "requests/s");
}
