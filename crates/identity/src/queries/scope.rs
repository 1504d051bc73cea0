//! Which customers and records a caller sees. Row-level security answers, nobody else.

use db::{Access, Db};
use kernel::ids::PersonNo;
use rustc_hash::FxHashSet;

use crate::IdentityError;
use crate::numbers::signed;

/// The living number behind `no`, redirects followed, if the caller sees that customer.
///
/// # Errors
/// [`IdentityError::NoSuchPerson`] when there is none in his scope.
pub async fn person(db: &Db, access: &Access, no: PersonNo) -> Result<i32, IdentityError> {
    let mut tx = db.system().await?;
    let sql = "
        WITH RECURSIVE heir AS (
            SELECT person_no, merged_into FROM person WHERE person_no = $1
            UNION
            SELECT p.person_no, p.merged_into FROM heir JOIN person p ON p.person_no = heir.merged_into
        )
        SELECT person_no FROM heir WHERE merged_into IS NULL";
    let living: Option<i32> = sqlx::query_scalar(sql).bind(signed(no.get())).fetch_optional(&mut *tx).await?;
    tx.rollback().await?;
    let living = living.ok_or(IdentityError::NoSuchPerson)?;
    if persons(db, access, &[living]).await?.contains(&living) {
        Ok(living)
    } else {
        Err(IdentityError::NoSuchPerson)
    }
}

/// Those of `numbers` the caller sees.
///
/// # Errors
/// When the database fails.
pub async fn persons(db: &Db, access: &Access, numbers: &[i32]) -> Result<FxHashSet<i32>, IdentityError> {
    let mut tx = db.read(access).await?;
    let sql = "SELECT person_no FROM person WHERE person_no = ANY ($1)";
    let seen: Vec<i32> = sqlx::query_scalar(sql).bind(numbers).fetch_all(&mut *tx).await?;
    tx.rollback().await?;
    Ok(seen.into_iter().collect())
}

/// Those of the records `keys` the caller sees: records of his stores, and with scope "own" of his customers only.
///
/// # Errors
/// When the database fails.
pub async fn records(db: &Db, access: &Access, keys: &[i64]) -> Result<FxHashSet<i64>, IdentityError> {
    let mut tx = db.read(access).await?;
    let sql = "SELECT link.record_key FROM person_record link
               WHERE link.record_key = ANY ($1)
                 AND ((SELECT fc_own()) = 0
                      OR EXISTS (SELECT 1 FROM person_store known WHERE known.person_no = link.person_no))";
    let seen: Vec<i64> = sqlx::query_scalar(sql).bind(keys).fetch_all(&mut *tx).await?;
    tx.rollback().await?;
    Ok(seen.into_iter().collect())
}
