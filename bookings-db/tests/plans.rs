//! Which index answers which query: at tens of thousands of rows the planner chooses what it will choose at millions.
//! The statements are those that the store sends, heard on its connections.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests stop at the first surprise")]

mod support;

use std::cell::RefCell;
use std::sync::Mutex;

use bookings_core::{Overrides, Policy, ProviderId, ServiceId, Status, TenantId};
use bookings_db::bookings::{Beside, COUNTED, ListQuery, Page, Sort, find, on_board, spells, taken_with};
use bookings_db::catalogue::tables::providers;
use bookings_db::clients::ClientKey;
use bookings_db::connection::Conn;
use bookings_db::history::events;
use bookings_db::selection::{Order, What, begin, select_found, selection_of};
use bookings_db::testing::{TestDatabase, each_database};
use bookings_db::{Scope, audit};
use diesel::RunQueryDsl;
use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection, set_default_instrumentation};

use support::{Fill, Fixture, ServiceSpec, at, window};

const BOOKINGS: i64 = 20_000;

thread_local! {
    static HEARD: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What a dry run's own threads ask of providers' time; one test makes one.
static OF_MANY: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Hears every statement that a connection of this program sends.
struct Listener;

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let query = query.to_string();
            if query.starts_with("SELECT wanted.") {
                OF_MANY.lock().unwrap().push(query.clone());
            }
            HEARD.with_borrow_mut(|heard| heard.push(query));
        }
    }
}

/// The statements that `f` sends.
fn statements<T>(f: impl FnOnce() -> T) -> Vec<String> {
    HEARD.take();
    f();
    HEARD.take()
}

/// The store with tens of thousands of bookings of fifty providers, past and future; one's are a tenant's.
fn filled(db: &TestDatabase) -> Fixture {
    set_default_instrumentation(|| Some(Box::new(Listener))).unwrap();
    let fx = Fixture::on(db, Policy::default());
    let mut providers: Vec<ProviderId> = (0..48).map(|_| fx.add_provider(None, true)).collect();
    providers.extend([fx.provider, fx.other]);
    let mut services: Vec<ServiceId> = (0..20).map(|_| fx.add_service(&ServiceSpec::default())).collect();
    services.push(fx.shared);
    let fill =
        Fill { bookings: BOOKINGS, first: 1, providers: &providers, services: &services, from: at(0, 0), active: true };
    let mut conn = db.url().connect().unwrap();
    fill.run(&mut conn);
    Fill { first: BOOKINGS + 1, from: at(-24 * 365, 0), active: false, ..fill }.run(&mut conn);
    let own = "SELECT id FROM provider ORDER BY id LIMIT 1";
    let tenant = format!("UPDATE booking SET tenant_id = provider_id WHERE provider_id = ({own}); ANALYZE");
    conn.batch_execute(&tenant).unwrap();
    let (zero, empty) = if db.is_postgres() { ("'\\x00'::bytea", "'{}'::jsonb") } else { ("x'00'", "'{}'") };
    let history = format!(
        "INSERT INTO booking_event (booking_id, version, event_type, actor_name, at, data, hash) \
         SELECT id, 1, 'CREATED', 'x', created_at, {empty}, {zero} FROM booking; \
         INSERT INTO booking_event_personal (booking_id, version, salt, data) \
         SELECT id, 1, {zero}, {empty} FROM booking; ANALYZE"
    );
    conn.batch_execute(&history).unwrap();
    fx
}

/// How the database would run the last query of `table` that `f` sends.
#[track_caller]
fn plan<T>(fx: &Fixture, table: &str, f: impl FnOnce() -> T) -> String {
    asked(table, f).last().map(|query| judged(fx, query)).unwrap()
}

/// As [`plan`], and how PostgreSQL would run it for any values, as it does with a statement that is kept.
#[track_caller]
fn plans<T>(fx: &Fixture, table: &str, f: impl FnOnce() -> T) -> Vec<String> {
    ways(fx, &asked(table, f).pop().unwrap())
}

