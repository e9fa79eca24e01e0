//! Every address there is, on one screen.

use actix_web::web::{self, ServiceConfig};
use actix_web::{Route, guard};

use crate::error::PageError;
use crate::handlers::staff::{self, welcome};
use crate::handlers::{
    audit, auth, board, bookings, bulk, catalogue, clients, csv, find, health, import, preferences, profile,
    second_factor, second_step, today,
};

/// Without sign-in or session.
pub fn open(routes: &mut ServiceConfig) {
    crate::assets::configure(routes);
    routes
        .service(web::resource("/healthz").route(get().to(health::up)))
        .service(web::resource("/readyz").route(get().to(health::ready)))
        .service(web::resource("/metrics").route(get().to(health::metrics)));
}

/// Behind the gate.
pub fn pages(routes: &mut ServiceConfig) {
    routes
        .service(web::resource("/login").route(get().to(auth::login)).route(web::post().to(auth::sign_in)))
        .service(
            web::resource("/login/code").route(get().to(second_step::form)).route(web::post().to(second_step::enter)),
        )
        .service(web::resource("/logout").route(web::post().to(auth::sign_out)))
        .service(web::resource("/setup").route(get().to(auth::setup)).route(web::post().to(auth::make_owner)))
        .service(web::resource("/welcome").route(get().to(welcome::form)).route(web::post().to(welcome::set)))
        .service(web::resource("/profile").route(get().to(profile::profile)))
        .service(web::resource("/profile/password").route(web::post().to(profile::change_password)))
        .service(web::resource("/profile/preferences").route(web::post().to(preferences::keep)))
        .service(web::resource("/profile/second-factor").route(get().to(second_factor::show)))
        .service(web::resource("/profile/second-factor/begin").route(web::post().to(second_factor::begin)))
        .service(web::resource("/profile/second-factor/confirm").route(web::post().to(second_factor::confirm)))
        .service(web::resource("/profile/second-factor/codes").route(web::post().to(second_factor::codes)))
        .service(web::resource("/profile/second-factor/remove").route(web::post().to(second_factor::remove)))
        .service(web::resource("/profile/sessions").route(web::post().to(profile::end_sessions)))
        .service(web::resource("/staff").route(get().to(staff::list)).route(web::post().to(staff::create)))
        .service(web::resource("/staff/new").route(get().to(staff::new_form)))
        .service(web::resource("/staff/{id}").route(get().to(staff::show)).route(web::post().to(staff::update)))
        .service(web::resource("/staff/{id}/edit").route(get().to(staff::edit_form)))
        .service(web::resource("/staff/{id}/{verb}").route(web::post().to(staff::verb)))
        .service(web::resource("/audit").route(get().to(audit::list)))
        .service(web::resource("/audit.csv").route(get().to(audit::csv)))
        .service(web::resource("/").route(get().to(today::today)))
        .service(web::resource("/board").route(get().to(board::board)))
        .service(web::resource("/bookings").route(get().to(bookings::list)).route(web::post().to(bookings::create)))
        .service(web::resource("/bookings.csv").route(get().to(csv::bookings)))
        .service(web::resource("/bookings/bulk").route(web::post().to(bulk::choose)))
        .service(web::resource("/bookings/bulk/{id}").route(get().to(bulk::show)).route(web::post().to(bulk::act)))
        .service(web::resource("/bookings/views").route(web::post().to(bookings::save_view)))
        .service(web::resource("/bookings/views/{id}").route(web::post().to(bookings::change_view)))
        .service(web::resource("/bookings/columns").route(web::post().to(bookings::set_columns)))
        .service(web::resource("/find").route(get().to(find::find)))
        .service(web::resource("/import").route(get().to(import::form)).route(web::post().to(import::upload)))
        .service(web::resource("/import/{id}").route(get().to(import::show)).route(web::post().to(import::act)))
        .service(web::resource("/import/{id}/refused.csv").route(get().to(import::refused)))
        .service(web::resource("/clients").route(get().to(clients::list)))
        .service(web::resource("/clients/{key}").route(get().to(clients::show)))
        .service(web::resource("/bookings/new").route(get().to(bookings::new_form)))
        .service(
            web::resource("/bookings/{reference}")
                .route(get().to(bookings::show))
                .route(web::post().to(bookings::save)),
        )
        .service(web::resource("/bookings/{reference}/edit").route(get().to(bookings::edit_form)))
        .service(
            // A POST there is an unknown verb.
            web::resource("/bookings/{reference}/history")
                .guard(guard::Any(guard::Get()).or(guard::Head()))
                .route(web::route().to(bookings::past)),
        )
        .service(web::resource("/bookings/{reference}/{verb}").route(web::post().to(bookings::verb)));
    for path in ["/catalogue/services", "/catalogue/addons", "/catalogue/providers", "/tenants"] {
        routes
            .service(web::resource(path).route(get().to(catalogue::list)).route(web::post().to(catalogue::create)))
            .service(web::resource(format!("{path}/new")).route(get().to(catalogue::new_form)))
            .service(
                web::resource(format!("{path}/{{id}}"))
                    .route(get().to(catalogue::show))
                    .route(web::post().to(catalogue::update)),
            )
            .service(web::resource(format!("{path}/{{id}}/edit")).route(get().to(catalogue::edit_form)))
            .service(web::resource(format!("{path}/{{id}}/{{verb}}")).route(web::post().to(catalogue::verb)));
    }
}

/// GET, and HEAD as the same without a body.
fn get() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// 404 for any other address.
///
/// # Errors
/// Always.
pub async fn nowhere() -> Result<&'static str, PageError> {
    Err(PageError::NotFound)
}
