//! A message shown once, on the page after a redirect.

use actix_session::Session;
use serde::{Deserialize, Serialize};

use crate::views::{Flash, Link, Undo};

const KEY: &str = "flash";

#[derive(Serialize, Deserialize)]
struct Kept {
    message: String,
    link: Option<(String, String)>,
    #[serde(default)]
    undo: Option<Undo>,
}

/// Keeps one sentence for the next page; `link` is a label and an address.
pub fn set(session: &Session, message: impl Into<String>, link: Option<(&str, &str)>) {
    set_with_undo(session, message, link, None);
}

/// The same, with a button that takes back what it tells.
pub fn set_with_undo(session: &Session, message: impl Into<String>, link: Option<(&str, &str)>, undo: Option<Undo>) {
    let link = link.map(|(label, href)| (label.to_owned(), href.to_owned()));
    if let Err(error) = session.insert(KEY, Kept { message: message.into(), link, undo }) {
        tracing::error!("a message was lost: {error}");
    }
}

/// Takes the message, if there is one.
#[must_use]
pub fn take(session: &Session) -> Option<Flash> {
    // Looking first: taking marks the session as changed, which costs a write.
    if !session.contains_key(KEY) {
        return None;
    }
    let kept: Kept = session.remove_as(KEY)?.ok()?;
    let link = kept.link.map(|(label, href)| Link::new(label, href));
    Some(Flash { message: kept.message, link, undo: kept.undo })
}
