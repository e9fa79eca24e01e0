//! One page of a list by keyset: no COUNT, no OFFSET, the same cost on every page.

use bookings_core::{BookingId, Money, Reference, Status};
use chrono::{DateTime, Utc};
use diesel::dsl::max;
use diesel::prelude::*;

use super::cursor::{Cursor, Key, in_calendar};
use super::filter::{Condition, Holds, Place};
use super::find::{Contains, common, names_reference, often};
use super::list::{ListQuery, ListRow, Page, Sort};
use super::scan::{Count, Limited, Scan, Within, column};
use super::searched::Searched;
use crate::clients::OfClient;
use crate::connection::{Conn, MultiBackend};
use crate::error::StoreError;
use crate::rows::currency;
use crate::schema::booking;
use crate::scope::Scope;
use crate::search::{wanted, whole_email};
use crate::types::{Id, Instant};

/// Bookings that are looked at for what is searched sooner than a list is walked along.
const LOOKED_AT: u64 = 10_000;

/// Bookings of some days that are sorted sooner than walked to.
const SORTED: u64 = 50_000;

/// What is counted of a list: "1,000+" needs no more.
pub const COUNTED: u64 = 1_000;

/// What the filters find is sorted sooner than walked to up to this.
const LITTLE: u64 = 2_000;

pub(super) type Boxed<'a> = booking::BoxedQuery<'a, MultiBackend>;

#[derive(Queryable, Selectable)]
#[diesel(table_name = booking)]
struct Row {
    seq: i64,
    id: Id,
    reference: String,
    tenant_id: Option<Id>,
    service_id: Id,
    provider_id: Id,
    client_name: String,
    client_email: String,
    client_phone: String,
    client_user_id: Option<Id>,
    start_at: Instant,
    end_at: Instant,
    status: String,
    party_size: i32,
    price_minor: Option<i64>,
    currency: String,
    version: i64,
    created_at: Instant,
}

impl Row {
    fn into_list(self) -> Result<ListRow, StoreError> {
        let unknown = |what: &str| StoreError::Internal(format!("{what} in the database is not known"));
        Ok(ListRow {
            seq: self.seq,
            id: BookingId(self.id.0),
            reference: Reference::parse(&self.reference).ok_or_else(|| unknown(&self.reference))?,
            tenant_id: self.tenant_id.map(|id| id.0.into()),
            service_id: self.service_id.0.into(),
            provider_id: self.provider_id.0.into(),
            client_name: self.client_name,
            client_email: self.client_email,
            client_phone: self.client_phone,
            client_user_id: self.client_user_id.map(|id| id.0.into()),
            start_at: self.start_at.0,
            end_at: self.end_at.0,
            status: Status::parse(&self.status).ok_or_else(|| unknown(&self.status))?,
            party_size: u32::try_from(self.party_size).unwrap_or(0),
            price: match self.price_minor {
                Some(minor) => Some(Money { minor, currency: currency(&self.currency)? }),
                None => None,
            },
            version: self.version,
            created_at: self.created_at.0,
        })
    }
}

impl ListQuery {
    /// One page, in order, and whether more comes before and after it. One query; up to six before it where it has to be known
    /// first how much there is: of a search, and under some orders of what is filtered; and one for a whole e-mail address.
    ///
    /// # Errors
    /// The database's.
    pub fn load(&self, conn: &mut Conn) -> Result<ListPage, StoreError> {
        self.load_counted(conn, None)
    }

