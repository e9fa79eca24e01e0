//! What the workers say they did against what is in the tables. Shares no code with the store.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;

use bookings_db::Store;
use bookings_db::connection::Conn;
use bookings_db::types::{DbUuid, Id};
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::{QueryableByName, RunQueryDsl};
use uuid::Uuid;

use crate::diary::{Line, read};
use crate::support::check_everything;

/// What a run came to, where every promise was kept.
#[derive(Debug, Default)]
pub struct Verdict {
    title: String,
    pub commands: usize,
    pub changed: usize,
    /// Events by the command that made them.
    pub acts: BTreeMap<String, usize>,
    pub unchanged: usize,
    pub refused: usize,
    /// By code; a command may have several.
    pub reasons: BTreeMap<String, usize>,
    /// By the error's words.
    pub failed: BTreeMap<String, usize>,
    pub unknown: usize,
    /// Of the unknown: in the tables after all.
    pub unknown_but_done: usize,
    pub faults: BTreeMap<String, usize>,
    bookings: usize,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |counts: &BTreeMap<String, usize>| {
            counts.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
        };
        let failed: usize = self.failed.values().sum();
        writeln!(f, "{}: {} commands left {} bookings", self.title, self.commands, self.bookings)?;
        writeln!(
            f,
            "  {} changed, {} already so, {} refused, {failed} failed, {} unknown ({} of them done)",
            self.changed, self.unchanged, self.refused, self.unknown, self.unknown_but_done
        )?;
        writeln!(f, "  events by: {}", list(&self.acts))?;
        writeln!(f, "  refused for: {}", list(&self.reasons))?;
        writeln!(f, "  failed for: {}", list(&self.failed))?;
        write!(f, "  faults: {}", list(&self.faults))
    }
}

#[derive(QueryableByName)]
struct Event {
    #[diesel(sql_type = DbUuid)]
    booking_id: Id,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Text)]
    event_type: String,
    #[diesel(sql_type = Text)]
    actor_name: String,
    #[diesel(sql_type = Binary)]
    hash: Vec<u8>,
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = DbUuid)]
    id: Id,
    #[diesel(sql_type = Nullable<Text>)]
    idempotency_key: Option<String>,
}

