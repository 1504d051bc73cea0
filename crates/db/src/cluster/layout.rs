//! What lies where in the data folder.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::run_as::RunAs;
use crate::DbError;

/// `sun_path` holds 107 bytes and a NUL on Linux; PostgreSQL appends `/.s.PGSQL.5432`.
const SOCKET_DIR_BYTES_MAX: usize = 107 - "/.s.PGSQL.5432".len();

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
        run_as.may_reach(&data.join("pg"))?;
        Ok(Layout {
            pg: data.join("pg"),
            socket: socket_dir(&data, run_as),
            log: data.join("postgres.log"),
            owner_lock: data.join("forecourt.lock"),
            users_lock: data.join("forecourt.users"),
            start_lock: data.join("forecourt.starting"),
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

/// Inside the data folder where the path is short enough, else a short folder named by a hash of it: the same
/// answer for every process of the same user, so that they meet.
fn socket_dir(data: &Path, run_as: &RunAs) -> PathBuf {
    let inside = data.join("run");
    if inside.as_os_str().len() <= SOCKET_DIR_BYTES_MAX {
        return inside;
    }
    let hash = hex::encode(&Sha256::digest(data.as_os_str().as_encoded_bytes())[..8]);
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
        let short = socket_dir(Path::new("/srv/forecourt"), &RunAs::Ourselves);
        assert_eq!(short, Path::new("/srv/forecourt/run"));
        let deep = PathBuf::from(format!("/srv/{}", "店".repeat(40)));
        let fallback = socket_dir(&deep, &RunAs::Ourselves);
        assert!(fallback.as_os_str().len() <= SOCKET_DIR_BYTES_MAX, "{}", fallback.display());
        assert_eq!(fallback, socket_dir(&deep, &RunAs::Ourselves), "every process finds the same");
    }
}
