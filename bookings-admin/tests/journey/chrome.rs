//! Headless Chromium through chromedriver, on a port of its own and gone with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// A running chromedriver.
pub struct Driver {
    child: Child,
    port: u16,
    /// Profiles of its browsers.
    profiles: TempDir,
}

/// How a browser differs from the usual one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Desktop,
    WithoutScripts,
    /// 360 pixels wide.
    Phone,
}

impl Driver {
    /// `None`, said loudly, where there is no Chromium to drive.
    pub fn start() -> Option<Driver> {
        let programs = (program(&["chromedriver"]), program(&["chromium", "google-chrome", "chrome"]));
        let (Some(chromedriver), Some(_)) = programs else {
            const WHAT: &str = "no chromium with chromedriver in PATH: the journeys in a real browser are untested";
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{WHAT}");
            // Written to the stream itself, which the test harness doesn't capture, as it does with `eprintln!`.
            std::io::stderr().write_all(format!("\n*** SKIPPED: {WHAT} ***\n").as_bytes()).unwrap();
            return None;
        };
        let mut command = Command::new(chromedriver);
        let mut child = command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "chromedriver ended");
            let port = line.split("on port ").nth(1).filter(|_| line.contains("successfully"));
            if let Some(port) = port {
                break port.trim().trim_end_matches('.').parse().unwrap();
            }
        };
        // What it says later is not read, and must not stop it from speaking.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Some(Driver { child, port, profiles: tempfile::tempdir().unwrap() })
    }

    /// A new browser with an empty profile.
    pub async fn browser(&self, kind: Kind) -> Client {
        let profile = tempfile::tempdir_in(self.profiles.path()).unwrap().keep();
        let mut arguments: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--lang=en-US",
            "--window-size=1280,900",
        ]
        .map(str::to_owned)
        .into();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        let mut options = json!({ "args": arguments });
        match kind {
            Kind::Desktop => {}
            Kind::WithoutScripts => {
                options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
            }
            Kind::Phone => {
                options["mobileEmulation"] =
                    json!({ "deviceMetrics": { "width": 360, "height": 740, "pixelRatio": 1.0, "touch": true } });
            }
        }
        let mut capabilities: Map<String, Value> = Map::new();
        capabilities.insert("browserName".into(), "chrome".into());
        capabilities.insert("goog:chromeOptions".into(), options);
        capabilities.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        builder.connect(&format!("http://127.0.0.1:{}", self.port)).await.unwrap()
    }

    /// What the browser of `session` wrote on its console.
    pub fn log(&self, session: &str) -> Vec<Value> {
        let url = format!("http://127.0.0.1:{}/session/{session}/se/log", self.port);
        let answer: Value =
            ureq::post(&url).send_json(json!({ "type": "browser" })).unwrap().body_mut().read_json().unwrap();
        answer["value"].as_array().unwrap().clone()
    }
}

impl Drop for Driver {
    /// Ends its browsers too, also where a test failed in the middle.
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let request =
                format!("GET /shutdown HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n\r\n", self.port);
            let _ = stream.write_all(request.as_bytes());
            let _ = stream.read_to_end(&mut Vec::new());
        } else {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|file| file.is_file()))
}
