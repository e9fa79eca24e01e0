use std::cell::Cell;
use std::sync::Barrier;

use bookings_db::connection::{Conn, Pools};
use bookings_db::error::StoreError;
use bookings_db::testing::{PostgresServer, each_database, postgres_database};
use bookings_db::transaction::{Failure, Lock, write};
use bookings_db::{migrate::migrate, schema::booking};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::raw::Raw;

#[derive(Debug)]
enum Oops {
    Refused,
    Store(StoreError),
}

impl From<StoreError> for Oops {
    fn from(error: StoreError) -> Oops {
        Oops::Store(error)
    }
}

impl Failure for Oops {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Oops::Refused => None,
            Oops::Store(error) => Some(error),
        }
    }
}

fn bookings(pools: &Pools) -> i64 {
    pools.read(|conn| Ok(booking::table.count().get_result(conn)?)).unwrap()
}

#[test]
fn what_is_done_is_kept_and_a_refusal_undoes_it_once() {
    each_database(|db| {
        write(db.pools(), &Lock::none(), |conn| Raw::new(1, 600, 660).insert(conn)).unwrap();
        assert_eq!(bookings(db.pools()), 1);
        let runs = Cell::new(0);
        let refused = write(db.pools(), &Lock::none(), |conn| {
            runs.set(runs.get() + 1);
            Raw::new(2, 700, 760).insert(conn)?;
            Err::<(), _>(Oops::Refused)
        });
        assert!(matches!(refused, Err(Oops::Refused)));
        assert_eq!((bookings(db.pools()), runs.get()), (1, 1));
    });
}

#[test]
fn a_panic_undoes_it_and_the_next_call_works() {
    each_database(|db| {
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            write::<(), StoreError>(db.pools(), &Lock::none(), |conn| {
                Raw::new(1, 600, 660).insert(conn)?;
                panic!("on purpose")
            })
        }));
        assert!(panicked.is_err());
        write(db.pools(), &Lock::none(), |conn| Raw::new(1, 600, 660).insert(conn)).unwrap();
        assert_eq!(bookings(db.pools()), 1);
    });
}

#[test]
fn an_error_that_the_body_swallowed_is_never_acknowledged() {
    each_database(|db| {
        let done = write::<_, StoreError>(db.pools(), &Lock::none(), |conn| {
            Raw::new(1, 600, 660).insert(conn)?;
            let _ = conn.batch_execute("SELECT nonsense");
            Ok(())
        });
        // SQLite goes on after an error, PostgreSQL undoes everything: told either way.
        assert_eq!(done.is_ok(), bookings(db.pools()) == 1, "{done:?}");
        write(db.pools(), &Lock::none(), |conn| Raw::new(2, 700, 760).insert(conn)).unwrap();
    });
}

#[test]
fn collisions_are_run_again_and_then_busy() {
    each_database(|db| {
        let runs = Cell::new(0);
        let collide = |times: u32| {
            runs.set(0);
            write(db.pools(), &Lock::none(), |_| {
                runs.set(runs.get() + 1);
                if runs.get() <= times { Err(Oops::Store(StoreError::Conflict)) } else { Ok(()) }
            })
        };
        collide(2).unwrap();
        assert_eq!(runs.get(), 3);
        assert!(matches!(collide(9), Err(Oops::Store(StoreError::Busy))));
        assert_eq!(runs.get(), 5);
    });
}

#[test]
fn real_deadlocks_end_well() {
    let Some(db) = postgres_database() else { return };
    let provider = |id: u8| format!("SELECT pg_advisory_xact_lock({id})");
    let both_hold_one = Barrier::new(2);
    let cross = |mine: u8, theirs: u8| {
        let runs = std::sync::atomic::AtomicU32::new(0);
        write::<_, StoreError>(db.pools(), &Lock::none(), |conn| {
            conn.batch_execute(&provider(mine))?;
            if runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
                both_hold_one.wait();
            }
            conn.batch_execute(&provider(theirs))?;
            Ok(())
        })
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| cross(2, 1));
        cross(1, 2).unwrap();
        other.join().unwrap().unwrap();
    });
}

#[test]
fn writers_wait_for_each_other() {
    each_database(|db| {
        std::thread::scope(|scope| {
            for thread in 0..8_u128 {
                scope.spawn(move || {
                    for n in 0..5_u128 {
                        let id = thread * 5 + n + 1;
                        let start = i64::try_from(id).unwrap() * 60;
                        write(db.pools(), &Lock::none(), |conn| Raw::new(id, start, start + 60).insert(conn)).unwrap();
                    }
                });
            }
        });
        assert_eq!(bookings(db.pools()), 40);
    });
}

