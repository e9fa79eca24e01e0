//! Keys, second factors and the log of the real program.

use std::io::Read;
use std::path::Path;
use std::process::Output;

use bookings_admin::auth::{password, totp};
use bookings_core::{Actor, Role};
use bookings_db::audit::{self, AuditKind, Query};
use bookings_db::sessions;
use bookings_db::staff::{self as accounts, NewStaff, Staff, add_staff};
use bookings_db::testing::{TestDatabase, each_database};
use bookings_db::{By, Scope};
use chrono::{TimeDelta, Utc};
use serde_json::Value;

use crate::agent::Browser;
use crate::common::{PASSWORD, base32};
use crate::process::{Server, program};

const FACTOR: &str = "/profile/second-factor";
const OLD: &str = "an old key of the length it takes";
const NEW: &str = "the new key that comes in its place";

fn made(db: &TestDatabase, name: &str, role: Role) -> Staff {
    let hash = password::hash(PASSWORD).unwrap();
    add_staff(db.pools(), NewStaff { name, role, tenant_id: None, password_hash: &hash }, Utc::now()).unwrap()
}

fn started(db: &TestDatabase, settings: &[(&str, &str)]) -> Server {
    Server::start_with(&db.url().to_string(), &[], settings)
}

fn at(server: &Server) -> Browser {
    Browser::at(&format!("http://{}", server.address))
}

fn signed_in(server: &Server, name: &str) -> Browser {
    let mut browser = at(server);
    browser.get("/login");
    browser.post("/login", &[("username", name), ("password", PASSWORD)]);
    browser
}

fn code(secret: &[u8], later: i64) -> String {
    totp::code(secret, totp::step(Utc::now()) + later).unwrap()
}

/// By the environment first, then by a file with a line for each key.
#[test]
fn a_changed_key_signs_nobody_out() {
    each_database(|db| {
        made(db, "Olga", Role::Owner);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        let file_name = file.display().to_string();
        let needed = ("BOOKINGS_SECOND_FACTOR", "owner,admin");

        let server = started(db, &[("BOOKINGS_SECRET_KEY", OLD), needed]);
        let mut olga = signed_in(&server, "Olga");
        assert_eq!(olga.get("/staff").header("location"), "/profile/second-factor?next=%2Fstaff");
        olga.get(FACTOR);
        assert_eq!(olga.post(&format!("{FACTOR}/begin"), &[("current_password", PASSWORD)]).status, 303);
        let page = scraper::Html::parse_document(&olga.get(FACTOR).body);
        let shown = page.select(&scraper::Selector::parse("code.secret").unwrap()).next().unwrap();
        let secret = base32(&shown.text().collect::<String>());
        assert_eq!(olga.post(&format!("{FACTOR}/confirm"), &[("code", &code(&secret, 0))]).status, 200);
        assert_eq!(olga.get("/staff").status, 200);
        let with_old_key = olga.cookies.clone();
        drop(server);

        std::fs::write(&file, format!("{NEW}\n{OLD}\n")).unwrap();
        let server = started(db, &[("BOOKINGS_SECRET_KEY_FILE", &file_name), needed]);
        olga.base = format!("http://{}", server.address);
        assert_eq!(olga.get("/staff").status, 200);
        assert_ne!(olga.cookies, with_old_key, "signed anew");
        drop(server);

        std::fs::write(&file, NEW).unwrap();
        let server = started(db, &[("BOOKINGS_SECRET_KEY_FILE", &file_name), needed]);
        olga.base = format!("http://{}", server.address);
        assert_eq!(olga.get("/staff").status, 200);
        let mut late = Browser { cookies: with_old_key, ..olga.clone() };
        assert_eq!(late.get("/staff").status, 303, "the old key is gone");
        let mut elsewhere = signed_in(&server, "Olga");
        assert_eq!(elsewhere.get("/staff").status, 303, "a code is needed");
        elsewhere.get("/login/code");
        assert_eq!(elsewhere.post("/login/code", &[("code", &code(&secret, 1))]).status, 303);
        assert_eq!(elsewhere.get("/staff").status, 200, "what the old key sealed is open");
    });
}

