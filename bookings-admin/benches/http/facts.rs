//! What the data holds, to ask for: a booking in the middle, its people, its neighbours.

use bookings_core::Booking;
use bookings_db::bookings::{self, Cursor, ListQuery, Sort};
use bookings_db::connection::Pools;
use bookings_db::types::{DbInstant, Instant};
use bookings_db::{Scope, Which};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// Bookings of the dry run.
const MANY: i64 = 20_000;

pub struct Facts {
    /// A booking of today or tomorrow.
    pub middle: Booking,
    /// Its place by start.
    pub middle_place: Cursor,
    /// The place of the last by start.
    pub last_place: Cursor,
    /// The days from which on some twenty thousand bookings start.
    pub many: (DateTime<Utc>, DateTime<Utc>),
}

impl Facts {
    pub fn read(pools: &Pools) -> Facts {
        let now = Utc::now();
        let all = ListQuery { per_page: 1, ..ListQuery::new(Scope::All) };
        pools
            .read(|conn| {
                let last = ListQuery { sort: Sort::StartAtDescending, ..all.clone() }.load(conn)?.rows.remove(0);
                // One that can be reached every way.
                let coming = ListQuery { from: Some(now), per_page: 50, ..all.clone() }.load(conn)?.rows;
                let mut whole = None;
                for row in &coming {
                    let one = bookings::find(conn, &Which::Reference(row.reference.clone()), Scope::All)?;
                    let one = one.filter(|one| !one.client.email.is_empty() && !one.client.phone.is_empty());
                    if let Some(one) = one {
                        whole = Some((row, one));
                        break;
                    }
                }
                let (middle, whole) = whole.expect("somebody has a phone and an e-mail");
                let from = now + TimeDelta::days(1);
                let until = nth_start(conn, from)?.unwrap_or(last.start_at + TimeDelta::days(1));
                Ok(Facts {
                    middle: whole,
                    middle_place: middle.cursor(Sort::StartAt),
                    last_place: last.cursor(Sort::StartAt),
                    many: (from, until),
                })
            })
            .unwrap()
    }
}

fn nth_start(
    conn: &mut bookings_db::connection::Conn,
    from: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, bookings_db::StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = DbInstant)]
        start_at: Instant,
    }
    let sql = "SELECT start_at FROM booking WHERE start_at >= $1 ORDER BY start_at LIMIT 1 OFFSET $2";
    let query = diesel::sql_query(sql).bind::<DbInstant, _>(Instant(from)).bind::<BigInt, _>(MANY);
    Ok(query.get_result::<Row>(conn).optional()?.map(|row| row.start_at.0))
}
