//! The settings: read as text from flags and the environment, checked all at once at the start.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use bookings_core::{Currency, Policy, Role, SlotValidation};
use bookings_db::connection::DatabaseUrl;
use chrono_tz::Tz;
use clap::Args;

use crate::auth::address::Network;

/// Shortest secret key, in bytes.
pub const SECRET_KEY_BYTES: usize = 32;

/// Longest duplicate guard: a year of minutes.
const DUPLICATE_GUARD_MOST: u32 = 525_600;

/// The settings as typed. Everything is text here, so that every wrong value gets the same one-line answer.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings")]
pub struct RawSettings {
    /// Where the data is: sqlite:PATH or postgres://USER@HOST/NAME
    #[arg(
        long,
        global = true,
        env = "BOOKINGS_DATABASE_URL",
        default_value = "sqlite:bookings.sqlite3",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub database_url: String,
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, global = true, env = "BOOKINGS_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub listen: String,
    /// The scheme, host and port browsers see, where a proxy stands in front; https makes the cookie Secure [default: as the request says]
    #[arg(long, global = true, env = "BOOKINGS_PUBLIC_ORIGIN", value_name = "ORIGIN")]
    pub public_origin: Option<String>,
    /// IANA time zone of the times shown and typed
    #[arg(long, global = true, env = "BOOKINGS_TIME_ZONE", default_value = "UTC", value_name = "ZONE")]
    pub time_zone: String,
    /// ISO 4217 code of prices where nothing else is said
    #[arg(long, global = true, env = "BOOKINGS_CURRENCY", default_value = "TTD", value_name = "CODE")]
    pub currency: String,
    /// Whether everything belongs to a tenant: off or on
    #[arg(long, global = true, env = "BOOKINGS_TENANCY", default_value = "off", value_name = "off|on")]
    pub tenancy: String,
    /// Whether starts must be offered by the slot engine: NONE or ENGINE [default: NONE, or ENGINE where BOOKINGS_SLOTS_URL is set]
    #[arg(long, global = true, env = "BOOKINGS_SLOT_VALIDATION_MODE", value_name = "NONE|ENGINE")]
    pub slot_validation_mode: Option<String>,
    /// The HTTP slot engine that says which starts are free [default: none]
    #[arg(long, global = true, env = "BOOKINGS_SLOTS_URL", hide_env_values = true, value_name = "URL")]
    pub slots_url: Option<String>,
    /// Minutes around a start within which a similar booking is refused; 0 is off
    #[arg(
        long,
        global = true,
        env = "BOOKINGS_DUPLICATE_GUARD_MINUTES",
        default_value = "0",
        allow_hyphen_values = true,
        value_name = "MINUTES"
    )]
    pub duplicate_guard_minutes: String,
    /// Secret of at least 32 bytes that signs cookies; to change it, put a comma and the one before behind the new one [default: made and kept beside the SQLite database; on PostgreSQL made anew by each process]
    #[arg(long, global = true, env = "BOOKINGS_SECRET_KEY", hide_env_values = true, value_name = "KEY")]
    pub secret_key: Option<String>,
    /// A file that holds the secret key; a line each for the new and older ones [default: none]
    #[arg(long, global = true, env = "BOOKINGS_SECRET_KEY_FILE", value_name = "FILE")]
    pub secret_key_file: Option<PathBuf>,
    /// Roles that must have a second factor, such as owner,admin [default: none]
    #[arg(long, global = true, env = "BOOKINGS_SECOND_FACTOR", value_name = "ROLE,..")]
    pub second_factor: Option<String>,
    /// Networks of the proxies in front, whose X-Forwarded-For and X-Request-Id are believed [default: none]
    #[arg(long, global = true, env = "BOOKINGS_TRUSTED_PROXIES", value_name = "CIDR,..")]
    pub trusted_proxies: Option<String>,
    /// Whether GET /metrics answers, without sign-in: off or on
    #[arg(long, global = true, env = "BOOKINGS_METRICS", default_value = "off", value_name = "off|on")]
    pub metrics: String,
    /// How the log is written: text or json, one object a line and one line a request
    #[arg(long, global = true, env = "BOOKINGS_LOG", default_value = "text", value_name = "text|json")]
    pub log: String,
}

