//! A PostgreSQL cluster that keeps what it acknowledges.

use std::path::PathBuf;
use std::process::Command;

use bookings_core::Policy;
use bookings_db::Store;
use bookings_db::connection::{DatabaseUrl, Pools};
use bookings_db::migrate::migrate;
use bookings_db::testing::PostgresServer;
use diesel::connection::SimpleConnection;

use crate::support::Fixture;

pub struct Cluster {
    server: PostgresServer,
}

impl Cluster {
    /// `None` where PostgreSQL is not installed.
    pub fn start() -> Option<Cluster> {
        let Some(server) = PostgresServer::start() else {
            println!("PostgreSQL is not installed: SQLite alone.");
            return None;
        };
        server.keep_what_is_acknowledged();
        Some(Cluster { server })
    }

    /// An empty, migrated database with a catalogue.
    pub fn fixture(&self, name: &str, connections: u32) -> Fixture {
        self.server.url().connect().unwrap().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        let DatabaseUrl::Postgres(url) = self.server.url() else { panic!("it is PostgreSQL") };
        let url = DatabaseUrl::Postgres(format!("{}/{name}", url.rsplit_once('/').unwrap().0));
        migrate(&mut url.connect().unwrap()).unwrap();
        Fixture::over(Store::new(Pools::open_sized(&url, connections).unwrap(), Policy::default()))
    }

    /// Transactions a second of `script`, run `times` by each of `clients`.
    pub fn pgbench(
        &self,
        database: &str,
        script: &str,
        clients: usize,
        times: usize,
        variables: &[(&str, String)],
    ) -> f64 {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), script).unwrap();
        let DatabaseUrl::Postgres(url) = self.server.url() else { panic!("it is PostgreSQL") };
        let host = url.split('@').nth(1).unwrap().split('/').next().unwrap().replace("%2F", "/");
        let mut command = Command::new(program());
        command.args(["-n", "-M", "prepared", "-h", &host, "-U", "postgres", "-f"]).arg(file.path());
        command.args(["-c", &clients.to_string(), "-j", "2", "-t", &times.to_string()]);
        for (name, value) in variables {
            command.args(["-D", &format!("{name}={value}")]);
        }
        let done = command.arg(database).output().unwrap();
        let text = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "pgbench: {text}\n{}", String::from_utf8_lossy(&done.stderr));
        let line = text.lines().find_map(|line| line.strip_prefix("tps = ")).unwrap();
        line.split(' ').next().unwrap().parse().unwrap()
    }
}

/// In PATH, or the newest of Debian's.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort();
    folders.extend(debian.into_iter().rev());
    let pgbench = folders.into_iter().map(|folder| folder.join("pgbench")).find(|program| program.is_file());
    pgbench.expect("pgbench comes with PostgreSQL")
}