/// The plan of a query, and PostgreSQL's for any values.
#[track_caller]
fn ways(fx: &Fixture, query: &str) -> Vec<String> {
    let for_any = fx.store.pools.read(|conn| match conn {
        Conn::Lite(_) => Ok(None),
        Conn::Pg(_) => {
            conn.batch_execute("SET plan_cache_mode = force_generic_plan")?;
            let plan = explain(conn, query);
            conn.batch_execute("RESET plan_cache_mode")?;
            Ok(Some(plan))
        }
    });
    [Some(judged(fx, query)), for_any.unwrap()].into_iter().flatten().collect()
}

/// The queries of `table` that `f` sends.
fn asked<T>(table: &str, f: impl FnOnce() -> T) -> Vec<String> {
    let from = [format!("FROM {table} "), format!("FROM `{table}` "), format!("FROM \"{table}\" ")];
    let reads =
        |statement: &String| statement.starts_with("SELECT") && from.iter().any(|from| statement.contains(from));
    statements(f).into_iter().filter(reads).collect()
}

/// Its plan, for a query that neither counts nor skips.
#[track_caller]
fn judged(fx: &Fixture, query: &str) -> String {
    // Nothing is skipped by an offset of none, which keeps PostgreSQL from looking into what it belongs to.
    let skips = query.to_uppercase().replace(" OFFSET 0)", "");
    for word in ["OFFSET", "COUNT("] {
        assert!(!skips.contains(word), "{query}");
    }
    planned(fx, query)
}

/// How the database would run a statement: in no way by reading a table.
#[track_caller]
fn planned(fx: &Fixture, query: &str) -> String {
    let plan = fx.store.pools.read(|conn| Ok(explain(conn, query))).unwrap();
    for bad in ["Seq Scan on booking", "SCAN booking\n", "SCAN booking_event"] {
        assert!(!plan.contains(bad), "{bad} is in\n{plan}\nof {query}");
    }
    plan
}

/// Wants every walk of a page along `index`, none of them sorted: only what they found is, once.
#[track_caller]
fn walks<T>(fx: &Fixture, what: &str, index: &str, f: impl FnOnce() -> T) {
    for plan in plans(fx, "booking", f) {
        // Rows that are in order but for ties are as good as sorted.
        let plan = plan.replace("Incremental Sort", "");
        assert!(
            plan.contains(&format!("{index}\n")) || plan.contains(&format!("{index} ")),
            "{what}: {index} is not in\n{plan}"
        );
        let sorts =
            plan.matches("TEMP B-TREE FOR").count() + plan.matches("Sort\n").count() + plan.matches("Sort  ").count();
        // PostgreSQL fetches a handful and sorts them, which is as good.
        assert!(sorts <= 1 || plan.contains("Bitmap Index Scan"), "{what}: sorted {sorts} times in\n{plan}");
    }
}

/// Wants `index`, read in the order asked for.
#[track_caller]
fn uses<T>(fx: &Fixture, what: &str, table: &str, index: &str, f: impl FnOnce() -> T) {
    let plan = plan(fx, table, f);
    // SQLite numbers the indexes of constraints.
    let found = plan.contains(index) || (index.ends_with("_key") && plan.contains("sqlite_autoindex_booking_"));
    assert!(found, "{what}: {index} is not in\n{plan}");
    for bad in ["Sort", "TEMP B-TREE"] {
        assert!(!plan.contains(bad), "{what}: {bad} is in\n{plan}");
    }
}

