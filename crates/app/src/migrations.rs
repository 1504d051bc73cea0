//! The order in which contexts build their tables: a context may refer only to those before it.

use db::{Db, DbError, MigrationSet};

/// All migrations, oldest context first.
pub const MIGRATIONS: &[MigrationSet] =
    &[org::MIGRATIONS, intake::MIGRATIONS, identity::MIGRATIONS, privacy::MIGRATIONS, insight::MIGRATIONS];

/// Brings the database to this binary's state. Safe to run from several processes at once.
pub async fn migrate(db: &Db) -> Result<(), DbError> {
    db.migrate(MIGRATIONS).await?;
    Ok(())
}
