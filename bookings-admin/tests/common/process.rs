//! The program as a process of its own, gone with the test.
#![allow(dead_code, reason = "each test program uses a part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use tempfile::TempDir;

pub fn program(folder: &Path, database: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bookings-admin"));
    command
        .args(arguments)
        .env_clear()
        .env("BOOKINGS_DATABASE_URL", database)
        .env("BOOKINGS_LISTEN", "127.0.0.1:0")
        .current_dir(folder);
    command
}

/// A running server; ended with the test at the latest.
pub struct Server {
    pub child: Child,
    pub address: SocketAddr,
    pub log: BufReader<ChildStderr>,
    pub out: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Server {
    pub fn start(database: &str, arguments: &[&str]) -> Server {
        Server::start_with(database, arguments, &[])
    }

    /// With more settings.
    pub fn start_with(database: &str, arguments: &[&str], settings: &[(&str, &str)]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let mut command = program(folder.path(), database, arguments);
        command.envs(settings.iter().copied());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let out = BufReader::new(child.stdout.take().unwrap());
        let line = line_with(&mut log, "listening on http://");
        let address =
            line.split("http://").nth(1).unwrap().split([',', ' ', '"', '\n']).next().unwrap().parse().unwrap();
        Server { child, address, log, out, _folder: folder }
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    pub fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    pub fn get(&self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address);
        answer(&mut self.send(&request))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn line_with(reader: &mut impl BufRead, part: &str) -> String {
    let mut seen = String::new();
    loop {
        let start = seen.len();
        assert!(reader.read_line(&mut seen).unwrap() > 0, "no {part:?} in:\n{seen}");
        if seen[start..].contains(part) {
            return seen[start..].to_owned();
        }
    }
}

pub fn answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