    /// As [`load`](ListQuery::load), where [`count`](ListQuery::count) was asked before.
    ///
    /// # Errors
    /// The database's.
    pub fn load_counted(&self, conn: &mut Conn, count: Option<u64>) -> Result<ListPage, StoreError> {
        if let Some(theirs) = self.of_client(conn)? {
            return theirs.load_counted(conn, count);
        }
        let backwards = matches!(self.page, Page::Before(_));
        let limit = i64::from(self.per_page.clamp(1, 200));
        let narrow = self.narrowed(backwards);
        let searched = narrow.searched(conn, backwards, limit + 1)?;
        let by_filters = matches!(searched, Searched::ByFilters);
        let query = match searched {
            Searched::Found(seqs) => booking::table.into_boxed().filter(booking::seq.eq_any(seqs)),
            _ => match narrow.within(conn, backwards, limit + 1, by_filters, count)? {
                // Asked once more for what lies beyond the cursor, PostgreSQL may expect next to nothing there and walk again
                // for each row of it.
                Some(scan) if scan.is_paged() => booking::table.into_boxed().filter(Within(scan)),
                Some(scan) => self.beyond(booking::table.into_boxed().filter(Within(scan)), backwards),
                None => self.beyond(narrow.filtered(conn)?, backwards),
            },
        };
        let query = self.in_order(query, backwards).select(Row::as_select());
        let mut rows: Vec<Row> = Limited(query, limit + 1).load(conn)?;
        let more = rows.len() as i64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(0));
        if backwards {
            rows.reverse();
        }
        let rows: Vec<ListRow> = rows.into_iter().map(Row::into_list).collect::<Result<_, _>>()?;
        let first = rows.first().map(|row| row.cursor(self.sort));
        let last = rows.last().map(|row| row.cursor(self.sort));
        // A page that has emptied since its link was made still leads back to where it came from.
        let (previous, next) = match &self.page {
            Page::First => (None, last.filter(|_| more)),
            Page::After(cursor) => (first.or_else(|| Some(cursor.clone())), last.filter(|_| more)),
            Page::Before(cursor) => (first.filter(|_| more), last.or_else(|| Some(cursor.clone()))),
        };
        Ok(ListPage { rows, previous, next })
    }

    /// The same of a client, where nothing but a whole e-mail address that somebody has is searched: an index knows them at
    /// once, and who types all of one looks for nobody whose address only ends like it.
    pub(super) fn of_client(&self, conn: &mut Conn) -> Result<Option<ListQuery>, StoreError> {
        let Some(client) = whole_email(&self.search).filter(|_| self.client.is_none()) else { return Ok(None) };
        let theirs = ListQuery { client: Some(client), search: String::new(), ..ListQuery::new(self.scope) };
        let one: Option<i64> = theirs.filtered(conn)?.select(booking::seq).first(conn).optional()?;
        Ok(one.map(|_| ListQuery { client: theirs.client, search: String::new(), ..self.clone() }))
    }

    /// Without the end of the days that lies behind the cursor: SQLite begins to read at the first bound it is given.
    fn narrowed(&self, backwards: bool) -> ListQuery {
        let mut query = self.clone();
        let by_start = self.sort.is_by_start();
        if let (
            true,
            Page::After(Cursor { key: Key::Time(at), .. }) | Page::Before(Cursor { key: Key::Time(at), .. }),
        ) = (by_start, &self.page)
        {
            let beyond = |bound: &DateTime<Utc>| in_calendar(*bound).timestamp_micros();
            match self.sort.descending() != backwards {
                true => query.until = self.until.filter(|until| beyond(until) <= *at),
                false => query.from = self.from.filter(|from| beyond(from) > *at),
            }
        }
        query
    }

    /// Which rows the page is made of, where that is found sooner by itself than by one plain query. What has the words is looked
    /// for among what fits the filters where `by_filters` says so.
    fn within(
        &self,
        conn: &mut Conn,
        backwards: bool,
        limit: i64,
        by_filters: bool,
        count: Option<u64>,
    ) -> Result<Option<Scan>, StoreError> {
        if self.is_named() {
            return Ok(None);
        }
        let lite = matches!(conn, Conn::Lite(_));
        let wanted = wanted(&self.search);
        let mut words = Vec::new();
        if !wanted.is_empty() {
            // PostgreSQL's planner knows how rare a word is.
            if !lite {
                return Ok(None);
            }
            let common = by_filters || common(conn, &wanted)?;
            words = Contains::all(&wanted, common);
            if !common || names_reference(&wanted) {
                return Ok(Some(self.rare(words, i64::MAX)));
            }
        }
        let dated = self.is_dated();
        let by_start = self.sort.is_by_start();
        let from_the_top = !lite || self.page == Page::First;
        if words.is_empty() && !self.is_filtered() && (by_start || !dated) && from_the_top {
            return Ok(None);
        }
        // Under an order that no index has together with what is filtered, little is sorted and of much the first rows
        // are met soon.
        let by_text = matches!(self.sort, Sort::ClientName | Sort::Reference);
        if (by_text && (dated || self.is_filtered())) || (dated && !by_start) {
            if self.is_little(conn, count)? {
                return Ok(Some(match lite {
                    true => self.found(words, LOOKED_AT as i64),
                    false => self.sorted_little(backwards, limit),
                }));
            }
            if self.may_sort_days() {
                let days = match count {
                    Some(count) if !self.is_filtered() => count,
                    _ => counted(conn, self.days(SORTED as i64 + 1), SORTED as i64 + 1)?,
                };
                if days <= SORTED {
                    return Ok(Some(self.sorted_days(backwards, limit)));
                }
            }
        }
        Ok(Some(self.scan(words, backwards, limit, lite)))
    }

    /// The order in which the list can be shown: the one asked for, except where more is found than can be sorted at once
    /// and the order has nothing to do with what is found: of a search by most orders, of anything filtered by reference.
    /// It is read by its start then, as the index has it. Pages behind the first stay as they were begun. `count` where
    /// [`count`](ListQuery::count) was asked before.
    ///
    /// # Errors
    /// The database's.
    pub fn sort_in_force(&self, conn: &mut Conn, count: Option<u64>) -> Result<Sort, StoreError> {
        let wanted = wanted(&self.search);
        let named = self.is_named();
        let dated = self.is_dated();
        let met_soon = match self.sort {
            Sort::StartAt | Sort::StartAtDescending => true,
            Sort::CreatedAt | Sort::CreatedAtDescending => wanted.is_empty() || !dated,
            Sort::ClientName => wanted.is_empty(),
            Sort::Reference => wanted.is_empty() && !dated && !self.is_filtered(),
        };
        if met_soon || named || self.page != Page::First || self.of_client(conn)?.is_some() {
            return Ok(self.sort);
        }
        let much = (wanted.is_empty() || often(conn, &wanted)?) && !self.is_little(conn, count)?;
        Ok(match (much, self.sort.descending()) {
            (false, _) => self.sort,
            (true, true) => Sort::StartAtDescending,
            (true, false) => Sort::StartAt,
        })
    }

    /// How many bookings the filters find, exactly up to [`COUNTED`] and more than that beyond. `None` where that is not
    /// cheap to know: of a search.
    ///
    /// # Errors
    /// The database's.
    pub fn count(&self, conn: &mut Conn) -> Result<Option<u64>, StoreError> {
        if self.client.is_some() || !self.search.trim().is_empty() {
            return Ok(None);
        }
        let most = match self.sort {
            // Read as it is, however much there is.
            Sort::StartAt | Sort::StartAtDescending => COUNTED,
            _ if self.may_sort_days() && !self.is_filtered() => SORTED,
            _ => LITTLE,
        };
        self.count_found(conn, most).map(Some)
    }

    /// Whether the order runs against the days, and those are sorted where they hold few enough.
    fn may_sort_days(&self) -> bool {
        self.is_dated() && self.sort.is_by_created() && self.search.trim().is_empty()
    }

    /// Whether a client or a whole reference is asked for, which an index of their own finds.
    pub(super) fn is_named(&self) -> bool {
        self.client.is_some() || Reference::parse(&self.search).is_some()
    }

    fn is_dated(&self) -> bool {
        self.from.is_some() || self.until.is_some()
    }

    fn count_found(&self, conn: &mut Conn, most: u64) -> Result<u64, StoreError> {
        let most = most as i64 + 1;
        counted(conn, self.found(Vec::new(), most), most)
    }

    /// Whether what the filters find is sorted sooner than walked to: of what also has to be searched, more is.
    fn is_little(&self, conn: &mut Conn, count: Option<u64>) -> Result<bool, StoreError> {
        let most = if self.search.trim().is_empty() { LITTLE } else { LOOKED_AT };
        let count = match count {
            Some(count) => count,
            None => self.count_found(conn, most)?,
        };
        Ok(count <= most && !self.is_met_soon(conn, count)?)
    }

    /// Whether the first of `count` are met sooner in the order of clients than all of them are sorted: in an index where
    /// each has few others beside it. To sort one takes as long as to pass by ten of them.
    fn is_met_soon(&self, conn: &mut Conn, count: u64) -> Result<bool, StoreError> {
        if self.sort != Sort::ClientName || !self.search.trim().is_empty() || count <= COUNTED / 4 {
            return Ok(false);
        }
        let made: Option<i64> = booking::table.select(max(booking::seq)).first(conn)?;
        Ok(count * count > 4 * u64::try_from(made.unwrap_or(0)).unwrap_or(0))
    }

    /// Everything but order and place. On SQLite it is looked first whether what is searched is rare.
    pub(super) fn filtered(&self, conn: &mut Conn) -> Result<Boxed<'_>, StoreError> {
        let mut query = booking::table.into_boxed();
        if let Scope::Tenant(tenant) = self.scope {
            query = query.filter(booking::tenant_id.eq(Id(tenant.0)));
        }
        // `= any(..)` of one value keeps PostgreSQL from reading the index in order.
        macro_rules! any_of {
            ($column:expr, $values:expr) => {
                query = match $values.collect::<Vec<_>>().as_slice() {
                    [] => query,
                    [one] => query.filter($column.eq(*one)),
                    many => query.filter($column.eq_any(many.to_vec())),
                };
            };
        }
        any_of!(booking::status, self.statuses.iter().map(|status| status.as_str()));
        any_of!(booking::provider_id, self.providers.iter().map(|id| Id(id.0)));
        any_of!(booking::service_id, self.services.iter().map(|id| Id(id.0)));
        any_of!(booking::tenant_id, self.tenants.iter().map(|id| Id(id.0)));
        if let Some(client) = &self.client {
            query = query.filter(OfClient::from(client));
        }
        if let Some(from) = self.from {
            query = query.filter(booking::start_at.ge(Instant(in_calendar(from))));
        }
        if let Some(until) = self.until {
            query = query.filter(booking::start_at.lt(Instant(in_calendar(until))));
        }
        if let Some(reference) = Reference::parse(&self.search) {
            return Ok(query.filter(booking::reference.eq(reference.as_str().to_owned())));
        }
        let wanted = wanted(&self.search);
        let common = common(conn, &wanted)?;
        for one in Contains::all(&wanted, common) {
            query = query.filter(one);
        }
        Ok(query)
    }

    /// As a whole list is read: in order, from the cursor on.
    pub(super) fn ordered<'a>(&self, query: Boxed<'a>, backwards: bool) -> Boxed<'a> {
        self.in_order(self.beyond(query, backwards), backwards)
    }

    /// What lies beyond the cursor.
    fn beyond<'a>(&self, query: Boxed<'a>, backwards: bool) -> Boxed<'a> {
        match Place::of(&self.page, column(self.sort), self.sort.descending() != backwards) {
            Some(place) => query.filter(Holds(Condition::Beyond(place))),
            None => query,
        }
    }

    /// The order, its tie-break by `seq`.
    fn in_order<'a>(&self, query: Boxed<'a>, backwards: bool) -> Boxed<'a> {
        let descending = self.sort.descending() != backwards;
        macro_rules! by {
            ($column:expr) => {
                match descending {
                    false => query.order(($column.asc(), booking::seq.asc())),
                    true => query.order(($column.desc(), booking::seq.desc())),
                }
            };
        }
        match self.sort {
            Sort::StartAt | Sort::StartAtDescending => by!(booking::start_at),
            Sort::CreatedAt | Sort::CreatedAtDescending => by!(booking::created_at),
            Sort::ClientName => by!(booking::client_name),
            // Unique: nothing to break ties of.
            Sort::Reference if descending => query.order(booking::reference.desc()),
            Sort::Reference => query.order(booking::reference.asc()),
        }
    }
}

/// How many bookings `scan` finds, up to `most`.
pub(super) fn counted(conn: &mut Conn, scan: Scan, most: i64) -> Result<u64, StoreError> {
    let counted: i64 = Count(scan, most).get_result(conn)?;
    Ok(u64::try_from(counted).unwrap_or(0))
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage {
    /// Its rows, in order.
    pub rows: Vec<ListRow>,
    /// Where the page before begins to end; `None` on the first.
    pub previous: Option<Cursor>,
    /// Where the page after begins; `None` on the last.
    pub next: Option<Cursor>,
}
