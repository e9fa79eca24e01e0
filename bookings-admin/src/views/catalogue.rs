//! A record of the catalogue: what it is, what can be done with it, what became of it.

use super::bookings::{Fact, HistoryEvent};
use super::staff::PostButton;
use super::{Link, Shell, Summary};
use askama::Template;

/// `GET /catalogue/services/{id}` and the like.
#[derive(Template)]
#[template(path = "catalogue/show.html")]
pub struct CataloguePage {
    /// Frame; its title is the record's name.
    pub shell: Shell,
    /// The list it belongs to.
    pub back: Link,
    /// Edit form, where the role may.
    pub edit: Option<Link>,
    /// Whether it is out of use.
    pub inactive: bool,
    /// Why something was not done.
    pub summary: Option<Summary>,
    /// What is known about it.
    pub facts: Vec<Fact>,
    /// What belongs to it, as links with text.
    pub related: Vec<Link>,
    /// Sent with every button.
    pub version: String,
    /// What can be done, where the role may.
    pub buttons: Vec<PostButton>,
    /// Events, newest first.
    pub history: Vec<HistoryEvent>,
    /// Older events.
    pub older: Option<Link>,
    /// The newest events, from a page of older ones.
    pub newer: Option<Link>,
}
