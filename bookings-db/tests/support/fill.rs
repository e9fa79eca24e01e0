//! Many bookings at once, by one statement: for plans and benchmarks, where a row each through the store takes too long.

use bookings_core::{ProviderId, ServiceId};
use bookings_db::connection::Conn;
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;

/// Bookings of 60 minutes with buffers of 10 and 15, every four hours of each provider.
pub struct Fill<'a> {
    /// How many in all.
    pub bookings: i64,
    /// The number of the first; every number is used once in a database.
    pub first: i64,
    /// Dealt out in turn.
    pub providers: &'a [ProviderId],
    /// Dealt out in turn.
    pub services: &'a [ServiceId],
    /// When every provider's first starts.
    pub from: DateTime<Utc>,
    /// Whether all are CONFIRMED; else one in ten is, and one PENDING.
    pub active: bool,
}

/// Hours from one start of a provider to the next.
pub const SPACING_HOURS: i64 = 4;

impl Fill<'_> {
    /// Writes them, and lets the planner know.
    pub fn run(&self, conn: &mut Conn) {
        let sql = self.sql(matches!(conn, Conn::Pg(_)));
        conn.batch_execute(&sql).unwrap();
        conn.batch_execute("ANALYZE").unwrap();
    }

    fn sql(&self, postgres: bool) -> String {
        let (first, last) = (self.first, self.first + self.bookings - 1);
        let series = if postgres {
            format!("SELECT n FROM generate_series({first}, {last}) AS n")
        } else {
            format!(
                "SELECT n FROM (WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {last}) \
                 SELECT n FROM s)"
            )
        };
        let id = if postgres { "md5(n::text)::uuid" } else { "CAST(printf('%016d', n) AS BLOB)" };
        let reference =
            if postgres { "'BK-2026-' || upper(lpad(to_hex(n), 8, '0'))" } else { "printf('BK-2026-%08X', n)" };
        let from = self.from.timestamp_micros();
        let at = |minutes: String| {
            if postgres {
                format!("to_timestamp({}) + make_interval(mins => ({minutes})::int)", from / 1_000_000)
            } else {
                format!("{from} + ({minutes}) * 60000000")
            }
        };
        let slot = format!("(n - {first}) / {} * {}", self.providers.len(), SPACING_HOURS * 60);
        let (zero, empty) = if postgres { ("'\\x00'::bytea", "'{}'::jsonb") } else { ("x'00'", "'{}'") };
        let status = if self.active {
            "'CONFIRMED'"
        } else {
            "CASE n % 10 WHEN 0 THEN 'CONFIRMED' WHEN 1 THEN 'PENDING' WHEN 2 THEN 'CANCELLED' WHEN 3 THEN 'NO_SHOW' \
             ELSE 'COMPLETED' END"
        };
        format!(
            "INSERT INTO booking (id, reference, service_id, provider_id, client_name, client_email, client_phone, \
             start_at, end_at, busy_start, busy_end, duration_minutes, buffer_before_minutes, buffer_after_minutes, \
             status, status_before_cancel, shared, slot_key, requires_approval, cancellation_allowed, \
             cancellation_notice_minutes, reschedule_allowed, reschedule_notice_minutes, party_size, \
             capacity_consumed, pricing_type, price_minor, currency, notes_internal, notes_client, metadata, \
             search_text, version, chain_hash, created_at, updated_at) \
             SELECT {id}, {reference}, s.id, p.id, 'Client ' || (n * 7919 % 9973), 'c' || n || '@example.com', \
             '555' || n, {start}, {end}, {busy_start}, {busy_end}, 60, 10, 15, status, \
             CASE status WHEN 'CANCELLED' THEN 'CONFIRMED' END, false, {id}, false, true, 60, true, 60, 1, 1, \
             'fixed', 10000, 'TTD', '', '', {empty}, \
             lower(' Client ' || (n * 7919 % 9973) || ' c' || n || '@example.com 555' || n || ' ' || {reference}), \
             1, {zero}, {created}, {created} \
             FROM (SELECT n, {status} AS status FROM ({series}) AS numbers) AS numbered \
             JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM service WHERE id IN ({services})) AS s \
             ON s.place = n % {service_count} \
             JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM provider WHERE id IN ({providers})) AS p \
             ON p.place = (n - {first}) % {provider_count};",
            start = at(slot.clone()),
            end = at(format!("{slot} + 60")),
            busy_start = at(format!("{slot} - 10")),
            busy_end = at(format!("{slot} + 75")),
            created = at("n % 100000".to_owned()),
            services = ids(self.services.iter().map(|id| id.0), postgres),
            service_count = self.services.len(),
            providers = ids(self.providers.iter().map(|id| id.0), postgres),
            provider_count = self.providers.len(),
        )
    }
}

fn ids(ids: impl Iterator<Item = uuid::Uuid>, postgres: bool) -> String {
    let literal = |id: uuid::Uuid| if postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
    ids.map(literal).collect::<Vec<_>>().join(", ")
}
