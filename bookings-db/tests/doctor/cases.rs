//! Every kind of broken data, each found and named; and nothing found in sound data.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use bookings_core::{Booking, CreateBooking};
use bookings_db::connection::Conn;
use bookings_db::doctor::Kind;
use bookings_db::schema::{booking_addon, booking_event_personal};
use bookings_db::testing::each_database;
use bookings_db::types::{Id, Json};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use uuid::Uuid;

use crate::around::AROUND;
use crate::broken::Business;
use crate::support::{at, cancel, changed};

/// How data is broken: the findings, the reference they must name where it is one booking's, and what does it.
pub struct Case {
    kinds: &'static [Kind],
    /// What one of the sentences says.
    says: &'static str,
    /// Whether only SQLite can have it.
    sqlite: bool,
    breaks: fn(&Business) -> Option<Booking>,
}

pub const fn case(kinds: &'static [Kind], says: &'static str, breaks: fn(&Business) -> Option<Booking>) -> Case {
    Case { kinds, says, sqlite: false, breaks }
}

const fn sqlite(kinds: &'static [Kind], says: &'static str, breaks: fn(&Business) -> Option<Booking>) -> Case {
    Case { kinds, says, sqlite: true, breaks }
}

/// Sets columns of one booking's row.
fn set(business: &Business, booking: &Booking, columns: &str) -> Option<Booking> {
    business.break_by(&format!("UPDATE booking SET {columns} WHERE reference = '{}'", booking.reference));
    Some(booking.clone())
}

/// Runs a statement on the rows of one booking in another table: `?` becomes the condition.
fn its(business: &Business, booking: &Booking, sql: &str) -> Option<Booking> {
    let own = format!("booking_id = (SELECT id FROM booking WHERE reference = '{}')", booking.reference);
    business.break_by(&sql.replace('?', &own));
    Some(booking.clone())
}

const NOBODY: Id = Id(Uuid::from_u128(404));

use Kind::*;