/// The settings, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the data is.
    pub database_url: DatabaseUrl,
    /// Where to listen.
    pub listen: SocketAddr,
    /// What browsers see, where it is known.
    pub public_origin: Option<String>,
    /// Zone of the times shown and typed.
    pub time_zone: Tz,
    /// Currency where nothing else is said.
    pub currency: Currency,
    /// Tenancy, slot validation and duplicate guard, as the rules want them.
    pub policy: Policy,
    /// The HTTP slot engine.
    pub slots_url: Option<String>,
    /// The secrets that were given: the newest signs, all are read.
    pub secret_keys: Vec<SecretKey>,
    /// What surrounds it.
    pub operation: Operation,
}

/// Settings of the process among its neighbours.
#[derive(Debug, Clone, Default)]
pub struct Operation {
    /// Whose `X-Forwarded-For` and `X-Request-Id` are believed.
    pub trusted_proxies: Vec<Network>,
    /// Who must have a second factor.
    pub second_factor: Vec<Role>,
    /// Whether `/metrics` is there.
    pub metrics: bool,
    /// Whether the log is JSON.
    pub json_log: bool,
}

impl Settings {
    /// Whether the database is a file that was never made.
    #[must_use]
    pub fn sqlite_is_missing(&self) -> bool {
        matches!(&self.database_url, DatabaseUrl::Sqlite(path) if !path.exists())
    }
}

/// A secret that never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(pub Vec<u8>);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// A setting with a wrong value. Displays as one line that names the setting, the value (never a secret) and what is accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} (--{}): {value}; accepted: {accepted}", flag(.name))]
pub struct SettingError {
    /// The environment variable's name.
    pub name: &'static str,
    /// The value in quotes, or what is wrong with a secret one.
    pub value: String,
    /// What would have been right.
    pub accepted: &'static str,
}

fn flag(name: &str) -> String {
    name.trim_start_matches("BOOKINGS_").to_lowercase().replace('_', "-")
}

fn wrong(name: &'static str, value: &str, accepted: &'static str) -> SettingError {
    SettingError { name, value: format!("{value:?} is wrong"), accepted }
}

impl RawSettings {
    /// Checks every value.
    ///
    /// # Errors
    /// The first setting with a wrong value.
    pub fn check(&self) -> Result<Settings, SettingError> {
        let slots_url = self.slots_url.as_deref().map(slots_url).transpose()?;
        let database_url = database_url(&self.database_url)?;
        let secret_keys = self.given_secrets()?;
        let lasting = !secret_keys.is_empty() || matches!(database_url, DatabaseUrl::Sqlite(_));
        Ok(Settings {
            database_url,
            listen: listen(&self.listen)?,
            public_origin: self.public_origin.as_deref().map(public_origin).transpose()?,
            time_zone: self.time_zone.parse().map_err(|_| {
                wrong("BOOKINGS_TIME_ZONE", &self.time_zone, "an IANA time zone such as UTC or America/Port_of_Spain")
            })?,
            currency: Currency::parse(&self.currency).ok_or_else(|| {
                wrong("BOOKINGS_CURRENCY", &self.currency, "an ISO 4217 code in capitals such as TTD or EUR")
            })?,
            policy: Policy {
                tenancy: match self.tenancy.as_str() {
                    "off" => false,
                    "on" => true,
                    other => return Err(wrong("BOOKINGS_TENANCY", other, "off or on")),
                },
                slot_validation: slot_validation(self.slot_validation_mode.as_deref(), slots_url.is_some())?,
                duplicate_guard_minutes: duplicate_guard(&self.duplicate_guard_minutes)?,
            },
            slots_url,
            secret_keys,
            operation: Operation {
                second_factor: second_factor(self.second_factor.as_deref().unwrap_or_default(), lasting)?,
                trusted_proxies: trusted_proxies(self.trusted_proxies.as_deref().unwrap_or_default())?,
                metrics: match self.metrics.as_str() {
                    "off" => false,
                    "on" => true,
                    other => return Err(wrong("BOOKINGS_METRICS", other, "off or on")),
                },
                json_log: match self.log.as_str() {
                    "text" => false,
                    "json" => true,
                    other => return Err(wrong("BOOKINGS_LOG", other, "text or json")),
                },
            },
        })
    }

