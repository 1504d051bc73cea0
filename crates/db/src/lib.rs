//! PostgreSQL, the only transactional store of the house: the private cluster, scoped transactions, migrations, sealed
//! fields, audit, jobs, backup. See README.md beside.

mod access;
mod address;
mod audit;
mod backup;
mod cluster;
pub mod copy;
mod db;
pub mod doctor;
mod error;
pub mod jobs;
mod migrate;
mod roles;
pub mod test_support;
mod tx;
mod vault;

pub use access::Access;
pub use audit::{AuditEntry, AuditPage, AuditQuery, AuditRow, audit, list_audit};
pub use backup::{FileInfo, Manifest, TableInfo, backup, restore};
pub use db::{Db, DbConfig};
pub use error::DbError;
pub use migrate::{MigrationSet, MigrationState};
pub use roles::{APP_ROLE, WORKER_ROLE};
pub use tx::Tx;
pub use vault::{Field, Resealed, SealedColumn, Vault, keys_path, reseal_column};
