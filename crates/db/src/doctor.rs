//! What is well with machine, folder, keys and database, what is not, and what to do about it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use kernel::clock::Clock;
use nix::sys::statvfs::statvfs;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use crate::cluster::binaries::{Binaries, client_program};
use crate::cluster::layout::Layout;
use crate::cluster::run_as::RunAs;
use crate::migrate::{self, MigrationSet};
use crate::vault::{check_file, keys_path, known_keys};
use crate::{Db, DbConfig, DbError};

/// Below this the next import may fill the disk.
const FREE_BYTES_MIN: u64 = 2 * 1024 * 1024 * 1024;
/// More than this between two clocks, and "today" differs around midnight.
const CLOCK_SECONDS_MAX: i64 = 30;
/// This program was written later; a clock before it was never set.
const YEAR_MIN: i16 = 2025;

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// Whether it is well.
    pub ok: bool,
    /// What was found and, if it is not well, what to do.
    pub message: String,
}

impl Finding {
    fn of(check: &'static str, outcome: Result<String, String>) -> Finding {
        let ok = outcome.is_ok();
        Finding { check, ok, message: outcome.unwrap_or_else(|message| message) }
    }
}

/// Looks at everything; changes nothing but starting the private cluster for the time of the look, if it exists.
pub async fn examine(data_dir: &Path, database_url: Option<&str>, sets: &[MigrationSet]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if database_url.is_none() {
        findings.push(Finding::of("PostgreSQL", programs(data_dir)));
    }
    findings.push(Finding::of("backup programs", backup_programs()));
    findings.push(Finding::of("data folder", folder(data_dir)));
    findings.push(Finding::of("disk space", space(data_dir)));
    findings.push(Finding::of("machine clock", machine_clock()));
    let fresh = database_url.is_none() && !data_dir.join("pg/PG_VERSION").is_file();
    if fresh {
        let message = "not made yet; the first start makes it".to_owned();
        findings.push(Finding { check: "database", ok: true, message });
        return findings;
    }
    match connect(data_dir, database_url).await {
        Err(error) => findings.push(Finding::of("database", Err(error.to_string()))),
        Ok((db, mut owner)) => {
            look_inside(&mut owner, data_dir, sets, &mut findings).await;
            let _ = owner.close().await;
            if let Some(db) = db {
                db.close().await;
            }
        }
    }
    findings
}

/// A guest on the private cluster; on a server only a look, so that no role is made.
async fn connect(data_dir: &Path, database_url: Option<&str>) -> Result<(Option<Db>, PgConnection), DbError> {
    if let Some(url) = database_url {
        return Ok((None, crate::db::server_options(url)?.connect().await?));
    }
    let config = DbConfig { data_dir: data_dir.to_owned(), database_url: None, max_connections: 2 };
    let db = Db::join(&config).await?;
    let owner = db.owner_connection().await?;
    Ok((Some(db), owner))
}

async fn look_inside(
    owner: &mut PgConnection,
    data_dir: &Path,
    sets: &[MigrationSet],
    findings: &mut Vec<Finding>,
) {
    findings.push(Finding::of("database", server(owner).await));
    let state = migrate::state(owner, sets).await;
    let migrated = state.as_ref().is_ok_and(|state| state.applied > 0);
    findings.push(Finding::of(
        "migrations",
        match state {
            Err(error) => Err(error.to_string()),
            Ok(state) if state.pending.is_empty() => Ok(format!("all {} applied", state.applied)),
            Ok(state) => Ok(format!(
                "{} applied, {} to come at the next start (first: {})",
                state.applied,
                state.pending.len(),
                state.pending[0]
            )),
        },
    ));
    if migrated {
        findings.push(Finding::of("keys", keys(owner, data_dir).await));
        findings.push(Finding::of("jobs", jobs(owner).await));
    }
}

fn programs(data_dir: &Path) -> Result<String, String> {
    let major = std::fs::read_to_string(data_dir.join("pg/PG_VERSION")).ok();
    let binaries = Binaries::find(major.as_deref().map(str::trim)).map_err(|e| e.to_string())?;
    Ok(format!("{} in {}", binaries.version, binaries.dir.display()))
}

