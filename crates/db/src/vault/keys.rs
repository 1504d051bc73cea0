//! The key file: one index key for ever, sealing keys by number, which of them is current.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use hmac::Hmac;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::nonce::fill;
use crate::DbError;

/// The environment variable that may hold the text of the key file instead.
pub(super) const VARIABLE: &str = "FORECOURT_KEYS";

/// The keys, ready for use.
#[derive(Clone)]
pub(super) struct Keys {
    current: u8,
    ciphers: BTreeMap<u8, XChaCha20Poly1305>,
    // with the key already worked in, so that an index costs two blocks of SHA-256
    index: Hmac<Sha256>,
}

/// The key file as written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    /// Shape of this file.
    version: u32,
    /// Base64 of 32 bytes; never changes.
    index_key: String,
    /// Which key seals.
    current: u8,
    /// Base64 of 32 bytes by key id (1 to 255).
    keys: BTreeMap<u8, String>,
}

impl KeyFile {
    fn fresh() -> KeyFile {
        KeyFile { version: 1, index_key: random_key(), current: 1, keys: BTreeMap::from([(1, random_key())]) }
    }
}

impl Keys {
    pub(super) fn current(&self) -> u8 {
        self.current
    }

    pub(super) fn cipher(&self, id: u8) -> Option<&XChaCha20Poly1305> {
        self.ciphers.get(&id)
    }

    pub(super) fn index(&self) -> &Hmac<Sha256> {
        &self.index
    }

    pub(super) fn ids(&self) -> Vec<u8> {
        self.ciphers.keys().copied().collect()
    }

    /// Reads the text of a key file.
    pub(super) fn parse(text: &str, place: &str) -> Result<Keys, DbError> {
        let unreadable = |why: String| DbError::KeysUnreadable { place: place.to_owned(), why };
        let file: KeyFile = serde_json::from_str(text)
            .map_err(|e| unreadable(format!("not a key file (line {}, column {})", e.line(), e.column())))?;
        if file.version != 1 {
            return Err(unreadable(format!("it has version {}, this program knows 1", file.version)));
        }
        let bytes = |what: String, text: &str| -> Result<[u8; 32], DbError> {
            let bytes = BASE64.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
            bytes.ok_or_else(|| unreadable(format!("{what} is not 32 bytes in base64")))
        };
        let index = bytes("the index key".into(), &file.index_key)?;
        let mut ciphers = BTreeMap::new();
        for (id, text) in &file.keys {
            let key = bytes(format!("key {id}"), text)?;
            ciphers.insert(*id, XChaCha20Poly1305::new(&key.into()));
        }
        if file.current == 0 || !ciphers.contains_key(&file.current) {
            return Err(unreadable(format!("the current key {} is not among the keys", file.current)));
        }
        let index = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&index)
            .map_err(|_| unreadable("the index key has no usable length".into()))?;
        Ok(Keys { current: file.current, ciphers, index })
    }

    /// The keys in a file, or nothing if there is no such file.
    pub(super) fn read(path: &Path) -> Result<Option<Keys>, DbError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Some(Keys::parse(&text, &path.display().to_string())?)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(DbError::io(path, e)),
        }
    }

    /// Makes a key file; if another process was quicker, reads that one's.
    pub(super) fn create(path: &Path) -> Result<Keys, DbError> {
        let text = serde_json::to_string_pretty(&KeyFile::fresh())?;
        let fresh = write_beside(path, &text)?;
        // a link fails if the name is taken, so the quicker one stays, whole
        let linked = std::fs::hard_link(&fresh, path);
        let _ = std::fs::remove_file(&fresh);
        match linked {
            Ok(()) => {
                tracing::info!(file = %path.display(), "new keys: keep a copy in a safe place, apart from the backups");
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(DbError::io(path, e)),
        }
        Keys::read(path)?.ok_or_else(|| DbError::io(path, std::io::ErrorKind::NotFound.into()))
    }

    /// Adds a key to the file and makes it current.
    pub(super) fn add(path: &Path) -> Result<Keys, DbError> {
        let place = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| DbError::io(path, e))?;
        Keys::parse(&text, &place)?;
        let mut file: KeyFile = serde_json::from_str(&text)?;
        let last = file.keys.keys().next_back().copied().unwrap_or(0);
        let next = last.checked_add(1).ok_or_else(|| DbError::KeysUnreadable {
            place: place.clone(),
            why: "all 255 key ids are used".into(),
        })?;
        file.keys.insert(next, random_key());
        file.current = next;
        let text = serde_json::to_string_pretty(&file)?;
        let fresh = write_beside(path, &text)?;
        std::fs::rename(&fresh, path).map_err(|e| DbError::io(path, e))?;
        Keys::parse(&text, &place)
    }

    pub(super) fn for_tests() -> Keys {
        let ciphers = BTreeMap::from([(1, XChaCha20Poly1305::new(&[7; 32].into()))]);
        Keys { current: 1, ciphers, index: <Hmac<Sha256> as hmac::KeyInit>::new(&[9; 64].into()) }
    }
}

fn random_key() -> String {
    let mut key = [0; 32];
    fill(&mut key);
    BASE64.encode(key)
}

/// Writes and syncs a file with a name of its own next to `path`, readable by us alone.
fn write_beside(path: &Path, text: &str) -> Result<std::path::PathBuf, DbError> {
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut file: File =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|e| DbError::io(&fresh, e))?;
    Ok(fresh)
}
