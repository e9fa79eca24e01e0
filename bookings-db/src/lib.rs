#![doc = include_str!("../README.md")]

pub mod connection;
pub mod error;
pub mod migrate;
mod pool;
pub mod schema;
pub mod transaction;
pub mod types;
mod url;
