//! The log of unification runs.

use db::jobs::{JobQuery, JobRow, list_jobs};
use jiff::Timestamp;
use jiff_sqlx::Timestamp as SqlTimestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, FromRow, PgConnection};
use web::{Order, Page, PageQuery, Sorting};

use crate::IdentityError;

/// Kind of the job that unifies and recomputes what follows from it.
pub const RECOMPUTE: &str = "recompute";

/// One run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct IdentityRun {
    /// Its number; 0 while it waits.
    pub run_id: i64,
    /// `full` or `incremental`.
    pub kind: String,
    /// `queued`, `running`, `done` or `failed`.
    pub state: String,
    /// Fingerprint of its model.
    pub model_version: String,
    /// Records about customers.
    pub records: i64,
    /// Pairs it kept.
    pub pairs: i64,
    /// Customers, companies among them.
    pub persons: i64,
    /// Companies.
    pub companies: i64,
    /// Vehicles.
    pub vehicles: i64,
    /// Pairs for people.
    pub review_pairs: i64,
    /// Customers that became part of another one.
    pub joined: i64,
    /// Customers that fell apart.
    pub split: i64,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, milliseconds.
    pub took_ms: Option<i64>,
}

/// What to list.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct IdentityRunFilter {
    /// Only in this state.
    pub state: Option<String>,
    /// Page, from 1.
    pub page: Option<u32>,
    /// Rows a page.
    pub size: Option<u32>,
    /// `started_at`, `run_id`, `took_ms`, `records`, `persons`, `vehicles`, `review_pairs`, `joined` or `split`.
    pub sort: Option<String>,
    /// Direction; newest first by default.
    pub order: Option<Order>,
}

const SORTS: &[(&str, &str)] = &[
    ("started_at", "r.started_at"),
    ("run_id", "r.run_id"),
    ("took_ms", "took_ms"),
    ("records", "records"),
    ("persons", "r.persons"),
    ("vehicles", "r.vehicles"),
    ("review_pairs", "review_pairs"),
    ("joined", "joined"),
    ("split", "split"),
];

impl IdentityRunFilter {
    /// The checked cut.
    ///
    /// # Errors
    /// A page or column that does not exist.
    pub fn cut(&self) -> web::Result<Sorting> {
        let order = self.order.or(if self.sort.is_none() { Some(Order::Desc) } else { None });
        PageQuery { page: self.page, size: self.size, sort: self.sort.clone(), order }.checked(SORTS)
    }
}

#[derive(FromRow)]
struct Row {
    run_id: i64,
    kind: String,
    state: String,
    model_version: Option<String>,
    records: i64,
    pairs: i64,
    persons: i64,
    companies: i64,
    vehicles: i64,
    review_pairs: i64,
    joined: i64,
    split: i64,
    started_at: SqlTimestamp,
    took_ms: Option<i64>,
    total: i64,
}

/// One page of runs. A run that waits or is at work stands first: it becomes visible here only when it commits, so
/// the queue speaks for it.
///
/// # Errors
/// When the database fails.
pub async fn page(
    tx: &mut PgConnection,
    filter: &IdentityRunFilter,
    cut: &Sorting,
) -> Result<Page<IdentityRun>, IdentityError> {
    let sql = format!(
        "SELECT r.run_id, r.kind, r.state, m.weights ->> 'version' AS model_version, r.party_records AS records,
                r.edges_auto + r.edges_review + r.edges_refused AS pairs, r.persons,
                coalesce((r.detail ->> 'companies')::bigint, 0) AS companies, r.vehicles,
                r.edges_review AS review_pairs, coalesce((r.detail ->> 'merged')::bigint, 0) AS joined,
                coalesce((r.detail ->> 'split')::bigint, 0) AS split, r.started_at,
                (extract(epoch FROM r.finished_at - r.started_at) * 1000)::bigint AS took_ms,
                count(*) OVER () AS total
         FROM identity_run r
         LEFT JOIN identity_model m ON m.model_version = r.model_version
         WHERE r.kind IN ('full', 'incremental') AND ($1::text IS NULL OR r.state = $1)
         ORDER BY {}, r.run_id DESC LIMIT {} OFFSET {}",
        cut.order_by(),
        cut.limit,
        cut.offset
    );
    let rows: Vec<Row> =
        sqlx::query_as(AssertSqlSafe(sql)).bind(filter.state.as_deref()).fetch_all(&mut *tx).await?;
    let total = rows.first().map_or(0, |row| row.total);
    let mut runs: Vec<IdentityRun> = rows.into_iter().map(run).collect();
    let mut ahead = 0;
    if cut.page == 1 {
        let waiting = in_queue(tx).await?;
        let waiting: Vec<IdentityRun> = waiting
            .into_iter()
            .filter(|run| filter.state.as_ref().is_none_or(|state| *state == run.state))
            .collect();
        ahead = i64::try_from(waiting.len()).unwrap_or(0);
        runs.splice(0..0, waiting);
    }
    Ok(Page::new(runs, total + ahead, cut))
}

/// Runs asked for and not done yet.
///
/// # Errors
/// When the database fails.
pub async fn in_queue(tx: &mut PgConnection) -> Result<Vec<IdentityRun>, IdentityError> {
    let mut runs = Vec::new();
    for state in ["running", "waiting"] {
        let query = JobQuery { state: Some(state.into()), kind: Some(RECOMPUTE.into()), offset: 0, limit: 5 };
        runs.extend(list_jobs(tx, &query).await?.into_iter().map(queued));
    }
    Ok(runs)
}

fn queued(job: JobRow) -> IdentityRun {
    IdentityRun {
        run_id: 0,
        kind: "full".into(),
        state: if job.state == "running" { "running" } else { "queued" }.into(),
        model_version: String::new(),
        records: 0,
        pairs: 0,
        persons: 0,
        companies: 0,
        vehicles: 0,
        review_pairs: 0,
        joined: 0,
        split: 0,
        started_at: job.enqueued_at,
        took_ms: None,
    }
}

fn run(row: Row) -> IdentityRun {
    IdentityRun {
        run_id: row.run_id,
        kind: row.kind,
        state: row.state,
        model_version: row.model_version.unwrap_or_default(),
        records: row.records,
        pairs: row.pairs,
        persons: row.persons,
        companies: row.companies,
        vehicles: row.vehicles,
        review_pairs: row.review_pairs,
        joined: row.joined,
        split: row.split,
        started_at: row.started_at.to_jiff(),
        took_ms: row.took_ms,
    }
}
