//! One process of several: some threads that give commands, and a diary.

use std::path::PathBuf;
use std::process::Command as Process;
use std::sync::Arc;

use bookings_core::{Actor, Booking, Decision};
use bookings_db::connection::{Conn, DatabaseUrl, Pools};
use bookings_db::transaction::{Lock, write};
use bookings_db::types::Id;
use bookings_db::{By, CommandError, Scope, Store, StoreError, bookings, schema::booking};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bulk::{Bulk, Row, changed, go_on, take_back};
use crate::commands::{Act, Came, Command, codes, command, decided, run, surely_nothing};
use crate::diary::{Diary, Line};
use crate::dice::Dice;
use crate::world;

/// How often a create whose outcome is unknown is sent again.
const TRIES: u64 = 20;

/// Set in a worker's environment.
const VARIABLE: &str = "BOOKINGS_PROOF_WORKER";

/// The exit code of a worker that died as it was told to.
pub const DIED: i32 = 9;

/// What a worker is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Orders {
    pub url: String,
    pub diary: PathBuf,
    pub seed: u64,
    /// Which worker, and its how-manieth life.
    pub worker: u64,
    pub life: u64,
    pub threads: u64,
    pub commands: u64,
    /// Whether it makes its own disk full and its own file read-only at times (SQLite).
    pub bad_disk: bool,
    /// From which command on the worker dies between a change and its line in the diary.
    pub dies_after: Option<u64>,
    /// Blocks of 512 bytes that a file of its may have, by the operating system's word (SQLite).
    pub file_limit: Option<u64>,
}

