//! From nothing to the first booking: what a business has to have first, and where it is added.

use bookings_db::connection::Conn;
use bookings_db::{Scope, Store, StoreError};

use super::kind::Kind;
use crate::auth::{Signed, may};
use crate::views::Link;
use crate::views::bookings::EmptyState;
use crate::views::records::RecordListPage;
use crate::views::{Pager, Section};

/// What is missing for a first booking, in the order it is made in; `None` where nothing is.
pub fn missing(store: &Store, conn: &mut Conn, scope: Scope) -> Result<Option<Kind>, StoreError> {
    let catalogue = store.catalogue.as_ref();
    if store.policy.tenancy && scope == Scope::All && catalogue.tenants(conn, scope, "", 1)?.is_empty() {
        return Ok(Some(Kind::Tenant));
    }
    if catalogue.services(conn, scope, "", 1)?.is_empty() {
        return Ok(Some(Kind::Service));
    }
    Ok(catalogue.providers(conn, scope, "", 1)?.is_empty().then_some(Kind::Provider))
}

/// Says it, with the way there for those who may go it.
pub fn lead(kind: Kind, signed: &Signed) -> EmptyState {
    let (one, plural) = kind.words();
    let (step, why) = match kind {
        Kind::Tenant => ("First", "Everything belongs to a tenant: one business among several in this installation."),
        Kind::Provider => ("Next", "A provider is whoever or whatever gives the time: a person, a room, a bicycle."),
        Kind::Service | Kind::Addon => {
            ("First", "A service is what clients book: its length, price and terms. Who gives it comes next.")
        }
    };
    let allowed = may(&signed.staff, kind.write());
    EmptyState {
        heading: format!("{step}, add a {one}"),
        text: match allowed {
            true => why.into(),
            false => format!("{why} An admin or owner adds {}.", plural.to_lowercase()),
        },
        action: allowed.then(|| Link::new(format!("New {one}"), format!("{}/new", kind.path()))),
    }
}

/// The page in place of a form that could not be filled in yet.
pub fn page(title: &str, section: Section, kind: Kind, signed: &Signed) -> RecordListPage {
    RecordListPage {
        shell: signed.shell(title, Some(section)),
        new: None,
        q: None,
        columns: Vec::new(),
        rows: Vec::new(),
        pager: Pager::default(),
        empty: Some(lead(kind, signed)),
        summary: None,
    }
}
