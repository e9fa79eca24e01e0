//! Search in SQL: trigrams on both databases, and a reference by its own index.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{BigInt, Text};

use crate::condition::condition;
use crate::connection::{Conn, MultiBackend};
use crate::error::StoreError;
use crate::search::{PLACES, Wanted};

/// What is found more often is found sooner by reading the list in its order than by sorting what an index finds.
const OFTEN: i64 = 4_000;

/// Whether the beginning of a reference is wanted, which has an index of its own.
pub(super) fn names_reference(wanted: &[Wanted]) -> bool {
    wanted.iter().any(|one| matches!(one, Wanted::Reference(_)))
}

/// Whether so many bookings have all of `wanted` that reading in order is quicker. PostgreSQL's planner knows by itself.
pub(super) fn common(conn: &mut Conn, wanted: &[Wanted]) -> Result<bool, StoreError> {
    let Conn::Lite(conn) = conn else { return Ok(false) };
    if names_reference(wanted) {
        return Ok(true);
    }
    let Some(all) = all_trigrams(wanted) else { return Ok(true) };
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let found = "SELECT count(*) AS n FROM (SELECT 1 FROM booking_search WHERE booking_search MATCH $1 LIMIT $2)";
    let found: Count = diesel::sql_query(found).bind::<Text, _>(all).bind::<BigInt, _>(OFTEN).get_result(conn)?;
    Ok(found.n == OFTEN)
}

/// Whether so many bookings have all of `wanted` that they can't be put into another order than the one they are read in:
/// counted on SQLite, PostgreSQL's planner's guess.
pub(super) fn often(conn: &mut Conn, wanted: &[Wanted]) -> Result<bool, StoreError> {
    #[derive(QueryableByName)]
    struct Plan {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        line: String,
    }
    if names_reference(wanted) {
        return Ok(false);
    }
    let Conn::Pg(conn) = conn else { return common(conn, wanted) };
    let mut query = diesel::sql_query("EXPLAIN SELECT 1 FROM booking WHERE true").into_boxed::<Pg>();
    for (place, one) in wanted.iter().enumerate() {
        query = query
            .sql(format!(" AND search_text LIKE ${} ESCAPE '!'", place + 1))
            .bind::<Text, _>(pattern(looked_up(&text(one))));
    }
    let plan: Vec<Plan> = query.load(conn)?;
    // Seq Scan on booking  (cost=0.00..1.10 rows=7 width=4)
    let rows = plan.first().and_then(|plan| plan.line.split_once(" rows=")?.1.split(' ').next()?.parse::<i64>().ok());
    Ok(rows.is_some_and(|rows| rows >= OFTEN))
}

/// `%text%` for LIKE, with what LIKE would read as a pattern escaped by `!`.
fn pattern(text: &str) -> String {
    format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"))
}

/// Every word of a search text has a space before it.
fn text(wanted: &Wanted) -> String {
    match wanted {
        Wanted::Part(text) | Wanted::Reference(text) => text.clone(),
        Wanted::Beginning(text) => format!(" {text}"),
    }
}

/// Whether something wanted stands in a booking's search text, or its reference begins so.
#[derive(Debug)]
pub(super) enum Contains {
    Text {
        /// What SQLite's trigram index is asked for; `None` where reading is quicker, the word too short, or another asks.
        trigrams: Option<String>,
        /// What stands in the text.
        text: String,
        /// What PostgreSQL's trigram index is asked for.
        pattern: String,
    },
    /// From here on, and below.
    Reference(String, String),
}

impl Contains {
    /// All of `wanted`. SQLite's index is asked for all of their trigrams at once, or not at all where they are `common`.
    pub(super) fn all(wanted: &[Wanted], common: bool) -> Vec<Contains> {
        let mut trigrams = if common { None } else { all_trigrams(wanted) };
        let one = |wanted: &Wanted| match wanted {
            // No reference has a letter behind Z.
            Wanted::Reference(start) => Contains::Reference(start.clone(), format!("{start}~")),
            Wanted::Part(_) | Wanted::Beginning(_) => {
                let text = text(wanted);
                Contains::Text { trigrams: trigrams.take(), pattern: pattern(looked_up(&text)), text }
            }
        };
        wanted.iter().map(one).collect()
    }
}

/// What SQLite's index is asked for to find all of `wanted`; `None` where they are too short.
pub(super) fn all_trigrams(wanted: &[Wanted]) -> Option<String> {
    let words = wanted.iter().filter(|one| !matches!(one, Wanted::Reference(_)));
    let all: Vec<String> = words.filter_map(|one| trigrams(&text(one))).collect();
    (!all.is_empty()).then(|| all.join(" AND "))
}

