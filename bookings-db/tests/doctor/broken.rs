//! Data broken by hand, past every wall.

use bookings_core::commands::Surroundings;
use bookings_core::{Booking, Context, CreateBooking, Decision, NewIds, Policy, Schedule, SlotAnswer, create_booking};
use bookings_db::Store;
use bookings_db::bulk::Decided;
use bookings_db::catalogue::FactsAsked;
use bookings_db::connection::Conn;
use bookings_db::doctor::{Examined, Finding, examine};
use bookings_db::testing::TestDatabase;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::support::{Fixture, at, cancel, changed, move_to, rename, verb};

/// A fixture with bookings of every kind, sound.
pub struct Business {
    pub fx: Fixture,
    pub url: bookings_db::connection::DatabaseUrl,
    /// Created, noted, renamed: version 3, with an add-on.
    pub edited: Booking,
    /// A party of four in the shared service.
    pub party: Booking,
    /// Cancelled with a reason.
    pub cancelled: Booking,
}

impl Business {
    pub fn on(db: &TestDatabase) -> Business {
        let fx = Fixture::on(db, Policy::default());
        let by = fx.by();
        let made = fx.create(&CreateBooking { addon_ids: vec![fx.towel, fx.photo], ..fx.command(at(8, 0)) });
        let note = bookings_core::AddNote { version: 1, message: "by the window".into() };
        let mut later = fx.by();
        later.now += TimeDelta::minutes(10);
        let noted = changed(fx.store.add_note(&made, &note, &later));
        let edited = changed(fx.store.edit_booking(&noted, &rename(&noted, "Ada King"), &later));
        let party = fx.create(&fx.party(at(14, 0), 4));
        fx.create(&fx.party(at(14, 0), 6));
        let gone = fx.create(&fx.command(at(18, 0)));
        let cancelled = changed(fx.store.cancel_booking(&gone, &cancel(&gone), &by));
        let back = fx.create(&fx.command(at(20, 0)));
        let back = changed(fx.store.cancel_booking(&back, &cancel(&back), &by));
        changed(fx.store.reinstate_booking(&back, &verb(&back), &by));
        let waiting = fx.create(&CreateBooking { service_id: fx.approved, ..fx.command(at(30, 0)) });
        let agreed = changed(fx.store.confirm_booking(&waiting, &verb(&waiting), &by));
        let moved = changed(fx.store.reschedule_booking(&agreed, &move_to(&agreed, at(40, 0)), &by));
        later.now = at(48, 0);
        changed(fx.store.complete_booking(&moved, &verb(&moved), &later));
        Business { fx, url: db.url().clone(), edited, party, cancelled }
    }

    /// Runs `sql` with every wall switched off; the triggers stand again afterwards, constraints don't.
    pub fn break_by(&self, sql: &str) {
        let mut conn = self.url.connect().unwrap();
        match conn {
            Conn::Pg(_) => {
                conn.batch_execute(
                    "DO $$ DECLARE one record; BEGIN \
                     FOR one IN SELECT conrelid::regclass AS owner, conname FROM pg_constraint \
                     WHERE contype IN ('c', 'x') AND conrelid::regclass::text LIKE 'booking%' \
                     LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.owner, one.conname); END LOOP; \
                     END $$; SET session_replication_role = replica",
                )
                .unwrap();
                conn.batch_execute(sql).unwrap();
            }
            Conn::Lite(_) => {
                let mut triggers = triggers(&mut conn);
                // No wall: it keeps the search index.
                triggers.retain(|(name, _)| !name.starts_with("booking_search"));
                let names: String = triggers.iter().map(|(name, _)| format!("DROP TRIGGER {name};")).collect();
                let again: String = triggers.iter().map(|(_, sql)| format!("{sql};")).collect();
                conn.batch_execute("PRAGMA foreign_keys=OFF; PRAGMA ignore_check_constraints=ON").unwrap();
                conn.batch_execute(&names).unwrap();
                conn.batch_execute(sql).unwrap();
                conn.batch_execute(&again).unwrap();
            }
        }
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self.url, bookings_db::connection::DatabaseUrl::Postgres(_))
    }

    /// A booking that nobody asked whether it fits.
    pub fn decide(&self, command: &CreateBooking) -> Decided {
        decide(&self.fx, command)
    }

    /// Writes such a booking.
    pub fn force(&self, command: &CreateBooking) -> Booking {
        let decided = self.decide(command);
        // With the overlap wall away.
        let mut conn = self.url.connect().unwrap();
        let kept = match conn {
            Conn::Pg(_) => {
                conn.batch_execute("ALTER TABLE booking DROP CONSTRAINT IF EXISTS booking_no_overlap").unwrap();
                None
            }
            Conn::Lite(_) => {
                let wall = triggers(&mut conn).into_iter().find(|(name, _)| name == "booking_no_overlap_insert");
                conn.batch_execute("DROP TRIGGER booking_no_overlap_insert").unwrap();
                wall
            }
        };
        self.fx.store.load_decided(std::slice::from_ref(&decided)).unwrap();
        if let Some((_, sql)) = kept {
            conn.batch_execute(&sql).unwrap();
        }
        decided.booking
    }

    pub fn examine(&self) -> (Vec<Finding>, Examined) {
        examined(&self.fx.store)
    }
}

/// What the doctor finds.
pub fn examined(store: &Store) -> (Vec<Finding>, Examined) {
    let mut found = Vec::new();
    let examined = examine(store, &mut |finding| found.push(finding)).unwrap();
    assert_eq!(examined.findings, found.len() as u64);
    (found, examined)
}

fn triggers(conn: &mut Conn) -> Vec<(String, String)> {
    #[derive(QueryableByName)]
    struct Trigger {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        sql: String,
    }
    let sql = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'";
    let rows = diesel::sql_query(sql).load::<Trigger>(conn).unwrap();
    rows.into_iter().map(|row| (row.name, row.sql)).collect()
}

/// As [`Business::decide`], of a fixture alone.
pub fn decide(fx: &Fixture, command: &CreateBooking) -> Decided {
    let asked =
        FactsAsked { service_id: command.service_id, provider_id: command.provider_id, addon_ids: &command.addon_ids };
    let facts = fx.store.pools.read(|conn| fx.store.catalogue.facts(conn, asked)).unwrap();
    let schedule = Schedule { provider_id: command.provider_id, busy: Vec::new() };
    let around = Surroundings { facts: &facts, schedule: &schedule, slots: &SlotAnswer::NotAsked };
    let ids: NewIds = (fx.store.ids)().unwrap();
    let context =
        Context { now: fx.now, policy: &fx.store.policy, actor: &fx.owner, ids, batch_id: None, rehearsal: false };
    let Decision::Changed(booking, event) = create_booking(command, around, &context).unwrap() else {
        panic!("nothing made")
    };
    Decided { booking: *booking, events: vec![*event] }
}
