//! Whatever runs at once: no provider twice, no seat twice, one event for every change that was acknowledged,
//! and no error but refusals. Run with `--nocapture` for the counts.

#[path = "../support/mod.rs"]
mod support;

mod mix;
mod race;
mod rounds;
