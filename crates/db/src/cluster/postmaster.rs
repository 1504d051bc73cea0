//! The running server as its pid file shows it: alive, ready, or a left-over of a crash.

use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::layout::Layout;

/// What `postmaster.pid` says, proven against the process table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Postmaster {
    pub(crate) pid: i32,
    pub(crate) socket: PathBuf,
    pub(crate) ready: bool,
}

/// What there is in a data folder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A server of this folder runs.
    Running(Postmaster),
    /// The pid file was left by a crash, and its process id belongs to nobody or to somebody else by now.
    Stale,
    /// No server.
    Nothing,
}

/// Looks at the pid file (lines: pid, folder, start, port, socket folder, address, shared memory, status).
pub(crate) fn look(layout: &Layout) -> Seen {
    let Ok(text) = std::fs::read_to_string(layout.pg.join("postmaster.pid")) else {
        return Seen::Nothing;
    };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let Some(pid) = lines.first().and_then(|line| line.parse::<i32>().ok()) else {
        return Seen::Stale;
    };
    if !is_ours(pid, &layout.pg) {
        return Seen::Stale;
    }
    let socket =
        lines.get(4).filter(|line| !line.is_empty()).map_or_else(|| layout.socket.clone(), PathBuf::from);
    Seen::Running(Postmaster { pid, socket, ready: lines.get(7) == Some(&"ready") })
}

/// A process id may have been given to another program since the crash (in a container that is the rule): a
/// postmaster of ours works in the cluster's folder. Where there is no `/proc` the process id alone must do.
fn is_ours(pid: i32, pg: &Path) -> bool {
    if !is_alive(pid) {
        return false;
    }
    match std::fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(cwd) => cwd == pg,
        Err(_) => !Path::new("/proc/self/cwd").exists(),
    }
}

/// Alive and not a zombie that only waits to be reaped.
pub(crate) fn is_alive(pid: i32) -> bool {
    if kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH) {
        return false;
    }
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        // the state follows the name, which stands in brackets and may hold anything
        Ok(stat) => !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'),
        Err(_) => true,
    }
}

/// Sends a signal; that the process is gone meanwhile is no failure.
pub(crate) fn signal(pid: i32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid), signal);
}
