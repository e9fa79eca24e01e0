//! Second factors: a secret shared with an app, a code of it accepted once, and recovery codes for whoever lost the app.

use bookings_core::StaffId;
use bookings_db::Store;
use bookings_db::connection::Pools;
use bookings_db::error::StoreError;
use bookings_db::staff::{self, SecondFactor};
use chrono::{DateTime, Utc};

use super::seal::Sealer;
use super::{recovery, totp};

/// What somebody proved themselves with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The app's code.
    Code,
    /// A recovery code; so many are left.
    RecoveryCode(usize),
}

/// A new secret; `None` without randomness.
#[must_use]
pub fn new_secret() -> Option<[u8; totp::SECRET_BYTES]> {
    let mut secret = [0; totp::SECRET_BYTES];
    getrandom::fill(&mut secret).ok().map(|()| secret)
}

/// The secret as the database keeps it.
#[must_use]
pub fn seal(sealer: &Sealer, id: StaffId, secret: &[u8]) -> Option<Vec<u8>> {
    sealer.seal(id.0.as_bytes(), secret)
}

/// The secret of a kept one. That none of today's keys opens it is said in the log: it has to be set up anew.
#[must_use]
pub fn open(sealer: &Sealer, id: StaffId, factor: &SecondFactor) -> Option<Vec<u8>> {
    let secret = sealer.open(id.0.as_bytes(), &factor.sealed);
    if secret.is_none() {
        tracing::error!(
            "the second factor of account {id} was sealed with a secret key that is gone: it needs a reset"
        );
    }
    secret
}

/// Accepts what was typed, once: the app's code or a recovery code. Blocks.
///
/// # Errors
/// The database's.
pub fn accept(
    store: &Store,
    sealer: &Sealer,
    id: StaffId,
    typed: &str,
    now: DateTime<Utc>,
) -> Result<Option<Proof>, StoreError> {
    let kept = staff::second_factor(&store.pools, id)?.filter(|factor| factor.confirmed);
    let Some(factor) = kept else { return Ok(None) };
    let Some(digits) = totp::digits(typed) else {
        let used = staff::use_recovery_code(&store.pools, id, &recovery::code_digest(typed))?;
        return Ok(used.then(|| Proof::RecoveryCode(factor.recovery_codes.saturating_sub(1))));
    };
    let step = open(sealer, id, &factor).and_then(|secret| totp::matching_step(&secret, &digits, now));
    let Some(step) = step else { return Ok(None) };
    Ok(staff::use_second_factor(&store.pools, id, step)?.then_some(Proof::Code))
}

/// Seals with the newest key what older ones sealed, so that those can be thrown away.
///
/// # Errors
/// The database's.
pub fn seal_anew(pools: &Pools, sealer: &Sealer) -> Result<usize, StoreError> {
    staff::reseal_second_factors(pools, |id, sealed| sealer.reseal(id.0.as_bytes(), sealed))
}
