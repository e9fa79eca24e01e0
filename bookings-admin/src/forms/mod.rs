//! Forms: what was typed becomes a command, or a refusal for each field that can't be read.

pub mod booking;
pub mod bulk;
pub mod catalogue;
pub mod list;
mod parts;

pub use parts::{local_text, parse_date, parse_start};