const CASES: &[Case] = &[
    case(&[Overlap], "buffers included", |b| {
        // The buffers alone touch.
        Some(b.force(&CreateBooking { addon_ids: Vec::new(), ..b.fx.command(at(10, 9)) }))
    }),
    case(&[Overlap], "", |b| Some(b.force(&b.fx.party(at(14, 30), 1)))),
    case(&[Overlap], "", |b| Some(b.force(&CreateBooking { service_id: b.fx.approved, ..b.fx.command(at(14, 0)) }))),
    case(&[Oversold], "10 of 9 seats", |b| {
        b.break_by("UPDATE service SET capacity = 9 WHERE allow_multiple_clients");
        Some(b.party.clone())
    }),
    case(&[RowAndHistory], "status is \"NO_SHOW\", by its history \"CONFIRMED\"", |b| {
        set(b, &b.edited, "status = 'NO_SHOW'")
    }),
    case(&[RowAndHistory, SearchText], "client_name is not what its history leads to", |b| {
        set(b, &b.edited, "client_name = 'Grace Hopper'")
    }),
    case(&[RowAndHistory], "updated_at", |b| set(b, &b.edited, "updated_at = end_at")),
    case(&[AddonsAndHistory], "Extra", |b| {
        its(b, &b.edited, "UPDATE booking_addon SET price_minor = 1 WHERE price_minor IS NOT NULL AND ?")
    }),
    case(&[AddonsAndHistory], "", |b| its(b, &b.edited, "UPDATE booking_addon SET position = 1 - position WHERE ?")),
    case(&[MissingEvent], "event 2 is not there", |b| {
        its(b, &b.edited, "DELETE FROM booking_event_personal WHERE version = 2 AND ?");
        its(b, &b.edited, "DELETE FROM booking_event WHERE version = 2 AND ?")
    }),
    case(&[MissingEvent], "event 3 is not there", |b| {
        its(b, &b.edited, "DELETE FROM booking_event_personal WHERE version = 3 AND ?");
        its(b, &b.edited, "DELETE FROM booking_event WHERE version = 3 AND ?")
    }),
    case(&[MissingEvent], "event 4, 5, 6", |b| set(b, &b.edited, "version = 9000000000000000000")),
    case(&[ExtraEvent], "has an event 7", |b| {
        its(
            b,
            &b.edited,
            "INSERT INTO booking_event SELECT booking_id, 7, event_type, actor_id, actor_name, at, data, NULL, hash \
             FROM booking_event WHERE version = 3 AND ?",
        )
    }),
    case(&[BrokenChain], "first broken link is event 2", |b| {
        its(b, &b.edited, "UPDATE booking_event SET actor_name = 'nobody' WHERE version = 2 AND ?")
    }),
    case(&[BrokenChain], "first broken link is event 2", |b| {
        its(
            b,
            &b.edited,
            "UPDATE booking_event_personal SET data = '{\"message\": \"x\", \"changes\": {}}' WHERE version = 2 AND ?",
        )
    }),
    case(&[BrokenChain], "the booking's own hash", |b| {
        let zeros = "0".repeat(64);
        let hash = if b.is_postgres() { format!("'\\x{zeros}'") } else { format!("x'{zeros}'") };
        set(b, &b.edited, &format!("chain_hash = {hash}"))
    }),
    case(&[MissingBooking], "1 events", |b| {
        b.break_by(&format!("DELETE FROM booking WHERE reference = '{}'", b.party.reference));
        Some(b.party.clone())
    }),
    case(&[OrphanAddon], "1 add-ons", |b| {
        let values = (
            booking_addon::booking_id.eq(NOBODY),
            booking_addon::addon_id.eq(NOBODY),
            booking_addon::position.eq(0),
            booking_addon::name.eq("lost"),
            booking_addon::extra_duration_minutes.eq(0),
            booking_addon::currency.eq("TTD"),
        );
        let mut conn = b.url.connect().unwrap();
        let off = if b.is_postgres() { "SET session_replication_role = replica" } else { "PRAGMA foreign_keys=OFF" };
        conn.batch_execute(off).unwrap();
        diesel::insert_into(booking_addon::table).values(values).execute(&mut conn).unwrap();
        None
    }),
    case(&[OrphanPersonal], "1 personal values", |b| {
        let values = (
            booking_event_personal::booking_id.eq(Id(b.party.id.0)),
            booking_event_personal::version.eq(99_i64),
            booking_event_personal::salt.eq(vec![0_u8; 16]),
            booking_event_personal::data.eq(Json(serde_json::json!({"message": "lost", "changes": {}}))),
        );
        diesel::insert_into(booking_event_personal::table)
            .values(values)
            .execute(&mut b.url.connect().unwrap())
            .unwrap();
        Some(b.party.clone())
    }),
    case(&[ReferenceForm], "Crockford", |b| {
        b.break_by(&format!("UPDATE booking SET reference = 'BK-26-1' WHERE reference = '{}'", b.party.reference));
        None
    }),
    case(&[ReferenceForm], "Crockford", |b| {
        let lower = b.party.reference.as_str().to_lowercase();
        b.break_by(&format!("UPDATE booking SET reference = '{lower}' WHERE reference = '{}'", b.party.reference));
        None
    }),
    case(&[BusyWindow], "with the buffers are", |b| set(b, &b.cancelled, "busy_end = end_at")),
    case(&[SlotKey], "its id", |b| set(b, &b.cancelled, "slot_key = service_id")),
    case(&[SlotKey], "its service and start", |b| set(b, &b.party, "slot_key = id")),
    case(&[ImpossibleValue], "status \"MAYBE\" is none", |b| set(b, &b.cancelled, "status = 'MAYBE'")),
    case(&[ImpossibleValue], "its status before that is None", |b| set(b, &b.cancelled, "status_before_cancel = NULL")),
    case(&[ImpossibleValue], "before a cancellation", |b| set(b, &b.party, "status_before_cancel = 'PENDING'")),
    case(&[ImpossibleValue], "a party of 0", |b| set(b, &b.cancelled, "party_size = 0, capacity_consumed = 0")),
    case(&[ImpossibleValue], "3 seats for a party of 4", |b| set(b, &b.party, "capacity_consumed = 3")),
    case(&[ImpossibleValue], "\"TTT\" is none", |b| set(b, &b.cancelled, "currency = 'TTT'")),
    case(&[ImpossibleValue], "version 0", |b| set(b, &b.cancelled, "version = 0")),
    case(&[ImpossibleValue], "of -5 min", |b| set(b, &b.cancelled, "cancellation_notice_minutes = -5")),
    case(&[ImpossibleValue], "idempotency", |b| set(b, &b.cancelled, "idempotency_digest = chain_hash")),
    case(&[ImpossibleTime], "not after its start", |b| set(b, &b.cancelled, "end_at = start_at")),
    case(&[ImpossibleTime], "before it was made", |b| set(b, &b.cancelled, "created_at = end_at")),
    case(&[ImpossibleTime], "5400 s, its service and add-ons 60 min", |b| {
        let later = at(19, 30);
        let at = if b.is_postgres() { format!("'{later}'") } else { later.timestamp_micros().to_string() };
        set(b, &b.cancelled, &format!("end_at = {at}"))
    }),
    case(&[SearchText], "another text", |b| set(b, &b.cancelled, "search_text = 'nobody'")),
    sqlite(&[SearchIndex], "doesn't have it", |b| {
        b.break_by(&format!(
            "DELETE FROM booking_search WHERE rowid = (SELECT search_place FROM booking WHERE reference = '{}')",
            b.party.reference
        ));
        Some(b.party.clone())
    }),
    sqlite(&[SearchIndex], "another text of it", |b| {
        b.break_by(&format!(
            "DELETE FROM booking_search WHERE rowid = (SELECT search_place FROM booking WHERE reference = '{0}'); \
             INSERT INTO booking_search (rowid, search_text) \
             SELECT search_place, replace(search_text, 'ada', 'eda') FROM booking WHERE reference = '{0}'",
            b.party.reference
        ));
        Some(b.party.clone())
    }),
    sqlite(&[SearchIndex, SearchIndex], "doesn't have it", |b| {
        b.break_by(&format!(
            "DELETE FROM booking_search WHERE rowid = (SELECT search_place FROM booking WHERE reference = '{0}'); \
             INSERT INTO booking_search (rowid, search_text) \
             SELECT search_place + 2147483648, search_text FROM booking WHERE reference = '{0}'",
            b.party.reference
        ));
        Some(b.party.clone())
    }),
    sqlite(&[SearchIndex], "which does not start there", |b| {
        b.break_by("INSERT INTO booking_search (rowid, search_text) VALUES (77777, 'a ghost')");
        None
    }),
    case(&[UnknownService], "not in the catalogue", |b| {
        b.break_by("DELETE FROM service WHERE allow_multiple_clients");
        Some(b.party.clone())
    }),
    case(&[UnknownProvider], "not in the catalogue", |b| {
        b.break_by("DELETE FROM provider");
        Some(b.party.clone())
    }),
    case(&[TenantMismatch], "its service's is", |b| {
        b.break_by("UPDATE service SET tenant_id = id WHERE allow_multiple_clients");
        Some(b.party.clone())
    }),
    case(&[Unreadable], "an event can't be read", |b| {
        its(b, &b.party, "UPDATE booking_event SET data = '\"x\"' WHERE ?")
    }),
    sqlite(&[Unreadable], "metadata", |b| set(b, &b.party, "metadata = '{'")),
    case(&[Unreadable], "\"TTT\"", |b| {
        b.break_by("UPDATE service SET currency = 'TTT' WHERE allow_multiple_clients");
        None
    }),
    sqlite(&[DamagedFile], "booking_by_client", |b| {
        b.break_by(
            "PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql = replace(sql, 'client_name', 'client_email') \
             WHERE name = 'booking_by_client'; PRAGMA writable_schema=OFF",
        );
        None
    }),
];

