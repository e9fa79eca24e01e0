//! One module a noun: parse, one call, answer.

pub mod audit;
pub mod auth;
pub mod board;
pub mod bookings;
pub mod bulk;
pub mod catalogue;
pub mod clients;
pub mod csv;
pub mod find;
pub mod health;
pub mod import;
pub mod password_again;
pub mod preferences;
pub mod profile;
pub mod refused;
pub mod run;
pub mod second_factor;
pub mod second_step;
pub mod staff;
pub mod today;
