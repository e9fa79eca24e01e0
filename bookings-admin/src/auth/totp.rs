//! Codes that an app makes of a shared secret and the time: RFC 6238 with SHA-1, 30 seconds and six digits, which is what
//! every app knows.

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use crate::raw_form::escape;

/// A secret's length: that of the hash, as RFC 4226 wants it.
pub const SECRET_BYTES: usize = 20;
/// Seconds of one code.
const STEP: i64 = 30;
/// Codes of one step before and after are right too: clocks differ, and people type.
const SKEW: i64 = 1;
const DIGITS: u32 = 6;
/// RFC 4648.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step that an instant belongs to.
#[must_use]
pub fn step(now: DateTime<Utc>) -> i64 {
    now.timestamp().div_euclid(STEP)
}

/// The code of a step; `None` for no key.
#[must_use]
pub fn code(secret: &[u8], step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).ok()?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest.last()? & 0xF);
    let four: [u8; 4] = digest.get(offset..offset + 4)?.try_into().ok()?;
    let number = u32::from_be_bytes(four) & 0x7FFF_FFFF;
    Some(format!("{:0width$}", number % 10_u32.pow(DIGITS), width = DIGITS as usize))
}

/// The digits of a code as typed, spaces or not; `None` for anything else.
#[must_use]
pub fn digits(typed: &str) -> Option<String> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    (digits.len() == DIGITS as usize && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// The step whose code that is, if any around now; takes as long whichever it is.
#[must_use]
pub fn matching_step(secret: &[u8], digits: &str, now: DateTime<Utc>) -> Option<i64> {
    let now = step(now);
    let mut found = None;
    for step in now - SKEW..=now + SKEW {
        if bool::from(code(secret, step)?.as_bytes().ct_eq(digits.as_bytes())) {
            found = Some(step);
        }
    }
    found
}

/// Bytes as people copy them into an app.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    super::base32(bytes, ALPHABET)
}

/// The address that an app reads as a picture.
#[must_use]
pub fn address(secret: &[u8], issuer: &str, account: &str) -> String {
    let (secret, issuer, account) = (base32(secret), escape(issuer), escape(account));
    format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// The last six of the eight digits in RFC 6238, appendix B.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SECRET, step(at(seconds))).unwrap(), expected, "{seconds}");
        }
    }

    #[test]
    fn codes_are_right_a_step_before_and_after() {
        let now = at(1_234_567_890);
        let typed = code(SECRET, step(now)).unwrap();
        for (seconds, right) in [(-60, false), (-30, true), (0, true), (29, true), (30, true), (60, false)] {
            let then = now + chrono::TimeDelta::seconds(seconds);
            assert_eq!(matching_step(SECRET, &typed, then), right.then(|| step(now)), "{seconds}");
        }
        assert_eq!(matching_step(b"another secret", &typed, now), None);
        assert_eq!(matching_step(SECRET, "", now), None);
    }

    #[test]
    fn codes_are_read_as_apps_show_them() {
        assert_eq!(digits(" 123 456 ").as_deref(), Some("123456"));
        for wrong in ["", "12345", "1234567", "12345a", "\u{661}23456", "-12345"] {
            assert_eq!(digits(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_reads_whose_it_is() {
        assert_eq!(
            address(SECRET, "book.example", "Zo\u{eb} B"),
            "otpauth://totp/book.example:Zo%C3%AB%20B?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=book.example"
        );
    }
}
