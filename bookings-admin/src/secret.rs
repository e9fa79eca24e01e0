//! The secret that signs cookies: given, or made once and kept.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bookings_db::connection::DatabaseUrl;

use crate::cli::Failure;
use crate::settings::{SECRET_KEY_BYTES, SecretKey, Settings};

/// The given secret; else the one kept in `<database>.key`, made at first need; else, on PostgreSQL, one for this process.
///
/// # Errors
/// A file that can't be read or written, or holds too little.
pub fn of(settings: &Settings) -> Result<SecretKey, Failure> {
    if let Some(key) = &settings.secret_key {
        return Ok(key.clone());
    }
    match &settings.database_url {
        DatabaseUrl::Sqlite(database) => {
            let mut file = database.clone().into_os_string();
            file.push(".key");
            kept(&PathBuf::from(file))
        }
        DatabaseUrl::Postgres(_) => {
            tracing::warn!(
                "no BOOKINGS_SECRET_KEY: this process made its own, so sign-ins end with it and no other process knows them; \
                 give all processes the same one"
            );
            Ok(SecretKey(random()?.into_bytes()))
        }
    }
}

fn random() -> Result<String, Failure> {
    let mut bytes = [0; 2 * SECRET_KEY_BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::Refused(format!("no randomness for a secret key: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The key in the file. Where there is none, one is written aside and linked into place: of two processes that start
/// together one wins, and the other never reads half a key.
fn kept(file: &Path) -> Result<SecretKey, Failure> {
    let failure = |error: std::io::Error| Failure::Refused(format!("the secret key in {}: {error}", file.display()));
    if !file.try_exists().map_err(failure)? {
        let aside = file.with_extension(format!("key.{}", uuid::Uuid::new_v4().simple()));
        let mut new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside).map_err(failure)?;
        let written = new.write_all(random()?.as_bytes()).and_then(|()| new.sync_all());
        let linked = written.and_then(|()| match fs::hard_link(&aside, file) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            other => other,
        });
        fs::remove_file(&aside).map_err(failure)?;
        linked.map_err(failure)?;
    }
    let key = fs::read(file).map_err(failure)?.trim_ascii_end().to_vec();
    if key.len() < SECRET_KEY_BYTES {
        let line = format!(
            "the secret key in {} is shorter than {SECRET_KEY_BYTES} bytes: remove the file to get a new one",
            file.display()
        );
        return Err(Failure::Refused(line));
    }
    Ok(SecretKey(key))
}
