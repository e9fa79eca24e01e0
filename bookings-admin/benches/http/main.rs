//! Every page through HTTP, from the real program over demo data, beside the plain SQL of the list.
//!
//! `cargo bench -p bookings-admin --bench http -- [--bookings 1000,100000,1000000] [--database sqlite|postgres|both]
//! [--samples N] [--folder DIR] [--write]`
//!
//! `--folder` keeps the SQLite files for the next run, `--write` puts the table into `docs/performance.md`. PostgreSQL
//! runs in a cluster of its own with fsync on. A missed bar is set in bold.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark that can't run shall stop")]

mod client;
mod facts;
mod pages;
mod plain;
mod program;
mod table;
mod work;

use std::path::PathBuf;

use bookings_db::connection::{DatabaseUrl, Pools};
use bookings_db::testing::PostgresServer;

use facts::Facts;
use program::Program;
use table::Table;

/// What is measured and how often.
struct Options {
    bookings: Vec<u64>,
    databases: Vec<&'static str>,
    samples: usize,
    folder: Option<PathBuf>,
    write: bool,
}

const BOTH: [&str; 2] = ["SQLite", "PostgreSQL"];

fn options() -> Options {
    let mut options = Options {
        bookings: vec![1_000, 100_000, 1_000_000],
        databases: BOTH.to_vec(),
        samples: 60,
        folder: None,
        write: false,
    };
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value");
        match argument.as_str() {
            "--bookings" => {
                options.bookings = value().split(',').map(|text| text.replace('_', "").parse().unwrap()).collect();
            }
            "--database" => {
                options.databases = match value().as_str() {
                    "sqlite" => vec![BOTH[0]],
                    "postgres" => vec![BOTH[1]],
                    _ => BOTH.to_vec(),
                }
            }
            "--samples" => options.samples = value().parse().unwrap(),
            "--folder" => options.folder = Some(value().into()),
            "--write" => options.write = true,
            other => panic!("{other}: see the head of benches/http/main.rs"),
        }
    }
    options
}

fn main() {
    let options = options();
    let temporary = tempfile::tempdir().unwrap();
    let folder = options.folder.clone().unwrap_or_else(|| temporary.path().into());
    std::fs::create_dir_all(&folder).unwrap();
    let wants_postgres = options.databases.contains(&BOTH[1]);
    let cluster = if wants_postgres { PostgresServer::start() } else { None };
    if let Some(cluster) = &cluster {
        cluster.keep_what_is_acknowledged();
    }
    let mut table = Table::default();
    for database in &options.databases {
        for bookings in &options.bookings {
            let url = match (*database, &cluster) {
                ("SQLite", _) => format!("sqlite:{}", folder.join(format!("{bookings}.sqlite3")).display()),
                (_, Some(cluster)) => program::fresh_database(cluster, *bookings),
                (_, None) => {
                    eprintln!("PostgreSQL is not installed: SQLite alone.");
                    continue;
                }
            };
            table.column(database, *bookings);
            measure(&url, *bookings, &options, &mut table);
        }
    }
    let text = table.text();
    println!("{text}");
    if options.write {
        table::write(&text);
    }
}

fn measure(url: &str, bookings: u64, options: &Options, table: &mut Table) {
    let program = Program::fill(url, bookings, table);
    let pools = Pools::open(&DatabaseUrl::parse(url).unwrap()).unwrap();
    let facts = Facts::read(&pools);
    let server = program.serve();
    let mut client = server.signed_in();
    let fastest = plain::list(&pools, options.samples);
    table.row("plain SQL of the list", None, fastest);
    let first = pages::all(&mut client, &facts, options.samples, table);
    table.figure("list against its SQL, medians", Some(3.0), first.middle / fastest.middle, "times");
    table.figure("memory, after these pages", Some(60.0), server.memory(), "MB");
    work::dry_runs(&mut client, &facts, options.samples.min(10), table);
    work::csv(&server, table);
    work::requests(&server, table);
    table.figure("memory, most", None, server.memory(), "MB");
}
