//! An incremental index that survives: a snapshot and an append-only log in one folder.
//!
//! Every change is in the log, flushed to the disk, before it is made; after a crash the snapshot is read, the log
//! replayed up to the first torn frame, and the records linked again under the frozen model, which gives the same
//! clusters. Files: `snapshot.N` (written aside, then renamed), `log.N` (changes after it), `lock`.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::codec::{Bytes, Reader, read_record, write_record};
use crate::frame::{self, Seal};
use crate::incremental::{Change, Incremental};
use crate::record::{Rec, Sight, compact, sights};
use crate::snapshot::{State, read_snapshot, write_snapshot};
use crate::{Contradiction, HashKey, MatchError, PartyInput, RecordKey};

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DurableError {
    /// The disk refused.
    #[error("{path}: {error}")]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Another process has the folder open.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// The snapshot cannot be read: it is damaged, of another version, or sealed with another key.
    #[error("{0} cannot be read: it is damaged, of another version, or sealed with another key")]
    Unreadable(PathBuf),
    /// The engine refused.
    #[error(transparent)]
    Match(#[from] MatchError),
    /// The decision contradicts earlier ones.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
}

/// A change as the log keeps it.
#[derive(Debug, Clone)]
enum Entry {
    Put(Rec, Box<[Sight]>),
    Remove(i64),
    Forbid(i64, i64),
    Require(i64, i64),
    Withdraw(i64, i64),
}

/// How much room is reserved in the log at a time, so that a flush does not have to write the file's length too.
const RESERVE: u64 = 4 << 20;

/// A live index with a folder behind it.
#[derive(Debug)]
pub struct Durable {
    index: Incremental,
    folder: PathBuf,
    seal: Box<dyn Seal>,
    generation: u64,
    log: Log,
    _lock: File,
}

#[derive(Debug)]
struct Log {
    file: File,
    path: PathBuf,
    written: u64,
    reserved: u64,
    frames: u64,
}

impl Durable {
    /// Puts an index into an empty folder.
    ///
    /// # Errors
    /// [`DurableError::InUse`] or [`DurableError::Disk`].
    pub fn create(folder: &Path, index: Incremental, seal: Box<dyn Seal>) -> Result<Self, DurableError> {
        std::fs::create_dir_all(folder).map_err(disk(folder))?;
        let lock = lock(folder)?;
        let generation = newest(folder)?.map_or(0, |newest| newest + 1);
        write_snapshot(folder, generation, &index, seal.as_ref())?;
        let log = Log::create(folder, generation)?;
        forget_before(folder, generation)?;
        Ok(Durable { index, folder: folder.to_owned(), seal, generation, log, _lock: lock })
    }

    /// Opens a folder: the newest snapshot, and the log after it up to the first torn frame. `None` when the
    /// folder holds no snapshot.
    ///
    /// # Errors
    /// [`DurableError`]; a damaged snapshot is never half read.
    pub fn open(folder: &Path, hash_key: HashKey, seal: Box<dyn Seal>) -> Result<Option<Self>, DurableError> {
        let Some(generation) = newest(folder)? else { return Ok(None) };
        let lock = lock(folder)?;
        let mut state = read_snapshot(folder, generation, seal.as_ref())?;
        let log = Log::open(folder, generation, |sealed| {
            let entry = seal.open(sealed).and_then(|plain| decode(&plain));
            entry.map(|entry| replay(&mut state, entry)).is_some()
        })?;
        let index = state.link(hash_key)?;
        Ok(Some(Durable { index, folder: folder.to_owned(), seal, generation, log, _lock: lock }))
    }

    /// The live index.
    pub fn index(&self) -> &Incremental {
        &self.index
    }

    /// Bytes in the log; a caller makes a [`Durable::checkpoint`] when replaying them would take too long.
    pub fn log_bytes(&self) -> u64 {
        self.log.written
    }

    /// Adds or replaces a record.
    ///
    /// # Errors
    /// [`DurableError::Disk`]; the index is unchanged then.
    pub fn upsert(&mut self, input: &PartyInput) -> Result<Change, DurableError> {
        Ok(self.upsert_all(std::slice::from_ref(input))?.pop().unwrap_or_default())
    }

    /// Adds or replaces several records with one flush.
    ///
    /// # Errors
    /// [`DurableError::Disk`]; the index is unchanged then.
    pub fn upsert_all(&mut self, inputs: &[PartyInput]) -> Result<Vec<Change>, DurableError> {
        let key = self.index.hash_key();
        let ready: Vec<(Rec, Box<[Sight]>)> =
            inputs.iter().map(|input| (compact(input, &key), sights(input, &key))).collect();
        self.write(ready.iter().map(|(rec, sights)| Entry::Put(*rec, sights.clone())))?;
        Ok(ready.into_iter().map(|(rec, sights)| self.index.put(rec, sights)).collect())
    }

    /// Removes a record; `None` when it is not there.
    ///
    /// # Errors
    /// [`DurableError::Disk`].
    pub fn remove(&mut self, key: RecordKey) -> Result<Option<Change>, DurableError> {
        self.write([Entry::Remove(key.0)])?;
        Ok(self.index.remove(key))
    }

    /// Says that two records are not one customer.
    ///
    /// # Errors
    /// [`DurableError::Contradiction`], and nothing is written; [`DurableError::Disk`].
    pub fn forbid(&mut self, a: RecordKey, b: RecordKey) -> Result<Change, DurableError> {
        self.index.constraints().clone().forbid(a, b)?;
        self.write([Entry::Forbid(a.0, b.0)])?;
        Ok(self.index.forbid(a, b)?)
    }

    /// Says that two records are one customer.
    ///
    /// # Errors
    /// As for [`Durable::forbid`].
    pub fn require(&mut self, a: RecordKey, b: RecordKey) -> Result<Change, DurableError> {
        self.index.constraints().clone().require(a, b)?;
        self.write([Entry::Require(a.0, b.0)])?;
        Ok(self.index.require(a, b)?)
    }

    /// Takes back what was said about two records; `None` when nothing was.
    ///
    /// # Errors
    /// [`DurableError::Disk`].
    pub fn withdraw(&mut self, a: RecordKey, b: RecordKey) -> Result<Option<Change>, DurableError> {
        self.write([Entry::Withdraw(a.0, b.0)])?;
        Ok(self.index.withdraw(a, b))
    }

    /// Writes a new snapshot and starts an empty log.
    ///
    /// # Errors
    /// [`DurableError::Disk`]; the old snapshot and log stay valid then.
    pub fn checkpoint(&mut self) -> Result<(), DurableError> {
        let next = self.generation + 1;
        write_snapshot(&self.folder, next, &self.index, self.seal.as_ref())?;
        self.log = Log::create(&self.folder, next)?;
        self.generation = next;
        forget_before(&self.folder, next)
    }

    fn write(&mut self, entries: impl IntoIterator<Item = Entry>) -> Result<(), DurableError> {
        let mut bytes = Vec::new();
        let mut frames = self.log.frames;
        for entry in entries {
            frame::write(&mut bytes, frames, &self.seal.seal(&encode(&entry)));
            frames += 1;
        }
        self.log.append(&bytes, frames)
    }
}

impl Log {
    fn create(folder: &Path, generation: u64) -> Result<Self, DurableError> {
        let path = folder.join(format!("log.{generation}"));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(disk(&path))?;
        let mut log = Log { file, path, written: 0, reserved: 0, frames: 0 };
        log.reserve(0)?;
        sync_folder(folder)?;
        Ok(log)
    }

    /// Reads all whole frames; `apply` is false for one that cannot be used, which ends the log too.
    fn open(
        folder: &Path,
        generation: u64,
        mut apply: impl FnMut(&[u8]) -> bool,
    ) -> Result<Self, DurableError> {
        let path = folder.join(format!("log.{generation}"));
        if !path.exists() {
            // The crash came between the snapshot and its log.
            return Log::create(folder, generation);
        }
        let mut file = OpenOptions::new().read(true).write(true).open(&path).map_err(disk(&path))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(disk(&path))?;
        let (mut written, mut frames) = (0usize, 0u64);
        while let Some((sealed, length)) = frame::read(&bytes[written..], frames) {
            if !apply(sealed) {
                return Err(DurableError::Unreadable(path));
            }
            written += length;
            frames += 1;
        }
        Ok(Log { file, path, written: written as u64, reserved: bytes.len() as u64, frames })
    }

    fn append(&mut self, bytes: &[u8], frames: u64) -> Result<(), DurableError> {
        self.reserve(bytes.len() as u64)?;
        self.file.write_all_at(bytes, self.written).map_err(disk(&self.path))?;
        self.file.sync_data().map_err(disk(&self.path))?;
        self.written += bytes.len() as u64;
        self.frames = frames;
        Ok(())
    }

    fn reserve(&mut self, more: u64) -> Result<(), DurableError> {
        if self.reserved > self.written + more {
            return Ok(());
        }
        let zeros = vec![0u8; (RESERVE + more) as usize];
        self.file.write_all_at(&zeros, self.written).map_err(disk(&self.path))?;
        self.file.sync_all().map_err(disk(&self.path))?;
        self.reserved = self.written + zeros.len() as u64;
        Ok(())
    }
}

/// Replays one change. A decision was checked before it was written, so it cannot be refused here.
fn replay(state: &mut State, entry: Entry) {
    match entry {
        Entry::Put(rec, sights) => drop(state.records.insert(rec.key, (rec, sights))),
        Entry::Remove(key) => drop(state.records.remove(&key)),
        Entry::Forbid(a, b) => drop(state.said.forbid(RecordKey(a), RecordKey(b))),
        Entry::Require(a, b) => drop(state.said.require(RecordKey(a), RecordKey(b))),
        Entry::Withdraw(a, b) => {
            state.said.withdraw(RecordKey(a), RecordKey(b));
        }
    }
}

fn encode(entry: &Entry) -> Vec<u8> {
    let mut out = Bytes::default();
    let mut pair = |tag: u8, a: i64, b: i64| {
        out.u8(tag);
        out.i64(a);
        out.i64(b);
    };
    match *entry {
        Entry::Forbid(a, b) => pair(2, a, b),
        Entry::Require(a, b) => pair(3, a, b),
        Entry::Withdraw(a, b) => pair(4, a, b),
        Entry::Remove(key) => pair(1, key, 0),
        Entry::Put(ref rec, ref sights) => {
            out.u8(0);
            write_record(&mut out, rec, sights);
        }
    }
    out.0
}

fn decode(bytes: &[u8]) -> Option<Entry> {
    let mut from = Reader(bytes);
    Some(match from.u8()? {
        0 => {
            let (rec, sights) = read_record(&mut from)?;
            Entry::Put(rec, sights)
        }
        1 => Entry::Remove(from.i64()?),
        2 => Entry::Forbid(from.i64()?, from.i64()?),
        3 => Entry::Require(from.i64()?, from.i64()?),
        4 => Entry::Withdraw(from.i64()?, from.i64()?),
        _ => return None,
    })
}

fn lock(folder: &Path) -> Result<File, DurableError> {
    let path = folder.join("lock");
    let file =
        OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(disk(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(DurableError::InUse(folder.to_owned())),
        Err(std::fs::TryLockError::Error(error)) => Err(DurableError::Disk { path, error }),
    }
}

fn newest(folder: &Path) -> Result<Option<u64>, DurableError> {
    Ok(numbered(folder, "snapshot.")?.into_iter().max())
}

fn numbered(folder: &Path, prefix: &str) -> Result<Vec<u64>, DurableError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let files = std::fs::read_dir(folder).map_err(disk(folder))?;
    Ok(files
        .flatten()
        .filter_map(|file| file.file_name().to_str()?.strip_prefix(prefix)?.parse().ok())
        .collect())
}

fn forget_before(folder: &Path, generation: u64) -> Result<(), DurableError> {
    for prefix in ["snapshot.", "log."] {
        for old in numbered(folder, prefix)?.into_iter().filter(|&old| old < generation) {
            let path = folder.join(format!("{prefix}{old}"));
            std::fs::remove_file(&path).map_err(disk(&path))?;
        }
    }
    Ok(())
}

pub(crate) fn sync_folder(folder: &Path) -> Result<(), DurableError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk(folder))
}

pub(crate) fn disk(path: &Path) -> impl Fn(std::io::Error) -> DurableError + '_ {
    move |error| DurableError::Disk { path: path.to_owned(), error }
}
