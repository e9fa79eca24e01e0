//! Error pages: what happened, what next, and what was typed.

use super::{Hidden, Link, Shell};
use askama::Template;

/// One error page for every status.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// Frame; signed out where nobody is.
    pub shell: Shell,
    /// HTTP status.
    pub status: u16,
    /// What happened, in a few words.
    pub heading: String,
    /// What it means, in a sentence or two.
    pub text: String,
    /// Ways on; the first is the likely one.
    pub next: Vec<Link>,
    /// Something to tell support, as a request id; may be empty.
    pub detail: String,
    /// What was typed, so that it can be copied: label and text.
    pub kept: Vec<(String, String)>,
    /// The same request again, where that is safe.
    pub retry: Option<Retry>,
}

/// A form that sends the request again.
#[derive(Clone, Debug, Default)]
pub struct Retry {
    /// Where it posts to.
    pub action: String,
    /// Everything that was sent but the token.
    pub fields: Vec<Hidden>,
}

impl ErrorPage {
    /// The page of a status with its usual words; fields may be changed after.
    pub fn new(mut shell: Shell, status: u16) -> Self {
        let (heading, text) = words(status);
        shell.title = heading.into();
        let next = match shell.account {
            Some(_) => vec![Link::new("Go to today", "/"), Link::new("All bookings", "/bookings")],
            None => vec![Link::new("Sign in", "/login")],
        };
        Self {
            shell,
            status,
            heading: heading.into(),
            text: text.into(),
            next,
            detail: String::new(),
            kept: Vec::new(),
            retry: None,
        }
    }

    /// Replaces the sentence.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// Adds a request id or the like.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

fn words(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => (
            "That request could not be read",
            "Part of it was missing or malformed. Go back, reload the page and try again.",
        ),
        401 => ("Please sign in", "You are signed out, or your session has ended. Nothing was changed."),
        403 => (
            "You may not do that",
            "Your role does not allow it, or the page was open for too long. Nothing was changed. Reload the page and try again, or ask an owner.",
        ),
        404 => (
            "There is nothing here",
            "The address is wrong, or it belongs to another tenant. Check the reference, or search for the client.",
        ),
        405 => ("That does not work this way", "The address exists but does not accept this kind of request."),
        409 => (
            "Someone changed it first",
            "What you sent was made for an older version. Nothing was changed. Reload to see the current one.",
        ),
        408 => {
            ("That took too long", "What you sent did not arrive in time. Nothing was changed. Please send it again.")
        }
        413 => (
            "That is too much text",
            "What you sent is larger than accepted. Nothing was changed. Go back, shorten it and send it again.",
        ),
        422 => ("That could not be accepted", "Something in the request is not valid. Nothing was changed."),
        429 => ("Too many attempts", "Please wait a little, then try again. Nothing was changed."),
        503 => (
            "Busy just now",
            "The database or the slot engine did not answer in time. Nothing was changed. It is safe to try again.",
        ),
        _ => (
            "Something went wrong",
            "It is our fault and it has been logged. If you sent something, check whether it was saved before you send it again.",
        ),
    }
}
