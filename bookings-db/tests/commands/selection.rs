//! Many bookings under one verb: rehearsed, carried out once, stopped and taken up, taken back.

use std::collections::{BTreeMap, BTreeSet};

use bookings_core::{Booking, BookingId, Client, CreateBooking, Overrides, Policy, Reference, Status};
use bookings_db::bookings::ListQuery;
use bookings_db::migrate::{migrate, revert_to};
use bookings_db::selection::{
    self, Ended, Order, Preview, Progress, Selection, State, Verdict, What, begin, progress, results, select_found,
    select_listed, select_undo, selection_of, stop,
};
use bookings_db::testing::each_database;
use bookings_db::{By, Scope};
use chrono::TimeDelta;
use uuid::Uuid;

use crate::support::{
    AddonSpec, Fill, Fixture, SPACING_HOURS, ServiceSpec, at, cancel, changed, each, each_with, rename,
};

const ZONE: chrono_tz::Tz = chrono_tz::UTC;

pub fn order(what: What) -> Order {
    Order { what, overrides: Overrides::default() }
}

pub fn load(fx: &Fixture, id: Uuid) -> Selection {
    fx.store.pools.read(|conn| selection_of(conn, id, None)).unwrap().unwrap()
}

pub fn chosen(fx: &Fixture, bookings: &[Booking], what: What) -> Selection {
    let references: Vec<Reference> = bookings.iter().map(|one| one.reference.clone()).collect();
    load(fx, select_listed(&fx.store.pools, None, &order(what), &references, Scope::All, fx.now).unwrap())
}

pub fn preview(fx: &Fixture, selection: &Selection) -> Preview {
    fx.store.preview(selection, &selection.order, &fx.by(), 10).unwrap()
}

pub fn run(fx: &Fixture, selection: &Selection) -> Progress {
    assert!(begin(&fx.store.pools, selection, &selection.order, None, fx.now).unwrap());
    assert!(fx.store.run_selection(selection.id, None, &fx.by(), ZONE, || fx.now).unwrap());
    fx.store.pools.read(|conn| progress(conn, selection.id)).unwrap()
}

fn three(fx: &Fixture) -> Vec<Booking> {
    [0, 1, 2].map(|hour| fx.create(&fx.command(at(hour * 2, 0)))).into()
}

#[test]
fn a_dry_run_says_what_the_run_then_does() {
    each(|fx| {
        let bookings = three(fx);
        changed(fx.store.cancel_booking(&bookings[1], &cancel(&bookings[1]), &fx.by()));
        let selection = chosen(fx, &bookings, What::Cancel { reason: "Closed".into() });
        let dry = preview(fx, &selection);
        assert_eq!((dry.changes, dry.same, dry.refused.len()), (2, 1, 0));
        assert_eq!(fx.stored(&bookings[0]).status, Status::Confirmed, "nothing is written");
        let done = run(fx, &selection);
        assert_eq!(done, Progress { changed: 2, same: 1, refused: 0 });
        let events = fx.events(&bookings[0]);
        assert_eq!(events.last().unwrap().data.batch_id, Some(selection.id));
        fx.check();
    });
}

