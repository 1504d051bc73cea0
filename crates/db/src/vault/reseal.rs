//! After a rotation: move what is sealed with older keys to the current one, a batch at a time.

use sqlx::AssertSqlSafe;

use super::{Field, Vault};
use crate::{Db, DbError};

/// A column of sealed values.
#[derive(Debug, Clone, Copy)]
pub struct SealedColumn {
    /// Its table.
    pub table: &'static str,
    /// The column (bytea).
    pub column: &'static str,
    /// What is in it.
    pub field: Field,
}

/// What a run has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resealed {
    /// Values moved to the current key.
    pub values: u64,
}

/// Re-seals every value of a column that is not sealed with the current key, `batch` rows a transaction, so it may be
/// stopped at any time and goes on where it stopped. Rows changed by others meanwhile are left to the next round.
///
/// # Errors
/// [`DbError::Undecipherable`] at the first value that does not open; what was moved before stays moved.
pub async fn reseal_column(
    db: &Db,
    vault: &Vault,
    column: SealedColumn,
    batch: u32,
) -> Result<Resealed, DbError> {
    let SealedColumn { table, column, field } = column;
    // names are constants of the contexts, never input
    let select = format!(
        "SELECT ctid::text, {column} FROM {table}
         WHERE {column} IS NOT NULL AND get_byte({column}, 0) <> $1
         LIMIT $2 FOR UPDATE SKIP LOCKED"
    );
    let update = format!(
        "UPDATE {table} SET {column} = moved.sealed
         FROM unnest($1::text[], $2::bytea[]) AS moved (at, sealed)
         WHERE {table}.ctid = moved.at::tid"
    );
    let mut done = Resealed::default();
    loop {
        let mut tx = db.system().await?;
        let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(AssertSqlSafe(select.as_str()))
            .bind(i32::from(vault.current_key()))
            .bind(i64::from(batch))
            .fetch_all(&mut *tx)
            .await?;
        if rows.is_empty() {
            return Ok(done);
        }
        let mut at = Vec::with_capacity(rows.len());
        let mut sealed = Vec::with_capacity(rows.len());
        for (place, old) in rows {
            if let Some(new) = vault.reseal(field, &old)? {
                at.push(place);
                sealed.push(new);
            }
        }
        let moved =
            sqlx::query(AssertSqlSafe(update.as_str())).bind(at).bind(sealed).execute(&mut *tx).await?;
        tx.commit().await?;
        done.values += moved.rows_affected();
    }
}
