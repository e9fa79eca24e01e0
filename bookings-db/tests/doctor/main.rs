//! What keeps data whole over years: the doctor, past states, backups, upgrades.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

#[path = "../support/mod.rs"]
mod support;

mod around;
mod backup;
mod broken;
mod cases;
mod filled;
mod history_at;
mod upgrade;
