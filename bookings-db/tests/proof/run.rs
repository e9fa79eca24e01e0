//! Several processes at work, faults while they are, and the judge at the end.

use std::collections::HashSet;
use std::fmt::Display;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Sender, channel};

use bookings_db::Store;
use bookings_db::connection::{DatabaseUrl, Pools};
use bookings_db::migrate::migrate;
use bookings_db::testing::PostgresServer;
use bookings_db::transaction::{Lock, write};
use diesel::connection::SimpleConnection;

use crate::bulk::finish;
use crate::commands::{Change, replace};
use crate::diary::{Diary, Line, read};
use crate::dice::Dice;
use crate::judge::{Verdict, judge};
use crate::worker::{DIED, Orders, process};
use crate::world;

/// How much is done to a database.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub seed: u64,
    pub workers: u64,
    pub threads: u64,
    /// Of every thread.
    pub commands: u64,
    /// That this process brings about.
    pub faults: u64,
}

/// Runs on a SQLite file of its own.
///
/// # Panics
/// When a promise is broken; names the seed.
pub fn on_sqlite(run: Run) -> Verdict {
    let folder = Folder::new("sqlite");
    let url = DatabaseUrl::Sqlite(folder.0.join("bookings.sqlite3"));
    prove("SQLite", run, &url, None, &folder)
}

/// Runs on a PostgreSQL server of its own; `None` where PostgreSQL is not installed.
///
/// # Panics
/// As [`on_sqlite`].
pub fn on_postgres(run: Run) -> Option<Verdict> {
    let server = PostgresServer::start()?;
    Some(prove("PostgreSQL", run, &server.url(), Some(&server), &Folder::new("postgres")))
}

/// A folder that stays where a promise was broken: the diaries in it say how.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("bookings-proof-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            say(&format_args!("diaries: {}", self.0.display()));
        } else {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

fn prove(name: &str, run: Run, url: &DatabaseUrl, server: Option<&PostgresServer>, folder: &Folder) -> Verdict {
    say(&format_args!("on {name}: {run:?}; the same command streams again by BOOKINGS_SEED={}", run.seed));
    migrate(&mut url.connect().unwrap()).unwrap();
    let pools = Pools::open_sized(url, 2).unwrap();
    write(&pools, &Lock::none(), world::furnish).unwrap();

    let (heard, hear) = channel();
    let orders = |worker, life, commands| Orders {
        url: address(url),
        diary: folder.0.join(format!("{worker}.{life}.jsonl")),
        seed: run.seed,
        worker,
        life,
        threads: run.threads,
        commands,
        dies_after: (worker == 2 && life == 0).then_some(commands / 4),
        bad_disk: server.is_none() && worker == 0,
        // Below the size at which SQLite starts its log anew, so that the worker hits it now and then.
        file_limit: (server.is_none() && worker == 1 && life == 0).then_some(4096),
    };
    let mut diaries = Vec::new();
    let mut workers: Vec<Worker> = Vec::new();
    for number in 0..run.workers {
        let orders = orders(number, 0, run.commands);
        diaries.push(orders.diary.clone());
        workers.push(Worker::start(number, &orders, heard.clone()));
    }

    let mut dice = Dice::new(run.seed, u64::MAX);
    let mut faults = Vec::new();
    let mut deaths = Vec::new();
    let all = run.workers * run.threads * run.commands;
    let mut done = 0;
    let mut ended = 0;
    while ended < run.workers {
        match hear.recv().unwrap() {
            Heard::Done(worker) => {
                done += 1;
                workers[worker as usize].done += 1;
            }
            Heard::Ended(number) => {
                let worker = &mut workers[number as usize];
                let status = worker.child.wait().unwrap();
                if status.success() {
                    ended += 1;
                } else {
                    let died = status.code() == Some(DIED);
                    if died {
                        deaths.push("death between commit and answer");
                    }
                    assert!(worker.killed || died, "seed {}: worker {number} failed: {status}", run.seed);
                    let left = (run.threads * run.commands).saturating_sub(worker.done) / run.threads;
                    let orders = orders(number, worker.life + 1, left);
                    diaries.push(orders.diary.clone());
                    let again = Worker {
                        done: worker.done,
                        life: orders.life,
                        ..Worker::start(number, &orders, heard.clone())
                    };
                    *worker = again;
                }
            }
        }
        if faults.len() as u64 >= run.faults || done < all * (faults.len() as u64 + 1) / (run.faults + 1) {
            continue;
        }
        faults.push(match (server, faults.len() % 3) {
            (Some(_), 0) => {
                url.connect().unwrap().batch_execute(CUT).unwrap();
                "connections cut"
            }
            (Some(server), 1) => {
                server.stop();
                server.resume();
                "pg_ctl stop -m immediate"
            }
            _ => {
                // Not the one that dies by itself.
                let victim = &mut workers[(dice.next() % 2) as usize];
                victim.killed = true;
                // One that has ended already can't be killed; it is then as if it was not chosen.
                victim.child.kill().unwrap();
                "kill -9"
            }
        });
    }

    let store = world::store(Pools::open_sized(url, 2).unwrap());
    // What was on sale at most, for the checker.
    for number in 0..world::SERVICES {
        replace(&store, &Change::Service(number, world::service_data(number)), world::today()).unwrap();
    }
    diaries.push(taken_up(&store, &diaries, folder));
    faults.extend(deaths);
    let verdict = judge(&store, &diaries, &faults, &format!("seed {} on {name}", run.seed));
    say(&verdict);
    verdict
}

/// Goes on with every bulk that its worker did not finish, as a process would that starts later. Returns its diary.
fn taken_up(store: &Store, diaries: &[PathBuf], folder: &Folder) -> PathBuf {
    let lines: Vec<Line> = diaries.iter().flat_map(|diary| read(diary)).collect();
    let over: HashSet<&String> =
        lines.iter().filter_map(|line| if let Line::Ran { mark, .. } = line { Some(mark) } else { None }).collect();
    let path = folder.0.join("later.jsonl");
    let diary = Diary::open(&path);
    for line in &lines {
        if let Line::Began { mark, selection } = line
            && !over.contains(mark)
        {
            diary.write(&Line::Fault { name: "bulk broken off".into() });
            diary.write(&Line::Ran { mark: mark.clone(), changed: finish(store, *selection, mark) });
        }
    }
    path
}

/// Every connection but one's own.
const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE pid <> pg_backend_pid() AND datname = current_database()";

/// Written to the stream itself, which the test harness doesn't capture: what a run did is part of the test's output.
pub fn say(what: &dyn Display) {
    let _ = writeln!(std::io::stderr(), "\n{what}");
}

fn address(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}

enum Heard {
    Done(u64),
    Ended(u64),
}

/// A worker's process; killed when dropped, so that none outlives the test.
struct Worker {
    child: Child,
    life: u64,
    done: u64,
    killed: bool,
}

impl Worker {
    fn start(number: u64, orders: &Orders, heard: Sender<Heard>) -> Worker {
        let mut child = process(orders).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok).filter(|line| line == "done") {
                let _ = (line, heard.send(Heard::Done(number)));
            }
            let _ = heard.send(Heard::Ended(number));
        });
        Worker { child, life: 0, done: 0, killed: false }
    }
}