condition!(Contains);

impl QueryFragment<MultiBackend> for Contains {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        // The statement depends on the word's shape and its plan on the word.
        out.unsafe_to_cache_prepared();
        let lite = matches!(out.backend(), MultiBackend::Lite(_));
        match self {
            Contains::Reference(from, to) => {
                // Byte by byte on both, whatever the database's collation.
                out.push_sql(if lite { "booking.reference >= " } else { "booking.reference ~>=~ " });
                out.push_bind_param::<Text, _>(from)?;
                out.push_sql(if lite { " AND booking.reference < " } else { " AND booking.reference ~<~ " });
                out.push_bind_param::<Text, _>(to)?;
            }
            Contains::Text { trigrams, text, .. } if lite => {
                if let Some(trigrams) = trigrams {
                    out.push_sql("booking.seq IN (SELECT rowid & ");
                    out.push_sql(&(PLACES - 1).to_string());
                    out.push_sql(" FROM booking_search WHERE booking_search MATCH ");
                    out.push_bind_param::<Text, _>(trigrams)?;
                    out.push_sql(")");
                    // What is one trigram is found for certain.
                    if *trigrams == quoted(text) {
                        return Ok(());
                    }
                    out.push_sql(" AND ");
                }
                // Both are folded, so LIKE with its own idea of case would only be slower.
                out.push_sql("instr(booking.search_text, ");
                out.push_bind_param::<Text, _>(text)?;
                out.push_sql(") > 0");
            }
            Contains::Text { pattern, text, .. } => {
                out.push_sql("booking.search_text LIKE ");
                out.push_bind_param::<Text, _>(pattern)?;
                out.push_sql(" ESCAPE '!'");
                if looked_up(text) != text {
                    out.push_sql(" AND strpos(booking.search_text, ");
                    out.push_bind_param::<Text, _>(text)?;
                    out.push_sql(") > 0");
                }
            }
        }
        Ok(())
    }
}

/// What an index is asked for. How an e-mail ends is the same for too many: their lists are long, and tell nobody apart.
fn looked_up(text: &str) -> &str {
    match text.split_once('@') {
        Some((name, _)) if name.chars().nth(2).is_some() => name,
        _ => text,
    }
}

/// What may follow the only letter that was typed.
const NEXT: &str = "abcdefghijklmnopqrstuvwxyz0123456789 .'@_-+";

/// As many trigrams tell a long word from others; each more is a list of everybody who has it to be read.
const MOST_TRIGRAMS: usize = 5;

/// Trigrams that cover the word, each quoted, all of them wanted; of a word's first letter any that begins so. What has
/// them all is compared with the word itself afterwards.
fn trigrams(word: &str) -> Option<String> {
    let word = looked_up(word);
    let three = |chars: &[char]| quoted(&chars.iter().collect::<String>());
    let chars: Vec<char> = word.chars().collect();
    if let [' ', letter] = chars.as_slice() {
        let any: Vec<String> = NEXT.chars().map(|next| three(&[' ', *letter, next])).collect();
        return Some(format!("({})", any.join(" OR ")));
    }
    let name =
        chars.iter().position(|c| *c == '@').filter(|end| *end >= 3).map_or(chars.as_slice(), |end| &chars[..end]);
    let last = name.len().checked_sub(3)?;
    let step = last.div_ceil(MOST_TRIGRAMS - 1).max(3);
    let places = (0..last).step_by(step).chain([last]);
    let all: Vec<String> = places.map(|place| three(&chars[place..place + 3])).collect();
    Some(all.join(" AND "))
}

/// A trigram as SQLite's index is asked for it.
fn quoted(trigram: &str) -> String {
    format!("\"{}\"", trigram.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_covered_by_few_trigrams() {
        for (word, wanted) in [
            ("ab", None),
            ("abc", Some(r#""abc""#)),
            ("abcd", Some(r#""abc" AND "bcd""#)),
            ("hernandez", Some(r#""her" AND "nan" AND "dez""#)),
            ("zoe.b@example.com", Some(r#""zoe" AND "e.b""#)),
            ("ab@example", Some(r#""ab@" AND "exa" AND "mpl" AND "ple""#)),
            ("a\"bc", Some(r#""a""b" AND """bc""#)),
        ] {
            assert_eq!(trigrams(word).as_deref(), wanted, "{word}");
        }
        assert_eq!(trigrams(&"x".repeat(255)).unwrap().matches(" AND ").count() + 1, MOST_TRIGRAMS);
        assert!(trigrams(" z").unwrap().contains(r#"" za" OR "#));
    }
}
