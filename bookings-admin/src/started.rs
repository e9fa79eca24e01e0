//! What the program was started with: kept in the audit where it differs from the time before.

use bookings_core::{Actor, SlotValidation};
use bookings_db::StoreError;
use bookings_db::audit::{self, AuditKind, Entry};
use bookings_db::connection::Pools;
use bookings_db::transaction::{Lock, write};
use chrono::Utc;
use serde_json::{Map, Value, json};

use crate::settings::Settings;

/// Keeps the settings where they are others than those kept last. Of several processes each may listen elsewhere: that is
/// no difference.
///
/// # Errors
/// The database's.
pub fn keep(pools: &Pools, settings: &Settings) -> Result<(), StoreError> {
    let now = told(settings);
    write(pools, &Lock::none(), |conn| {
        let last = audit::newest(conn, AuditKind::SettingsChanged)?;
        let last = last.as_ref().and_then(|row| row.data.0.get("settings")).and_then(Value::as_object);
        let data = match last {
            Some(last) if *last == now => return Ok(()),
            Some(last) => json!({ "settings": now, "changed": changed(last, &now) }),
            None => json!({ "settings": now }),
        };
        let actor = Actor::program("start");
        audit::append(conn, &Entry::new(AuditKind::SettingsChanged, &actor, None, "settings"), data, Utc::now())
    })
}

/// By the names of the environment; secrets only as given or not.
fn told(settings: &Settings) -> Map<String, Value> {
    let given = |given: bool| if given { "given" } else { "not given" };
    let switch = |on: bool| if on { "on" } else { "off" };
    let proxies: Vec<String> = settings.operation.trusted_proxies.iter().map(ToString::to_string).collect();
    let engine = match settings.policy.slot_validation {
        SlotValidation::None => "NONE",
        SlotValidation::Engine => "ENGINE",
    };
    let second: Vec<&str> = settings.operation.second_factor.iter().map(|role| role.as_str()).collect();
    let all = [
        ("BOOKINGS_SECOND_FACTOR", second.join(",")),
        ("BOOKINGS_CURRENCY", settings.currency.as_str().to_owned()),
        ("BOOKINGS_DUPLICATE_GUARD_MINUTES", settings.policy.duplicate_guard_minutes.to_string()),
        ("BOOKINGS_LOG", if settings.operation.json_log { "json" } else { "text" }.into()),
        ("BOOKINGS_METRICS", switch(settings.operation.metrics).into()),
        ("BOOKINGS_PUBLIC_ORIGIN", settings.public_origin.clone().unwrap_or_default()),
        ("BOOKINGS_SECRET_KEY", given(!settings.secret_keys.is_empty()).into()),
        ("BOOKINGS_SLOTS_URL", given(settings.slots_url.is_some()).into()),
        ("BOOKINGS_SLOT_VALIDATION_MODE", engine.into()),
        ("BOOKINGS_TENANCY", switch(settings.policy.tenancy).into()),
        ("BOOKINGS_TIME_ZONE", settings.time_zone.name().into()),
        ("BOOKINGS_TRUSTED_PROXIES", proxies.join(",")),
        ("version", env!("CARGO_PKG_VERSION").into()),
    ];
    all.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

fn changed(last: &Map<String, Value>, now: &Map<String, Value>) -> Map<String, Value> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut names: Vec<&String> = last.keys().chain(now.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let differ = names.into_iter().filter(|name| last.get(*name) != now.get(*name));
    differ
        .map(|name| (name.clone(), format!("{} \u{2192} {}", text(last.get(name)), text(now.get(name))).into()))
        .collect()
}
