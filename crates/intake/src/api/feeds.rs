//! The feed board.

use aide::axum::routing::get_with;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Arguments;
use sqlx::postgres::PgArguments;
use web::permission::IntakeRead;
use web::{AppState, Can, Json, Order, PageQuery, Result, Routes};

use super::listing::{Listing, list_routes, rfc3339};

pub fn routes() -> Routes {
    list_routes!(
        FeedFilter,
        IntakeRead,
        "/api/feeds",
        "list_feeds",
        "export_feeds",
        "Feeds: what each store's systems deliver"
    )
    .api_route(
        "/api/feeds/summary",
        get_with(get_summary, |op| {
            op.id("get_feed_summary").tag("intake").summary("The feed board in figures")
        }),
    )
}

/// Filters of the feed board.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct FeedFilter {
    page: Option<u32>,
    size: Option<u32>,
    sort: Option<String>,
    order: Option<Order>,
    /// Part of the store's name.
    q: Option<String>,
    store_id: Option<i32>,
    source: Option<String>,
    /// `on_time`, `late` or `stopped`.
    state: Option<String>,
}

/// One feed.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct FeedRow {
    feed_id: i32,
    store_id: Option<i32>,
    store_name: Option<String>,
    source: String,
    /// What its rows are.
    kind: String,
    /// `on_time`, `late` (a period is overdue) or `stopped` (three are).
    state: String,
    last_file: Option<String>,
    last_batch_id: Option<i64>,
    last_received_at: Option<String>,
    /// Hours the next file is overdue.
    late_hours: Option<i64>,
    rows_in: i64,
    rows_linked: i64,
    rows_quarantined: i64,
    /// The last file had other titles than the ones before.
    schema_changed: bool,
    schema_note: Option<String>,
}

/// A period is due when the one after it has ended and the feed's pause has gone by. Lateness is told against the newest
/// period that any feed of the source has delivered: history that is imported years later is not late.
const FEEDS: &str = concat!(
    "SELECT feeds.*, count(*) OVER () AS total FROM (
     WITH newest AS (
         SELECT source, max(last_period_on) AS period_on, max(last_file_at) AS file_at FROM feed GROUP BY source
     )
     SELECT f.feed_id, f.store_id, COALESCE(s.short_name, '集团') AS store_name, f.source, f.entity AS kind,
            CASE WHEN n.period_on - f.last_period_on > 3 * f.every_days THEN 'stopped'
                 WHEN n.period_on - f.last_period_on >= f.every_days THEN 'late'
                 ELSE 'on_time' END AS state,
            b.file_name AS last_file, f.last_batch_id, ",
    rfc3339!("f.last_file_at"),
    " AS last_received_at,
            CASE WHEN n.period_on - f.last_period_on >= f.every_days
                 THEN 24 * (n.period_on - f.last_period_on)::bigint END AS late_hours,
            f.rows_in, f.rows_in - f.rows_quarantined AS rows_linked, f.rows_quarantined,
            f.schema_changed_at IS NOT NULL AS schema_changed,
            (SELECT concat_ws('；',
                 '新增 ' || NULLIF(array_to_string(ARRAY(SELECT unnest(l.titles) EXCEPT SELECT unnest(p.titles)), '、'), ''),
                 '缺少 ' || NULLIF(array_to_string(ARRAY(SELECT unnest(p.titles) EXCEPT SELECT unnest(l.titles)), '、'), ''))
             FROM layout l, layout p
             WHERE l.layout_id = f.layout_id AND p.layout_id = f.previous_layout_id) AS schema_note
     FROM feed f
     JOIN newest n USING (source)
     LEFT JOIN store s USING (store_id)
     LEFT JOIN batch b ON b.batch_id = f.last_batch_id
     ) feeds
     WHERE ($1::text IS NULL OR store_name ILIKE '%' || $1 || '%')
       AND ($2::int IS NULL OR store_id = $2)
       AND ($3::text IS NULL OR source = $3)
       AND ($4::text IS NULL OR state = $4)"
);

