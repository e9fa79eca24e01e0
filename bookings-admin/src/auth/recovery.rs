//! Recovery codes: for whoever lost the app that makes codes. 120 random bits each, so that their digests need no salt.

use bookings_db::sessions::KeyDigest;

use crate::session_store::digest;

/// Made at once.
const CODES: usize = 10;
const BYTES: usize = 15;
/// Crockford's: nothing is misread.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// New codes as people keep them: `K7QF-2M9X-DRTN-4HVW-PBC3-JY8E`. `None` without randomness.
#[must_use]
pub fn make() -> Option<Vec<String>> {
    let one = |_| {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).ok()?;
        let code = super::base32(&bytes, ALPHABET);
        let groups: Vec<String> =
            code.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into()).collect();
        Some(groups.join("-"))
    };
    (0..CODES).map(one).collect()
}

/// What of a code is kept, however it is typed: any case, with dashes or not, look-alikes for one another. Told apart from
/// the digests of sessions and links.
#[must_use]
pub fn code_digest(typed: &str) -> KeyDigest {
    let alike = |c: char| match c.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    let code: String = typed.chars().filter(char::is_ascii_alphanumeric).map(alike).collect();
    digest(&format!("recovery {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_long_and_differ() {
        let codes: BTreeSet<String> = (0..5).flat_map(|_| make().unwrap()).collect();
        assert_eq!(codes.len(), 5 * CODES);
        for code in &codes {
            assert_eq!((code.len(), code.matches('-').count()), (29, 5), "{code}");
        }
    }

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        let kept = code_digest("K10F-2M9X");
        for typed in ["k10f-2m9x", " K1OF 2M9X ", "klof2m9x", "KI0F-2M9X"] {
            assert_eq!(code_digest(typed), kept, "{typed}");
        }
        assert_ne!(code_digest("K10F-2M9Y"), kept);
    }
}