fn all() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(AROUND)
}

#[test]
fn every_kind_of_broken_data_is_named() {
    // Making databases is mostly waiting.
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = all().nth(next.fetch_add(1, Ordering::Relaxed)) {
                    found(case);
                }
            });
        }
    });
    let mut covered: BTreeSet<Kind> = all().flat_map(|case| case.kinds).copied().collect();
    // What only the program that shows lists can say of a view is tested there.
    covered.extend([MissingWall, SavedView]);
    assert_eq!(covered, Kind::ALL.into_iter().collect(), "every kind has a case");
}

/// The case's kinds and no others, the right booking, and a sentence that says what.
fn found(case: &Case) {
    each_database(|db| {
        if case.sqlite && db.is_postgres() {
            return;
        }
        let business = Business::on(db);
        let broken = (case.breaks)(&business);
        let (found, _) = business.examine();
        // Constraints of PostgreSQL that were dropped to break something are missed as well.
        let found: Vec<_> = found.into_iter().filter(|one| one.kind != MissingWall).collect();
        let kinds: BTreeSet<Kind> = found.iter().map(|one| one.kind).collect();
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        let what = format!("{:?} {:?} on {}: {lines:#?}", case.kinds, case.says, db.name());
        // What makes a value impossible makes it differ from its history too, or what is made of it.
        let rest = case.kinds.iter().any(|kind| matches!(kind, ImpossibleValue | ImpossibleTime | UnknownProvider));
        let expected: BTreeSet<Kind> = case.kinds.iter().copied().collect();
        assert!(if rest { kinds.is_superset(&expected) } else { kinds == expected }, "{what}");
        let own = |kind: Kind| found.iter().filter(move |one| one.kind == kind);
        let named = own(case.kinds[0]).any(|one| match &broken {
            Some(booking) => one.reference.as_deref() == Some(booking.reference.as_str()),
            None => true,
        });
        assert!(named, "{what}");
        assert!(own(case.kinds[0]).any(|one| one.sentence.contains(case.says)), "{what}");
    });
}

