//! A slot engine on the loopback that says what the test wants.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};

/// Starts on offer; `None` answers with an error.
type Offer = Arc<Mutex<Option<Vec<DateTime<Utc>>>>>;

pub struct Engine {
    address: SocketAddr,
    pub offer: Offer,
}

impl Engine {
    pub fn start() -> Engine {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, offer) = (listener.local_addr().unwrap(), Offer::default());
        let said = offer.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if answer(stream.unwrap(), &said).is_none() {
                    break;
                }
            }
        });
        Engine { address, offer }
    }

    pub fn url(&self) -> String {
        format!("http://{}/slots", self.address)
    }

    pub fn offers(&self, starts: Option<Vec<DateTime<Utc>>>) {
        *self.offer.lock().unwrap() = starts;
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // An empty request is the word to stop.
        drop(TcpStream::connect(self.address));
    }
}

fn answer(mut stream: TcpStream, offer: &Offer) -> Option<()> {
    let mut seen = Vec::new();
    let mut chunk = [0; 4096];
    // The question ends with its JSON object.
    while !seen.ends_with(b"}") {
        let read = stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
        seen.extend_from_slice(&chunk[..read]);
    }
    let offered = offer.lock().unwrap().clone();
    let (status, body) = match offered {
        Some(starts) => ("200 OK", serde_json::json!({ "available_starts": starts }).to_string()),
        None => ("500 Internal Server Error", String::new()),
    };
    let length = body.len();
    stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}").as_bytes()).ok()
}