impl Listing for FeedFilter {
    type Row = FeedRow;
    const NAME: &'static str = "feeds";
    const SQL: &'static str = FEEDS;
    const SORTS: &'static [(&'static str, &'static str)] = &[
        ("feed_id", "feed_id"),
        ("store_name", "store_name"),
        ("source", "source"),
        ("kind", "kind"),
        ("state", "state"),
        ("last_received_at", "last_received_at"),
        ("late_hours", "late_hours"),
        ("rows_in", "rows_in"),
        ("rows_quarantined", "rows_quarantined"),
    ];
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("store_name", "门店"),
        ("source", "来源"),
        ("kind", "类型"),
        ("state", "状态"),
        ("last_file", "最近文件"),
        ("last_received_at", "最近接收"),
        ("rows_in", "行数"),
        ("rows_quarantined", "隔离行数"),
        ("schema_note", "结构变化"),
    ];

    fn bind(&self, to: &mut PgArguments) -> std::result::Result<(), sqlx::error::BoxDynError> {
        to.add(&self.q)?;
        to.add(self.store_id)?;
        to.add(&self.source)?;
        to.add(&self.state)
    }

    fn cut(&self) -> PageQuery {
        PageQuery { page: self.page, size: self.size, sort: self.sort.clone(), order: self.order }
    }
}

/// The feed board in figures.
#[derive(Debug, Serialize, JsonSchema)]
struct FeedSummary {
    feeds: i64,
    on_time: i64,
    late: i64,
    stopped: i64,
    schema_changed: i64,
    rows_in_today: i64,
    rows_quarantined_today: i64,
    waiting_layout: i64,
    jobs: JobsSummary,
}

/// Jobs of the house.
#[derive(Debug, Serialize, JsonSchema)]
struct JobsSummary {
    queued: i64,
    running: i64,
    dead: i64,
}

async fn get_summary(ctx: Can<IntakeRead>, State(app): State<AppState>) -> Result<Json<FeedSummary>> {
    let mut tx = app.db.read(&ctx.access).await?;
    let (feeds, on_time, late, stopped, schema_changed): (i64, i64, i64, i64, i64) = sqlx::query_as(
        "SELECT count(*), count(*) FILTER (WHERE gap < every_days), count(*) FILTER (WHERE gap >= every_days AND gap <= 3 * every_days),
                count(*) FILTER (WHERE gap > 3 * every_days), count(*) FILTER (WHERE schema_changed_at IS NOT NULL)
         FROM (SELECT every_days, schema_changed_at,
                      COALESCE(max(last_period_on) OVER (PARTITION BY source) - last_period_on, 0) AS gap
               FROM feed) f",
    )
    .fetch_one(&mut *tx)
    .await?;
    let (rows_in_today, rows_quarantined_today, waiting_layout): (i64, i64, i64) = sqlx::query_as(
        "SELECT COALESCE(sum(rows_in) FILTER (WHERE finished_at >= $1::timestamptz), 0)::bigint,
                COALESCE(sum(rows_quarantined) FILTER (WHERE finished_at >= $1::timestamptz), 0)::bigint,
                count(*) FILTER (WHERE state = 'waiting_layout')
         FROM batch",
    )
    .bind(jiff_sqlx::ToSqlx::to_sqlx(kernel::clock::shanghai_instant(
        kernel::dates::day_of(ctx.now).to_datetime(jiff::civil::Time::midnight()),
    )))
    .fetch_one(&mut *tx)
    .await?;
    tx.rollback().await?;
    let mut house = app.db.system().await?;
    let jobs = db::jobs::count_jobs(&mut house).await?;
    house.rollback().await?;
    let jobs = JobsSummary { queued: jobs.waiting, running: jobs.running, dead: jobs.dead };
    Ok(Json(FeedSummary {
        feeds,
        on_time,
        late,
        stopped,
        schema_changed,
        rows_in_today,
        rows_quarantined_today,
        waiting_layout,
        jobs,
    }))
}
