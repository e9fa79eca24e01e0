//! How many bookings each choice of a filter would find, within some days. Statuses are counted along their index, as far as
//! the page says it; for what a menu shows beside them the days are read once, and never more than is read in no time.

use std::collections::{HashMap, HashSet};

use bookings_core::Status;
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment};
use diesel::sql_types::{BigInt, Nullable, Text};
use uuid::Uuid;

use super::filter::{Chosen, Filter};
use super::list::ListQuery;
use super::page::COUNTED;
use super::scan::{Scan, push_limit};
use crate::connection::{Conn, MultiBackend, known_by_text};
use crate::error::StoreError;
use crate::types::{DbUuid, Id};

/// The most days that are counted: a week and what a change of clocks adds.
pub const FACET_DAYS: i64 = 8;
/// The most bookings of those days that are read.
const READ: i64 = 20_000;

/// What each choice would find, under the other filters. A choice that is not there would find nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facets {
    /// By status: exactly up to [`COUNTED`], and more than that beyond.
    pub statuses: HashMap<Status, u64>,
    /// By provider.
    pub providers: HashMap<Uuid, u64>,
    /// By service.
    pub services: HashMap<Uuid, u64>,
}

/// What is counted beside the statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beside {
    /// Each provider.
    pub providers: bool,
    /// Each service.
    pub services: bool,
}

impl ListQuery {
    /// The counts beside the choices, by status and `beside`. `None` where they are not cheap: without days or of more than
    /// [`FACET_DAYS`], of a search or client, and where those days hold too much. One query.
    ///
    /// # Errors
    /// The database's.
    pub fn facets(&self, conn: &mut Conn, beside: Beside) -> Result<Option<Facets>, StoreError> {
        let days = self.from.zip(self.until).map(|(from, until)| until.signed_duration_since(from));
        let few = days.is_some_and(|days| days <= TimeDelta::days(FACET_DAYS));
        if !few || self.client.is_some() || !self.search.trim().is_empty() {
            return Ok(None);
        }
        match conn {
            _ if !beside.providers && !beside.services => self.count_statuses(conn),
            Conn::Lite(_) => self.count_here(conn, beside),
            Conn::Pg(_) => self.count_there(conn, beside),
        }
    }

    /// Each status along an index, which takes a tenth of the time of reading the days.
    fn count_statuses(&self, conn: &mut Conn) -> Result<Option<Facets>, StoreError> {
        let most = COUNTED as i64 + 1;
        let scans = Status::ALL.map(|status| (status, self.of_status(status, most)));
        let rows: Vec<(String, i64)> = ByStatus(scans, most).load(conn)?;
        let counted = |(status, found): (String, i64)| Status::parse(&status).zip(some(found));
        Ok(Some(Facets { statuses: rows.into_iter().filter_map(counted).collect(), ..Facets::default() }))
    }

    /// In this process: SQLite groups by sorting.
    fn count_here(&self, conn: &mut Conn, beside: Beside) -> Result<Option<Facets>, StoreError> {
        let rows: Vec<(String, Id, Id)> = Days(self.in_force()).load(conn)?;
        if rows.len() as i64 > READ {
            return Ok(None);
        }
        let providers: HashSet<Uuid> = self.providers.iter().map(|id| id.0).collect();
        let services: HashSet<Uuid> = self.services.iter().map(|id| id.0).collect();
        let mut facets = Facets::default();
        for (status, provider, service) in rows {
            let Some(status) = Status::parse(&status) else { continue };
            let fits = [
                self.statuses.is_empty() || self.statuses.contains(&status),
                providers.is_empty() || providers.contains(&provider.0),
                services.is_empty() || services.contains(&service.0),
            ];
            // Of what a filter would find, the others decide.
            if let [_, true, true] = fits {
                *facets.statuses.entry(status).or_default() += 1;
            }
            if let ([true, _, true], true) = (fits, beside.providers) {
                *facets.providers.entry(provider.0).or_default() += 1;
            }
            if let ([true, true, _], true) = (fits, beside.services) {
                *facets.services.entry(service.0).or_default() += 1;
            }
        }
        Ok(Some(facets))
    }

