//! The pages of the catalogue through the real application, on both databases.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod changes;
#[path = "../common/mod.rs"]
mod common;
#[allow(dead_code, reason = "the desk is made for the pages of bookings, and this uses a part")]
#[path = "../pages/desk.rs"]
mod desk;
mod journey;
#[path = "../common/office.rs"]
mod office;
mod records;
mod tenants;
