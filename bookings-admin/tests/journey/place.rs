//! Where a journey goes: a listening server over a database of its own, and browsers that come to it.

use std::rc::Rc;

use actix_web::HttpServer;
use bookings_admin::app::app;
use bookings_admin::settings::Settings;
use bookings_core::Role;
use bookings_db::testing::TestDatabase;
use chrono::{Days, Utc};

use crate::chrome::{Driver, Kind};
use crate::common::{on_each_database, settings, staff, state};
use crate::office;
use crate::person::Person;

pub struct Place {
    pub db: TestDatabase,
    /// The day after tomorrow on its clocks.
    pub day: String,
    address: String,
    driver: Rc<Driver>,
}

impl Place {
    /// A new browser, not yet on any page.
    pub async fn person(&self, kind: Kind) -> Person {
        Person::at(self.driver.clone(), kind, &self.address).await
    }
}

/// A journey through a small business where Ann has that role, on each database.
pub fn at_the_desk(role: Role, journey: impl AsyncFn(Place)) {
    let furnish = |db: &TestDatabase| {
        staff(db.pools(), "Ann", role);
        office::provider(db.pools(), "Dr. Long-Winded-Name Featherstonehaugh-Cholmondeley", None);
        office::provider(db.pools(), "Room 2", None);
        office::service(db.pools(), office::an_hour("Massage"));
        office::addon(db.pools(), office::a_quarter("Hot stones"));
        settings(db)
    };
    on_each_place(furnish, journey);
}

/// A journey where nothing is but what `furnish` makes, under the settings that it gives. Where there is no browser to
/// drive, none, said loudly.
pub fn on_each_place(furnish: impl Fn(&TestDatabase) -> Settings, journey: impl AsyncFn(Place)) {
    let Some(driver) = Driver::start() else { return };
    let (driver, furnish, journey) = (Rc::new(driver), &furnish, &journey);
    on_each_database(|db| {
        let driver = driver.clone();
        async move {
            let settings = furnish(&db);
            let day = Utc::now().with_timezone(&settings.time_zone).date_naive() + Days::new(2);
            let state = state(&db, settings);
            let server = HttpServer::new(move || app(state.clone())).workers(1).disable_signals();
            let server = server.bind("127.0.0.1:0").unwrap();
            let address = format!("http://{}", server.addrs()[0]);
            // Ends with the test's system.
            actix_web::rt::spawn(server.run());
            journey(Place { db, day: day.to_string(), address, driver }).await;
        }
    });
}
