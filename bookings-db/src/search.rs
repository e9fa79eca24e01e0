//! The text a booking is found by: folded once in Rust, so that both databases find the same.

use bookings_core::Booking;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

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

/// More words than anybody types, and longer ones than any text has: the rest is not looked for.
const MOST_WORDS: usize = 16;
const LONGEST_WORD: usize = 255;

/// The folded words of what a person typed; every one of them must be found.
#[must_use]
pub(crate) fn words(query: &str) -> Vec<String> {
    // What no text can hold is no part of a word; nor is more than a form takes.
    let typed: String = query.chars().filter(|c| *c != '\0').take(MOST_WORDS * LONGEST_WORD).collect();
    let folded = fold(&typed);
    if is_phone(&folded) {
        return vec![digits(&folded).chars().take(LONGEST_WORD).collect()];
    }
    let word = |word: &str| if is_phone(word) { digits(word) } else { word.chars().take(LONGEST_WORD).collect() };
    folded.split_whitespace().take(MOST_WORDS).map(word).collect()
}

/// A phone number typed with separators is found by its digits.
fn is_phone(text: &str) -> bool {
    digits(text).len() >= 3
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '(' | ')' | '.' | '/'))
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
