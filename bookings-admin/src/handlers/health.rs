//! For whatever watches over the process; no sign-in, no session.

use actix_web::{HttpResponse, web};
use bookings_db::migrate;

use crate::app::AppState;
use crate::error::PageError;
use crate::handlers::run::run;

/// `GET /healthz`: the process is up.
pub async fn up() -> HttpResponse {
    text(HttpResponse::Ok(), "up\n")
}

/// `GET /readyz`: 200 when the database answers and has every migration, else 503.
pub async fn ready(state: web::Data<AppState>) -> HttpResponse {
    match run(&state.store, |store| store.pools.read(migrate::pending)).await {
        Ok(pending) if pending.is_empty() => text(HttpResponse::Ok(), "ready\n"),
        Ok(_) => text(HttpResponse::ServiceUnavailable(), "migrations are pending\n"),
        Err(error) => {
            tracing::warn!("not ready: {error}");
            text(HttpResponse::ServiceUnavailable(), "the database does not answer\n")
        }
    }
}

/// `GET /metrics`, where the settings switch it on.
///
/// # Errors
/// Not found where they don't.
pub async fn metrics(state: web::Data<AppState>) -> Result<HttpResponse, PageError> {
    if !state.settings.operation.metrics {
        return Err(PageError::NotFound);
    }
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(state.metrics.text()))
}

fn text(mut answer: actix_web::HttpResponseBuilder, body: &'static str) -> HttpResponse {
    answer.content_type("text/plain; charset=utf-8").body(body)
}
