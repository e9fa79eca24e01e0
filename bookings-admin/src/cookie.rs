//! The session's cookie when the secret key was changed: one signed with an older key still counts, and is signed anew, so
//! that nobody is signed out. The session middleware knows a single key; this stands in front of it.

use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web;

use crate::app::AppState;

/// The cookie's name. Behind https its prefix binds it to this very host.
#[must_use]
pub fn name(secure: bool) -> &'static str {
    if secure { "__Host-bookings" } else { "bookings" }
}

/// Middleware around the session's.
///
/// # Errors
/// What it wraps says.
pub async fn sign_anew(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let Some(state) = request.app_data::<web::Data<AppState>>().cloned() else { return next.call(request).await };
    let secure = state.secure();
    let sent = request.headers().get(header::COOKIE).and_then(|sent| sent.to_str().ok());
    let signed = sent.and_then(|sent| anew(sent, name(secure), &state.cookie_keys));
    let Some((cookies, signed)) = signed else { return next.call(request).await };
    if let Ok(cookies) = HeaderValue::from_str(&cookies) {
        request.headers_mut().insert(header::COOKIE, cookies);
    }
    let mut answer = next.call(request).await?;
    // A page that sets the cookie has set it under the newest key.
    if !answer.headers().contains_key(header::SET_COOKIE) {
        let cookie = Cookie::build(signed.name(), signed.value()).path("/").secure(secure).http_only(true);
        let cookie = cookie.same_site(SameSite::Lax).finish();
        if let Ok(cookie) = HeaderValue::from_str(&cookie.encoded().to_string()) {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    Ok(answer)
}

/// Of the cookies sent: all of them with the named one signed by the first key, and that one; where an older key signed it.
fn anew(sent: &str, name: &str, keys: &[Key]) -> Option<(String, Cookie<'static>)> {
    let (newest, older) = keys.split_first().filter(|(_, older)| !older.is_empty())?;
    let mut cookies: Vec<String> = sent.split(';').map(|cookie| cookie.trim().to_owned()).collect();
    let own = cookies.iter_mut().find(|cookie| cookie.split('=').next() == Some(name))?;
    let signed = Cookie::parse_encoded(own.clone()).ok()?;
    let mut jar = CookieJar::new();
    if jar.signed(newest).verify(signed.clone()).is_some() {
        return None;
    }
    let plain = older.iter().find_map(|key| jar.signed(key).verify(signed.clone()))?;
    jar.signed_mut(newest).add(plain);
    let signed = jar.get(name)?.clone();
    *own = signed.encoded().to_string();
    Some((cookies.join("; "), signed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(key: &Key, value: &str) -> String {
        let mut jar = CookieJar::new();
        jar.signed_mut(key).add(Cookie::new("bookings", value.to_owned()));
        jar.get("bookings").unwrap().encoded().to_string()
    }

    #[test]
    fn older_keys_are_read_and_others_are_not() {
        let [new, old, strange] = [1, 2, 3].map(|byte| Key::from(&[byte; 64]));
        let keys = [new.clone(), old.clone()];
        let sent = format!("a=1; {}; b=2", signed(&old, "session"));
        let (cookies, cookie) = anew(&sent, "bookings", &keys).unwrap();
        assert_eq!(cookies, format!("a=1; {}; b=2", signed(&new, "session")));
        assert_eq!(cookie.encoded().to_string(), signed(&new, "session"));
        for sent in [signed(&new, "session"), signed(&strange, "session"), "bookings=session".into(), "a=1".into()] {
            assert!(anew(&sent, "bookings", &keys).is_none(), "{sent}");
        }
        assert!(anew(&signed(&old, "session"), "bookings", &[new]).is_none(), "the old key is gone");
    }
}
