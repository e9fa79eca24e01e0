//! Browser sessions in the database: under a digest of their key, with the account in a column of its own, so that whoever
//! is disabled is out at the next request.

use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key};
use actix_web::cookie::time;
use actix_web::web;
use bookings_core::StaffId;
use bookings_db::connection::Pools;
use bookings_db::error::StoreError;
use bookings_db::sessions::{self, KeyDigest, SessionRow};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use crate::auth::{ACCOUNT, About, Account, STAFF_ID};

/// A session ends after so much time without a request.
const IDLE: TimeDelta = TimeDelta::hours(4);
/// And after this long in any case.
const ABSOLUTE: TimeDelta = TimeDelta::hours(24);
/// A request prolongs it only when that gains so much: not every page view shall be a write.
const WORTH_PROLONGING: TimeDelta = TimeDelta::minutes(5);

/// In a session's state: when it ends, as loaded. Never kept in the data.
pub(crate) const EXPIRES_AT: &str = "expires_at";

type State = HashMap<String, String>;

/// The store that the session middleware uses.
pub struct DatabaseSessions {
    pools: Pools,
}

impl DatabaseSessions {
    /// Sessions in that database.
    #[must_use]
    pub fn new(pools: Pools) -> DatabaseSessions {
        DatabaseSessions { pools }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Pools) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let pools = self.pools.clone();
        match web::block(move || work(&pools)).await {
            Ok(done) => done,
            Err(_) => Err(StoreError::Internal("the work on a session panicked".into())),
        }
    }
}

/// What of a key is stored.
#[must_use]
pub fn digest(key: &str) -> KeyDigest {
    Sha256::digest(key).into()
}

fn load(pools: &Pools, key: &KeyDigest, now: DateTime<Utc>) -> Result<Option<SessionRow>, StoreError> {
    let Some(mut row) = sessions::load(pools, key, now)? else { return Ok(None) };
    match &row.staff {
        Some(staff) if !staff.active => return Ok(None),
        Some(_) => {
            let until = (now + IDLE).min(row.created_at + ABSOLUTE);
            // A busy database is no reason to refuse the page: the next request prolongs it.
            if until - row.expires_at > WORTH_PROLONGING && sessions::touch(pools, key, until).is_ok() {
                row.expires_at = until;
            }
        }
        None => {}
    }
    Ok(Some(row))
}

/// Values in a session's state are JSON.
fn state(row: SessionRow) -> Result<State, serde_json::Error> {
    let mut state: State = serde_json::from_str(&row.data)?;
    state.insert(EXPIRES_AT.into(), serde_json::to_string(&row.expires_at)?);
    if let Some(staff) = row.staff {
        let account = Account {
            id: staff.id,
            name: staff.name,
            role: staff.role,
            tenant_id: staff.tenant_id,
            time_zone: row.preferences.time_zone.clone().or(row.time_zone),
            currency: row.currency,
            second_factor: row.second_factor,
            preferences: row.preferences,
        };
        state.insert(STAFF_ID.into(), serde_json::to_string(&account.id)?);
        state.insert(ACCOUNT.into(), serde_json::to_string(&account)?);
    }
    Ok(state)
}

/// What a kept session says of its browser.
#[must_use]
pub fn about(data: &str) -> About {
    let state: State = serde_json::from_str(data).unwrap_or_default();
    state.get(About::KEY).and_then(|about| serde_json::from_str(about).ok()).unwrap_or_default()
}

/// A state as it is kept.
struct Parts {
    staff_id: Option<StaffId>,
    /// The end it was loaded with.
    expires_at: Option<DateTime<Utc>>,
    data: String,
}

fn parts(mut state: State) -> Result<Parts, serde_json::Error> {
    state.remove(ACCOUNT);
    let staff_id = state.remove(STAFF_ID).map(|id| serde_json::from_str(&id)).transpose()?;
    let expires_at = state.remove(EXPIRES_AT).map(|end| serde_json::from_str(&end)).transpose()?;
    Ok(Parts { staff_id, expires_at, data: serde_json::to_string(&state)? })
}

