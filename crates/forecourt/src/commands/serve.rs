//! `forecourt serve`: console and API, with a worker process beside it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use app::observe::Metrics;
use jiff::civil::Date;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use web::AppState;

use crate::cli::{Place, ServeArgs};
use crate::setup::{self, Capacity, TODAY};

/// Serves until told to stop.
pub async fn run(place: &Place, args: &ServeArgs) -> Result<()> {
    let house = setup::open(place, Capacity::Server).await?;
    if let Some(first) = org::ensure_admin(&house.db).await? {
        println!("First start. Administrator log-in (shown once): {} / {}", first.username, first.password);
    }
    serve(place, args, house, None).await
}

/// Serves an opened house; `today` is the day a replayed one lives in.
pub async fn serve(place: &Place, args: &ServeArgs, house: AppState, today: Option<Date>) -> Result<()> {
    let listener = TcpListener::bind(args.listen).await.with_context(|| {
        format!(
            "cannot listen on {}: is another server running? Choose another address with --listen",
            args.listen
        )
    })?;
    let db = house.db.clone();
    let house = AppState { secure_cookies: args.behind_tls, ..house };
    let metrics = Metrics::install().context("cannot install the metrics recorder")?;
    let router = app::router(house, metrics, args.web_dir.clone());
    let worker = if args.no_worker { None } else { Some(start_worker(place, today)?) };
    println!("Forecourt listens on http://{}", listener.local_addr()?);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop_signal()).await?;
    if let Some(worker) = worker {
        stop_worker(worker).await;
    }
    db.close().await;
    Ok(())
}

/// Batch work gets a process of its own at low priority: it would starve the server's runtime.
fn start_worker(place: &Place, today: Option<Date>) -> Result<Child> {
    let binary = std::env::current_exe().context("cannot find this program's own file")?;
    let mut command = if on_path("nice") {
        let mut command = Command::new("nice");
        command.args(["-n", "10"]).arg(binary);
        command
    } else {
        Command::new(binary)
    };
    command.arg("worker").arg("--data-dir").arg(&place.data_dir);
    if let Some(url) = &place.database_url {
        // In the environment, not among the arguments: those are readable by everybody on the machine.
        command.env("DATABASE_URL", url);
    }
    if let Some(today) = today {
        command.env(TODAY, today.to_string());
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    command.spawn().context("cannot start the worker")
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Path::new(&folder).join(program).is_file())
}

async fn stop_worker(mut worker: Child) {
    // A killed worker loses nothing: its job's lease runs out and the job is taken again.
    if let Err(error) = worker.kill().await {
        tracing::warn!(%error, "the worker could not be stopped");
    }
}

/// Resolves on Ctrl-C or SIGTERM.
pub async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        let _ = interrupt.await;
        return;
    };
    tokio::select! {
        _ = interrupt => {}
        _ = terminate.recv() => {}
    }
}
