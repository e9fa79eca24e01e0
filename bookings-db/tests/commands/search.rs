//! Search: words, phone numbers, references, accents; the same answers on both databases.

use bookings_core::{Client, CreateBooking};
use bookings_db::Scope;
use bookings_db::bookings::{ListQuery, Page, Sort};
use bookings_db::search::fold;

use crate::support::{Fixture, at, changed, each, rename};

const PEOPLE: [(&str, &str, &str); 6] = [
    ("Zoë Ångström", "zoe@example.com", "+46 8 123 45 67"),
    ("Ada Lovelace", "ada.l@example.org", "(868) 555-0101"),
    ("Adam O'Brien", "ob@example.com", "868 555 0199"),
    ("李小龍", "bruce@example.hk", ""),
    ("100% Wool_Co", "", "12"),
    ("Straße Müller-Lüdenscheidt", "m@x.de", "+49 30 1"),
];

/// One booking each, in this order; answers by place. What is looked for alone is longer than three letters or has one of
/// I, L, O and U, or a reference has it now and then.
fn find(fx: &Fixture, search: &str) -> Vec<usize> {
    let query = ListQuery { search: search.into(), ..ListQuery::new(Scope::All) };
    let page = fx.store.pools.read(|conn| query.load(conn)).unwrap();
    page.rows.iter().map(|row| ((row.start_at - at(0, 0)).num_hours() / 2) as usize).collect()
}

fn people(fx: &Fixture) {
    for (place, (name, email, phone)) in PEOPLE.iter().enumerate() {
        let client = Client { name: (*name).into(), email: (*email).into(), phone: (*phone).into(), user_id: None };
        fx.create(&CreateBooking { client, ..fx.command(at(2 * place as i64, 0)) });
    }
}

#[test]
fn words_are_found_anywhere_in_any_case_and_without_accents() {
    each(|fx| {
        people(fx);
        let cases: [(&str, &[usize]); 27] = [
            ("", &[0, 1, 2, 3, 4, 5]),
            ("   ", &[0, 1, 2, 3, 4, 5]),
            ("zoe", &[0]),
            ("ZOË", &[0]),
            ("angstrom", &[0]),
            ("ngstr", &[0]),
            ("example", &[0, 1, 2, 3]),
            ("ada lovelace", &[1]),
            ("lovelace  ADA", &[1]),
            ("ada zoe", &[]),
            ("o'b", &[2]),
            ("example.com", &[0, 2]),
            ("ada.l@", &[1]),
            ("ada.l@example.org", &[1]),
            ("ada.l@example.com", &[]),
            ("zoe@example.c", &[0]),
            ("李小龍", &[3]),
            ("小龍", &[3]),
            ("龍", &[3]),
            ("100%", &[4]),
            ("wool_co", &[4]),
            ("woolxco", &[]),
            ("%", &[4]),
            ("_", &[4]),
            ("lüdenscheidt", &[5]),
            ("mu", &[5]),
            ("xyzzy", &[]),
        ];
        for (search, expected) in cases {
            assert_eq!(find(fx, search), expected, "{search:?}");
        }
    });
}

#[test]
fn a_whole_address_finds_whose_it_is_and_a_part_everybody_who_has_it() {
    each(|fx| {
        let client = |email: &str| Client { name: "Ann".into(), email: email.into(), ..Client::default() };
        for (place, email) in ["ann@example.com", "joann@example.com", "Ann@Example.com"].into_iter().enumerate() {
            fx.create(&CreateBooking { client: client(email), ..fx.command(at(2 * place as i64, 0)) });
        }
        let cases: [(&str, &[usize]); 9] = [
            ("ann@example.com", &[0, 2]),
            (" ANN@example.COM ", &[0, 2]),
            ("nn@example.com", &[0, 1, 2]),
            ("ann@example.co", &[0, 1, 2]),
            ("ann@", &[0, 1, 2]),
            ("@example.com", &[0, 1, 2]),
            ("\"ann@example.com\"", &[0, 1, 2]),
            ("ann@example.com ann", &[0, 1, 2]),
            ("ann@example.comm", &[]),
        ];
        for (search, expected) in cases {
            assert_eq!(find(fx, search), expected, "{search:?}");
        }
        // In any order, page by page, and whatever else is read of the list.
        for sort in Sort::ALL {
            let query = ListQuery { search: "ann@example.com".into(), sort, per_page: 1, ..ListQuery::new(Scope::All) };
            let in_force = fx.store.pools.read(|conn| query.sort_in_force(conn, None)).unwrap();
            assert_eq!(in_force, sort);
            let first = fx.store.pools.read(|conn| query.load(conn)).unwrap();
            let next = ListQuery { page: Page::After(first.next.unwrap()), ..query.clone() };
            let second = fx.store.pools.read(|conn| next.load(conn)).unwrap();
            assert!(second.next.is_none(), "{sort:?}");
            let whole = fx.store.pools.read(|conn| query.whole(conn, None, 10)).unwrap().0;
            let ids: Vec<_> = whole.iter().map(|booking| booking.id).collect();
            assert_eq!(ids, [first.rows[0].id, second.rows[0].id], "{sort:?}");
        }
    });
}

