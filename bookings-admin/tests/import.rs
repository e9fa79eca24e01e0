//! The import page, on both databases: a file is tried, run once, stopped, taken up, and refused row by row.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod common;
#[path = "common/office.rs"]
mod office;

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use bookings_admin::import::{Importing, read, run_kept};
use bookings_core::{Actor, Booking, Role, Status};
use bookings_db::audit::{self, AuditKind, Query};
use bookings_db::bookings::ListQuery;
use bookings_db::connection::Pools;
use bookings_db::selection::{Order, State, What, begin, import_progress, keep_import, open_rows, selection_of, stop};
use bookings_db::testing::{TestDatabase, databases};
use bookings_db::{Scope, Store};
use chrono::{TimeDelta, Utc};
use common::{Browser, PASSWORD, Page, on_each_database, serving, settings, staff, state};
use office::{an_hour, provider, service};

const ZONE: chrono_tz::Tz = chrono_tz::America::Port_of_Spain;

fn shop(db: &TestDatabase) {
    for (name, role) in [("Ada", Role::Admin), ("Bea", Role::Admin), ("Sam", Role::Staff)] {
        staff(db.pools(), name, role);
    }
    provider(db.pools(), "Room 1", None);
    service(db.pools(), an_hour("Massage"));
}

async fn shop_serving(
    db: &TestDatabase,
) -> impl Service<Request, Response = ServiceResponse<impl MessageBody>, Error = actix_web::Error> {
    shop(db);
    serving(state(db, settings(db))).await
}

/// Somebody who has signed in and gone there.
async fn at_import<'a, S, B>(app: &'a S, name: &str) -> Browser<'a, S>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    let mut browser = Browser::new(app);
    browser.sign_in(name, PASSWORD).await;
    browser.get("/import").await;
    browser
}

/// How often the audit tells of an import, with its file.
fn told(pools: &Pools) -> Vec<String> {
    let kind = Some(AuditKind::Imported);
    let query = Query { kind, subject: "import ".into(), ..Query::newest(Scope::All, 9) };
    let rows = pools.read(|conn| audit::list(conn, &query)).unwrap();
    rows.iter().map(|row| format!("{} {} {}", row.actor_name, row.data.0["file"], row.data.0["rows"])).collect()
}

/// A row of so many days from now on.
fn row(external: &str, days: i64, client: &str) -> String {
    let day = (Utc::now() + TimeDelta::days(days)).date_naive();
    format!("{external},Massage,Room 1,{day}T10:15,{client}\n")
}

const HEADER: &str = "external_reference,service,provider,start_at,client_name\n";

fn booked(pools: &Pools) -> Vec<Booking> {
    pools.read(|conn| ListQuery::new(Scope::All).whole(conn, None, 1_000)).unwrap().0
}

/// Codes with their columns, of one line.
fn problems(page: &Page, line: u64) -> Vec<(String, String)> {
    let html = page.html();
    let rows = scraper::Selector::parse(&format!("tr[data-line='{line}'] [data-code]")).unwrap();
    let of = |one: scraper::ElementRef, name: &str| one.value().attr(name).unwrap().to_owned();
    html.select(&rows).map(|one| (of(one, "data-code"), of(one, "data-field"))).collect()
}

