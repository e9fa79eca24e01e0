use bookings_core::{Role, StaffId, TenantId};
use bookings_db::connection::Pools;
use bookings_db::sessions;
use bookings_db::staff::*;
use bookings_db::testing::each_database;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

fn now() -> DateTime<Utc> {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn add(pools: &Pools, name: &str, role: Role) -> Result<Staff, StaffError> {
    add_staff(pools, NewStaff { name, role, tenant_id: None, password_hash: "hash" }, now())
}

#[test]
fn names_are_one_whatever_their_case_and_accents() {
    each_database(|db| {
        let pools = db.pools();
        let zoe = add(pools, "  Zoë ", Role::Staff).unwrap();
        assert_eq!((zoe.name.as_str(), zoe.active, zoe.version), ("Zoë", true, 1));
        assert!(matches!(add(pools, "ZOE", Role::Viewer), Err(StaffError::NameTaken(name)) if name == "ZOE"));
        assert_eq!(staff_by_name(pools, "zoe").unwrap(), Some(zoe.clone()));
        assert_eq!(staff_by_id(pools, zoe.id).unwrap(), Some(zoe.clone()));
        assert_eq!(staff_by_name(pools, "zo").unwrap(), None);
        let ann = add(pools, "Ann", Role::Admin).unwrap();
        assert_eq!(list_staff(pools).unwrap(), [ann, zoe]);
        for name in ["", "  ", "a\nb", &"x".repeat(LONGEST_NAME + 1)] {
            assert!(matches!(add(pools, name, Role::Staff), Err(StaffError::InvalidName)), "{name:?}");
        }
        let nowhere =
            NewStaff { name: "Bea", role: Role::Staff, tenant_id: Some(TenantId(Uuid::nil())), password_hash: "" };
        assert!(matches!(add_staff(pools, nowhere, now()), Err(StaffError::UnknownTenant)));
        assert!(!format!("{:?}", staff_by_name(pools, "zoe").unwrap()).contains("hash"));
    });
}

#[test]
fn one_of_many_becomes_the_first_owner() {
    each_database(|db| {
        let pools = db.pools();
        assert!(!any_staff(pools).unwrap());
        let made: Vec<bool> = std::thread::scope(|scope| {
            let one = |n: usize| scope.spawn(move || add_first_owner(pools, &format!("Owner {n}"), "hash", now()));
            let threads: Vec<_> = (0..6).map(one).collect();
            let done = threads.into_iter().map(|thread| thread.join().unwrap());
            done.map(|done| match done {
                Ok(staff) => staff.role == Role::Owner,
                Err(StaffError::NotFirst) => false,
                Err(error) => panic!("{error}"),
            })
            .collect()
        });
        assert_eq!(made.iter().filter(|made| **made).count(), 1);
        assert_eq!(list_staff(pools).unwrap().len(), 1);
        assert!(any_staff(pools).unwrap());
    });
}

#[test]
fn the_last_active_owner_stays() {
    each_database(|db| {
        let pools = db.pools();
        let one = add(pools, "One", Role::Owner).unwrap().id;
        add(pools, "Admin", Role::Admin).unwrap();
        assert!(matches!(set_staff_active(pools, one, false, now()), Err(StaffError::LastOwner)));
        assert!(matches!(set_staff_role(pools, one, Role::Admin, now()), Err(StaffError::LastOwner)));
        let two = add(pools, "Two", Role::Owner).unwrap().id;
        // Each disables the other at the same time: one of them fails.
        let done: Vec<bool> = std::thread::scope(|scope| {
            let disable = |id: StaffId| scope.spawn(move || set_staff_active(pools, id, false, now()).is_ok());
            let both = [disable(one), disable(two)];
            both.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
        let left = list_staff(pools).unwrap();
        let owners = left.iter().filter(|staff| staff.role == Role::Owner && staff.active);
        assert_eq!(owners.count(), 1);
        let gone = StaffId(Uuid::nil());
        assert!(matches!(set_staff_active(pools, gone, false, now()), Err(StaffError::NotFound)));
    });
}

#[test]
fn a_session_is_found_with_its_account_until_it_ends() {
    each_database(|db| {
        let pools = db.pools();
        let ann = add(pools, "Ann", Role::Staff).unwrap();
        let (key, end) = ([7; 32], now() + TimeDelta::hours(1));
        sessions::save(pools, &key, None, "{}", now(), end).unwrap();
        let found = sessions::load(pools, &key, now()).unwrap().unwrap();
        assert_eq!((found.data.as_str(), &found.staff, found.created_at, found.expires_at), ("{}", &None, now(), end));
        assert!(sessions::update(pools, &key, Some(ann.id), "{\"a\":1}", end).unwrap());
        let found = sessions::load(pools, &key, now()).unwrap().unwrap();
        assert_eq!((found.data.as_str(), found.staff), ("{\"a\":1}", Some(ann)));

        assert_eq!(sessions::load(pools, &key, end).unwrap(), None, "at its end it has ended");
        let later = end + TimeDelta::hours(1);
        assert!(sessions::touch(pools, &key, later).unwrap());
        assert!(sessions::load(pools, &key, end).unwrap().is_some());
        assert_eq!(sessions::purge_expired(pools, end).unwrap(), 0);
        assert_eq!(sessions::purge_expired(pools, later).unwrap(), 1);
        assert!(!sessions::touch(pools, &key, later).unwrap());
        assert!(!sessions::update(pools, &key, None, "{}", later).unwrap(), "what was ended stays ended");
        sessions::delete(pools, &key).unwrap();
    });
}

#[test]
fn a_disabled_account_and_a_new_password_end_sessions() {
    each_database(|db| {
        let pools = db.pools();
        let ann = add(pools, "Ann", Role::Staff).unwrap().id;
        let bea = add(pools, "Bea", Role::Staff).unwrap().id;
        let open = |key: u8, id| {
            sessions::save(pools, &[key; 32], Some(id), "", now(), now() + TimeDelta::hours(1)).unwrap();
        };
        let alive = |key: u8| sessions::load(pools, &[key; 32], now()).unwrap().is_some();
        for (key, id) in [(1, ann), (2, ann), (3, bea)] {
            open(key, id);
        }
        let changed = set_password(pools, ann, "other", now()).unwrap();
        assert_eq!((changed.password_hash.as_str(), changed.version), ("other", 2));
        assert_eq!([1, 2, 3].map(alive), [false, false, true]);
        open(1, ann);
        assert!(!set_staff_active(pools, ann, false, now()).unwrap().active);
        assert_eq!([1, 3].map(alive), [false, true]);
        assert!(set_staff_active(pools, ann, true, now()).unwrap().active);
        set_staff_role(pools, bea, Role::Admin, now()).unwrap();
        assert!(!alive(3), "another role is another session");
        open(3, bea);
        assert_eq!(sessions::delete_for_staff(pools, bea).unwrap(), 1);
    });
}
