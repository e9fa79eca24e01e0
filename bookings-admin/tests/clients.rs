//! Clients through their pages, on both databases.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod common;
#[path = "common/office.rs"]
mod office;

use bookings_core::{Actor, CancelBooking, Client, CreateBooking, Role};
use bookings_db::{By, Store};
use chrono::{TimeDelta, Utc};
use common::{Browser, PASSWORD, on_each_database, serving, settings, staff, state};
use office::{an_hour, provider, service};

#[test]
fn a_client_is_found_by_mail_and_phone_with_all_their_bookings() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        let store = Store::new(db.pools().clone(), Default::default());
        let (room, massage) = (provider(db.pools(), "Room 1", None), service(db.pools(), an_hour("Massage")));
        let actor = Actor { id: None, name: "x".into(), role: Role::Admin };
        let by = By::new(&actor, Utc::now());
        let people = [
            ("Zoë Ångström", "Zoe@Example.com", "+46 8 123"),
            ("Zoë Å.", "zoe@example.com", ""),
            ("Walk-in", "", "868 555 0101"),
            ("Nobody known", "", ""),
        ];
        let mut made = Vec::new();
        for (n, (name, email, phone)) in (1..).zip(people) {
            let client = Client { name: name.into(), email: email.into(), phone: phone.into(), user_id: None };
            let command = CreateBooking::new(massage, room, Utc::now() + TimeDelta::days(n), client);
            made.push(store.create_booking(&command, &by).unwrap().booking().clone());
        }
        let cancel = CancelBooking { version: 1, reason: "Ill".into(), overrides: Default::default() };
        store.cancel_booking(&made[0], &cancel, &by).unwrap();

        let app = serving(state(&db, settings(&db))).await;
        let mut ann = Browser::new(&app);
        ann.sign_in("Ann", PASSWORD).await;
        let all = ann.get("/clients").await;
        assert_eq!(all.body.matches("<th scope=\"row\">").count(), 2, "{}", all.body);
        let found = ann.get("/clients?q=angstrom").await;
        let href = found.attribute("tbody th a", "href").unwrap_or_else(|| panic!("{}", found.body));
        assert_eq!(href, "/clients/zoe%40example.com");
        let page = ann.get(&href).await;
        assert_eq!(page.text("h1"), "Zoë Å.", "as they were called last");
        let facts: String = page.text("dl").split_whitespace().collect();
        for fact in ["Cancellations1", "Upcoming1", "Visits0", "No-shows0"] {
            assert!(facts.contains(fact), "{fact} is not in {facts}");
        }
        // The next is on the page itself; what was cancelled is on the list. A viewer books nothing.
        assert_eq!(page.body.matches("<tr data-reference").count(), 1);
        assert_eq!(page.attribute("tr[data-reference]", "data-reference").as_deref(), Some(made[1].reference.as_str()));
        assert!(page.text("main").contains("They were not here yet.") && !page.body.contains("/bookings/new"));
        assert!(page.text("tbody").contains("Massage") && page.text("tbody").contains("Room 1"));
        let list = ann.get("/bookings?client=ZOE%40example.com").await;
        assert_eq!(list.body.matches("<tr data-reference").count(), 2);
        assert!(ann.get("/clients/868%20555%200101").await.text("h1").contains("Walk-in"));
        assert_eq!(ann.get("/clients/nobody%40example.com").await.status, 404);
        assert!(ann.get("/clients?q=xyzzy").await.text("main").contains("Nobody matches"));
    });
}
