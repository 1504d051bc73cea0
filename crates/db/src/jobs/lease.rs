//! What only one process at a time may do.

use std::time::Duration;

use sqlx::PgPool;

use crate::DbError;

/// Takes or keeps a lease: true if `holder` has it for the next `ttl`. Who dies loses it when it runs out.
///
/// # Errors
/// A lost connection.
pub async fn take_lease(pool: &PgPool, name: &str, holder: &str, ttl: Duration) -> Result<bool, DbError> {
    let taken = sqlx::query(
        "INSERT INTO lease (name, held_by, held_until)
         VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
         ON CONFLICT (name) DO UPDATE
         SET held_by = EXCLUDED.held_by, held_until = EXCLUDED.held_until
         WHERE lease.held_by = EXCLUDED.held_by OR lease.held_until < clock_timestamp()",
    )
    .bind(name)
    .bind(holder)
    .bind(ttl.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(taken.rows_affected() == 1)
}
