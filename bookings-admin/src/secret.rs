//! The secrets that sign cookies and seal what the database keeps: given, or made once and kept.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bookings_db::connection::DatabaseUrl;

use crate::cli::Failure;
use crate::settings::{SECRET_KEY_BYTES, SecretKey, Settings, secret_keys};

/// An installation's secrets.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// The newest signs and seals; what the others did still counts, and is done anew.
    pub keys: Vec<SecretKey>,
    /// Whether they are there after a restart.
    pub lasting: bool,
}

/// The given secrets; else those kept in `<database>.key`, made at first need; else, on PostgreSQL, one for this process.
///
/// # Errors
/// A file that can't be read or written, or holds too little.
pub fn of(settings: &Settings) -> Result<Secrets, Failure> {
    if !settings.secret_keys.is_empty() {
        return Ok(Secrets { keys: settings.secret_keys.clone(), lasting: true });
    }
    match &settings.database_url {
        DatabaseUrl::Sqlite(database) => Ok(Secrets { keys: kept(&key_file(database))?, lasting: true }),
        DatabaseUrl::Postgres(_) => {
            tracing::warn!(
                "no BOOKINGS_SECRET_KEY: this process made its own, so sign-ins end with it and no other process knows them; \
                 give all processes the same one"
            );
            Ok(Secrets { keys: vec![SecretKey(random()?.into_bytes())], lasting: false })
        }
    }
}

/// The secrets that are there, where they are known without making any.
///
/// # Errors
/// As [`of`].
pub fn there(settings: &Settings) -> Result<Option<Secrets>, Failure> {
    let file = match &settings.database_url {
        DatabaseUrl::Sqlite(database) => key_file(database).exists(),
        DatabaseUrl::Postgres(_) => false,
    };
    if settings.secret_keys.is_empty() && !file { Ok(None) } else { of(settings).map(Some) }
}

fn key_file(database: &Path) -> PathBuf {
    let mut file = database.as_os_str().to_owned();
    file.push(".key");
    file.into()
}

fn random() -> Result<String, Failure> {
    let mut bytes = [0; 2 * SECRET_KEY_BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::Refused(format!("no randomness for a secret key: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The keys in the file, a line each. Where there is none, one is written aside and linked into place: of two processes that start
/// together one wins, and the other never reads half a key.
fn kept(file: &Path) -> Result<Vec<SecretKey>, Failure> {
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
    let kept = fs::read(file).map_err(failure)?;
    secret_keys(&kept).map_err(|_| {
        Failure::Refused(format!(
            "the secret key in {} is shorter than {SECRET_KEY_BYTES} bytes: remove the file to get a new one",
            file.display()
        ))
    })
}