    fn given_secrets(&self) -> Result<Vec<SecretKey>, SettingError> {
        const NAME: &str = "BOOKINGS_SECRET_KEY";
        const FILE: &str = "BOOKINGS_SECRET_KEY_FILE";
        match (&self.secret_key, &self.secret_key_file) {
            (Some(_), Some(file)) => Err(SettingError {
                name: FILE,
                value: format!("{:?} is given beside {NAME}", file.display().to_string()),
                accepted: "one of the two",
            }),
            (Some(keys), None) => given_keys(NAME, keys.as_bytes()),
            (None, Some(file)) => {
                let keys = fs::read(file).map_err(|error| SettingError {
                    name: FILE,
                    value: format!("{:?} can't be read: {error}", file.display().to_string()),
                    accepted: "a readable file that holds at least 32 bytes",
                })?;
                given_keys(FILE, &keys)
            }
            (None, None) => Ok(Vec::new()),
        }
    }
}

/// Secret keys with commas or line ends between, the newest first; or the length of one that is too short.
///
/// # Errors
/// That length; 0 where there is none at all.
pub fn secret_keys(text: &[u8]) -> Result<Vec<SecretKey>, usize> {
    let keys = text.split(|byte| matches!(byte, b',' | b'\n')).map(<[u8]>::trim_ascii).filter(|key| !key.is_empty());
    let keys: Vec<SecretKey> = keys.map(|key| SecretKey(key.to_vec())).collect();
    match keys.iter().map(|key| key.0.len()).min() {
        Some(least) if least >= SECRET_KEY_BYTES => Ok(keys),
        least => Err(least.unwrap_or(0)),
    }
}

fn given_keys(name: &'static str, text: &[u8]) -> Result<Vec<SecretKey>, SettingError> {
    secret_keys(text).map_err(|bytes| SettingError {
        name,
        value: format!("a key of {bytes} bytes is too short"),
        accepted: "at least 32 bytes of random text, and older keys behind a comma or on lines of their own",
    })
}

fn second_factor(value: &str, lasting_key: bool) -> Result<Vec<Role>, SettingError> {
    const NAME: &str = "BOOKINGS_SECOND_FACTOR";
    let roles = value.split(',').map(str::trim).filter(|text| !text.is_empty());
    let roles: Vec<Role> = roles
        .map(|text| {
            let accepted = "roles with commas between (viewer, staff, admin, owner), or nothing";
            Role::parse(text).ok_or_else(|| wrong(NAME, text, accepted))
        })
        .collect::<Result<_, _>>()?;
    if !roles.is_empty() && !lasting_key {
        return Err(SettingError {
            name: NAME,
            value: format!("{value:?} needs a secret key that lasts"),
            accepted: "roles together with BOOKINGS_SECRET_KEY or BOOKINGS_SECRET_KEY_FILE on PostgreSQL",
        });
    }
    Ok(roles)
}

fn database_url(value: &str) -> Result<DatabaseUrl, SettingError> {
    DatabaseUrl::parse(value).map_err(|error| SettingError {
        name: "BOOKINGS_DATABASE_URL",
        value: format!("{} is wrong", error.found),
        accepted: "sqlite:PATH, sqlite://PATH or postgres://USER@HOST/DATABASE",
    })
}

fn listen(value: &str) -> Result<SocketAddr, SettingError> {
    let numeric = match value.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => value.to_owned(),
    };
    numeric.parse().map_err(|_| wrong("BOOKINGS_LISTEN", value, "ADDRESS:PORT such as 127.0.0.1:8080 or [::]:8080"))
}

