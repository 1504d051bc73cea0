//! The audit rows this room leaves.

use db::{AuditEntry, DbError, audit};
use kernel::ids::{StoreId, UserId};
use serde_json::Value;
use sqlx::PgConnection;

/// Something done to an account; it belongs to the account's store.
pub async fn trace_user(
    tx: &mut PgConnection,
    action: &str,
    user: UserId,
    detail: Value,
) -> Result<(), DbError> {
    let store: Option<Option<i32>> = sqlx::query_scalar("SELECT store_id FROM app_user WHERE user_id = $1")
        .bind(user.get())
        .fetch_optional(&mut *tx)
        .await?;
    let store = store.flatten().map(StoreId);
    trace(tx, action, "user", &user.to_string(), store, detail).await
}

/// Something done to a thing of the organisation.
pub async fn trace(
    tx: &mut PgConnection,
    action: &str,
    subject_kind: &str,
    subject_id: &str,
    store_id: Option<StoreId>,
    detail: Value,
) -> Result<(), DbError> {
    audit(tx, &AuditEntry { action, subject_kind, subject_id, store_id, reason: None, detail }).await
}
