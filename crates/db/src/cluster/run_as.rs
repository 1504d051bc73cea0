//! PostgreSQL refuses to run as root; then it runs as a user that may do nothing else.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{Gid, Uid, User, chown, getuid};

use crate::DbError;

/// In the order of preference.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// The user the server runs as.
#[derive(Debug, Clone)]
pub(crate) enum RunAs {
    /// Whoever started us.
    Ourselves,
    /// We are root; this one is not.
    Other { name: String, uid: Uid, gid: Gid },
}

impl RunAs {
    pub(crate) fn pick() -> Result<RunAs, DbError> {
        if !getuid().is_root() {
            return Ok(RunAs::Ourselves);
        }
        UNPRIVILEGED
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| RunAs::Other { name: user.name, uid: user.uid, gid: user.gid })
            .ok_or(DbError::NoUnprivilegedUser)
    }

    /// The uid that owns the cluster's files.
    pub(crate) fn uid(&self) -> u32 {
        match self {
            RunAs::Ourselves => getuid().as_raw(),
            RunAs::Other { uid, .. } => uid.as_raw(),
        }
    }

    /// A command of that user, outside our process group so that Ctrl-C reaches us alone and we stop it in order.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.process_group(0);
        // What the person's shell says about PostgreSQL (PGPORT, PGDATA ...) is not meant for this server.
        for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        if let RunAs::Other { uid, gid, .. } = self {
            command.uid(uid.as_raw()).gid(gid.as_raw());
        }
        command
    }

    /// Makes (or takes over) a folder that only this user may enter.
    pub(crate) fn own_dir(&self, dir: &Path) -> Result<(), DbError> {
        std::fs::create_dir_all(dir).map_err(|e| DbError::io(dir, e))?;
        // Not through a symbolic link: the fallback for sockets lies in a folder where everybody may write.
        let meta = std::fs::symlink_metadata(dir).map_err(|e| DbError::io(dir, e))?;
        if !meta.is_dir() {
            let refused = std::io::Error::other("is not a plain folder");
            return Err(DbError::io(dir, refused));
        }
        if let RunAs::Other { uid, gid, .. } = self {
            chown(dir, Some(*uid), Some(*gid)).map_err(|e| DbError::io(dir, e.into()))?;
        }
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(|e| DbError::io(dir, e))
    }

    /// Whether this user can walk down to `dir`; root's own folders are often closed (`/root` is 0700).
    pub(crate) fn may_reach(&self, dir: &Path) -> Result<(), DbError> {
        let RunAs::Other { name, uid, gid } = self else {
            return Ok(());
        };
        for above in dir.ancestors().skip(1) {
            let Ok(meta) = std::fs::metadata(above) else { continue };
            let shift = match () {
                () if meta.uid() == uid.as_raw() => 6,
                () if meta.gid() == gid.as_raw() => 3,
                () => 0,
            };
            if meta.mode() >> shift & 1 == 0 {
                return Err(DbError::FolderClosed {
                    path: above.to_owned(),
                    user: name.clone(),
                    why: format!(
                        "it may not be entered (mode {:o}); choose a data folder elsewhere (e.g. /var/lib/forecourt), \
                         allow it (chmod o+x), or start as an ordinary user",
                        meta.mode() & 0o7777
                    ),
                });
            }
        }
        Ok(())
    }
}
