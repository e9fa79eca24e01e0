//! Which passwords won't do: short or endless ones, those everybody tries first, and those made of what everybody knows here.
//! No rules of composition: what is long and not known is good.

use std::collections::HashSet;
use std::sync::LazyLock;

use bookings_db::search::fold;

use super::password::{LEAST_CHARACTERS, MOST_BYTES};

/// Passwords of known breaches, the most common first thousands of the accepted length.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().filter(|line| !line.starts_with('#')).collect());

/// Words that say nothing secret here, beside the account's name and the address of the pages.
const OURS: [&str; 2] = ["bookings", "booking"];
/// Shorter words are in too many good passwords.
const LEAST_OF_WORD: usize = 3;
/// Characters that have to be left without such words.
const LEAST_LEFT: usize = 5;
/// Digits and signs at the end of a common password, as in `Password2026!`, make it no better.
const MOST_OF_TAIL: usize = 5;

/// A sentence where a new password of the account of that name won't do; `origin` is where browsers see us.
#[must_use]
pub fn unfit(password: &str, name: &str, origin: Option<&str>) -> Option<String> {
    if password.chars().count() < LEAST_CHARACTERS {
        Some(format!("A password has at least {LEAST_CHARACTERS} characters."))
    } else if password.len() > MOST_BYTES {
        Some(format!("A password has at most {MOST_BYTES} bytes."))
    } else if is_common(&password.to_lowercase()) {
        Some("This is one of the passwords that everybody tries first. A few words in a row are a good one.".into())
    } else if is_known(&fold(password), &words(name, origin.unwrap_or_default())) {
        Some("This password is little more than the account's name or the name of this place. A few other words in a row are a good one.".into())
    } else {
        None
    }
}

fn is_common(password: &str) -> bool {
    let stem = password.trim_end_matches(|c: char| !c.is_alphabetic());
    COMMON.contains(password) || (password.len() - stem.len() <= MOST_OF_TAIL && COMMON.contains(stem))
}

/// The longest first: the short ones may be parts of them.
fn words(name: &str, origin: &str) -> Vec<String> {
    let known = [name, origin].into_iter().chain(OURS).map(fold);
    let mut words: Vec<String> = known
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>())
        .filter(|word| word.chars().count() >= LEAST_OF_WORD)
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
}

fn is_known(password: &str, words: &[String]) -> bool {
    let left = words.iter().fold(password.to_owned(), |left, word| left.replace(word, ""));
    left.len() < password.len() && left.chars().filter(|c| c.is_alphanumeric()).count() < LEAST_LEFT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(password: &str) -> bool {
        unfit(password, "Zoë Kovač", Some("https://rosewood-clinic.example:8443")).is_none()
    }

    #[test]
    fn short_and_endless_passwords_are_unfit() {
        assert!(!fits("k7#pq2x"));
        assert!(fits("k7#pq2xv"));
        assert!(fits(&"\u{1F980}".repeat(8)));
        assert!(fits(&"of any length ".repeat(70)));
        assert!(!fits(&"x".repeat(MOST_BYTES + 1)));
    }

    #[test]
    fn what_everybody_tries_first_is_unfit() {
        assert!(COMMON.len() > 9_000);
        assert!(COMMON.iter().all(|one| one.len() >= LEAST_CHARACTERS && *one == one.to_lowercase()));
        for common in ["password", "PassWord", "12345678", "Password2026!", "baseball1", "sunshine!!"] {
            assert!(!fits(common), "{common}");
        }
        for fine in ["correct horse battery", "password of the sea", "sunshine 4 breakfast"] {
            assert!(fits(fine), "{fine}");
        }
    }

    #[test]
    fn what_everybody_knows_here_is_unfit() {
        for known in
            ["zoekovac", "Kovač-2026", "bookings1234", "Rosewood!clinic", "zoe@rosewood-clinic", "bookings.example"]
        {
            assert!(!fits(known), "{known}");
        }
        assert!(fits("zoe and seven geese"));
    }
}
