//! Passwords: argon2id, one at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use argon2::{Argon2, PasswordHasher, PasswordVerifier};

use crate::error::PageError;

/// Shortest password, in characters.
pub const LEAST_CHARACTERS: usize = 8;
/// Longest password, in bytes: far over any real one.
pub const MOST_BYTES: usize = 1024;

/// A hash takes 19 MiB and a core for some 20 ms: more at once would only crowd out everybody's work.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
static WAITING: AtomicUsize = AtomicUsize::new(0);
/// More than that wait too long to be worth it.
const MOST_WAITING: usize = 32;

/// Of no password: what unknown names are checked against, so that they take as long as known ones.
static NOBODYS: LazyLock<Option<String>> = LazyLock::new(|| {
    let mut password = [0; 32];
    getrandom::fill(&mut password).ok()?;
    phc(&password)
});

fn phc(password: &[u8]) -> Option<String> {
    Argon2::default().hash_password(password).ok().map(|hash| hash.to_string())
}

struct Waiting;

impl Waiting {
    fn begin() -> Result<Waiting, PageError> {
        let before = WAITING.fetch_add(1, Ordering::Relaxed);
        // Made first: dropping it takes the count back where the answer is no.
        let waiting = Waiting;
        if before < MOST_WAITING { Ok(waiting) } else { Err(PageError::Busy) }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A sentence where a new password won't do.
#[must_use]
pub fn unfit(password: &str) -> Option<String> {
    if password.chars().count() < LEAST_CHARACTERS {
        Some(format!("A password has at least {LEAST_CHARACTERS} characters."))
    } else if password.len() > MOST_BYTES {
        Some(format!("A password has at most {MOST_BYTES} bytes."))
    } else {
        None
    }
}

/// The hash of a new password, in PHC format. Blocks.
///
/// # Errors
/// [`PageError::Busy`] when too many wait.
pub fn hash(password: &str) -> Result<String, PageError> {
    let _waiting = Waiting::begin()?;
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    phc(password.as_bytes()).ok_or_else(|| PageError::Internal("a password could not be hashed".into()))
}

/// Whether the password is that of the hash. Without a hash (nobody of that name) it takes as long, and is not. Blocks.
///
/// # Errors
/// [`PageError::Busy`] when too many wait.
pub fn matches(password: &str, hash: Option<&str>) -> Result<bool, PageError> {
    let _waiting = Waiting::begin()?;
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let against = hash.or(NOBODYS.as_deref()).unwrap_or_default();
    // The work is done even where it decides nothing.
    let same = password.len() <= MOST_BYTES && Argon2::default().verify_password(password.as_bytes(), against).is_ok();
    Ok(same && hash.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_matches() {
        let hash = hash("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(matches("correct horse", Some(&hash)).unwrap());
        assert!(!matches("correct horsE", Some(&hash)).unwrap());
        assert!(!matches("correct horse", Some("no hash")).unwrap());
        assert!(!matches("correct horse", None).unwrap());
    }

    #[test]
    fn short_and_endless_passwords_are_unfit() {
        assert!(unfit("1234567").is_some());
        assert!(unfit("12345678").is_none());
        assert!(unfit(&"x".repeat(MOST_BYTES + 1)).is_some());
    }
}
