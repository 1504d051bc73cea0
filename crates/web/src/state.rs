//! What the running server holds and every handler may reach.

use std::path::Path;
use std::sync::Arc;

use db::{Db, Vault};
use kernel::clock::Clock;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The transactional store.
    pub db: Db,
    /// Seals and opens personal identifiers.
    pub vault: Arc<Vault>,
    /// The only source of the present moment.
    pub clock: Clock,
    /// Folder of uploads, landed files and keys.
    pub data_dir: Arc<Path>,
    /// True when the browser reaches us over TLS, so that cookies carry `Secure`.
    pub secure_cookies: bool,
}
