//! The first bookings of a search by start, read off the search index. SQLite's is in that order: what has the words is met
//! in it, and read as far as the page goes. PostgreSQL's knows fortnights: what many have is found in a few of them, and
//! only what few have is looked for in all at once.

use std::ops::Range;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment};
use diesel::sql_types::{BigInt, Integer, Nullable, Text};

use super::cursor::{Cursor, Key, in_calendar};
use super::filter::{Chosen, Condition, Place, push_all};
use super::find::{Contains, all_trigrams, names_reference};
use super::list::{ListQuery, Page};
use super::page::counted;
use super::scan::{column, push_limit};
use super::whole::chosen;
use crate::condition::condition;
use crate::connection::{Conn, MultiBackend, known_by_text};
use crate::error::StoreError;
use crate::search::{PLACES, Wanted, minute, wanted};

/// Of what has the words and may not fit the filters, so many are looked up before it is reckoned what is looked up sooner.
const LOOKED_UP: i64 = 1_000;
/// Bookings that fit the filters, as far as they are counted for that.
const RECKONED: i64 = 20_000;

/// Where PostgreSQL has made so many bookings, searching some days is worth a query more.
const MANY: i64 = 200_000;
/// Days of a stretch, and what the index of the search has of a start.
const DAYS: i64 = 14;
const SECONDS: i64 = 86_400;
const STRETCH: &str = "ARRAY[((booking.start_at AT TIME ZONE 'UTC')::date - DATE '1970-01-01') / 14]";
/// How many bookings were made, and the days of the first start and of the last.
const ENDS: &str = "SELECT max(seq) AS made, (min(start_at) AT TIME ZONE 'UTC')::date - DATE '1970-01-01' AS first, \
     (max(start_at) AT TIME ZONE 'UTC')::date - DATE '1970-01-01' AS last FROM booking";
/// Bookings of the stretches that are looked into first: among so many are mostly enough that have one word, or several.
const OF_ONE_WORD: i64 = 30_000;
const OF_SEVERAL: i64 = 200_000;
/// Stretches that are looked into at least, and the most that are named together.
const LEAST: i64 = 2;
/// Looking first into more than such a part of all stretches takes as long as looking into all.
const WORTH: i64 = 6;
const MOST: i64 = 100;

/// How the first bookings of a list are found.
pub(super) enum Searched {
    /// `seq` of at least so many as were asked for, in no order.
    Found(Vec<i64>),
    /// Sooner among what fits the filters, which is less than what has the words.
    ByFilters,
    /// Not by words under an order by start, or not sooner by them.
    Otherwise,
}

impl ListQuery {
    /// The first `limit` bookings behind the page's cursor, where they are searched by start.
    pub(super) fn searched(&self, conn: &mut Conn, backwards: bool, limit: i64) -> Result<Searched, StoreError> {
        if !self.sort.is_by_start() || self.is_named() {
            return Ok(Searched::Otherwise);
        }
        let wanted = wanted(&self.search);
        if wanted.is_empty() || names_reference(&wanted) {
            return Ok(Searched::Otherwise);
        }
        match conn {
            Conn::Lite(_) => self.met(conn, &wanted, backwards, limit),
            // What begins with a letter or two is met soonest in the order of the list.
            Conn::Pg(_) if wanted.iter().all(|one| matches!(one, Wanted::Beginning(_))) => Ok(Searched::Otherwise),
            Conn::Pg(_) => {
                let found = self.by_stretches(conn, several(&wanted), backwards, limit)?;
                Ok(found.map_or(Searched::Otherwise, Searched::Found))
            }
        }
    }