#[test]
fn a_file_is_tried_then_imported_once_and_its_refused_rows_come_back() {
    on_each_database(|db| async move {
        let app = shop_serving(&db).await;
        let mut ada = at_import(&app, "Ada").await;
        assert!(ada.get("/bookings").await.has("a[href='/import']"));
        assert!(ada.get("/import").await.has("form#import input[type=file]"));
        let bad = format!("{}{}", row("b", 1, "Ben"), "c,Sauna,Nowhere,2026-02-30T10:00,\n");
        let text = format!("{HEADER}{}{bad}", row("a", 1, "\"Zoë, \"\"the\"\" first\""));
        let answer = ada.post_file("/import", "visits.csv", text.as_bytes()).await;
        assert_eq!(answer.status, 303, "{}", answer.text("[role=alert]"));
        let here = answer.location().to_owned();

        let tried = ada.get(&here).await;
        assert_eq!(tried.text("h1"), "Import of visits.csv");
        assert_eq!(tried.text(".lead"), "1 would be booked, 2 refused. Nothing has been changed yet.");
        assert_eq!(problems(&tried, 3), [("overlap".to_owned(), "start_at".to_owned())]);
        let columns = ["service_id", "provider_id", "start_at"];
        let codes = ["unknown_service", "unknown_provider", "invalid"];
        let expected: Vec<_> = codes.into_iter().zip(columns).map(|(c, f)| (c.to_owned(), f.to_owned())).collect();
        assert_eq!(problems(&tried, 4), expected);
        assert!(tried.text("tr[data-line='4'] [data-field=start_at]").contains("2026-02-30T10:00"));
        assert!(booked(db.pools()).is_empty(), "nothing is written");
        assert!(told(db.pools()).is_empty(), "a trial brings nothing in");

        for _ in 0..2 {
            assert_eq!(ada.post(&here, &[("do", "run")]).await.location(), here);
        }
        let done = ada.get(&format!("{here}?outcome=changed")).await;
        assert_eq!(done.text(".lead"), "Done: 1 booked, 2 refused.");
        assert_eq!(told(db.pools()), ["Ada \"visits.csv\" 3"], "once, however often it is sent");
        let bookings = booked(db.pools());
        assert_eq!(bookings.len(), 1);
        assert_eq!(bookings[0].client.name, "Zoë, \"the\" first");
        assert!(done.has(&format!("a[href='/bookings/{}']", bookings[0].reference)));

        let refused = ada.get(&format!("{here}/refused.csv")).await;
        assert_eq!(refused.body.replace("\r\n", "\n"), format!("{HEADER}{bad}"));
        let again = ada.post("/import", &[("text", &text)]).await.location().to_owned();
        assert_eq!(
            ada.get(&again).await.text(".lead"),
            "0 would be booked, 1 there already, 2 refused. Nothing has been changed yet."
        );
        assert!(ada.get("/audit").await.status == 403 && booked(db.pools()).len() == 1);
    });
}

#[test]
fn what_an_import_made_is_corrected_together_and_by_nobody_else() {
    on_each_database(|db| async move {
        let app = shop_serving(&db).await;
        let (mut ada, mut bea) = (at_import(&app, "Ada").await, at_import(&app, "Bea").await);
        let first = format!("{HEADER}{}", row("a", 1, "Ann"));
        let here = ada.post("/import", &[("text", &first)]).await.location().to_owned();
        assert!(!ada.get(&here).await.has("#bulk-over"), "a trial made nothing");
        ada.post(&here, &[("do", "run")]).await;
        // The second file has the first one's row too.
        let second = format!("{first}{}{}", row("b", 2, "Ben"), row("c", 3, "Cem"));
        let here = ada.post("/import", &[("text", &second)]).await.location().to_owned();
        ada.post(&here, &[("do", "run")]).await;
        let page = ada.get(&here).await;
        assert_eq!(page.text("#bulk-over label"), "With the 2 bookings it made");
        let id = page.attribute("#bulk-over input[name=import]", "value").unwrap();

        let over = [("verb", "cancel"), ("import", id.as_str())];
        assert_eq!(bea.post("/bookings/bulk", &over).await.location(), "/bookings", "it is Ada's");
        assert!(bea.get("/bookings").await.text(".flash").starts_with("Choose bookings first"));
        let chosen = ada.post("/bookings/bulk", &over).await.location().to_owned();
        assert_eq!(ada.get(&chosen).await.text(".lead"), "2 of 2 will be cancelled. Nothing has been changed yet.");
        ada.post(&chosen, &[("do", "run"), ("reason", "The wrong file")]).await;
        let by_name = |name: &str| booked(db.pools()).into_iter().find(|one| one.client.name == name).unwrap().status;
        assert_eq!(["Ann", "Ben", "Cem"].map(by_name), [Status::Confirmed, Status::Cancelled, Status::Cancelled]);
    });
}

