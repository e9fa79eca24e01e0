//! Counts of wrong tries, shared by every process on the database: so many under one key, then a pause that ends by itself.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::connection::{Conn, Pools};
use crate::error::StoreError;
use crate::schema::sign_in_try as table;
use crate::transaction::{Lock, write};
use crate::types::Instant;

/// A digest of what is counted.
pub type Key = [u8; 32];

/// Tries that are counted at the same time wait for each other, or several at once would count as one.
fn lock() -> Lock {
    Lock::rows("SELECT pg_advisory_xact_lock(7061882015)".into())
}

fn tries(conn: &mut Conn, key: &Key) -> Result<Option<(i32, Instant)>, StoreError> {
    let row = table::table.find(key.as_slice()).select((table::tries, table::first_at)).first(conn);
    Ok(row.optional()?)
}

/// Counts a try under every key, each with the number it allows within `window`; says how long the pause still lasts where
/// one of them had its number already. A refused try counts nowhere, so that trying on does not lengthen the pause.
///
/// # Errors
/// The database's.
pub fn begin(
    pools: &Pools,
    keys: &[(Key, i32)],
    window: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Option<TimeDelta>, StoreError> {
    write(pools, &lock(), |conn| {
        diesel::delete(table::table.filter(table::first_at.le(Instant(now - window)))).execute(conn)?;
        let mut pause = None;
        for (key, most) in keys {
            if let Some((_, first)) = tries(conn, key)?.filter(|(tries, _)| tries >= most) {
                pause = pause.max(Some(first.0 + window - now));
            }
        }
        if pause.is_some() {
            return Ok(pause);
        }
        for (key, _) in keys {
            let more = table::tries.eq(table::tries + 1);
            if diesel::update(table::table.find(key.as_slice())).set(more).execute(conn)? == 0 {
                let row = (table::key_digest.eq(key.as_slice()), table::tries.eq(1), table::first_at.eq(Instant(now)));
                diesel::insert_into(table::table).values(row).execute(conn)?;
            }
        }
        Ok(None)
    })
}

/// Takes one try back under each of `keys`: it was right, or came to nothing. Under `forgotten` all are.
///
/// # Errors
/// The database's.
pub fn withdraw(pools: &Pools, keys: &[Key], forgotten: Option<&Key>) -> Result<(), StoreError> {
    write(pools, &lock(), |conn| {
        for key in keys {
            let row = table::table.filter(table::key_digest.eq(key.as_slice())).filter(table::tries.gt(0));
            diesel::update(row).set(table::tries.eq(table::tries - 1)).execute(conn)?;
        }
        if let Some(key) = forgotten {
            diesel::delete(table::table.find(key.as_slice())).execute(conn)?;
        }
        Ok(())
    })
}
