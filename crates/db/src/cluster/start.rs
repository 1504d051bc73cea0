//! Making, starting and stopping the server.

use std::fs::OpenOptions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::binaries::Binaries;
use super::lock::Lock;
use super::postmaster::{self, Seen};
use super::{OWNER, Server, conf};
use crate::DbError;

/// Crash recovery replays at most `max_wal_size`, which takes a slow disk a minute or two.
const START_LIMIT: Duration = Duration::from_secs(300);
/// Between two looks at the pid file.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// A larger log is put aside at the next start (one old one is kept).
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// A server killed the hard way leaves children that hold its shared memory for a moment.
const ORPHANS_LIMIT: Duration = Duration::from_secs(20);

impl Server {
    /// Adopts a running server, or makes and starts one. Two processes that come at once meet at the lock.
    pub(crate) fn ensure_running(&self) -> Result<(), DbError> {
        if matches!(postmaster::look(&self.layout), Seen::Running(ref p) if p.ready) {
            return Ok(());
        }
        let _starting = Lock::wait(&self.layout.start_lock)?;
        if self.durability == conf::Durability::None {
            self.wipe()?;
        }
        if !self.layout.pg.join("PG_VERSION").is_file() {
            self.initialise()?;
        }
        let deadline = Instant::now() + START_LIMIT;
        let orphans = Instant::now() + ORPHANS_LIMIT;
        let mut started = false;
        loop {
            match postmaster::look(&self.layout) {
                Seen::Running(postmaster) if postmaster.ready => return Ok(()),
                Seen::Running(_) => {}
                left @ (Seen::Nothing | Seen::Stale) if !started => {
                    if left == Seen::Stale {
                        self.disown_left_overs()?;
                    }
                    self.spawn()?;
                    started = true;
                }
                Seen::Nothing | Seen::Stale => {}
            }
            if started && self.child_ended() {
                let why = log_tail(&self.layout.log);
                if Instant::now() > orphans || !why.contains("still in use") {
                    return Err(self.start_failed(why));
                }
                started = false;
                std::thread::sleep(LOOK_EVERY * 10);
            }
            if self.leaving.load(Ordering::Relaxed) {
                return Err(self.start_failed("we stopped waiting for it".into()));
            }
            if Instant::now() > deadline {
                return Err(self.start_failed(format!("not ready after {} s", START_LIMIT.as_secs())));
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// A test cluster that does not run may have lost anything.
    fn wipe(&self) -> Result<(), DbError> {
        if matches!(postmaster::look(&self.layout), Seen::Running(_)) || !self.layout.pg.exists() {
            return Ok(());
        }
        std::fs::remove_dir_all(&self.layout.pg).map_err(|e| DbError::io(&self.layout.pg, e))
    }

    /// `initdb` into a folder beside, renamed when it is whole: a kill in the middle leaves nothing half.
    fn initialise(&self) -> Result<(), DbError> {
        let fresh = self.layout.pg.with_file_name("pg.new");
        if fresh.exists() {
            std::fs::remove_dir_all(&fresh).map_err(|e| DbError::io(&fresh, e))?;
        }
        if self.layout.pg.exists() {
            // only an empty folder may be replaced: never somebody's data
            std::fs::remove_dir(&self.layout.pg).map_err(|e| DbError::io(&self.layout.pg, e))?;
        }
        self.run_as.own_dir(&fresh)?;
        let program = Binaries::find(None)?.program("initdb");
        let mut command = self.run_as.command(&program);
        command
            .arg("--pgdata")
            .arg(&fresh)
            .args(["--username", OWNER, "--encoding", "UTF8", "--locale", "C", "--data-checksums"])
            .args(["--auth", "trust"])
            .current_dir(&fresh)
            .stdin(Stdio::null());
        if self.durability == conf::Durability::None {
            command.arg("--no-sync");
        }
        let out = command.output().map_err(|e| DbError::io(program, e))?;
        if !out.status.success() {
            let why = last_lines(&String::from_utf8_lossy(&out.stderr), 5);
            return Err(if why.contains("No space left") {
                DbError::DiskFull(why)
            } else {
                DbError::InitFailed { folder: self.layout.pg.clone(), why }
            });
        }
        conf::include(&fresh)?;
        std::fs::rename(&fresh, &self.layout.pg).map_err(|e| DbError::io(&self.layout.pg, e))
    }

    fn spawn(&self) -> Result<(), DbError> {
        self.run_as.own_dir(&self.layout.socket)?;
        conf::write(&self.layout, self.durability, self.max_connections)?;
        let log = self.open_log()?;
        let again = log.try_clone().map_err(|e| DbError::io(&self.layout.log, e))?;
        let program = Binaries::find(self.layout.major().as_deref())?.program("postgres");
        let child = self
            .run_as
            .command(&program)
            .arg("-D")
            .arg(&self.layout.pg)
            .current_dir(&self.layout.pg)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(again)
            .spawn()
            .map_err(|e| DbError::io(program, e))?;
        *self.child() = Some(child);
        if self.durability == conf::Durability::None {
            self.spawn_caretaker();
        }
        Ok(())
    }

    /// Stops a test cluster that nobody has used for a while: tests are short processes, none of which knows that it
    /// is the last.
    fn spawn_caretaker(&self) {
        const SCRIPT: &str = r#"
            while sleep 10; do
                pid=$(head -n 1 "$0/postmaster.pid" 2>/dev/null) || exit 0
                [ -n "$(find "$1" -mmin -5 2>/dev/null)" ] && continue
                kill -INT "$pid"; exit 0
            done"#;
        let spawned = self
            .run_as
            .command(Path::new("/bin/sh"))
            .arg("-c")
            .arg(SCRIPT)
            .arg(&self.layout.pg)
            .arg(self.layout.last_used())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        if let Err(error) = spawned {
            tracing::warn!(%error, "the test cluster will not stop by itself");
        }
    }

    fn open_log(&self) -> Result<std::fs::File, DbError> {
        let path = &self.layout.log;
        if std::fs::metadata(path).is_ok_and(|meta| meta.len() > LOG_BYTES_MAX) {
            std::fs::rename(path, path.with_extension("log.old")).map_err(|e| DbError::io(path, e))?;
        }
        let log =
            OpenOptions::new().create(true).append(true).open(path).map_err(|e| DbError::io(path, e))?;
        log.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(|e| DbError::io(path, e))?;
        Ok(log)
    }

    /// A pid file left by a crash keeps the server from starting if its process id has been given to another program
    /// of the same user since. The file must not be deleted, because it names the shared memory by which PostgreSQL
    /// recognises children of the old server that still write; so it gets the id of a process that PostgreSQL knows to
    /// be no server: that of its own parent, us.
    fn disown_left_overs(&self) -> Result<(), DbError> {
        let pid_file = self.layout.pg.join("postmaster.pid");
        tracing::warn!(file = %pid_file.display(), "the database was not stopped in order; it recovers now");
        let text = std::fs::read_to_string(&pid_file).map_err(|e| DbError::io(&pid_file, e))?;
        let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
        let disowned = format!("{}\n{rest}", std::process::id());
        std::fs::write(&pid_file, disowned).map_err(|e| DbError::io(&pid_file, e))?;
        for name in [".s.PGSQL.5432", ".s.PGSQL.5432.lock"] {
            let _ = std::fs::remove_file(self.layout.socket.join(name));
        }
        Ok(())
    }

    /// Reaps our child if it has ended.
    pub(super) fn child_ended(&self) -> bool {
        let mut child = self.child();
        match child.as_mut().map(Child::try_wait) {
            Some(Ok(None)) => false,
            Some(_) => {
                *child = None;
                true
            }
            None => true,
        }
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Stops in order: running transactions are rolled back, a checkpoint is written; then, past the limit, hard.
    pub(crate) fn stop(&self, limit: Duration) {
        let Seen::Running(postmaster) = postmaster::look(&self.layout) else { return };
        postmaster::signal(postmaster.pid, Signal::SIGINT);
        let deadline = Instant::now() + limit;
        while postmaster::is_alive(postmaster.pid) {
            self.child_ended();
            if Instant::now() > deadline {
                tracing::error!(
                    "the database does not stop; it is stopped hard and recovers at the next start"
                );
                postmaster::signal(postmaster.pid, Signal::SIGQUIT);
                break;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        self.child_ended();
    }

    fn start_failed(&self, why: String) -> DbError {
        if why.contains("No space left") {
            return DbError::DiskFull(why);
        }
        DbError::StartFailed { log: self.layout.log.clone(), why }
    }
}

fn log_tail(log: &Path) -> String {
    last_lines(&std::fs::read_to_string(log).unwrap_or_default(), 6)
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