fn run(db: &TestDatabase, folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = program(folder, &db.url().to_string(), arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn kept(db: &TestDatabase, kind: AuditKind) -> Vec<audit::Row> {
    let query = Query { kind: Some(kind), ..Query::newest(Scope::All, 9) };
    db.pools().read(|conn| audit::list(conn, &query)).unwrap()
}

#[test]
fn a_lost_second_factor_is_reset_at_the_machine() {
    each_database(|db| {
        let (ann, folder) = (made(db, "Ann", Role::Owner), tempfile::tempdir().unwrap());
        let reset = |name| run(db, folder.path(), &["staff", "reset-second-factor", name]);
        for (name, complaint) in [("Ann", "has no second factor"), ("nobody", "no account named \"nobody\"")] {
            let (code, said, line) = reset(name);
            assert!(code == 1 && said.is_empty() && line.lines().count() == 1 && line.contains(complaint), "{line}");
        }
        assert_eq!(run(db, folder.path(), &["staff", "reset-second-factor"]).0, 2);
        let actor = Actor { id: Some(ann.id), name: "Ann".into(), role: Role::Owner };
        let by = By::new(&actor, Utc::now());
        assert!(accounts::begin_second_factor(db.pools(), ann.id, b"sealed").unwrap());
        assert!(accounts::confirm_second_factor(db.pools(), &by, ann.id, b"sealed", 1, &[[1; 32]]).unwrap());
        let now = Utc::now();
        sessions::save(db.pools(), &[7; 32], Some(ann.id), "{}", now, now + TimeDelta::hours(1)).unwrap();
        assert_eq!(reset("ANN"), (0, "reset the second factor of Ann\n".into(), String::new()));
        assert_eq!(accounts::second_factor(db.pools(), ann.id).unwrap(), None);
        assert!(sessions::load(db.pools(), &[7; 32], now).unwrap().is_none(), "whoever holds it signs in anew");
        let told = kept(db, AuditKind::SecondFactorReset);
        assert_eq!((told.len(), told[0].actor_name.as_str(), told[0].subject.as_str()), (1, "command line", "Ann"));
    });
}

#[test]
fn what_is_brought_in_and_taken_out_at_the_machine_is_kept() {
    each_database(|db| {
        let folder = tempfile::tempdir().unwrap();
        let header = "external_reference,service,provider,start_at,client_name\n";
        std::fs::write(folder.path().join("visits.csv"), header).unwrap();
        assert_eq!(run(db, folder.path(), &["import", "visits.csv", "--dry-run"]).0, 0);
        assert_eq!(kept(db, AuditKind::Imported).len(), 0, "a trial brings nothing in");
        assert_eq!(run(db, folder.path(), &["import", "visits.csv"]).0, 0);
        let told = kept(db, AuditKind::Imported);
        assert_eq!((told.len(), told[0].actor_name.as_str()), (1, "command line"));
        assert_eq!(told[0].data.0["file"], "visits.csv");
        assert_eq!(run(db, folder.path(), &["export"]).0, 0);
        assert_eq!(kept(db, AuditKind::Exported).len(), 1);
    });
}

/// A line a request, each an object with its time; and in none of them what was typed.
#[test]
fn the_log_says_who_was_refused_and_nothing_that_was_typed() {
    each_database(|db| {
        let vic = made(db, "Victoria", Role::Viewer);
        let key = ("BOOKINGS_SECRET_KEY", OLD);
        let mut server = started(db, &[key, ("BOOKINGS_LOG", "json")]);
        let mut browser = at(&server);
        browser.get("/login");
        browser.post("/login", &[("username", "a-password-in-the-wrong-field"), ("password", "another-password")]);
        browser.get("/setup?token=a-token");
        let mut vics = signed_in(&server, "Victoria");
        vics.get("/bookings?q=zoe");
        vics.get("/clients/zoe%40example.com");
        assert_eq!(vics.get("/staff").status, 403);
        let cookie: String = vics.cookies.values().cloned().collect();
        let mut forged = Browser { headers: vec![("origin", "http://evil.example")], ..vics.clone() };
        assert_eq!(forged.post("/bookings", &[("client_name", "zoe")]).status, 403);
        let id = vics.get("/nowhere\u{3f}x=1").header("x-request-id").to_owned();
        server.signal("-TERM");
        let mut log = String::new();
        server.log.read_to_string(&mut log).unwrap();
        assert!(server.child.wait().unwrap().success());
        let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for line in &lines {
            let time = line["time"].as_str().unwrap();
            assert!(time.ends_with('Z') && chrono::DateTime::parse_from_rfc3339(time).is_ok(), "{line}");
            assert!(line["level"].is_string() && line["message"].is_string(), "{line}");
        }
        let with = |name: &str, value: &str| lines.iter().find(|line| line[name] == value);
        let answered = with("request", &id).unwrap();
        assert_eq!((&answered["path"], &answered["status"]), (&"/nowhere".into(), &404.into()));
        let refused = with("account", &vic.id.to_string()).unwrap();
        assert!(refused["path"] == "/staff" && refused["level"] == "warn", "{refused}");
        assert!(lines.iter().any(|line| line["message"].to_string().contains("from another site")));
        for typed in ["password-in", "another-password", "a-token", "zoe", PASSWORD, OLD, cookie.as_str()] {
            assert!(!log.contains(typed), "{typed} in {log}");
        }
    });
}
