//! What a served process takes of memory when it is sent as much as its limits let in.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

#[path = "common/office.rs"]
mod office;
#[path = "common/process.rs"]
mod process;

use bookings_admin::auth::password;
use bookings_admin::raw_form::{FILE_BYTES, FORM_BYTES, encode};
use bookings_core::Role;
use bookings_db::staff::{NewStaff, add_staff};
use bookings_db::testing::sqlite_database;
use chrono::Utc;
use process::Server;
use ureq::Agent;

const PASSWORD: &str = "correct horse battery";

/// Far over what an idle process has, far under what a body that is copied without end would take.
const MOST_KB: u64 = 250_000;

/// One signed-in browser.
struct Browser {
    agent: Agent,
    base: String,
    cookie: String,
    token: String,
}

impl Browser {
    fn signed_in(server: &Server) -> Browser {
        let config = Agent::config_builder().max_redirects(0).http_status_as_error(false).build();
        let base = format!("http://{}", server.address);
        let mut browser = Browser { agent: config.into(), base, cookie: String::new(), token: String::new() };
        browser.get("/login");
        let sent = [("csrf_token", browser.token.as_str()), ("username", "Ada"), ("password", PASSWORD)];
        let sent = encode(&sent.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(browser.post("/login", "application/x-www-form-urlencoded", sent.as_bytes()).0, 303);
        browser.get("/");
        browser
    }

    fn get(&mut self, path: &str) {
        let answer = self.agent.get(format!("{}{path}", self.base)).header("cookie", &self.cookie).call();
        let page = self.read(answer.unwrap()).1;
        if let Some((_, rest)) = page.split_once("name=\"csrf_token\" value=\"") {
            self.token = rest.split('"').next().unwrap().to_owned();
        }
    }

    fn post(&mut self, path: &str, kind: &str, body: &[u8]) -> (u16, String) {
        let request = self.agent.post(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        let answer = request.header("content-type", kind).send(body);
        self.read(answer.unwrap())
    }

    fn read(&mut self, mut answer: ureq::http::Response<ureq::Body>) -> (u16, String) {
        if let Some(cookie) = answer.headers().get("set-cookie") {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    fn upload(&mut self, file: &str) -> u16 {
        let head = "Content-Disposition: form-data; name";
        let body = format!(
            "--x\r\n{head}=\"csrf_token\"\r\n\r\n{}\r\n--x\r\n{head}=\"file\"; filename=\"a.csv\"\r\n\r\n{file}\r\n--x--\r\n",
            self.token
        );
        self.post("/import", "multipart/form-data; boundary=x", body.as_bytes()).0
    }
}

/// The most that the process ever held, as Linux counts it.
fn peak(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn bodies_at_and_beyond_the_limits_take_bounded_memory() {
    let db = sqlite_database();
    let hash = password::hash(PASSWORD).unwrap();
    let ada = NewStaff { name: "Ada", role: Role::Admin, tenant_id: None, password_hash: &hash };
    add_staff(db.pools(), ada, Utc::now()).unwrap();
    office::provider(db.pools(), "Room 1", None);
    office::service(db.pools(), office::an_hour("Massage"));
    let server = Server::start(&db.url().to_string(), &["serve"]);
    let mut ada = Browser::signed_in(&server);
    let idle = peak(&server);
    let header = "external_reference,service,provider,start_at,client_name\n";
    let rows = |row: &str| header.to_owned() + &row.repeat((FILE_BYTES - 2_000) / row.len());
    for (file, expected) in [
        (rows("\"\",\n"), 422),
        (rows(&format!("{}\n", ",".repeat(1_000_000))), 303),
        (rows(&format!("a,Massage,Room 1,2031-01-01T10:00,{}\n", "x".repeat(900_000))), 303),
        (",".repeat(FILE_BYTES - 2_000), 422),
        ("\"".repeat(FILE_BYTES - 2_000), 422),
        ("x".repeat(3 * FILE_BYTES), 413),
    ] {
        let start: String = file.chars().take(40).collect();
        assert_eq!(ada.upload(&file), expected, "{start}");
        assert!(peak(&server) < MOST_KB, "{start}: {} kB, {idle} kB before", peak(&server));
    }
    let token = ada.token.clone();
    for (field, value, expected) in
        [("a=&", "", 422), ("client_name=", "%41", 422), ("notes_internal=", "\u{fdfa}", 413)]
    {
        let times = if expected == 413 { FORM_BYTES } else { (FORM_BYTES - 100) / (field.len() + value.len()) };
        let body = format!("csrf_token={token}&{}", format!("{field}{value}").repeat(times));
        let status = ada.post("/bookings", "application/x-www-form-urlencoded", body.as_bytes()).0;
        assert_eq!(status, expected, "{field}");
        assert!(peak(&server) < MOST_KB, "{field}: {} kB, {idle} kB before", peak(&server));
    }
    eprintln!("at most {} kB, idle {idle} kB", peak(&server));
}
