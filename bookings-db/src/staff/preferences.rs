//! What a person chose for themselves.

use bookings_core::StaffId;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::lock;
use crate::connection::Pools;
use crate::error::StoreError;
use crate::schema::staff_preference as table;
use crate::transaction::write;
use crate::types::Id;

/// A person's choices.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = table)]
pub struct Preferences {
    /// IANA zone of the times they see and type; `None` is their tenant's or the installation's.
    pub time_zone: Option<String>,
    /// `system`, `light` or `dark`.
    pub theme: String,
    /// Whether keys are shortcuts.
    pub shortcuts: bool,
}

impl Default for Preferences {
    fn default() -> Preferences {
        Preferences { time_zone: None, theme: "system".into(), shortcuts: true }
    }
}

/// Keeps them; the last one to save wins, as it is one person.
///
/// # Errors
/// The database's; another theme is [`StoreError::Wall`].
pub fn keep_preferences(pools: &Pools, id: StaffId, chosen: &Preferences) -> Result<(), StoreError> {
    let values = (
        table::time_zone.eq(chosen.time_zone.as_deref()),
        table::theme.eq(&chosen.theme),
        table::shortcuts.eq(chosen.shortcuts),
    );
    write(pools, &lock(), |conn| {
        if diesel::update(table::table.find(Id::from(id))).set(values).execute(conn)? == 0 {
            diesel::insert_into(table::table).values((table::staff_id.eq(Id::from(id)), values)).execute(conn)?;
        }
        Ok(())
    })
}
