//! The one-time way in while there is no account: a token in the server's output that opens the set-up page.
//!
//! Only its digest is kept, beside the sessions, so that any process on the same database honours it. It ends after a day,
//! or with the first account.

use bookings_db::connection::Pools;
use bookings_db::error::StoreError;
use bookings_db::sessions::{self, KeyDigest};
use bookings_db::staff;
use chrono::{DateTime, TimeDelta, Utc};

use crate::session_store::digest;

const VALID: TimeDelta = TimeDelta::hours(24);

/// Told apart from sessions' digests: a token is no session key, nor the other way round.
fn token_digest(token: &str) -> KeyDigest {
    digest(&format!("setup {token}"))
}

/// A new token, or `None` where there are accounts.
///
/// # Errors
/// The database's.
pub fn offer(pools: &Pools, now: DateTime<Utc>) -> Result<Option<String>, StoreError> {
    if staff::any_staff(pools)? {
        return Ok(None);
    }
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Internal(format!("no randomness: {error}")))?;
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    sessions::save(pools, &token_digest(&token), None, "{}", now, now + VALID)?;
    Ok(Some(token))
}

/// Whether the token opens the set-up page.
///
/// # Errors
/// The database's.
pub fn is_open(pools: &Pools, token: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(sessions::load(pools, &token_digest(token), now)?.is_some() && !staff::any_staff(pools)?)
}