#[test]
fn the_lock_is_held_before_the_body_reads() {
    let Some(db) = postgres_database() else { return };
    let lock = Lock::rows("SELECT pg_advisory_xact_lock(42)".into());
    let mut other = db.url().connect().unwrap();
    let free = |conn: &mut Conn| -> bool {
        diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>("pg_try_advisory_lock(42)"))
            .get_result(conn)
            .unwrap()
    };
    write::<_, StoreError>(db.pools(), &lock, |_| {
        assert!(!free(&mut other));
        Ok(())
    })
    .unwrap();
    assert!(free(&mut other), "and is given back at the end");
    // Someone else has it now: busy after lock_timeout, shortened here, and the connection goes on working.
    let impatient = Lock::rows("SET LOCAL lock_timeout='1ms'; SELECT pg_advisory_xact_lock(42)".into());
    let done = write::<(), StoreError>(db.pools(), &impatient, |_| panic!("not without the lock"));
    assert!(matches!(done, Err(StoreError::Busy)), "{done:?}");
    write(db.pools(), &Lock::none(), |conn| Raw::new(1, 600, 660).insert(conn)).unwrap();
}

#[test]
fn a_lost_server_is_told_and_found_again() {
    let Some(server) = PostgresServer::start() else { return };
    let pools = Pools::open(&server.url()).unwrap();
    migrate(&mut server.url().connect().unwrap()).unwrap();
    let insert = |id: u128| {
        let start = i64::try_from(id).unwrap() * 60;
        write(&pools, &Lock::none(), move |conn| Raw::new(id, start, start + 60).insert(conn))
    };
    // Several idle connections, all of which die.
    let barrier = Barrier::new(3);
    let together = |conn: &mut Conn| -> Result<i64, StoreError> {
        barrier.wait();
        Ok(booking::table.count().get_result(conn)?)
    };
    std::thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(|| pools.read(together).unwrap()))));
    insert(1).unwrap();
    server.stop();
    assert!(matches!(insert(2), Err(StoreError::Unavailable(_))));
    let read = pools.read(|conn| Ok(booking::table.count().get_result::<i64>(conn)?));
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    server.resume();
    assert_eq!(bookings(&pools), 1);
    insert(2).unwrap();

    // Idle connections that died unnoticed: the first call after works, a read as well as a write.
    server.stop();
    server.resume();
    assert_eq!(bookings(&pools), 2);
    server.stop();
    server.resume();
    insert(3).unwrap();

    // In the middle of a transaction: undone, told, and not run again.
    let runs = Cell::new(0);
    let done = write::<(), StoreError>(&pools, &Lock::none(), |conn| {
        runs.set(runs.get() + 1);
        Raw::new(4, 600, 660).insert(conn)?;
        server.stop();
        server.resume();
        Raw::new(5, 700, 760).insert(conn)
    });
    assert!(matches!(done, Err(StoreError::Unavailable(_))), "{done:?}");
    assert_eq!((bookings(&pools), runs.get()), (3, 1));

    // At the commit nobody knows.
    let done = write::<(), StoreError>(&pools, &Lock::none(), |_| {
        server.stop();
        server.resume();
        Ok(())
    });
    assert!(done.unwrap_err().to_string().contains("unknown"));
    assert_eq!(bookings(&pools), 3);
}

#[test]
fn another_process_may_hold_the_sqlite_file() {
    let db = bookings_db::testing::sqlite_database();
    let pools = db.pools();
    // Gives up at once instead of after 5 s.
    write(pools, &Lock::none(), |conn| Ok::<_, StoreError>(conn.batch_execute("PRAGMA busy_timeout=0")?)).unwrap();
    let mut other = db.url().connect().unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    assert_eq!(bookings(pools), 0, "readers don't mind a writer");
    let done = write::<(), StoreError>(pools, &Lock::none(), |_| panic!("not without the lock"));
    assert!(matches!(done, Err(StoreError::Busy)), "{done:?}");
    other.batch_execute("ROLLBACK").unwrap();
    write(pools, &Lock::none(), |conn| Raw::new(1, 600, 660).insert(conn)).unwrap();
}
