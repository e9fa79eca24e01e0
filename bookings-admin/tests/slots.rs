//! The slot engine client against a real server on the loopback that answers, lies, hangs and dies.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use bookings_admin::slots::{HttpSlotEngine, Question};
use uuid::Uuid;

fn question() -> Question {
    Question {
        service_id: Uuid::from_u128(1),
        provider_id: Uuid::from_u128(2),
        tenant_id: None,
        start_at: "2026-11-23T14:00:00Z".into(),
        end_at: "2026-11-23T15:00:00Z".into(),
        exclude_booking: Some(Uuid::from_u128(3)),
    }
}

/// Reads one request: its head and as much body as `content-length` says.
fn read_request(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.trim().parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        let read = stream.read(&mut chunk).unwrap();
        assert!(read > 0, "the client went away");
        seen.extend_from_slice(&chunk[..read]);
    }
}

/// What the client makes of a server that treats its one caller so; and the request it sent.
fn against(treat: impl FnOnce(&mut TcpStream) + Send + 'static) -> (Result<Vec<String>, String>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/slots", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let request = read_request(&mut stream);
        treat(&mut stream);
        request
    });
    let answer = HttpSlotEngine::new(&url)
        .ask(&question())
        .map(|starts| starts.iter().map(chrono::DateTime::to_rfc3339).collect());
    (answer, server.join().unwrap())
}

fn answering(status: &str, body: &str) -> Result<Vec<String>, String> {
    let answer =
        format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    against(move |stream| stream.write_all(answer.as_bytes()).unwrap()).0
}

#[test]
fn an_honest_answer_is_taken() {
    let body = r#"{"available_starts": ["2026-11-23T14:15:00Z", "2026-11-23T10:30:00-04:00"]}"#;
    let starts = answering("200 OK", body).unwrap();
    assert_eq!(starts, ["2026-11-23T14:15:00+00:00", "2026-11-23T14:30:00+00:00"]);
    assert_eq!(answering("200 OK", r#"{"available_starts": [], "more": 1}"#).unwrap().len(), 0);
}

#[test]
fn the_question_is_as_agreed() {
    let (_, request) = against(|stream| stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap());
    assert!(request.starts_with("POST /slots HTTP/1.1\r\n"), "{request}");
    let body: serde_json::Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    let expected = serde_json::json!({
        "service_id": "00000000-0000-0000-0000-000000000001",
        "provider_id": "00000000-0000-0000-0000-000000000002",
        "tenant_id": null,
        "start_at": "2026-11-23T14:00:00Z",
        "end_at": "2026-11-23T15:00:00Z",
        "exclude_booking": "00000000-0000-0000-0000-000000000003",
    });
    assert_eq!(body, expected);
}

#[test]
fn every_lie_is_an_error_with_its_reason() {
    for (status, body, reason) in [
        ("500 Internal Server Error", r#"{"available_starts": []}"#, "status 500"),
        ("204 No Content", "", "status 204"),
        ("302 Found\r\nlocation: http://127.0.0.1:1/", "", "status 302"),
        ("307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/", "", "status 307"),
        ("200 OK", "", "not as agreed"),
        ("200 OK", "free at ten", "not as agreed"),
        ("200 OK", r#"["2026-11-23T14:15:00Z"]"#, "not as agreed"),
        ("200 OK", r#"{"available_starts": "2026-11-23T14:15:00Z"}"#, "not as agreed"),
        ("200 OK", r#"{"available_starts": [{"start": "2026-11-23T14:15:00Z"}]}"#, "not as agreed"),
        ("200 OK", r#"{"starts": []}"#, "not as agreed"),
        ("200 OK", r#"{"available_starts": ["2026-11-23T14:15:00"]}"#, "not as agreed"),
        ("200 OK", r#"{"available_starts": ["2026-02-30T14:15:00Z"]}"#, "not as agreed"),
        ("200 OK", r#"{"available_starts": [1795443300]}"#, "not as agreed"),
    ] {
        let error = answering(status, body).expect_err(body);
        assert!(error.contains(reason), "{status} {body}: {error}");
    }
}

#[test]
fn a_huge_answer_is_cut_off() {
    let (answer, _) = against(|stream| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"available_starts\": [";
        let mut sent = stream.write_all(head.as_bytes());
        // Fails as soon as the client has had enough.
        while sent.is_ok() {
            sent = stream.write_all(&[b' '; 65536]);
        }
    });
    assert!(answer.unwrap_err().contains("1 MiB"));
}

#[test]
fn an_engine_that_dies_midway_is_an_error() {
    let (answer, _) = against(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"available_starts\": [").unwrap();
    });
    answer.unwrap_err();
    let (answer, _) = against(|_| {});
    answer.unwrap_err();
}

#[test]
fn an_engine_that_is_not_there_is_an_error() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", gone.local_addr().unwrap());
    drop(gone);
    let error = HttpSlotEngine::new(&url).ask(&question()).unwrap_err();
    assert!(error.contains("can't be reached"), "{error}");
    let error = HttpSlotEngine::new("https://nowhere.invalid/").ask(&question()).unwrap_err();
    assert!(!error.is_empty());
}

#[test]
fn an_engine_that_hangs_is_given_up() {
    // The server waits for the client to hang up: without the limit this test never ends.
    for begin in ["", "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"available_starts\": ["] {
        let (answer, _) = against(move |stream| {
            stream.write_all(begin.as_bytes()).unwrap();
            let _ = stream.read(&mut [0; 1]);
        });
        assert_eq!(answer.unwrap_err(), "it did not answer within 2 seconds");
    }
}
