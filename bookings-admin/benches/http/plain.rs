//! The list's own statements, prepared, with nothing around them.

use std::collections::BTreeSet;

use bookings_db::bookings::COUNTED;
use bookings_db::connection::{Conn, Pools};
use bookings_db::schema::{booking, provider, service, session, staff};
use bookings_db::types::{DbInstant, Id, Instant};
use bookings_db::views::{Viewer, Views, views};
use diesel::prelude::*;

use crate::table::{Times, timed};

type Choice = (Id, String, bool);
type Name = (Id, String);
type Session = (Vec<u8>, String, String);

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    #[expect(dead_code, reason = "read as the list reads it")]
    n: i64,
}

/// More than these are not on every page.
const CHOICES: i64 = 21;

type Row = (i64, Id, String, Option<Id>, Id, Id, String, String, Instant, Instant, String, i32, i64, Instant);

/// Who asks and their saved views, the first page from today on, how many there are, the services and providers to choose
/// from, and the names of those on the page.
pub fn list(pools: &Pools, samples: usize) -> Times {
    let mut conn = pools.url().connect().unwrap();
    let today = Instant(chrono::Utc::now());
    let counted = format!(
        "SELECT count(*) AS n FROM (SELECT 1 FROM booking WHERE start_at >= $1 ORDER BY start_at LIMIT {}) AS found",
        COUNTED + 1
    );
    let once = |conn: &mut Conn| -> (Vec<Row>, Count, [Vec<Choice>; 2], [Vec<Name>; 2], Vec<Session>, Views) {
        let session = session::table.inner_join(staff::table.on(staff::id.eq(session::staff_id.assume_not_null())));
        let session = session.select((session::key_digest, session::data, staff::name)).limit(1).load(conn).unwrap();
        let views = views(conn, Viewer { staff: uuid::Uuid::nil().into(), tenant: None }).unwrap();
        let count = diesel::sql_query(&counted).bind::<DbInstant, _>(today).get_result(conn).unwrap();
        let services = service::table.select((service::id, service::name, service::active));
        let services = services.order((service::name, service::id)).limit(CHOICES).load(conn).unwrap();
        let providers = provider::table.select((provider::id, provider::name, provider::active));
        let providers = providers.order((provider::name, provider::id)).limit(CHOICES).load(conn).unwrap();
        let page: Vec<Row> = booking::table
            .filter(booking::start_at.ge(today))
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
            .unwrap();
        let ids = |of: fn(&Row) -> Id| page.iter().map(of).collect::<BTreeSet<Id>>();
        let names = service::table.filter(service::id.eq_any(ids(|row| row.4))).select((service::id, service::name));
        let names_of_services = names.load(conn).unwrap();
        let names =
            provider::table.filter(provider::id.eq_any(ids(|row| row.5))).select((provider::id, provider::name));
        let names_of_providers = names.load(conn).unwrap();
        (page, count, [services, providers], [names_of_services, names_of_providers], session, views)
    };
    Times::of(samples, || timed(|| once(&mut conn)))
}
