//! The text a booking is found by: folded once in Rust, so that both databases find the same.

use bookings_core::Booking;
use chrono::{DateTime, Utc};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::clients::ClientKey;

/// Lower case without accents: `Zoë Ångström` is `zoe angstrom`.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Name, e-mail, phone digits and reference, folded, each with a space before it so that a word's beginning can be found.
pub(crate) fn search_text(booking: &Booking) -> String {
    let client = &booking.client;
    let text = format!(" {} {} {} {}", client.name, client.email, digits(&client.phone), booking.reference);
    fold(&text)
}

/// SQLite numbers what is searched by the minute of its start, then by `seq` below this: the order of lists by start, but for
/// what starts within a minute.
pub(crate) const PLACES: i64 = 1 << 31;

/// The minute of a start in microseconds, towards 1970, as SQLite divides.
pub(crate) const fn minute(micros: i64) -> i64 {
    micros / 60_000_000
}

/// Where SQLite's index has a booking.
pub(crate) const fn search_place(start: DateTime<Utc>, seq: i64) -> i64 {
    minute(start.timestamp_micros()).wrapping_mul(PLACES).wrapping_add(seq)
}

/// More words than anybody types, and longer ones than any text has: the rest is not looked for.
const MOST_WORDS: usize = 16;
const LONGEST_WORD: usize = 255;

/// Something that must be found in a booking's search text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Anywhere.
    Part(String),
    /// At the beginning of a word: one or two letters are in too many texts to mean anything else.
    Beginning(String),
    /// The beginning of a reference, in its own spelling.
    Reference(String),
}

/// What a person typed, folded; all of it must be found. Words in quotes stay together.
#[must_use]
pub(crate) fn wanted(query: &str) -> Vec<Wanted> {
    // What no text can hold is no part of a word; nor is more than a form takes.
    let typed: String = query.chars().filter(|c| *c != '\0').take(MOST_WORDS * LONGEST_WORD).collect();
    let folded = fold(&typed);
    if is_phone(&folded) {
        return vec![Wanted::Part(digits(&folded).chars().take(LONGEST_WORD).collect())];
    }
    let mut all = Vec::new();
    for (place, piece) in folded.split('"').enumerate() {
        // Behind an odd quote up to the next one, or to the end where it is not closed.
        let phrase = place % 2 == 1;
        if phrase && piece.split_whitespace().nth(1).is_some() {
            let together = piece.split_whitespace().collect::<Vec<_>>().join(" ");
            all.push(Wanted::Part(together.chars().take(LONGEST_WORD).collect()));
        } else {
            all.extend(piece.split_whitespace().map(shape));
        }
    }
    if all.is_empty() && folded.contains('"') {
        all.push(Wanted::Part("\"".into()));
    }
    all.truncate(MOST_WORDS);
    all
}

/// The address, where nothing but a whole one was typed.
pub(crate) fn whole_email(query: &str) -> Option<ClientKey> {
    let typed = query.trim();
    let (name, host) = typed.split_once('@')?;
    let inside = host.len() > 2 && host.get(1..host.len() - 1).is_some_and(|inside| inside.contains('.'));
    let plain = !typed.contains(|c: char| c.is_whitespace() || c == '"');
    ClientKey::parse(typed).filter(|_| plain && inside && !name.is_empty() && !host.contains('@'))
}

fn shape(word: &str) -> Wanted {
    if is_phone(word) {
        return Wanted::Part(digits(word));
    }
    if let Some(reference) = reference_start(word) {
        return Wanted::Reference(reference);
    }
    let word: String = word.chars().take(LONGEST_WORD).collect();
    match word.len() <= 2 && word.chars().all(|c| c.is_ascii_alphanumeric()) {
        true => Wanted::Beginning(word),
        false => Wanted::Part(word),
    }
}

/// The beginning of a reference with enough of its random part to be rare: `bk-2026-7z3`, look-alikes read as digits.
fn reference_start(word: &str) -> Option<String> {
    let (year, random) = word.strip_prefix("bk-")?.split_once('-')?;
    let whole = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let fits = (2..=8).contains(&random.len()) && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let digit = |c: char| match c.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    (whole && fits).then(|| format!("BK-{year}-{}", random.chars().map(digit).collect::<String>()))
}

/// A phone number typed with separators is found by its digits.
fn is_phone(text: &str) -> bool {
    digits(text).len() >= 3
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '(' | ')' | '.' | '/'))
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
