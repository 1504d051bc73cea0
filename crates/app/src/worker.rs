//! The worker: every context's jobs, the nightly recomputation, and the one that follows an import.

use std::time::Duration;

use db::DbError;
use db::jobs::{Job as _, JobCx, JobResult, Stop, Worker, enqueue_at};
use insight::RecomputeJob;
use intake::jobs::{MeasureQuality, PullDue, ReleaseLayout};
use serde_json::{Value, json};
use web::AppState;

use crate::{pipeline, watched_folder};

/// Kind of the job that unifies and recomputes validity.
pub const RECOMPUTE: &str = "recompute";

/// Kind of the hourly job that looks after accounts and sessions.
const HOUSEKEEPING: &str = "housekeeping";

/// Imports often come in dozens: one recomputation waits for the last of them.
const SETTLE: Duration = Duration::from_secs(15);

/// Works until asked to stop.
///
/// # Errors
/// When a schedule cannot be read; trouble with the database is waited out.
pub async fn run(house: AppState, stop: Stop) -> Result<(), DbError> {
    tokio::spawn(watched_folder::watch(house.clone(), stop.clone()));
    let worker = Worker::new(house.db.clone(), house)
        // Batch work is bound by the processor: two at once would only make both late.
        .slots(2)
        .on(RECOMPUTE, 3, |cx, payload| async move { recompute(cx, &payload).await })
        .on("recompute_soon", 5, |cx, _payload| async move { soon(&cx, RECOMPUTE).await })
        .on("judge_soon", 5, |cx, _payload| async move { soon(&cx, RecomputeJob::KIND).await })
        .on(HOUSEKEEPING, 3, |cx, _payload| async move { keep_house(cx).await })
        .subscribe(intake::events::BATCH_LOADED, "recompute_soon")
        .subscribe(intake::events::BATCH_ROLLED_BACK, "recompute_soon")
        .subscribe(identity::PERSONS_CHANGED, "judge_soon")
        .schedule("nightly recomputation", "30 2 * * *", RECOMPUTE, json!({ "again": true }))
        .schedule("daily quality", "30 4 * * *", MeasureQuality::KIND, json!({}))
        .schedule("pulls that are due", "*/5 * * * *", PullDue::KIND, json!({}))
        .schedule("leavers and old sessions", "15 * * * *", HOUSEKEEPING, json!({}));
    let worker = worker.job::<MeasureQuality>().job::<PullDue>().job::<ReleaseLayout>();
    let worker = privacy::jobs(insight::jobs(worker));
    worker.run(stop).await
}

/// Closes the accounts of people who left and forgets sessions that ended.
async fn keep_house(cx: JobCx<AppState>) -> JobResult {
    let now = cx.house.clock.now();
    let done = async {
        org::close_leavers(&cx.db, now).await.map_err(|error| error.to_string())?;
        org::sweep_sessions(&cx.db, now).await.map_err(|error| error.to_string())
    };
    JobResult::of(done.await)
}

async fn recompute(cx: JobCx<AppState>, payload: &Value) -> JobResult {
    // Somebody may have unified by hand since the import asked for it; the night judges a new day anyway.
    let again = payload.get("again").and_then(Value::as_bool).unwrap_or(false);
    match pipeline::is_current(&cx.house).await {
        Ok(true) if !again => return JobResult::Done,
        Ok(_) => {}
        Err(error) => return JobResult::of(Err::<(), _>(error)),
    }
    let outcome = pipeline::recompute(&cx.house, &|_, _, _| {}).await;
    if let Ok(done) = &outcome {
        let figures = done.unified.figures;
        tracing::info!(persons = figures.persons, vehicles = figures.vehicles, "recomputed");
    }
    JobResult::of(outcome)
}

/// Asks for a job after things have settled; one that waits already is enough.
async fn soon(cx: &JobCx<AppState>, kind: &str) -> JobResult {
    let at = cx.house.clock.now() + SETTLE;
    let queued = async {
        let mut tx = cx.db.system().await?;
        enqueue_at(&mut tx, kind, &json!({}), Some(kind), at).await?;
        tx.commit().await
    };
    JobResult::of(queued.await)
}