impl SessionStore for DatabaseSessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let key = digest(key.as_ref());
        let row = self.run(move |pools| load(pools, &key, Utc::now())).await;
        let row = row.map_err(|error| LoadError::Other(error.into()))?;
        row.map(state).transpose().map_err(|error| LoadError::Deserialization(error.into()))
    }

    async fn save(&self, state: State, _: &time::Duration) -> Result<SessionKey, SaveError> {
        let Parts { staff_id, data, .. } = parts(state).map_err(|error| SaveError::Serialization(error.into()))?;
        let key = generate_session_key();
        let digest = digest(key.as_ref());
        let saved = self.run(move |pools| {
            let now = Utc::now();
            if staff_id.is_some() {
                // Now and then is often enough, and people sign in now and then.
                sessions::purge_expired(pools, now)?;
            }
            sessions::save(pools, &digest, staff_id, &data, now, now + IDLE)
        });
        saved.await.map_err(|error| SaveError::Other(error.into()))?;
        Ok(key)
    }

    /// A session that was revoked meanwhile stays so. A failure loses a one-time message at worst, and what the page did
    /// is done: it is logged, and the answer goes out.
    async fn update(&self, key: SessionKey, state: State, _: &time::Duration) -> Result<SessionKey, UpdateError> {
        let Parts { staff_id, expires_at, data } =
            parts(state).map_err(|error| UpdateError::Serialization(error.into()))?;
        let digest = digest(key.as_ref());
        let end = expires_at.unwrap_or_else(|| Utc::now() + IDLE);
        if let Err(error) = self.run(move |pools| sessions::update(pools, &digest, staff_id, &data, end)).await {
            tracing::warn!("a session was not kept: {error}");
        }
        Ok(key)
    }

    /// Not used: loading prolongs.
    async fn update_ttl(&self, _: &SessionKey, _: &time::Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let digest = digest(key.as_ref());
        Ok(self.run(move |pools| sessions::delete(pools, &digest)).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bookings_core::Role;
    use bookings_db::staff::{NewStaff, add_staff};
    use bookings_db::testing::each_database;

    #[test]
    fn a_session_ends_when_idle_and_after_a_day_in_any_case() {
        each_database(|db| {
            let (pools, key) = (db.pools(), digest("key"));
            let start: DateTime<Utc> = "2026-11-23T08:00:00Z".parse().unwrap();
            let new = NewStaff { name: "Ann", role: Role::Viewer, tenant_id: None, password_hash: "" };
            let ann = add_staff(pools, new, start).unwrap();
            let begin = || sessions::save(pools, &key, Some(ann.id), "{}", start, start + IDLE).unwrap();
            let end = |now| load(pools, &key, now).unwrap().map(|row| row.expires_at);
            begin();
            assert_eq!(end(start + WORTH_PROLONGING), Some(start + IDLE), "not worth a write yet");
            let later = start + WORTH_PROLONGING + TimeDelta::seconds(1);
            assert_eq!(end(later), Some(later + IDLE));
            assert_eq!(end(later + IDLE), None);
            sessions::delete(pools, &key).unwrap();
            begin();
            let mut now = start;
            while now + TimeDelta::hours(3) < start + ABSOLUTE {
                now += TimeDelta::hours(3);
                assert_eq!(end(now), Some((now + IDLE).min(start + ABSOLUTE)));
            }
            assert_eq!(end(start + ABSOLUTE), None);
        });
    }

    #[test]
    fn the_account_is_never_kept_in_the_data() {
        let account = r#"{"id":"00000000-0000-0000-0000-000000000001","name":"Ann","role":"owner","tenant_id":null}"#;
        let staff_id = r#""00000000-0000-0000-0000-000000000001""#;
        let state =
            [(ACCOUNT, account), (STAFF_ID, staff_id), (EXPIRES_AT, r#""2026-11-23T08:00:00Z""#), ("csrf", r#""x""#)];
        let parts = parts(state.map(|(name, value)| (name.to_owned(), value.to_owned())).into()).unwrap();
        assert_eq!(parts.data, r#"{"csrf":"\"x\""}"#);
        assert_eq!(parts.staff_id, Some(StaffId(uuid::Uuid::from_u128(1))));
        assert_eq!(parts.expires_at, Some("2026-11-23T08:00:00Z".parse().unwrap()));
    }
}
