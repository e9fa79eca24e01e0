//! The back office for appointment bookings: see `bookings-admin --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    bookings_admin::cli::run(std::env::args_os())
}