    /// In the database: PostgreSQL counts sooner than it sends the rows.
    fn count_there(&self, conn: &mut Conn, beside: Beside) -> Result<Option<Facets>, StoreError> {
        let rows: Vec<Sum> = Sums(Days(self.in_force()), beside).load(conn)?;
        let (mut facets, mut read) = (Facets::default(), 0);
        for row in rows {
            if let Some(status) = row.status {
                read += row.read;
                let counted = Status::parse(&status).zip(some(row.of_status));
                facets.statuses.extend(counted);
            }
            facets.providers.extend(row.provider.map(|id| id.0).zip(some(row.of_provider)));
            facets.services.extend(row.service.map(|id| id.0).zip(some(row.of_service)));
        }
        Ok((read <= READ).then_some(facets))
    }
}

/// What is shown of a count: nothing of none.
fn some(count: i64) -> Option<u64> {
    u64::try_from(count).ok().filter(|count| *count > 0)
}

/// Of each status, how many its walks find, up to a limit.
struct ByStatus([(Status, Scan); Status::ALL.len()], i64);

known_by_text!(ByStatus);

impl QueryFragment<MultiBackend> for ByStatus {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let ByStatus(scans, most) = self;
        if !scans.iter().all(|(_, scan)| scan.kept) {
            out.unsafe_to_cache_prepared();
        }
        let mut union = "SELECT '";
        for (status, scan) in scans {
            out.push_sql(union);
            out.push_sql(status.as_str());
            out.push_sql("' AS status, count(*) FROM (");
            scan.push_counted(*most, &mut out)?;
            out.push_sql(") AS found");
            union = " UNION ALL SELECT '";
        }
        Ok(())
    }
}

impl Query for ByStatus {
    type SqlType = (Text, BigInt);
}
impl RunQueryDsl<Conn> for ByStatus {}

/// Status, provider and service of everything that starts within the days.
struct Days(Chosen);

known_by_text!(Days);

impl QueryFragment<MultiBackend> for Days {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        let Days(chosen) = self;
        out.push_sql("SELECT status, provider_id, service_id FROM booking");
        out.push_sql(if matches!(out.backend(), MultiBackend::Lite(_)) { " INDEXED BY booking_by_start" } else { "" });
        chosen.push_where(&mut out, &[Filter::Tenant, Filter::Dates])?;
        out.push_sql(" ORDER BY start_at");
        push_limit(READ + 1, &mut out);
        Ok(())
    }
}

impl Query for Days {
    type SqlType = (Text, DbUuid, DbUuid);
}
impl RunQueryDsl<Conn> for Days {}

/// How many of those days each status has and, as wanted, each provider and each service, under the filters of the other
/// two.
struct Sums(Days, Beside);

/// One status, provider or service, the other two empty.
#[derive(Queryable)]
struct Sum {
    status: Option<String>,
    provider: Option<Id>,
    service: Option<Id>,
    read: i64,
    of_status: i64,
    of_provider: i64,
    of_service: i64,
}

known_by_text!(Sums);

impl QueryFragment<MultiBackend> for Sums {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        let Sums(days, beside) = self;
        let Days(chosen) = days;
        out.push_sql("SELECT status");
        out.push_sql(if beside.providers { ", provider_id" } else { ", NULL" });
        out.push_sql(if beside.services { ", service_id" } else { ", NULL" });
        out.push_sql(", count(*)");
        let of = [Filter::Status, Filter::Provider, Filter::Service];
        for counted in of {
            let others: Vec<Filter> = of.into_iter().filter(|filter| *filter != counted).collect();
            out.push_sql(", count(*)");
            if chosen.has(&others) {
                out.push_sql(" FILTER (");
                chosen.push_where(&mut out, &others)?;
                out.push_sql(")");
            }
        }
        out.push_sql(" FROM (");
        days.walk_ast(out.reborrow())?;
        out.push_sql(") AS booking GROUP BY GROUPING SETS ((status)");
        out.push_sql(if beside.providers { ", (provider_id)" } else { "" });
        out.push_sql(if beside.services { ", (service_id)" } else { "" });
        out.push_sql(")");
        Ok(())
    }
}

impl Query for Sums {
    type SqlType = (Nullable<Text>, Nullable<DbUuid>, Nullable<DbUuid>, BigInt, BigInt, BigInt, BigInt);
}
impl RunQueryDsl<Conn> for Sums {}