/// `scheme://host[:port]`, in lower case and without the scheme's own port, as browsers send it in `Origin`.
fn public_origin(value: &str) -> Result<String, SettingError> {
    let refuse = || {
        wrong(
            "BOOKINGS_PUBLIC_ORIGIN",
            &without_password(value),
            "http:// or https:// and a host, with a port or not, without a path",
        )
    };
    let origin = value.strip_suffix('/').unwrap_or(value).to_lowercase();
    let (scheme, host) = origin.split_once("://").ok_or_else(refuse)?;
    let own_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return Err(refuse()),
    };
    let port_fits = match host.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => port.parse::<u16>().is_ok(),
        _ => true,
    };
    let uri: Option<actix_web::http::Uri> = origin.parse().ok();
    let has_host = uri.is_some_and(|uri| uri.host().is_some_and(|host| !host.is_empty()));
    if !port_fits || !has_host || host.contains(['/', '?', '#', '@']) {
        return Err(refuse());
    }
    Ok(format!("{scheme}://{}", host.strip_suffix(own_port).unwrap_or(host)))
}

fn slot_validation(mode: Option<&str>, engine: bool) -> Result<SlotValidation, SettingError> {
    const NAME: &str = "BOOKINGS_SLOT_VALIDATION_MODE";
    match (mode, engine) {
        (None, false) | (Some("NONE"), _) => Ok(SlotValidation::None),
        (None | Some("ENGINE"), true) => Ok(SlotValidation::Engine),
        (Some("ENGINE"), false) => Err(SettingError {
            name: NAME,
            value: "\"ENGINE\" needs an engine to ask".into(),
            accepted: "NONE, or ENGINE together with BOOKINGS_SLOTS_URL",
        }),
        (Some(other), _) => Err(wrong(NAME, other, "NONE or ENGINE")),
    }
}

fn slots_url(value: &str) -> Result<String, SettingError> {
    let uri: Option<actix_web::http::Uri> = value.parse().ok();
    let good = uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    if good {
        Ok(value.to_owned())
    } else {
        Err(wrong("BOOKINGS_SLOTS_URL", &without_password(value), "an http:// or https:// URL"))
    }
}

fn trusted_proxies(value: &str) -> Result<Vec<Network>, SettingError> {
    let networks = value.split(',').map(str::trim).filter(|text| !text.is_empty());
    networks
        .map(|text| {
            let accepted = "networks or addresses with commas between, such as 127.0.0.1,10.0.0.0/8";
            Network::parse(text).ok_or_else(|| wrong("BOOKINGS_TRUSTED_PROXIES", text, accepted))
        })
        .collect()
}

fn duplicate_guard(value: &str) -> Result<u32, SettingError> {
    value
        .parse()
        .ok()
        .filter(|minutes| *minutes <= DUPLICATE_GUARD_MOST)
        .ok_or_else(|| wrong("BOOKINGS_DUPLICATE_GUARD_MINUTES", value, "whole minutes from 0 (off) to 525600"))
}

/// The URL with whoever it signs in blotted out.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
        (None, Some((_, host))) => format!("***@{host}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_send_them() {
        for (typed, sent) in [
            ("https://Book.Example/", "https://book.example"),
            ("https://book.example:443", "https://book.example"),
            ("http://book.example:443", "http://book.example:443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]", "http://[::1]"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(public_origin(typed).unwrap(), sent);
        }
        for wrong in ["https://", "https://:443", "https://a:", "https://a b", "https://a?b", "https:a", "//a"] {
            public_origin(wrong).expect_err(wrong);
        }
    }

    #[test]
    fn an_engine_is_asked_where_there_is_one() {
        assert_eq!(slot_validation(None, false), Ok(SlotValidation::None));
        assert_eq!(slot_validation(None, true), Ok(SlotValidation::Engine));
        assert_eq!(slot_validation(Some("NONE"), true), Ok(SlotValidation::None));
        slot_validation(Some("ENGINE"), false).unwrap_err();
    }
}