/// Terms, buffers, seats, clients: whatever refuses in the run is read for the dry run.
#[test]
fn a_dry_run_knows_all_that_the_run_looks_at() {
    let policy = Policy { duplicate_guard_minutes: 60, ..Policy::default() };
    each_with(&policy, |fx| {
        let strict = fx.add_service(&ServiceSpec { allowed: false, ..ServiceSpec::default() });
        let long_notice = fx.add_service(&ServiceSpec { notice: 60 * 24 * 365, ..ServiceSpec::default() });
        let of = |service_id, start| CreateBooking { service_id, ..fx.command(start) };
        let seat = |provider_id, start, name: &str, party_size| CreateBooking {
            provider_id,
            client: Client { name: name.into(), email: format!("{name}@example.com"), ..Client::default() },
            party_size,
            ..of(fx.shared, start)
        };
        let bookings = [
            of(strict, at(0, 0)),
            of(long_notice, at(4, 0)),
            of(fx.single, at(9, 40)),
            // Of one client at one start with two providers, and two parties that are too many for one.
            seat(fx.provider, at(20, 0), "ann", 1),
            seat(fx.other, at(20, 0), "ann", 1),
            seat(fx.provider, at(24, 0), "bob", 6),
            seat(fx.other, at(24, 0), "eve", 7),
        ]
        .map(|command| fx.create(&command));
        // Not among them, and in the way of the one before by its buffers, a quarter of an hour later.
        fx.create(&of(fx.single, at(11, 15)));
        let mut codes = BTreeSet::new();
        for what in [
            What::Move { minutes: 15 },
            What::Move { minutes: -120 },
            What::Move { minutes: 120 },
            What::Reassign { provider_id: Some(fx.other) },
            What::Complete,
            What::NoShow,
            What::Confirm,
            What::Cancel { reason: "Closed".into() },
        ] {
            let selection = chosen(fx, &bookings, what.clone());
            let dry = preview(fx, &selection);
            let mut said: BTreeMap<BookingId, String> = BTreeMap::new();
            for row in &dry.rows {
                if let Verdict::Refused(why) = &row.verdict {
                    said.insert(row.booking.id, why[0].code.as_str().into());
                }
            }
            let done = run(fx, &selection);
            assert_eq!((dry.changes, dry.same), (done.changed, done.same), "{what:?}");
            let refused = fx.store.pools.read(|conn| results(conn, selection.id, Ended::Refused, None, 10, Scope::All));
            let came: BTreeMap<BookingId, String> =
                refused.unwrap().into_iter().map(|row| (row.booking.unwrap().id, row.code)).collect();
            assert_eq!(said, came, "{what:?}");
            codes.extend(came.into_values());
        }
        let all = [
            "cancellation_not_allowed",
            "cancellation_notice",
            "capacity_exceeded",
            "duplicate",
            "overlap",
            "reschedule_not_allowed",
            "reschedule_notice",
        ];
        for code in all {
            assert!(codes.contains(code), "nothing was refused for {code}: {codes:?}");
        }
    });
}

/// Chosen by an older program, which kept ids, and carried out by this one.
#[test]
fn a_selection_lives_through_an_update() {
    each(|fx| {
        let bookings = three(fx);
        let selection = chosen(fx, &bookings, What::Note { message: "hello".into() });
        let mut conn = fx.store.pools.url().connect().unwrap();
        revert_to(&mut conn, "00000000000070").unwrap();
        migrate(&mut conn).unwrap();
        assert_eq!(preview(fx, &selection).changes, 3);
        assert_eq!(run(fx, &selection), Progress { changed: 3, same: 0, refused: 0 });
        let rows = fx.store.pools.read(|conn| results(conn, selection.id, Ended::Changed, None, 10, Scope::All));
        let rows: Vec<Option<BookingId>> = rows.unwrap().into_iter().map(|row| Some(row.booking?.id)).collect();
        assert_eq!(rows, bookings.iter().map(|booking| Some(booking.id)).collect::<Vec<_>>());
    });
}

#[test]
fn what_changed_since_it_was_chosen_is_refused() {
    each(|fx| {
        let bookings = three(fx);
        let selection = chosen(fx, &bookings, What::Cancel { reason: "Closed".into() });
        changed(fx.store.edit_booking(&bookings[2], &rename(&bookings[2], "Eve"), &fx.by()));
        let dry = preview(fx, &selection);
        assert_eq!(dry.refused.get("stale_version"), Some(&1));
        assert!(matches!(dry.rows[0].verdict, Verdict::Refused(_)), "refusals come first");
        assert_eq!(run(fx, &selection), Progress { changed: 2, same: 0, refused: 1 });
        let refused = fx.store.pools.read(|conn| results(conn, selection.id, Ended::Refused, None, 10, Scope::All));
        let refused = refused.unwrap();
        assert_eq!((refused.len(), refused[0].code.as_str()), (1, "stale_version"));
        assert!(refused[0].message.ends_with('.'), "{}", refused[0].message);
    });
}

#[test]
fn a_row_of_neighbours_moves_together_and_back() {
    each(|fx| {
        // Back to back with their buffers: every one moves into the time of the next.
        let gap = fx.create(&fx.command(at(0, 0))).busy();
        let length = gap.end - gap.start;
        let mut bookings = vec![];
        for n in 1..4 {
            bookings.push(fx.create(&fx.command(at(0, 0) + length * n)));
        }
        for minutes in [length.num_minutes(), -length.num_minutes()] {
            let now: Vec<Booking> = bookings.iter().map(|one| fx.stored(one)).collect();
            let selection = chosen(fx, &now, What::Move { minutes });
            let dry = preview(fx, &selection);
            assert_eq!((dry.changes, dry.refused.len()), (3, 0), "{minutes}: {dry:?}");
            assert_eq!(run(fx, &selection), Progress { changed: 3, same: 0, refused: 0 }, "{minutes}");
        }
        assert_eq!(fx.stored(&bookings[0]).start_at, bookings[0].start_at);
        fx.check();
    });
}

