//! One archive that holds everything but the keys: the database as of one instant, the files of the data folder, and a
//! manifest by which a restore proves that it got every row.
//!
//! The archive is a plain zip: `manifest.json`, `database.dump` (PostgreSQL's custom format: `pg_restore` reads it
//! without us), `files/...`. The keys stay out because a thief of the backup must not be able to read the phones in
//! it; the restore asks for them.

mod manifest;
mod restore;
mod save;

pub use manifest::{FileInfo, Manifest, TableInfo};
pub use restore::restore;
pub use save::backup;

/// Names inside the archive.
const MANIFEST: &str = "manifest.json";
const DUMP: &str = "database.dump";
const FILES: &str = "files/";

fn zip_error(error: zip::result::ZipError) -> crate::DbError {
    match error {
        zip::result::ZipError::Io(io) if io.kind() == std::io::ErrorKind::StorageFull => {
            crate::DbError::DiskFull(io.to_string())
        }
        other => crate::DbError::Backup(format!("the archive: {other}")),
    }
}
