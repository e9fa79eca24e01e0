//! The application: what handlers share, and the layers around them. The server and the tests build the same one.

use std::sync::Arc;

use actix_session::SessionMiddleware;
use actix_session::config::{BrowserSession, CookieContentSecurity};
use actix_web::body::MessageBody;
use actix_web::cookie::{Key, SameSite};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, HttpRequest, web};
use bookings_db::Store;
use bookings_db::connection::Pools;
use sha2::{Digest, Sha512};

use crate::auth::seal::Sealer;
use crate::error::{self, PageError};
use crate::metrics::Metrics;
use crate::secret::Secrets;
use crate::session_store::DatabaseSessions;
use crate::settings::Settings;
use crate::slots::HttpSlotEngine;
use crate::{cookie, csrf, headers, routes};

/// What every request may need.
pub struct AppState {
    /// The bookings.
    pub store: Store,
    /// The installation's settings.
    pub settings: Settings,
    /// Requests so far.
    pub metrics: Metrics,
    /// Seals what the database keeps and must be read again.
    pub sealer: Sealer,
    /// The newest signs cookies; those of older ones are signed anew.
    pub(crate) cookie_keys: Vec<Key>,
}

impl AppState {
    /// The state over an opened and migrated database.
    #[must_use]
    pub fn new(pools: Pools, settings: Settings, secrets: &Secrets) -> AppState {
        let mut store = Store::new(pools, settings.policy.clone());
        if let Some(url) = &settings.slots_url {
            store.slots = Some(Arc::new(HttpSlotEngine::new(url)));
        }
        // Any secret of at least 32 bytes makes the 64 that the key wants.
        let cookie_keys = secrets.keys.iter().map(|secret| Key::from(&Sha512::digest(&secret.0))).collect();
        AppState { store, settings, metrics: Metrics::default(), sealer: Sealer::new(secrets), cookie_keys }
    }

    /// The state of the application that serves `request`.
    ///
    /// # Errors
    /// [`PageError::Internal`] when the application was built without.
    pub fn of(request: &HttpRequest) -> Result<web::Data<AppState>, PageError> {
        let state = request.app_data::<web::Data<AppState>>().cloned();
        state.ok_or_else(|| PageError::Internal("the application has no state".into()))
    }

    /// Whether browsers reach us over https.
    pub(crate) fn secure(&self) -> bool {
        self.settings.public_origin.as_deref().is_some_and(|origin| origin.starts_with("https://"))
    }
}

/// Runs what blocks (the database, a password's hash) on a thread that may.
///
/// # Errors
/// What `work` says; [`PageError::Internal`] where it panicked.
pub async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, PageError>
where
    T: Send + 'static,
    E: Into<PageError> + Send + 'static,
{
    match web::block(work).await {
        Ok(done) => done.map_err(Into::into),
        Err(_) => Err(PageError::Internal("the work of a request panicked".into())),
    }
}

/// The application. From the outside in: headers, static files and health; the cookie's key, session, error pages, gate, pages.
pub fn app(
    state: web::Data<AppState>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let secure = state.secure();
    // There is at least one: the settings see to it.
    let key = state.cookie_keys.first().cloned().unwrap_or_else(Key::generate);
    let sessions = SessionMiddleware::builder(DatabaseSessions::new(state.store.pools.clone()), key)
        .cookie_name(cookie::name(secure).into())
        .cookie_secure(secure)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        // A random key is all it holds: there is nothing in it to hide.
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(BrowserSession::default())
        .build();
    App::new()
        .app_data(state)
        .configure(routes::open)
        .service(
            web::scope("")
                .wrap(from_fn(csrf::gate))
                .wrap(from_fn(error::fill))
                .wrap(sessions)
                .wrap(from_fn(cookie::sign_anew))
                .configure(routes::pages)
                .default_service(web::to(routes::nowhere)),
        )
        .wrap(from_fn(headers::secure))
}
