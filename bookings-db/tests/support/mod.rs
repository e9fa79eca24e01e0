//! What tests of the store stand on: a catalogue, people, a fixed present, and a checker of everything.

#![allow(dead_code, unused_imports, reason = "each test program uses its own part of it")]

mod catalogue;
mod check;
mod fill;

pub use catalogue::{AddonSpec, ServiceSpec};
pub use check::check_everything;
pub use fill::{Fill, SPACING_HOURS};

use bookings_core::{
    Actor, AddonId, Booking, Client, Code, CreateBooking, Decision, EditBooking, Event, Overrides, Policy, ProviderId,
    Refusals, RescheduleBooking, Role, ServiceId, StaffId, VerbOn, Window,
};
use bookings_db::connection::Conn;
use bookings_db::testing::{TestDatabase, each_database};
use bookings_db::transaction::{Lock, write};
use bookings_db::{By, CommandError, Outcome, Store, StoreError, history};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::RunQueryDsl;
use uuid::Uuid;

/// A store with a small catalogue.
pub struct Fixture {
    pub store: Store,
    pub owner: Actor,
    pub clerk: Actor,
    pub now: DateTime<Utc>,
    /// Two providers without a tenant.
    pub provider: ProviderId,
    pub other: ProviderId,
    /// 60 minutes, buffers of 10 before and 15 after, cancelled and moved until 60 minutes before, TTD 100.00.
    pub single: ServiceId,
    /// As `single`, but it begins as PENDING.
    pub approved: ServiceId,
    /// As `single`, for ten people.
    pub shared: ServiceId,
    /// 30 minutes more for TTD 5.00, with any service.
    pub towel: AddonId,
    /// 15 minutes more for nothing, with `single` only.
    pub photo: AddonId,
}

/// Runs `test` on both databases, each with a fixture of its own, and then checks everything.
pub fn each(test: impl Fn(&Fixture)) {
    each_with(&Policy::default(), test);
}

/// As [`each`], under a policy.
pub fn each_with(policy: &Policy, test: impl Fn(&Fixture)) {
    each_database(|db| {
        let fixture = Fixture::on(db, policy.clone());
        test(&fixture);
        fixture.check();
    });
}

pub fn actor(name: &str, role: Role) -> Actor {
    Actor { id: Some(StaffId(Uuid::new_v4())), name: name.into(), role }
}

pub fn ada() -> Client {
    Client {
        name: "Ada Lovelace".into(),
        email: "ada@example.com".into(),
        phone: "+1 868 555-0101".into(),
        user_id: None,
    }
}

/// On the day after `now`, UTC.
pub fn at(hour: i64, minute: i64) -> DateTime<Utc> {
    let midnight: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().unwrap();
    midnight + TimeDelta::minutes(hour * 60 + minute)
}

pub fn window(from: DateTime<Utc>, to: DateTime<Utc>) -> Window {
    Window { start: from, end: to }
}

/// A booking from a command that must have changed something.
#[track_caller]
pub fn changed(outcome: Outcome) -> Booking {
    match outcome.unwrap() {
        Decision::Changed(booking, _) => *booking,
        Decision::Unchanged(booking) => panic!("{} was left as it is", booking.reference),
    }
}

/// A booking from a command that must have found everything as wanted.
#[track_caller]
pub fn unchanged(outcome: Outcome) -> Booking {
    match outcome.unwrap() {
        Decision::Unchanged(booking) => *booking,
        Decision::Changed(_, event) => panic!("{:?} was written", event.event_type),
    }
}

/// Why a command was refused.
#[track_caller]
pub fn refused(outcome: Outcome) -> Refusals {
    match outcome {
        Err(CommandError::Refused(refusals)) => refusals,
        other => panic!("not refused: {other:?}"),
    }
}

pub fn verb(booking: &Booking) -> VerbOn {
    VerbOn { version: booking.version, overrides: Overrides::default() }
}

pub fn overriding(codes: &[Code]) -> Overrides {
    Overrides { codes: codes.to_vec(), reason: "the manager said so".into() }
}

pub fn cancel(booking: &Booking) -> bookings_core::CancelBooking {
    bookings_core::CancelBooking { version: booking.version, reason: "ill".into(), overrides: Overrides::default() }
}

pub fn move_to(booking: &Booking, start_at: DateTime<Utc>) -> RescheduleBooking {
    RescheduleBooking {
        version: booking.version,
        start_at,
        provider_id: None,
        addon_ids: None,
        overrides: Overrides::default(),
    }
}

pub fn rename(booking: &Booking, name: &str) -> EditBooking {
    let client = Client { name: name.into(), ..booking.client.clone() };
    EditBooking { client, ..EditBooking::of(booking) }
}

