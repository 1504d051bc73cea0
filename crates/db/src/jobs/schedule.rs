//! What recurs: a cron expression in Shanghai's time, and the job it enqueues. One worker at a time looks at the clock,
//! and a run that was missed while all were down is made up for once.

use std::str::FromStr as _;

use croner::Cron;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use kernel::clock::{shanghai_instant, shanghai_time};
use serde::Serialize;
use sqlx::PgConnection;

use super::{enqueue, take_lease};
use crate::{Db, DbError};
use std::time::Duration;

/// The name of the lease of whoever looks at the clock.
const LEASE: &str = "schedule";
/// Long enough to miss one look, short enough that a dead leader is replaced before a minute has passed.
const LEASE_TTL: Duration = Duration::from_secs(30);

/// A recurring job as the program declares it.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    pub(super) name: String,
    pub(super) cron: String,
    pub(super) kind: String,
    pub(super) payload: serde_json::Value,
}

/// A recurring job as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScheduleRow {
    /// Its name.
    pub name: String,
    /// Minute, hour, day, month, weekday in Shanghai's time.
    pub cron: String,
    /// The kind of job it enqueues.
    pub kind: String,
    /// Whether it runs.
    pub enabled: bool,
    /// Next time.
    pub next_run_at: Timestamp,
    /// Last time.
    pub last_run_at: Option<Timestamp>,
}

/// The next time after `after` at which the expression matches in Shanghai.
pub(super) fn next_after(name: &str, cron: &str, after: Timestamp) -> Result<Timestamp, DbError> {
    let bad = |why: String| DbError::BadSchedule { name: name.to_owned(), cron: cron.to_owned(), why };
    let pattern = Cron::from_str(cron).map_err(|e| bad(e.to_string()))?;
    let next = pattern.find_next_occurrence(&shanghai_time(after), false).map_err(|e| bad(e.to_string()))?;
    Ok(shanghai_instant(next))
}

/// Makes the table say what the program declares; whether it is enabled is a person's choice and stays.
pub(super) async fn declare(db: &Db, schedules: &[Schedule]) -> Result<(), DbError> {
    let mut tx = db.system().await?;
    let now = database_now(&mut tx).await?;
    for schedule in schedules {
        let next = next_after(&schedule.name, &schedule.cron, now)?;
        sqlx::query(
            "INSERT INTO schedule (name, cron, kind, payload, next_run_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (name) DO UPDATE
             SET cron = EXCLUDED.cron,
                 kind = EXCLUDED.kind,
                 payload = EXCLUDED.payload,
                 next_run_at = CASE
                     WHEN schedule.cron = EXCLUDED.cron THEN schedule.next_run_at
                     ELSE EXCLUDED.next_run_at
                 END",
        )
        .bind(&schedule.name)
        .bind(&schedule.cron)
        .bind(&schedule.kind)
        .bind(&schedule.payload)
        .bind(next.to_sqlx())
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await
}

/// Enqueues what is due, if this worker is the one who looks at the clock. Gives the number of jobs.
pub(super) async fn tick(db: &Db, worker: &str) -> Result<usize, DbError> {
    if !take_lease(db.worker_pool(), LEASE, worker, LEASE_TTL).await? {
        return Ok(0);
    }
    let mut tx = db.system().await?;
    let now = database_now(&mut tx).await?;
    let due: Vec<(String, String, String, serde_json::Value)> = sqlx::query_as(
        "SELECT name, cron, kind, payload
         FROM schedule
         WHERE enabled AND next_run_at <= $1
         ORDER BY next_run_at
         FOR UPDATE SKIP LOCKED",
    )
    .bind(now.to_sqlx())
    .fetch_all(&mut *tx)
    .await?;
    for (name, cron, kind, payload) in &due {
        enqueue(&mut tx, kind, payload, Some(&format!("schedule:{name}"))).await?;
        let next = next_after(name, cron, now)?;
        sqlx::query("UPDATE schedule SET last_run_at = $2, next_run_at = $3 WHERE name = $1")
            .bind(name)
            .bind(now.to_sqlx())
            .bind(next.to_sqlx())
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(due.len())
}

/// All workers go by the database's clock, so machines that disagree do no harm.
async fn database_now(tx: &mut PgConnection) -> Result<Timestamp, DbError> {
    let now: jiff_sqlx::Timestamp = sqlx::query_scalar("SELECT now()").fetch_one(tx).await?;
    Ok(now.to_jiff())
}

/// The schedules, by name.
///
/// # Errors
/// A lost connection.
pub async fn list_schedules(tx: &mut PgConnection) -> Result<Vec<ScheduleRow>, DbError> {
    type Row = (String, String, String, bool, jiff_sqlx::Timestamp, Option<jiff_sqlx::Timestamp>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT name, cron, kind, enabled, next_run_at, last_run_at FROM schedule ORDER BY name",
    )
    .fetch_all(tx)
    .await?;
    let row = |(name, cron, kind, enabled, next, last): Row| ScheduleRow {
        name,
        cron,
        kind,
        enabled,
        next_run_at: next.to_jiff(),
        last_run_at: last.map(|at| at.to_jiff()),
    };
    Ok(rows.into_iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_the_schedules_hangs_in_shanghai() {
        let cases = [
            ("0 3 * * *", "2022-06-29T18:00:00Z", "2022-06-29T19:00:00Z"),
            ("0 3 * * *", "2022-06-29T19:00:00Z", "2022-06-30T19:00:00Z"),
            ("*/15 * * * *", "2022-06-30T00:07:00Z", "2022-06-30T00:15:00Z"),
            ("0 8 * * MON", "2022-06-30T00:00:00Z", "2022-07-04T00:00:00Z"),
            ("0 0 1 * *", "2022-06-30T17:00:00Z", "2022-07-31T16:00:00Z"),
        ];
        for (cron, after, next) in cases {
            let found = next_after("x", cron, after.parse().unwrap()).unwrap();
            assert_eq!(found.to_string(), next, "{cron} after {after}");
        }
        let error = next_after("nightly", "61 * * * *", Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(error.code(), "bad_schedule");
    }
}
