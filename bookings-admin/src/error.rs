//! What a handler answers when it can't do its work; the page around it is made in one place, [`fill`].

use actix_session::SessionExt;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::ConnectionType;
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, ResponseError, dev::ServiceRequest};
use bookings_db::error::StoreError;
use thiserror::Error;

use crate::auth;
use crate::handlers;
use crate::headers::{RequestId, logged};
use crate::views::{ErrorPage, Link, page_with_status};

/// Seconds after which a busy or absent database is worth another try.
const TRY_AGAIN_SECONDS: u64 = 5;

/// An answer that is an error page. The texts of `BadRequest` and `Forbidden` are shown; those of `Unavailable` and
/// `Internal` are logged under the request's id and never shown.
#[derive(Debug, Error)]
pub enum PageError {
    /// 400: the request can't be read; says why.
    #[error("{0}")]
    BadRequest(String),
    /// 401: nobody is signed in.
    #[error("signed out")]
    SignedOut,
    /// 403: not for this person, or not from our own page; says why.
    #[error("{0}")]
    Forbidden(String),
    /// 404: unknown, or another tenant's.
    #[error("not found")]
    NotFound,
    /// 409: made for an older version.
    #[error("stale")]
    Stale,
    /// 408: it did not arrive in time.
    #[error("too slow")]
    TooSlow,
    /// 413: larger than accepted.
    #[error("too large")]
    TooLarge,
    /// 503: locked or full for longer than is worth waiting.
    #[error("busy")]
    Busy,
    /// 503: the database is away.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// 500: a mistake of ours.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> PageError {
        match error {
            StoreError::Busy | StoreError::Conflict => PageError::Busy,
            StoreError::Unavailable(reason) => PageError::Unavailable(reason),
            other => PageError::Internal(other.to_string()),
        }
    }
}

impl PageError {
    /// For `Retry-After`, where trying again makes sense.
    fn retry_after(&self) -> Option<u64> {
        match self {
            PageError::Busy | PageError::Unavailable(_) => Some(TRY_AGAIN_SECONDS),
            _ => None,
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            PageError::BadRequest(_) => StatusCode::BAD_REQUEST,
            PageError::SignedOut => StatusCode::UNAUTHORIZED,
            PageError::Forbidden(_) => StatusCode::FORBIDDEN,
            PageError::NotFound => StatusCode::NOT_FOUND,
            PageError::Stale => StatusCode::CONFLICT,
            PageError::TooSlow => StatusCode::REQUEST_TIMEOUT,
            PageError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            PageError::Busy | PageError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            PageError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Only the head: the page needs to know who is signed in, and [`fill`] does.
    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.retry_after() {
            answer.insert_header((header::RETRY_AFTER, seconds));
        }
        answer.finish()
    }
}

/// Middleware: gives every error answer that has no page of its own one, whether a handler, an extractor or the router made it.
///
/// # Errors
/// None of its own.
pub async fn fill(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let answer = match next.call(request).await {
        Ok(answer) => answer.map_into_boxed_body(),
        Err(error) => return Err(error),
    };
    let status = answer.status();
    let empty = matches!(answer.response().body().size(), BodySize::None | BodySize::Sized(0));
    if status.as_u16() < 400 || (answer.response().error().is_none() && !empty) {
        return Ok(answer);
    }
    let request = answer.request().clone();
    let error = answer.response().error().and_then(|error| error.as_error::<PageError>());
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let mut page = ErrorPage::new(auth::shell(&request), status.as_u16());
    match error {
        Some(PageError::BadRequest(text)) => page = page.text(text.as_str()),
        Some(PageError::Forbidden(text)) => {
            let who = auth::account(&request.get_session()).map(|account| account.id.to_string()).unwrap_or_default();
            tracing::warn!(request = id, account = who, path = logged(request.path()), "refused: {text}");
            page = page.text(text.as_str());
        }
        Some(PageError::TooLarge) if request.path() == "/import" => {
            page = page.text(handlers::import::TOO_LARGE);
            page.next.insert(0, Link::new("Import", "/import"));
        }
        Some(error @ (PageError::Unavailable(_) | PageError::Internal(_))) => {
            tracing::error!(request = id, path = logged(request.path()), "{error}");
        }
        None if status.is_server_error() => {
            let reason = answer.response().error().map(ToString::to_string).unwrap_or_default();
            tracing::error!(request = id, path = logged(request.path()), "{status}: {reason}");
        }
        _ => {}
    }
    if status.is_server_error() {
        page = page.detail(format!("Request {id}"));
    }
    let mut filled = page_with_status(status, &page);
    if let Some(seconds) = answer.headers().get(header::RETRY_AFTER) {
        filled.headers_mut().insert(header::RETRY_AFTER, seconds.clone());
    }
    if status == StatusCode::REQUEST_TIMEOUT {
        // What of it is still to come is nobody's.
        filled.head_mut().set_connection_type(ConnectionType::Close);
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        filled.headers_mut().insert(header::ALLOW, HeaderValue::from_static(other_methods(request.method())));
    }
    Ok(ServiceResponse::new(request, filled))
}

/// What an address takes that does not take this method: there are but pages and forms.
fn other_methods(method: &Method) -> &'static str {
    match *method {
        Method::GET | Method::HEAD => "POST",
        Method::POST => "GET, HEAD",
        _ => "GET, HEAD, POST",
    }
}
