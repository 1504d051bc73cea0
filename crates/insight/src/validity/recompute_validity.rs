//! The daily run: everybody judged in every scope, and all readers turned to the result at once.

use std::time::Instant;

use db::jobs::{Job, JobCx, JobResult};
use db::{Db, DbError};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::AppState;

use super::dossiers::Snapshot;
use super::judge::{Bench, GROUP};
use super::places::places;
use super::store::{Writer, newest_rule, write_counts};
use super::tally::Tally;
use crate::InsightError;

/// Kind of the job that recomputes validity.
pub const JOB_KIND: &str = "insight.recompute_validity";

/// Two runs at once would fill the same slot; the second waits at this advisory lock ("validity" in ASCII).
const LOCK: i64 = 0x7661_6c69_6469_7479;

/// People between two reports of progress.
const REPORT_EVERY: i64 = 10_000;

/// What progress is told.
const WHAT: &str = "validity";

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidityReport {
    /// People judged.
    pub people: i64,
    /// Verdicts written.
    pub verdicts: u64,
    /// People valid for the group.
    pub valid: i64,
    /// Sum of the people valid at each store.
    pub sum_of_stores: i64,
    /// Version of the rule.
    pub rule_version: i32,
}

/// Judges everybody as of a day by the newest rule, and publishes the verdicts in one commit: until
/// then readers see the old ones, and never a mixture. `progress` is told people done,
/// people in all, and what is being done.
///
/// # Errors
/// A fault of the database; the verdicts in force stay as they were.
pub async fn recompute_validity(
    db: &Db,
    as_of: Date,
    progress: &(dyn Fn(u64, u64, &str) + Sync),
) -> Result<ValidityReport, InsightError> {
    let started = Instant::now();
    let mut lock = db.system().await?;
    let sql = "SELECT pg_advisory_xact_lock($1)";
    sqlx::query(sql).bind(LOCK).execute(&mut *lock).await.map_err(DbError::from)?;
    let rule = newest_rule(&mut lock).await?;
    let places = places(&mut lock).await.map_err(DbError::from)?;
    let bench = Bench::new(rule.version, &rule.rules, &places, as_of);

    let mut snapshot = Snapshot::open(db).await?;
    let total = snapshot.count_people().await?.unsigned_abs();
    let mut writer = Writer::open(db).await?;
    let mut tally = Tally::new(places, as_of);
    progress(0, total, WHAT);
    let mut dossiers = snapshot.dossiers(as_of);
    while let Some(dossier) = dossiers.next().await? {
        let verdicts = bench.judge(&dossier);
        tally.add(&dossier.standing, &verdicts);
        writer.add(dossier.person_no, &verdicts).await?;
        if tally.people % REPORT_EVERY == 0 {
            progress(tally.people.unsigned_abs(), total, WHAT);
        }
    }
    drop(dossiers);
    snapshot.close().await?;
    let verdicts = writer.publish(rule.version, as_of, &tally).await?;
    lock.commit().await?;
    progress(tally.people.unsigned_abs(), total, WHAT);

    let valid = tally.scopes.get(&GROUP).map_or(0, |count| count.valid);
    tracing::info!(
        people = tally.people,
        verdicts,
        valid,
        rule.version = rule.version,
        took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "validity recomputed"
    );
    let sum_of_stores = tally.sum_of_stores();
    Ok(ValidityReport { people: tally.people, verdicts, valid, sum_of_stores, rule_version: rule.version })
}

/// Counts the valid customers of an earlier day, as the facts known today say, for the trend; the
/// verdicts in force are not touched.
///
/// # Errors
/// A fault of the database.
pub async fn count_earlier_day(db: &Db, as_of: Date) -> Result<i64, InsightError> {
    let mut tx = db.system().await?;
    let rule = newest_rule(&mut tx).await?;
    let places = places(&mut tx).await.map_err(DbError::from)?;
    tx.rollback().await?;
    let bench = Bench::new(rule.version, &rule.rules, &places, as_of);
    let mut tally = Tally::new(places, as_of);
    let mut snapshot = Snapshot::open(db).await?;
    let mut dossiers = snapshot.dossiers(as_of);
    while let Some(dossier) = dossiers.next().await? {
        tally.add(&dossier.standing, &bench.judge(&dossier));
    }
    drop(dossiers);
    snapshot.close().await?;
    let mut tx = db.system().await?;
    write_counts(&mut tx, rule.version, as_of, &tally).await?;
    tx.commit().await?;
    Ok(tally.scopes.get(&GROUP).map_or(0, |count| count.valid))
}

/// What the job carries: the day to judge by; none means the day it runs.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct RecomputeJob {
    /// The day, `YYYY-MM-DD`.
    #[serde(default)]
    pub as_of: Option<String>,
}

impl Job<AppState> for RecomputeJob {
    const KIND: &'static str = JOB_KIND;

    async fn run(self, cx: JobCx<AppState>) -> JobResult {
        let as_of = self.as_of.and_then(|day| day.parse().ok()).unwrap_or_else(|| cx.house.clock.today());
        JobResult::of(recompute_validity(&cx.db, as_of, &|_, _, _| {}).await)
    }
}
