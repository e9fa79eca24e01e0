//! SQLite's search index against the texts it must hold. It keeps no texts of its own to compare: only which trigram is in
//! which booking. So both sides are summed up in a fixed number of sums, and only where two differ is looked closer.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{Doctor, Finding, Kind};
use crate::connection::Conn;
use crate::error::StoreError;
use crate::search::PLACES;

/// Sums on each side.
const SUMS: usize = 4096;
/// Differing sums that are looked into: a wholly wrong index needs no list of its bookings.
const LOOKED_INTO: usize = 8;

/// What the index must hold, summed up.
pub(super) struct Texts {
    sums: Vec<u64>,
    /// Some booking can't be read: the sums say nothing then.
    pub unknown: bool,
}

impl Default for Texts {
    fn default() -> Texts {
        Texts { sums: vec![0; SUMS], unknown: false }
    }
}

/// Which sum a place of the index belongs to: one of the booking's number, wherever it starts.
fn which(place: i64) -> usize {
    usize::try_from(place.rem_euclid(SUMS as i64)).unwrap_or(0)
}

fn mark(place: i64, trigram: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (place, trigram).hash(&mut hasher);
    hasher.finish()
}

/// The sum of one text: every three characters in a row, once each.
fn sum(place: i64, text: &str) -> u64 {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let trigrams: BTreeSet<&str> = starts.windows(4).filter_map(|at| text.get(at[0]..at[3])).collect();
    trigrams.into_iter().map(|trigram| mark(place, trigram)).fold(0, u64::wrapping_add)
}

impl Texts {
    /// Adds a booking's text by its place in the index.
    pub(super) fn add(&mut self, place: i64, text: &str) {
        let kept = &mut self.sums[which(place)];
        *kept = kept.wrapping_add(sum(place, text));
    }
}

diesel::table! {
    /// The index as a table, made for this connection alone.
    booking_terms (doc, term) {
        doc -> BigInt,
        term -> Text,
    }
}

/// Makes the index readable, before the transaction. Whether there is one.
pub(super) fn prepare(conn: &mut Conn) -> Result<bool, StoreError> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    if matches!(conn, Conn::Pg(_)) {
        return Ok(false);
    }
    let count = diesel::sql_query("SELECT count(*) AS n FROM sqlite_master WHERE name = 'booking_search'");
    if count.get_result::<Count>(conn)?.n == 0 {
        return Ok(false);
    }
    conn.batch_execute(
        "PRAGMA query_only=OFF; \
         CREATE VIRTUAL TABLE temp.booking_terms USING fts5vocab (main, booking_search, instance); \
         PRAGMA query_only=ON;",
    )?;
    Ok(true)
}

/// Compares the index with `texts`.
pub(super) fn examine(conn: &mut Conn, doctor: &mut Doctor, texts: &Texts) -> Result<(), StoreError> {
    if texts.unknown {
        return Ok(());
    }
    let mut sums = vec![0_u64; SUMS];
    let read = each_term(conn, |doc, term| {
        let kept = &mut sums[which(doc)];
        *kept = kept.wrapping_add(mark(doc, term));
    });
    match read {
        Ok(()) => {}
        Err(StoreError::Internal(problem)) => {
            doctor.find(Finding::general(Kind::SearchIndex, format!("the search index can't be read: {problem}")));
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    let differing: BTreeSet<usize> = (0..SUMS).filter(|at| sums[*at] != texts.sums[*at]).collect();
    let looked_into: BTreeSet<usize> = differing.iter().copied().take(LOOKED_INTO).collect();
    if looked_into.is_empty() {
        return Ok(());
    }
    let mut indexed: BTreeMap<i64, u64> = BTreeMap::new();
    each_term(conn, |doc, term| {
        if looked_into.contains(&which(doc)) {
            let kept = indexed.entry(doc).or_default();
            *kept = kept.wrapping_add(mark(doc, term));
        }
    })?;
    for at in &looked_into {
        closer(conn, doctor, *at, &mut indexed)?;
    }
    for place in indexed.into_keys() {
        let seq = place & (PLACES - 1);
        let sentence = format!("the search index has a booking of number {seq}, which does not start there");
        doctor.find(Finding::general(Kind::SearchIndex, sentence));
    }
    if differing.len() > looked_into.len() {
        let parts = format!("{} of {SUMS} parts of the search index are wrong", differing.len());
        doctor.find(Finding::general(
            Kind::SearchIndex,
            format!("{parts}; the bookings of {LOOKED_INTO} are named above"),
        ));
    }
    Ok(())
}

/// Names the bookings of one differing sum, and takes them out of `indexed`.
fn closer(conn: &mut Conn, doctor: &mut Doctor, at: usize, indexed: &mut BTreeMap<i64, u64>) -> Result<(), StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        search_place: i64,
        #[diesel(sql_type = Text)]
        reference: String,
        #[diesel(sql_type = Text)]
        search_text: String,
    }
    let sql = format!(
        "SELECT search_place, reference, search_text FROM booking WHERE (seq % {SUMS} + {SUMS}) % {SUMS} = {at}"
    );
    for row in diesel::sql_query(sql).load::<Row>(conn)? {
        let should = sum(row.search_place, &row.search_text);
        let sentence = match indexed.remove(&row.search_place) {
            Some(is) if is == should => continue,
            Some(_) => "the search index has another text of it",
            None if should == 0 => continue,
            None => "the search index doesn't have it",
        };
        doctor.find(Finding::of(Kind::SearchIndex, &row.reference, sentence));
    }
    Ok(())
}

fn each_term(conn: &mut Conn, mut each: impl FnMut(i64, &str)) -> Result<(), StoreError> {
    let Conn::Lite(conn) = conn else { return Ok(()) };
    let query = booking_terms::table.select((booking_terms::doc, booking_terms::term));
    for row in query.load_iter::<(i64, String), diesel::connection::DefaultLoadingMode>(conn)? {
        let (doc, term) = row?;
        each(doc, &term);
    }
    Ok(())
}
