//! The page of today.

use bookings_core::{Actor, Client, CreateBooking, Overrides, Role, VerbOn};
use bookings_db::catalogue::tables::ServiceData;
use bookings_db::{By, Store};
use chrono::{TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use crate::common::{Browser, on_each_database, serving, settings, staff, state};
use crate::office::{an_hour, provider, service};

/// A zone in which it is about noon.
fn noon() -> Tz {
    let ahead = 12 - i64::from(Utc::now().hour());
    // Etc/GMT-3 is three hours ahead of UTC.
    let name = if ahead < 0 { format!("Etc/GMT+{}", -ahead) } else { format!("Etc/GMT-{ahead}") };
    name.parse().unwrap()
}

#[test]
fn dozens_of_providers_are_shown_when_asked_for() {
    on_each_database(|db| async move {
        staff(db.pools(), "Vic", Role::Viewer);
        let store = Store::new(db.pools().clone(), Default::default());
        let visit = service(db.pools(), an_hour("Visit"));
        let actor = Actor { id: None, name: "x".into(), role: Role::Admin };
        let by = By::new(&actor, Utc::now());
        let ada = Client { name: "Ada".into(), ..Client::default() };
        let mut settings = settings(&db);
        settings.time_zone = noon();
        let app = serving(state(&db, settings)).await;
        let mut vic = Browser::signed_in(&app, "Vic").await;
        for n in 1..=25_usize {
            let room = provider(db.pools(), &format!("Room {n}"), None);
            let start = Utc::now() + TimeDelta::hours(1);
            store.create_booking(&CreateBooking::new(visit, room, start, ada.clone()), &by).unwrap();
            if n >= 24 {
                let page = vic.open("/").await;
                assert_eq!(page.has(".providers details"), n > 24, "{n}");
                assert_eq!(page.body.matches("<a class=\"name\"").count(), n, "all are there");
            }
        }
    });
}

#[test]
fn of_a_long_day_it_shows_what_is_nearest_to_now() {
    on_each_database(|db| async move {
        staff(db.pools(), "Vic", Role::Viewer);
        let store = Store::new(db.pools().clone(), Default::default());
        let class = ServiceData { allow_multiple_clients: true, capacity: 150, ..an_hour("Class") };
        let (hall, class) = (provider(db.pools(), "Hall", None), service(db.pools(), class));
        let actor = Actor { id: None, name: "x".into(), role: Role::Admin };
        let yesterday = By::new(&actor, Utc::now() - TimeDelta::days(1));
        for hours in [-4, 2] {
            let start = Utc::now() + TimeDelta::hours(hours);
            for n in 0..150 {
                let client = Client { name: format!("Client {n}"), ..Client::default() };
                let made = store.create_booking(&CreateBooking::new(class, hall, start, client), &yesterday).unwrap();
                if (hours, n) == (-4, 0) {
                    let done = VerbOn { version: 1, overrides: Overrides::default() };
                    store.complete_booking(made.booking(), &done, &By::new(&actor, Utc::now())).unwrap();
                }
            }
        }
        let mut settings = settings(&db);
        settings.time_zone = noon();
        let app = serving(state(&db, settings)).await;
        let mut vic = Browser::signed_in(&app, "Vic").await;
        let page = vic.open("/").await;
        let counts: String = page.text(".counts").split_whitespace().collect();
        assert_eq!(counts, "0Toapprove149Tosettle0Now150Latertoday1Completed0No-show", "of all, not of those shown");
        assert_eq!(page.body.matches("<tr data-reference").count(), 200);
        // What began long before may go on unseen.
        assert!(!page.text(".providers").contains("Free"), "{}", page.text(".providers"));
        assert!(page.has("a[href^='/bookings?from=']"), "the whole day is one press away");
    });
}
