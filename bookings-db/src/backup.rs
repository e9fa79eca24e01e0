//! Copies of a database in use.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::connection::{DatabaseUrl, Use, open};
use crate::error::StoreError;

/// Why there is no copy. Whatever was begun was removed again.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file is there already; it was left alone.
    #[error("{0} is there already: choose a name that is free")]
    Exists(PathBuf),
    /// There is no database to copy.
    #[error("there is no database {0} yet")]
    Missing(DatabaseUrl),
    /// PostgreSQL has a tool of its own: the command that copies, without the password.
    #[error("PostgreSQL is backed up by its own command: {0}")]
    Elsewhere(String),
    /// The file can't be written.
    #[error("{0} can't be written: {1}")]
    File(PathBuf, io::Error),
    /// The copy was made and is not sound: what SQLite says of it.
    #[error("the copy is damaged, and so the database may be: {0}")]
    Damaged(String),
    /// The database's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies a SQLite database to `file`, as it is at one moment, while others read and write. The copy is compact, checked,
/// on the disk when this returns, and readable by its owner only. `file` is complete or empty, never half a copy.
///
/// # Errors
/// [`BackupError`]; an existing `file` is never touched.
pub fn backup(url: &DatabaseUrl, file: &Path) -> Result<u64, BackupError> {
    let path = match url {
        DatabaseUrl::Sqlite(path) => path,
        DatabaseUrl::Postgres(_) => return Err(BackupError::Elsewhere(pg_dump(url, file))),
    };
    if !path.exists() {
        return Err(BackupError::Missing(url.clone()));
    }
    // Taken first, so that of two backups to one name only one goes on.
    private(file).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => BackupError::Exists(file.into()),
        _ => BackupError::File(file.into(), error),
    })?;
    let part = beside(file);
    let done =
        copy(url, &part).and_then(|()| settle(&part, file).map_err(|error| BackupError::File(file.into(), error)));
    if done.is_err() {
        // What can't be removed is seen by its name and size.
        let _ = fs::remove_file(&part);
        let _ = fs::remove_file(file);
    }
    done
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The name under which the copy grows.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn copy(url: &DatabaseUrl, part: &Path) -> Result<(), BackupError> {
    let cannot = |error| BackupError::File(part.into(), error);
    match private(part) {
        // Left by a backup that was killed.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(part).map_err(cannot)?;
            private(part).map_err(cannot)?;
        }
        other => {
            other.map_err(cannot)?;
        }
    }
    let name = part.to_str().ok_or_else(|| cannot(io::Error::other("its name is not UTF-8")))?;
    // A read transaction: in WAL mode it keeps nobody from writing. Into an empty file SQLite is willing to write.
    diesel::sql_query("VACUUM INTO $1").bind::<Text, _>(name).execute(&mut url.connect()?).map_err(StoreError::from)?;
    check(part)
}

/// Reads the whole copy once.
fn check(part: &Path) -> Result<(), BackupError> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        line: String,
    }
    let mut conn = open(&DatabaseUrl::Sqlite(part.into()), Use::Read)?;
    let sql = "SELECT integrity_check AS line FROM pragma_integrity_check";
    let said: Vec<Line> = diesel::sql_query(sql).load(&mut conn).map_err(StoreError::from)?;
    match said.first() {
        Some(first) if first.line != "ok" => Err(BackupError::Damaged(first.line.clone())),
        _ => Ok(()),
    }
}

/// Puts the finished copy in its place, for good.
fn settle(part: &Path, file: &Path) -> io::Result<u64> {
    let copied = File::open(part)?;
    copied.sync_all()?;
    let bytes = copied.metadata()?.len();
    fs::rename(part, file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    Ok(bytes)
}

/// The `pg_dump` that copies this database to `file`. A password is left out: pg_dump reads `PGPASSWORD` or `~/.pgpass`.
fn pg_dump(url: &DatabaseUrl, file: &Path) -> String {
    let DatabaseUrl::Postgres(url) = url else { return String::new() };
    format!(
        "pg_dump --format=custom --file={} --dbname={}",
        quoted(&file.display().to_string()),
        quoted(&without_password(url))
    )
}

fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return String::new() };
    // As in the URL's own Display: up to the last @.
    let rest = match rest.rsplit_once('@') {
        Some((user, host)) => format!("{}@{host}", user.split_once(':').map_or(user, |(name, _)| name)),
        None => rest.to_owned(),
    };
    let Some((base, query)) = rest.split_once('?') else { return format!("{scheme}://{rest}") };
    let kept: Vec<&str> =
        query.split('&').filter(|one| !one.split('=').next().is_some_and(|key| key.ends_with("password"))).collect();
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    format!("{scheme}://{base}{query}")
}

/// For a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_has_no_password() {
        for (url, shown) in [
            ("postgres://ann:secret@db.example/book", "postgres://ann@db.example/book"),
            (
                "postgres://ann:se@cr/et?x@db.example/book?sslmode=require",
                "postgres://ann@db.example/book?sslmode=require",
            ),
            ("postgresql://db/book?password=secret&user=ann", "postgresql://db/book?user=ann"),
            ("postgresql://db/book?sslpassword=secret", "postgresql://db/book"),
            ("postgres://ann@%2Frun/book", "postgres://ann@%2Frun/book"),
        ] {
            let command = pg_dump(&DatabaseUrl::Postgres(url.into()), Path::new("it's.dump"));
            assert_eq!(command, format!("pg_dump --format=custom --file='it'\\''s.dump' --dbname='{shown}'"));
            assert!(!command.contains("secret"));
        }
    }
}
