//! The real program: fills a database, serves it.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use bookings_db::connection::DatabaseUrl;
use bookings_db::testing::PostgresServer;
use diesel::connection::SimpleConnection;

use crate::client::Client;
use crate::table::Table;

const OWNER: (&str, &str) = ("owner", "demo-owner-password");

/// An empty database of the cluster.
pub fn fresh_database(cluster: &PostgresServer, bookings: u64) -> String {
    let name = format!("bookings_{bookings}");
    cluster.url().connect().unwrap().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let DatabaseUrl::Postgres(url) = cluster.url() else { panic!("it is PostgreSQL") };
    format!("{}/{name}", url.rsplit_once('/').unwrap().0)
}

pub struct Program {
    url: String,
}

impl Program {
    /// Over demo data, with the time it took; data that is there already is taken as it is.
    pub fn fill(url: &str, bookings: u64, table: &mut Table) -> Program {
        let program = Program { url: url.into() };
        let file = url.strip_prefix("sqlite:");
        if file.is_some_and(|file| std::path::Path::new(file).exists()) {
            return program;
        }
        // Five visits a day with each provider, whatever the number.
        let providers = (bookings.isqrt() / 5).max(12);
        let days = (bookings / providers / 5).max(20);
        let (bookings, providers, days) = (bookings.to_string(), providers.to_string(), days.to_string());
        let start = Instant::now();
        let all = ["demo", "--bookings", &bookings, "--providers", &providers, "--days", &days, "--services", "40"];
        assert!(program.command(&all).status().unwrap().success(), "demo");
        table.figure("filling it (`demo`)", Some(180.0), start.elapsed().as_secs_f64(), "s");
        let owner = ["staff", "add", OWNER.0, "--role", "owner", "--password-stdin"];
        let mut child = program.command(&owner).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(OWNER.1.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "staff add");
        program
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bookings-admin"));
        command.args(arguments).env("BOOKINGS_DATABASE_URL", &self.url).env("BOOKINGS_LISTEN", "127.0.0.1:0");
        command.env("BOOKINGS_SECRET_KEY", "benchmarks have nothing to hide from anybody");
        command.stdout(Stdio::null());
        command
    }

    pub fn serve(&self) -> Server {
        let mut child = self.command(&["serve"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = log.by_ref().map(|line| line.unwrap()).find(|line| line.contains("listening on http://"));
        let line = line.expect("it listens");
        // Whoever writes to a pipe that nobody reads stops at some point.
        std::thread::spawn(move || log.for_each(drop));
        Server { child, address: line.rsplit_once("http://").unwrap().1.trim().parse().unwrap() }
    }
}

pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    pub fn signed_in(&self) -> Client {
        let mut client = Client::new(self.address);
        client.take_token("/login");
        let answer = client.post("/login", &[("username", OWNER.0), ("password", OWNER.1)]);
        assert_eq!(answer.status, 303, "sign-in");
        client.take_token("/profile");
        client
    }

    /// The most it ever held, in megabytes.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = most.and_then(|most| most.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kilobytes.unwrap_or(f64::NAN) / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
