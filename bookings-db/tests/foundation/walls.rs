//! What the database refuses by itself, whatever wrote the row.

use bookings_db::connection::Conn;
use bookings_db::error::StoreError;
use bookings_db::schema::{booking, booking_event};
use bookings_db::testing::{each_database, sqlite_database};
use bookings_db::types::Id;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use uuid::Uuid;

use crate::raw::{Raw, at, insert_event};

fn refused_by(done: Result<(), StoreError>, wall: &str) {
    match done {
        Err(StoreError::Wall(name)) => assert_eq!(name, wall),
        other => panic!("expected {wall}, got {other:?}"),
    }
}

/// `first` lies 10:00 to 11:00 with buffers of 10 minutes before and 20 after.
fn against_first(start: i64, end: i64, change: impl Fn(&mut Raw)) -> Vec<Result<(), StoreError>> {
    let done = std::cell::RefCell::new(Vec::new());
    each_database(|db| {
        let mut conn = db.url().connect().unwrap();
        Raw { buffers: (10, 20), ..Raw::new(1, 600, 660) }.insert(&mut conn).unwrap();
        let mut other = Raw::new(2, start, end);
        change(&mut other);
        done.borrow_mut().push(other.insert(&mut conn));
    });
    done.into_inner()
}

fn clashes(start: i64, end: i64, change: impl Fn(&mut Raw)) {
    for done in against_first(start, end, change) {
        refused_by(done, "booking_no_overlap");
    }
}

fn fits(start: i64, end: i64, change: impl Fn(&mut Raw)) {
    for done in against_first(start, end, change) {
        done.unwrap();
    }
}

#[test]
fn overlaps_are_refused_and_back_to_back_is_free() {
    let as_is = |_: &mut Raw| {};
    clashes(600, 660, as_is);
    clashes(610, 620, as_is);
    clashes(500, 800, as_is);
    clashes(500, 591, as_is);
    clashes(679, 700, as_is);
    clashes(690, 700, |raw| raw.buffers = (11, 0));
    clashes(500, 580, |raw| raw.buffers = (0, 11));
    fits(500, 590, as_is);
    fits(680, 700, as_is);
    fits(690, 700, |raw| raw.buffers = (10, 0));
    fits(600, 660, |raw| raw.status = "CANCELLED");
    fits(600, 660, |raw| raw.status = "COMPLETED");
    fits(600, 660, |raw| raw.provider_id = Id(Uuid::from_u128(8)));
    clashes(600, 660, |raw| raw.status = "PENDING");
}

#[test]
fn moves_and_reinstatements_meet_the_wall_too() {
    each_database(|db| {
        let mut conn = db.url().connect().unwrap();
        Raw::new(1, 600, 660).insert(&mut conn).unwrap();
        Raw { status: "CANCELLED", ..Raw::new(2, 630, 690) }.insert(&mut conn).unwrap();
        Raw::new(3, 700, 760).insert(&mut conn).unwrap();
        let row = |id: u128| booking::table.find(Id(Uuid::from_u128(id)));
        let reinstate = (booking::status.eq("CONFIRMED"), booking::status_before_cancel.eq(None::<String>));
        let done = diesel::update(row(2)).set(reinstate).execute(&mut conn);
        refused_by(done.map(|_| ()).map_err(StoreError::from), "booking_no_overlap");
        let to = |start, end| {
            (
                booking::start_at.eq(at(start)),
                booking::end_at.eq(at(end)),
                booking::busy_start.eq(at(start)),
                booking::busy_end.eq(at(end)),
            )
        };
        let done = diesel::update(row(3)).set(to(650, 710)).execute(&mut conn);
        refused_by(done.map(|_| ()).map_err(StoreError::from), "booking_no_overlap");
        // Onto its own old time is no clash.
        assert_eq!(diesel::update(row(3)).set(to(660, 720)).execute(&mut conn).unwrap(), 1);
    });
}

