//! One job in a worker's hands: run, give signs of life, write down the end.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::claim::{self, Claimed};
use super::{JobCx, JobResult};
use crate::Db;

/// After trouble with the database.
pub(super) const AFTER_TROUBLE: Duration = Duration::from_secs(1);

pub(super) type Running = Pin<Box<dyn Future<Output = JobResult> + Send>>;
pub(super) type Runner<C> = Arc<dyn Fn(JobCx<C>, serde_json::Value) -> Running + Send + Sync>;

/// What is needed to carry one job to its end.
pub(super) struct Hold {
    pub(super) db: Db,
    pub(super) worker: String,
    pub(super) lease: Duration,
    pub(super) max_attempts: i32,
}

impl Hold {
    pub(super) async fn carry<C: Send + 'static>(self, job: Claimed, cx: JobCx<C>, run: Runner<C>) {
        let outcome = if job.attempts > self.max_attempts {
            // each of its workers died over it
            Some(JobResult::GiveUp(format!("its worker died in each of {} attempts", self.max_attempts)))
        } else {
            self.run_and_renew(&job, run(cx, job.payload.clone())).await
        };
        let Some(result) = outcome else {
            tracing::warn!(
                job = job.job_id,
                kind = job.kind,
                "the lease was lost; another worker takes the job over"
            );
            return;
        };
        if !matches!(result, JobResult::Done) {
            tracing::warn!(
                job = job.job_id,
                kind = job.kind,
                attempt = job.attempts,
                ?result,
                "a job did not succeed"
            );
        }
        self.settle(&job, result).await;
    }

    /// Runs the job and gives signs of life. None = the lease is lost, or would be before we could tell: then the job
    /// is dropped where it stands, because another worker may have it.
    async fn run_and_renew(&self, job: &Claimed, run: Running) -> Option<JobResult> {
        // a task of its own, so that a panic stays there
        let mut task = tokio::spawn(run);
        let mut held_since = Instant::now();
        let result = loop {
            tokio::select! {
                ended = &mut task => break Some(ended.unwrap_or_else(|error| JobResult::Retry {
                    after: None,
                    why: format!("it panicked: {error}"),
                })),
                () = tokio::time::sleep(self.lease / 4) => {}
            }
            let renewing = claim::renew(self.db.worker_pool(), &self.worker, job, self.lease);
            match tokio::time::timeout(self.lease / 4, renewing).await {
                Ok(Ok(true)) => held_since = Instant::now(),
                Ok(Ok(false)) => break None,
                Ok(Err(_)) | Err(_) if held_since.elapsed() > self.lease * 6 / 10 => break None,
                Ok(Err(_)) | Err(_) => {}
            }
        };
        task.abort();
        result
    }

    /// A short absence of the database must not make a finished job run again.
    async fn settle(&self, job: &Claimed, result: JobResult) {
        let deadline = Instant::now() + self.lease;
        loop {
            let pool = self.db.worker_pool();
            match claim::settle(pool, &self.worker, job, result.clone(), self.max_attempts).await {
                Ok(true) => return,
                Ok(false) => {
                    tracing::warn!(job = job.job_id, "the job ended after its lease was lost");
                    return;
                }
                Err(error) if error.is_transient() && Instant::now() < deadline => {
                    tokio::time::sleep(AFTER_TROUBLE).await;
                }
                Err(error) => {
                    tracing::error!(job = job.job_id, %error, "the end of a job could not be written; it will run again");
                    return;
                }
            }
        }
    }
}
