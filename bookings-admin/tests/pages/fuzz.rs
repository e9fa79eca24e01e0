//! Every address of the route table, with fields, queries and bodies that nobody's browser sends: never a 500.

use std::collections::{BTreeMap, BTreeSet};

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::TestRequest;
use bookings_admin::raw_form::{FILE_BYTES, FORM_BYTES, encode};
use bookings_core::{Overrides, Policy, Reference};
use bookings_db::selection::{Order, What, select_listed};
use bookings_db::testing::{TestDatabase, sqlite_database};
use bookings_db::{Scope, Store};
use chrono::Utc;
use proptest::prelude::*;
use uuid::Uuid;

use crate::common::{Browser, PASSWORD, Page, on_each_database, serving, settings, state};
use crate::desk::{Desk, Form, all};
use crate::nasty::{Draw, real, value};
use crate::roles::{OPEN, patterns};

/// Names that queries and forms know and no page offers, and one that nobody knows; those of the pages come with them.
const NAMES: &[&str] = &[
    "after",
    "before",
    "per_page",
    "column",
    "view",
    "range",
    "menu",
    "menu_q",
    "again",
    "outcome",
    "run",
    "import",
    "slot",
    "addons_shown",
    "capacity_consumed",
    "start_at_fold",
    "next",
    "provider_id_q",
    "service_id_q",
    "at",
    "at_fold",
    "kind",
    "actor",
    "text",
    "do",
    "\u{1F980}",
];

/// What there is of everything that an address can name.
struct Things {
    reference: String,
    selection: Uuid,
    import: String,
    view: String,
    staff: Uuid,
}

impl Things {
    async fn make<S, B>(db: &TestDatabase, desk: &Desk, olga: &mut Browser<'_, S>) -> Things
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
        B: MessageBody,
    {
        let reference = olga.book(&desk.booking(desk.massage, desk.room, &desk.at(3, "10:00"), "Zoë")).await;
        let accounts = bookings_db::staff::list_staff(db.pools()).unwrap();
        let of = |name: &str| accounts.iter().find(|account| account.name == name).unwrap().id;
        let order = Order { what: What::Note { message: "Storm".into() }, overrides: Overrides::default() };
        let chosen = [Reference::parse(&reference).unwrap()];
        let selection = select_listed(db.pools(), Some(of("Olga")), &order, &chosen, Scope::All, Utc::now()).unwrap();
        let kept = Form(vec![]).with("name", "Late").with("query", "status=PENDING");
        let view = olga.submit("/bookings/views", &kept).await.location().to_owned();
        let row = format!("a,Massage,Room 1,{},Ann", desk.at(5, "10:00"));
        let text = format!("external_reference,service,provider,start_at,client_name\n{row}\n");
        let import = olga.submit("/import", &Form(vec![]).with("text", &text)).await.location().to_owned();
        Things {
            reference,
            selection,
            import: import.rsplit('/').next().unwrap().to_owned(),
            view: view.rsplit("view=").next().unwrap().to_owned(),
            // Not the one who does it all.
            staff: of("Ann").0,
        }
    }

    /// The addresses of a pattern; of a verb each one's.
    fn filled(&self, pattern: &str, desk: &Desk) -> Vec<String> {
        let id = match pattern {
            services if services.starts_with("/catalogue/services") => desk.retired.to_string(),
            addons if addons.starts_with("/catalogue/addons") => desk.stones.to_string(),
            providers if providers.starts_with("/catalogue/providers") => desk.room.to_string(),
            tenants if tenants.starts_with("/tenants") => desk.tenant.to_string(),
            staff if staff.starts_with("/staff") => self.staff.to_string(),
            bulk if bulk.starts_with("/bookings/bulk") => self.selection.to_string(),
            views if views.starts_with("/bookings/views") => self.view.clone(),
            import if import.starts_with("/import") => self.import.clone(),
            _ => String::new(),
        };
        let verbs: &[&str] = match pattern {
            bookings if bookings.starts_with("/bookings") => {
                &["confirm", "cancel", "reschedule", "complete", "no-show", "note", "reinstate", "undo"]
            }
            staff if staff.starts_with("/staff") => &["disable", "enable", "reset-second-factor", "link"],
            _ => &["deactivate", "activate", "delete"],
        };
        let one = pattern.replace("{reference}", &self.reference).replace("{key}", "someone@example.com");
        let one = if id.is_empty() { one } else { one.replace("{id}", &id) };
        let filled: Vec<String> = match one.contains("{verb}") {
            true => verbs.iter().map(|verb| one.replace("{verb}", verb)).collect(),
            false => vec![one],
        };
        assert!(filled.iter().all(|path| !path.contains('{')), "nothing known for {pattern}");
        filled
    }
}

/// Signs in again where the last answer ended the session: else everything after it would stop at the door. Wrong passwords
/// are forgotten before, or the door would stay shut.
async fn stay<S, B>(db: &TestDatabase, olga: &mut Browser<'_, S>, page: &Page)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    if page.status == 401 || page.location().starts_with("/login") || olga.cookies.is_empty() {
        db.run_sql("DELETE FROM sign_in_try");
        assert_eq!(olga.sign_in("Olga", PASSWORD).await.status, 303, "Olga can't sign in any more");
        olga.get("/").await;
    }
}

fn fields(names: Vec<String>) -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((prop::sample::select(names), value()), 0..12)
}

/// Where forms go to and which fields they have, with one as it stands on its page.
type Forms = BTreeMap<(String, Vec<String>), Form>;

