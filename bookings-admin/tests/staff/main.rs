//! Accounts, profiles, links and the audit through the real application, on both databases.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod accounts;
mod audit;
#[path = "../common/mod.rs"]
mod common;
#[allow(dead_code, reason = "the desk is made for the pages of bookings, and this uses a part")]
#[path = "../pages/desk.rs"]
mod desk;
#[path = "../common/office.rs"]
mod office;
mod preferences;
mod profile;
mod second_factor;
mod tenants;
