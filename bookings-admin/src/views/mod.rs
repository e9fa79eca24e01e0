//! View-models: plain structs that decide everything a page shows (labels, which button is off and why, what is selected).
//! Templates only loop and print. A handler fills one page struct and answers with [`page`] or [`page_with_status`].
//!
//! Text is escaped by the templates; nothing here holds HTML.

pub mod audit;
pub mod auth;
pub mod board;
pub mod bookings;
pub mod catalogue;
pub mod chip;
pub mod client;
pub mod error;
pub mod find;
pub mod form;
pub mod import;
pub mod outcomes;
pub mod pager;
pub mod qr;
pub mod records;
pub mod refusal;
pub mod second_factor;
pub mod shell;
pub mod staff;
pub mod today;

pub use chip::StatusChip;
pub use error::ErrorPage;
pub use form::{Choice, Field, Hidden, Link, OverrideBlock, Picker, SelectField, Suggestion};
pub use pager::Pager;
pub use refusal::{Refusal, Summary};
pub use shell::{Account, Flash, NavItem, Section, Shell, Theme, Undo, nav};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// Answers 200 with the page.
pub fn page(template: &impl Template) -> HttpResponse {
    page_with_status(StatusCode::OK, template)
}

/// Answers with the page under `status` (422 for a redisplayed form, 409 for a conflict ...).
pub fn page_with_status(status: StatusCode, template: &impl Template) -> HttpResponse {
    match template.render() {
        Ok(html) => HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            HttpResponse::InternalServerError()
                .content_type("text/plain; charset=utf-8")
                .body("The page could not be rendered. Please try again.")
        }
    }
}
