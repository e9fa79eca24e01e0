//! Lists: every filter and order, pages forward and back while rows come and go, the same on both databases.

use bookings_core::{Booking, BookingId, Client, CreateBooking, Status};
use bookings_db::Scope;
use bookings_db::bookings::{Beside, Cursor, ListPage, ListQuery, ListRow, Page, Sort, spells};
use chrono::TimeDelta;

use crate::support::{Fixture, ServiceSpec, ada, at, cancel, changed, each, window};

fn load(fx: &Fixture, query: &ListQuery) -> ListPage {
    fx.store.pools.read(|conn| query.load(conn)).unwrap()
}

fn all() -> ListQuery {
    ListQuery::new(Scope::All)
}

fn named(name: &str) -> Client {
    Client { name: name.into(), ..ada() }
}

/// Five clients by name, at 1:00 to 9:00, made a minute apart in another order; two of one name.
fn five(fx: &Fixture) -> Vec<Booking> {
    let people = [("Cleo", 5), ("Ada", 9), ("Bea", 1), ("Ada", 3), ("Émile", 7)];
    people
        .iter()
        .enumerate()
        .map(|(place, (name, hour))| {
            let by = bookings_db::By::new(&fx.owner, fx.now + TimeDelta::minutes(place as i64));
            let command = CreateBooking { client: named(name), ..fx.command(at(*hour, 0)) };
            changed(fx.store.create_booking(&command, &by))
        })
        .collect()
}

fn hours(page: &ListPage) -> Vec<i64> {
    page.rows.iter().map(|row| (row.start_at - at(0, 0)).num_hours()).collect()
}

#[test]
fn what_starts_in_a_window_is_told_with_its_time_and_status() {
    each(|fx| {
        let made = five(fx);
        changed(fx.store.cancel_booking(&made[3], &cancel(&made[3]), &fx.by()));
        let told = |from, to, most| -> Vec<(i64, Status)> {
            let spells = fx.store.pools.read(|conn| spells(conn, Scope::All, window(at(from, 0), at(to, 0)), most));
            let spells = spells.unwrap().into_iter();
            spells.map(|spell| ((spell.time.start - at(0, 0)).num_hours(), spell.status)).collect()
        };
        assert_eq!(told(1, 5, 9), [(1, Status::Confirmed), (3, Status::Cancelled)], "the end is not within");
        assert_eq!(told(3, 24, 2), [(3, Status::Cancelled), (5, Status::Confirmed)], "no more than asked for");
    });
}

#[test]
fn every_order_is_an_order_and_ties_go_by_when_they_were_made() {
    each(|fx| {
        let made = five(fx);
        let mut by_reference = made.clone();
        by_reference.sort_by(|one, two| one.reference.cmp(&two.reference));
        let by_reference = by_reference.iter().map(|booking| (booking.start_at - at(0, 0)).num_hours()).collect();
        let expected = [
            (Sort::StartAt, vec![1, 3, 5, 7, 9]),
            (Sort::StartAtDescending, vec![9, 7, 5, 3, 1]),
            (Sort::CreatedAt, vec![5, 9, 1, 3, 7]),
            (Sort::CreatedAtDescending, vec![7, 3, 1, 9, 5]),
            (Sort::ClientName, vec![9, 3, 1, 5, 7]),
            (Sort::Reference, by_reference),
        ];
        assert_eq!(expected.len(), Sort::ALL.len());
        for (sort, expected) in expected {
            assert_eq!(hours(&load(fx, &ListQuery { sort, ..all() })), expected, "{}", sort.as_str());
            assert_eq!(Sort::parse(sort.as_str()), Some(sort));
        }
    });
}

#[test]
fn a_row_shows_what_the_booking_is() {
    each(|fx| {
        let booking = fx.create(&fx.party(at(10, 0), 3));
        let page = load(fx, &all());
        let row = &page.rows[0];
        assert_eq!((row.id, &row.reference, row.tenant_id), (booking.id, &booking.reference, None));
        assert_eq!((row.service_id, row.provider_id), (booking.service_id, booking.provider_id));
        assert_eq!((&row.client_name, &row.client_phone), (&booking.client.name, &booking.client.phone));
        assert_eq!((row.start_at, row.end_at, row.created_at), (booking.start_at, booking.end_at, booking.created_at));
        assert_eq!((row.status, row.party_size, row.version), (booking.status, 3, 1));
        assert_eq!((page.previous.is_none(), page.next.is_none()), (true, true));
    });
}

