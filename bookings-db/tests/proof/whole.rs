//! A change is there with its event or not at all, and writers of several processes wait for each other.

use std::sync::Barrier;

use bookings_core::{
    Actor, Booking, Client, Code, CreateBooking, Decision, Overrides, RescheduleBooking, Role, VerbOn,
};
use bookings_db::connection::{Conn, Pools};
use bookings_db::testing::{each_database, postgres_database, sqlite_database};
use bookings_db::transaction::{Lock, write};
use bookings_db::{By, CommandError, Scope, Store, StoreError, bookings};
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::{QueryableByName, RunQueryDsl};

use crate::support::check_everything;
use crate::world::{self, at, provider, service};

fn create(store: &Store, quarter: i64) -> bookings_db::Outcome {
    let actor = Actor::program("a page");
    let client = Client { name: "Ada".into(), ..Client::default() };
    // Begins as PENDING, so that it can be confirmed.
    let wish = CreateBooking::new(service(1), provider(0), at(15 * quarter), client);
    store.create_booking(&wish, &By::new(&actor, world::today()))
}

#[test]
fn a_change_whose_event_cannot_be_written_is_not_made() {
    each_database(|db| {
        write(db.pools(), &Lock::none(), world::furnish).unwrap();
        let store = world::store(db.pools().clone());
        let made = create(&store, 40).unwrap();
        let before = made.booking();
        let no_events = match db.url().connect().unwrap() {
            Conn::Lite(_) => {
                "CREATE TRIGGER no_events BEFORE INSERT ON booking_event BEGIN SELECT RAISE(ABORT, 'no_events'); END"
            }
            Conn::Pg(_) => {
                "CREATE FUNCTION no_events() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'no_events'; END $$; \
                 CREATE TRIGGER no_events BEFORE INSERT ON booking_event FOR EACH ROW EXECUTE FUNCTION no_events()"
            }
        };
        db.url().connect().unwrap().batch_execute(no_events).unwrap();

        let actor = Actor::program("a page");
        let on = VerbOn { version: before.version, overrides: Overrides::default() };
        let confirmed = store.confirm_booking(before, &on, &By::new(&actor, world::today()));
        assert!(matches!(confirmed, Err(CommandError::Store(_))), "{confirmed:?}");
        let created = create(&store, 50);
        assert!(matches!(created, Err(CommandError::Store(_))), "{created:?}");
        let there = store.pools.read(|conn| bookings::find(conn, &before.into(), Scope::All)).unwrap();
        assert_eq!(there.as_ref(), Some(before), "it was confirmed without its event");
        let check = |conn: &mut Conn| {
            check_everything(conn);
            Ok(())
        };
        store.pools.read(check).unwrap();
    });
}

/// Two providers' bookings go to the last seats of a third: whoever locks only where they come from does not meet.
#[test]
fn a_move_holds_the_lock_of_where_it_goes() {
    const ROUNDS: i64 = 8;
    each_database(|db| {
        write(db.pools(), &Lock::none(), world::furnish).unwrap();
        let store = world::store(db.pools().clone());
        let actor = Actor { role: Role::Owner, ..Actor::program("a page") };
        let by = By::new(&actor, world::today());
        for round in 0..ROUNDS {
            let goal = at(60 * round);
            let coming = (0..8_u32).map(|number| {
                let client = Client { name: format!("Client {number}"), ..Client::default() };
                let from = provider(1 + number as usize % 2);
                let wish = CreateBooking::new(service(3), from, at(60 * round + 1440), client);
                let start_at = wish.start_at + TimeDelta::hours(i64::from(number / 4) * 48);
                let lax = Overrides { codes: vec![Code::SlotUnavailable], reason: "no engine".into() };
                let wish = CreateBooking { start_at, overrides: lax, ..wish };
                store.create_booking(&wish, &by).unwrap().booking().clone()
            });
            let coming: Vec<_> = coming.collect();
            let barrier = Barrier::new(coming.len());
            std::thread::scope(|scope| {
                for booking in &coming {
                    let (store, by, barrier) = (&store, &by, &barrier);
                    scope.spawn(move || {
                        let there = RescheduleBooking {
                            version: booking.version,
                            start_at: goal,
                            provider_id: Some(provider(0)),
                            addon_ids: None,
                            overrides: Overrides::default(),
                        };
                        barrier.wait();
                        let outcome = store.reschedule_booking(booking, &there, by);
                        assert!(matches!(outcome, Ok(_) | Err(CommandError::Refused(_))), "{outcome:?}");
                    });
                }
            });
            let check = |conn: &mut Conn| {
                check_everything(conn);
                Ok(())
            };
            store.pools.read(check).unwrap();
        }
    });
}

