//! `deploy/nginx.conf` as it is, but for its addresses and certificate: two processes on one PostgreSQL behind TLS.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

#[path = "common/agent.rs"]
mod agent;
#[path = "common/office.rs"]
mod office;
#[path = "common/process.rs"]
mod process;

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};

use agent::Browser;
use bookings_admin::auth::password;
use bookings_core::Role;
use bookings_db::bookings::ListQuery;
use bookings_db::staff::{NewStaff, add_staff};
use bookings_db::testing::{TestDatabase, databases};
use bookings_db::{Scope, audit};
use chrono::{Days, Utc};
use process::{Server, line_with};
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery";
const HOST: &str = "bookings.example";
const ORIGIN: &str = "https://bookings.example";
/// Callers at once, and the bookings of each.
const CALLERS: usize = 6;
const EACH: usize = 25;

fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// nginx, openssl and a PostgreSQL; `None`, said loudly, where one of them is missing.
fn tools() -> Option<(PathBuf, PathBuf, TestDatabase)> {
    let postgres = databases().into_iter().find(TestDatabase::is_postgres);
    match (tool("nginx"), tool("openssl"), postgres) {
        (Some(nginx), Some(openssl), Some(database)) => Some((nginx, openssl, database)),
        _ => {
            const WHAT: &str = "no nginx, openssl or PostgreSQL: two processes behind a proxy are untested";
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{WHAT}");
            std::io::stderr().write_all(format!("\n*** SKIPPED: {WHAT} ***\n").as_bytes()).unwrap();
            None
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// nginx with the site; gone with the test.
struct Proxy {
    child: Child,
    plain: u16,
    port: u16,
    folder: TempDir,
}

impl Proxy {
    fn start(nginx: &Path, openssl: &Path, processes: [&str; 2]) -> Proxy {
        let folder = tempfile::tempdir().unwrap();
        let here = |name: &str| folder.path().join(name).display().to_string();
        let (key, certificate) = (here("key"), here("certificate"));
        let subject = format!("/CN={HOST}");
        let made = Command::new(openssl)
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", &subject])
            .args(["-keyout", &key, "-out", &certificate])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let (plain, port) = (free_port(), free_port());
        let mut site = include_str!("../../deploy/nginx.conf").to_owned();
        for (from, to) in [
            ("server 127.0.0.1:8080 ", format!("server {} ", processes[0])),
            ("# server 127.0.0.1:8081 ", format!("server {} ", processes[1])),
            ("listen 80;", format!("listen 127.0.0.1:{plain};")),
            ("listen 443 ssl;", format!("listen 127.0.0.1:{port} ssl;")),
            ("/etc/ssl/bookings.example.pem", certificate),
            ("/etc/ssl/private/bookings.example.key", key),
        ] {
            assert_eq!(site.matches(from).count(), 1, "{from}");
            site = site.replace(from, &to);
        }
        std::fs::write(here("site"), site).unwrap();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|kind| format!("{kind}_temp_path {};\n", here(kind)))
            .collect();
        let whole = format!(
            "daemon off;\nmaster_process off;\npid {};\nerror_log stderr notice;\nevents {{}}\nhttp {{\naccess_log off;\n\
             {temporary}include {};\n}}\n",
            here("pid"),
            here("site")
        );
        std::fs::write(here("nginx.conf"), whole).unwrap();
        let mut command = Command::new(nginx);
        command.args(["-c", &here("nginx.conf"), "-e", "stderr"]).stdin(Stdio::null()).stdout(Stdio::null());
        let checked = command.arg("-t").output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        let mut command = Command::new(nginx);
        command.args(["-c", &here("nginx.conf"), "-e", "stderr"]).stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = std::io::BufReader::new(child.stderr.take().unwrap());
        // It listens before it says so.
        line_with(&mut log, "nginx/");
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Proxy { child, plain, port, folder }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.folder.path();
    }
}

fn settings() -> [(&'static str, &'static str); 4] {
    [
        ("BOOKINGS_SECRET_KEY", "0123456789abcdef0123456789abcdef"),
        ("BOOKINGS_PUBLIC_ORIGIN", ORIGIN),
        ("BOOKINGS_TRUSTED_PROXIES", "127.0.0.1"),
        ("BOOKINGS_METRICS", "on"),
    ]
}

fn process(database: &TestDatabase, listen: &str) -> Server {
    Server::start_with(&database.url().to_string(), &["--listen", listen], &settings())
}

/// Books one after the other; what fails is sent again under the same key, as a person would.
fn books(mut browser: Browser, service: String, provider: String, told: Sender<String>) {
    let first = Utc::now().date_naive() + Days::new(10);
    for number in 0..EACH {
        let start = format!("{}T{:02}:00", first + Days::new(number as u64 / 10), 8 + number % 10);
        let key = format!("{provider}-{number}");
        let fields = [
            ("service_id", service.as_str()),
            ("provider_id", &provider),
            ("start_at", &start),
            ("party_size", "1"),
            ("client_name", "Kim"),
            ("idempotency_key", &key),
        ];
        let booked = (0..20_000).find_map(|_| match browser.send("/bookings", Some(&fields)) {
            Ok(answer) if answer.status == 303 => Some(answer.headers["location"].clone()),
            Ok(answer) => {
                assert!(matches!(answer.status, 502..=504), "{} {}", answer.status, answer.body);
                None
            }
            Err(_) => None,
        });
        told.send(booked.expect("a process answers again").trim_start_matches("/bookings/").to_owned()).unwrap();
    }
}

fn after(acknowledged: &mut Vec<String>, told: &Receiver<String>, count: usize) {
    while acknowledged.len() < count {
        acknowledged.push(told.recv().unwrap());
    }
}

#[test]
fn two_processes_behind_nginx_lose_nothing() {
    let Some((nginx, openssl, db)) = tools() else { return };
    let hash = password::hash(PASSWORD).unwrap();
    let ann = NewStaff { name: "Ann", role: Role::Staff, tenant_id: None, password_hash: &hash };
    add_staff(db.pools(), ann, Utc::now()).unwrap();
    let (mut first, mut second) = (process(&db, "127.0.0.1:0"), process(&db, "127.0.0.1:0"));
    let addresses = [first.address.to_string(), second.address.to_string()];
    let proxy = Proxy::start(&nginx, &openssl, [&addresses[0], &addresses[1]]);
    let seen = vec![("host", HOST), ("origin", ORIGIN), ("x-forwarded-for", "203.0.113.7")];
    let mut browser = Browser { headers: seen.clone(), ..Browser::at(&format!("https://127.0.0.1:{}", proxy.port)) };

    // Plain HTTP leads to TLS; the headers are ours and nginx's.
    let mut plain = Browser { headers: seen, ..Browser::at(&format!("http://127.0.0.1:{}", proxy.plain)) };
    let plain = plain.get("/bookings?x=1");
    assert_eq!((plain.status, plain.headers["location"].as_str()), (301, "https://bookings.example/bookings?x=1"));
    let page = browser.get("/login");
    assert_eq!(page.status, 200);
    assert!(
        page.headers["strict-transport-security"].contains("max-age")
            && page.headers.contains_key("content-security-policy")
    );
    assert!(!page.headers["server"].contains('/'), "{}", page.headers["server"]);
    // What a client says of where it comes from is not believed.
    browser.send("/login", Some(&[("username", "Ann"), ("password", "wrong")])).unwrap();
    let kind = Some(audit::AuditKind::SignInFailed);
    let query = audit::Query { kind, ..audit::Query::newest(Scope::All, 1) };
    assert_eq!(db.pools().read(|conn| audit::list(conn, &query)).unwrap()[0].address, "127.0.0.1");

    browser.get("/login");
    let signed_in = browser.send("/login", Some(&[("username", "Ann"), ("password", PASSWORD)])).unwrap();
    assert_eq!(signed_in.status, 303, "{}", signed_in.body);
    assert!(browser.cookies.keys().any(|name| name.starts_with("__Host-")), "{:?}", browser.cookies);
    for _ in 0..20 {
        assert_eq!(browser.get("/profile").status, 200, "the session is known to whichever process answers");
    }
    for address in &addresses {
        let mut direct = Browser { base: format!("http://{address}"), ..browser.clone() };
        let metrics = direct.get("/metrics").body;
        let served = metrics.lines().find_map(|line| line.strip_prefix("bookings_requests_total{class=\"2xx\"} "));
        assert!(served.is_some_and(|count| count.parse::<u64>().unwrap() >= 5), "both had their share:\n{metrics}");
    }

    let service = office::service(db.pools(), office::an_hour("Massage")).to_string();
    browser.get("/bookings");
    let (tell, told) = channel();
    let callers: Vec<_> = (0..CALLERS)
        .map(|number| {
            let provider = office::provider(db.pools(), &format!("Room {number}"), None).to_string();
            let (browser, service, tell) = (browser.clone(), service.clone(), tell.clone());
            std::thread::spawn(move || books(browser, service, provider, tell))
        })
        .collect();
    drop(tell);
    let mut acknowledged = Vec::new();
    after(&mut acknowledged, &told, 20);
    first.signal("-KILL");
    first.child.wait().unwrap();
    after(&mut acknowledged, &told, 50);
    let first = process(&db, &addresses[0]);
    after(&mut acknowledged, &told, 80);
    second.signal("-TERM");
    assert!(second.child.wait().unwrap().success(), "it ends in order");
    after(&mut acknowledged, &told, CALLERS * EACH);
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    drop(first);

    // What was acknowledged is there, once.
    let all = ListQuery { per_page: 200, ..ListQuery::new(Scope::All) };
    let rows = db.pools().read(|conn| all.load(conn)).unwrap().rows;
    let mut kept: Vec<String> = rows.iter().map(|row| row.reference.to_string()).collect();
    kept.sort();
    acknowledged.sort();
    assert_eq!(acknowledged, kept);
}
