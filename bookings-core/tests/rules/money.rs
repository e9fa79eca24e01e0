//! Money: minor units, shown by the currency's decimal places.

use bookings_core::{Currency, Money};

use crate::support::currency;

#[test]
fn shown() {
    let table = [
        ("TTD", 12_000, "TTD 120.00"),
        ("TTD", 5, "TTD 0.05"),
        ("TTD", 0, "TTD 0.00"),
        ("TTD", -5, "TTD -0.05"),
        ("EUR", -12_345, "EUR -123.45"),
        ("JPY", 500, "JPY 500"),
        ("JPY", -1, "JPY -1"),
        ("KWD", 1_250, "KWD 1.250"),
        ("KWD", 1, "KWD 0.001"),
        ("USD", i64::MAX, "USD 92233720368547758.07"),
        ("JPY", i64::MIN, "JPY -9223372036854775808"),
    ];
    for (code, minor, expect) in table {
        assert_eq!(Money { minor, currency: currency(code) }.to_string(), expect);
    }
}

#[test]
fn decimals_are_those_of_iso_4217() {
    for (code, decimals) in [
        ("TTD", 2),
        ("USD", 2),
        ("EUR", 2),
        ("XCD", 2),
        ("HUF", 2),
        ("IRR", 2),
        ("MGA", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("ISK", 0),
        ("XAF", 0),
        ("XOF", 0),
        ("XPF", 0),
        ("CLP", 0),
        ("UGX", 0),
        ("VND", 0),
        ("BHD", 3),
        ("IQD", 3),
        ("JOD", 3),
        ("KWD", 3),
        ("LYD", 3),
        ("OMR", 3),
        ("TND", 3),
    ] {
        assert_eq!(currency(code).decimals(), decimals, "{code}");
        assert_eq!(currency(code).to_string(), code);
    }
}

#[test]
fn only_codes_are_currencies() {
    for text in ["", "T", "TTDD", "ttd", "TT ", "D E", "XXX", "ABC", "€€", "日本"] {
        assert_eq!(Currency::parse(text), None, "{text:?}");
        assert!(serde_json::from_value::<Currency>(text.into()).is_err(), "{text:?}");
    }
    assert_eq!(serde_json::to_value(currency("TTD")).unwrap(), "TTD");
    assert_eq!(serde_json::from_str::<Currency>("\"JPY\"").unwrap(), currency("JPY"));
}

/// Of three letters, exactly the active codes: no word of the lists is cut or run together.
#[test]
fn as_many_as_iso_has() {
    let letters = || b'A'..=b'Z';
    let codes = letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| [a, b, c])));
    let known: Vec<Currency> = codes.filter_map(|code| Currency::parse(core::str::from_utf8(&code).unwrap())).collect();
    let of = |decimals| known.iter().filter(|currency| currency.decimals() == decimals).count();
    assert_eq!((of(0), of(2), of(3)), (16, known.len() - 23, 7));
    assert_eq!(known.len(), 157);
}

#[test]
fn typed_amounts_are_exact() {
    let table = [
        ("TTD", "120", Some(12_000)),
        ("TTD", " 120.5 ", Some(12_050)),
        ("TTD", "1,200.05", Some(120_005)),
        ("TTD", "-0.05", Some(-5)),
        ("TTD", "0", Some(0)),
        ("JPY", "500", Some(500)),
        ("JPY", "500.0", None),
        ("KWD", "1.25", Some(1_250)),
        ("TTD", "1.234", None),
        ("TTD", "", None),
        ("TTD", ".5", None),
        ("TTD", "-", None),
        ("TTD", "12e3", None),
        ("TTD", "٣", None),
        ("TTD", "99999999999999999999", None),
    ];
    for (code, typed, expect) in table {
        assert_eq!(currency(code).minor_units(typed), expect, "{code} {typed:?}");
    }
    for (code, minor) in [("TTD", 12_005), ("JPY", 7), ("KWD", -1_250), ("TTD", i64::MAX)] {
        let typed = currency(code).major_units(minor);
        assert_eq!(currency(code).minor_units(&typed), Some(minor), "{code} {typed}");
    }
}
