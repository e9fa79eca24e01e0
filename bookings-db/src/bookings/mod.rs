//! Selectors of bookings: one whole, or many by list.

mod board;
mod cursor;
mod day;
mod facets;
mod filter;
mod find;
mod list;
mod page;
mod scan;
mod searched;
mod slot;
pub(crate) mod whole;

use bookings_core::{Booking, ProviderId};
use diesel::prelude::*;

pub use board::{BoardRow, on_board};
pub use cursor::Cursor;
pub use day::{Spell, spells};
pub use facets::{Beside, FACET_DAYS, Facets};
pub use list::{ListQuery, ListRow, Page, Sort};
pub use page::{COUNTED, ListPage};
pub(crate) use slot::sharing;
pub use slot::{Taken, taken_with};

use crate::commands::Which;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::rows::{AddonRow, BookingRow};
use crate::schema::{booking, booking_addon};
use crate::scope::Scope;
use crate::types::Id;

/// A booking with its add-ons; `None` where there is none or the scope does not see it.
///
/// # Errors
/// The database's.
pub fn find(conn: &mut Conn, which: &Which, scope: Scope) -> Result<Option<Booking>, StoreError> {
    let mut query = booking::table.select(BookingRow::as_select()).into_boxed();
    query = match which {
        Which::Id(id) => query.filter(booking::id.eq(Id(id.0))),
        Which::Reference(reference) => query.filter(booking::reference.eq(reference.as_str().to_owned())),
    };
    let Some(row) = query.first(conn).optional()? else { return Ok(None) };
    if !scope.sees(row.tenant_id.map(|id| id.0.into())) {
        return Ok(None);
    }
    let addons: Vec<AddonRow> = booking_addon::table
        .filter(booking_addon::booking_id.eq(row.id))
        .order(booking_addon::position)
        .select(AddonRow::as_select())
        .load(conn)?;
    row.into_core(addons).map(Some)
}

/// Whose time a booking holds or held: what to lock before changing it.
pub(crate) fn provider_of(conn: &mut Conn, which: &Which, scope: Scope) -> Result<Option<ProviderId>, StoreError> {
    let mut query = booking::table.select((booking::provider_id, booking::tenant_id)).into_boxed();
    query = match which {
        Which::Id(id) => query.filter(booking::id.eq(Id(id.0))),
        Which::Reference(reference) => query.filter(booking::reference.eq(reference.as_str().to_owned())),
    };
    let found: Option<(Id, Option<Id>)> = query.first(conn).optional()?;
    let visible = found.filter(|(_, tenant)| scope.sees(tenant.map(|id| id.0.into())));
    Ok(visible.map(|(provider, _)| ProviderId(provider.0)))
}