    /// `seq` of the first `limit` bookings and of the next, and of all within a minute of both of them.
    fn met(&self, conn: &mut Conn, wanted: &[Wanted], backwards: bool, limit: i64) -> Result<Searched, StoreError> {
        // Too short for the index.
        let Some(trigrams) = all_trigrams(wanted) else { return Ok(Searched::Otherwise) };
        let descending = self.sort.descending() != backwards;
        let Chosen(chosen) = self.in_force();
        let beyond = Place::of(&self.page, column(self.sort), descending).map(Condition::Beyond);
        let conditions = chosen.into_iter().map(|(_, condition)| condition).chain(beyond).collect();
        let words = Contains::all(wanted, true);
        let all = Hits { trigrams, words, conditions, descending, places: self.places(descending) };
        let mut met = Vec::new();
        let mut rest = all.places.clone();
        if self.is_filtered() {
            let (soon, later) = match all.nth(conn, LOOKED_UP)? {
                Some(place) => all.divided(place),
                None => (rest, 0..0),
            };
            met = all.fitting(conn, soon, Some(limit + 1))?;
            rest = later;
            if met.len() as i64 <= limit && !rest.is_empty() {
                let fit = counted(conn, self.found(Vec::new(), RECKONED), RECKONED)? as i64;
                if fit < RECKONED && all.nth(conn, fit)?.is_some() {
                    return Ok(Searched::ByFilters);
                }
            }
        }
        let missing = limit + 1 - met.len() as i64;
        if missing > 0 && !rest.is_empty() {
            met.extend(all.fitting(conn, rest, Some(missing))?);
        }
        // Within a minute the order may be another.
        if let Some([last, .., next]) = met.get(usize::try_from(limit - 1).unwrap_or(0)..)
            && begins(*last) == begins(*next)
        {
            met.extend(all.fitting(conn, all.beside(*next), None)?);
        }
        Ok(Searched::Found(met.into_iter().map(|place| place & (PLACES - 1)).collect()))
    }

    /// Where in SQLite's index lies what starts within the days and beyond the cursor.
    fn places(&self, descending: bool) -> Range<i64> {
        let at = |at: DateTime<Utc>| minute(in_calendar(at).timestamp_micros());
        let mut from = self.from.map_or(i64::MIN, |from| at(from) * PLACES);
        let mut until = self.until.map_or(i64::MAX, |until| (at(until) + 1) * PLACES);
        if let Some(micros) = self.begun() {
            match descending {
                true => until = until.min((minute(micros) + 1) * PLACES),
                false => from = from.max(minute(micros) * PLACES),
            }
        }
        from..until
    }

    /// The start at which the page begins, in microseconds; `None` of the first.
    fn begun(&self) -> Option<i64> {
        match &self.page {
            Page::After(Cursor { key: Key::Time(at), .. }) | Page::Before(Cursor { key: Key::Time(at), .. }) => {
                Some(*at)
            }
            _ => None,
        }
    }

    /// A few fortnights first, then as many as should do where it is found as often as there, then all. `None` where there is
    /// little, or few fortnights of it.
    fn by_stretches(
        &self,
        conn: &mut Conn,
        several: bool,
        backwards: bool,
        limit: i64,
    ) -> Result<Option<Vec<i64>>, StoreError> {
        #[derive(QueryableByName)]
        struct Ends {
            #[diesel(sql_type = Nullable<BigInt>)]
            made: Option<i64>,
            #[diesel(sql_type = Nullable<Integer>)]
            first: Option<i32>,
            #[diesel(sql_type = Nullable<Integer>)]
            last: Option<i32>,
        }
        let Conn::Pg(pg) = conn else { return Ok(None) };
        let Ends { made: Some(made), first: Some(first), last: Some(last) } = diesel::sql_query(ENDS).get_result(pg)?
        else {
            return Ok(None);
        };
        let (first, last) = (i64::from(first), i64::from(last));
        let day = |at: DateTime<Utc>| at.timestamp().div_euclid(SECONDS);
        let stretch = |day: i64| day / DAYS;
        let from = stretch(self.from.map_or(first, |from| day(in_calendar(from)).max(first)));
        let until = stretch(self.until.map_or(last, |until| day(in_calendar(until)).min(last)));
        let looked_into = if several { OF_SEVERAL } else { OF_ONE_WORD };
        let soon = (looked_into * (stretch(last) - stretch(first) + 1) / made.max(1)).max(LEAST);
        if made < MANY || soon > MOST.min((until - from) / WORTH) {
            return Ok(None);
        }
        let descending = self.sort.descending() != backwards;
        let begun = self.begun().map(|micros| stretch(micros.div_euclid(SECONDS * 1_000_000)));
        let nearest = begun.unwrap_or(if descending { until } else { from });
        let near = |many: i64| if descending { nearest - many + 1..nearest + 1 } else { nearest..nearest + many };
        let within = |conn: &mut Conn, stretches: Option<Range<i64>>| -> Result<Vec<i64>, StoreError> {
            let mut query = self.ordered(self.filtered(conn)?, backwards);
            if let Some(stretches) = stretches {
                query = query.filter(Stretches(stretches));
            }
            Ok(chosen(conn, query, limit)?.into_iter().map(|(seq, _)| seq).collect())
        };
        let found = within(conn, Some(near(soon)))?;
        let many = found.len() as i64;
        if many >= limit {
            return Ok(Some(found));
        }
        if many > 0 {
            // Half as many again, since chance has its share.
            let enough = soon * limit * 3 / (many * 2) + 1;
            if enough <= MOST.min((until - from) / 2) {
                let found = within(conn, Some(near(enough)))?;
                if found.len() as i64 >= limit {
                    return Ok(Some(found));
                }
            }
        }
        within(conn, None).map(Some)
    }
}

