//! Personal identifiers at rest: sealed (XChaCha20-Poly1305) for reading back, blindly indexed (HMAC-SHA-256) for
//! finding.
//!
//! A sealed value is `key id (1 byte) | nonce (24) | ciphertext | tag (16)`; the field's name is authenticated with it,
//! so a sealed phone copied into an address column does not open. Sealing keys rotate: a new one is added, old values
//! stay readable and are re-sealed at leisure. The index key never rotates, because every index would have to be
//! computed again from every clear value in the same instant.

mod keys;
mod nonce;
mod reseal;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use chacha20poly1305::aead::{AeadInOut as _, inout::InOutBuf};
use chacha20poly1305::{Tag, XNonce};
use hmac::Mac as _;
use sqlx::PgConnection;

use crate::{Db, DbError};
use keys::Keys;
pub use reseal::{Resealed, SealedColumn, reseal_column};

const NONCE: usize = 24;
const TAG: usize = 16;
/// What sealing adds to a value, in bytes.
pub const OVERHEAD: usize = 1 + NONCE + TAG;
/// Sealed and indexed with every key to recognise the key later.
const CHECK: &str = "forecourt";

/// What kind of secret a value is. The name is part of what is authenticated and indexed: never change one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Mobile and other telephone numbers.
    Mobile,
    /// ID card and other certificate numbers.
    IdNumber,
    /// Postal addresses.
    Address,
    /// Everything else that must not lie about: passwords of outside databases, TOTP seeds.
    Secret,
}

impl Field {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Field::Mobile => "mobile",
            Field::IdNumber => "id_number",
            Field::Address => "address",
            Field::Secret => "secret",
        }
    }
}

/// Seals, opens and indexes personal identifiers. A clone shares the keys; another process's rotation is noticed when
/// the first value sealed with the new key comes along.
#[derive(Clone)]
pub struct Vault {
    keys: Arc<RwLock<Arc<Keys>>>,
    source: Source,
}

/// Where the keys come from.
#[derive(Clone)]
enum Source {
    File(PathBuf),
    Environment,
    Fixed,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // never a key in a log
        f.debug_struct("Vault").field("keys", &self.keys().ids()).finish_non_exhaustive()
    }
}

impl Vault {
    /// Takes the keys from `FORECOURT_KEYS` or `<data>/keys.json` (made, mode 0600, for a database that has nothing
    /// sealed yet) and proves that they are the ones this database was sealed with. Migrate first.
    ///
    /// # Errors
    /// [`DbError::KeysLost`], [`DbError::WrongKeys`], [`DbError::KeysUnreadable`]; nothing has been changed then.
    pub async fn load(db: &Db) -> Result<Vault, DbError> {
        let mut owner = db.owner_connection().await?;
        let known = known_keys(&mut owner).await?;
        let path = keys_path(db.data_dir());
        let (source, keys) = match std::env::var(keys::VARIABLE) {
            Ok(text) => (Source::Environment, Keys::parse(&text, keys::VARIABLE)?),
            Err(_) => match Keys::read(&path)? {
                Some(keys) => (Source::File(path), keys),
                None if known.is_empty() => {
                    let keys = Keys::create(&path)?;
                    (Source::File(path), keys)
                }
                None => {
                    let key_ids = known.iter().map(|row| row.0.to_string()).collect::<Vec<_>>().join(", ");
                    return Err(DbError::KeysLost { path, key_ids });
                }
            },
        };
        let vault = Vault { keys: Arc::new(RwLock::new(Arc::new(keys))), source };
        vault.check(&known)?;
        vault.remember(&mut owner, &known).await?;
        Ok(vault)
    }

    /// A vault with fixed keys for tests that need no database. Its keys are public: never for real data.
    pub fn for_tests() -> Vault {
        Vault { keys: Arc::new(RwLock::new(Arc::new(Keys::for_tests()))), source: Source::Fixed }
    }

    /// Encrypts with the current key; two calls never give the same bytes.
    pub fn seal(&self, field: Field, clear: &str) -> Vec<u8> {
        seal_with(&self.keys(), field, clear)
    }

