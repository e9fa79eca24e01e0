#![doc = include_str!("../README.md")]

pub mod audit;
pub mod backup;
pub mod bookings;
pub mod bulk;
mod busy;
pub mod catalogue;
pub mod clients;
pub mod commands;
mod condition;
pub mod connection;
pub mod doctor;
pub mod error;
mod fill;
pub mod history;
pub mod migrate;
mod pool;
mod rows;
pub mod schema;
pub mod scope;
pub mod search;
pub mod selection;
pub mod sessions;
pub mod slots;
pub mod staff;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod throttle;
pub mod transaction;
mod turns;
pub mod types;
mod url;
pub mod views;
mod write;

pub use busy::Seats;
pub use catalogue::Catalogue;
pub use commands::Which;
pub use error::StoreError;
pub use scope::{By, Scope};
pub use slots::{SlotAsk, SlotEngine, SlotEngineError};
pub use store::{CommandError, Outcome, Store};