#[test]
fn filters_are_any_of_one_kind_and_all_of_different_kinds() {
    each(|fx| {
        let third = fx.add_service(&ServiceSpec::default());
        fx.create(&fx.command(at(1, 0)));
        let gone = fx.create(&fx.command(at(3, 0)));
        changed(fx.store.cancel_booking(&gone, &cancel(&gone), &fx.by()));
        fx.create(&CreateBooking { service_id: fx.approved, ..fx.command(at(5, 0)) });
        fx.create(&CreateBooking { provider_id: fx.other, ..fx.command(at(7, 0)) });
        fx.create(&CreateBooking { provider_id: fx.other, service_id: third, ..fx.command(at(9, 0)) });
        let check = |query: ListQuery, expected: &[i64]| {
            assert_eq!(hours(&load(fx, &query)), expected, "{query:?}");
        };
        check(ListQuery { statuses: vec![Status::Cancelled], ..all() }, &[3]);
        check(ListQuery { statuses: vec![Status::Cancelled, Status::Pending], ..all() }, &[3, 5]);
        check(ListQuery { statuses: vec![Status::NoShow], ..all() }, &[]);
        check(ListQuery { providers: vec![fx.other], ..all() }, &[7, 9]);
        check(ListQuery { providers: vec![fx.other, fx.provider], ..all() }, &[1, 3, 5, 7, 9]);
        check(ListQuery { services: vec![third, fx.approved], ..all() }, &[5, 9]);
        check(ListQuery { services: vec![third], providers: vec![fx.provider], ..all() }, &[]);
        let other_confirmed = ListQuery { providers: vec![fx.other], statuses: vec![Status::Confirmed], ..all() };
        check(other_confirmed.clone(), &[7, 9]);
        check(ListQuery { from: Some(at(8, 0)), ..other_confirmed }, &[9]);
        // From is in, until is not.
        check(all().starting_in(window(at(3, 0), at(7, 0))), &[3, 5]);
        check(ListQuery { from: Some(at(9, 0)), ..all() }, &[9]);
        check(ListQuery { until: Some(at(3, 0)), sort: Sort::ClientName, ..all() }, &[1]);
    });
}

#[test]
fn pages_join_without_gap_or_repetition_both_ways_in_every_order() {
    each(|fx| {
        // Nine rows of three names, three creation times: plenty of ties.
        for number in 0..9_i64 {
            let by = bookings_db::By::new(&fx.owner, fx.now + TimeDelta::minutes(number / 3));
            let client = named(["Bea", "Ada", "Cleo"][number as usize % 3]);
            let command = CreateBooking { client, ..fx.party(at(2 * (number / 2), 0), 1) };
            changed(fx.store.create_booking(&command, &by));
        }
        for sort in Sort::ALL {
            let whole = load(fx, &ListQuery { sort, ..all() }).rows;
            assert_eq!(whole.len(), 9);
            for per_page in [1, 2, 4, 9, 10] {
                let query = ListQuery { sort, per_page, ..all() };
                let mut pages = vec![load(fx, &query)];
                while let Some(next) = pages[pages.len() - 1].next.clone() {
                    pages.push(load(fx, &ListQuery { page: Page::After(next), ..query.clone() }));
                }
                let forward: Vec<_> = pages.iter().flat_map(|page| page.rows.clone()).collect();
                assert_eq!(forward, whole, "{} by {per_page}", sort.as_str());
                let mut page = pages.pop().unwrap();
                while let Some(previous) = page.previous {
                    page = load(fx, &ListQuery { page: Page::Before(previous), ..query.clone() });
                    assert_eq!(page.rows, pages.pop().unwrap().rows, "{} by {per_page} backwards", sort.as_str());
                }
                assert!(pages.is_empty(), "the first page is reached");
            }
        }
    });
}

