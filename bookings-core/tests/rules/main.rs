//! The rules by tables and properties: one module a topic, one binary, so that it links once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

mod addons;
mod duplicate;
mod events;
mod fields;
mod histories;
mod lifecycle;
mod local_time;
mod money;
mod overlap;
mod overrides;
mod purity;
mod references;
mod refusals;
mod slots;
mod suggestions;
mod tenancy;
mod terms;
mod together;
mod undo;
