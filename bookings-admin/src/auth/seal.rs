//! Secrets that the database keeps and the program must read again: sealed under a key that is not in the database, and to
//! the account they belong to.

use std::sync::Arc;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::secret::Secrets;
use crate::settings::SecretKey;

const NAME_BYTES: usize = 8;
const NONCE_BYTES: usize = 12;

/// One key's name and what it seals with.
type Named = ([u8; NAME_BYTES], Aes256Gcm);

/// Seals with the newest key and opens with any.
#[derive(Clone)]
pub struct Sealer {
    keys: Arc<[Named]>,
    lasting: bool,
}

fn derived(key: &SecretKey, purpose: &str) -> Option<[u8; 32]> {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&key.0).ok()?;
    mac.update(purpose.as_bytes());
    Some(mac.finalize().into_bytes().into())
}

fn named(key: &SecretKey) -> Option<Named> {
    let name = derived(key, "bookings: name of the key that seals")?;
    let cipher = Aes256Gcm::new_from_slice(&derived(key, "bookings: key that seals")?).ok()?;
    Some((*name.first_chunk()?, cipher))
}

impl Sealer {
    /// With keys made of the installation's secrets.
    #[must_use]
    pub fn new(secrets: &Secrets) -> Sealer {
        Sealer { keys: secrets.keys.iter().filter_map(named).collect(), lasting: secrets.lasting }
    }

    /// Whether what is sealed now can be opened after a restart.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        self.lasting
    }

    /// The name of the key, a nonce, and the secret sealed to its owner. `None` without randomness.
    #[must_use]
    pub fn seal(&self, owner: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
        let (name, cipher) = self.keys.first()?;
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).ok()?;
        let sealed = cipher.encrypt(Nonce::from_slice(&nonce), Payload { msg: secret, aad: owner }).ok()?;
        Some([name.as_slice(), &nonce, &sealed].concat())
    }

    /// The secret, where one of the keys sealed it to that owner.
    #[must_use]
    pub fn open(&self, owner: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (name, rest) = sealed.split_first_chunk::<NAME_BYTES>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let (_, cipher) = self.keys.iter().find(|(own, _)| own == name)?;
        cipher.decrypt(Nonce::from_slice(nonce), Payload { msg: sealed, aad: owner }).ok()
    }

    /// The same secret under the newest key, where an older one sealed it.
    #[must_use]
    pub fn reseal(&self, owner: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (newest, _) = self.keys.first()?;
        if sealed.starts_with(newest) {
            return None;
        }
        self.seal(owner, &self.open(owner, sealed)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(keys: &[u8]) -> Sealer {
        let keys = keys.iter().map(|byte| SecretKey(vec![*byte; 32])).collect();
        Sealer::new(&Secrets { keys, lasting: true })
    }

    #[test]
    fn only_its_owner_and_its_key_open_a_seal() {
        let one = sealer(&[1]);
        let sealed = one.seal(b"Ann", b"secret").unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_ne!(one.seal(b"Ann", b"secret").unwrap(), sealed, "another nonce");
        assert_eq!(one.open(b"Ann", &sealed).unwrap(), b"secret");
        assert_eq!(one.open(b"Bob", &sealed), None);
        assert_eq!(sealer(&[2]).open(b"Ann", &sealed), None);
        for place in 0..sealed.len() {
            let mut broken = sealed.clone();
            broken[place] ^= 1;
            assert_eq!(one.open(b"Ann", &broken), None, "{place}");
            assert_eq!(one.open(b"Ann", &sealed[..place]), None, "{place}");
        }
    }

    #[test]
    fn a_new_key_takes_over_what_older_ones_sealed() {
        let old = sealer(&[1]).seal(b"Ann", b"secret").unwrap();
        let both = sealer(&[2, 1]);
        assert_eq!(both.open(b"Ann", &old).unwrap(), b"secret");
        let new = both.reseal(b"Ann", &old).unwrap();
        assert_eq!(sealer(&[2]).open(b"Ann", &new).unwrap(), b"secret");
        assert_eq!(both.reseal(b"Ann", &new), None);
        assert_eq!(sealer(&[3]).reseal(b"Ann", &new), None, "what can't be opened stays");
    }
}
