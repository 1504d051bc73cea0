//! The worker: every context's jobs, the nightly recomputation, and the one that follows an import.

use std::time::Duration;

use db::DbError;
use db::jobs::{JobCx, JobResult, Stop, Worker, enqueue_at};
use serde_json::json;
use web::AppState;

use crate::pipeline;

/// Kind of the job that unifies and recomputes validity.
pub const RECOMPUTE: &str = "recompute";

/// Imports often come in dozens: one recomputation waits for the last of them.
const SETTLE: Duration = Duration::from_secs(15);

/// Works until asked to stop.
///
/// # Errors
/// When a schedule cannot be read; trouble with the database is waited out.
pub async fn run(house: AppState, stop: Stop) -> Result<(), DbError> {
    let worker = Worker::new(house.db.clone(), house)
        // Batch work is bound by the processor: two at once would only make both late.
        .slots(2)
        .on(RECOMPUTE, 3, |cx, _payload| async move { recompute(cx).await })
        .on("recompute_soon", 5, |cx, _payload| async move { recompute_soon(cx).await })
        .subscribe(intake::events::BATCH_LOADED, "recompute_soon")
        .subscribe(intake::events::BATCH_ROLLED_BACK, "recompute_soon")
        .schedule("nightly recomputation", "30 2 * * *", RECOMPUTE, json!({}));
    // intake
    let worker = insight::jobs(worker);
    worker.run(stop).await
}

async fn recompute(cx: JobCx<AppState>) -> JobResult {
    let outcome = pipeline::recompute(&cx.house, &|_, _, _| {}).await;
    if let Ok(done) = &outcome {
        let figures = done.unified.figures;
        tracing::info!(persons = figures.persons, vehicles = figures.vehicles, "recomputed");
    }
    JobResult::of(outcome)
}

async fn recompute_soon(cx: JobCx<AppState>) -> JobResult {
    let at = cx.house.clock.now() + SETTLE;
    let queued = async {
        let mut tx = cx.db.system().await?;
        enqueue_at(&mut tx, RECOMPUTE, &json!({}), Some(RECOMPUTE), at).await?;
        tx.commit().await
    };
    JobResult::of(queued.await)
}