#[test]
fn missing_walls_are_named() {
    each_database(|db| {
        let business = Business::on(db);
        let mut conn = db.url().connect().unwrap();
        let walls = match conn {
            Conn::Pg(_) => {
                "ALTER TABLE booking DROP CONSTRAINT booking_no_overlap; \
                 ALTER TABLE booking_event DISABLE TRIGGER booking_event_append_only"
            }
            Conn::Lite(_) => "DROP TRIGGER booking_no_overlap_update; DROP TRIGGER booking_event_no_delete",
        };
        conn.batch_execute(walls).unwrap();
        let (found, _) = business.examine();
        assert!(found.iter().all(|one| one.kind == MissingWall), "{found:?}");
        let said = |name: &str| found.iter().any(|one| one.sentence.contains(name));
        assert!(found.len() == 2 && said("booking_no_overlap") && said("booking_event"), "{found:?}");
    });
}

#[test]
fn sound_data_has_no_findings() {
    each_database(|db| {
        let business = Business::on(db);
        let (found, examined) = business.examine();
        assert_eq!(found, []);
        assert_eq!((examined.bookings, examined.events), (6, 14));
    });
}

#[test]
fn erased_personal_values_are_no_finding() {
    each_database(|db| {
        let business = Business::on(db);
        business.break_by("DELETE FROM booking_event_personal");
        let (found, _) = business.examine();
        assert!(found.iter().all(|one| one.kind == MissingWall), "{found:?}");
    });
}

/// More than a batch of bookings, and more than a page of active ones; the broken one is the last.
#[test]
fn nothing_is_skipped_between_batches() {
    each_database(|db| {
        let business = Business::on(db);
        let fx = &business.fx;
        let decided: Vec<_> = (0..2_100).map(|n| business.decide(&fx.command(at(100 + 2 * n, 0)))).collect();
        fx.store.load_decided(&decided).unwrap();
        let last = &decided[2_099].booking;
        let clash = business.force(&CreateBooking { client: last.client.clone(), ..fx.command(last.start_at) });
        let (found, examined) = business.examine();
        let found: Vec<_> = found.iter().filter(|one| one.kind != MissingWall).collect();
        assert_eq!(examined.bookings, 6 + 2_101);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].kind, found[0].reference.as_deref()), (Overlap, Some(clash.reference.as_str())));
        assert!(found[0].sentence.contains(last.reference.as_str()), "{found:?}");
    });
}

/// Writers go on all the while: one moment is seen, in which every booking has its events.
#[test]
fn a_database_in_use_is_no_finding() {
    each_database(|db| {
        let business = Business::on(db);
        let fx = &business.fx;
        let ended = AtomicBool::new(false);
        let (begun, wait) = channel();
        std::thread::scope(|scope| {
            for provider in (0..3).map(|_| fx.add_provider(None, true)) {
                let (ended, begun) = (&ended, begun.clone());
                scope.spawn(move || {
                    for n in (0..).take_while(|_| !ended.load(Ordering::Relaxed)) {
                        let made =
                            fx.create(&CreateBooking { provider_id: provider, ..fx.command(at(100 + 4 * n, 0)) });
                        changed(fx.store.cancel_booking(&made, &cancel(&made), &fx.by()));
                        // Gone once nobody waits any more.
                        let _ = begun.send(());
                    }
                });
            }
            wait.iter().take(10).for_each(drop);
            for _ in 0..5 {
                let (found, examined) = business.examine();
                assert_eq!(found, []);
                assert!(examined.bookings >= 16, "{examined:?}");
            }
            ended.store(true, Ordering::Relaxed);
        });
    });
}