    /// Decrypts.
    ///
    /// # Errors
    /// [`DbError::Undecipherable`] if the value was altered, belongs to another field, or its key is not known here.
    pub fn open(&self, field: Field, sealed: &[u8]) -> Result<String, DbError> {
        let bad = |why: &str| DbError::Undecipherable { field: field.name(), why: why.to_owned() };
        if sealed.len() < OVERHEAD {
            return Err(bad("it is too short"));
        }
        let id = sealed[0];
        let mut keys = self.keys();
        if keys.cipher(id).is_none() {
            self.reload()?;
            keys = self.keys();
        }
        let cipher = keys.cipher(id).ok_or_else(|| bad(&format!("key {id} is not known here")))?;
        let (head, tail) = sealed.split_at(sealed.len() - TAG);
        let nonce = XNonce::try_from(&head[1..1 + NONCE]).map_err(|_| bad("it is too short"))?;
        let tag = Tag::try_from(tail).map_err(|_| bad("it is too short"))?;
        let mut text = head[1 + NONCE..].to_vec();
        cipher
            .decrypt_inout_detached(&nonce, field.name().as_bytes(), InOutBuf::from(&mut text[..]), &tag)
            .map_err(|_| bad("it was altered, or sealed for another field or with another key"))?;
        String::from_utf8(text).map_err(|_| bad("it is no text"))
    }

    /// The same 16 bytes for the same clear value of the same field, for ever: HMAC-SHA-256 under the index key, of
    /// which half is kept (a chance meeting of 10 million values has a probability below 10⁻²⁴).
    /// Normalise the value first; `138 0013 8000` and `13800138000` are different values.
    pub fn blind(&self, field: Field, clear: &str) -> [u8; 16] {
        blind_with(&self.keys(), field, clear)
    }

    /// Adds a new sealing key and makes it the current one. What is sealed stays readable; [`reseal_column`] moves it.
    ///
    /// # Errors
    /// [`DbError::KeysUnreadable`] if the keys come from `FORECOURT_KEYS` (add the key there), or trouble writing.
    pub async fn rotate(&self, db: &Db) -> Result<u8, DbError> {
        let Source::File(path) = &self.source else {
            return Err(DbError::KeysUnreadable {
                place: keys::VARIABLE.into(),
                why: "keys given by the environment are rotated there: add a key with the next id, and make it `current`"
                    .into(),
            });
        };
        let keys = Keys::add(path)?;
        let current = keys.current();
        self.replace(keys);
        let mut owner = db.owner_connection().await?;
        let known = known_keys(&mut owner).await?;
        self.remember(&mut owner, &known).await?;
        tracing::info!(key = current, "a new key seals from now on");
        Ok(current)
    }

    /// The sealed value under the current key, or nothing if it is already.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn reseal(&self, field: Field, sealed: &[u8]) -> Result<Option<Vec<u8>>, DbError> {
        if sealed.first() == Some(&self.current_key()) {
            return Ok(None);
        }
        let clear = self.open(field, sealed)?;
        Ok(Some(self.seal(field, &clear)))
    }

    /// The id of the key that seals now.
    pub fn current_key(&self) -> u8 {
        self.keys().current()
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, keys: Keys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// Another process may have rotated since we read the file.
    fn reload(&self) -> Result<(), DbError> {
        if let Source::File(path) = &self.source
            && let Some(keys) = Keys::read(path)?
        {
            self.replace(keys);
        }
        Ok(())
    }

    fn place(&self) -> String {
        match &self.source {
            Source::File(path) => path.display().to_string(),
            Source::Environment => keys::VARIABLE.into(),
            Source::Fixed => "the test keys".into(),
        }
    }

    /// Proves every key the database knows.
    fn check(&self, known: &[KnownKey]) -> Result<(), DbError> {
        check_known(&self.keys(), known).map_err(|what| DbError::WrongKeys { place: self.place(), what })
    }

    async fn remember(&self, owner: &mut PgConnection, known: &[KnownKey]) -> Result<(), DbError> {
        let keys = self.keys();
        for id in keys.ids().into_iter().filter(|id| known.iter().all(|row| row.0 != i32::from(*id))) {
            let check = seal_as(&keys, id, Field::Secret, CHECK).unwrap_or_default();
            sqlx::query(
                "INSERT INTO vault_key (key_id, check_value, index_check)
                 VALUES ($1, $2, $3)
                 ON CONFLICT (key_id) DO NOTHING",
            )
            .bind(i32::from(id))
            .bind(check)
            .bind(&blind_with(&keys, Field::Secret, CHECK)[..])
            .execute(&mut *owner)
            .await?;
        }
        // Two first starts at once: whoever lost the race must find that he has the other's keys.
        let known = known_keys(owner).await?;
        self.check(&known)
    }
}

