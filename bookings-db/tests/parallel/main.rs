//! Whatever runs at once: no provider twice, no seat twice, one event for every change that was acknowledged,
//! and no error but refusals. Run with `--nocapture` for the counts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests stop at the first surprise")]

#[path = "../support/mod.rs"]
mod support;

mod mix;
mod race;
mod rounds;
