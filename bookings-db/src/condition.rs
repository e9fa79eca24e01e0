//! Conditions of a query that diesel has no words for, or says in too many.

use std::cell::OnceCell;
use std::iter::repeat_n;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::Text;

use crate::connection::MultiBackend;
use crate::types::{DbUuid, Id};

/// Makes a piece of SQL a condition that any query may be filtered by; a statement with it is known by its text.
macro_rules! condition {
    ($type:ty) => {
        crate::connection::known_by_text!($type);
        impl diesel::expression::Expression for $type {
            type SqlType = diesel::sql_types::Bool;
        }
        impl diesel::expression::ValidGrouping<()> for $type {
            type IsAggregate = diesel::expression::is_aggregate::No;
        }
        impl<QS> diesel::expression::SelectableExpression<QS> for $type {}
        impl<QS> diesel::expression::AppearsOnTable<QS> for $type {}
    };
}
pub(crate) use condition;

/// Lists up to this length are filled up on SQLite, so that eleven statements are all there are of a query.
const KEPT: usize = 1_024;

/// `column IN (..)`. `eq_any` has a statement for every length of the list, and none of them is kept: each is parsed and
/// planned anew, on PostgreSQL by one more way to the server and back. This one is an array there, and on SQLite, which has
/// none, repeats the last id up to a power of two.
#[derive(Debug)]
pub(crate) struct AnyOf {
    column: &'static str,
    ids: Vec<Id>,
    array: Array,
}

/// Ids as the text of an array, since no type of both databases is one; made where PostgreSQL asks for it.
#[derive(Debug, Default)]
pub(crate) struct Array(OnceCell<String>);

impl Array {
    /// `CAST($1 AS uuid[])`; `ids` are the same at every call.
    pub(crate) fn push<'b>(
        &'b self,
        ids: impl Iterator<Item = Id>,
        out: &mut AstPass<'_, 'b, MultiBackend>,
    ) -> QueryResult<()> {
        let text = self.0.get_or_init(|| {
            let ids: Vec<String> = ids.map(|id| id.0.to_string()).collect();
            format!("{{{}}}", ids.join(","))
        });
        out.push_sql("CAST(");
        out.push_bind_param::<Text, _>(text)?;
        out.push_sql(" AS uuid[])");
        Ok(())
    }
}

impl AnyOf {
    /// `column` with its table, unquoted; of no ids nothing.
    pub(crate) fn new(column: &'static str, ids: impl IntoIterator<Item = Id>) -> AnyOf {
        AnyOf { column, ids: ids.into_iter().collect(), array: Array::default() }
    }

    /// With the last one repeated.
    fn filled_up(&self) -> impl Iterator<Item = &Id> {
        let length = if self.ids.len() <= KEPT { self.ids.len().next_power_of_two() } else { self.ids.len() };
        let more = length - self.ids.len();
        self.ids.iter().chain(self.ids.last().into_iter().flat_map(move |last| repeat_n(last, more)))
    }
}

condition!(AnyOf);

impl QueryFragment<MultiBackend> for AnyOf {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        if let MultiBackend::Pg(_) = out.backend() {
            out.push_sql(self.column);
            // Read by itself, once: with a plan for any ids the text would be read again for every row it is compared with.
            out.push_sql(" = ANY(ARRAY(SELECT unnest(");
            self.array.push(self.ids.iter().copied(), &mut out)?;
            out.push_sql(")))");
            return Ok(());
        }
        if self.ids.len() > KEPT {
            out.unsafe_to_cache_prepared();
        }
        if self.ids.is_empty() {
            out.push_sql("1 = 0");
            return Ok(());
        }
        out.push_sql(self.column);
        for (place, id) in self.filled_up().enumerate() {
            out.push_sql(if place == 0 { " IN (" } else { ", " });
            out.push_bind_param::<DbUuid, _>(id)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use diesel::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::schema::tenant;
    use crate::testing::each_database;
    use crate::types::Instant;

    #[test]
    fn finds_each_of_a_list_once_whatever_its_length() {
        each_database(|db| {
            let mut conn = db.url().connect().unwrap();
            let id = |n: u128| Id(Uuid::from_u128(n));
            for row in (1..=9).map(id) {
                let text = row.0.to_string();
                let (slug, name) = (tenant::slug.eq(text.clone()), tenant::name.eq(text));
                let (made, changed) = (Instant(DateTime::UNIX_EPOCH), Instant(DateTime::UNIX_EPOCH));
                let times = (tenant::created_at.eq(made), tenant::updated_at.eq(changed));
                let values = (tenant::id.eq(row), slug, name, tenant::active.eq(true), tenant::version.eq(1), times);
                diesel::insert_into(tenant::table).values(values).execute(&mut conn).unwrap();
            }
            let mut found = |ids: &[u128]| -> Vec<Id> {
                let any = AnyOf::new("tenant.id", ids.iter().copied().map(id));
                tenant::table.filter(any).order(tenant::id).select(tenant::id).load(&mut conn).unwrap()
            };
            let ids = |ids: &[u128]| ids.iter().copied().map(id).collect::<Vec<_>>();
            assert_eq!(found(&[]), []);
            assert_eq!(found(&[7]), ids(&[7]));
            assert_eq!(found(&[7, 2, 99]), ids(&[2, 7]));
            assert_eq!(found(&[5, 1, 2, 3, 4]), ids(&[1, 2, 3, 4, 5]));
            let many: Vec<u128> = (2..=3 + KEPT as u128).collect();
            assert_eq!(found(&many), ids(&[2, 3, 4, 5, 6, 7, 8, 9]), "longer than what is kept");
        });
    }

    #[test]
    fn lists_of_any_length_are_few_statements() {
        let of = |n| AnyOf::new("id", repeat_n(Id(Uuid::nil()), n)).filled_up().count();
        assert_eq!((0..=KEPT).map(of).collect::<std::collections::BTreeSet<_>>().len(), 12);
    }
}