#[test]
fn what_is_wrong_with_the_whole_file_is_said_at_once() {
    on_each_database(|db| async move {
        let app = shop_serving(&db).await;
        let mut ada = at_import(&app, "Ada").await;
        let fine = row("a", 1, "Ann");
        let latin = [HEADER.as_bytes(), b"a,Massage,Room 1,2030-01-01T10:15,Zo\xeb\n"].concat();
        let sixteen: Vec<u8> =
            [0xfeff_u16].into_iter().chain(HEADER.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let cases: [(&[u8], &str); 8] = [
            (&latin, "line 2: not UTF-8 text; save the file as CSV in UTF-8"),
            (&sixteen, "line 1: UTF-16"),
            (b"", "The file is empty"),
            (HEADER.as_bytes(), "no rows below its header"),
            (b"client_name,shoe_size\nAnn,39\n", "column \"shoe_size\" is not known"),
            (b"client_name\nAnn\n", "column service_id or service is missing"),
            (b"status,status\n", "column \"status\" is there twice"),
            (b"service,provider,start_at,client_name,reference\n\"open\n", "line 2: a quote is not closed"),
        ];
        for (bytes, problem) in cases {
            let page = ada.post_file("/import", "x.csv", bytes).await;
            assert_eq!(page.status, 422, "{problem}");
            assert!(page.has("#file-error[data-code=invalid]"), "{problem}");
            assert!(page.text("[role=alert]").contains(problem), "{problem}: {}", page.text("[role=alert]"));
        }
        for name in ["visits.xlsx", "visits.csv.exe", "csv", "", ".."] {
            let page = ada.post_file("/import", name, format!("{HEADER}{fine}").as_bytes()).await;
            assert!(page.status == 422 && page.text("#file-error").contains(".csv, .tsv or .txt"), "{name}");
        }
        let nothing = ada.post("/import", &[("text", " ")]).await;
        assert!(nothing.status == 422 && nothing.has("#file-error[data-code=required]"));
        let typed = ada.post("/import", &[("text", "a,b\n1,2")]).await;
        assert!(typed.status == 422 && typed.has("#text-error"));
        assert_eq!(typed.text("#text").trim(), "a,b\n1,2", "nothing typed is lost");
        let large = ada.post_file("/import", "x.csv", &vec![b'x'; 9 * 1024 * 1024]).await;
        assert_eq!(large.status, 413);
        assert!(large.text("main").contains("up to 8 MB"), "{}", large.text("main"));
        // Only there: elsewhere a form of that size, or with a file, is refused as before.
        assert_eq!(ada.post_file("/bookings", "x.csv", fine.as_bytes()).await.status, 400);
        for text in [
            format!("\u{feff}{HEADER}{fine}"),
            format!("{HEADER}{fine}").replace(',', ";"),
            format!("{HEADER}{fine}").replace(',', "\t"),
        ] {
            let here = ada.post_file("/import", "x.csv", text.as_bytes()).await.location().to_owned();
            assert!(ada.get(&here).await.text(".lead").starts_with("1 would be booked, 0 refused"), "{text}");
        }
    });
}

#[test]
fn times_that_do_not_exist_and_rows_that_run_over_are_refused_by_their_column() {
    on_each_database(|db| async move {
        let app = shop_serving(&db).await;
        let mut ada = at_import(&app, "Ada").await;
        let header = HEADER.replace('\n', ",zone,party_size,status,notes_client\n");
        let rows = "a,Massage,Room 1,2031-03-30T01:30,Ann,Europe/London,,,\n\
             b,Massage,Room 1,2031-10-26T01:30,Ann,Europe/London,,,\n\
             c,Massage,Room 1,2031-06-01T10:00,Ann,Mars/Base,two,GONE,\n\
             d,Massage,Room 1,2031-06-01T10:00,Ann,,,,fine,too much\n\
             e,Massage,Room 1,2031-06-01T12:00,,,,,\"two\nlines\"\n";
        let here = ada.post("/import", &[("text", &format!("{header}{rows}"))]).await.location().to_owned();
        let page = ada.get(&here).await;
        let of =
            |line| problems(&page, line).into_iter().map(|(code, field)| format!("{code} {field}")).collect::<Vec<_>>();
        assert_eq!(of(2), ["local_time_skipped start_at"]);
        assert_eq!(of(3), ["local_time_ambiguous start_at"]);
        assert_eq!(of(4), ["invalid zone", "invalid party_size", "invalid status"]);
        assert_eq!(of(5), ["invalid "]);
        assert_eq!(of(6), ["required client_name"]);
    });
}

#[test]
fn what_stands_against_rows_is_set_aside_by_name_and_reason() {
    on_each_database(|db| async move {
        let app = shop_serving(&db).await;
        let mut ada = at_import(&app, "Ada").await;
        let header = HEADER.replace('\n', ",status\n");
        let text = format!("{header}{}", row("a", -30, "Ann").replace('\n', ",COMPLETED\n"));
        let here = ada.post("/import", &[("text", &text)]).await.location().to_owned();
        let page = ada.get(&here).await;
        assert!(page.has("input[name=override][value=start_in_past]") && !page.has("button[value=run]"));
        let page = ada.post(&here, &[("do", "check"), ("override", "start_in_past")]).await;
        assert!(page.status == 422 && page.has("#override_reason-error[data-code=override_reason_required]"));
        let aside = [("override", "start_in_past"), ("override_reason", "Moved over")];
        ada.post(&here, &[&[("do", "check")][..], &aside].concat()).await;
        let page = ada.get(&here).await;
        assert!(page.has("button[value=run]") && page.has("input[value=start_in_past][checked]"), "{}", page.body);
        ada.post(&here, &[&[("do", "run")][..], &aside].concat()).await;
        assert_eq!(booked(db.pools())[0].status, Status::Completed);
    });
}

#[test]
fn it_is_for_admins_and_everybodys_own() {
    on_each_database(|db| async move {
        let app = shop_serving(&db).await;
        let mut ada = at_import(&app, "Ada").await;
        let (mut bea, mut sam) = (at_import(&app, "Bea").await, at_import(&app, "Sam").await);
        let text = format!("{HEADER}{}", row("a", 1, "Ann"));
        let here = ada.post("/import", &[("text", &text)]).await.location().to_owned();
        let id = here.rsplit('/').next().unwrap();
        for path in [here.clone(), format!("{here}/refused.csv")] {
            assert_eq!(bea.get(&path).await.status, 404, "{path}");
            assert_eq!(sam.get(&path).await.status, 403, "{path}");
        }
        assert_eq!(ada.get("/import/x").await.status, 404);
        // Neither is taken for the other.
        assert_eq!(ada.get(&format!("/bookings/bulk/{id}")).await.status, 404);
        assert_eq!(sam.post_file("/import", "x.csv", text.as_bytes()).await.status, 403);
        assert!(!sam.get("/bookings").await.has("a[href='/import']"));
        let mut nobody = Browser::new(&app);
        assert_eq!(nobody.post_file("/import", "x.csv", text.as_bytes()).await.status, 401);
        assert_eq!(ada.post(&here, &[("do", "explode")]).await.status, 303);
    });
}

/// As after a process that was killed between making a booking and saying so, and after a stop.
#[test]
fn a_run_that_broke_off_goes_on_and_makes_nothing_twice() {
    for db in databases() {
        shop(&db);
        let pools = db.pools();
        let store = Store::new(pools.clone(), Default::default());
        let text: String = (0..120).map(|n| row(&format!("r{n}"), n + 1, "Ann")).collect();
        let (columns, rows) = read(format!("{HEADER}{text}").as_bytes()).unwrap();
        let what = |dry| What::Import { file: "x".into(), columns: columns.clone(), dry };
        let order = |dry| Order { what: what(dry), overrides: Default::default() };
        let id = keep_import(pools, None, &order(true), &rows, Utc::now()).unwrap();
        let kept = || pools.read(|conn| selection_of(conn, id, None)).unwrap().unwrap();
        let who = Importing {
            actor: Actor { id: None, name: "Ada".into(), role: Role::Admin },
            scope: Scope::All,
            zone: ZONE,
        };
        assert!(begin(pools, &kept(), &order(true), None, Utc::now()).unwrap());
        assert!(run_kept(&store, id, &who).unwrap());
        let tried = kept();
        assert!(begin(pools, &tried, &order(false), None, Utc::now()).unwrap());
        assert!(!begin(pools, &tried, &order(false), None, Utc::now()).unwrap(), "a form sent twice");
        let open = pools.read(|conn| open_rows(conn, id, true, 0, 1_000)).unwrap();
        assert_eq!(open.len(), 120, "what was tried is forgotten");

        stop(pools, id).unwrap();
        assert!(!run_kept(&store, id, &who).unwrap());
        assert_eq!((kept().state, booked(pools).len()), (State::Stopped, 50));
        // The last outcome was never written: the row is open, its booking there.
        assert!(begin(pools, &kept(), &order(false), None, Utc::now()).unwrap());
        let record = &rows[0].record;
        db.run_sql(&format!("UPDATE import_row SET outcome = NULL, record = '{record}' WHERE line = {}", rows[0].line));
        assert!(run_kept(&store, id, &who).unwrap());
        let progress = pools.read(|conn| import_progress(conn, id)).unwrap();
        assert_eq!((progress.changed, progress.same, progress.refused), (119, 1, 0));
        let bookings = booked(pools);
        assert_eq!(bookings.len(), 120);
        assert!(bookings.iter().all(|one| one.version == 1));
    }
}
