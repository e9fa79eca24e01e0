//! Values that have broken something somewhere, beside anything at all; the same each time.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::desk::Desk;

/// Draws the same cases each time: a failure names its own.
pub struct Draw(TestRunner);

impl Draw {
    pub fn new() -> Draw {
        Draw(TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha)))
    }

    pub fn one<T: std::fmt::Debug>(&mut self, of: &impl Strategy<Value = T>) -> T {
        of.new_tree(&mut self.0).unwrap().current()
    }

    pub fn below(&mut self, most: usize) -> usize {
        self.one(&(0..most))
    }
}

/// `{room}` and the like are ids that exist: see [`real`].
const VALUES: &[&str] = &[
    "",
    " ",
    "0",
    "1",
    "-1",
    "1.5",
    "99999999999",
    "9223372036854775807",
    "-9223372036854775808",
    "NaN",
    "1e9",
    "{room}",
    "{closed}",
    "{massage}",
    "{class}",
    "{stones}",
    "{start}",
    "00000000-0000-0000-0000-000000000000",
    "{00000000-0000-0000-0000-000000000000}",
    "2026-11-23T10:15",
    "0000-01-01",
    "9998-12-31",
    "9999-12-31T23:59",
    "2040-03-11T02:30",
    "262142-12-31T23:59:59Z",
    "PENDING",
    "NO_SHOW",
    "this-week",
    "week",
    "price",
    "results",
    "status=PENDING&column=price&view=all",
    "-start_at",
    "client_name",
    "overlap",
    "start_in_past",
    "earlier",
    "provider_id",
    "run",
    "check",
    "continue",
    "undo",
    "delete",
    "default",
    "owner",
    "viewer",
    "dark",
    "Europe/Berlin",
    "Mars/Base",
    "000000",
    "123 456",
    "AAAA-AAAA-AAAA",
    "' OR 1=1 --",
    "%",
    "_",
    "\\",
    "\"",
    "{\"a\": [",
    "<script>",
    "=1+1",
    "\r\nset-cookie: a=b",
    "a\nb,c;d\te",
    "\u{202e}\u{200d}",
    "\u{fdfa}\u{fdfa}",
    "\u{feff}",
    "//evil",
    "a@b",
    "+1 868",
    "TTD",
    "\u{1}",
    "\u{7f}",
    "\u{ffff}",
];

/// A value of a field.
pub fn value() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(VALUES).prop_map(str::to_owned);
    prop_oneof![3 => nasty, 1 => any::<String>().prop_map(|text| text.replace('\0', ""))]
}

/// What `{room}` and the like stand for.
pub fn real(desk: &Desk, text: &str) -> String {
    match text {
        "{room}" => desk.room.to_string(),
        "{closed}" => desk.closed_room.to_string(),
        "{massage}" => desk.massage.to_string(),
        "{class}" => desk.class.to_string(),
        "{stones}" => desk.stones.to_string(),
        "{start}" => desk.at(3, "10:30"),
        other => other.to_owned(),
    }
}
