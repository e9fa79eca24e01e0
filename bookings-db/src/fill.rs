//! An empty store filled with many bookings at once. The indexes of lists and of search are made when all rows are there,
//! which takes a fraction of keeping each of them at every row. One transaction: nobody sees the store without them, and
//! where it ends early nothing has happened. The walls stand all the time.

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
/// All at once takes as long as it takes.
const POSTGRES: &str = "SET statement_timeout=0; SET idle_in_transaction_session_timeout=0; \
     SET maintenance_work_mem='256MB'; SET max_parallel_maintenance_workers=2;";

/// What is made again at the end, in the order in which it was made first: of two indexes that look as good SQLite takes the
/// newer. `booking_active` is what the walls look into.
const POSTGRES_INDEXES: &str = "SELECT relname::text AS name, pg_get_indexdef(indexrelid) AS sql, relname = 'booking_active' AS walls \
     FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
     WHERE indrelid IN ('booking'::regclass, 'booking_event'::regclass) AND NOT indisunique AND NOT indisexclusion \
     ORDER BY pg_class.oid";
const SQLITE_INDEXES: &str = "SELECT name, sql, name = 'booking_active' AS walls FROM sqlite_schema \
     WHERE type = 'index' AND tbl_name IN ('booking', 'booking_event') AND sql LIKE 'CREATE INDEX%' ORDER BY rowid";
const SQLITE_SEARCH: &str = "SELECT name, sql, 0 AS walls FROM sqlite_schema WHERE name = 'booking_search_insert'";

#[derive(QueryableByName)]
struct Made {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql: String,
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
        let conn = &mut conn;
        conn.batch_execute(match conn {
            Conn::Lite(_) => SQLITE,
            Conn::Pg(_) => POSTGRES,
        })?;
        begin(conn, &Lock::none())?;
        if matches!(conn, Conn::Pg(_)) {
            conn.batch_execute("LOCK TABLE booking, booking_event IN ACCESS EXCLUSIVE MODE")?;
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
    let indexes = match conn {
        Conn::Lite(_) => SQLITE_INDEXES,
        Conn::Pg(_) => POSTGRES_INDEXES,
    };
    let mut later: Vec<Made> = diesel::sql_query(indexes).load(conn)?;
    for index in later.iter().filter(|index| !index.walls) {
        conn.batch_execute(&format!("DROP INDEX {}", index.name))?;
    }
    if matches!(conn, Conn::Lite(_)) {
        let search: Made = diesel::sql_query(SQLITE_SEARCH).get_result(conn)?;
        conn.batch_execute(&format!("DROP TRIGGER {}", search.name))?;
        later.push(search);
    }
    Ok(later)
}

fn make(conn: &mut Conn, later: &[Made]) -> Result<(), StoreError> {
    for index in later.iter().filter(|index| index.walls) {
        conn.batch_execute(&format!("DROP INDEX {}", index.name))?;
    }
    if matches!(conn, Conn::Lite(_)) {
        conn.batch_execute("INSERT INTO booking_search (rowid, search_text) SELECT seq, search_text FROM booking")?;
    }
    later.iter().try_for_each(|one| Ok(conn.batch_execute(&one.sql)?))
}
