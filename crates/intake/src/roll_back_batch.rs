//! Taking a batch back: what it brought stops being true, what it replaced is true again.

use db::{Access, AuditEntry, Db};
use jiff_sqlx::ToSqlx;
use kernel::vocab::Source;
use kernel::{BatchId, Clock, StoreId};
use serde_json::json;

use crate::error::{IntakeError, Refusal};
use crate::load::take_back;

/// Takes a loaded batch back. The landed rows stay where they are: what came in did come in.
///
/// # Errors
/// [`IntakeError::NotFound`] outside the caller's scope; [`Refusal::NotLoaded`] for a batch in any other state.
pub async fn roll_back_batch(
    db: &Db,
    clock: &Clock,
    access: &Access,
    batch: BatchId,
    reason: &str,
) -> Result<u64, IntakeError> {
    let mut scoped = db.read(access).await?;
    let seen: Option<(i64,)> = sqlx::query_as("SELECT batch_id FROM batch WHERE batch_id = $1")
        .bind(batch.get())
        .fetch_optional(&mut *scoped)
        .await?;
    scoped.rollback().await?;
    if seen.is_none() {
        return Err(IntakeError::NotFound { what: "batch", id: batch.get() });
    }
    let mut tx = db.system_for(access.user_id).await?;
    let (state, store, source): (String, Option<i32>, String) =
        sqlx::query_as("SELECT state, store_id, source FROM batch WHERE batch_id = $1 FOR UPDATE")
            .bind(batch.get())
            .fetch_one(&mut *tx)
            .await?;
    if state != "loaded" {
        return Err(Refusal::NotLoaded { batch: batch.get(), state }.into());
    }
    // The same lock a load takes: nothing of this source moves while versions are turned back.
    sqlx::query("UPDATE source_state SET version = version + 1 WHERE store_id = $1 AND source = $2")
        .bind(store.unwrap_or(0))
        .bind(&source)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "UPDATE batch SET state = 'rolled_back', rolled_back_at = $2, rolled_back_by = $3, reason = $4 WHERE batch_id = $1",
    )
    .bind(batch.get())
    .bind(clock.now().to_sqlx())
    .bind(access.user_id.get())
    .bind(reason)
    .execute(&mut *tx)
    .await?;
    let touched = take_back(&mut tx, batch).await?;
    sqlx::query("UPDATE quarantine_row SET state = 'withdrawn' WHERE batch_id = $1 AND state = 'open'")
        .bind(batch.get())
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "UPDATE quarantine_row SET state = 'open', replay_batch_id = NULL, decided_by = NULL, decided_at = NULL
         WHERE replay_batch_id = $1",
    )
    .bind(batch.get())
    .execute(&mut *tx)
    .await?;
    let entry = AuditEntry {
        action: "roll_back_batch",
        subject_kind: "batch",
        subject_id: &batch.get().to_string(),
        store_id: store.map(StoreId),
        reason: Some(reason),
        detail: json!({ "facts": touched }),
    };
    db::audit(&mut tx, &entry).await?;
    let source = Source::parse(&source).ok();
    crate::events::batch_rolled_back(&mut tx, batch, store.map(StoreId), source).await?;
    tx.commit().await?;
    Ok(touched)
}
