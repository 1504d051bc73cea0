//! One-liners that call a verb. Each can run twice without harm.

use db::jobs::{Job, JobCx, JobResult, enqueue};
use serde::{Deserialize, Serialize};
use web::AppState;

use crate::error::IntakeError;
use crate::pull_sql::pull_sql;
use crate::quality::measure_quality;
use crate::release_waiting;

/// Loads the files that wait for a layout.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseLayout {
    /// The layout that became active.
    pub layout_id: i32,
}

impl Job<AppState> for ReleaseLayout {
    const KIND: &'static str = "intake.release_layout";

    async fn run(self, cx: JobCx<AppState>) -> JobResult {
        let app = cx.house;
        JobResult::of(release_waiting(&app.db, app.vault.clone(), app.clock.clone(), self.layout_id).await)
    }
}

/// Measures the quality of the current records; scheduled daily and after every import.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureQuality {}

impl Job<AppState> for MeasureQuality {
    const KIND: &'static str = "intake.measure_quality";

    async fn run(self, cx: JobCx<AppState>) -> JobResult {
        JobResult::of(measure_quality(&cx.house.db, cx.house.clock.today()).await)
    }
}

/// Runs the scheduled pulls that are due.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PullDue {}

impl Job<AppState> for PullDue {
    const KIND: &'static str = "intake.pull_due";

    async fn run(self, cx: JobCx<AppState>) -> JobResult {
        let app = cx.house;
        let due = match crate::pull_sql::due_pulls(&app.db, app.clock.now()).await {
            Ok(due) => due,
            Err(error) => return JobResult::of(Err::<(), _>(error)),
        };
        for id in due {
            // A pull that fails says so in its own row, and the others go on.
            if let Err(error) = pull_sql(&app.db, app.vault.clone(), app.clock.clone(), id).await {
                tracing::warn!(pull.id = id, %error, "a scheduled pull failed");
            }
        }
        JobResult::Done
    }
}

pub(crate) async fn release_layout(app: &AppState, layout_id: i32) -> Result<(), IntakeError> {
    let mut tx = app.db.system().await?;
    let dedup = format!("intake.release_layout.{layout_id}");
    enqueue(&mut tx, <ReleaseLayout as Job<AppState>>::KIND, &ReleaseLayout { layout_id }, Some(&dedup))
        .await?;
    Ok(tx.commit().await?)
}
