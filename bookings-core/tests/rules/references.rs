//! References: what is written is read back, however it is typed.

use bookings_core::Reference;
use proptest::prelude::*;

const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#[test]
fn written() {
    let table = [
        (0, "BK-2026-00000000"),
        (1, "BK-2026-00000001"),
        (31, "BK-2026-0000000Z"),
        (32, "BK-2026-00000010"),
        ((1 << 40) - 1, "BK-2026-ZZZZZZZZ"),
        (1 << 40, "BK-2026-00000000"),
        (u64::MAX, "BK-2026-ZZZZZZZZ"),
    ];
    for (random, expect) in table {
        assert_eq!(Reference::new(2026, random).as_str(), expect);
    }
    assert_eq!(Reference::new(987, 0).to_string(), "BK-0987-00000000");
}

/// Each five bits choose one character, and each character is chosen by one five bits: no bias.
#[test]
fn every_place_takes_every_character_once() {
    for place in 0..8 {
        let characters: String = (0..32)
            .map(|digit| Reference::new(2026, digit << (place * 5)).as_str().as_bytes()[15 - place] as char)
            .collect();
        assert_eq!(characters, ALPHABET);
    }
}

#[test]
fn read_as_typed() {
    let table = [
        ("BK-2026-7Z3K9QXA", Some("BK-2026-7Z3K9QXA")),
        (" bk-2026-7z3k9qxa\n", Some("BK-2026-7Z3K9QXA")),
        ("bk-2026-oOiIlL00", Some("BK-2026-00111100")),
        ("BK-2026-7Z3K9QXU", None),
        ("BK-2026-7Z3K9QX", None),
        ("BK-2026-7Z3K9QXAA", None),
        ("BK-226-7Z3K9QXA", None),
        ("BK-2O26-7Z3K9QXA", None),
        ("BK-+026-7Z3K9QXA", None),
        ("XK-2026-7Z3K9QXA", None),
        ("BK2026-7Z3K9QXA", None),
        ("BK-2026-7Z3-9QXA", None),
        ("BK-2026-7Z3K9Qß", None),
        ("BK-2026-７Z3K9QXA", None),
        ("BK-2026-", None),
        ("", None),
    ];
    for (typed, expect) in table {
        assert_eq!(Reference::parse(typed).as_ref().map(Reference::as_str), expect, "{typed:?}");
    }
}

proptest! {
    #[test]
    fn roundtrip(year in 1970..9999_i32, random: u64, typed in "[ \t]{0,2}", lower: bool) {
        let reference = Reference::new(year, random);
        let text = reference.to_string();
        prop_assert_eq!(text.len(), 16);
        prop_assert!(text[8..].chars().all(|c| ALPHABET.contains(c)));
        let look_alike = format!("{}{}", &text[..8], text[8..].replace('1', "l").replace('0', "O"));
        prop_assert_eq!(Reference::parse(&look_alike), Some(reference.clone()));
        let typed = format!("{typed}{}{typed}", if lower { text.to_lowercase() } else { text.clone() });
        prop_assert_eq!(Reference::parse(&typed), Some(reference));
    }

    #[test]
    fn different_bits_are_different_references(a in 0..1_u64 << 40, b in 0..1_u64 << 40) {
        prop_assert_eq!(a == b, Reference::new(2026, a) == Reference::new(2026, b));
    }

    /// Whatever is typed: nothing, or a reference that reads back as itself.
    #[test]
    fn anything_else_is_none(typed in "\\PC{0,20}|[Bb][Kk]-[0-9]{4}-\\PC{8}") {
        if let Some(reference) = Reference::parse(&typed) {
            prop_assert_eq!(Reference::parse(reference.as_str()), Some(reference));
        }
    }
}