/// Where the key file of a data folder lies.
pub fn keys_path(data_dir: &Path) -> PathBuf {
    data_dir.join("keys.json")
}

/// Key id, sealed check value, index of the check value.
pub(crate) type KnownKey = (i32, Vec<u8>, Vec<u8>);

pub(crate) async fn known_keys(owner: &mut PgConnection) -> Result<Vec<KnownKey>, DbError> {
    Ok(sqlx::query_as("SELECT key_id, check_value, index_check FROM vault_key ORDER BY key_id")
        .fetch_all(owner)
        .await?)
}

/// Reads a key file and says which of the known keys it does not open, if any.
pub(crate) fn check_file(path: &Path, known: &[KnownKey]) -> Result<(), DbError> {
    let place = path.display().to_string();
    let keys = match std::env::var(keys::VARIABLE) {
        Ok(text) => Keys::parse(&text, keys::VARIABLE)?,
        Err(_) => Keys::read(path)?.ok_or_else(|| DbError::KeysLost {
            path: path.to_owned(),
            key_ids: known.iter().map(|row| row.0.to_string()).collect::<Vec<_>>().join(", "),
        })?,
    };
    check_known(&keys, known).map_err(|what| DbError::WrongKeys { place, what })
}

fn check_known(keys: &Keys, known: &[KnownKey]) -> Result<(), String> {
    let vault = Vault { keys: Arc::new(RwLock::new(Arc::new(keys.clone()))), source: Source::Fixed };
    for (id, check, index) in known {
        if vault.blind(Field::Secret, CHECK)[..] != index[..] {
            return Err("the index key differs".into());
        }
        if vault.open(Field::Secret, check).ok().as_deref() != Some(CHECK) {
            return Err(format!("sealing key {id} is missing or differs"));
        }
    }
    Ok(())
}

fn seal_with(keys: &Keys, field: Field, clear: &str) -> Vec<u8> {
    // the current key is always there: `Keys` cannot be made without it
    seal_as(keys, keys.current(), field, clear).unwrap_or_default()
}

fn seal_as(keys: &Keys, id: u8, field: Field, clear: &str) -> Option<Vec<u8>> {
    let cipher = keys.cipher(id)?;
    let mut sealed = Vec::with_capacity(OVERHEAD + clear.len());
    sealed.push(id);
    sealed.extend_from_slice(&nonce::fresh());
    sealed.extend_from_slice(clear.as_bytes());
    let nonce = XNonce::try_from(&sealed[1..1 + NONCE]).ok()?;
    let text = InOutBuf::from(&mut sealed[1 + NONCE..]);
    // fails for texts beyond 256 GiB only
    let tag = cipher.encrypt_inout_detached(&nonce, field.name().as_bytes(), text).ok()?;
    sealed.extend_from_slice(&tag);
    Some(sealed)
}

fn blind_with(keys: &Keys, field: Field, clear: &str) -> [u8; 16] {
    let mut mac = keys.index().clone();
    mac.update(field.name().as_bytes());
    mac.update(&[0]);
    mac.update(clear.as_bytes());
    let whole = mac.finalize().into_bytes();
    let mut half = [0; 16];
    half.copy_from_slice(&whole[..16]);
    half
}

#[cfg(test)]
mod tests;
