//! Businesses: one from nothing to its first booking, two side by side, the board by keyboard.

use bookings_core::{Role, TenantId};
use bookings_db::catalogue::tables::ServiceData;
use bookings_db::staff::{NewStaff, add_staff};
use bookings_db::testing::TestDatabase;
use bookings_db::types::Id;
use chrono::{Days, Utc};

use crate::chrome::Kind;
use crate::common::{PASSWORD, settings, staff};
use crate::office;
use crate::place::{at_the_desk, on_each_place};

/// Nothing but what the pages themselves lead to.
#[test]
fn a_business_from_nothing_to_its_first_booking() {
    let alone = |db: &TestDatabase| {
        staff(db.pools(), "Ann", Role::Owner);
        settings(db)
    };
    on_each_place(alone, async |place| {
        let ann = place.person(Kind::Desktop).await;
        ann.sign_in("/").await;
        let way = ".empty a.primary";
        assert!(ann.text(".empty").await.contains("First, add a service"));
        ann.follow(way).await;
        ann.write("#name", "Massage").await;
        ann.write("#price", "250").await;
        ann.follow(".submit button").await;
        assert!(ann.text("[role=status]").await.contains("Massage is saved"));

        ann.go("/").await;
        assert!(ann.text(".empty").await.contains("Next, add a provider"));
        ann.follow(way).await;
        ann.write("#name", "Room 1").await;
        ann.press("input[name=service_ids]").await;
        ann.follow(".submit button").await;
        assert!(ann.text(".facts").await.contains("Massage"), "what it offers");
        assert_eq!(ann.events().await, ["MADE"]);

        ann.go("/").await;
        ann.follow(way).await;
        let day = Utc::now().date_naive() + Days::new(2);
        ann.fill_booking("Room 1", &format!("{day}T10:15"), "Kim Lee").await;
        ann.follow(".booking-form .submit button").await;
        assert!(ann.text("[role=status]").await.contains("is booked for Kim Lee"));

        // What is booked is not deleted, and says by whom it is held; a mistake of today is.
        ann.go("/catalogue/providers").await;
        ann.follow("table.records a").await;
        ann.press("details.line summary").await;
        ann.follow("details.line button").await;
        ann.see("[role=alert] [data-code=in_use] a[href^='/bookings/BK-']").await;
        ann.go("/catalogue/services/new").await;
        ann.write("#name", "Mistake").await;
        ann.follow(".submit button").await;
        ann.press("details.line summary").await;
        ann.follow("details.line button").await;
        assert!(ann.text("[role=status]").await.contains("Mistake is deleted"));
        ann.complained_of_nothing().await;
        ann.leave().await;
    });
}

#[test]
fn two_businesses_side_by_side_as_each_role() {
    let shared = |db: &TestDatabase| {
        let mut settings = settings(db);
        settings.policy.tenancy = true;
        settings
    };
    on_each_place(shared, async |place| {
        let hash = bookings_admin::auth::password::hash(PASSWORD).unwrap();
        let roles = [Role::Viewer, Role::Staff, Role::Admin, Role::Owner];
        let day = (Utc::now().date_naive() + Days::new(2)).to_string();
        for (word, other) in [("spa", "gym"), ("gym", "spa")] {
            let tenant: TenantId = office::tenant(place.db.pools(), word);
            let own = Some(Id(tenant.0));
            office::service(place.db.pools(), ServiceData { tenant_id: own, ..office::an_hour("Massage") });
            office::provider(place.db.pools(), &format!("Room of {word}"), Some(tenant));
            for role in roles {
                let name = format!("{word} {}", role.as_str());
                let new = NewStaff { name: &name, role, tenant_id: Some(tenant), password_hash: &hash };
                add_staff(place.db.pools(), new, Utc::now()).unwrap();
                let person = place.person(Kind::Desktop).await;
                person.sign_in_as(&name, "/").await;
                if role == Role::Staff {
                    person.go("/bookings/new").await;
                    person
                        .fill_booking(&format!("Room of {word}"), &format!("{day}T10:00"), &format!("Zoë of {word}"))
                        .await;
                    person.follow(".booking-form .submit button").await;
                    assert!(person.text("[role=status]").await.contains("is booked"), "both at ten, each in its room");
                }
                assert_eq!(person.has("a.new").await, role >= Role::Staff, "{name}");
                for path in ["/", "/bookings", "/board", "/clients", "/catalogue/services", "/catalogue/providers"] {
                    person.go(path).await;
                    person.see("h1").await;
                    let page = person.page().await;
                    assert!(!page.contains(&format!("of {other}")), "{name} {path}: {page}");
                }
                for (path, least) in
                    [("/catalogue/services/new", Role::Admin), ("/staff", Role::Owner), ("/audit", Role::Owner)]
                {
                    person.go(path).await;
                    let refused = person.page().await.contains("you may not");
                    assert_eq!(refused, role < least, "{name} {path}");
                }
                person.go("/tenants").await;
                assert!(person.page().await.contains("you may not"), "tenants are managed from above");
                person.go(&format!("/bookings?q=zoe&from={day}&to={day}")).await;
                let found = person.has("tr[data-reference]").await;
                assert_eq!(found, role >= Role::Staff, "{name}: once it was made");
                person.complained_of_nothing().await;
                person.leave().await;
            }
        }
    });
}

#[test]
fn a_gap_of_the_board_is_booked_by_keyboard() {
    at_the_desk(Role::Staff, async |desk| {
        let day = &desk.day;
        let ann = desk.person(Kind::Desktop).await;
        ann.sign_in("/board").await;
        ann.pick("#date", day).await;
        ann.choose("#provider", "Room 2").await;
        ann.follow(".days form button").await;
        ann.tab_to("td a.add", 40).await;
        ann.enter().await;
        assert_eq!(ann.value("#start_at").await, format!("{day}T08:00"));
        ann.choose("#service_id", "Massage").await;
        ann.write("#client_name", "Kim Lee").await;
        ann.follow(".booking-form .submit button").await;
        ann.go(&format!("/board?date={day}")).await;
        assert!(ann.text("td[rowspan='4'] a.entry").await.contains("Kim Lee"), "an hour is four rows");
        // The next gap of that room is one Tab behind the booking.
        ann.follow("td[rowspan='4'] a.entry").await;
        assert!(ann.text("h1").await.contains("Kim Lee"));
        ann.complained_of_nothing().await;
        ann.leave().await;
    });
}
