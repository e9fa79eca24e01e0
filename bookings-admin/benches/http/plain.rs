//! The list's own statement, prepared, with nothing around it.

use bookings_db::connection::{Conn, Pools};
use bookings_db::schema::booking;
use bookings_db::types::{Id, Instant};
use diesel::prelude::*;

use crate::table::{Times, timed};

type Row = (i64, Id, String, Option<Id>, Id, Id, String, String, Instant, Instant, String, i32, i64, Instant);

/// The first page.
pub fn list(pools: &Pools, samples: usize) -> Times {
    let mut conn = pools.url().connect().unwrap();
    let once = |conn: &mut Conn| -> Vec<Row> {
        booking::table
            .order((booking::start_at, booking::seq))
            .limit(51)
            .select((
                booking::seq,
                booking::id,
                booking::reference,
                booking::tenant_id,
                booking::service_id,
                booking::provider_id,
                booking::client_name,
                booking::client_phone,
                booking::start_at,
                booking::end_at,
                booking::status,
                booking::party_size,
                booking::version,
                booking::created_at,
            ))
            .load(conn)
            .unwrap()
    };
    Times::of(samples, || timed(|| once(&mut conn)))
}