#[test]
fn days_hold_wherever_the_cursor_is() {
    each(|fx| {
        let made: Vec<BookingId> = (0..6).map(|number| fx.create(&fx.command(at(24 * number, 0))).id).collect();
        let days = all().starting_in(window(at(48, 0), at(96, 0)));
        let ends = load(fx, &all()).rows;
        let cursors = [&ends[0], &ends[5]].map(|row| row.cursor(Sort::StartAt));
        for (sort, [before_the_days, behind_them]) in [(Sort::StartAt, [0, 1]), (Sort::StartAtDescending, [1, 0])]
            .map(|(sort, places)| (sort, places.map(|at| cursors[at].clone())))
        {
            let ids = |page| -> Vec<BookingId> {
                let mut rows = load(fx, &ListQuery { sort, page, ..days.clone() }).rows;
                rows.sort_by_key(|row| row.start_at);
                rows.iter().map(|row| row.id).collect()
            };
            for (page, expected) in [
                (Page::After(before_the_days.clone()), &made[2..4]),
                (Page::Before(behind_them.clone()), &made[2..4]),
                (Page::After(behind_them), &made[..0]),
                (Page::Before(before_the_days), &made[..0]),
            ] {
                assert_eq!(ids(page.clone()), expected, "{}: {page:?}", sort.as_str());
            }
        }
    });
}

#[test]
fn rows_that_come_and_go_move_nobody_elses_page() {
    each(|fx| {
        let rows = |hours: &[i64]| {
            for hour in hours {
                fx.create(&fx.command(at(*hour, 0)));
            }
        };
        rows(&[2, 6, 10, 14, 18, 22]);
        let query = ListQuery { per_page: 2, ..all() };
        let first = load(fx, &query);
        let next = first.next.clone().unwrap();
        let second = load(fx, &ListQuery { page: Page::After(next.clone()), ..query.clone() });
        assert_eq!(hours(&second), [10, 14]);
        // One comes before it, and the very row the cursor points at goes.
        rows(&[4]);
        let at_cursor = first.rows[1].id;
        let which = at_cursor.into();
        let booking =
            fx.store.pools.read(|conn| bookings_db::bookings::find(conn, &which, Scope::All)).unwrap().unwrap();
        let away = crate::support::move_to(&booking, at(40, 0));
        changed(fx.store.reschedule_booking(at_cursor, &away, &fx.by()));
        let again = load(fx, &ListQuery { page: Page::After(next), ..query.clone() });
        assert_eq!(hours(&again), [10, 14]);
        let before = load(fx, &ListQuery { page: Page::Before(again.previous.unwrap()), ..query });
        assert_eq!(hours(&before), [2, 4]);
    });
}

#[test]
fn a_page_that_has_emptied_still_leads_on() {
    each(|fx| {
        let bookings = [fx.create(&fx.command(at(2, 0))), fx.create(&fx.command(at(6, 0)))];
        let query = ListQuery { per_page: 1, ..all() };
        let first = load(fx, &query);
        let next = first.next.unwrap();
        let second = load(fx, &ListQuery { page: Page::After(next.clone()), ..query.clone() });
        let previous = second.previous.unwrap();
        let of_confirmed = ListQuery { statuses: vec![Status::Confirmed], ..query };
        for booking in &bookings {
            changed(fx.store.cancel_booking(booking, &cancel(booking), &fx.by()));
        }
        let after = load(fx, &ListQuery { page: Page::After(next), ..of_confirmed.clone() });
        assert!(after.rows.is_empty() && after.previous.is_some() && after.next.is_none());
        let before = load(fx, &ListQuery { page: Page::Before(previous), ..of_confirmed });
        assert!(before.rows.is_empty() && before.previous.is_none() && before.next.is_some());
    });
}

#[test]
fn a_page_has_between_one_and_two_hundred_rows() {
    each(|fx| {
        fx.create(&fx.command(at(2, 0)));
        fx.create(&fx.command(at(6, 0)));
        for (asked, rows) in [(0, 1), (1, 1), (u32::MAX, 2)] {
            assert_eq!(load(fx, &ListQuery { per_page: asked, ..all() }).rows.len(), rows, "{asked} a page");
        }
    });
}

#[test]
fn a_cursor_survives_its_text_and_garbage_is_none() {
    each(|fx| {
        five(fx);
        for sort in Sort::ALL {
            let next = load(fx, &ListQuery { sort, per_page: 2, ..all() }).next.unwrap();
            assert_eq!(Cursor::decode(&next.encode()), Some(next.clone()));
            for other in Sort::ALL {
                let same_kind = |sort: Sort| matches!(sort, Sort::ClientName | Sort::Reference);
                assert_eq!(other.fits(&next), same_kind(sort) == same_kind(other));
            }
        }
    });
    let crafted = |json: &str| {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json)
    };
    let garbage = ["", "x", "null", "e30", "🛀", "AAAA", "%00", "eyJrZXkiOnsidCI6MX0sInNlcSI6MX0x"].map(String::from);
    let long = "A".repeat(1_000_000);
    let impossible = [
        r#"{"key":{"s":"a\u0000b"},"seq":1}"#,
        r#"{"key":{"t":9223372036854775807},"seq":1}"#,
        r#"{"key":{"t":-9223372036854775808},"seq":1}"#,
        r#"{"key":{"t":-8334601228800000000},"seq":1}"#,
        r#"{"key":{"t":1.5},"seq":1}"#,
        r#"{"key":{"t":1},"seq":99999999999999999999}"#,
    ]
    .map(crafted);
    for text in garbage.into_iter().chain([long]).chain(impossible) {
        assert_eq!(Cursor::decode(&text), None, "{}", text.chars().take(80).collect::<String>());
    }
}

