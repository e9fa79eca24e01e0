//! The server's life: migrate, offer a way in, listen, end in order.

use std::net::SocketAddr;
use std::sync::Once;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::rt::signal::unix::{SignalKind, signal};
use actix_web::{HttpServer, web};
use bookings_db::connection::Pools;
use bookings_db::staff;
use chrono::Utc;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::app::{AppState, app};
use crate::auth::password;
use crate::auth::seal::Sealer;
use crate::auth::second_factor;
use crate::cli::{DemoArgs, Failure, migrated, print};
use crate::settings::Settings;
use crate::{demo, secret, setup, started};

/// The account that `--demo` makes.
const DEMO_OWNER: (&str, &str) = ("owner", "demo-owner-password");
/// Pages are short work and what blocks has threads of its own: two threads fill the smallest machine.
const WORKERS: usize = 2;
/// Each may wait on the database; more would only wait for a connection.
const BLOCKING_THREADS: usize = 8;
/// What a connection may take. The pages are for people with browsers: each limit is far over what one needs, and a proxy in
/// front may have stricter ones.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For the head of a request to arrive; then 408.
    pub head: Duration,
    /// Between two requests of one connection. Longer than proxies keep theirs open (nginx: 60 s), so that it is they who
    /// close it and no request meets a closed one.
    pub idle: Duration,
    /// Open connections of one worker; more wait to be accepted.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { head: Duration::from_secs(10), idle: Duration::from_secs(75), connections: 1024 }
    }
}

/// A server of the application that listens, and where.
///
/// # Errors
/// The address is taken or not ours.
pub fn server(state: web::Data<AppState>, wanted: SocketAddr, limits: Limits) -> std::io::Result<(Server, SocketAddr)> {
    let server = HttpServer::new(move || app(state.clone()))
        .workers(WORKERS)
        .worker_max_blocking_threads(BLOCKING_THREADS)
        .client_request_timeout(limits.head)
        .keep_alive(limits.idle)
        .max_connections(limits.connections)
        .shutdown_timeout(LAST_SECONDS)
        .disable_signals()
        .bind(wanted)?;
    let address = server.addrs().first().copied().unwrap_or(wanted);
    Ok((server.run(), address))
}

/// How long requests that are under way may take to end once the process is told to, in seconds. With what closing
/// takes, the process is gone within five.
const LAST_SECONDS: u64 = 4;
/// When the process ends whatever is under way.
const IN_ANY_CASE: Duration = Duration::from_millis(4_700);

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// What keeps it from starting.
pub fn serve(settings: Settings, with_demo: bool) -> Result<(), Failure> {
    log_to_stderr(settings.operation.json_log);
    let pools = migrated(&settings)?;
    if with_demo {
        fill(&pools, &settings)?;
    }
    started::keep(&pools, &settings)?;
    let token = setup::offer(&pools, Utc::now())?;
    let secrets = secret::of(&settings)?;
    second_factor::seal_anew(&pools, &Sealer::new(&secrets))?;
    let state = web::Data::new(AppState::new(pools, settings, &secrets));
    actix_web::rt::System::new().block_on(listen(state, with_demo, token))
}

async fn listen(state: web::Data<AppState>, with_demo: bool, token: Option<String>) -> Result<(), Failure> {
    let settings = &state.settings;
    let wanted = settings.listen;
    let (server, address) = server(state.clone(), wanted, Limits::default())
        .map_err(|error| Failure::Refused(format!("can't listen on {wanted}: {error}")))?;
    let url = settings.public_origin.clone().unwrap_or_else(|| format!("http://{}", reachable(address)));
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let (mut received, handle) = (signal(kind)?, server.handle());
        actix_web::rt::spawn(async move {
            if received.recv().await.is_some() {
                std::thread::spawn(end_in_any_case);
                tracing::info!("ending: requests under way are finished first");
                handle.stop(true).await;
            }
        });
    }
    match &settings.public_origin {
        Some(origin) => tracing::info!("listening on http://{address}, seen as {origin}"),
        None => tracing::info!("listening on {url}"),
    }
    if let Some(token) = token {
        print(&format!("No account yet. Make the owner at {url}/setup?token={token}\n"))?;
    }
    if with_demo {
        let (name, password) = DEMO_OWNER;
        print(&format!("Demo: {url}/login as {name} with password {password}\n"))?;
    }
    server.await?;
    tracing::info!("ended");
    Ok(())
}

/// What still waits for a database that doesn't answer would hold the process back: it has acknowledged nothing, and its
/// transaction is undone.
fn end_in_any_case() {
    std::thread::sleep(IN_ANY_CASE);
    tracing::warn!("ended while requests still waited for the database");
    std::process::exit(0);
}

/// An address a browser on this machine can open: nobody can go to 0.0.0.0.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
        address.set_ip(loopback);
    }
    address
}

fn fill(pools: &Pools, settings: &Settings) -> Result<(), Failure> {
    if staff::any_staff(pools)? {
        let line =
            format!("--demo is for an empty database, and {} already holds staff accounts", settings.database_url);
        return Err(Failure::Refused(line));
    }
    demo::run(pools, settings, &DemoArgs::default())?;
    let (name, password) = DEMO_OWNER;
    staff::add_first_owner(pools, name, &password::hash(password)?, Utc::now())?;
    Ok(())
}

/// The log goes to standard error, from `info` up or as `RUST_LOG` says: a level, or levels by target. The session crate's
/// remarks about cookies that don't fit are not worth a line each. In JSON, for programs that collect it, there is a line a
/// request.
fn log_to_stderr(json: bool) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let quiet = match json {
            false => "info,actix_session=error,actix_server=warn",
            true => "info,actix_session=error,actix_server=warn,bookings_admin::headers=debug",
        };
        let asked = std::env::var("RUST_LOG").ok().filter(|asked| !asked.trim().is_empty());
        let filter: Option<Targets> = asked.and_then(|asked| asked.parse().ok()).or_else(|| quiet.parse().ok());
        // A log that nobody reads any more is no reason to stop: complaining of it where it can't be written would panic, and
        // whatever wanted to say something, the end of the process too, would never come.
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
        let log = tracing_subscriber::registry().with(filter.unwrap_or_default());
        match json {
            false => log.with(lines.with_target(false)).init(),
            true => log.with(lines.event_format(crate::log::Json)).init(),
        }
    });
}
