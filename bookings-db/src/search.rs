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
    let digits: String = client.phone.chars().filter(char::is_ascii_digit).collect();
    let text = format!(" {} {} {digits} {}", client.name, client.email, booking.reference);
    fold(&text)
}

/// The folded words of what a person typed; every one of them must be found.
#[must_use]
pub(crate) fn words(query: &str) -> Vec<String> {
    let folded = fold(query);
    // A phone number typed with separators is one word.
    let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
    let only_phone = folded.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '(' | ')' | '.' | '/'));
    if only_phone && digits.len() >= 3 {
        return vec![digits];
    }
    folded.split_whitespace().map(str::to_owned).collect()
}
