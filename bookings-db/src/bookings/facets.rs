//! How many bookings each choice of a filter would find, within some days: the days are read once, and never more of them
//! than is read in no time.

use std::collections::HashMap;

use bookings_core::Status;
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use uuid::Uuid;

use super::filter::{Chosen, Filter};
use super::list::ListQuery;
use crate::connection::{Conn, MultiBackend};
use crate::error::StoreError;
use crate::types::DbUuid;

/// The most days that are counted: a week and what a change of clocks adds.
pub const FACET_DAYS: i64 = 8;
/// The most bookings of those days that are read.
const READ: i64 = 20_000;

/// What each choice would find, under the other filters. A choice that is not there would find nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facets {
    /// By status.
    pub statuses: HashMap<Status, u64>,
    /// By provider.
    pub providers: HashMap<Uuid, u64>,
    /// By service.
    pub services: HashMap<Uuid, u64>,
}

impl ListQuery {
    /// The counts beside the choices. `None` where they are not cheap: without days or of more than [`FACET_DAYS`], of a
    /// search or client, and where those days hold too much. One query.
    ///
    /// # Errors
    /// The database's.
    pub fn facets(&self, conn: &mut Conn) -> Result<Option<Facets>, StoreError> {
        let days = self.from.zip(self.until).map(|(from, until)| until.signed_duration_since(from));
        let few = days.is_some_and(|days| days <= TimeDelta::days(FACET_DAYS));
        if !few || self.client.is_some() || !self.search.trim().is_empty() {
            return Ok(None);
        }
        let rows: Vec<(i32, Option<String>, Option<crate::types::Id>, i64)> =
            Counts(self.in_force(), READ + 1).load(conn)?;
        let mut facets = Facets::default();
        for (kind, status, id, count) in rows {
            if kind == 0 && count > READ {
                return Ok(None);
            }
            let count = u64::try_from(count).unwrap_or(0);
            match (kind, status.as_deref().and_then(Status::parse), id) {
                (1, Some(status), _) => drop(facets.statuses.insert(status, count)),
                (2, _, Some(id)) => drop(facets.providers.insert(id.0, count)),
                (3, _, Some(id)) => drop(facets.services.insert(id.0, count)),
                _ => {}
            }
        }
        Ok(Some(facets))
    }
}

/// Everything of the days, then by status, provider and service, each under the other two filters.
struct Counts(Chosen, i64);

impl QueryId for Counts {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<MultiBackend> for Counts {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        let Counts(chosen, most) = self;
        let lite = matches!(out.backend(), MultiBackend::Lite(_));
        out.push_sql("WITH booking_of AS MATERIALIZED (SELECT status, provider_id, service_id FROM booking");
        out.push_sql(if lite { " INDEXED BY booking_by_start" } else { "" });
        chosen.push_where(&mut out, &[Filter::Tenant, Filter::Dates])?;
        out.push_sql(" ORDER BY start_at LIMIT ");
        out.push_bind_param::<BigInt, _>(most)?;
        out.push_sql(") SELECT 1 AS kind, status, CAST(NULL AS uuid) AS id, count(*) AS n FROM booking_of AS booking");
        chosen.push_where(&mut out, &[Filter::Provider, Filter::Service])?;
        out.push_sql(" GROUP BY status UNION ALL SELECT 2, NULL, provider_id, count(*) FROM booking_of AS booking");
        chosen.push_where(&mut out, &[Filter::Status, Filter::Service])?;
        out.push_sql(" GROUP BY provider_id UNION ALL SELECT 3, NULL, service_id, count(*) FROM booking_of AS booking");
        chosen.push_where(&mut out, &[Filter::Status, Filter::Provider])?;
        out.push_sql(" GROUP BY service_id UNION ALL SELECT 0, NULL, NULL, count(*) FROM booking_of");
        Ok(())
    }
}

impl Query for Counts {
    type SqlType = (Integer, Nullable<Text>, Nullable<DbUuid>, BigInt);
}
impl RunQueryDsl<Conn> for Counts {}