#[test]
fn two_that_want_the_same_time_are_told_before() {
    each(|fx| {
        let one = fx.create(&fx.command(at(0, 0)));
        let mut other = fx.command(at(0, 0));
        other.provider_id = fx.other;
        let other = fx.create(&other);
        let third = fx.add_provider(None, true);
        let selection = chosen(fx, &[one, other], What::Reassign { provider_id: Some(third) });
        let dry = preview(fx, &selection);
        assert_eq!((dry.changes, dry.refused.get("overlap")), (1, Some(&1)));
        assert_eq!(run(fx, &selection), Progress { changed: 1, same: 0, refused: 1 });
    });
}

/// Add-ons are not read for a dry run, and their time counts all the same.
#[test]
fn what_add_ons_take_is_in_the_way_in_a_dry_run_too() {
    each(|fx| {
        let hour = fx.add_addon(&AddonSpec { minutes: 60, ..AddonSpec::default() });
        let long = fx.create(&CreateBooking { addon_ids: vec![hour], ..fx.command(at(0, 0)) });
        fx.create(&fx.command(at(12, 0)));
        // The other one's buffer begins before it.
        let gap = (at(12, 0) - long.end_at).num_minutes();
        for (minutes, refused) in [(gap - 30, 0), (gap - 20, 1), (gap, 1)] {
            let selection = chosen(fx, std::slice::from_ref(&long), What::Move { minutes });
            let dry = preview(fx, &selection);
            assert_eq!(dry.refused.get("overlap").copied().unwrap_or(0), refused, "by {minutes} minutes");
            let [row] = dry.rows.as_slice() else { panic!("{dry:?}") };
            assert_eq!(row.booking, fx.stored(&long), "shown whole");
        }
    });
}

#[test]
fn a_form_sent_twice_runs_once_and_a_lost_run_is_taken_up() {
    each(|fx| {
        let bookings = three(fx);
        let selection = chosen(fx, &bookings, What::Note { message: "Storm".into() });
        let pools = &fx.store.pools;
        assert!(begin(pools, &selection, &selection.order, None, fx.now).unwrap());
        assert!(!begin(pools, &selection, &selection.order, None, fx.now).unwrap(), "seen before it began");
        let running = load(fx, selection.id);
        assert!(!begin(pools, &running, &running.order, None, fx.now).unwrap(), "under way");
        // One row was done, and its process died before it could say so.
        let by = By { batch_id: Some(selection.id), ..fx.by() };
        let deed = selection.order.what.deed(&bookings[0], 1, &Overrides::default()).unwrap();
        changed(fx.store.carry_out(bookings[0].id, &deed, &by));
        let later = fx.now + TimeDelta::minutes(1);
        assert!(running.is_lost(later) && begin(pools, &running, &running.order, None, later).unwrap());
        assert!(fx.store.run_selection(selection.id, None, &fx.by(), ZONE, || later).unwrap());
        let done = pools.read(|conn| progress(conn, selection.id)).unwrap();
        assert_eq!(done, Progress { changed: 3, same: 0, refused: 0 });
        for booking in &bookings {
            assert_eq!(fx.stored(booking).version, 2, "one note each");
        }
        assert_eq!(load(fx, selection.id).state, State::Done);
    });
}

#[test]
fn a_stopped_run_goes_on_where_it_was() {
    each(|fx| {
        let bookings: Vec<Booking> = (0..60).map(|hour| fx.create(&fx.command(at(hour * 2, 0)))).collect();
        let selection = chosen(fx, &bookings, What::Confirm);
        let pools = &fx.store.pools;
        assert!(begin(pools, &selection, &selection.order, None, fx.now).unwrap());
        stop(pools, selection.id).unwrap();
        assert!(!fx.store.run_selection(selection.id, None, &fx.by(), ZONE, || fx.now).unwrap());
        let part = pools.read(|conn| progress(conn, selection.id)).unwrap();
        assert_eq!((part.same, load(fx, selection.id).state), (50, State::Stopped));
        assert_eq!(run(fx, &load(fx, selection.id)), Progress { changed: 0, same: 60, refused: 0 });
    });
}

