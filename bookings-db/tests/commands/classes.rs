//! Those who share a start leave it together, since each would meet the others where they still stand.

use bookings_core::{Booking, Client, CreateBooking, Policy, ServiceId, Status};
use bookings_db::Scope;
use bookings_db::bookings::ListQuery;
use bookings_db::selection::{Ended, Preview, Progress, Selection, What, results, select_found, select_undo};
use bookings_db::testing::each_database;
use chrono::{DateTime, TimeDelta, Utc};

use crate::selection::{chosen, load, order, preview, run};
use crate::support::{Fill, Fixture, ServiceSpec, at, cancel, changed, each, each_with, rename};

fn seat(fx: &Fixture, service_id: ServiceId, start: DateTime<Utc>, name: &str) -> Booking {
    let client = Client { name: name.into(), email: format!("{name}@example.com"), ..Client::default() };
    fx.create(&CreateBooking { service_id, client, ..fx.command(start) })
}

/// Four of the shared service at one start.
fn class(fx: &Fixture, start: DateTime<Utc>) -> Vec<Booking> {
    ["ann", "bob", "cid", "dee"].map(|name| seat(fx, fx.shared, start, name)).into()
}

fn moved(fx: &Fixture, bookings: &[Booking], minutes: i64) -> (Preview, Progress, Selection) {
    let now: Vec<Booking> = bookings.iter().map(|one| fx.stored(one)).collect();
    let selection = chosen(fx, &now, What::Move { minutes });
    let dry = preview(fx, &selection);
    let done = run(fx, &selection);
    let refused: u64 = dry.refused.values().sum();
    assert_eq!((dry.changes, dry.same, refused), (done.changed, done.same, done.refused), "as the dry run says");
    (dry, done, selection)
}

fn all(changed: u64) -> Progress {
    Progress { changed, ..Progress::default() }
}

fn starts(fx: &Fixture, bookings: &[Booking]) -> Vec<DateTime<Utc>> {
    bookings.iter().map(|one| fx.stored(one).start_at).collect()
}

fn codes(fx: &Fixture, selection: &Selection) -> Vec<String> {
    let refused = fx.store.pools.read(|conn| results(conn, selection.id, Ended::Refused, None, 99, Scope::All));
    refused.unwrap().into_iter().map(|row| row.code).collect()
}

fn undone(fx: &Fixture, selection: &Selection) -> Progress {
    let undo = select_undo(&fx.store.pools, None, &load(fx, selection.id), fx.now).unwrap().unwrap();
    let undo = load(fx, undo);
    let dry = preview(fx, &undo);
    let done = run(fx, &undo);
    assert_eq!((dry.changes, dry.refused.values().sum::<u64>()), (done.changed, done.refused), "back as rehearsed");
    done
}

#[test]
fn a_class_moves_by_less_than_its_length_and_back() {
    each(|fx| {
        let bookings = class(fx, at(10, 0));
        for minutes in [30, -15, -45, 30] {
            let (_, done, selection) = moved(fx, &bookings, minutes);
            assert_eq!(done, all(4), "{minutes}");
            fx.check();
            let there = starts(fx, &bookings);
            assert_eq!(undone(fx, &selection), all(4), "{minutes}");
            fx.check();
            assert_eq!(moved(fx, &bookings, minutes).1, all(4), "and once more");
            assert_eq!(starts(fx, &bookings), there);
        }
        assert_eq!(fx.stored(&bookings[0]).start_at, at(10, 0));
        // Nothing of how they went is left, but that they went.
        let one = fx.stored(&bookings[0]);
        assert_eq!((one.status, one.status_before_cancel), (Status::Confirmed, None));
        assert_eq!(fx.events(&one).len(), 1 + 4 * 3);
    });
}

#[test]
fn two_classes_one_behind_the_other_move_by_half_an_hour() {
    each(|fx| {
        // With their buffers, back to back.
        let length = TimeDelta::minutes(85);
        let mut bookings = class(fx, at(10, 0));
        bookings.extend(class(fx, at(10, 0) + length));
        for minutes in [30, -30] {
            assert_eq!(moved(fx, &bookings, minutes).1, all(8), "{minutes}");
            fx.check();
        }
        let single = fx.create(&fx.command(at(10, 0) + length * 2));
        let (_, done, selection) = moved(fx, &bookings, 30);
        assert_eq!(done.refused, 8, "the second is in the first one's way, and a single one in its own");
        assert_eq!(codes(fx, &selection), ["overlap"; 8]);
        changed(fx.store.cancel_booking(&single, &cancel(&single), &fx.by()));
        assert_eq!(moved(fx, &bookings, 30).1, all(8));
    });
}