fn backup_programs() -> Result<String, String> {
    let dump = client_program("pg_dump", 0).map_err(|e| e.to_string())?;
    client_program("pg_restore", 0).map_err(|e| e.to_string())?;
    Ok(dump.display().to_string())
}

fn folder(data_dir: &Path) -> Result<String, String> {
    let run_as = RunAs::pick().map_err(|e| e.to_string())?;
    let layout = Layout::of(data_dir, &run_as).map_err(|e| e.to_string())?;
    let probe = layout.data.join(".doctor");
    std::fs::write(&probe, b"").map_err(|e| format!("{}: {e}", layout.data.display()))?;
    let _ = std::fs::remove_file(probe);
    Ok(match run_as {
        RunAs::Ourselves => layout.data.display().to_string(),
        RunAs::Other { name, .. } => format!("{} (PostgreSQL runs as {name})", layout.data.display()),
    })
}

fn space(data_dir: &Path) -> Result<String, String> {
    let stat = statvfs(data_dir).map_err(|e| format!("{}: {e}", data_dir.display()))?;
    let free = stat.blocks_available() * stat.fragment_size();
    let gib = free as f64 / (1024.0 * 1024.0 * 1024.0);
    if free < FREE_BYTES_MIN {
        return Err(format!(
            "only {gib:.1} GiB free in {}: free some, or move the data folder",
            data_dir.display()
        ));
    }
    Ok(format!("{gib:.0} GiB free"))
}

fn machine_clock() -> Result<String, String> {
    let now = Clock::system().local_now();
    if now.year() < YEAR_MIN {
        return Err(format!("the machine's clock says {now}: set it (timedatectl set-ntp true)"));
    }
    Ok(format!("{} in Shanghai", now.strftime("%Y-%m-%d %H:%M")))
}

async fn server(owner: &mut PgConnection) -> Result<String, String> {
    type Row = (String, jiff_sqlx::Timestamp, i64, bool);
    let (version, now, bytes, unsafe_disk): Row = sqlx::query_as(
        "SELECT current_setting('server_version'), clock_timestamp(), pg_database_size(current_database()),
                current_setting('fsync') = 'off'",
    )
    .fetch_one(owner)
    .await
    .map_err(|e| DbError::from(e).to_string())?;
    let apart = Clock::system().now().duration_since(now.to_jiff()).as_secs().abs();
    if apart > CLOCK_SECONDS_MAX {
        return Err(format!(
            "its clock and this machine's are {apart} s apart: let both follow the same time server"
        ));
    }
    if unsafe_disk {
        return Err("fsync is off: a power cut loses committed data; remove it from the configuration".into());
    }
    Ok(format!("PostgreSQL {version} answers, {} MiB", bytes / (1024 * 1024)))
}

async fn keys(owner: &mut PgConnection, data_dir: &Path) -> Result<String, String> {
    let known = known_keys(owner).await.map_err(|e| e.to_string())?;
    if known.is_empty() {
        return Ok("none yet; the first start makes them".into());
    }
    let path = keys_path(data_dir);
    check_file(&path, &known).map_err(|e| e.to_string())?;
    if let Ok(meta) = std::fs::metadata(&path)
        && meta.permissions().mode() & 0o077 != 0
    {
        return Err(format!("{} can be read by others: chmod 600 {0}", path.display()));
    }
    Ok(format!("{} fit the database; is there a copy in a safe place?", known.len()))
}

async fn jobs(owner: &mut PgConnection) -> Result<String, String> {
    let counts = crate::jobs::count_jobs(owner).await.map_err(|e| e.to_string())?;
    if counts.dead > 0 {
        return Err(format!(
            "{} lie dead: look at them in the console (系统 → 任务) and revive them",
            counts.dead
        ));
    }
    Ok(format!("{} waiting, {} running", counts.waiting, counts.running))
}
