//! A form that comes back: what is wrong at which field, the status, and where somebody guessed, when to try again.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use askama::Template;

use crate::views::{Refusal, page_with_status};

/// One refusal of a form.
pub struct Refused {
    /// What is wrong, and where.
    pub refusal: Refusal,
    /// Seconds until the next try.
    pause: Option<u64>,
}

impl Refused {
    /// What was typed there is wrong.
    pub fn at(field: &str, code: &'static str, sentence: impl Into<String>) -> Refused {
        Refused { refusal: Refusal::new(code, field, sentence), pause: None }
    }

    /// Too many wrong `tries` of what is typed there.
    pub fn throttled(field: &str, tries: &str, seconds: u64) -> Refused {
        let sentence = format!("Too many wrong {tries}. Please wait {}, then try again.", wait(seconds));
        Refused { pause: Some(seconds), ..Refused::at(field, "throttled", sentence) }
    }

    /// The page that says so.
    pub fn answer<T: Template>(self, page: impl FnOnce(Refusal) -> T) -> HttpResponse {
        let Some(seconds) = self.pause else {
            return page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page(self.refusal));
        };
        let mut answer = page_with_status(StatusCode::TOO_MANY_REQUESTS, &page(self.refusal));
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        answer
    }
}

/// "40 seconds", "3 minutes".
fn wait(seconds: u64) -> String {
    match seconds {
        0 | 1 => "1 second".into(),
        2..=59 => format!("{seconds} seconds"),
        60 => "1 minute".into(),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