#[test]
fn phone_numbers_are_found_however_they_are_written() {
    each(|fx| {
        people(fx);
        for search in ["8685550101", "868-555-0101", "(868) 555 0101", "555.0101", "0101", "ada 555-0101"] {
            assert_eq!(find(fx, search), [1], "{search:?}");
        }
        assert_eq!(find(fx, "868 555"), [1, 2]);
        assert_eq!(find(fx, "+46 8 123"), [0]);
    });
}

#[test]
fn references_are_found_whole_in_part_and_misread() {
    each(|fx| {
        people(fx);
        let booking = fx.create(&fx.command(at(12, 0)));
        let reference = booking.reference.as_str();
        let (year, random) = reference.split_at(8);
        let misread = format!("{year}{}", random.to_lowercase().replace('0', "o").replace('1', "l"));
        for search in [reference, &reference.to_lowercase(), &format!("  {reference} "), &misread] {
            assert_eq!(find(fx, search), [6], "{search:?}");
        }
        assert!(find(fx, &reference[8..]).contains(&6), "the end alone");
        assert_eq!(find(fx, "bk-2026").len(), 7);
        assert_eq!(find(fx, "BK-2026-ZZZZZZZZ"), [0; 0]);
    });
}

#[test]
fn each_shape_is_looked_for_where_it_belongs() {
    each(|fx| {
        people(fx);
        let reference = fx.create(&fx.command(at(12, 0))).reference;
        let (start, misread) = (&reference.as_str()[..12], reference.as_str()[..11].to_lowercase());
        let cases: [(&str, &[usize]); 12] = [
            ("\"adam o'brien\"", &[2]),
            ("\"brien adam\"", &[]),
            ("\"ada lovelace\" example", &[1, 6]),
            ("\"müller-lü", &[5]),
            ("ad", &[1, 2, 6]),
            ("da", &[]),
            ("lo ad", &[1, 6]),
            ("o", &[2]),
            ("ZO example", &[0]),
            (start, &[6]),
            (misread.as_str(), &[6]),
            ("bk-2026-zzzzzzzu", &[]),
        ];
        for (search, expected) in cases {
            assert_eq!(find(fx, search), expected, "{search:?}");
        }
    });
}

#[test]
fn a_changed_name_is_found_and_the_old_one_is_not() {
    each(|fx| {
        let booking = fx.create(&fx.command(at(0, 0)));
        changed(fx.store.edit_booking(&booking, &rename(&booking, "Grace Hopper"), &fx.by()));
        assert_eq!(find(fx, "hopper"), [0]);
        assert_eq!(find(fx, "lovelace"), [0; 0]);
    });
}

#[test]
fn a_search_obeys_filters_order_and_pages() {
    each(|fx| {
        people(fx);
        let query = ListQuery {
            search: "example".into(),
            sort: Sort::StartAtDescending,
            per_page: 2,
            providers: vec![fx.provider],
            ..ListQuery::new(Scope::All)
        };
        let names = |query: &ListQuery| {
            let page = fx.store.pools.read(|conn| query.load(conn)).unwrap();
            let names: Vec<String> = page.rows.iter().map(|row| row.client_name.clone()).collect();
            (names, page.next)
        };
        let (first, next) = names(&query);
        assert_eq!(first, ["李小龍", "Adam O'Brien"]);
        let (second, _) = names(&ListQuery { page: Page::After(next.unwrap()), ..query.clone() });
        assert_eq!(second, ["Ada Lovelace", "Zoë Ångström"]);
        assert!(names(&ListQuery { providers: vec![fx.other], ..query }).0.is_empty());
    });
}

#[test]
fn no_search_breaks_anything() {
    each(|fx| {
        people(fx);
        let texts = [
            "\0".to_owned(),
            "ada\0lovelace".to_owned(),
            "\"".to_owned(),
            "\"\"\" OR 1=1 --".to_owned(),
            "a AND b NEAR(c)".to_owned(),
            "search_text:ada*".to_owned(),
            "!!!".to_owned(),
            "\\\\\\".to_owned(),
            "\u{301}\u{301}".to_owned(),
            "x".repeat(1_000_000),
            "ab ".repeat(100_000),
            "🛀".repeat(10_000),
            "1".repeat(100_000),
        ];
        for text in texts {
            let start: String = text.chars().take(20).collect();
            let query = ListQuery { search: text, ..ListQuery::new(Scope::All) };
            let page = fx.store.pools.read(|conn| query.load(conn));
            assert!(page.is_ok(), "{start:?}: {page:?}");
        }
        assert_eq!(find(fx, "zoe\0"), [0], "what no text has is not looked for");
    });
}

#[test]
fn folding_is_lower_case_without_accents() {
    assert_eq!(fold("Zoë ÅNGSTRÖM"), "zoe angstrom");
    assert_eq!(fold("İstanbul"), "istanbul");
    assert_eq!(fold("ﬁn ①"), "fin 1");
}
