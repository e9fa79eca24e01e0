//! References: what a person reads out on the phone.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Crockford's base32: no I, L, O or U, so nothing is misheard or misread.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `BK-<year>-` and eight characters of Crockford base32, such as `BK-2026-7Z3K9QXA`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(String);

/// Whether it is a reference as it is written.
fn is_one(text: &[u8]) -> bool {
    let [b'B', b'K', b'-', year @ .., b'-', a, b, c, d, e, f, g, h] = text else { return false };
    let random = [a, b, c, d, e, f, g, h];
    year.len() == 4 && year.iter().all(u8::is_ascii_digit) && random.into_iter().all(|digit| ALPHABET.contains(digit))
}

impl Reference {
    /// A reference for a booking made in `year`, from the lowest 40 of `random` bits.
    #[must_use]
    pub fn new(year: i32, random: u64) -> Reference {
        let mut text = format!("BK-{year:04}-");
        for place in (0..8).rev() {
            let digit = (random >> (place * 5)) & 31;
            text.push(char::from(ALPHABET[digit as usize]));
        }
        Reference(text)
    }

    /// The reference a person typed: any case, spaces around it, and Crockford's look-alikes (I and L for 1, O for 0).
    #[must_use]
    pub fn parse(typed: &str) -> Option<Reference> {
        let typed = typed.trim();
        if is_one(typed.as_bytes()) {
            return Some(Reference(typed.into()));
        }
        let upper = typed.to_ascii_uppercase();
        let (year, random) = upper.strip_prefix("BK-")?.split_once('-')?;
        let random: String = random
            .chars()
            .map(|c| match c {
                'I' | 'L' => '1',
                'O' => '0',
                other => other,
            })
            .collect();
        let text = format!("BK-{year}-{random}");
        is_one(text.as_bytes()).then_some(Reference(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