/// Keeps the forms of a page that are posted behind the door.
fn keep_forms(found: &mut Forms, page: &Page) {
    let actions: BTreeSet<String> = all(&page.html(), "form[method=post]", "action").into_iter().collect();
    for action in actions.into_iter().filter(|action| !OPEN.contains(&action.as_str()) && !action.contains('\'')) {
        let form = Form::of(page, &format!("form[method=post][action='{action}']"));
        let names = form.0.iter().map(|(name, _)| name.clone()).collect();
        found.insert((action, names), form);
    }
}

#[test]
fn no_form_and_no_query_makes_a_500() {
    const CASES: usize = 8;
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut olga = Browser::signed_in(&app, "Olga").await;
        let things = Things::make(&db, &desk, &mut olga).await;
        let paths: Vec<String> = patterns().iter().flat_map(|pattern| things.filled(pattern, &desk)).collect();
        let mut names: BTreeSet<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
        let mut found = Forms::new();
        for path in &paths {
            let page = olga.get(path).await;
            assert!(page.status < 500, "GET {path}: {}", page.status);
            names.extend(all(&page.html(), "[name]", "name"));
            keep_forms(&mut found, &page);
        }
        assert!(names.len() > 60 && found.len() > 30, "{} names, {} forms", names.len(), found.len());
        let fields = fields(names.into_iter().filter(|name| name != "csrf_token").collect());
        let mut draw = Draw::new();
        for _ in 0..CASES {
            let drawn = draw.one(&fields);
            let drawn: Vec<_> = drawn.into_iter().map(|(name, value)| (name, real(&desk, &value))).collect();
            let query = encode(&drawn);
            for path in &paths {
                let page = olga.get(&format!("{path}?{query}")).await;
                assert!(page.status < 500, "GET {path}?{query}: {}", page.status);
                // At the door it is somebody else who tries.
                let mut nobody = Browser::new(&app);
                let open = OPEN.contains(&path.as_str());
                if open {
                    nobody.get(path).await;
                }
                let who = if open { &mut nobody } else { &mut olga };
                let page = who.submit(path, &Form(drawn.clone())).await;
                assert!(page.status < 500, "POST {path} {query}: {}", page.status);
                if open {
                    continue;
                }
                stay(&db, &mut olga, &page).await;
            }
            // What a page offers, but for one to three fields: that gets further in.
            for ((action, _), form) in &found {
                let mut form = form.clone();
                for _ in 0..=draw.below(3) {
                    let Some(place) = (!form.0.is_empty()).then(|| draw.below(form.0.len())) else { break };
                    let long = draw.below(12) == 0;
                    let new = if long { "x".repeat(60_000) } else { real(&desk, &draw.one(&value())) };
                    match draw.below(4) {
                        0 => drop(form.0.remove(place)),
                        1 => form.0.push((form.0[place].0.clone(), new)),
                        _ => form.0[place].1 = new,
                    }
                }
                let page = olga.submit(action, &form).await;
                assert!(page.status < 500, "POST {action} {}: {}", encode(&form.0), page.status);
                stay(&db, &mut olga, &page).await;
            }
        }
        assert_eq!(olga.get(&format!("/bookings/{}", things.reference)).await.status, 200);
        let mut broken = Vec::new();
        bookings_db::doctor::examine(&Store::new(db.pools().clone(), Policy::default()), &mut |one| broken.push(one))
            .unwrap();
        assert_eq!(broken, []);
    });
}

/// Bytes that are no form, under every content type; and a form of the largest size that is read, and one more byte.
#[test]
fn no_body_makes_a_500() {
    const KINDS: [&str; 5] = [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-16",
        "multipart/form-data; boundary=x",
        "application/json",
        "",
    ];
    let db = sqlite_database();
    actix_web::rt::System::new().block_on(async {
        let desk = Desk::open(&db);
        let app = serving(state(&db, settings(&db))).await;
        let mut olga = Browser::signed_in(&app, "Olga").await;
        let things = Things::make(&db, &desk, &mut olga).await;
        let paths: Vec<String> = patterns().iter().flat_map(|pattern| things.filled(pattern, &desk)).collect();
        let mut draw = Draw::new();
        let bytes = prop::collection::vec(any::<u8>(), 0..400);
        for path in &paths {
            for kind in KINDS {
                // Behind the token, so that it is not the gate alone that is tried.
                let mut body = match kind.starts_with("multipart") {
                    true => "--x\r\nContent-Disposition: form-data; name=\"csrf_token\"\r\n\r\n".to_owned(),
                    false => "csrf_token=".to_owned(),
                };
                body += &olga.token;
                let body = [body.into_bytes(), draw.one(&bytes)].concat();
                let request = TestRequest::post().uri(path).insert_header((CONTENT_TYPE, kind)).set_payload(body);
                let page = olga.send(request).await;
                assert!(page.status < 500, "POST {path} as {kind:?}: {}", page.status);
                stay(&db, &mut olga, &page).await;
            }
        }
        for path in &paths {
            let most = if path == "/import" { FILE_BYTES } else { FORM_BYTES };
            for (more, expected) in [(0, None), (1, Some(413))] {
                let mut body = format!("csrf_token={}&name=", olga.token).into_bytes();
                body.resize(most + more, b'x');
                let page = olga.post_body(path, body).await;
                assert!(page.status < 500, "POST {path}, {more} over the limit: {}", page.status);
                assert!(page.body.len() < 3 * most, "{path}: a page of {} bytes", page.body.len());
                let taken = !matches!(page.status, 404 | 405);
                assert!(!taken || expected.is_none_or(|status| page.status == status), "{path}: {}", page.status);
                stay(&db, &mut olga, &page).await;
            }
        }
    });
}
