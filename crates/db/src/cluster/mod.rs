//! The private PostgreSQL cluster in the data folder.
//!
//! The server is no helpless child: it runs in a process group of its own, so a `kill -9` of ours leaves it running
//! and the next start adopts it. Three locks keep order, all of them gone with their process: one for the owner of the
//! folder, one shared by all users of the cluster (the last to leave stops it), one around starting and stopping.

pub(crate) mod binaries;
pub(crate) mod conf;
pub(crate) mod layout;
pub(crate) mod lock;
pub(crate) mod postmaster;
pub(crate) mod run_as;
mod start;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use crate::DbError;
pub(crate) use conf::Durability;
use layout::Layout;
use lock::Lock;

/// The superuser and owner of everything in a private cluster.
pub(crate) const OWNER: &str = "forecourt";
/// The database in a private cluster.
pub(crate) const DATABASE: &str = "forecourt";
/// Part of the socket's name only; nothing listens on a port.
const PORT: u16 = 5432;

/// In what capacity a process opens a data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Capacity {
    /// The server: there is one.
    Owner,
    /// A worker or a command beside it, or alone.
    Guest,
}

/// A cluster in use by this process. When the last user in the last process lets go, PostgreSQL is stopped in order.
#[derive(Debug)]
pub(crate) struct Cluster {
    server: Arc<Server>,
    watch: Option<watch::Watch>,
    users: Option<Lock>,
    _owner: Option<Lock>,
    stop_when_unused: bool,
}

/// What is needed to start the server again.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) layout: Layout,
    pub(crate) run_as: run_as::RunAs,
    pub(crate) durability: Durability,
    pub(crate) max_connections: u32,
    child: Mutex<Option<std::process::Child>>,
    /// Set when this process lets go, so that nobody goes on waiting for a start.
    leaving: AtomicBool,
}

impl Cluster {
    /// Takes the locks, makes the cluster if the folder is new, starts it if it does not run. Blocking: call it from
    /// a thread that may wait.
    pub(crate) fn open(data: &Path, capacity: Capacity, max_connections: u32) -> Result<Cluster, DbError> {
        let run_as = run_as::RunAs::pick()?;
        let layout = Layout::of(data, &run_as)?;
        let owner = match capacity {
            Capacity::Owner => Some(Lock::own(&layout.owner_lock, &layout.data)?),
            Capacity::Guest => None,
        };
        let server = Server {
            layout,
            run_as,
            durability: Durability::Full,
            max_connections,
            child: Mutex::new(None),
            leaving: AtomicBool::new(false),
        };
        Cluster::enter(server, owner, true)
    }

    /// A cluster for tests: shared by many short processes, never stopped by them, and made anew at every start
    /// (nothing in it survives a crash anyway).
    pub(crate) fn open_for_tests(data: &Path) -> Result<Cluster, DbError> {
        let run_as = run_as::RunAs::pick()?;
        let layout = Layout::of(data, &run_as)?;
        let server = Server {
            layout,
            run_as,
            durability: Durability::None,
            max_connections: 300,
            child: Mutex::new(None),
            leaving: AtomicBool::new(false),
        };
        Cluster::enter(server, None, false)
    }

    fn enter(server: Server, owner: Option<Lock>, lasting: bool) -> Result<Cluster, DbError> {
        let server = Arc::new(server);
        // First a user, then starting: who is about to stop the cluster sees that somebody came.
        let users = Lock::share(&server.layout.users_lock)?;
        server.ensure_running()?;
        let watch = lasting.then(|| watch::Watch::start(Arc::clone(&server)));
        Ok(Cluster { server, watch, users: Some(users), _owner: owner, stop_when_unused: lasting })
    }

    /// How to reach the server as one of its roles.
    pub(crate) fn options(&self, role: &str, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(self.socket())
            .port(PORT)
            .username(role)
            .database(database)
    }

    /// Where the socket lies: what the running server says, else where it will lie.
    pub(crate) fn socket(&self) -> PathBuf {
        match postmaster::look(&self.server.layout) {
            postmaster::Seen::Running(postmaster) => postmaster.socket,
            _ => self.server.layout.socket.clone(),
        }
    }

    /// The file that shows when a test cluster was last used.
    pub(crate) fn last_used(&self) -> PathBuf {
        self.server.layout.last_used()
    }

    /// The data folder, canonical.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.server.layout.data
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.server.leaving.store(true, Ordering::Relaxed);
        self.watch.take();
        let Some(users) = self.users.take() else { return };
        if !self.stop_when_unused {
            return;
        }
        let Ok(_starting) = Lock::wait(&self.server.layout.start_lock) else { return };
        // Only the last user can have it alone; a crashed user's share went with its process.
        if users.alone() {
            self.server.stop(Duration::from_secs(60));
        }
    }
}
