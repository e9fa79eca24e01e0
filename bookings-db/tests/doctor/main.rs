//! What keeps data whole over years: the doctor, past states, backups, upgrades.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

#[path = "../support/mod.rs"]
mod support;

mod broken;
mod cases;