impl Fixture {
    pub fn on(db: &TestDatabase, policy: Policy) -> Fixture {
        Fixture::over(Store::new(db.pools().clone(), policy))
    }

    /// Fills the catalogue of an empty, migrated database.
    pub fn over(store: Store) -> Fixture {
        let now = "2026-11-23T08:00:00Z".parse().unwrap();
        let plain = ServiceSpec::default();
        let mut fixture = Fixture {
            store,
            owner: actor("Olive Owner", Role::Owner),
            clerk: actor("Clara Clerk", Role::Staff),
            now,
            provider: ProviderId(Uuid::nil()),
            other: ProviderId(Uuid::nil()),
            single: ServiceId(Uuid::nil()),
            approved: ServiceId(Uuid::nil()),
            shared: ServiceId(Uuid::nil()),
            towel: AddonId(Uuid::nil()),
            photo: AddonId(Uuid::nil()),
        };
        fixture.provider = fixture.add_provider(None, true);
        fixture.other = fixture.add_provider(None, true);
        fixture.single = fixture.add_service(&plain);
        fixture.approved = fixture.add_service(&ServiceSpec { requires_approval: true, ..plain.clone() });
        fixture.shared = fixture.add_service(&ServiceSpec { capacity: Some(10), ..plain });
        fixture.towel = fixture.add_addon(&AddonSpec::default());
        let photo = AddonSpec { service_id: Some(fixture.single), minutes: 15, price: None, ..AddonSpec::default() };
        fixture.photo = fixture.add_addon(&photo);
        fixture
    }

    /// The owner, now.
    pub fn by(&self) -> By<'_> {
        By::new(&self.owner, self.now)
    }

    /// A booking of `single` with `provider` for Ada.
    pub fn command(&self, start_at: DateTime<Utc>) -> CreateBooking {
        CreateBooking::new(self.single, self.provider, start_at, ada())
    }

    /// A party in the shared service.
    pub fn party(&self, start_at: DateTime<Utc>, party_size: u32) -> CreateBooking {
        CreateBooking { service_id: self.shared, party_size, ..self.command(start_at) }
    }

    #[track_caller]
    pub fn create(&self, command: &CreateBooking) -> Booking {
        changed(self.store.create_booking(command, &self.by()))
    }

    /// The booking as the database has it.
    #[track_caller]
    pub fn stored(&self, booking: &Booking) -> Booking {
        let which = booking.id.into();
        let found = self.store.pools.read(|conn| bookings_db::bookings::find(conn, &which, bookings_db::Scope::All));
        found.unwrap().unwrap()
    }

    /// Its events, oldest first.
    pub fn events(&self, booking: &Booking) -> Vec<Event> {
        let mut events = self.store.pools.read(|conn| history::events(conn, booking.id, None, 1000)).unwrap();
        events.reverse();
        events
    }

    /// Runs `command`, which must be refused and write nothing.
    #[track_caller]
    pub fn refuse(&self, command: impl FnOnce() -> Outcome) -> Refusals {
        let before = self.marks();
        let refusals = refused(command());
        assert_eq!(before, self.marks(), "a refusal wrote something");
        refusals
    }

    /// As [`Fixture::refuse`]: only the codes.
    #[track_caller]
    pub fn codes(&self, command: impl FnOnce() -> Outcome) -> Vec<Code> {
        self.refuse(command).codes()
    }

    /// Numbers that every write changes.
    pub fn marks(&self) -> Vec<i64> {
        ["booking", "booking_addon", "booking_event", "booking_event_personal"]
            .map(|table| self.number(&format!("SELECT count(*) AS number FROM {table}")))
            .into_iter()
            .chain([self.number("SELECT CAST(coalesce(sum(version), 0) AS bigint) AS number FROM booking")])
            .collect()
    }

    /// The column `number` of a query.
    pub fn number(&self, query: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Number {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            number: i64,
        }
        let read = |conn: &mut Conn| Ok(diesel::sql_query(query).get_result::<Number>(conn)?.number);
        self.store.pools.read(read).unwrap()
    }

    /// Runs one statement on the database itself, past the store.
    pub fn sql(&self, statement: &str) {
        self.writing(|conn| diesel::sql_query(statement).execute(conn));
    }

    fn writing(&self, mut f: impl FnMut(&mut Conn) -> diesel::QueryResult<usize>) {
        write(&self.store.pools, &Lock::none(), |conn| f(conn).map_err(StoreError::from)).unwrap();
    }

    pub fn check(&self) {
        self.store
            .pools
            .read(|conn| {
                check_everything(conn);
                Ok(())
            })
            .unwrap();
    }
}
