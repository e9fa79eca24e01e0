//! The outermost layer: a request id, and on every answer, errors too, what browsers may do with it.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};

use crate::app::AppState;
use crate::views::{ErrorPage, Shell, page_with_status};

/// Nothing from elsewhere, nothing inline, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// For a year; only where browsers reach us over https.
const ONLY_HTTPS: &str = "max-age=31536000; includeSubDomains";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not no-referrer: browsers would send "Origin: null" with our own forms.
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Names one request in the log and on its error page.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Middleware around everything.
///
/// # Errors
/// That there is no session because its store did not answer, as a page.
pub async fn secure(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let (began, state) = (Instant::now(), request.app_data::<web::Data<AppState>>().cloned());
    let id = state.as_ref().and_then(|state| given_id(request.request(), state));
    let id = id.unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string()[..12].to_owned());
    request.extensions_mut().insert(RequestId(id.clone()));
    let secure = state.as_ref().is_some_and(|state| state.secure());
    let (method, path) = (request.method().clone(), logged(request.path()).to_owned());
    let done = |status: StatusCode| {
        let took = began.elapsed();
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let status = status.as_u16();
        tracing::debug!(request = id, method = method.as_str(), path, status, milliseconds, "answered");
        if let Some(state) = &state {
            state.metrics.count(status, took);
        }
    };
    match next.call(request).await {
        Ok(answer) => {
            let mut answer = answer.map_into_boxed_body();
            set(answer.headers_mut(), &id, secure);
            done(answer.status());
            Ok(answer)
        }
        // Handlers' errors are pages by now: this is the session's store.
        Err(error) => {
            tracing::error!(request = id, "no session: {error}");
            let page = ErrorPage::new(Shell::default(), 503).detail(format!("Request {id}"));
            let mut page = page_with_status(StatusCode::SERVICE_UNAVAILABLE, &page);
            page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            set(page.headers_mut(), &id, secure);
            done(StatusCode::SERVICE_UNAVAILABLE);
            Err(InternalError::from_response("no session", page).into())
        }
    }
}

/// Of a path, what the log may keep: clients are looked up by e-mail or phone. Queries are never logged, since they hold
/// tokens of one-time links and names that were searched for.
#[must_use]
pub(crate) fn logged(path: &str) -> &str {
    if path.starts_with("/clients/") { "/clients/.." } else { path }
}

/// What a proxy of ours calls the request. Anybody else's name for it is not believed: it could be another's, or no name.
fn given_id(request: &HttpRequest, state: &AppState) -> Option<String> {
    let peer = request.peer_addr()?.ip();
    let trusted = state.settings.operation.trusted_proxies.iter().any(|network| network.contains(peer));
    let id = request.headers().get(REQUEST_ID).filter(|_| trusted)?.to_str().ok()?;
    let fits = (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    fits.then(|| id.to_owned())
}

fn set(headers: &mut HeaderMap, id: &str, secure: bool) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    if secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_HTTPS));
    }
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