#[test]
fn dates_no_calendar_has_find_nothing_or_everything() {
    use chrono::{DateTime, Utc};
    each(|fx| {
        fx.create(&fx.command(at(2, 0)));
        let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
        assert_eq!(load(fx, &all().starting_in(window(first, last))).rows.len(), 1);
        assert_eq!(load(fx, &all().starting_in(window(last, first))).rows.len(), 0);
    });
}

/// What the list must find, by looking at every row.
fn naively(rows: &[ListRow], made: &[BookingId], query: &ListQuery) -> Vec<ListRow> {
    let any = |chosen: bool, empty: bool| chosen || empty;
    let mut found: Vec<ListRow> = rows
        .iter()
        .filter(|row| any(query.statuses.contains(&row.status), query.statuses.is_empty()))
        .filter(|row| any(query.providers.contains(&row.provider_id), query.providers.is_empty()))
        .filter(|row| any(query.services.contains(&row.service_id), query.services.is_empty()))
        .filter(|row| query.from.is_none_or(|from| row.start_at >= from))
        .filter(|row| query.until.is_none_or(|until| row.start_at < until))
        .filter(|row| query.search.is_empty() || row.client_name.to_lowercase().contains(&query.search))
        .cloned()
        .collect();
    found.sort_by(|one, two| {
        let order = match query.sort {
            Sort::StartAt | Sort::StartAtDescending => one.start_at.cmp(&two.start_at),
            Sort::CreatedAt | Sort::CreatedAtDescending => one.created_at.cmp(&two.created_at),
            Sort::ClientName => one.client_name.cmp(&two.client_name),
            Sort::Reference => one.reference.as_str().cmp(two.reference.as_str()),
        };
        let place = |row: &ListRow| made.iter().position(|id| *id == row.id);
        order.then(place(one).cmp(&place(two)))
    });
    if matches!(query.sort, Sort::StartAtDescending | Sort::CreatedAtDescending) {
        found.reverse();
    }
    found
}

#[test]
fn any_filters_under_any_order_find_what_looking_at_every_row_finds() {
    each(|fx| {
        let providers = [fx.provider, fx.other, fx.add_provider(None, true)];
        let services = [fx.single, fx.approved, fx.shared];
        let mut order = Vec::new();
        for number in 0..60_i64 {
            let by = bookings_db::By::new(&fx.owner, fx.now + TimeDelta::minutes(number * 7 % 11));
            let mut command = fx.command(at(2 * (number % 23) + 48 * (number / 23), 0));
            command.provider_id = providers[(number % 3) as usize];
            command.service_id = services[(number * number % 3) as usize];
            command.client = named(["Bea", "Ada", "Cleo", "Dora"][(number * 5 % 4) as usize]);
            let made = changed(fx.store.create_booking(&command, &by));
            order.push(made.id);
            if number % 5 == 0 {
                changed(fx.store.cancel_booking(&made, &cancel(&made), &by));
            }
        }
        let rows = load(fx, &ListQuery { per_page: 200, ..all() }).rows;
        assert!(rows.len() > 40, "{}", rows.len());
        let statuses =
            [vec![], vec![Status::Pending], vec![Status::Cancelled, Status::Confirmed], Status::ALL.to_vec()];
        let chosen = [vec![], vec![0], vec![2, 0]];
        let dates = [(None, None), (Some(at(10, 0)), Some(at(60, 0))), (None, Some(at(30, 0)))];
        for sort in Sort::ALL {
            for (place, statuses) in statuses.iter().enumerate() {
                for (of_provider, of_service) in (0..9).map(|pair| (pair % 3, pair / 3)) {
                    let (from, until) = dates[(place + of_provider + of_service) % 3];
                    // No reference has an L or an O in it.
                    let search = if (place + of_service) % 4 == 1 { "cleo" } else { "" };
                    let query = ListQuery {
                        statuses: statuses.clone(),
                        providers: chosen[of_provider].iter().map(|place| providers[*place]).collect(),
                        services: chosen[of_service].iter().map(|place: &usize| services[*place]).collect(),
                        from,
                        until,
                        search: search.into(),
                        sort,
                        per_page: 7,
                        ..all()
                    };
                    same(fx, &query, &naively(&rows, &order, &query));
                }
            }
        }
    });
}

