//! What a worker says it did: a line before each command and a line after it. The judge believes nothing else.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Line {
    /// About to give command `mark`, which no other command is called, and which writes so many bookings or none.
    Intent { mark: String, act: String, key: Option<String>, bookings: usize },
    /// Acknowledged: this event was written.
    Changed { mark: String, booking: Uuid, version: i64, hash: String },
    /// Acknowledged: nothing had to be written; the booking was at this version.
    Unchanged { mark: String, booking: Uuid, version: i64 },
    /// Nothing was written.
    Refused { mark: String, codes: Vec<String> },
    /// Nothing was written, for a reason that is not the rules'.
    Failed { mark: String, error: String },
    /// Acknowledged: a catalogue row was replaced.
    Replaced { mark: String },
    /// Acknowledged: so many bookings were loaded.
    Loaded { mark: String, bookings: usize },
    /// The rows of a command over many are chosen: whoever finds it unfinished goes on with it.
    Began { mark: String, selection: Uuid },
    /// Acknowledged: of those rows these bookings changed, once each, and no others.
    Ran { mark: String, changed: Vec<Uuid> },
    /// Nobody knows.
    Unknown { mark: String, error: String },
    /// A fault the worker did to itself.
    Fault { name: String },
}

pub struct Diary(Mutex<File>);

impl Diary {
    pub fn open(path: &Path) -> Diary {
        Diary(Mutex::new(OpenOptions::new().create(true).append(true).open(path).unwrap()))
    }

    /// One write, so that a killed worker leaves at most one torn line.
    pub fn write(&self, line: &Line) {
        let mut text = serde_json::to_vec(line).unwrap();
        text.push(b'\n');
        self.0.lock().unwrap().write_all(&text).unwrap();
    }
}

/// The whole lines of a diary.
pub fn read(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
