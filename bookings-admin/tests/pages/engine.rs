//! A slot engine on the loopback that says what the test wants.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};

/// The whole answer, head and all.
type Offer = Arc<Mutex<Vec<u8>>>;

pub struct Engine {
    address: SocketAddr,
    offer: Offer,
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

    /// Starts on offer; `None` answers with an error.
    pub fn offers(&self, starts: Option<Vec<DateTime<Utc>>>) {
        let (status, body) = match starts {
            Some(starts) => ("200 OK", serde_json::json!({ "available_starts": starts }).to_string()),
            None => ("500 Internal Server Error", String::new()),
        };
        self.says(format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes());
    }

    /// Answers with these bytes, and hangs up.
    pub fn says(&self, bytes: Vec<u8>) {
        *self.offer.lock().unwrap() = bytes;
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
    let said = offer.lock().unwrap().clone();
    // The asker may have hung up.
    let _ = stream.write_all(&said);
    Some(())
}
