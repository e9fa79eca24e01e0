//! What one connection may take, on bare sockets. The server closes it: that is an event to wait for, not a time.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bookings_admin::serve::{Limits, server};
use bookings_db::testing::sqlite_database;

use crate::common::{settings, state};
use crate::process::answer;

/// How long a socket is looked at for what must not come. Were the machine slow, a test might miss a fault; never make one up.
const A_WHILE: Duration = Duration::from_millis(100);

/// Against a server of the application with these limits.
fn limited(limits: Limits, test: impl FnOnce(SocketAddr) + Send + 'static) {
    let db = sqlite_database();
    actix_web::rt::System::new().block_on(async {
        let (server, address) = server(state(&db, settings(&db)), ([127, 0, 0, 1], 0).into(), limits).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        actix_web::rt::task::spawn_blocking(move || test(address)).await.unwrap();
        handle.stop(false).await;
    });
}

fn short() -> Limits {
    Limits { head: Duration::from_millis(300), idle: Duration::from_millis(300), ..Limits::default() }
}

fn sent(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// The head of one answer; the connection stays open.
fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";

/// Others are served all the same. On a busy machine a head may come late even though it came whole: then once more.
fn is_well(address: SocketAddr) {
    let served = (0..1_000).any(|_| {
        let mut other = sent(address, &HEALTH.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n"));
        let answered = answer(&mut other);
        assert!(answered.starts_with("HTTP/1.1 200 ") || answered.starts_with("HTTP/1.1 408 "), "{answered}");
        answered.starts_with("HTTP/1.1 200 ")
    });
    assert!(served);
}

#[test]
fn a_head_that_never_ends_is_given_up() {
    limited(short(), |address| {
        let mut silent = TcpStream::connect(address).unwrap();
        let mut half = sent(address, "GET /healthz HTTP/1.1\r\nhost: x\r\nx-more: ");
        is_well(address);
        assert!(answer(&mut half).starts_with("HTTP/1.1 408 "));
        silent.read_to_end(&mut Vec::new()).unwrap();
    });
}

/// As slowly as can be: a byte now and then keeps nothing open.
#[test]
fn a_head_that_drips_is_given_up_too() {
    limited(short(), |address| {
        let mut stream = sent(address, "GET /healthz HTTP/1.1\r\nhost: x\r\nx-more: ");
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        loop {
            match stream.read(&mut [0; 512]) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    // Closed meanwhile, maybe: the next read says so.
                    let _ = stream.write_all(b"x");
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                    break;
                }
            }
        }
        is_well(address);
    });
}

#[test]
fn what_is_idle_is_closed() {
    limited(Limits { idle: Duration::from_millis(300), ..Limits::default() }, |address| {
        let mut stream = sent(address, HEALTH);
        let answered = answer(&mut stream);
        assert!(answered.starts_with("HTTP/1.1 200 ") && answered.matches("HTTP/1.1").count() == 1, "{answered}");
    });
}

#[test]
fn a_head_too_large_or_of_too_many_lines_is_refused() {
    limited(Limits::default(), |address| {
        let line = format!("x-filler: {}\r\n", "x".repeat(1_000));
        for more in ["x".repeat(200_000), line.repeat(200), "x-many: 1\r\n".repeat(1_000)] {
            let mut stream = TcpStream::connect(address).unwrap();
            // It may be closed before all of it is sent.
            let _ = stream.write_all(format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx-first: {more}\r\n\r\n").as_bytes());
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            let answer = String::from_utf8_lossy(&answer).into_owned();
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
            is_well(address);
        }
    });
}

#[test]
fn so_many_connections_are_served_and_the_next_ones_wait() {
    limited(Limits { connections: 1, ..Limits::default() }, |address| {
        // One for each of the two workers.
        let mut open: Vec<TcpStream> = (0..2).map(|_| sent(address, HEALTH)).collect();
        open.iter_mut().for_each(|stream| assert!(head(stream).starts_with("HTTP/1.1 200 ")));
        let mut waiting = sent(address, HEALTH);
        waiting.set_read_timeout(Some(A_WHILE)).unwrap();
        let nothing = waiting.read(&mut [0; 1]).unwrap_err();
        assert!(matches!(nothing.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{nothing}");
        open.clear();
        waiting.set_read_timeout(None).unwrap();
        assert!(head(&mut waiting).starts_with("HTTP/1.1 200 "));
    });
}

fn post(length: &str, body: &str) -> String {
    let form = "content-type: application/x-www-form-urlencoded";
    format!("POST /login HTTP/1.1\r\nhost: x\r\n{form}\r\n{length}\r\nconnection: close\r\n\r\n{body}")
}

#[test]
fn a_form_too_large_gets_our_page_and_one_that_breaks_off_hurts_nobody() {
    limited(Limits::default(), |address| {
        let large = "x".repeat(2 * 1024 * 1024);
        let mut stream = sent(address, &post(&format!("content-length: {}", large.len()), &large));
        let refused = answer(&mut stream);
        assert!(refused.starts_with("HTTP/1.1 413 ") && refused.contains("content-security-policy"), "{refused}");
        drop(sent(address, &post("content-length: 1000", "username=")));
        is_well(address);
    });
}

/// Where one request ends and the next begins is never a matter of taste.
#[test]
fn requests_of_two_lengths_are_not_taken_for_two_requests() {
    limited(Limits::default(), |address| {
        let smuggled = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
        for length in [
            "content-length: 5\r\ncontent-length: 6",
            "content-length: 5, 6",
            "content-length: 5\r\ntransfer-encoding: chunked",
            "content-length: +5",
            "content-length: -1",
            "transfer-encoding: xchunked",
            "transfer-encoding: chunked, identity",
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
        ] {
            let mut stream = sent(address, &post(length, &format!("0\r\n\r\n{smuggled}")));
            let answered = answer(&mut stream);
            assert!(answered.starts_with("HTTP/1.1 400 "), "{length}: {answered}");
            assert_eq!(answered.matches("HTTP/1.1 ").count(), 1, "{length}: {answered}");
        }
        is_well(address);
    });
}