/// Every promise, from the tables and the diaries.
///
/// # Panics
/// With the first promise that is broken.
pub fn judge(store: &Store, diaries: &[PathBuf], faults: &[&'static str], title: &str) -> Verdict {
    let (events, keys) = store
        .pools
        .read(|conn| {
            check_everything(conn);
            sound(conn);
            let events = "SELECT booking_id, version, event_type, actor_name, hash FROM booking_event";
            let events: Vec<Event> = diesel::sql_query(events).load(conn)?;
            let keys: Vec<Key> = diesel::sql_query("SELECT id, idempotency_key FROM booking").load(conn)?;
            Ok((events, keys))
        })
        .unwrap();
    let lines: Vec<Line> = diaries.iter().flat_map(|diary| read(diary)).collect();
    let mut verdict = tally(&lines, faults);
    verdict.title = title.into();
    verdict.bookings = keys.len();
    let mut of_mark: HashMap<&str, Vec<&Event>> = HashMap::new();
    for event in &events {
        of_mark.entry(&event.actor_name).or_default().push(event);
    }
    verdict.acts = intended(&lines, &of_mark);
    let ended = acknowledged(&lines, &of_mark);
    (verdict.unknown, verdict.unknown_but_done) = unacknowledged(&lines, &ended, &of_mark);
    once_for_every_key(&lines, &keys);
    verdict
}

/// What may keep a command from being carried out while faults are about; walls only before a load.
const FAILURES: [&str; 10] = [
    "disk is full",
    "readonly",
    "disk I/O error",
    "terminating connection",
    "server closed the connection",
    "connection to server",
    "the database system is",
    "no connection to the server",
    "Busy",
    "Wall(",
];

/// SQLite's own check of the file.
fn sound(conn: &mut Conn) {
    #[derive(QueryableByName)]
    struct Said {
        #[diesel(sql_type = Text)]
        integrity_check: String,
    }
    if let Conn::Lite(_) = conn {
        let said: Said = diesel::sql_query("PRAGMA integrity_check").get_result(conn).unwrap();
        assert_eq!(said.integrity_check, "ok");
    }
}

fn tally(lines: &[Line], faults: &[&'static str]) -> Verdict {
    let mut verdict = Verdict::default();
    let mut fault = |name: &str| *verdict.faults.entry(name.into()).or_default() += 1;
    faults.iter().for_each(|name| fault(name));
    for line in lines {
        match line {
            Line::Fault { name } => fault(name),
            Line::Intent { .. } => verdict.commands += 1,
            Line::Changed { .. } | Line::Replaced { .. } | Line::Loaded { .. } => verdict.changed += 1,
            Line::Unchanged { .. } => verdict.unchanged += 1,
            Line::Refused { codes, .. } => {
                verdict.refused += 1;
                let distinct: HashSet<&String> = codes.iter().collect();
                distinct.into_iter().for_each(|code| *verdict.reasons.entry(code.clone()).or_default() += 1);
            }
            Line::Failed { error, .. } => {
                let known = FAILURES.into_iter().find(|known| error.contains(known)).unwrap_or("else");
                *verdict.failed.entry(known.into()).or_default() += 1;
            }
            Line::Ran { changed, .. } => verdict.changed += changed.len(),
            Line::Unknown { .. } | Line::Began { .. } => {}
        }
    }
    verdict
}

/// Nothing is in the tables that nobody asked for, and each mark wrote one event, or one for each booking it loaded or
/// went through. Returns how many events which command made.
fn intended(lines: &[Line], of_mark: &HashMap<&str, Vec<&Event>>) -> BTreeMap<String, usize> {
    let mut acts = BTreeMap::new();
    let mut asked: HashMap<&str, &str> = HashMap::new();
    for line in lines {
        if let Line::Intent { mark, act, .. } = line {
            assert!(asked.insert(mark, act).is_none(), "{mark} twice");
        }
    }
    for (mark, events) in of_mark {
        let act = asked.get(mark).unwrap_or_else(|| panic!("nobody asked for what {mark} did"));
        *acts.entry((*act).to_owned()).or_default() += events.len();
        let (many, verb) = act.strip_prefix("bulk ").map_or((*act == "load", *act), |verb| (true, verb));
        let bookings: HashSet<Id> = events.iter().map(|event| event.booking_id).collect();
        assert!(events.len() == bookings.len(), "{mark}: {} events of {} bookings", events.len(), bookings.len());
        assert!(events.len() == 1 || many, "{mark}: {} events for one {act}", events.len());
        let fits = |event_type: &str| match verb {
            "create" | "load" => event_type == "CREATED",
            "edit" => event_type == "EDITED" || event_type == "RESCHEDULED",
            "confirm" => event_type == "CONFIRMED",
            "cancel" => event_type == "CANCELLED",
            "reschedule" => event_type == "RESCHEDULED",
            "complete" => event_type == "COMPLETED",
            "no-show" => event_type == "NO_SHOW",
            "reinstate" => event_type == "REINSTATED",
            "note" => event_type == "NOTE_ADDED",
            "undo" => event_type != "CREATED" && event_type != "NOTE_ADDED",
            _ => false,
        };
        assert!(events.iter().all(|event| fits(&event.event_type)), "{mark}: {} by {act}", events[0].event_type);
    }
    acts
}

/// What was acknowledged is there, what was refused is not. Returns the marks whose outcome was told.
fn acknowledged<'a>(lines: &'a [Line], of_mark: &HashMap<&str, Vec<&Event>>) -> HashSet<&'a str> {
    let mut ended = HashSet::new();
    let load = |line: &'a Line| match line {
        Line::Intent { mark, act, .. } if act == "load" => Some(mark.as_str()),
        _ => None,
    };
    let loads: HashSet<&str> = lines.iter().filter_map(load).collect();
    let none: Vec<&Event> = Vec::new();
    for line in lines {
        let (mark, expected) = match line {
            Line::Intent { .. } | Line::Unknown { .. } | Line::Fault { .. } | Line::Began { .. } => continue,
            Line::Ran { mark, changed } => (mark, changed.len()),
            Line::Changed { mark, .. } => (mark, 1),
            Line::Loaded { mark, bookings } => (mark, *bookings),
            Line::Unchanged { mark, .. } | Line::Refused { mark, .. } | Line::Replaced { mark } => (mark, 0),
            Line::Failed { mark, error } => {
                let loads = loads.contains(mark.as_str());
                let known = |known: &str| error.contains(known) && (loads || known != "Wall(");
                assert!(FAILURES.into_iter().any(known), "{mark} failed: {error}");
                (mark, 0)
            }
        };
        ended.insert(mark.as_str());
        let events = of_mark.get(mark.as_str()).unwrap_or(&none);
        assert_eq!(events.len(), expected, "events of {mark}, of which was said: {line:?}");
        if let Line::Ran { changed, .. } = line {
            let there: HashSet<Uuid> = events.iter().map(|event| event.booking_id.0).collect();
            assert_eq!(there, changed.iter().copied().collect(), "{line:?}");
        }
        if let Line::Changed { booking, version, hash, .. } = line {
            let there = events[0];
            let found: String = there.hash.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!((there.booking_id.0, there.version, &found), (*booking, *version, hash), "{line:?}");
        }
    }
    ended
}

/// What nobody was told about is there in whole or not at all (that it is whole is what `check_everything` saw: row,
/// add-ons, event and personal values agree). A bulk that was never begun has nothing. Returns how many there were, and how many of them are there.
fn unacknowledged(lines: &[Line], ended: &HashSet<&str>, of_mark: &HashMap<&str, Vec<&Event>>) -> (usize, usize) {
    let (mut open, mut done) = (0, 0);
    for line in lines {
        let Line::Intent { mark, bookings, .. } = line else { continue };
        if ended.contains(mark.as_str()) {
            continue;
        }
        let found = of_mark.get(mark.as_str()).map_or(0, Vec::len);
        assert!(found == 0 || found == *bookings, "{mark}: {found} of {bookings} events");
        open += 1;
        done += usize::from(found > 0);
    }
    (open, done)
}

/// Everybody who sent a key was answered with the booking that has it, or refused.
fn once_for_every_key(lines: &[Line], keys: &[Key]) {
    let of_key: HashMap<&str, Uuid> =
        keys.iter().filter_map(|key| Some((key.idempotency_key.as_deref()?, key.id.0))).collect();
    let mut sent: HashMap<&str, &str> = HashMap::new();
    for line in lines {
        match line {
            Line::Intent { mark, key: Some(key), .. } => {
                sent.insert(mark, key);
            }
            Line::Changed { mark, booking, .. } | Line::Unchanged { mark, booking, .. } => {
                if let Some(key) = sent.get(mark.as_str()) {
                    assert_eq!(of_key.get(key), Some(booking), "{mark} sent {key:?}");
                }
            }
            _ => {}
        }
    }
}