fn explain(conn: &mut Conn, query: &str) -> String {
    #[derive(diesel::QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }
    let (sql, binds) = query.split_once(" -- binds: ").unwrap();
    let lines: Vec<Line> = match conn {
        Conn::Lite(conn) => {
            #[derive(diesel::QueryableByName)]
            struct Detail {
                #[diesel(sql_type = diesel::sql_types::Text)]
                detail: String,
            }
            let lines: Vec<Detail> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(conn).unwrap();
            lines.into_iter().map(|line| Line { line: line.detail }).collect()
        }
        Conn::Pg(conn) => {
            let values: Vec<String> = literals(binds);
            conn.batch_execute(&format!("PREPARE asked AS {sql}")).unwrap();
            conn.batch_execute(
                "CREATE FUNCTION pg_temp.explain(query text) RETURNS SETOF text LANGUAGE plpgsql AS \
                $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$",
            )
            .unwrap();
            // A statement without parameters is called without brackets.
            let values = Some(values.join(", ")).filter(|values| !values.is_empty());
            let values = values.map(|values| format!("({values})")).unwrap_or_default();
            let call = format!("EXECUTE asked{values}").replace('\'', "''");
            let lines = diesel::sql_query(format!("SELECT line FROM pg_temp.explain('{call}') AS line")).load(conn);
            conn.batch_execute("DEALLOCATE asked; DROP FUNCTION pg_temp.explain(text)").unwrap();
            lines.unwrap()
        }
    };
    lines.into_iter().map(|line| line.line + "\n").collect()
}

