//! A PostgreSQL server of the test process's own.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::must;
use crate::connection::DatabaseUrl;

/// Keeps the server under the process that wants it: when its input ends, for whatever reason, it stops the server and
/// removes the folder. `$1` is the folder of the programs, `$2` the server's own.
const SUPERVISOR: &str = r#"
halt() { "$1/pg_ctl" -D "$2/data" -m immediate stop >/dev/null 2>&1; }
while read -r command; do
    case $command in
        start) "$1/pg_ctl" -D "$2/data" -l "$2/log" -w start >/dev/null 2>&1 </dev/null && echo started || echo failed ;;
        stop) halt "$1" "$2"; echo stopped ;;
    esac
done
halt "$1" "$2"
rm -rf "$2"
"#;

/// Fast rather than safe: nothing here outlives the test.
const SETTINGS: &str = "fsync=off\nfull_page_writes=off\nlisten_addresses=''\n\
     max_connections=300\nshared_buffers=64MB\nunix_socket_permissions=0700\n";

/// A cluster on a socket in a temporary folder; stopped and removed when dropped, or when the process ends.
pub struct PostgresServer {
    folder: PathBuf,
    supervisor: Mutex<Supervisor>,
}

struct Supervisor {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl PostgresServer {
    /// Makes and starts one, as user `postgres` where we are root. `None` where PostgreSQL is not installed.
    ///
    /// # Panics
    /// When it is installed and doesn't start.
    #[must_use]
    pub fn start() -> Option<PostgresServer> {
        let programs = programs()?;
        let folder = must(tempfile::Builder::new().prefix("bookings-pg-").tempdir()).keep();
        let user = unprivileged(&folder);
        if let Some((uid, gid)) = user {
            must(chown(&folder, Some(uid), Some(gid)));
        }
        let as_user = |program: &Path| {
            let mut command = Command::new(program);
            command.current_dir(&folder);
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command
        };
        let made = as_user(&programs.join("initdb"))
            .args(["-N", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D"])
            .arg(folder.join("data"))
            .output();
        let made = must(made);
        if !made.status.success() {
            must::<(), _>(Err(String::from_utf8_lossy(&made.stderr)));
        }
        let config = folder.join("data/postgresql.auto.conf");
        must(std::fs::write(&config, format!("{SETTINGS}unix_socket_directories='{}'\n", folder.display())));
        let mut child = must(
            as_user(Path::new("/bin/sh"))
                .args(["-c", SUPERVISOR, "sh"])
                .args([&programs, &folder])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                // Ctrl-C is for the tests; the supervisor then sees its input end.
                .process_group(0)
                .spawn(),
        );
        let input = child.stdin.take();
        let output = BufReader::new(must(child.stdout.take().ok_or("no output")));
        let server = PostgresServer { folder, supervisor: Mutex::new(Supervisor { child, input, output }) };
        server.command("start", "started");
        Some(server)
    }

    /// Makes it wait for its disk as a server in earnest does, for benchmarks.
    ///
    /// # Panics
    /// When it can't be told, or doesn't start again.
    pub fn keep_what_is_acknowledged(&self) {
        use diesel::connection::SimpleConnection;
        const SAFE: [&str; 4] =
            ["fsync = on", "full_page_writes = on", "synchronous_commit = on", "shared_buffers = '512MB'"];
        let mut conn = must(self.url().connect());
        for setting in SAFE {
            must(conn.batch_execute(&format!("ALTER SYSTEM SET {setting}")));
        }
        drop(conn);
        self.stop();
        self.resume();
    }

    /// Its maintenance database.
    #[must_use]
    pub fn url(&self) -> DatabaseUrl {
        let host = self.folder.display().to_string().replace('/', "%2F");
        DatabaseUrl::Postgres(format!("postgresql://postgres@{host}/postgres"))
    }

    /// Stops it at once, as a crash would: every connection breaks.
    ///
    /// # Panics
    /// When it doesn't stop.
    pub fn stop(&self) {
        self.command("stop", "stopped");
    }

    /// Starts it again after [`stop`](PostgresServer::stop), at the same address.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn resume(&self) {
        self.command("start", "started");
    }

    fn command(&self, command: &str, expected: &str) {
        let mut supervisor = self.supervisor.lock().unwrap_or_else(PoisonError::into_inner);
        let input = must(supervisor.input.as_mut().ok_or("the supervisor is gone"));
        must(writeln!(input, "{command}"));
        let mut answer = String::new();
        must(supervisor.output.read_line(&mut answer));
        if answer.trim() != expected {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            must::<(), _>(Err(format!("PostgreSQL: {command}: {answer:?}\n{log}")));
        }
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let supervisor = self.supervisor.get_mut().unwrap_or_else(PoisonError::into_inner);
        supervisor.input = None;
        let _ = supervisor.child.wait();
    }
}

/// The same server's database `name`.
pub(super) fn database_url(server: &DatabaseUrl, name: &str) -> DatabaseUrl {
    let DatabaseUrl::Postgres(url) = server else { return server.clone() };
    let (base, query) =
        url.split_once('?').map_or((url.as_str(), String::new()), |(base, query)| (base, format!("?{query}")));
    let authority = base.split_once("://").map_or(base, |(_, rest)| rest);
    let base = match authority.split_once('/') {
        Some((_, path)) => &base[..base.len() - path.len() - 1],
        None => base,
    };
    DatabaseUrl::Postgres(format!("{base}/{name}{query}"))
}

/// The folder with `initdb` and `pg_ctl`: the first in PATH, else the newest of Debian's.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort();
    folders.extend(debian.into_iter().rev());
    folders.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())
}

/// PostgreSQL refuses to run as root: then the ids of user `postgres`.
fn unprivileged(ours: &Path) -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if must(std::fs::metadata(ours)).uid() != 0 {
        return None;
    }
    let users = must(std::fs::read_to_string("/etc/passwd"));
    let user = users.lines().find_map(|line| line.strip_prefix("postgres:"));
    let mut ids = user.into_iter().flat_map(|fields| fields.split(':').skip(1)).map(str::parse);
    match (ids.next(), ids.next()) {
        (Some(Ok(uid)), Some(Ok(gid))) => Some((uid, gid)),
        _ => must(Err("running as root, and there is no user postgres to run the server as")),
    }
}
