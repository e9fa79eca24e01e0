//! A posted form as it was typed: names and values in order, names may repeat.

use std::future::{Ready, poll_fn, ready};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BodyStream, MessageBody};
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use crate::error::PageError;
use crate::multipart::{self, Upload};

/// Largest form accepted, in bytes.
pub const FORM_BYTES: usize = 1024 * 1024;

/// Largest file accepted, in bytes, with the form around it.
pub const FILE_BYTES: usize = 8 * 1024 * 1024;

/// How much of a larger one is read and thrown away, so that the sender gets to see the answer.
const DRAIN_BYTES: usize = 64 * 1024 * 1024;

/// For a whole form to arrive.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The fields of a POST. As an extractor it gives what the gate has read and checked: a handler can't see an unchecked form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawForm(Arc<Vec<(String, String)>>);

impl RawForm {
    /// The fields of an `application/x-www-form-urlencoded` body, or of a query.
    ///
    /// # Errors
    /// A sentence, when a name or value is not UTF-8 or holds U+0000, which no database keeps.
    pub fn parse(body: &[u8]) -> Result<RawForm, String> {
        let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        let fields = pairs.map(|pair| {
            let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            Ok((decode(&pair[..equals])?, decode(pair.get(equals + 1..).unwrap_or_default())?))
        });
        Ok(RawForm(Arc::new(fields.collect::<Result<_, String>>()?)))
    }

    /// A form of these fields.
    #[must_use]
    pub fn of(fields: Vec<(String, String)>) -> RawForm {
        RawForm(Arc::new(fields))
    }

    /// The same form with `value` for `name`, and no other.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> RawForm {
        let others = self.fields().iter().filter(|(other, _)| other != name).cloned();
        RawForm::of(others.chain([(name.to_owned(), value.to_owned())]).collect())
    }

    /// The first value of `name`; empty where there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// Every value of `name`, in order.
    pub fn all<'a>(&'a self, name: &str) -> impl DoubleEndedIterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether `name` was sent at all.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// Names and values, in order.
    #[must_use]
    pub fn fields(&self) -> &[(String, String)] {
        &self.0
    }
}

impl FromRequest for RawForm {
    type Error = PageError;
    type Future = Ready<Result<RawForm, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let checked = request.extensions().get::<RawForm>().cloned();
        ready(checked.ok_or_else(|| PageError::Internal("a form was asked for outside a POST".into())))
    }
}

/// The file of a POST, where the form has one: read and checked by the gate as the form is.
#[derive(Debug, Clone, Default)]
pub struct Uploaded(pub Option<Arc<Upload>>);

impl FromRequest for Uploaded {
    type Error = PageError;
    type Future = Ready<Result<Uploaded, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.extensions().get::<Uploaded>().cloned().unwrap_or_default()))
    }
}

/// Whether a POST is a form that may hold a file.
#[must_use]
pub fn holds_file(request: &HttpRequest) -> bool {
    boundary(request).is_some()
}

fn boundary(request: &HttpRequest) -> Option<&str> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    multipart::boundary(content_type.unwrap_or_default())
}

/// Reads a whole form of up to `most` bytes, and the file in it.
///
/// # Errors
/// [`PageError::TooLarge`], [`PageError::TooSlow`], or [`PageError::BadRequest`] when the body breaks off or is no form.
pub async fn read(request: &HttpRequest, payload: web::Payload, most: usize) -> Result<(RawForm, Uploaded), PageError> {
    timeout(TIME_LIMIT, whole(request, payload, most)).await.map_err(|_| PageError::TooSlow)?
}

async fn whole(request: &HttpRequest, payload: web::Payload, most: usize) -> Result<(RawForm, Uploaded), PageError> {
    let is_form = request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded");
    // Where no file is expected, none is taken apart.
    let boundary = boundary(request).filter(|_| most > FORM_BYTES);
    let mut stream = pin!(BodyStream::new(payload));
    let mut body = Vec::new();
    let mut size = 0;
    while let Some(chunk) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
        let chunk = chunk.map_err(|_| PageError::BadRequest("The form broke off while it was sent.".into()))?;
        size += chunk.len();
        if size <= most {
            body.extend_from_slice(&chunk);
        } else if size > DRAIN_BYTES {
            break;
        }
    }
    match size {
        0 => Ok(Default::default()),
        size if size > most => Err(PageError::TooLarge),
        _ => match boundary {
            Some(boundary) => {
                let (texts, file) = multipart::parse(boundary, &body).map_err(PageError::BadRequest)?;
                Ok((RawForm::of(texts), Uploaded(file.map(Arc::new))))
            }
            None if !is_form => Err(PageError::BadRequest("Only a form can be posted here.".into())),
            None => Ok((RawForm::parse(&body).map_err(PageError::BadRequest)?, Uploaded::default())),
        },
    }
}

/// `+` is a space and `%41` a byte; a `%` that means nothing stands for itself, as browsers do it.
fn decode(text: &[u8]) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        let byte;
        (rest, byte) = match escaped {
            Some((high, low)) => (&tail[2..], high * 16 + low),
            None => (tail, if *first == b'+' { b' ' } else { *first }),
        };
        bytes.push(byte);
    }
    let text = String::from_utf8(bytes).map_err(|_| "A part of what was sent is not UTF-8 text.".to_owned())?;
    if text.contains('\0') { Err("What was sent holds a character that is no text (U+0000).".into()) } else { Ok(text) }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The fields as a browser would send them.
#[must_use]
pub fn encode(fields: &[(String, String)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Text as a part of a query or form: everything but letters, digits and `-._~` escaped.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn pairs(body: &str) -> Vec<(String, String)> {
        RawForm::parse(body.as_bytes()).unwrap().fields().to_vec()
    }

    #[test]
    fn forms_are_read_as_browsers_send_them() {
        let form = RawForm::parse(b"a=1&b=x+y%26z&a=2&c&=d&&e=%C3%A9=").unwrap();
        assert_eq!(form.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((form.get("b"), form.get("c"), form.get(""), form.get("e")), ("x y&z", "", "d", "\u{e9}="));
        assert!(form.has("c") && !form.has("f"));
        assert_eq!(
            pairs("a=100%&b=%zz&c=%4"),
            [("a", "100%"), ("b", "%zz"), ("c", "%4")].map(|(n, v)| (n.into(), v.into()))
        );
        assert_eq!(pairs("a=%2541%2B"), [("a".to_owned(), "%41+".to_owned())], "decoded once");
        assert_eq!(pairs(""), []);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for body in ["a=%FF", "%FF=a", "a=%C3", "a=%00", "a%00=b"] {
            RawForm::parse(body.as_bytes()).expect_err(body);
        }
        RawForm::parse(b"a=\xFF").unwrap_err();
    }

    /// The clock of the test jumps to the end of the wait.
    #[tokio::test(start_paused = true)]
    async fn a_form_that_never_ends_is_given_up() {
        let (mut sender, payload) = actix_http::h1::Payload::create(false);
        sender.feed_data("a=1&b=".into());
        let request =
            TestRequest::post().insert_header(("content-type", "application/x-www-form-urlencoded")).to_http_request();
        let payload = web::Payload::from_request(&request, &mut payload.into()).await.unwrap();
        assert!(matches!(read(&request, payload, FORM_BYTES).await, Err(PageError::TooSlow)));
    }

    #[test]
    fn encoding_and_reading_give_the_same_back() {
        let fields = pairs("name=Anna+%26+Zo%C3%AB%0D%0A%2B1&name=&x=%25");
        assert_eq!(pairs(&encode(&fields)), fields);
    }
}