/// Whether more than one word is wanted, be it in a phrase.
fn several(wanted: &[Wanted]) -> bool {
    let spaced = |one: &Wanted| matches!(one, Wanted::Part(text) if text.contains(' '));
    wanted.len() > 1 || wanted.iter().any(spaced)
}

/// What SQLite's index has of the words.
struct Hits {
    trigrams: String,
    words: Vec<Contains>,
    conditions: Vec<Condition>,
    descending: bool,
    places: Range<i64>,
}

impl Hits {
    /// The place behind the first `count` that have the trigrams; `None` where there are no more.
    fn nth(&self, conn: &mut Conn, count: i64) -> Result<Option<i64>, StoreError> {
        Ok(Read { hits: self, places: self.places.clone(), fitting: false, limit: Some(1), offset: count }
            .load(conn)?
            .first()
            .copied())
    }

    /// All places, those before `place` in the order and the others with it.
    fn divided(&self, place: i64) -> (Range<i64>, Range<i64>) {
        let Range { start, end } = self.places;
        match self.descending {
            true => (place + 1..end, start..place + 1),
            false => (start..place, place..end),
        }
    }

    /// What lies behind `place` within its minute.
    fn beside(&self, place: i64) -> Range<i64> {
        let from = begins(place);
        match self.descending {
            true => from..place,
            false => place + 1..from + PLACES,
        }
    }

    /// Of those within `places` the first that have the words and fit, in order.
    fn fitting(&self, conn: &mut Conn, places: Range<i64>, limit: Option<i64>) -> Result<Vec<i64>, StoreError> {
        Ok(Read { hits: self, places, fitting: true, limit, offset: 0 }.load(conn)?)
    }
}

/// The first place of a minute.
const fn begins(place: i64) -> i64 {
    place & !(PLACES - 1)
}

/// Places read in order, of SQLite alone.
struct Read<'a> {
    hits: &'a Hits,
    places: Range<i64>,
    fitting: bool,
    limit: Option<i64>,
    offset: i64,
}

known_by_text!(Read<'_>);

impl QueryFragment<MultiBackend> for Read<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let hits = self.hits;
        // As many conditions as there are words and filters.
        out.unsafe_to_cache_prepared();
        out.push_sql("SELECT booking_search.rowid FROM booking_search");
        if self.fitting {
            out.push_sql(" CROSS JOIN booking ON booking.seq = booking_search.rowid & ");
            out.push_sql(&(PLACES - 1).to_string());
        }
        out.push_sql(" WHERE booking_search MATCH ");
        out.push_bind_param::<Text, _>(&hits.trigrams)?;
        out.push_sql(" AND booking_search.rowid >= ");
        out.push_bind_param::<BigInt, _>(&self.places.start)?;
        out.push_sql(" AND booking_search.rowid < ");
        out.push_bind_param::<BigInt, _>(&self.places.end)?;
        if self.fitting {
            push_all(" AND ", hits.conditions.iter(), &mut out)?;
            for word in &hits.words {
                out.push_sql(" AND ");
                word.walk_ast(out.reborrow())?;
            }
        }
        out.push_sql(" ORDER BY booking_search.rowid");
        out.push_sql(if hits.descending { " DESC" } else { "" });
        if let Some(limit) = self.limit {
            push_limit(limit, &mut out);
        }
        if self.offset > 0 {
            out.push_sql(" OFFSET ");
            out.push_sql(&self.offset.to_string());
        }
        Ok(())
    }
}

impl Query for Read<'_> {
    type SqlType = BigInt;
}
impl RunQueryDsl<Conn> for Read<'_> {}

/// Whether a booking starts within some stretches.
struct Stretches(Range<i64>);

condition!(Stretches);

impl QueryFragment<MultiBackend> for Stretches {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql(STRETCH);
        let stretches: Vec<String> = self.0.clone().map(|stretch| stretch.to_string()).collect();
        out.push_sql(" && ARRAY[");
        out.push_sql(&stretches.join(","));
        out.push_sql("]");
        Ok(())
    }
}
