//! The pages from outside: requests through the router, on both databases.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod board;
mod business;
#[path = "../common/mod.rs"]
mod common;
mod conflicts;
mod desk;
mod engine;
mod faults;
mod find;
mod forms;
mod fuzz;
mod fuzz_import;
mod fuzz_slots;
mod leaks;
mod lists;
mod nasty;
#[path = "../common/office.rs"]
mod office;
mod overrides;
mod past;
mod reading;
mod roles;
mod tenancy;
mod times;
mod today;
mod undo;
mod verbs;
mod views;
