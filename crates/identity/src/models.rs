//! Trained models: a row in SQL that says which is in force, its weights to look at, and a file with
//! the whole of it. A model can always be trained again, so a lost file costs one training.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff_sqlx::Timestamp as SqlTimestamp;
use matching::{Model, Settings, Thresholds, Weights};
use sqlx::PgConnection;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::IdentityError;

static SETTINGS: LazyLock<Settings> = LazyLock::new(Settings::default);

/// A frozen model and its number.
pub struct Frozen {
    /// Number in `identity_model`.
    pub version: i32,
    /// The model.
    pub model: Arc<Model>,
}

/// The model read last: a decision should not read tens of megabytes again.
static LAST_READ: Mutex<Option<(PathBuf, Arc<Model>)>> = Mutex::new(None);

/// Growth of the base from which the frozen model is trained anew: its frequencies are too old then.
const GROWTH: f64 = 1.3;

fn file_of(data_dir: &Path, version: i32) -> PathBuf {
    data_dir.join("models").join(format!("party-{version}.json"))
}

/// The model in force, unless there is none, its file is lost or the base has outgrown it.
///
/// # Errors
/// When the database fails.
pub async fn current(
    tx: &mut PgConnection,
    data_dir: &Path,
    records: usize,
) -> Result<Option<Frozen>, IdentityError> {
    let Some((version, trained_on)) = in_force(tx).await? else { return Ok(None) };
    if records as f64 > trained_on as f64 * GROWTH {
        return Ok(None);
    }
    read(data_dir, version)
}

/// The model in force however much the base has grown since: decisions between two full runs use what the last one
/// used. `None` when there is none or its file is lost.
///
/// # Errors
/// When the database fails or the file cannot be read as a model.
pub async fn latest(tx: &mut PgConnection, data_dir: &Path) -> Result<Option<Frozen>, IdentityError> {
    let Some((version, _)) = in_force(tx).await? else { return Ok(None) };
    read(data_dir, version)
}

async fn in_force(tx: &mut PgConnection) -> Result<Option<(i32, i64)>, IdentityError> {
    let sql = "SELECT model_version, trained_on_records FROM identity_model
               WHERE kind = 'party' AND published_at IS NOT NULL
               ORDER BY model_version DESC LIMIT 1";
    Ok(sqlx::query_as(sql).fetch_optional(tx).await?)
}

fn read(data_dir: &Path, version: i32) -> Result<Option<Frozen>, IdentityError> {
    let path = file_of(data_dir, version);
    let mut last = LAST_READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, model)) = last.as_ref().filter(|(read, _)| *read == path) {
        return Ok(Some(Frozen { version, model: Arc::clone(model) }));
    }
    let Ok(text) = std::fs::read(&path) else {
        tracing::warn!(model.version = version, "the model's file is lost");
        return Ok(None);
    };
    let model: Model =
        serde_json::from_slice(&text).map_err(|error| IdentityError::BadModel(error.to_string()))?;
    let model = Arc::new(model);
    *last = Some((path, Arc::clone(&model)));
    Ok(Some(Frozen { version, model }))
}

/// What the engine is told to use.
pub fn weights(frozen: Option<&Frozen>) -> Weights<'_> {
    match frozen {
        Some(frozen) => Weights::Frozen(&frozen.model),
        None => Weights::Train { thresholds: Thresholds::default(), settings: &SETTINGS },
    }
}

/// Keeps a newly trained model and puts it in force; returns the number of the model that was used.
///
/// # Errors
/// When the database fails or the file cannot be written.
pub async fn keep(
    tx: &mut PgConnection,
    data_dir: &Path,
    used: &Model,
    frozen: Option<&Frozen>,
    now: Timestamp,
) -> Result<i32, IdentityError> {
    if let Some(frozen) = frozen {
        return Ok(frozen.version);
    }
    let version: i32 = sqlx::query_scalar(
        "INSERT INTO identity_model (model_version, kind, weights, trained_on_records, trained_at, published_at)
         SELECT coalesce(max(model_version), 0) + 1, 'party', $1, $2, $3, $3 FROM identity_model
         RETURNING model_version",
    )
    .bind(summary(used))
    .bind(i64::try_from(used.records).unwrap_or(i64::MAX))
    .bind(SqlTimestamp::from(now))
    .fetch_one(tx)
    .await?;
    let path = file_of(data_dir, version);
    write(&path, used).map_err(|error| IdentityError::BadModel(format!("{}: {error}", path.display())))?;
    Ok(version)
}

fn write(path: &Path, model: &Model) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let text = serde_json::to_vec(model)?;
    // A half-written file must never be read: write beside it, then rename.
    let fresh = path.with_extension("tmp");
    std::fs::write(&fresh, text)?;
    std::fs::rename(fresh, path)
}

/// The part of a model people look at: weights and thresholds, without the frequencies.
fn summary(model: &Model) -> serde_json::Value {
    serde_json::json!({
        "version": model.version(),
        "prior": model.prior,
        "thresholds": model.thresholds,
        "settings": model.settings,
        "weights": model.weights,
    })
}
