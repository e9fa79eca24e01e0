//! The ground everything stands on: addresses, connections, migrations, walls, transactions, accounts, catalogue.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

mod accounts;
mod catalogue;
mod migrations;
mod raw;
mod second_factors;
mod transactions;
mod types;
mod url;
mod walls;
