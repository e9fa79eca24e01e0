//! `GET /clients/{key}`.

use super::bookings::{Column, Fact, Header, ListRow};
use super::{Link, Shell};
use askama::Template;

/// A client with the nearest of their bookings.
#[derive(Template)]
#[template(path = "client.html")]
pub struct ClientPage {
    /// Frame; its title is the heading.
    pub shell: Shell,
    /// A new booking as their last one was, where the role may book.
    pub book: Option<String>,
    /// Who they are and how often they came.
    pub facts: Vec<Fact>,
    /// The columns' heads, without order.
    pub headers: Vec<Header>,
    /// What is to come, what was.
    pub tables: Vec<ClientBookings>,
}

/// Some of a client's bookings.
#[derive(Clone, Debug)]
pub struct ClientBookings {
    /// "Upcoming".
    pub heading: &'static str,
    /// The nearest ones.
    pub rows: Vec<ListRow>,
    /// Said where there are none.
    pub none: &'static str,
    /// The list of all.
    pub all: Link,
}
