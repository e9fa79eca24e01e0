//! Names out of several catalogue tables at once: a page that shows some of each asks the server once.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment};
use diesel::sql_types::{Bool, Integer, Text};

use crate::condition::AnyOf;
use crate::connection::{Conn, MultiBackend, known_by_text};
use crate::scope::Scope;
use crate::search::fold;
use crate::types::{DbUuid, Id};

/// A table of records that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Service,
    Provider,
    Tenant,
}

impl Table {
    /// The table, its id, and whose its rows are.
    const fn columns(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Table::Service => ("service", "service.id", "tenant_id"),
            Table::Provider => ("provider", "provider.id", "tenant_id"),
            Table::Tenant => ("tenant", "tenant.id", "id"),
        }
    }
}

/// Which rows of a table.
pub(super) enum Which {
    Of(AnyOf),
    /// Whose folded name is like this, where something is asked for; the first by name.
    First {
        like: Option<String>,
        limit: u32,
    },
}

/// A table and which of its rows.
pub(super) type Part = (Table, Which);

/// The rows of these ids; of none, nothing to ask for.
pub(super) fn of_ids(table: Table, ids: impl ExactSizeIterator<Item = Id>) -> Option<Part> {
    (ids.len() > 0).then(|| (table, Which::Of(AnyOf::new(table.columns().1, ids))))
}

/// The first rows by name, of those whose name contains `words` where it is not empty.
pub(super) fn first(table: Table, words: &str, limit: u32) -> Part {
    let words = words.trim();
    let like = (!words.is_empty()).then(|| containing(&fold(words)));
    (table, Which::First { like, limit })
}

/// Id, name, and whether it is on offer.
pub(super) type Named = (Id, String, bool);

/// Of each part its rows that `scope` sees: the first by name in that order, others in none.
pub(super) fn load<const N: usize>(
    conn: &mut Conn,
    scope: Scope,
    parts: [Option<Part>; N],
) -> QueryResult<[Vec<Named>; N]> {
    let mut named = [(); N].map(|()| Vec::new());
    if parts.iter().all(Option::is_none) {
        return Ok(named);
    }
    let tenant = match scope {
        Scope::Tenant(tenant) => Some(Id(tenant.0)),
        Scope::All => None,
    };
    let rows: Vec<(i32, Id, String, bool)> = Rows { tenant, parts: &parts }.load(conn)?;
    for (part, id, name, active) in rows {
        if let Some(named) = usize::try_from(part).ok().and_then(|part| named.get_mut(part)) {
            named.push((id, name, active));
        }
    }
    Ok(named)
}

/// Longer than any name: SQLite takes no pattern of more than 50,000 bytes.
const LONGEST: usize = 1_000;

/// `%text%` for LIKE, with what LIKE would read as a pattern escaped by a backslash.
pub(super) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars().take(LONGEST) {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

struct Rows<'a> {
    tenant: Option<Id>,
    parts: &'a [Option<Part>],
}

known_by_text!(Rows<'_>);

impl QueryFragment<MultiBackend> for Rows<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let mut union = "";
        for (place, part) in self.parts.iter().enumerate() {
            let Some((table, which)) = part else { continue };
            let (table, _, whose) = table.columns();
            out.push_sql(union);
            union = " UNION ALL ";
            out.push_sql(&format!("SELECT * FROM (SELECT {place} AS part, id, name, active FROM {table} WHERE "));
            if let Some(tenant) = &self.tenant {
                out.push_sql(&format!("{whose} = "));
                out.push_bind_param::<DbUuid, _>(tenant)?;
                out.push_sql(" AND ");
            }
            match which {
                Which::Of(ids) => ids.walk_ast(out.reborrow())?,
                Which::First { like, limit } => {
                    match like {
                        Some(like) => {
                            out.push_sql("name_key LIKE ");
                            out.push_bind_param::<Text, _>(like)?;
                            out.push_sql(" ESCAPE '\\'");
                        }
                        None => out.push_sql("1 = 1"),
                    }
                    out.push_sql(&format!(" ORDER BY name, id LIMIT {limit}"));
                }
            }
            out.push_sql(&format!(") AS of_{table}"));
        }
        // Each part is in order, and SQLite reads one after the other; to put them in order once more takes it longer than all else.
        let in_order = |part: &Option<Part>| matches!(part, Some((_, Which::First { .. })));
        if matches!(out.backend(), MultiBackend::Pg(_)) && self.parts.iter().any(in_order) {
            out.push_sql(" ORDER BY part, name, id");
        }
        Ok(())
    }
}

impl Query for Rows<'_> {
    type SqlType = (Integer, DbUuid, Text, Bool);
}
impl RunQueryDsl<Conn> for Rows<'_> {}
