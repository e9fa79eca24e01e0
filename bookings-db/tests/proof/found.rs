//! What the runs found, each by itself.

use bookings_core::{Actor, Client, CreateBooking, EditBooking, Role};
use bookings_db::connection::Conn;
use bookings_db::testing::{TestDatabase, each_database, sqlite_database};
use bookings_db::transaction::{Lock, write};
use bookings_db::{By, CommandError, Store, StoreError, schema::booking};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::commands::{Act, Came, Command, codes, decided, run};
use crate::support::check_everything;
use crate::world::{self, Mood, at, provider, service};

fn store(db: &TestDatabase) -> Store {
    write(db.pools(), &Lock::none(), world::furnish).unwrap();
    world::store(db.pools().clone())
}

fn party(party_size: u32) -> CreateBooking {
    let client = Client { name: "Ada".into(), ..Client::default() };
    CreateBooking { party_size, ..CreateBooking::new(service(3), provider(0), at(9 * 60), client) }
}

fn load(store: &Store, creates: Vec<CreateBooking>) -> Result<(), StoreError> {
    let command = Command { act: Act::Load(creates), now: world::today(), role: Role::Owner, mood: Mood::Answers };
    let load = decided(store, &command, "loader");
    match run(store, &command, &load, "loader") {
        Came::Loaded => Ok(()),
        Came::Failed(error) => Err(error),
        Came::Changed | Came::Ran(_) | Came::Verb(_) => panic!("that was no load"),
    }
}

fn bookings(store: &Store) -> i64 {
    store.pools.read(|conn| Ok(booking::table.count().get_result(conn)?)).unwrap()
}

fn check(store: &Store) {
    let all = |conn: &mut Conn| {
        check_everything(conn);
        Ok(())
    };
    store.pools.read(all).unwrap();
}

/// Same slot, so that no wall is in the way: only the seats are.
#[test]
fn a_load_never_oversells_a_slot() {
    each_database(|db| {
        let store = store(db);
        let actor = Actor::program("a page");
        store.create_booking(&party(4), &By::new(&actor, world::today())).unwrap();
        let refused = load(&store, vec![party(1), party(2)]);
        assert!(matches!(&refused, Err(StoreError::Wall(wall)) if wall == "booking_slot_capacity"), "{refused:?}");
        assert_eq!(bookings(&store), 1);
        load(&store, vec![party(1), party(1)]).unwrap();
        assert_eq!(bookings(&store), 3);
        check(&store);
    });
}

/// The engine was not asked, since nothing seemed to move, and the refusal said that it gave no answer.
#[test]
fn a_repeated_addon_is_refused_for_that_alone() {
    each_database(|db| {
        let store = store(db);
        let actor = Actor::program("a page");
        let by = By::new(&actor, world::today());
        let extra = world::addon(0);
        let made = store.create_booking(&CreateBooking { addon_ids: vec![extra], ..party(1) }, &by).unwrap();
        let booking = made.booking();
        let twice = EditBooking { addon_ids: Some(vec![extra, extra]), ..EditBooking::of(booking) };
        let refused = store.edit_booking(booking, &twice, &by);
        assert_eq!(codes(&refused), Some(vec!["repeated_addon"]), "{refused:?}");
    });
}

#[test]
fn a_load_of_nothing_is_nothing() {
    each_database(|db| store(db).load_decided(&[]).unwrap());
}

/// A disk that is full is no mistake of the program, and nothing of the command stays.
#[test]
fn a_full_disk_keeps_nothing_and_passes() {
    let db = sqlite_database();
    let store = store(&db);
    let limit = |pages: &str| {
        let sql = format!("PRAGMA max_page_count={pages}");
        write(&store.pools, &Lock::none(), |conn: &mut Conn| Ok::<_, StoreError>(conn.batch_execute(&sql)?)).unwrap();
    };
    // Nothing is free of what migrations left behind.
    db.url().connect().unwrap().batch_execute("VACUUM").unwrap();
    let actor = Actor::program("a page");
    let noted = CreateBooking { notes_client: "x".repeat(9_999), ..party(1) };
    let create = || store.create_booking(&noted, &By::new(&actor, world::today()));
    limit("1");
    let failed = create();
    assert!(matches!(&failed, Err(CommandError::Store(StoreError::Unavailable(_)))), "{failed:?}");
    assert_eq!(bookings(&store), 0);
    // The connection was thrown away, and its limit with it.
    create().unwrap();
    assert_eq!(bookings(&store), 1);
    check(&store);
}
