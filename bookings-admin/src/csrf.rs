//! The gate in front of every page: who is not signed in is sent to sign in, and a POST gets through only with the session's
//! token and from our own pages. Nothing behind it can be reached around it, and only it reads forms.

use actix_session::{Session, SessionExt};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use subtle::ConstantTimeEq;

use crate::app::AppState;
use crate::auth;
use crate::error::PageError;
use crate::handlers::auth as sign_in;
use crate::headers::logged;
use crate::raw_form::{self, RawForm, escape};

const KEY: &str = "csrf";
/// The form field that carries the token.
pub const FIELD: &str = "csrf_token";
/// Pages for the signed-out. Their forms carry a token too.
const OPEN: [&str; 4] = ["/login", "/login/code", "/setup", "/welcome"];
/// Where those are led, and may go, whose role needs a second factor that they lack.
const SET_UP: [&str; 3] = ["/profile/second-factor", "/profile/second-factor/begin", "/profile/second-factor/confirm"];

/// Pages whose form may hold a file.
const FILES: [&str; 1] = ["/import"];

/// The session's token; made at first need.
pub fn token(session: &Session) -> String {
    if let Ok(Some(token)) = session.get::<String>(KEY) {
        return token;
    }
    let mut bytes = [0; 32];
    // Without randomness there is no token, and an empty one never passes.
    let token: String = match getrandom::fill(&mut bytes) {
        Ok(()) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(_) => return String::new(),
    };
    if let Err(error) = session.insert(KEY, &token) {
        tracing::error!("a token was not kept: {error}");
    }
    token
}

/// Middleware: the gate.
///
/// # Errors
/// None: refusals are answers.
pub async fn gate(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let payload = request.extract::<web::Payload>().await?;
    // No copy of the request is kept: the router wants it for itself.
    match check(request.request(), payload).await {
        Ok(Pass::On) => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        Ok(Pass::Answered(answer)) => Ok(request.into_response(answer)),
        Err(error) => Ok(request.error_response(error)),
    }
}

enum Pass {
    On,
    Answered(HttpResponse),
}

async fn check(request: &HttpRequest, payload: web::Payload) -> Result<Pass, PageError> {
    if RawForm::parse(request.uri().query().unwrap_or_default().as_bytes()).is_err() || request.path().contains("%00") {
        return Err(PageError::BadRequest("The address holds something that is no text.".into()));
    }
    if request.match_pattern().is_none() {
        // The router answers 404, whoever asks and however.
        return Ok(Pass::On);
    }
    let open = OPEN.contains(&request.path());
    let session = request.get_session();
    let account = auth::account(&session);
    let signed_in = account.is_some();
    let state = AppState::of(request)?;
    let led = account.is_some_and(|account| account.lacks_second_factor(&state.settings))
        && !open
        && !SET_UP.contains(&request.path())
        && request.path() != "/logout";
    match *request.method() {
        Method::GET | Method::HEAD => {
            if open || (signed_in && !led) {
                return Ok(Pass::On);
            }
            let first = if led { SET_UP[0] } else { "/login" };
            let here = request.uri().path_and_query().map_or("/", |path| path.as_str());
            let to = if here == "/" { first.into() } else { format!("{first}?next={}", escape(here)) };
            Ok(Pass::Answered(sign_in::see(&to)))
        }
        Method::POST => {
            let sender = sender(request.headers(), state.settings.public_origin.as_deref());
            if sender == Sender::Foreign {
                return Err(PageError::Forbidden("The form came from another site. Nothing was changed.".into()));
            }
            if !open && !signed_in && raw_form::holds_file(request) {
                // A file can't be kept until they are back.
                return Ok(Pass::Answered(sign_in::signed_out_post(request, &RawForm::default())));
            }
            let files = signed_in && FILES.contains(&request.path());
            let most = if files { raw_form::FILE_BYTES } else { raw_form::FORM_BYTES };
            let (form, uploaded) = raw_form::read(request, payload, most).await?;
            if !open && !signed_in {
                return Ok(Pass::Answered(sign_in::signed_out_post(request, &form)));
            }
            if !token_fits(&session, form.get(FIELD)) {
                tracing::warn!(path = logged(request.path()), "a form without its session's token is refused");
                let answer = match request.path() {
                    "/login" | "/login/code" => sign_in::old_form(request, &form),
                    _ => sign_in::refused_post(request, &form, sender == Sender::Ours),
                };
                return Ok(Pass::Answered(answer));
            }
            if led {
                return Ok(Pass::Answered(sign_in::led_post(request, &form)));
            }
            request.extensions_mut().insert(form);
            request.extensions_mut().insert(uploaded);
            Ok(Pass::On)
        }
        // No page takes another method, and none that is added later gets around the token by one.
        _ => Ok(Pass::Answered(HttpResponse::build(StatusCode::METHOD_NOT_ALLOWED).finish())),
    }
}

fn token_fits(session: &Session, sent: &str) -> bool {
    let kept: String = session.get(KEY).ok().flatten().unwrap_or_default();
    !kept.is_empty() && bool::from(kept.as_bytes().ct_eq(sent.as_bytes()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sender {
    Ours,
    /// No browser of this decade: the token alone decides.
    Unsaid,
    Foreign,
}

/// What the browser says about where the request comes from.
fn sender(headers: &HeaderMap, public_origin: Option<&str>) -> Sender {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let fetch_site = text(header::HeaderName::from_static("sec-fetch-site"));
    let origin = text(header::ORIGIN);
    let origin_fits = origin.is_none_or(|origin| match public_origin {
        Some(public) => origin == public,
        // Which scheme a proxy in front speaks is not known here.
        None => origin.split_once("://").map(|(_, host)| host) == text(header::HOST),
    });
    match (fetch_site, origin) {
        _ if !origin_fits => Sender::Foreign,
        (Some("same-origin"), _) | (None | Some("none"), Some(_)) => Sender::Ours,
        (None | Some("none"), None) => Sender::Unsaid,
        (Some(_), _) => Sender::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn browsers_tell_whose_form_it_was() {
        use Sender::{Foreign, Ours, Unsaid};
        let public = Some("https://book.example");
        for (public_origin, origin, fetch_site, expected) in [
            (None, None, None, Unsaid),
            (None, Some("http://book.example"), None, Ours),
            (None, Some("https://book.example"), Some("same-origin"), Ours),
            (None, Some("http://book.example:81"), None, Foreign),
            (None, Some("http://evil.example"), None, Foreign),
            (None, Some("null"), None, Foreign),
            (None, None, Some("same-origin"), Ours),
            (None, None, Some("none"), Unsaid),
            (None, None, Some("same-site"), Foreign),
            (None, None, Some("cross-site"), Foreign),
            (None, Some("http://book.example"), Some("cross-site"), Foreign),
            (public, Some("https://book.example"), None, Ours),
            (public, Some("http://book.example"), None, Foreign),
            (public, Some("https://xbook.example"), Some("same-origin"), Foreign),
        ] {
            let mut request = TestRequest::default().insert_header(("host", "book.example"));
            for (name, value) in [("origin", origin), ("sec-fetch-site", fetch_site)] {
                if let Some(value) = value {
                    request = request.insert_header((name, value));
                }
            }
            let request = request.to_http_request();
            assert_eq!(sender(request.headers(), public_origin), expected, "{origin:?} {fetch_site:?}");
        }
    }
}
