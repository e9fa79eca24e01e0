//! An empty store filled with many bookings at once. The indexes of lists and of search, and PostgreSQL's keys, are made when
//! all rows are there, which takes a fraction of keeping each of them at every row. One transaction: nobody sees the store
//! without them, and where it ends early, or a key does not hold, nothing has happened. The walls against double bookings
//! stand all the time.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::bulk::Rows;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::schema::booking;
use crate::store::Store;
use crate::transaction::{Lock, begin, commit};

/// Memory for pages and for sorting, of this connection alone and only while it fills.
const SQLITE: &str = "PRAGMA cache_size=-262144;";
/// Pages written ahead would all be written twice, and found among millions. What this journal keeps is what was there before: of
/// an empty file next to nothing.
const SQLITE_JOURNAL: &str = "PRAGMA journal_mode=DELETE";
/// All at once takes as long as it takes.
const POSTGRES: &str = "SET statement_timeout=0; SET idle_in_transaction_session_timeout=0; \
     SET maintenance_work_mem='256MB'; SET max_parallel_maintenance_workers=2;";

/// What is made again at the end: unique keys, then indexes in the order in which they were made first (of two that look as
/// good SQLite takes the newer), then foreign keys. `booking_active` is what the walls look into.
const POSTGRES_MADE: &str = "SELECT gone, made, walls FROM ( \
       SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS gone, \
         format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS made, \
         false AS walls, CASE contype WHEN 'f' THEN 2 ELSE 0 END AS turn, oid, conrelid AS filled \
       FROM pg_constraint WHERE contype IN ('p', 'u', 'f') \
       UNION ALL \
       SELECT format('DROP INDEX %I', relname), pg_get_indexdef(indexrelid), relname = 'booking_active', 1, pg_class.oid, indrelid \
       FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE NOT indisunique AND NOT indisexclusion \
     ) AS one WHERE filled IN ('booking'::regclass, 'booking_addon'::regclass, 'booking_event'::regclass, \
       'booking_event_personal'::regclass) ORDER BY turn, oid";
const SQLITE_MADE: &str = "SELECT 'DROP INDEX ' || name AS gone, sql AS made, name = 'booking_active' AS walls \
     FROM sqlite_schema WHERE type = 'index' AND tbl_name IN ('booking', 'booking_event') AND sql LIKE 'CREATE INDEX%' \
     ORDER BY rowid";
const SQLITE_SEARCH: &str = "SELECT 'DROP TRIGGER ' || name AS gone, sql AS made, 0 AS walls FROM sqlite_schema \
     WHERE name = 'booking_search_insert'";

#[derive(QueryableByName)]
struct Made {
    #[diesel(sql_type = Text)]
    gone: String,
    #[diesel(sql_type = Text)]
    made: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    walls: bool,
}

impl Store {
    /// Writes all `chunks` with their whole histories, or nothing of them; `written` hears how many there are after each.
    /// A store that holds bookings already takes no chunk and answers false.
    ///
    /// # Errors
    /// As [`load_decided`](Store::load_decided).
    pub fn fill(
        &self,
        chunks: impl IntoIterator<Item = Rows>,
        mut written: impl FnMut(u64),
    ) -> Result<bool, StoreError> {
        let mut conn = self.pools.url().connect()?;
        match &mut conn {
            Conn::Lite(_) => {
                conn.batch_execute(SQLITE)?;
                self.pools.close_idle();
                // Somebody else has the file open: it stays as it is.
                let _ = conn.batch_execute(SQLITE_JOURNAL);
            }
            Conn::Pg(_) => conn.batch_execute(POSTGRES)?,
        }
        let filled = self.fill_by(&mut conn, chunks, &mut written);
        drop(conn);
        // Writes ahead again.
        self.pools.writer()?.conn()?;
        filled
    }

    fn fill_by(
        &self,
        conn: &mut Conn,
        chunks: impl IntoIterator<Item = Rows>,
        written: &mut impl FnMut(u64),
    ) -> Result<bool, StoreError> {
        begin(conn, &Lock::none())?;
        if matches!(conn, Conn::Pg(_)) {
            conn.batch_execute(
                "LOCK TABLE booking, booking_addon, booking_event, booking_event_personal IN ACCESS EXCLUSIVE MODE",
            )?;
        }
        if diesel::select(diesel::dsl::exists(booking::table.select(booking::seq))).get_result(conn)? {
            return Ok(false);
        }
        let later = put_off(conn)?;
        let mut count = 0;
        for chunk in chunks {
            chunk.write(conn)?;
            self.seats_suffice(conn, &chunk)?;
            count += chunk.bookings();
            written(count);
        }
        make(conn, &later)?;
        commit(conn)?;
        Ok(true)
    }
}

/// Drops what can be made at the end.
fn put_off(conn: &mut Conn) -> Result<Vec<Made>, StoreError> {
    let all = match conn {
        Conn::Lite(_) => SQLITE_MADE,
        Conn::Pg(_) => POSTGRES_MADE,
    };
    let mut later: Vec<Made> = diesel::sql_query(all).load(conn)?;
    // What leans on another goes before it.
    for one in later.iter().rev().filter(|one| !one.walls) {
        conn.batch_execute(&one.gone)?;
    }
    if matches!(conn, Conn::Lite(_)) {
        let search: Made = diesel::sql_query(SQLITE_SEARCH).get_result(conn)?;
        conn.batch_execute(&search.gone)?;
        later.push(search);
    }
    Ok(later)
}

fn make(conn: &mut Conn, later: &[Made]) -> Result<(), StoreError> {
    for one in later.iter().filter(|one| one.walls) {
        conn.batch_execute(&one.gone)?;
    }
    for one in later {
        conn.batch_execute(&one.made)?;
    }
    if matches!(conn, Conn::Lite(_)) {
        // In the order of the search's own index, which is made in a fraction of the time then.
        conn.batch_execute(
            "INSERT INTO booking_search (rowid, search_text) \
             SELECT search_place, search_text FROM booking INDEXED BY booking_by_start ORDER BY start_at, seq",
        )?;
    }
    Ok(())
}
