//! What goes wrong between a program and its database, sorted by what the caller can do about it.

use diesel::result::DatabaseErrorKind as Kind;
use thiserror::Error;

/// A failure of the store, not a refusal by a rule.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Locked or full for longer than is worth waiting; the same call may work in a moment.
    #[error("the database is busy")]
    Busy,
    /// A deadlock or serialization failure. Seen only inside the body of a write transaction, which is then run again.
    #[error("the transaction collided with another")]
    Conflict,
    /// The server is away, the connection broke or the disk does not take the write; works again once they do.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A constraint or trigger refused what the rules should have refused before: its name.
    #[error("refused by the database: {0}")]
    Wall(String),
    /// A mistake in the program or the installation.
    #[error("database error: {0}")]
    Internal(String),
}

impl From<diesel::result::Error> for StoreError {
    fn from(error: diesel::result::Error) -> StoreError {
        use diesel::result::Error;
        match error {
            Error::DatabaseError(kind, info) => {
                let message = info.message();
                match kind {
                    Kind::ClosedConnection => StoreError::Unavailable(one_line(message)),
                    Kind::SerializationFailure => StoreError::Conflict,
                    Kind::CheckViolation
                    | Kind::ExclusionViolation
                    | Kind::UniqueViolation
                    | Kind::ForeignKeyViolation
                    | Kind::NotNullViolation
                    | Kind::RestrictViolation => {
                        StoreError::Wall(wall(kind, info.constraint_name(), info.column_name(), message))
                    }
                    _ => by_message(message),
                }
            }
            Error::BrokenTransactionManager => StoreError::Unavailable("the connection broke".into()),
            Error::RollbackErrorOnCommit { commit_error, .. } => StoreError::from(*commit_error),
            other => StoreError::Internal(one_line(&other.to_string())),
        }
    }
}

/// The name of the unique constraint that refused, in one spelling for both databases: `table_column_key`.
/// `None` for any other error.
#[must_use]
pub fn taken(error: &diesel::result::Error) -> Option<String> {
    match error {
        diesel::result::Error::DatabaseError(kind @ Kind::UniqueViolation, info) => {
            Some(wall(*kind, info.constraint_name(), info.column_name(), info.message()))
        }
        _ => None,
    }
}

/// SQLite names no constraint but by its message: `UNIQUE constraint failed: booking.reference`.
fn wall(kind: Kind, constraint: Option<&str>, column: Option<&str>, message: &str) -> String {
    if let Some(name) = constraint {
        return name.into();
    }
    let tail = message.rsplit_once(": ").map_or(message, |(_, tail)| tail);
    match kind {
        Kind::UniqueViolation => {
            let mut columns = tail.split(", ");
            let first = columns.next().unwrap_or_default().replace('.', "_");
            let rest = columns.filter_map(|column| column.split_once('.')).map(|(_, column)| column);
            let name = std::iter::once(first.as_str()).chain(rest).collect::<Vec<_>>().join("_");
            format!("{name}_key")
        }
        Kind::NotNullViolation => format!("{}_not_null", column.unwrap_or(tail).replace('.', "_")),
        _ => one_line(tail),
    }
}

/// Diesel hides the SQLSTATE, and SQLite has none: what is left is the text (connections ask for untranslated ones).
fn by_message(message: &str) -> StoreError {
    const BUSY: [&str; 6] = [
        "database is locked",
        "database table is locked",
        "database schema is locked",
        "canceling statement due to lock timeout",
        "canceling statement due to statement timeout",
        "could not obtain lock",
    ];
    const CONFLICT: [&str; 2] = ["deadlock detected", "could not serialize access"];
    const AWAY: [&str; 15] = [
        "terminating connection",
        "server closed the connection",
        "no connection to the server",
        "connection to server",
        "connection not open",
        "could not receive data from server",
        "could not send data to server",
        "the database system is",
        "too many clients",
        "remaining connection slots",
        "unable to open database file",
        // The disk's troubles: they pass when somebody makes room, and a fresh connection is the way back.
        "database or disk is full",
        "disk I/O error",
        "attempt to write a readonly database",
        "No space left on device",
    ];
    let any = |list: &[&str]| list.iter().any(|part| message.contains(part));
    if any(&CONFLICT) {
        StoreError::Conflict
    } else if any(&BUSY) {
        StoreError::Busy
    } else if any(&AWAY) {
        StoreError::Unavailable(one_line(message))
    } else if !message.is_empty() && message.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()) {
        // Our SQLite triggers raise nothing but the wall's name.
        StoreError::Wall(message.into())
    } else {
        StoreError::Internal(one_line(message))
    }
}

/// libpq's messages span lines; a log line must not.
pub(crate) fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