/// Six leave a slot, three others come, and all six want back at once: whoever locks only where they are does not meet.
#[test]
fn an_undo_holds_the_lock_of_where_it_goes() {
    const ROUNDS: i64 = 8;
    each_database(|db| {
        write(db.pools(), &Lock::none(), world::furnish).unwrap();
        let store = world::store(db.pools().clone());
        let actor = Actor { role: Role::Owner, ..Actor::program("a page") };
        let by = By::new(&actor, world::today());
        let lax = Overrides { codes: vec![Code::SlotUnavailable], reason: "no engine".into() };
        for round in 0..ROUNDS {
            let goal = at(60 * round);
            let book = |number: i64| {
                let client = Client { name: format!("Client {number}"), ..Client::default() };
                let wish = CreateBooking::new(service(3), provider(0), goal, client);
                let wish = CreateBooking { overrides: lax.clone(), ..wish };
                store.create_booking(&wish, &by).unwrap().booking().clone()
            };
            let leave = |(number, booking): (i64, Booking)| {
                let away = RescheduleBooking {
                    version: booking.version,
                    start_at: goal + TimeDelta::hours(24 * (1 + number)),
                    provider_id: Some(provider(1 + number as usize % 2)),
                    addon_ids: None,
                    overrides: lax.clone(),
                };
                store.reschedule_booking(&booking, &away, &by).unwrap().booking().clone()
            };
            let gone: Vec<Booking> = (0..6).map(|number| (number, book(number))).map(leave).collect();
            (6..9).for_each(|number| drop(book(number)));
            let barrier = Barrier::new(gone.len());
            let undo = |booking: &Booking| {
                let on = VerbOn { version: booking.version, overrides: Overrides::default() };
                barrier.wait();
                let outcome = store.undo_booking(booking, &on, &by);
                assert!(matches!(outcome, Ok(_) | Err(CommandError::Refused(_))), "{outcome:?}");
                outcome.is_ok()
            };
            let undo = &undo;
            let back: Vec<bool> = std::thread::scope(|scope| {
                let threads: Vec<_> = gone.iter().map(|booking| scope.spawn(move || undo(booking))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(back.iter().filter(|back| **back).count(), 3, "three seats were left");
            let check = |conn: &mut Conn| {
                check_everything(conn);
                Ok(())
            };
            store.pools.read(check).unwrap();
        }
    });
}

/// A trigger that fires at the commit ends the session, so that the answer to it is lost.
#[test]
fn a_commit_that_nobody_answered_is_told_as_unknown() {
    let Some(db) = postgres_database() else { return };
    write(db.pools(), &Lock::none(), world::furnish).unwrap();
    let store = world::store(db.pools().clone());
    let dies = "CREATE FUNCTION dies() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON booking DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION dies()";
    db.url().connect().unwrap().batch_execute(dies).unwrap();
    match create(&store, 40) {
        Err(CommandError::Store(StoreError::Unavailable(problem))) => {
            assert!(problem.contains("outcome is unknown"), "{problem}");
        }
        other => panic!("{other:?}"),
    }
    db.url().connect().unwrap().batch_execute("DROP TRIGGER dies ON booking").unwrap();
    assert!(matches!(create(&store, 40), Ok(Decision::Changed(..))), "the next call has a fresh connection");
}

/// What a role or database was told is overridden where it would lose what was acknowledged, and only there.
#[test]
fn a_commit_is_on_disk_whatever_the_server_was_told() {
    #[derive(QueryableByName)]
    struct Shown {
        #[diesel(sql_type = diesel::sql_types::Text)]
        synchronous_commit: String,
    }
    let Some(db) = postgres_database() else { return };
    for (told, expected) in [("off", "on"), ("local", "local"), ("remote_apply", "remote_apply")] {
        let tell = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = {told}', current_database()); END $$"
        );
        db.url().connect().unwrap().batch_execute(&tell).unwrap();
        let mut conn = db.url().connect().unwrap();
        let shown: Shown = diesel::sql_query("SHOW synchronous_commit").get_result(&mut conn).unwrap();
        assert_eq!(shown.synchronous_commit, expected, "told {told}");
    }
}

/// Each program has a writer of its own; here each is a thread.
#[test]
fn two_programs_on_one_sqlite_file_wait_for_each_other() {
    const CALLS: i64 = 40;
    let db = sqlite_database();
    write(db.pools(), &Lock::none(), world::furnish).unwrap();
    let program = |first: i64| {
        let store = world::store(Pools::open(db.url()).unwrap());
        for call in 0..CALLS {
            let outcome = create(&store, (first + 2 * call) % 96);
            assert!(matches!(outcome, Ok(Decision::Changed(..)) | Err(CommandError::Refused(_))), "{outcome:?}");
        }
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| program(1));
        program(0);
        other.join().unwrap();
    });
}
