//! One box for everything.

use crate::common::{Browser, Page, on_each_database, serving, settings, state};
use crate::desk::{Desk, all};

fn leads_to(page: &Page) -> Vec<String> {
    all(&page.html(), ".found a", "href")
}

#[test]
fn bookings_clients_providers_services_and_pages_are_found() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let zoe = desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë Kovač");
        let reference = sam.book(&zoe.with("client_email", "zoe@example.net")).await;
        let (booking, client) = (format!("/bookings/{reference}"), "/clients/zoe%40example.net".to_owned());
        let (room, massage) =
            (format!("/catalogue/providers/{}", desk.room), format!("/catalogue/services/{}", desk.massage));
        let cases: Vec<(String, Vec<&str>)> = vec![
            ("kovac".into(), vec![&booking, &client]),
            ("zoe%40example".into(), vec![&booking, &client]),
            ("room+1".into(), vec![&room]),
            ("massa".into(), vec![&massage]),
            ("cli".into(), vec!["/clients"]),
            ("nobody+at+all".into(), vec![]),
        ];
        for (query, expected) in cases {
            let page = sam.open(&format!("/find?q={query}")).await;
            assert_eq!(leads_to(&page), expected, "{query}");
            assert_eq!(page.has(".found .none"), expected.is_empty(), "{query}");
            for href in expected {
                sam.open(href).await;
            }
            let part = sam.open(&format!("/find?q={query}&part=results")).await;
            assert!(!part.has("main, header") && part.body.len() < 3_000, "{query}: the results alone");
            assert_eq!(all(&part.html(), "a", "href"), leads_to(&page), "{query}");
        }
        // A whole reference is where somebody wants to go, however it is written.
        for typed in [reference.clone(), reference.to_lowercase(), format!("+{reference}+")] {
            let page = sam.get(&format!("/find?q={typed}")).await;
            assert_eq!((page.status, page.location()), (303, booking.as_str()), "{typed}");
        }
        assert_eq!(leads_to(&sam.open("/find?q=BK-2026-ZZZZZZZZ").await), [""; 0]);
        assert!(
            leads_to(&sam.open("/find").await).contains(&"/bookings?view=opening".to_owned()),
            "every page to begin with"
        );
        assert_eq!(sam.get(&format!("/find?q={}", "x".repeat(201))).await.status, 422);
    });
}

#[test]
fn pages_that_somebody_may_not_see_are_not_found() {
    on_each_database(|db| async move {
        Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        assert_eq!(leads_to(&sam.open("/find?q=audit").await), [""; 0]);
        let mut olga = Browser::signed_in(&app, "Olga").await;
        assert_eq!(leads_to(&olga.open("/find?q=audit").await), ["/audit"]);
    });
}
