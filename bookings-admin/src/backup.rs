//! `backup`: a copy of the database in use.

use std::path::Path;

use bookings_db::backup::{BackupError, backup};

use crate::cli::{Failure, print};
use crate::settings::Settings;

/// Copies the SQLite database to `file`, or prints the command that copies PostgreSQL.
///
/// # Errors
/// Whenever no copy was made, PostgreSQL included: a script that calls this must not believe that it has one.
pub fn run(settings: &Settings, file: &Path) -> Result<(), Failure> {
    match backup(&settings.database_url, file) {
        Ok(bytes) => print(&format!("copied {} to {} ({bytes} bytes)\n", settings.database_url, file.display())),
        Err(BackupError::Elsewhere(command)) => {
            print(&format!("{command}\n"))?;
            let hint = "it takes a password from PGPASSWORD or ~/.pgpass";
            Err(Failure::Refused(format!("nothing was copied: PostgreSQL is backed up by the command above ({hint})")))
        }
        Err(error) => Err(Failure::Refused(error.to_string())),
    }
}
