//! The ground everything stands on: addresses, connections, migrations, walls, transactions, accounts, catalogue.

mod accounts;
mod migrations;
mod raw;
mod transactions;
mod url;
mod walls;