#[test]
fn who_stays_is_in_the_way_of_the_others() {
    each(|fx| {
        let bookings = class(fx, at(10, 0));
        let (_, done, selection) = moved(fx, &bookings[1..], 30);
        assert_eq!((done.changed, done.refused), (0, 3), "one was not chosen");
        assert_eq!(codes(fx, &selection), ["overlap"; 3]);

        let selection = chosen(fx, &bookings, What::Move { minutes: 30 });
        changed(fx.store.edit_booking(&bookings[2], &rename(&bookings[2], "Cidney"), &fx.by()));
        assert_eq!(run(fx, &selection), Progress { refused: 4, ..all(0) });
        assert_eq!(codes(fx, &selection), ["overlap", "overlap", "stale_version", "overlap"]);
        assert_eq!(starts(fx, &bookings), [at(10, 0); 4], "all or none of them");

        // Out of the way of all others it goes as far as seats do.
        for name in 0..7 {
            seat(fx, fx.shared, at(34, 0), &format!("guest{name}"));
        }
        let (_, done, selection) = moved(fx, &bookings, 24 * 60);
        assert_eq!((done.changed, done.refused), (3, 1));
        assert_eq!(codes(fx, &selection), ["capacity_exceeded"]);
        assert_eq!(undone(fx, &selection), all(3));
    });
}

#[test]
fn what_was_taken_meanwhile_is_in_the_way_of_the_way_back() {
    each(|fx| {
        let bookings = class(fx, at(10, 0));
        let (_, done, selection) = moved(fx, &bookings, 60);
        assert_eq!(done, all(4));
        // Ends with its buffer where the class begins now, and lies where it was.
        fx.create(&fx.command(at(9, 35)));
        assert_eq!(undone(fx, &selection), Progress { refused: 4, ..all(0) });
        assert_eq!(starts(fx, &bookings), [at(11, 0); 4]);
    });
}

/// The guard asks about others of the same client near by, not about who goes along.
#[test]
fn the_duplicate_guard_meets_nobody_who_goes_along() {
    let policy = Policy { duplicate_guard_minutes: 180, ..Policy::default() };
    each_with(&policy, |fx| {
        let bookings = class(fx, at(10, 0));
        seat(fx, fx.shared, at(14, 0), "ann");
        let (_, done, selection) = moved(fx, &bookings, 75);
        assert_eq!((done.changed, done.refused), (0, 4), "one would be too near to her own");
        assert_eq!(codes(fx, &selection), ["duplicate", "overlap", "overlap", "overlap"]);
        assert_eq!(moved(fx, &bookings, 30).1, all(4));
    });
}

/// A run and a dry run read so many at a time; a class is not taken apart between them.
#[test]
fn a_class_is_whole_wherever_what_is_read_at_once_ends() {
    each_database(|db| {
        let fx = &Fixture::on(db, Policy::default());
        let large = fx.add_service(&ServiceSpec { capacity: Some(100), ..ServiceSpec::default() });
        let class: Vec<Booking> = (0..45).map(|n| seat(fx, large, at(10, 0), &format!("guest{n}"))).collect();
        // From the 981st on and from the 1,026th on, whichever end is counted from.
        let (providers, services) = ([fx.other], [fx.single]);
        for (first, from) in [(1, at(-5_000, 0)), (981, at(200, 0))] {
            let fill = Fill { bookings: 980, first, providers: &providers, services: &services, from, active: true };
            fill.run(&mut fx.store.pools.url().connect().unwrap());
        }
        for minutes in [30, -30] {
            let what = What::Move { minutes };
            let found = select_found(&fx.store.pools, None, &order(what.clone()), &ListQuery::new(Scope::All), fx.now);
            let all_of_them = load(fx, found.unwrap().unwrap());
            // None is shown: those that were filled in have no history.
            let dry = fx.store.preview(&all_of_them, &all_of_them.order, &fx.by(), 0).unwrap();
            assert_eq!((dry.changes, dry.same), (45 + 980, 0), "by {minutes}: {:?}", dry.refused);
            assert_eq!(dry.refused.values().sum::<u64>(), 980, "each once: {:?}", dry.refused);
            assert_eq!(moved(fx, &class, minutes).1, all(45));
            let few: Vec<Booking> = class.iter().take(44).cloned().collect();
            assert_eq!(moved(fx, &few, minutes).1.refused, 44, "one stays");
        }
        // More than a run reads at once, and an odd one before them.
        let mut more: Vec<Booking> = vec![seat(fx, large, at(8, 0), "early")];
        more.extend(class.iter().cloned());
        more.extend((0..30).map(|n| seat(fx, large, at(10, 0), &format!("late{n}"))));
        for minutes in [20, -20] {
            assert_eq!(moved(fx, &more, minutes).1, all(76), "by {minutes}");
        }
    });
}
