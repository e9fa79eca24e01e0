//! Which database, by URL scheme only.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

/// Where the bookings are. `Display` never shows a password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file, made if it is missing.
    Sqlite(PathBuf),
    /// A connection URI as libpq takes it.
    Postgres(String),
}

/// A database URL that means nothing here; nothing was opened or made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{found} is no database URL: accepted are sqlite:PATH, sqlite://PATH and postgres://USER@HOST/DATABASE")]
pub struct DatabaseUrlError {
    /// What was given, without a password.
    pub found: String,
}

impl DatabaseUrl {
    /// Reads `sqlite:PATH`, `sqlite://PATH`, `postgres://...` or `postgresql://...`; opens nothing.
    ///
    /// # Errors
    /// Any other scheme, an empty path, an in-memory SQLite database (it would be another one for every connection).
    pub fn parse(url: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
        let error = || DatabaseUrlError { found: format!("{:?}", redacted(url)) };
        if url.contains('\0') {
            return Err(error());
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(DatabaseUrl::Postgres(url.into()));
        }
        let path = url.strip_prefix("sqlite:").ok_or_else(error)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.ends_with('/') || path == ":memory:" || path.starts_with("file:") {
            return Err(error());
        }
        Ok(DatabaseUrl::Sqlite(path.into()))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseUrl::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            DatabaseUrl::Postgres(url) => f.write_str(&redacted(url)),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// The URL with `***` for the password, in the authority as well as in `?password=`.
fn redacted(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    // Up to the last @: a password pasted without escapes may hold any of @ / ? &.
    let rest = match rest.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{name}:***@{host}"),
            None => format!("{user}@{host}"),
        },
        None => rest.into(),
    };
    let Some((base, query)) = rest.split_once('?') else { return format!("{scheme}://{rest}") };
    let parameters: Vec<_> = query
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((key, _)) if key.ends_with("password") => format!("{key}=***"),
            _ => parameter.into(),
        })
        .collect();
    format!("{scheme}://{base}?{}", parameters.join("&"))
}
