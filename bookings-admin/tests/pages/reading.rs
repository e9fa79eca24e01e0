//! Looking changes nothing: every address by GET and HEAD, with the whole database compared before and after.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use bookings_db::connection::{Conn, Pools};
use diesel::RunQueryDsl;
use diesel::sql_types::Text;

use crate::common::{Browser, on_each_database, serving, settings, state};
use crate::desk::Desk;

/// Reading is kept in the audit where data is taken out; a session is prolonged, and forgets a message once shown. Neither
/// is what a page is about. Tables of a search index follow theirs.
const MAY_CHANGE: [&str; 2] = ["audit", "session"];

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(conn: &mut Conn, sql: &str) -> Vec<String> {
    diesel::sql_query(sql).load::<Line>(conn).unwrap().into_iter().map(|line| line.line).collect()
}

/// Every row of every table, as text.
fn everything(pools: &Pools) -> BTreeMap<String, Vec<String>> {
    let dumped = pools.read(|conn| {
        let lite = matches!(conn, Conn::Lite(_));
        let tables = match lite {
            true => {
                "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
                 AND name NOT LIKE 'booking_search%'"
            }
            false => "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public'",
        };
        let mut all = BTreeMap::new();
        for table in lines(conn, tables) {
            let row = match lite {
                false => "one::text".to_owned(),
                true => {
                    let columns = format!("SELECT name AS line FROM pragma_table_info('{table}') ORDER BY cid");
                    let quoted: Vec<String> =
                        lines(conn, &columns).iter().map(|name| format!("quote(\"{name}\")")).collect();
                    quoted.join(" || ',' || ")
                }
            };
            let rows = lines(conn, &format!("SELECT {row} AS line FROM \"{table}\" one ORDER BY 1"));
            all.insert(table, rows);
        }
        Ok(all)
    });
    let mut dumped = dumped.unwrap();
    dumped.retain(|table, _| !MAY_CHANGE.contains(&table.as_str()));
    dumped
}

#[test]
fn no_page_changes_anything_by_being_looked_at() {
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut olga = Browser::signed_in(&app, "Olga").await;
        let reference = olga.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zo\u{eb}")).await;
        let token = bookings_admin::csrf::FIELD;
        let before = everything(db.pools());
        assert!(before["booking"].len() == 1 && before["staff"].len() == 4, "it does look");
        let mut nobody = Browser::new(&app);
        let open = [
            "/login",
            "/login/code",
            "/setup?token=x",
            "/welcome?token=x",
            "/healthz",
            "/readyz",
            "/metrics",
            "/logout",
        ];
        let gets = crate::roles::gets(&reference, &desk);
        // Also the addresses of forms: whoever is tricked into following a link there sends what a form would.
        let posts = crate::roles::posts(&reference, &desk);
        let of_forms =
            posts.iter().map(|path| format!("{path}?{token}={}&version=1&reason=x&find=&name=x", olga.token));
        let of_forms: Vec<String> = of_forms.collect();
        for path in
            open.iter().copied().chain(gets.iter().map(String::as_str)).chain(of_forms.iter().map(String::as_str))
        {
            olga.get(path).await;
            nobody.get(path).await;
            olga.send(TestRequest::default().method(Method::HEAD).uri(path)).await;
            assert_eq!(everything(db.pools()), before, "{path}");
        }
    });
}
