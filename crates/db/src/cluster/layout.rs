//! What lies where in the data folder.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::lock::Lock;
use super::run_as::RunAs;
use crate::DbError;

/// `sun_path` holds 107 bytes and a NUL on Linux; PostgreSQL appends `/.s.PGSQL.5432`.
const SOCKET_DIR_BYTES_MAX: usize = 107 - "/.s.PGSQL.5432".len();

/// Where clusters lie whose data folder is closed to PostgreSQL's user.
const OUTSIDE: &str = "/var/lib/forecourt";

/// The file in the data folder that its one owner holds locked.
pub(crate) const OWNER_LOCK: &str = "forecourt.lock";

/// The paths of one private cluster.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The data folder, canonical.
    pub(crate) data: PathBuf,
    /// PostgreSQL's own folder.
    pub(crate) pg: PathBuf,
    /// Folder of the unix socket.
    pub(crate) socket: PathBuf,
    /// What the server says.
    pub(crate) log: PathBuf,
    /// Held by the one owner (the server).
    pub(crate) owner_lock: PathBuf,
    /// Held, shared, by every process that uses the cluster; who lets go last stops it.
    pub(crate) users_lock: PathBuf,
    /// Held while the cluster is initialised, started or stopped.
    pub(crate) start_lock: PathBuf,
}

impl Layout {
    /// Makes the data folder if it is not there.
    pub(crate) fn of(data: &Path, run_as: &RunAs) -> Result<Layout, DbError> {
        std::fs::create_dir_all(data).map_err(|e| DbError::io(data, e))?;
        let data = data.canonicalize().map_err(|e| DbError::io(data, e))?;
        let start_lock = data.join("forecourt.starting");
        let pg = cluster_dir(&data, &start_lock, run_as)?;
        let inside = pg.parent() == Some(&data);
        Ok(Layout {
            pg,
            socket: socket_dir(&data, inside, run_as),
            log: data.join("postgres.log"),
            owner_lock: data.join(OWNER_LOCK),
            users_lock: data.join("forecourt.users"),
            start_lock,
            data,
        })
    }

    /// Touched by whoever uses a test cluster.
    pub(crate) fn last_used(&self) -> PathBuf {
        self.data.join("last_used")
    }

    /// The major version the cluster was made with, if there is one.
    pub(crate) fn major(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.pg.join("PG_VERSION")).ok()?;
        Some(text.trim().to_owned())
    }
}

/// The cluster lies in the data folder. Only where the user PostgreSQL has to run as cannot come in (root's home is
/// closed to everybody) it lies under `/var/lib/forecourt`, and the data folder has a link to it.
fn cluster_dir(data: &Path, start_lock: &Path, run_as: &RunAs) -> Result<PathBuf, DbError> {
    let inside = data.join("pg");
    if let Ok(outside) = std::fs::read_link(&inside) {
        return known_outside(outside);
    }
    let Err(closed) = run_as.may_reach(&inside) else { return Ok(inside) };
    if inside.exists() {
        return Err(closed);
    }
    // two first starts at once have to agree on the place
    let _starting = Lock::wait(start_lock)?;
    if let Ok(outside) = std::fs::read_link(&inside) {
        return known_outside(outside);
    }
    let hash = path_hash(data);
    // the same path may have had another life, whose data is not ours to remove
    let home = (1..1000).map(|n| Path::new(OUTSIDE).join(format!("{hash}-{n}"))).find(|dir| !dir.exists());
    let home = home.ok_or(closed)?;
    std::fs::create_dir_all(&home).map_err(|e| DbError::io(&home, e))?;
    run_as.may_reach(&home.join("pg"))?;
    let outside = home.join("pg");
    tracing::info!(from = %inside.display(), to = %outside.display(), "the data folder is closed to the database's user; its files lie elsewhere");
    std::os::unix::fs::symlink(&outside, &inside).map_err(|e| DbError::io(&inside, e))?;
    Ok(outside)
}

/// The folder around the cluster is made before the link and goes only with the cluster: without it the data is lost,
/// and must not be replaced by an empty database without a word.
fn known_outside(outside: PathBuf) -> Result<PathBuf, DbError> {
    if outside.parent().is_some_and(Path::is_dir) {
        return Ok(outside);
    }
    let why =
        "the data folder links to it, but it is gone; put it back, or restore a backup into a new folder";
    Err(DbError::InitFailed { folder: outside, why: why.into() })
}

/// Removes a data folder of ours, wherever its cluster lies.
pub(crate) fn remove(data: &Path) -> std::io::Result<()> {
    if let Ok(outside) = std::fs::read_link(data.join("pg"))
        && let Some(home) = outside.parent().filter(|home| home.starts_with(OUTSIDE))
    {
        std::fs::remove_dir_all(home)?;
    }
    std::fs::remove_dir_all(data)
}

fn path_hash(path: &Path) -> String {
    hex::encode(&Sha256::digest(path.as_os_str().as_encoded_bytes())[..8])
}

/// Inside the data folder where the path is short enough, else a short folder named by a hash of it: the same
/// answer for every process of the same user, so that they meet.
fn socket_dir(data: &Path, reachable: bool, run_as: &RunAs) -> PathBuf {
    let inside = data.join("run");
    if reachable && inside.as_os_str().len() <= SOCKET_DIR_BYTES_MAX {
        return inside;
    }
    let hash = path_hash(data);
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| {
        matches!(run_as, RunAs::Ourselves)
            && dir.is_dir()
            && dir.as_os_str().len() < SOCKET_DIR_BYTES_MAX - 30
    });
    // Not TMPDIR: it may be the long path itself, and it may differ between the processes that have to meet.
    runtime.unwrap_or_else(|| PathBuf::from("/tmp")).join(format!("forecourt-{}-{hash}", run_as.uid()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deep_data_folder_gets_a_short_socket() {
        let short = socket_dir(Path::new("/srv/forecourt"), true, &RunAs::Ourselves);
        assert_eq!(short, Path::new("/srv/forecourt/run"));
        let deep = PathBuf::from(format!("/srv/{}", "店".repeat(40)));
        let fallback = socket_dir(&deep, true, &RunAs::Ourselves);
        assert!(fallback.as_os_str().len() <= SOCKET_DIR_BYTES_MAX, "{}", fallback.display());
        assert_eq!(fallback, socket_dir(&deep, true, &RunAs::Ourselves), "every process finds the same");
    }
}
