//! Second factors and recovery codes: what is taken once is taken, whatever runs at the same time.

use bookings_core::{Actor, Role, StaffId};
use bookings_db::By;
use bookings_db::connection::Pools;
use bookings_db::sessions;
use bookings_db::staff::*;
use bookings_db::testing::each_database;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

const CODES: [[u8; 32]; 2] = [[1; 32], [2; 32]];

fn now() -> DateTime<Utc> {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn ann(pools: &Pools) -> Staff {
    add_staff(pools, NewStaff { name: "Ann", role: Role::Owner, tenant_id: None, password_hash: "hash" }, now())
        .unwrap()
}

fn confirm(pools: &Pools, id: StaffId, sealed: &[u8]) -> bool {
    let actor = Actor { id: Some(id), name: "Ann".into(), role: Role::Owner };
    confirm_second_factor(pools, &By::new(&actor, now()), id, sealed, 100, &CODES).unwrap()
}

#[test]
fn one_counts_from_its_first_code_on() {
    each_database(|db| {
        let (pools, id) = (db.pools(), ann(db.pools()).id);
        let key = [9; 32];
        sessions::save(pools, &key, Some(id), "{}", now(), now() + TimeDelta::hours(1)).unwrap();
        let loaded = || sessions::load(pools, &key, now()).unwrap();
        assert!(!confirm(pools, id, b"one"), "there is none");
        assert!(begin_second_factor(pools, id, b"one").unwrap());
        assert!(begin_second_factor(pools, id, b"two").unwrap(), "in place of the one that waited");
        assert!(!loaded().unwrap().second_factor);
        assert!(!use_second_factor(pools, id, 101).unwrap(), "it counts for nothing yet");
        assert!(!confirm(pools, id, b"one"), "another one waits");
        assert!(confirm(pools, id, b"two") && !confirm(pools, id, b"two"));
        assert_eq!(loaded(), None, "sessions end");
        assert!(!begin_second_factor(pools, id, b"three").unwrap(), "a confirmed one stays");
        let kept = second_factor(pools, id).unwrap().unwrap();
        assert_eq!((kept.sealed.as_slice(), kept.confirmed, kept.recovery_codes), (b"two".as_slice(), true, 2));
        assert_eq!(second_factor_since(pools, id).unwrap(), Some(now()));
        sessions::save(pools, &key, Some(id), "{}", now(), now() + TimeDelta::hours(1)).unwrap();
        assert!(loaded().unwrap().second_factor);
        assert!(!format!("{kept:?}").contains("two"), "no secret in a log");
        reset_second_factor(pools, id, now()).unwrap();
        assert_eq!((second_factor(pools, id).unwrap(), loaded()), (None, None));
        assert!(!use_recovery_code(pools, id, &CODES[0]).unwrap());
        assert!(matches!(reset_second_factor(pools, id, now()), Err(StaffError::NoSecondFactor)));
    });
}

#[test]
fn of_many_at_the_same_time_one_takes_a_code() {
    each_database(|db| {
        let (pools, id) = (db.pools(), ann(db.pools()).id);
        begin_second_factor(pools, id, b"sealed").unwrap();
        confirm(pools, id, b"sealed");
        let taken = |work: &(dyn Fn() -> bool + Sync)| {
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(work)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).filter(|taken| *taken).count()
            })
        };
        assert_eq!(taken(&|| use_second_factor(pools, id, 101).unwrap()), 1);
        assert_eq!(taken(&|| use_recovery_code(pools, id, &CODES[0]).unwrap()), 1);
        assert!(!use_second_factor(pools, id, 100).unwrap(), "nor one before it");
        assert!(use_second_factor(pools, id, 102).unwrap());
        assert_eq!(second_factor(pools, id).unwrap().unwrap().recovery_codes, 1);
    });
}

#[test]
fn secrets_are_sealed_anew_where_they_need_it() {
    each_database(|db| {
        let pools = db.pools();
        let ids: Vec<StaffId> = (0..3)
            .map(|n| {
                let name = format!("Person {n}");
                let new = NewStaff { name: &name, role: Role::Staff, tenant_id: None, password_hash: "" };
                let id = add_staff(pools, new, now()).unwrap().id;
                begin_second_factor(pools, id, if n == 1 { b"new" } else { b"old" }).unwrap();
                id
            })
            .collect();
        let reseal = |_: StaffId, sealed: &[u8]| (sealed == b"old").then(|| b"new".to_vec());
        assert_eq!(reseal_second_factors(pools, reseal).unwrap(), 2);
        assert_eq!(reseal_second_factors(pools, reseal).unwrap(), 0);
        for id in ids {
            assert_eq!(second_factor(pools, id).unwrap().unwrap().sealed, b"new");
        }
    });
}

#[test]
fn choices_are_kept_for_a_person() {
    each_database(|db| {
        let (pools, id) = (db.pools(), ann(db.pools()).id);
        let key = [9; 32];
        sessions::save(pools, &key, Some(id), "{}", now(), now() + TimeDelta::hours(1)).unwrap();
        let chosen = || sessions::load(pools, &key, now()).unwrap().unwrap().preferences;
        assert_eq!(chosen(), Preferences::default());
        for theme in ["dark", "light"] {
            let choice =
                Preferences { time_zone: Some("Asia/Tokyo".into()), theme: theme.into(), shortcuts: theme == "dark" };
            keep_preferences(pools, id, &choice).unwrap();
            assert_eq!(chosen(), choice);
        }
        let pink = Preferences { theme: "pink".into(), ..Preferences::default() };
        keep_preferences(pools, id, &pink).unwrap_err();
        keep_preferences(pools, StaffId(Uuid::nil()), &Preferences::default()).unwrap_err();
        assert_eq!(chosen().theme, "light");
    });
}
