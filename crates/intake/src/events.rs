//! What others may subscribe to. Payloads hold ids only.

use db::DbError;
use db::jobs::publish;
use kernel::vocab::Source;
use kernel::{BatchId, StoreId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

/// Topic of [`BatchMoved`] when a batch was loaded.
pub const BATCH_LOADED: &str = "intake.batch_loaded";
/// Topic of [`BatchMoved`] when a batch was taken back.
pub const BATCH_ROLLED_BACK: &str = "intake.batch_rolled_back";

/// Facts of a batch became true, or stopped being true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchMoved {
    /// The batch.
    pub batch_id: BatchId,
    /// Its store.
    pub store_id: Option<StoreId>,
    /// Its source.
    pub source: Option<Source>,
}

pub(crate) async fn batch_loaded(
    tx: &mut PgConnection,
    batch: BatchId,
    store: Option<StoreId>,
    source: Source,
) -> Result<(), DbError> {
    let moved = BatchMoved { batch_id: batch, store_id: store, source: Some(source) };
    publish(tx, BATCH_LOADED, 1, &batch.get().to_string(), &moved).await
}

pub(crate) async fn batch_rolled_back(
    tx: &mut PgConnection,
    batch: BatchId,
    store: Option<StoreId>,
    source: Option<Source>,
) -> Result<(), DbError> {
    let moved = BatchMoved { batch_id: batch, store_id: store, source };
    publish(tx, BATCH_ROLLED_BACK, 1, &batch.get().to_string(), &moved).await
}
