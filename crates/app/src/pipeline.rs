//! From new facts to what people see: unify, then recompute validity. The same steps whether the
//! worker does them at night, after an import, or the command line does them while somebody watches.

use identity::UnifyReport;
use insight::ValidityReport;
use web::AppState;

/// What a recomputation achieved.
#[derive(Debug, Clone)]
pub struct Recomputed {
    /// The unification.
    pub unified: UnifyReport,
    /// The validity run after it.
    pub validity: ValidityReport,
}

/// Where the pipeline stands: done, total (0 = unknown), what.
pub type Progress<'a> = &'a (dyn Fn(u64, u64, &str) + Sync);

/// Why a recomputation failed.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// Unification.
    #[error("unification failed: {0}")]
    Identity(#[from] identity::IdentityError),
    /// Validity.
    #[error("the validity run failed: {0}")]
    Insight(#[from] insight::InsightError),
    /// Consents.
    #[error("the consents could not be noted: {0}")]
    Privacy(#[from] privacy::PrivacyError),
    /// Quality.
    #[error("the quality of the records could not be measured: {0}")]
    Intake(#[from] intake::IntakeError),
}

/// Unifies everything and recomputes validity as of today.
///
/// # Errors
/// See [`PipelineError`]; whatever failed left the previous state in force.
pub async fn recompute(house: &AppState, progress: Progress<'_>) -> Result<Recomputed, PipelineError> {
    let unified = identity::unify(&house.db, &house.vault, &house.clock, &house.data_dir, progress).await?;
    privacy::note_consents(&house.db, house.clock.now()).await?;
    progress(0, 0, "data quality");
    intake::quality::measure_quality(&house.db, house.clock.today()).await?;
    let validity = insight::recompute_validity(&house.db, house.clock.today(), progress).await?;
    Ok(Recomputed { unified, validity })
}

/// Whether the last unification has seen every batch that is in force.
///
/// # Errors
/// When the database fails.
pub async fn is_current(house: &AppState) -> Result<bool, db::DbError> {
    let mut tx = house.db.system().await?;
    let sql = "SELECT EXISTS (SELECT 1 FROM identity_run WHERE state = 'done')
                  AND NOT EXISTS (
                      SELECT 1 FROM batch
                      WHERE greatest(finished_at, rolled_back_at)
                            > (SELECT max(started_at) FROM identity_run WHERE state = 'done'))";
    Ok(sqlx::query_scalar(sql).fetch_one(&mut *tx).await?)
}
