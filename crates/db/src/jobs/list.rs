//! What a person sees of the queue, and the one thing he may do: revive the dead.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::PgConnection;

use super::CHANNEL;
use crate::DbError;

/// One job as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobRow {
    /// Its number.
    pub job_id: i64,
    /// Its kind.
    pub kind: String,
    /// `waiting`, `running`, `done` or `dead`.
    pub state: String,
    /// What it was given.
    pub payload: serde_json::Value,
    /// Runs so far.
    pub attempts: i32,
    /// Not before.
    pub run_at: Timestamp,
    /// When it was asked for.
    pub enqueued_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// What went wrong last.
    pub last_error: Option<String>,
}

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct JobQuery {
    /// Only in this state.
    pub state: Option<String>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Rows to skip.
    pub offset: i64,
    /// Rows to give, 500 at most.
    pub limit: i64,
}

/// How many jobs are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct JobCounts {
    /// Waiting for a worker or for their time.
    pub waiting: i64,
    /// In a worker's hands.
    pub running: i64,
    /// Done (kept for a week).
    pub done: i64,
    /// Given up.
    pub dead: i64,
}

type Row = (
    i64,
    String,
    String,
    serde_json::Value,
    i32,
    jiff_sqlx::Timestamp,
    jiff_sqlx::Timestamp,
    Option<jiff_sqlx::Timestamp>,
    Option<String>,
);

/// Lists jobs, newest first.
///
/// # Errors
/// A lost connection.
pub async fn list_jobs(tx: &mut PgConnection, query: &JobQuery) -> Result<Vec<JobRow>, DbError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT job_id, kind, state, payload, attempts, run_at, enqueued_at, finished_at, last_error
         FROM job
         WHERE ($1::text IS NULL OR state = $1)
           AND ($2::text IS NULL OR kind = $2)
         ORDER BY job_id DESC
         OFFSET $3 LIMIT $4",
    )
    .bind(query.state.as_deref())
    .bind(query.kind.as_deref())
    .bind(query.offset.max(0))
    .bind(query.limit.clamp(1, 500))
    .fetch_all(tx)
    .await?;
    let row =
        |(job_id, kind, state, payload, attempts, run_at, enqueued_at, finished_at, last_error): Row| {
            JobRow {
                job_id,
                kind,
                state,
                payload,
                attempts,
                run_at: run_at.to_jiff(),
                enqueued_at: enqueued_at.to_jiff(),
                finished_at: finished_at.map(|at| at.to_jiff()),
                last_error,
            }
        };
    Ok(rows.into_iter().map(row).collect())
}

/// Counts jobs by state.
///
/// # Errors
/// A lost connection.
pub async fn count_jobs(tx: &mut PgConnection) -> Result<JobCounts, DbError> {
    let (waiting, running, done, dead) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'running'),
                count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state = 'dead')
         FROM job",
    )
    .fetch_one(tx)
    .await?;
    Ok(JobCounts { waiting, running, done, dead })
}

/// The state of one job and what went wrong last, if there is such a job.
///
/// # Errors
/// A lost connection.
pub async fn job_state(
    tx: &mut PgConnection,
    job_id: i64,
) -> Result<Option<(String, Option<String>)>, DbError> {
    Ok(sqlx::query_as("SELECT state, last_error FROM job WHERE job_id = $1")
        .bind(job_id)
        .fetch_optional(tx)
        .await?)
}

/// Lets a dead job try again from the start; false if it is not dead. Needs a system transaction.
///
/// # Errors
/// [`DbError::Duplicate`] if one of the same key waits already; a lost connection.
pub async fn revive_job(tx: &mut PgConnection, job_id: i64) -> Result<bool, DbError> {
    let revived = sqlx::query(
        "UPDATE job
         SET state = 'waiting', attempts = 0, run_at = now(), finished_at = NULL
         WHERE job_id = $1 AND state = 'dead'",
    )
    .bind(job_id)
    .execute(&mut *tx)
    .await?;
    sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(tx).await?;
    Ok(revived.rows_affected() == 1)
}
