//! The program itself: accounts from the command line, starting, and ending without losing a request.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

#[path = "common/process.rs"]
mod process;

use std::io::{BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use bookings_db::testing::{TestDatabase, each_database};
use process::{Server, answer, line_with, program};

const PASSWORD: &str = "correct horse battery";

/// The address of a test's database; as it has no password, it shows whole.
fn url(database: &TestDatabase) -> String {
    database.url().to_string()
}

fn run(database: &TestDatabase, arguments: &[&str], typed: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path(), &url(database), arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that refuses before it reads closes its end: that is seen in what it says.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn accounts_are_made_listed_disabled_and_given_passwords() {
    each_database(|db| {
        let add =
            |name, role, typed| said(&run(db, &["staff", "add", name, "--role", role, "--password-stdin"], typed));
        assert_eq!(add("Ann", "owner", "correct horse battery\n"), (0, "added Ann as owner\n".into(), String::new()));
        assert_eq!(add("Bob", "viewer", "correct horse battery").0, 0);
        let (code, _, complaint) = add("ANN", "staff", PASSWORD);
        assert!(code == 1 && complaint.contains("already"), "{complaint}");
        let (code, _, complaint) = add("Cy", "staff", "short\n");
        assert!(code == 1 && complaint.contains("8 characters"), "{complaint}");
        let unknown = ["staff", "add", "Cy", "--role", "staff", "--tenant", "nowhere", "--password-stdin"];
        let (code, _, complaint) = said(&run(db, &unknown, PASSWORD));
        assert!(code == 1 && complaint.contains("\"nowhere\""), "{complaint}");
        assert_eq!(said(&run(db, &["staff", "list"], "")).1, "Ann\towner\tactive\nBob\tviewer\tactive\n");
        assert_eq!(said(&run(db, &["staff", "disable", "bob"], "")).0, 0);
        let (code, _, complaint) = said(&run(db, &["staff", "disable", "Ann"], ""));
        assert!(code == 1 && complaint.contains("last active owner"), "{complaint}");
        assert_eq!(said(&run(db, &["staff", "disable", "nobody"], "")).0, 1);
        assert_eq!(said(&run(db, &["staff", "list"], "")).1, "Ann\towner\tactive\nBob\tviewer\tdisabled\n");
        assert_eq!(said(&run(db, &["staff", "password", "ann", "--password-stdin"], "another password\n")).0, 0);
        assert_eq!(said(&run(db, &["staff", "password", "nobody", "--password-stdin"], "another password")).0, 1);
        assert_eq!(said(&run(db, &["migrate", "--check"], "")), (0, "no migration is pending\n".into(), String::new()));
    });
}

#[test]
fn pending_migrations_are_told_and_run() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("new.sqlite3"), "").unwrap();
    let run = |arguments: &[&str]| said(&program(folder.path(), "sqlite:new.sqlite3", arguments).output().unwrap());
    let (code, listed, complaint) = run(&["migrate", "--check"]);
    assert!(code == 1 && listed.starts_with("pending ") && complaint.lines().count() == 1, "{listed}{complaint}");
    assert_eq!(run(&["migrate"]).0, 0);
    assert_eq!(run(&["migrate", "--check"]).0, 0);
}

#[test]
fn an_empty_database_offers_the_set_up_page() {
    each_database(|db| {
        let mut server = Server::start(&url(db), &[]);
        let offered = line_with(&mut server.out, "/setup?token=");
        let path = offered.trim().split(&server.address.to_string()).nth(1).unwrap();
        assert!(server.get(path).starts_with("HTTP/1.1 200 "), "{offered}");
        assert!(server.get("/healthz").starts_with("HTTP/1.1 200 "));
        assert!(server.get("/readyz").starts_with("HTTP/1.1 200 "));
        assert!(server.get("/bookings").contains("\r\nlocation: /login?next=%2Fbookings\r\n"));
    });
}

#[test]
fn a_request_under_way_is_finished_before_the_end() {
    each_database(|db| {
        for signal in ["-TERM", "-INT"] {
            let mut server = Server::start(&url(db), &["serve"]);
            let _idle = server.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
            let body = "csrf_token=old&username=Ann&password=x";
            let mut waiting = server.send(&format!(
                "POST /login HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                 content-length: {}\r\nexpect: 100-continue\r\n\r\n",
                body.len()
            ));
            // The server has begun with it once it asks for the body.
            let mut begun = [0; 25];
            waiting.read_exact(&mut begun).unwrap();
            assert_eq!(&begun, b"HTTP/1.1 100 Continue\r\n\r\n");
            server.signal(signal);
            line_with(&mut server.log, "ending");
            waiting.write_all(body.as_bytes()).unwrap();
            let answer = answer(&mut waiting);
            assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("open for too long"), "{answer}");
            assert!(server.child.wait().unwrap().success());
        }
    });
}

/// As where the program that collected it is gone.
#[test]
fn a_log_that_nobody_reads_keeps_no_process_alive() {
    each_database(|db| {
        let folder = tempfile::tempdir().unwrap();
        let mut command = program(folder.path(), &url(db), &[]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        line_with(&mut log, "listening on http://");
        drop(log);
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        assert!(child.wait().unwrap().success());
    });
}

#[test]
fn the_demo_fills_an_empty_database_once() {
    each_database(|db| {
        let mut server = Server::start(&url(db), &["serve", "--demo"]);
        let sign_in = line_with(&mut server.out, "/login");
        assert!(sign_in.contains("owner") && sign_in.contains("demo-owner-password"), "{sign_in}");
        server.signal("-TERM");
        assert!(server.child.wait().unwrap().success());
        assert_eq!(said(&run(db, &["staff", "list"], "")).1, "owner\towner\tactive\n");
        let (code, _, complaint) = said(&run(db, &["serve", "--demo"], ""));
        assert!(code == 1 && complaint.lines().count() == 1 && complaint.contains("already holds"), "{complaint}");
    });
}

#[test]
fn a_taken_port_is_told_in_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let output = program(folder.path(), "sqlite:x.sqlite3", &["--listen", &address]).output().unwrap();
    let (code, _, complaint) = said(&output);
    assert!(code == 1 && complaint.lines().count() == 1 && complaint.contains(&address), "{complaint}");
}

#[test]
fn the_secret_beside_sqlite_is_made_once_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("data.db").display());
    let key = folder.path().join("data.db.key");
    let first = Server::start(&database, &[]);
    let kept = std::fs::read(&key).unwrap();
    assert!(kept.len() >= 32);
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let _second = Server::start(&database, &[]);
    assert_eq!(std::fs::read(&key).unwrap(), kept);
    drop(first);
    std::fs::write(&key, "short").unwrap();
    let (code, _, complaint) = said(&program(folder.path(), &database, &[]).output().unwrap());
    assert!(code == 1 && complaint.lines().count() == 1 && complaint.contains("data.db.key"), "{complaint}");
}
