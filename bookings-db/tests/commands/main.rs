//! Every command and selector of the store, each test on both databases.

#[path = "../support/mod.rs"]
mod support;

mod busy;
mod create;
mod history;
mod list;
mod moves;
mod search;
mod selection;
mod slots;
mod tenancy;
mod verbs;