#[test]
fn a_batch_is_taken_back_within_ten_minutes_but_not_what_changed_since() {
    each(|fx| {
        let bookings = three(fx);
        let selection = chosen(fx, &bookings, What::Cancel { reason: "Mistake".into() });
        run(fx, &selection);
        // Somebody takes the time of the second, and reinstates the third.
        fx.create(&fx.command(bookings[1].start_at));
        let third = fx.stored(&bookings[2]);
        changed(fx.store.reinstate_booking(&third, &crate::support::verb(&third), &fx.by()));
        let done = load(fx, selection.id);
        let late = fx.now + TimeDelta::minutes(11);
        assert_eq!(select_undo(&fx.store.pools, None, &done, late).unwrap(), None);
        let undo = load(fx, select_undo(&fx.store.pools, None, &done, fx.now).unwrap().unwrap());
        let dry = preview(fx, &undo);
        assert_eq!(
            (dry.changes, dry.refused.get("overlap"), dry.refused.get("stale_version")),
            (1, Some(&1), Some(&1))
        );
        assert_eq!(run(fx, &undo), Progress { changed: 1, same: 0, refused: 2 });
        assert_eq!(fx.stored(&bookings[0]).status, Status::Confirmed);
        fx.check();
    });
}

#[test]
fn what_nothing_takes_back_is_named() {
    each(|fx| {
        let bookings = three(fx);
        let selection = chosen(fx, &bookings, What::Note { message: "Storm".into() });
        run(fx, &selection);
        let undo = select_undo(&fx.store.pools, None, &load(fx, selection.id), fx.now).unwrap().unwrap();
        assert_eq!(preview(fx, &load(fx, undo)).refused.get("wrong_status"), Some(&3));
    });
}

/// Each takes the time that the one beside it has just left: no batch of them is judged before its turn.
#[test]
fn thousands_are_rehearsed_in_their_order() {
    each_database(|db| {
        let fx = &Fixture::on(db, Policy::default());
        let (providers, services) = ([fx.provider], [fx.single]);
        let (providers, services) = (providers.as_slice(), services.as_slice());
        let fill = Fill { bookings: 2_300, first: 1, providers, services, from: at(100, 0), active: true };
        fill.run(&mut fx.store.pools.url().connect().unwrap());
        for minutes in [SPACING_HOURS * 60, -SPACING_HOURS * 60] {
            let what = What::Move { minutes };
            let query = ListQuery::new(Scope::All);
            let id = select_found(&fx.store.pools, None, &order(what), &query, fx.now).unwrap().unwrap();
            let selection = load(fx, id);
            let dry = fx.store.preview(&selection, &selection.order, &fx.by(), 0).unwrap();
            assert_eq!((dry.changes, dry.same, dry.refused), (2_300, 0, Default::default()), "by {minutes} minutes");
        }
    });
}

#[test]
fn the_rows_shown_are_the_first_whoever_judges_them() {
    each(|fx| {
        // Far enough apart that they are in each other's way only where two are moved to one time.
        let of =
            |n: i64| CreateBooking { provider_id: [fx.provider, fx.other][n as usize % 2], ..fx.command(at(3 * n, 0)) };
        let bookings: Vec<Booking> = (0..20).map(|n| fx.create(&of(n))).collect();
        let shown = |what: What| -> Vec<Reference> {
            let selection = chosen(fx, &bookings, what);
            let dry = fx.store.preview(&selection, &selection.order, &fx.by(), 5).unwrap();
            assert_eq!((dry.changes, dry.refused.len()), (20, 0));
            dry.rows.into_iter().map(|row| row.booking.reference).collect()
        };
        let references: Vec<Reference> = bookings.iter().map(|one| one.reference.clone()).collect();
        let last: Vec<Reference> = references.iter().rev().take(5).cloned().collect();
        assert_eq!(shown(What::Note { message: "Storm".into() }), references[..5]);
        assert_eq!(shown(What::Move { minutes: 30 }), last, "what moves later goes last first");
        assert_eq!(shown(What::Move { minutes: -30 }), references[..5]);
    });
}

#[test]
fn everything_a_filter_finds_is_chosen_and_is_nobody_elses() {
    each(|fx| {
        three(fx);
        let query = ListQuery { from: Some(at(1, 0)), ..ListQuery::new(Scope::All) };
        let id = select_found(&fx.store.pools, None, &order(What::Confirm), &query, fx.now).unwrap().unwrap();
        assert_eq!(load(fx, id).items, 2);
        let other = Some(bookings_core::StaffId(Uuid::nil()));
        assert_eq!(fx.store.pools.read(|conn| selection::selection_of(conn, id, other)).unwrap(), None);
    });
}
