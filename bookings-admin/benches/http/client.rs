//! A browser's part of HTTP/1.1: one connection kept open, cookies, the token of the last page.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use bookings_admin::raw_form::encode;

/// An answer, read whole.
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub body: Vec<u8>,
}

pub struct Client {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
    cookies: BTreeMap<String, String>,
    token: String,
}

impl Client {
    pub fn new(address: SocketAddr) -> Client {
        Client { address, stream: connect(address), cookies: BTreeMap::new(), token: String::new() }
    }

    /// The same session on a connection of its own.
    pub fn beside(&self) -> Client {
        let stream = connect(self.address);
        Client { address: self.address, stream, cookies: self.cookies.clone(), token: self.token.clone() }
    }

    /// A page that is there.
    pub fn open(&mut self, path: &str) -> Vec<u8> {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}");
        answer.body
    }

    pub fn get(&mut self, path: &str) -> Answer {
        let mut body = Vec::new();
        let answer = self.send(&format!("GET {path}"), "", &mut |piece| {
            body.extend_from_slice(piece);
            true
        });
        Answer { body, ..answer }
    }

    /// Looks for the token of the forms that follow.
    pub fn take_token(&mut self, path: &str) {
        let page = String::from_utf8(self.open(path)).unwrap();
        let (_, rest) = page.split_once("name=\"csrf_token\" value=\"").expect("a form with a token");
        self.token = rest.split('"').next().unwrap().to_owned();
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_into(path, fields, &mut |_| true)
    }

    /// The same, with the answer's body.
    pub fn post_into(&mut self, path: &str, fields: &[(&str, &str)], sink: &mut dyn FnMut(&[u8]) -> bool) -> Answer {
        let token = self.token.clone();
        let fields = [("csrf_token", token.as_str())].into_iter().chain(fields.iter().copied());
        let fields: Vec<_> = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.send(&format!("POST {path}"), &encode(&fields), sink)
    }

    /// Hands the body over in pieces; stops, and is of no more use, where `sink` says so.
    pub fn send(&mut self, what: &str, form: &str, sink: &mut dyn FnMut(&[u8]) -> bool) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let kind = if form.is_empty() { "" } else { "Content-Type: application/x-www-form-urlencoded\r\n" };
        let request = format!(
            "{what} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n{kind}Content-Length: {}\r\n\r\n{form}",
            self.address,
            cookies.join("; "),
            form.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let status = self.line().split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, location: String::new(), body: Vec::new() };
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else { break };
            match name.to_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap(),
                "transfer-encoding" => chunked = value == "chunked",
                "location" => answer.location = value.into(),
                "set-cookie" => {
                    let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
                    self.cookies.insert(name.into(), value.into());
                }
                _ => {}
            }
        }
        if !chunked {
            sink(&self.bytes(length));
            return answer;
        }
        loop {
            let length = usize::from_str_radix(&self.line(), 16).unwrap();
            let piece = self.bytes(length);
            self.line();
            if length == 0 || !sink(&piece) {
                return answer;
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the connection was closed");
        line.trim_end().to_owned()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }
}

fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    BufReader::with_capacity(256 * 1024, stream)
}
