//! Saved views: one's own and shared ones, names, defaults, columns; nobody reaches another's.

use bookings_core::{Actor, Role, StaffId, TenantId};
use bookings_db::Scope;
use bookings_db::audit::{AuditKind, Query, list};
use bookings_db::testing::{TestDatabase, each_database};
use bookings_db::views::{
    MOST, SavedView, ViewChange, ViewError, Viewer, Views, change, save, set_columns, set_default, views,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

fn now() -> DateTime<Utc> {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

fn person(tenant: Option<TenantId>) -> Viewer {
    Viewer { staff: StaffId(Uuid::new_v4()), tenant }
}

fn of(db: &TestDatabase, viewer: Viewer) -> Views {
    db.pools().read(|conn| views(conn, viewer)).unwrap()
}

fn names(db: &TestDatabase, viewer: Viewer) -> Vec<(String, bool)> {
    of(db, viewer).all.into_iter().map(|view| (view.name, view.shared)).collect()
}

fn ada() -> Actor {
    Actor { id: None, name: "Ada".into(), role: Role::Admin }
}

#[track_caller]
fn saved(db: &TestDatabase, viewer: Viewer, shared: bool, name: &str) -> SavedView {
    save(db.pools(), (viewer, &ada()), shared, name, "status=PENDING", now()).unwrap()
}

#[test]
fn ones_own_are_ones_own_and_shared_ones_are_the_tenants() {
    each_database(|db| {
        let tenant = Some(TenantId(Uuid::new_v4()));
        let (ann, ben) = (person(tenant), person(tenant));
        let (other, above) = (person(Some(TenantId(Uuid::new_v4()))), person(None));
        saved(db, ann, false, "Mine");
        saved(db, ann, true, "Ours");
        saved(db, above, true, "Of those above");
        let (mine, ours) = (("Mine".to_owned(), false), ("Ours".to_owned(), true));
        assert_eq!(names(db, ann), [mine, ours.clone()]);
        assert_eq!(names(db, ben), [ours]);
        assert_eq!(names(db, other), []);
        assert_eq!(names(db, above), [("Of those above".to_owned(), true)]);
    });
}

#[test]
fn a_name_is_wanted_and_is_used_once() {
    each_database(|db| {
        for tenant in [None, Some(TenantId(Uuid::new_v4()))] {
            let (ann, ben) = (person(tenant), person(tenant));
            let again =
                |viewer, shared, name: &str| save(db.pools(), (viewer, &ada()), shared, name, "", now()).unwrap_err();
            saved(db, ann, false, "Late");
            assert!(matches!(again(ann, false, " LATE "), ViewError::NameTaken));
            saved(db, ben, false, "Late");
            saved(db, ann, true, "Late");
            assert!(matches!(again(ben, true, "late"), ViewError::NameTaken));
            for name in ["", "  ", &"x".repeat(61)] {
                assert!(matches!(again(ann, false, name), ViewError::InvalidName), "{name:?}");
            }
        }
    });
}

#[test]
fn a_view_is_renamed_replaced_and_deleted_by_those_who_may() {
    each_database(|db| {
        let (ann, ben) = (person(None), person(None));
        let (mine, ours) = (saved(db, ann, false, "Mine"), saved(db, ann, true, "Ours"));
        let act = |viewer, shares, id, what: ViewChange| change(db.pools(), (viewer, &ada()), shares, id, what, now());
        for (viewer, shares, id) in [(ben, true, mine.id), (ben, false, ours.id), (ann, true, Uuid::new_v4())] {
            for what in [ViewChange::Rename("Taken"), ViewChange::Replace(""), ViewChange::Delete] {
                assert!(matches!(act(viewer, shares, id, what), Err(ViewError::NotFound)), "{what:?}");
            }
        }
        act(ann, false, mine.id, ViewChange::Rename("Hers")).unwrap();
        act(ben, true, ours.id, ViewChange::Replace("q=zoe")).unwrap();
        let now_there = of(db, ann).all;
        assert_eq!(now_there[0], SavedView { name: "Hers".into(), ..mine.clone() });
        assert_eq!(now_there[1], SavedView { query: "q=zoe".into(), ..ours.clone() });
        saved(db, ann, false, "Another");
        assert!(matches!(act(ann, false, mine.id, ViewChange::Rename("another")), Err(ViewError::NameTaken)));
        act(ann, false, mine.id, ViewChange::Delete).unwrap();
        act(ben, true, ours.id, ViewChange::Delete).unwrap();
        assert_eq!(names(db, ann), [("Another".to_owned(), false)]);
    });
}

#[test]
fn one_view_may_be_where_the_list_opens() {
    each_database(|db| {
        let (ann, ben) = (person(None), person(None));
        let (mine, ours) = (saved(db, ann, false, "Mine"), saved(db, ann, true, "Ours"));
        set_default(db.pools(), ann, Some(mine.id)).unwrap();
        set_default(db.pools(), ben, Some(ours.id)).unwrap();
        assert_eq!((of(db, ann).default, of(db, ben).default), (Some(mine.id), Some(ours.id)));
        assert!(matches!(set_default(db.pools(), ben, Some(mine.id)), Err(ViewError::NotFound)));
        set_columns(db.pools(), ann, &["when", "price"]).unwrap();
        assert_eq!(of(db, ann).default, Some(mine.id), "columns leave it");
        assert_eq!(of(db, ann).columns, ["when", "price"]);
        set_default(db.pools(), ann, None).unwrap();
        assert_eq!((of(db, ann).default, of(db, ann).columns.len()), (None, 2));
        change(db.pools(), (ann, &ada()), true, ours.id, ViewChange::Delete, now()).unwrap();
        assert_eq!(of(db, ben).default, None, "what is gone opens nothing");
    });
}

#[test]
fn there_is_an_end_of_views() {
    each_database(|db| {
        let ann = person(None);
        for number in 0..MOST {
            saved(db, ann, false, &format!("View {number}"));
        }
        let more = save(db.pools(), (ann, &ada()), false, "One more", "", now());
        assert!(matches!(more, Err(ViewError::TooMany)), "{more:?}");
        saved(db, ann, true, "Of another kind");
    });
}

#[test]
fn what_is_done_to_shared_views_is_kept_in_the_audit() {
    each_database(|db| {
        let tenant = TenantId(Uuid::new_v4());
        let ann = person(Some(tenant));
        let act = |id, what: ViewChange| change(db.pools(), (ann, &ada()), true, id, what, now()).unwrap();
        let (mine, ours) = (saved(db, ann, false, "Mine"), saved(db, ann, true, "Ours"));
        act(mine.id, ViewChange::Rename("Hers"));
        act(ours.id, ViewChange::Rename("Everybody's"));
        act(ours.id, ViewChange::Replace("q=a-client"));
        act(ours.id, ViewChange::Delete);
        let failed = change(db.pools(), (ann, &ada()), true, ours.id, ViewChange::Delete, now());
        assert!(matches!(failed, Err(ViewError::NotFound)));
        let all = Query::newest(Scope::Tenant(tenant), 10);
        let query = Query { actor: "ada".into(), kind: Some(AuditKind::ViewShared), subject: "view ".into(), ..all };
        let kept = db.pools().read(|conn| list(conn, &query)).unwrap();
        let deeds: Vec<_> = kept.iter().rev().map(|row| (row.subject.as_str(), row.data.0["deed"].as_str())).collect();
        assert_eq!(
            deeds,
            [
                ("view Ours", Some("shared")),
                ("view Ours", Some("renamed")),
                ("view Everybody's", Some("replaced")),
                ("view Everybody's", Some("deleted"))
            ]
        );
        assert!(!format!("{kept:?}").contains("a-client"));
    });
}
