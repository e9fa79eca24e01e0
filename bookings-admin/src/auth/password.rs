//! Passwords: argon2id, one at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, RECOMMENDED_SALT_LEN, Version};

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

/// The C library hands memory of up to 32 MiB out of heaps that each thread keeps; more is mapped, and unmapped after.
/// So that much is reserved, of which only what the hash touches is ever real: else every thread that once checked a
/// password would keep its 19 MiB.
const RESERVED_BLOCKS: usize = 33 * 1024;

fn derive(argon2: &Argon2, password: &[u8], salt: &[u8]) -> Option<Output> {
    let blocks = argon2.params().block_count();
    let mut memory = Vec::with_capacity(blocks.max(RESERVED_BLOCKS));
    memory.resize(blocks, Block::new());
    let mut out = [0; Output::MAX_LENGTH];
    let out = out.get_mut(..argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN))?;
    argon2.hash_password_into_with_memory(password, salt, out, memory).ok()?;
    Output::new(out).ok()
}

/// A new hash in PHC format, with today's parameters and a salt of its own.
fn phc(password: &[u8]) -> Option<String> {
    let mut salt = [0; RECOMMENDED_SALT_LEN];
    getrandom::fill(&mut salt).ok()?;
    let argon2 = Argon2::default();
    let hash = PasswordHash {
        algorithm: Algorithm::default().ident(),
        version: Some(Version::default().into()),
        params: ParamsString::try_from(argon2.params()).ok()?,
        salt: Some(Salt::new(&salt).ok()?),
        hash: Some(derive(&argon2, password, &salt)?),
    };
    Some(hash.to_string())
}

/// With the parameters of the hash, which may be older. Outputs are compared in constant time.
fn verify(password: &[u8], phc: &str) -> Option<bool> {
    let hash = PasswordHash::new(phc).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = Version::try_from(hash.version?).ok()?;
    let argon2 = Argon2::new(algorithm, version, Params::try_from(&hash).ok()?);
    Some(derive(&argon2, password, hash.salt.as_ref()?)? == hash.hash?)
}

/// Whether a hash was made with other parameters than today's.
#[must_use]
pub fn is_outdated(phc: &str) -> bool {
    // What the hash costs; a hash also states the length of its output, which the defaults leave open.
    let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
    let today = Argon2::default();
    PasswordHash::new(phc).is_ok_and(|hash| {
        hash.algorithm != Algorithm::default().ident()
            || hash.version != Some(Version::default().into())
            || Params::try_from(&hash).ok().as_ref().map(cost) != Some(cost(today.params()))
    })
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
    let same = password.len() <= MOST_BYTES && verify(password.as_bytes(), against) == Some(true);
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
    fn hashes_are_those_of_every_other_argon2() {
        let hash = super::hash("password").unwrap();
        assert!(argon2::PasswordVerifier::verify_password(&Argon2::default(), b"password", hash.as_str()).is_ok());
        let theirs: PasswordHash = argon2::PasswordHasher::hash_password(&Argon2::default(), b"password").unwrap();
        assert!(matches("password", Some(&theirs.to_string())).unwrap());
    }

    #[test]
    fn hashes_with_other_parameters_are_outdated() {
        assert!(!is_outdated(&super::hash("password").unwrap()));
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8192, 1, 1, None).unwrap());
        let weak: PasswordHash = argon2::PasswordHasher::hash_password(&weak, b"password").unwrap();
        assert!(is_outdated(&weak.to_string()));
        assert!(matches("password", Some(&weak.to_string())).unwrap());
        assert!(!is_outdated(""));
    }
}