/// SQL for values as diesel shows them: `[Id(..), Instant(..), "text", 51, [Id(..)]]`.
fn literals(binds: &str) -> Vec<String> {
    let inner = binds.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap();
    let mut parts = vec![String::new()];
    let (mut depth, mut quoted) = (0, false);
    for c in inner.chars() {
        match c {
            '"' => quoted = !quoted,
            '[' | '(' if !quoted => depth += 1,
            ']' | ')' if !quoted => depth -= 1,
            ',' if depth == 0 && !quoted => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(c);
    }
    parts.iter().map(|part| literal(part.trim())).collect()
}

fn literal(part: &str) -> String {
    let inside = |name: &str| part.strip_prefix(name).and_then(|rest| rest.strip_suffix(')'));
    if let Some(value) = inside("Id(").or_else(|| inside("Instant(")) {
        return format!("'{value}'");
    }
    if part.starts_with('[') {
        // Of whatever type the parameter has.
        return format!("'{{{}}}'", literals(part).join(",").replace('\'', ""));
    }
    part.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .map_or_else(|| part.to_owned(), |text| format!("'{text}'"))
}

fn list(fx: &Fixture, query: &ListQuery) -> bookings_db::bookings::ListPage {
    fx.store.pools.read(|conn| query.load(conn)).unwrap()
}

#[test]
fn every_query_has_its_index() {
    each_database(|db| {
        let fx = filled(db);
        let all = ListQuery::new(Scope::All);
        let booking = fx.create(&fx.command(at(2, 0)));
        let one = list(&fx, &ListQuery { from: Some(at(480, 0)), per_page: 1, ..all.clone() }).rows.remove(0);

        let orders = [
            (Sort::StartAt, "booking_by_start"),
            (Sort::StartAtDescending, "booking_by_start"),
            (Sort::CreatedAt, "booking_by_created"),
            (Sort::CreatedAtDescending, "booking_by_created"),
            (Sort::ClientName, "booking_by_client"),
            (Sort::Reference, "booking_reference_key"),
        ];
        for (sort, index) in orders {
            let query = ListQuery { sort, ..all.clone() };
            let walked = if sort == Sort::Reference { "booking_by_reference" } else { index };
            uses(&fx, sort.as_str(), "booking", index, || list(&fx, &query));
            for page in [Page::After(one.cursor(sort)), Page::Before(one.cursor(sort))] {
                let query = ListQuery { page, ..query.clone() };
                let what = format!("{} from a cursor", sort.as_str());
                // SQLite walks along what shares the cursor's key and along what is past it.
                match db.is_postgres() {
                    true => uses(&fx, &what, "booking", index, || list(&fx, &query)),
                    false => walks(&fx, &what, walked, || list(&fx, &query)),
                }
            }
        }
        let tenant = fx.store.pools.read(|conn| {
            use bookings_db::schema::booking;
            use diesel::prelude::*;
            let id: Option<bookings_db::types::Id> =
                booking::table.filter(booking::tenant_id.is_not_null()).select(booking::tenant_id).first(conn)?;
            Ok(TenantId(id.unwrap().0))
        });
        let tenant = tenant.unwrap();
        uses(&fx, "dates", "booking", "booking_by_start", || {
            list(&fx, &all.clone().starting_in(window(at(240, 0), at(720, 0))))
        });
        let pending = ListQuery { statuses: vec![Status::Pending], ..all.clone() };
        let two = ListQuery { statuses: vec![Status::Pending, Status::Cancelled], ..all.clone() };
        let three = [Status::Pending, Status::Cancelled, Status::NoShow];
        let three = ListQuery { statuses: three.into(), ..all.clone() };
        let provider = ListQuery { providers: vec![fx.provider], ..all.clone() };
        let service = ListQuery { services: vec![fx.shared], ..all.clone() };
        let both = ListQuery { services: vec![fx.shared], ..provider.clone() };
        let scoped = ListQuery::new(Scope::Tenant(tenant));
        let week = all.clone().starting_in(window(at(240, 0), at(408, 0)));
        let day = all.clone().starting_in(window(at(240, 0), at(250, 0)));
        use Sort::{ClientName, CreatedAt, CreatedAtDescending, Reference, StartAt, StartAtDescending};
        // Of three statuses in five PostgreSQL looks the rows up rather than to read the wider index.
        let by_reference = if db.is_postgres() { "booking_reference_key" } else { "booking_by_reference" };
        let filters = [
            ("status", "booking_by_status", &pending, StartAt),
            ("status, newest booked first", "booking_by_status_created", &pending, CreatedAtDescending),
            ("two statuses", "booking_by_status", &two, StartAtDescending),
            ("two statuses, oldest booked first", "booking_by_status_created", &two, CreatedAt),
            ("provider", "booking_by_provider", &provider, StartAt),
            ("provider, newest booked first", "booking_by_provider_created", &provider, CreatedAtDescending),
            ("provider and service", "booking_by_provider", &both, StartAtDescending),
            ("service", "booking_by_service", &service, StartAt),
            ("service, newest booked first", "booking_by_service_created", &service, CreatedAtDescending),
            ("tenant", "booking_by_tenant", &scoped, StartAt),
            ("tenant, oldest booked first", "booking_by_tenant_created", &scoped, CreatedAt),
            // Of many the first are met soon, few are sorted.
            ("many by client", "booking_by_client", &three, ClientName),
            ("many by reference", by_reference, &three, Reference),
            ("few by client", "booking_by_provider", &both, ClientName),
            ("every fiftieth by client", "booking_by_client", &provider, ClientName),
            ("few by reference", "booking_by_service", &service, Reference),
            ("a day, newest booked first", "booking_by_start", &day, CreatedAtDescending),
        ];
        for (what, index, query, sort) in filters {
            // What is little PostgreSQL sorts or doesn't, by its own counsel.
            if db.is_postgres() && (what.starts_with("few") || what.starts_with("a day")) {
                plan(&fx, "booking", || list(&fx, &ListQuery { sort, ..query.clone() }));
                continue;
            }
            let query = ListQuery { sort, ..query.clone() };
            walks(&fx, what, index, || list(&fx, &query));
            let last = ListQuery { page: Page::Before(one.cursor(sort)), ..query };
            walks(&fx, &format!("{what}, backwards"), index, || list(&fx, &last));
        }
        // Of days that hold few enough everything is read, and sorted without a look at the rows.
        for sort in [CreatedAt, CreatedAtDescending] {
            for page in [Page::First, Page::Before(one.cursor(sort))] {
                for plan in plans(&fx, "booking", || list(&fx, &ListQuery { sort, page, ..week.clone() })) {
                    let index = if db.is_postgres() { "booking_by_start" } else { "COVERING INDEX booking_by_start" };
                    assert!(plan.contains(index), "a week by {}: {plan}", sort.as_str());
                }
            }
        }
        for (what, index, query) in [
            ("a count of all", "booking_by_start", &all),
            ("a count of statuses", "booking_by_status", &two),
            ("a count of a service", "booking_by_service", &service),
        ] {
            let sent = statements(|| fx.store.pools.read(|conn| query.count(conn)));
            assert!(planned(&fx, &sent[0]).contains(index), "{what}: {}", planned(&fx, &sent[0]));
        }
        let beside = Beside { providers: true, services: true };
        let sent = statements(|| fx.store.pools.read(|conn| day.facets(conn, beside)));
        assert_eq!(sent.len(), 1, "{sent:#?}");
        let facets = fx.store.pools.read(|conn| Ok(explain(conn, &sent[0]))).unwrap();
        assert_eq!(facets.matches("booking_by_start").count(), 1, "the days are read once: {facets}");
        let statuses = Beside { providers: false, services: false };
        let by = |providers: &[ProviderId]| ListQuery { providers: providers.into(), ..day.clone() };
        let others = fx.store.pools.read(|conn| fx.store.catalogue.providers(conn, Scope::All, "", 6)).unwrap();
        let many: Vec<ProviderId> =
            std::iter::once(one.provider_id).chain(others.into_iter().map(|choice| choice.id)).collect();
        for (index, query) in
            [("booking_by_status", &day), ("booking_by_provider", &by(&many[..1])), ("booking_by_status", &by(&many))]
        {
            let sent = statements(|| fx.store.pools.read(|conn| query.facets(conn, statuses)));
            let plan = fx.store.pools.read(|conn| Ok(explain(conn, &sent[0]))).unwrap();
            // Of many providers PostgreSQL may read each one's days instead.
            let or = (db.is_postgres() && query.providers.len() > 1).then_some("booking_by_provider");
            let each = plan.matches(index).count() + or.map_or(0, |or| plan.matches(or).count());
            assert_eq!((sent.len(), each), (1, Status::ALL.len()), "each along {index}: {plan}");
        }
        // No further than is said of them.
        let most = fx.store.pools.read(|conn| week.facets(conn, statuses)).unwrap().unwrap();
        assert_eq!(most.statuses.values().max(), Some(&(COUNTED + 1)), "{most:?}");
        // What a client's page shows: theirs alone are read.
        let client = ClientKey::of(&one.client_email, "", None);
        assert!(client.is_some());
        let active = vec![Status::Pending, Status::Confirmed];
        let own = ListQuery { client, per_page: 5, ..all.clone() };
        let before = ListQuery { until: Some(at(480, 0)), sort: StartAtDescending, ..own.clone() };
        for query in [ListQuery { statuses: active, from: Some(at(480, 0)), ..own }, before] {
            for plan in plans(&fx, "booking", || list(&fx, &query)) {
                assert!(plan.contains("booking_by_email"), "{plan}");
            }
        }
        let search = |text: &str| ListQuery { search: text.into(), ..all.clone() };
        // A whole address is a client, and looked for as one.
        let whole = search(&one.client_email);
        for query in asked("booking", || list(&fx, &whole)) {
            let plan = judged(&fx, &query);
            assert!(plan.contains("booking_by_email"), "{plan}");
        }
        // A handful of rows may be sorted.
        let found = |text: &str| plan(&fx, "booking", || list(&fx, &search(text)));
        let (reference, word) = match db.is_postgres() {
            true => ("Index Scan using booking_reference_", Some("Bitmap Index Scan on booking_search")),
            false => ("sqlite_autoindex_booking_", None),
        };
        for (text, index) in [(one.reference.as_str(), Some(reference)), ("c12345@example", word)] {
            let Some(index) = index else { continue };
            let plan = found(text);
            assert!(plan.contains(index), "{text}: {plan}");
        }

        // By start what is searched is read off its index in that order, however far away it stands and however often. PostgreSQL
        // looks into some stretches first where there is much.
        let add = "UPDATE booking SET search_text = search_text ||";
        let (everywhere, together) =
            ("' everywhere' WHERE seq % 40 = 0", "' together' WHERE seq BETWEEN 9000 AND 10000");
        let mut conn = db.url().connect().unwrap();
        conn.batch_execute(&format!("{add} {everywhere}; {add} {together}")).unwrap();
        if db.is_postgres() {
            conn.batch_execute("UPDATE booking SET seq = seq + 200000 WHERE seq = 1; ANALYZE").unwrap();
            for (text, asked_for) in [("everywhere", 1), ("nowhere", 2)] {
                let sent = asked("booking", || list(&fx, &search(text)));
                let stretches: Vec<&String> = sent.iter().filter(|query| query.contains("&&")).collect();
                assert_eq!((sent.len(), stretches.len()), (asked_for + 2, 1), "{text}: {sent:#?}");
                // What is everywhere is met sooner in the order of the list.
                let plan = planned(&fx, stretches[0]);
                let index = if text == "nowhere" { "Bitmap Index Scan on booking_search" } else { "booking_by_start" };
                assert!(plan.contains(index) && plan.contains("&&"), "{text}: {plan}");
            }
        } else {
            for (text, sort, in_order) in [
                ("everywhere", StartAt, true),
                ("everywhere", StartAtDescending, true),
                ("together", StartAt, true),
                ("c12345@example", StartAt, true),
                ("everywhere", ClientName, false),
            ] {
                let sent = asked("booking_search", || list(&fx, &ListQuery { sort, ..search(text) }));
                let reads = sent.iter().filter(|query| query.contains("CROSS JOIN booking"));
                let plans: Vec<String> = reads.map(|query| planned(&fx, query)).collect();
                assert_eq!(!plans.is_empty(), in_order, "{text} by {}: {sent:#?}", sort.as_str());
                for plan in plans {
                    assert!(plan.contains("booking USING INTEGER PRIMARY KEY"), "{text}: {plan}");
                    assert!(!plan.contains("TEMP B-TREE"), "{text}: {plan}");
                }
            }
            // Less fits the filter than has the word, and little of it has both.
            let filtered = ListQuery { search: "together".into(), ..provider.clone() };
            let page = asked("booking", || list(&fx, &filtered)).pop().unwrap();
            assert!(page.contains("booking_by_provider") && !page.contains("MATCH"), "{page}");
        }
        let pools = &fx.store.pools;
        // More than can be sorted is shown as it is read, by its start.
        let sort_of = |query: ListQuery| pools.read(|conn| query.sort_in_force(conn, None)).unwrap();
        for (sort, instead) in [(ClientName, StartAt), (Reference, StartAt), (CreatedAtDescending, CreatedAtDescending)]
        {
            assert_eq!(sort_of(ListQuery { sort, ..search("example") }), instead);
            assert_eq!(sort_of(ListQuery { sort, ..search("c12345@example") }), sort);
            assert_eq!(sort_of(ListQuery { sort, search: "example".into(), ..provider.clone() }), sort);
            let begun = Page::After(one.cursor(sort));
            assert_eq!(sort_of(ListQuery { sort, page: begun, ..search("example") }), sort);
        }
        for (query, instead) in [(&three, StartAt), (&week, StartAt), (&provider, Reference), (&all, Reference)] {
            assert_eq!(sort_of(ListQuery { sort: Reference, ..query.clone() }), instead);
        }
        let dated = ListQuery { from: Some(at(0, 0)), sort: CreatedAtDescending, ..search("example") };
        assert_eq!(sort_of(dated), StartAtDescending);
        uses(&fx, "by id", "booking", "booking_id_key", || {
            pools.read(|conn| find(conn, &booking.id.into(), Scope::All))
        });
        for table in ["booking_event", "booking_event_personal"] {
            let index = if db.is_postgres() { format!("{table}_pkey") } else { format!("sqlite_autoindex_{table}_1") };
            uses(&fx, "events", table, &index, || pools.read(|conn| events(conn, booking.id, None, 50)));
        }
        let day = window(at(0, 0), at(24, 0));
        for plan in [
            plan(&fx, "booking", || fx.store.busy_intervals(fx.provider, day, None)),
            plan(&fx, "booking", || fx.store.create_booking(&fx.command(at(6, 0)), &fx.by())),
        ] {
            assert_eq!(plan.matches("booking_active").count(), 3, "both neighbours and what lies between: {plan}");
        }
    });
}

#[test]
fn a_plan_made_on_an_empty_database_serves_a_long_history() {
    set_default_instrumentation(|| Some(Box::new(Listener))).unwrap();
    each_database(|db| {
        // Never analysed: what a new installation's connections prepare and keep.
        let fx = Fixture::on(db, Policy::default());
        let plan = plan(&fx, "booking", || fx.create(&fx.command(at(6, 0))));
        assert!(!plan.contains("booking_no_overlap"), "all of the provider's history is read: {plan}");
    });
}

#[test]
fn a_create_is_five_round_trips_however_long_the_history() {
    each_database(|db| {
        let fx = filled(db);
        let sent = statements(|| fx.create(&fx.command(at(6, 0))));
        let expected = if db.is_postgres() { 5 } else { 7 };
        assert_eq!(sent.len(), expected, "{sent:#?}");
        list(&fx, &ListQuery::new(Scope::All));
        let page = statements(|| list(&fx, &ListQuery::new(Scope::All)));
        assert_eq!(page.len(), 1, "{page:#?}");
    });
}

/// A board of a dozen providers reads their days, whatever their history; the catalogue's lists read the names in order; the
/// audit is read by whatever it is asked for.
#[test]
fn so_have_those_of_the_board_the_catalogue_and_the_audit() {
    each_database(|db| {
        let fx = filled(db);
        let pools = &fx.store.pools;
        let providers = pools.read(|conn| fx.store.catalogue.providers(conn, Scope::All, "", 12)).unwrap();
        let providers: Vec<ProviderId> = providers.into_iter().map(|choice| choice.id).collect();
        let day = window(at(480, 0), at(504, 0));
        let sent = asked("booking", || pools.read(|conn| on_board(conn, Scope::All, &providers, day, 100)));
        let plans: Vec<String> = sent.iter().map(|query| judged(&fx, query)).collect();
        assert_eq!(plans.len(), 2);
        // Either way no more than those days are read.
        assert!(
            ["booking_by_provider", "booking_by_start"].iter().any(|index| plans[0].contains(index)),
            "{}",
            plans[0]
        );
        assert_eq!(plans[1].matches("booking_active").count(), 24, "{}", plans[1]);
        walks(&fx, "the times of a day", "booking_by_start", || {
            pools.read(|conn| spells(conn, Scope::All, day, 5_000))
        });

        let mut conn = db.url().connect().unwrap();
        let number = if db.is_postgres() { "gen_random_uuid()" } else { "randomblob(16)" };
        let series = match db.is_postgres() {
            true => "generate_series(1, 5000) AS n (n)",
            false => {
                "(WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000) SELECT n FROM n) AS n"
            }
        };
        let (now, empty) = if db.is_postgres() { ("now()", "'{}'::jsonb") } else { ("0", "'{}'") };
        let yes = if db.is_postgres() { "true" } else { "1" };
        conn.batch_execute(&format!(
            "INSERT INTO provider (id, name, name_key, active, version, created_at, updated_at) \
             SELECT {number}, 'Room ' || n, 'room ' || n, {yes}, 1, {now}, {now} FROM {series}; \
             INSERT INTO audit (id, at, kind, actor_name, actor_key, subject, address, data) \
             SELECT {number}, {now}, CASE n % 500 WHEN 0 THEN 'exported' ELSE 'signed_in' END, 'x', \
             'person ' || n % 500, 'thing ' || n, '', {empty} FROM {series}; ANALYZE"
        ))
        .unwrap();
        for after in [None, Some(("Room 2", bookings_db::types::Id(fx.provider.0)))] {
            let plan = plan(&fx, "provider", || pools.read(|conn| providers::list(conn, Scope::All, "", after, 100)));
            assert!(
                plan.contains("provider_by_any_name") && !plan.contains("Sort") && !plan.contains("TEMP"),
                "{plan}"
            );
        }
        let all = audit::Query {
            scope: Scope::All,
            actor: String::new(),
            kind: None,
            subject: String::new(),
            from: None,
            until: None,
            after: None,
            limit: 50,
        };
        for (query, index) in [
            (audit::Query { kind: Some(audit::AuditKind::Exported), ..all.clone() }, "audit_by_kind"),
            (audit::Query { actor: "Person 7".into(), ..all.clone() }, "audit_by_actor"),
            (audit::Query { subject: "Thing 77".into(), ..all.clone() }, "audit_by_subject"),
        ] {
            let plan = plan(&fx, "audit", || pools.read(|conn| audit::list(conn, &query)));
            assert!(plan.contains(index), "{index}: {plan}");
        }
        // A list of ids is read once, not for every row it is compared with.
        if db.is_postgres() {
            let some = [fx.provider, fx.other];
            let names = |conn: &mut Conn| fx.store.catalogue.names(conn, Scope::All, &[], &some, &[]);
            let plan = planned(&fx, &statements(|| fx.store.pools.read(names))[0]);
            assert!(plan.contains("InitPlan"), "{plan}");
        }
        // Who shares a start is found along the time of its provider.
        let one = fx.create(&fx.party(at(24 * 400, 0), 2));
        let plan = plan(&fx, "booking", || fx.store.pools.read(|conn| taken_with(conn, &one, Scope::All)).unwrap());
        assert!(plan.contains("booking_active"), "{plan}");
        // What is done to many: their bookings are found one by one, however few of the selection are left.
        let order = Order { what: What::Note { message: "x".into() }, overrides: Overrides::default() };
        let moved = Order { what: What::Move { minutes: 30 }, overrides: Overrides::default() };
        let mut asked_of_many = 0;
        let few = ListQuery { from: Some(at(480, 0)), until: Some(at(482, 0)), ..ListQuery::new(Scope::All) };
        for query in [few, ListQuery::new(Scope::All)] {
            let id = select_found(&fx.store.pools, None, &order, &query, fx.now).unwrap().unwrap();
            // Known or not how many there are, the bookings are not all read for a batch of them.
            db.url().connect().unwrap().batch_execute("ANALYZE").unwrap();
            let selection = fx.store.pools.read(|conn| selection_of(conn, id, None)).unwrap().unwrap();
            assert!(begin(&fx.store.pools, &selection, &order, None, fx.now).unwrap());
            // The history of these is made up, so that none of them changes.
            let run = || fx.store.run_selection(id, None, &fx.by(), chrono_tz::UTC, || fx.now).unwrap_err();
            let sent = statements(run);
            // And what many providers have is read along their own time.
            fx.store.preview(&selection, &moved, &fx.by(), 0).unwrap();
            let heard = std::mem::take(&mut *OF_MANY.lock().unwrap());
            for query in heard {
                for plan in ways(&fx, &query) {
                    assert_eq!(plan.matches("booking_active").count(), 3, "{plan}");
                    assert!(!plan.contains("Hash") && !plan.contains("Sort"), "{plan}");
                }
                asked_of_many += 1;
            }
            let of_items = |query: &&String| query.contains("selection_item") && query.contains("JOIN");
            let plan = planned(&fx, sent.iter().find(of_items).unwrap());
            assert!(
                plan.contains("booking_pkey") || plan.contains("SEARCH booking USING INTEGER PRIMARY KEY"),
                "{plan}"
            );
        }
        assert_eq!(asked_of_many > 0, db.is_postgres());
    });
}
