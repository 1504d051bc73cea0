//! The statements by which workers take jobs from the table and give them back.

use std::time::Duration;

use sqlx::PgPool;

use super::JobResult;
use crate::DbError;

/// The first waiting time after a failure; doubles with each.
const BACKOFF_FIRST: Duration = Duration::from_secs(5);
/// And never gets longer than this.
const BACKOFF_MAX: Duration = Duration::from_secs(3600);

/// A job in a worker's hands.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Claimed {
    pub(super) job_id: i64,
    pub(super) kind: String,
    pub(super) payload: serde_json::Value,
    pub(super) attempts: i32,
}

/// Takes up to `slots` jobs that are due, or whose worker has died. Oldest first.
pub(super) async fn claim(
    pool: &PgPool,
    worker: &str,
    kinds: &[String],
    slots: usize,
    lease: Duration,
) -> Result<Vec<Claimed>, DbError> {
    Ok(sqlx::query_as(
        "UPDATE job
         SET state = 'running',
             attempts = attempts + 1,
             locked_by = $1,
             locked_until = clock_timestamp() + make_interval(secs => $4)
         WHERE job_id IN (
             SELECT job_id
             FROM job
             WHERE kind = ANY ($2)
               AND ((state = 'waiting' AND run_at <= clock_timestamp())
                    OR (state = 'running' AND locked_until < clock_timestamp()))
             ORDER BY run_at, job_id
             LIMIT $3
             FOR UPDATE SKIP LOCKED
         )
         RETURNING job_id, kind, payload, attempts",
    )
    .bind(worker)
    .bind(kinds)
    .bind(i64::try_from(slots).unwrap_or(i64::MAX))
    .bind(lease.as_secs_f64())
    .fetch_all(pool)
    .await?)
}

/// Keeps a job for another lease; false if it is not ours any more.
pub(super) async fn renew(
    pool: &PgPool,
    worker: &str,
    job: &Claimed,
    lease: Duration,
) -> Result<bool, DbError> {
    let renewed = sqlx::query(
        "UPDATE job
         SET locked_until = clock_timestamp() + make_interval(secs => $4)
         WHERE job_id = $1 AND locked_by = $2 AND attempts = $3 AND state = 'running'",
    )
    .bind(job.job_id)
    .bind(worker)
    .bind(job.attempts)
    .bind(lease.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// Where a job goes after a run.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    state: &'static str,
    after: Duration,
    why: Option<String>,
    /// Whether the run counts as an attempt.
    counts: bool,
}

fn verdict(result: JobResult, attempts: i32, max_attempts: i32) -> Verdict {
    let at_once = |state, why| Verdict { state, after: Duration::ZERO, why, counts: true };
    match result {
        JobResult::Done => at_once("done", None),
        JobResult::Resume => Verdict { counts: false, ..at_once("waiting", None) },
        JobResult::GiveUp(why) => at_once("dead", Some(why)),
        JobResult::Retry { why, .. } if attempts >= max_attempts => {
            at_once("dead", Some(format!("after {attempts} attempts: {why}")))
        }
        JobResult::Retry { after, why } => {
            Verdict { after: after.unwrap_or_else(|| backoff(attempts)), ..at_once("waiting", Some(why)) }
        }
    }
}

/// 5 s, 10 s, 20 s ... one hour.
fn backoff(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    (BACKOFF_FIRST * 2_u32.pow(doublings)).min(BACKOFF_MAX)
}

/// Writes down what became of a run; false if the job was not ours any more. A job that should wait again while a
/// newer one of the same key waits already is done by that one.
pub(super) async fn settle(
    pool: &PgPool,
    worker: &str,
    job: &Claimed,
    result: JobResult,
    max_attempts: i32,
) -> Result<bool, DbError> {
    let Verdict { state, after, why, counts } = verdict(result, job.attempts, max_attempts);
    let sql = "UPDATE job AS mine
         SET state = next.state,
             run_at = CASE next.state WHEN 'waiting' THEN clock_timestamp() + make_interval(secs => $5) ELSE run_at END,
             locked_by = NULL,
             locked_until = NULL,
             last_error = $6,
             attempts = mine.attempts - $7,
             finished_at = CASE next.state WHEN 'waiting' THEN NULL ELSE clock_timestamp() END
         FROM (
             SELECT CASE
                 WHEN $4 = 'waiting' AND EXISTS (
                     SELECT 1
                     FROM job AS newer
                     JOIN job AS me ON me.job_id = $1
                     WHERE newer.kind = me.kind AND newer.dedup_key = me.dedup_key AND newer.state = 'waiting')
                 THEN 'done'
                 ELSE $4
             END AS state
         ) AS next
         WHERE mine.job_id = $1 AND mine.locked_by = $2 AND mine.attempts = $3 AND mine.state = 'running'";
    let mut tries = 0;
    loop {
        let settled = sqlx::query(sql)
            .bind(job.job_id)
            .bind(worker)
            .bind(job.attempts)
            .bind(state)
            .bind(after.as_secs_f64())
            .bind(why.as_deref())
            .bind(i32::from(!counts))
            .execute(pool)
            .await
            .map_err(DbError::from);
        match settled {
            Ok(done) => return Ok(done.rows_affected() == 1),
            // the newer one came between the look and the write
            Err(DbError::Duplicate { .. }) if tries < 3 => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_and_ends() {
        let seconds: Vec<u64> = (1..=12).map(|attempt| backoff(attempt).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert_eq!(backoff(i32::MAX).as_secs(), 3600);
    }

    #[test]
    fn a_run_ends_done_waiting_or_dead() {
        let retry = |after| JobResult::Retry { after, why: "ERP away".into() };
        let cases = [
            (JobResult::Done, 1, "done", 0),
            (JobResult::GiveUp("no such store".into()), 1, "dead", 0),
            (retry(None), 1, "waiting", 5),
            (retry(None), 3, "waiting", 20),
            (retry(Some(Duration::from_secs(60))), 3, "waiting", 60),
            (retry(None), 8, "dead", 0),
            (JobResult::Resume, 8, "waiting", 0),
        ];
        for (result, attempt, state, after) in cases {
            let verdict = verdict(result.clone(), attempt, 8);
            assert_eq!((verdict.state, verdict.after.as_secs()), (state, after), "{result:?} {attempt}");
        }
    }
}
