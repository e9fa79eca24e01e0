//! Every command and selector of the store, each test on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests stop at the first surprise")]

#[path = "../support/mod.rs"]
mod support;

mod busy;
mod classes;
mod create;
mod deleting;
mod history;
mod list;
mod moves;
mod repeat;
mod search;
mod searched;
mod selection;
mod slots;
mod tenancy;
mod undo;
mod verbs;
mod views;
