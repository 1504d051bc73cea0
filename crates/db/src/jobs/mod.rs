//! Work that happens later: written in the transaction that asks for it, done by a worker, once at a time, however
//! often a worker dies.
//!
//! A job waits until a worker claims it (`FOR UPDATE SKIP LOCKED`) and holds it by a lease which it keeps renewing. A
//! worker that is killed stops renewing, and another takes over; a worker that cannot renew (the database is gone) drops
//! the job before its lease ends, so two never run the same one. A job may therefore run twice one after the other:
//! every `run` must be able to. What fails comes back later and later, and after the last attempt lies dead in the
//! table until a person revives it.

mod claim;
mod hold;
mod lease;
mod list;
mod outbox;
mod schedule;
mod stop;
mod worker;

use std::time::Duration;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgConnection;

use crate::{Db, DbError};

pub use lease::take_lease;
pub use list::{JobCounts, JobQuery, JobRow, count_jobs, job_state, list_jobs, revive_job};
pub use outbox::{Event, publish};
pub use schedule::{ScheduleRow, list_schedules};
pub use stop::{Stop, StopSwitch};
pub use worker::Worker;

/// Woken by this channel, a worker need not wait for its next look.
const CHANNEL: &str = "fc_job";

/// What became of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobResult {
    /// It is done.
    Done,
    /// Not this time: again after this long, or after the usual waiting time.
    Retry {
        /// How long to wait; none = the usual, doubling each time.
        after: Option<Duration>,
        /// Why, for the person who looks at the list.
        why: String,
    },
    /// Stopped at a good place because the worker wants to end: goes on with the next worker, and the run does not
    /// count.
    Resume,
    /// It will never succeed.
    GiveUp(String),
}

impl JobResult {
    /// What a verb's outcome means for its job: a failure comes back later.
    pub fn of<T, E: std::fmt::Display>(outcome: Result<T, E>) -> JobResult {
        match outcome {
            Ok(_) => JobResult::Done,
            Err(error) => JobResult::Retry { after: None, why: error.to_string() },
        }
    }
}

/// A kind of work. The struct itself is the payload: ids, never personal data. `C` is what the worker gives to all
/// jobs, e.g. the state of the house.
pub trait Job<C>: Serialize + DeserializeOwned + Send + 'static {
    /// The stable name in the table.
    const KIND: &'static str;
    /// After so many runs it lies dead.
    const MAX_ATTEMPTS: i32 = 8;

    /// Calls the verb. May run again after a crash, so it must do no harm twice.
    fn run(self, cx: JobCx<C>) -> impl Future<Output = JobResult> + Send;
}

/// What a running job gets.
#[derive(Debug, Clone)]
pub struct JobCx<C> {
    /// What the worker was given for all jobs.
    pub house: C,
    /// The database.
    pub db: Db,
    /// Its number.
    pub job_id: i64,
    /// Which run this is, from 1.
    pub attempt: i32,
    /// Says when the worker wants to end; a long job looks at it and returns `Resume` at a good place.
    pub stop: Stop,
}

/// Puts a job into the queue, in the transaction of what makes it necessary. With a `dedup_key`, a job of the kind and
/// key that still waits is enough and nothing is added (then there is no number).
///
/// # Errors
/// A payload that cannot become JSON; a lost connection.
pub async fn enqueue(
    tx: &mut PgConnection,
    kind: &str,
    payload: &impl Serialize,
    dedup_key: Option<&str>,
) -> Result<Option<i64>, DbError> {
    insert(tx, kind, serde_json::to_value(payload)?, dedup_key, None).await
}

/// As [`enqueue`], not before an instant.
///
/// # Errors
/// As [`enqueue`].
pub async fn enqueue_at(
    tx: &mut PgConnection,
    kind: &str,
    payload: &impl Serialize,
    dedup_key: Option<&str>,
    at: Timestamp,
) -> Result<Option<i64>, DbError> {
    insert(tx, kind, serde_json::to_value(payload)?, dedup_key, Some(at)).await
}

/// Not generic, so that it is compiled once.
async fn insert(
    tx: &mut PgConnection,
    kind: &str,
    payload: serde_json::Value,
    dedup_key: Option<&str>,
    at: Option<Timestamp>,
) -> Result<Option<i64>, DbError> {
    let job_id = sqlx::query_scalar(
        "WITH added AS (
             INSERT INTO job (kind, payload, dedup_key, run_at)
             VALUES ($1, $2, $3, COALESCE($4, now()))
             ON CONFLICT (kind, dedup_key) WHERE state = 'waiting' DO NOTHING
             RETURNING job_id
         )
         SELECT job_id FROM added, pg_notify($5, '')",
    )
    .bind(kind)
    .bind(payload)
    .bind(dedup_key)
    .bind(at.map(|at| at.to_sqlx()))
    .bind(CHANNEL)
    .fetch_optional(tx)
    .await?;
    Ok(job_id)
}