/// Every page of the list forwards and the last but one backwards, its count, and its facets.
fn same(fx: &Fixture, query: &ListQuery, expected: &[ListRow]) {
    // As little as it is, and as if it were much.
    for count in [None, Some(u64::MAX)] {
        let load = |query: &ListQuery| fx.store.pools.read(|conn| query.load_counted(conn, count)).unwrap();
        let (mut found, mut page) = (Vec::new(), load(query));
        loop {
            found.extend(page.rows.clone());
            assert!(found.len() <= expected.len(), "{count:?}, too many: {query:?}");
            let Some(next) = page.next else { break };
            page = load(&ListQuery { page: Page::After(next), ..query.clone() });
        }
        assert_eq!(found, expected, "{count:?}: {query:?}");
        if let Some(previous) = page.previous {
            let before = load(&ListQuery { page: Page::Before(previous), ..query.clone() }).rows;
            let last = (expected.len() - 1) / 7 * 7;
            assert_eq!(before, expected[last - 7..last], "{count:?}, backwards: {query:?}");
        }
    }
    let count = fx.store.pools.read(|conn| query.count(conn)).unwrap();
    assert_eq!(count, Some(expected.len() as u64).filter(|_| query.search.is_empty()), "{query:?}");
    let both = Beside { providers: true, services: true };
    if let Some(facets) = fx.store.pools.read(|conn| query.facets(conn, both)).unwrap() {
        for beside in [(false, false), (true, false), (false, true)] {
            let beside = Beside { providers: beside.0, services: beside.1 };
            let fewer = fx.store.pools.read(|conn| query.facets(conn, beside)).unwrap().unwrap();
            let mut expected = facets.clone();
            expected.providers.retain(|_, _| beside.providers);
            expected.services.retain(|_, _| beside.services);
            assert_eq!(fewer, expected, "{beside:?} of {query:?}");
        }
        let with = |count: usize| Some(count as u64).filter(|count| *count > 0);
        let open = ListQuery { statuses: vec![], ..query.clone() };
        for status in Status::ALL {
            let of = load(fx, &ListQuery { statuses: vec![status], per_page: 200, ..open.clone() }).rows.len();
            assert_eq!(facets.statuses.get(&status).copied(), with(of), "{status:?} of {query:?}");
        }
        let open = ListQuery { providers: vec![], ..query.clone() };
        for id in [fx.provider, fx.other] {
            let of = load(fx, &ListQuery { providers: vec![id], per_page: 200, ..open.clone() }).rows.len();
            assert_eq!(facets.providers.get(&id.0).copied(), with(of), "{id} of {query:?}");
        }
        let open = ListQuery { services: vec![], ..query.clone() };
        for id in [fx.single, fx.approved, fx.shared] {
            let of = load(fx, &ListQuery { services: vec![id], per_page: 200, ..open.clone() }).rows.len();
            assert_eq!(facets.services.get(&id.0).copied(), with(of), "{id} of {query:?}");
        }
    }
}

#[test]
fn facets_are_counted_of_a_week_and_of_nothing_larger() {
    each(|fx| {
        fx.create(&fx.command(at(2, 0)));
        let beside = Beside { providers: true, services: true };
        let facets = |query: &ListQuery| fx.store.pools.read(|conn| query.facets(conn, beside)).unwrap();
        let week = all().starting_in(window(at(0, 0), at(7 * 24, 0)));
        assert_eq!(facets(&week).unwrap().statuses.get(&Status::Confirmed), Some(&1));
        for none in [
            all(),
            ListQuery { until: None, ..week.clone() },
            all().starting_in(window(at(0, 0), at(9 * 24, 0))),
            ListQuery { search: "ada".into(), ..week },
        ] {
            assert_eq!(facets(&none), None, "{none:?}");
        }
    });
}