#[test]
fn a_shared_slot_takes_its_own_and_nothing_else() {
    each_database(|db| {
        let mut conn = db.url().connect().unwrap();
        let slot = Some(Id(Uuid::from_u128(99)));
        let shared = |id, end| Raw {
            shared: true,
            slot_key: slot,
            party_size: 3,
            capacity_consumed: 4,
            ..Raw::new(id, 600, end)
        };
        shared(1, 660).insert(&mut conn).unwrap();
        shared(2, 690).insert(&mut conn).unwrap();
        shared(3, 630).insert(&mut conn).unwrap();
        refused_by(Raw::new(4, 680, 700).insert(&mut conn), "booking_no_overlap");
        refused_by(Raw::new(5, 590, 601).insert(&mut conn), "booking_no_overlap");
        Raw::new(6, 690, 700).insert(&mut conn).unwrap();
    });
}

/// Every way two windows of one provider can lie, against a plain scan.
#[test]
fn the_bounded_probe_finds_what_a_scan_finds() {
    each_database(|db| {
        let mut conn = db.url().connect().unwrap();
        let mut held: Vec<(i64, i64)> = Vec::new();
        let mut seed = 1_u64;
        for id in 1..=400 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let random = |shift: u32, below: u64| i64::try_from((seed >> shift) % below).unwrap();
            let (start, length) = (random(20, 2_000), 1 + random(33, 60));
            let buffers = (i32::try_from(random(40, 30)).unwrap(), i32::try_from(random(47, 30)).unwrap());
            let busy = (start - i64::from(buffers.0), start + length + i64::from(buffers.1));
            let clash = held.iter().any(|(from, to)| *from < busy.1 && *to > busy.0);
            match (Raw { buffers, ..Raw::new(id, start, start + length) }.insert(&mut conn), clash) {
                (Ok(()), false) => held.push(busy),
                (Err(StoreError::Wall(name)), true) if name == "booking_no_overlap" => {}
                (done, clash) => panic!("{busy:?}: {done:?}, though a scan says {clash}"),
            }
        }
        assert!(held.len() > 20);
    });
}

#[test]
fn checks_have_names() {
    let check = |wall: &str, change: &dyn Fn(&mut Raw)| {
        each_database(|db| {
            let mut raw = Raw::new(1, 600, 660);
            change(&mut raw);
            refused_by(raw.insert(&mut db.url().connect().unwrap()), wall);
        });
    };
    check("booking_end_after_start", &|raw| raw.end = 600);
    check("booking_status", &|raw| raw.status = "MAYBE");
    check("booking_party_size", &|raw| (raw.party_size, raw.capacity_consumed) = (2, 2));
    check("booking_capacity_consumed", &|raw| raw.capacity_consumed = 2);
    check("booking_capacity_consumed", &|raw| (raw.shared, raw.party_size) = (true, 2));
    check("booking_slot_key", &|raw| raw.slot_key = Some(Id(Uuid::from_u128(99))));
    check("booking_version", &|raw| raw.version = 0);
    check("booking_currency", &|raw| raw.currency = "TT");
    check("booking_busy_window", &|raw| raw.busy_off = 1);
}

#[test]
fn unique_keys_have_one_spelling() {
    each_database(|db| {
        let mut conn = db.url().connect().unwrap();
        Raw::new(1, 600, 660).insert(&mut conn).unwrap();
        Raw::new(2, 700, 760).insert(&mut conn).unwrap();
        let reference = booking::reference.eq(format!("BK-{}", Uuid::from_u128(1)));
        let error =
            diesel::update(booking::table.find(Id(Uuid::from_u128(2)))).set(reference).execute(&mut conn).unwrap_err();
        assert_eq!(bookings_db::error::taken(&error).as_deref(), Some("booking_reference_key"));
        refused_by(Err(error.into()), "booking_reference_key");
    });
}

