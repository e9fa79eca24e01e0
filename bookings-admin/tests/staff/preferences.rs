//! A person's own zone, colours and shortcuts.

use bookings_core::Role;

use crate::common::{Browser, on_each_database, serving, settings, staff, state};
use crate::desk::{Desk, Form, assert_refused};

const FORM: &str = "form[action='/profile/preferences']";

#[test]
fn colours_and_shortcuts_follow_the_person_to_every_browser() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        staff(db.pools(), "Bob", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let mut anns = Browser::signed_in(&app, "Ann").await;
        let mut phone = Browser::signed_in(&app, "Ann").await;
        let page = anns.open("/profile").await;
        assert_eq!(page.attribute("html", "data-theme").unwrap(), "system");
        assert_eq!(page.attribute("html", "data-shortcuts"), None);
        let kept = [("time_zone", ""), ("theme", "dark"), ("shortcuts", "off")];
        assert_eq!(anns.post("/profile/preferences", &kept).await.location(), "/profile");
        assert!(anns.open("/profile").await.text("[role=status]").contains("kept"));
        for path in ["/", "/nowhere"] {
            let page = phone.get(path).await;
            assert_eq!(page.attribute("html", "data-theme").unwrap(), "dark", "{path}");
            assert_eq!(page.attribute("html", "data-shortcuts").unwrap(), "off", "{path}");
        }
        // As the menu does: one at a time.
        phone.open("/").await;
        phone.post("/profile/preferences", &[("theme", "light")]).await;
        let page = anns.open("/").await;
        assert_eq!(page.attribute("html", "data-theme").unwrap(), "light");
        assert_eq!(page.attribute("html", "data-shortcuts").unwrap(), "off");
        assert!(!page.has("[role=status]"), "nothing to say about what is seen");
        let bobs = Browser::signed_in(&app, "Bob").await.open("/").await;
        assert_eq!(bobs.attribute("html", "data-theme").unwrap(), "system");
    });
}

#[test]
fn times_are_shown_and_read_in_the_persons_own_zone() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let form = Form::of(&sam.open("/profile").await, FORM);
        let refused = sam.submit("/profile/preferences", &form.clone().with("time_zone", "Berlin time")).await;
        assert_refused(&refused, &[("invalid", "time_zone")]);
        assert_eq!(refused.attribute("#time_zone", "value").unwrap(), "Berlin time");
        let kept = sam.submit("/profile/preferences", &form.with("time_zone", "asia/tokyo")).await;
        assert_eq!(kept.status, 303);
        // Ten in Tokyo is nine the evening before in Port of Spain.
        let reference = sam.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let path = format!("/bookings/{reference}");
        assert!(sam.open(&path).await.text(".booking").contains("10:00"));
        let mut ann = Browser::signed_in(&app, "Ann").await;
        let page = ann.open(&path).await;
        assert!(page.text(".booking").contains("21:00"), "{}", page.text(".booking"));
    });
}
