//! Locks between processes: `flock`, so that they vanish with the process that held them, however it ended.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use crate::DbError;

/// A held lock; dropped, it is free again.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// The one owner of a folder; whoever comes second is told who was first.
    pub(crate) fn own(path: &Path, folder: &Path) -> Result<Lock, DbError> {
        let mut file = open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let _ = file.read_to_string(&mut text);
                let pid = text.trim().parse().unwrap_or(0);
                return Err(DbError::FolderInUse { folder: folder.to_owned(), pid });
            }
            Err(TryLockError::Error(e)) => return Err(DbError::io(path, e)),
        }
        let write = |file: &mut File| -> std::io::Result<()> {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(|e| DbError::io(path, e))?;
        Ok(Lock { file })
    }

    /// One of many.
    pub(crate) fn share(path: &Path) -> Result<Lock, DbError> {
        let file = open(path)?;
        file.lock_shared().map_err(|e| DbError::io(path, e))?;
        Ok(Lock { file })
    }

    /// Alone, however long it takes.
    pub(crate) fn wait(path: &Path) -> Result<Lock, DbError> {
        let file = open(path)?;
        file.lock().map_err(|e| DbError::io(path, e))?;
        Ok(Lock { file })
    }

    /// Turns a share into sole possession if nobody else holds one.
    pub(crate) fn alone(&self) -> bool {
        self.file.try_lock().is_ok()
    }
}

fn open(path: &Path) -> Result<File, DbError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|e| DbError::io(path, e))
}