#[test]
fn events_are_append_only() {
    each_database(|db| {
        let mut conn = db.url().connect().unwrap();
        insert_event(&mut conn, 1, "CREATED").unwrap();
        refused_by(insert_event(&mut conn, 2, "DELETED"), "booking_event_type");
        let mut refused = |sql: &str| {
            refused_by(conn.batch_execute(sql).map_err(StoreError::from), "booking_event_append_only");
        };
        refused("UPDATE booking_event SET actor_name = 'nobody'");
        refused("DELETE FROM booking_event");
        if db.is_postgres() {
            refused("TRUNCATE booking_event");
        } else {
            refused("REPLACE INTO booking_event SELECT * FROM booking_event");
        }
        assert_eq!(booking_event::table.count().get_result::<i64>(&mut conn).unwrap(), 1);
    });
}

#[test]
fn sqlite_probes_by_the_partial_index_only() {
    let db = sqlite_database();
    let mut conn = db.url().connect().unwrap();
    let sql = include_str!("../../migrations/sqlite/00000000000002_walls/up.sql");
    for trigger in ["booking_no_overlap_insert", "booking_no_overlap_update"] {
        let (_, body) = sql.split_once(&format!("CREATE TRIGGER {trigger}")).unwrap();
        let (_, probe) = body.split_once("WHERE EXISTS (").unwrap();
        let (probe, _) = probe.split_once(";\nEND").unwrap();
        let probe = probe.trim_end().trim_end_matches(')');
        let probe = probe.replace("NEW.provider_id", "x'07'").replace("NEW.slot_key", "x'01'");
        let probe = probe.replace("NEW.busy_start", "1000").replace("NEW.busy_end", "2000").replace("OLD.seq", "5");
        let plan = plan(&mut conn, &probe);
        let bounded = ["SEARCH", "INDEX booking_active", "provider_id=? AND start_at"];
        let by_index = plan.iter().filter(|step| bounded.iter().all(|part| step.contains(part)));
        assert_eq!(by_index.count(), 3, "{plan:#?}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN ")), "{plan:#?}");
    }
}

fn plan(conn: &mut Conn, sql: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = diesel::sql_types::Text)]
        detail: String,
    }
    let steps = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load::<Step>(conn).unwrap();
    steps.into_iter().map(|step| step.detail).collect()
}

#[test]
fn the_search_index_follows_the_text() {
    let db = sqlite_database();
    let mut conn = db.url().connect().unwrap();
    let found = |conn: &mut Conn, trigrams: &str| -> i64 {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let sql = format!("SELECT count(*) AS n FROM booking_search WHERE booking_search MATCH '{trigrams}'");
        diesel::sql_query(sql).get_result::<Count>(conn).unwrap().n
    };
    Raw { search_text: "ann onymous", ..Raw::new(1, 600, 660) }.insert(&mut conn).unwrap();
    assert_eq!(found(&mut conn, "\"nym\" AND \"ymo\""), 1);
    let row = booking::table.find(Id(Uuid::from_u128(1)));
    diesel::update(row).set(booking::search_text.eq("bea trix")).execute(&mut conn).unwrap();
    assert_eq!(found(&mut conn, "\"nym\""), 0);
    assert_eq!(found(&mut conn, "\"tri\""), 1);
    // In the order of starts, also of what was moved.
    Raw { search_text: "bea trix", ..Raw::new(2, 300, 360) }.insert(&mut conn).unwrap();
    let order = |conn: &mut Conn| -> Vec<i64> {
        #[derive(QueryableByName)]
        struct Found {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            seq: i64,
        }
        let sql = "SELECT seq FROM booking_search JOIN booking ON search_place = booking_search.rowid \
                   WHERE booking_search MATCH 'tri' ORDER BY booking_search.rowid";
        diesel::sql_query(sql).load::<Found>(conn).unwrap().into_iter().map(|found| found.seq).collect()
    };
    assert_eq!(order(&mut conn), [2, 1]);
    let moved = (booking::start_at.eq(at(0)), booking::busy_start.eq(at(0)));
    diesel::update(row)
        .set((moved, booking::end_at.eq(at(60)), booking::busy_end.eq(at(60))))
        .execute(&mut conn)
        .unwrap();
    assert_eq!(order(&mut conn), [1, 2]);
    diesel::delete(booking::table).execute(&mut conn).unwrap();
    assert_eq!(found(&mut conn, "\"tri\""), 0);
}