/// This same program, as a worker.
pub fn process(orders: &Orders) -> Process {
    let program = std::env::current_exe().unwrap();
    let mut process = match orders.file_limit {
        None => Process::new(program),
        Some(blocks) => {
            // Ignored, or the signal would kill the worker; the write then fails as on a full disk.
            let mut shell = Process::new("/bin/sh");
            shell.args(["-c", r#"trap '' XFSZ; ulimit -f "$1"; shift; exec "$@""#, "sh", &blocks.to_string()]);
            shell.arg(program);
            shell
        }
    };
    // For the test harness; any other program looks at the variable first.
    process.args(["worker", "--exact", "--nocapture"]).env(VARIABLE, serde_json::to_string(orders).unwrap());
    process
}

/// Works and returns true where this process was started as a worker.
pub fn work() -> bool {
    let Ok(orders) = std::env::var(VARIABLE) else { return false };
    let orders: Orders = serde_json::from_str(&orders).unwrap();
    let url = DatabaseUrl::parse(&orders.url).unwrap();
    let pools = again(|| Pools::open(&url));
    let worker = Arc::new(Worker { store: world::store(pools), diary: Diary::open(&orders.diary), orders });
    if worker.orders.file_limit.is_some() {
        worker.diary.write(&Line::Fault { name: "file size limit".into() });
    }
    let threads: Vec<_> = (0..worker.orders.threads)
        .map(|thread| {
            let worker = worker.clone();
            std::thread::spawn(move || worker.thread(thread))
        })
        .collect();
    // A panic of one is the worker's: its exit code tells.
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    true
}

struct Worker {
    store: Store,
    diary: Diary,
    orders: Orders,
}

impl Worker {
    fn thread(&self, thread: u64) {
        let Orders { seed, worker, life, commands, .. } = self.orders;
        let mut dice = Dice::new(seed, worker << 32 | life << 16 | thread);
        let mut seen: Vec<Booking> = Vec::new();
        for number in 0..commands {
            let mark = format!("w{worker}.{life} t{thread} #{number}");
            if thread == 0 && self.orders.bad_disk {
                self.bad_disk(number);
            }
            if number % 16 == 0 {
                self.look_around(&mut seen);
            }
            let command = command(&dice.plan(), &seen);
            self.give(&command, number, &mark, &mut seen);
            println!("done");
        }
    }

    /// Gives a command until its outcome is known, where it can be repeated without harm.
    fn give(&self, command: &Command, number: u64, mark: &str, seen: &mut Vec<Booking>) {
        if let Act::Bulk(bulk) = &command.act {
            return self.bulk(bulk, command, number, mark);
        }
        let key = match &command.act {
            Act::Create(create) => create.idempotency_key.clone(),
            _ => None,
        };
        for attempt in 0..TRIES {
            let mark = if attempt == 0 { mark.to_owned() } else { format!("{mark} again {attempt}") };
            let load = decided(&self.store, command, &mark);
            let bookings = if let Act::Load(_) = command.act { load.len() } else { 1 };
            let act = command.act.name().to_owned();
            self.diary.write(&Line::Intent { mark: mark.clone(), act, key: key.clone(), bookings });
            let came = run(&self.store, command, &load, &mark);
            if matches!(&came, Came::Verb(Ok(Decision::Changed(..)))) && self.dies(number) {
                std::process::exit(DIED);
            }
            let lost = matches!(&came, Came::Verb(Err(CommandError::Store(StoreError::Unavailable(_)))));
            self.diary.write(&outcome(&mark, &came, bookings));
            if let Came::Verb(Ok(decision)) = came {
                keep(seen, decision.booking().clone());
            }
            if !lost {
                return;
            }
            again(|| self.store.pools.read(|conn| Ok(conn.batch_execute("SELECT 1")?)));
            if key.is_none() {
                return;
            }
        }
    }

    /// Chooses rows and carries them out, then back. What breaks off is left to whoever comes later.
    fn bulk(&self, bulk: &Bulk, command: &Command, number: u64, mark: &str) {
        world::set_mood(command.mood);
        let chosen =
            self.choose(bulk.name(), bulk.chosen.len(), mark, || bulk.select(&self.store, command.now).map(Some));
        let Some((done, rows)) = chosen.and_then(|id| self.work(id, command, number, mark)) else { return };
        if bulk.back {
            let mark = format!("{mark} back");
            let back = || take_back(&self.store, done, command.now);
            if let Some(id) = self.choose("bulk undo", rows.len(), &mark, back) {
                self.work(id, command, number, &mark);
            }
        }
    }

    /// Keeps a selection; `None` where there is none, or nobody knows.
    fn choose(
        &self,
        act: &str,
        bookings: usize,
        mark: &str,
        keep: impl FnOnce() -> Result<Option<Uuid>, StoreError>,
    ) -> Option<Uuid> {
        self.diary.write(&Line::Intent { mark: mark.into(), act: act.into(), key: None, bookings });
        match keep() {
            Ok(Some(selection)) => {
                self.diary.write(&Line::Began { mark: mark.into(), selection });
                Some(selection)
            }
            Ok(None) => {
                self.diary.write(&Line::Ran { mark: mark.into(), changed: Vec::new() });
                None
            }
            Err(error) => {
                self.diary.write(&Line::Unknown { mark: mark.into(), error: error.to_string() });
                None
            }
        }
    }

    fn work(&self, id: Uuid, command: &Command, number: u64, mark: &str) -> Option<(Uuid, Vec<Row>)> {
        let actor = Actor { id: None, name: mark.into(), role: command.role };
        let came = go_on(&self.store, id, &By::new(&actor, command.now));
        let changed = came.as_deref().map_or(Vec::new(), changed);
        if !changed.is_empty() && self.dies(number) {
            std::process::exit(DIED);
        }
        let mark = mark.to_owned();
        match came {
            Ok(rows) => {
                self.diary.write(&Line::Ran { mark, changed });
                Some((id, rows))
            }
            Err(error) => {
                self.diary.write(&Line::Unknown { mark, error: error.to_string() });
                again(|| self.store.pools.read(|conn| Ok(conn.batch_execute("SELECT 1")?)));
                None
            }
        }
    }

    fn dies(&self, number: u64) -> bool {
        self.orders.dies_after.is_some_and(|last| number >= last)
    }

    /// Bookings of the others, too, or nobody would clash with them by name.
    fn look_around(&self, seen: &mut Vec<Booking>) {
        let found = self.store.pools.read(|conn| {
            let newest = booking::table.select(booking::id).order(booking::seq.desc());
            let mut ids: Vec<Id> = newest.limit(4).load(conn)?;
            ids.extend(newest.filter(booking::active).limit(10).load::<Id>(conn)?);
            let find = |id: Id| bookings::find(conn, &bookings_core::BookingId(id.0).into(), Scope::All);
            ids.into_iter().map(find).collect::<Result<Vec<_>, _>>()
        });
        // Away at the moment: then by what was seen before.
        found.into_iter().flatten().flatten().for_each(|booking| keep(seen, booking));
    }

    /// The writer's connection takes no page more, or no write at all, for some commands of all threads.
    fn bad_disk(&self, number: u64) {
        let (name, sql) = match number % 48 {
            16 => ("full disk", "PRAGMA max_page_count=1"),
            22 => ("", "PRAGMA max_page_count=1073741823"),
            32 => ("read-only file", "PRAGMA query_only=ON"),
            38 => ("", "PRAGMA query_only=OFF"),
            _ => return,
        };
        let set = |conn: &mut Conn| Ok::<_, StoreError>(conn.batch_execute(sql)?);
        if write(&self.store.pools, &Lock::none(), set).is_ok() && !name.is_empty() {
            self.diary.write(&Line::Fault { name: name.into() });
        }
    }
}

fn keep(seen: &mut Vec<Booking>, booking: Booking) {
    const MOST: usize = 16;
    seen.retain(|other| other.id != booking.id);
    if seen.len() == MOST {
        seen.remove(0);
    }
    seen.push(booking);
}

fn outcome(mark: &str, came: &Came, bookings: usize) -> Line {
    let mark = mark.to_owned();
    let failed = |mark, error: &StoreError| match surely_nothing(error) {
        true => Line::Failed { mark, error: format!("{error:?}") },
        false => Line::Unknown { mark, error: error.to_string() },
    };
    match came {
        Came::Changed => Line::Replaced { mark },
        Came::Loaded => Line::Loaded { mark, bookings },
        Came::Failed(error) => failed(mark, error),
        Came::Ran(rows) => Line::Ran { mark, changed: changed(rows) },
        Came::Verb(Ok(Decision::Changed(booking, event))) => {
            let hash = event.hash.iter().map(|byte| format!("{byte:02x}")).collect();
            Line::Changed { mark, booking: booking.id.0, version: booking.version, hash }
        }
        Came::Verb(Ok(Decision::Unchanged(booking))) => {
            Line::Unchanged { mark, booking: booking.id.0, version: booking.version }
        }
        Came::Verb(Err(CommandError::Store(error))) => failed(mark, error),
        Came::Verb(Err(CommandError::NotFound)) => Line::Refused { mark, codes: vec!["not found".into()] },
        Came::Verb(refused) => {
            let codes = codes(refused).into_iter().flatten().map(str::to_owned).collect();
            Line::Refused { mark, codes }
        }
    }
}

/// Until the database is there again.
fn again<T>(mut f: impl FnMut() -> Result<T, StoreError>) -> T {
    for _ in 0..6_000 {
        match f() {
            Ok(done) => return done,
            Err(StoreError::Unavailable(_) | StoreError::Busy) => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("the database did not come back in a minute");
}
