//! Batches: list, detail, error file, taking back.

use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use kernel::BatchId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Arguments;
use sqlx::postgres::PgArguments;
use sqlx::types::Json as SqlJson;
use web::permission::{IntakeManage, IntakeRead};
use web::{AppState, Can, Ctx, Json, Order, PageQuery, Path, Problem, Result, Routes};

use super::listing::{Listing, list_routes, rfc3339};
use crate::error_file::ErrorFile;
use crate::rules::Rule;
use crate::{roll_back_batch, write_error_file};

pub fn routes() -> Routes {
    list_routes!(
        BatchFilter,
        IntakeRead,
        "/api/batches",
        "list_batches",
        "export_batches",
        "Batches: what came in"
    )
    .api_route(
        "/api/batches/{id}",
        get_with(get_batch, |op| op.id("get_batch").tag("intake").summary("One batch in detail")),
    )
    .api_route(
        "/api/batches/{id}/error-file",
        get_with(get_error_file, |op| {
            op.id("get_batch_error_file")
                .tag("intake")
                .summary("The withheld rows in the layout they came in, with 错误信息 in front")
        }),
    )
    .api_route(
        "/api/batches/{id}/rollbacks",
        post_with(create_rollback, |op| {
            op.id("create_batch_rollback")
                .tag("intake")
                .summary("Take a batch back; what it replaced is true again")
        }),
    )
}

/// Filters of the batch list.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct BatchFilter {
    page: Option<u32>,
    size: Option<u32>,
    sort: Option<String>,
    order: Option<Order>,
    /// Part of the file's name.
    q: Option<String>,
    store_id: Option<i32>,
    source: Option<String>,
    state: Option<String>,
}

/// One batch.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct BatchRow {
    batch_id: i64,
    store_id: Option<i32>,
    store_name: Option<String>,
    source: String,
    /// What its rows are.
    kind: String,
    file_name: String,
    format: String,
    encoding: Option<String>,
    bytes: i64,
    /// `received`, `reading`, `waiting_layout`, `loaded`, `failed` or `rolled_back`.
    state: String,
    /// `upload`, `folder`, `command`, `pull`, `push`, `form` or `replay`.
    way_in: String,
    layout_id: Option<i32>,
    layout_name: Option<String>,
    rows_in: i32,
    rows_new: i32,
    rows_changed: i32,
    rows_same: i32,
    rows_quarantined: i32,
    received_at: String,
    finished_at: Option<String>,
    took_ms: Option<i64>,
    /// Why it failed.
    problem: Option<String>,
    uploaded_by: Option<String>,
}

macro_rules! batch_columns {
    () => {
        concat!(
            "b.batch_id, b.store_id, s.short_name AS store_name, b.source, b.entity AS kind,
             CASE WHEN b.part = '' THEN b.file_name ELSE b.file_name || ' › ' || b.part END AS file_name,
             COALESCE(b.shape ->> 'format', '') AS format, b.shape ->> 'encoding' AS encoding, b.bytes, b.state,
             b.way AS way_in, b.layout_id, l.name || ' v' || l.version AS layout_name,
             b.rows_in, b.rows_new, b.rows_changed, b.rows_same, b.rows_quarantined, ",
            rfc3339!("b.started_at"),
            " AS received_at, ",
            rfc3339!("b.finished_at"),
            " AS finished_at, (1000 * EXTRACT(epoch FROM b.finished_at - b.started_at))::bigint AS took_ms,
             b.error_zh AS problem, u.display_name AS uploaded_by"
        )
    };
}

macro_rules! batch_joins {
    () => {
        " FROM batch b
          LEFT JOIN store s USING (store_id)
          LEFT JOIN layout l USING (layout_id)
          LEFT JOIN app_user u ON u.user_id = b.created_by"
    };
}

impl Listing for BatchFilter {
    type Row = BatchRow;
    const NAME: &'static str = "batches";
    const SQL: &'static str = concat!(
        "SELECT ",
        batch_columns!(),
        ", count(*) OVER () AS total",
        batch_joins!(),
        " WHERE ($1::text IS NULL OR b.file_name ILIKE '%' || $1 || '%')
            AND ($2::int IS NULL OR b.store_id = $2)
            AND ($3::text IS NULL OR b.source = $3)
            AND ($4::text IS NULL OR b.state = $4)"
    );
    const SORTS: &'static [(&'static str, &'static str)] = &[
        ("batch_id", "b.batch_id"),
        ("received_at", "b.started_at"),
        ("finished_at", "b.finished_at"),
        ("file_name", "b.file_name"),
        ("store_name", "s.short_name"),
        ("source", "b.source"),
        ("kind", "b.entity"),
        ("state", "b.state"),
        ("bytes", "b.bytes"),
        ("rows_in", "b.rows_in"),
        ("rows_new", "b.rows_new"),
        ("rows_changed", "b.rows_changed"),
        ("rows_same", "b.rows_same"),
        ("rows_quarantined", "b.rows_quarantined"),
        ("took_ms", "b.finished_at - b.started_at"),
    ];
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("batch_id", "批次"),
        ("store_name", "门店"),
        ("source", "来源"),
        ("kind", "类型"),
        ("file_name", "文件"),
        ("state", "状态"),
        ("rows_in", "行数"),
        ("rows_new", "新增"),
        ("rows_changed", "变更"),
        ("rows_same", "未变"),
        ("rows_quarantined", "隔离"),
        ("received_at", "接收时间"),
        ("problem", "问题"),
    ];

    fn bind(&self, to: &mut PgArguments) -> std::result::Result<(), sqlx::error::BoxDynError> {
        to.add(&self.q)?;
        to.add(self.store_id)?;
        to.add(&self.source)?;
        to.add(&self.state)
    }

    fn cut(&self) -> PageQuery {
        let order = self.order.or((self.sort.is_none()).then_some(Order::Desc));
        PageQuery { page: self.page, size: self.size, sort: self.sort.clone(), order }
    }
}

/// Number in the path.
#[derive(Debug, Deserialize, JsonSchema)]
struct BatchPath {
    id: i64,
}

/// One batch in detail.
#[derive(Debug, Serialize, JsonSchema)]
struct BatchDetail {
    #[serde(flatten)]
    batch: BatchRow,
    sha256: String,
    delimiter: Option<String>,
    header_row: Option<i32>,
    entities: Vec<EntityCount>,
    /// Rules that hold rows of it.
    rules: Vec<RuleCount>,
    steps: Vec<Step>,
    can_roll_back: bool,
}

/// Facts of one kind.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct EntityCount {
    entity: String,
    rows: i64,
    new: i64,
    changed: i64,
    same: i64,
}

/// Rows held by one rule.
#[derive(Debug, Serialize, JsonSchema)]
struct RuleCount {
    rule: String,
    zh: String,
    en: String,
    rows: i64,
    repairable: i64,
}

/// Something that happened to it.
#[derive(Debug, Serialize, JsonSchema)]
struct Step {
    at: String,
    zh: String,
    en: String,
}

type Extra = (
    String,
    Option<String>,
    Option<i32>,
    SqlJson<Vec<EntityCount>>,
    Vec<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

async fn get_batch(
    ctx: Can<IntakeRead>,
    State(app): State<AppState>,
    Path(path): Path<BatchPath>,
) -> Result<Json<BatchDetail>> {
    detail(&app, &ctx, path.id).await.map(Json)
}

async fn detail(app: &AppState, ctx: &Ctx, id: i64) -> Result<BatchDetail> {
    let mut tx = app.db.read(&ctx.access).await?;
    let batch: BatchRow =
        sqlx::query_as(concat!("SELECT ", batch_columns!(), batch_joins!(), " WHERE b.batch_id = $1"))
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or_else(|| Problem::not_found("没有这个批次", "No such batch"))?;
    let (sha256, delimiter, header_row, entities, notes, rolled_back_at, rolled_back_by, reason): Extra =
        sqlx::query_as(concat!(
            "SELECT encode(b.sha256, 'hex'), b.shape ->> 'delimiter', (b.shape ->> 'header_row')::int, b.entities, b.notes, ",
            rfc3339!("b.rolled_back_at"),
            ", u.display_name, b.reason
             FROM batch b
             LEFT JOIN app_user u ON u.user_id = b.rolled_back_by
             WHERE b.batch_id = $1"
        ))
        .bind(id)
        .fetch_one(&mut *tx)
        .await?;
    let rules: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT rule, count(*), count(proposal)
         FROM quarantine_row
         WHERE batch_id = $1 AND state = 'open'
         GROUP BY rule
         ORDER BY 2 DESC, 1",
    )
    .bind(id)
    .fetch_all(&mut *tx)
    .await?;
    tx.rollback().await?;
    let mut steps =
        vec![Step { at: batch.received_at.clone(), zh: "收到文件".into(), en: "Received".into() }];
    if let Some(at) = &batch.finished_at {
        let (zh, en) = match batch.state.as_str() {
            "waiting_layout" => {
                ("表头未识别，等待配置映射".to_owned(), "Unknown titles: waits for a mapping".to_owned())
            }
            "failed" => (
                format!("读取失败：{}", batch.problem.as_deref().unwrap_or_default()),
                "Could not be read".into(),
            ),
            _ => (
                format!(
                    "入库 {} 行，隔离 {} 行",
                    batch.rows_in - batch.rows_quarantined,
                    batch.rows_quarantined
                ),
                format!(
                    "{} rows linked, {} withheld",
                    batch.rows_in - batch.rows_quarantined,
                    batch.rows_quarantined
                ),
            ),
        };
        steps.push(Step { at: at.clone(), zh, en });
        steps.extend(notes.iter().map(|note| note_step(at, note)));
    }
    if let Some(at) = rolled_back_at {
        let (who, why) = (rolled_back_by.unwrap_or_default(), reason.unwrap_or_default());
        steps.push(Step {
            at, zh: format!("{who} 回滚：{why}"), en: format!("Taken back by {who}: {why}")
        });
    }
    let can_roll_back = batch.state == "loaded" && ctx.may(web::Permission::IntakeManage);
    let rules =
        rules.into_iter().map(|(rule, rows, repairable)| rule_count(rule, rows, repairable)).collect();
    Ok(BatchDetail {
        batch,
        sha256,
        delimiter,
        header_row,
        entities: entities.0,
        rules,
        steps,
        can_roll_back,
    })
}

fn note_step(at: &str, note: &str) -> Step {
    let (code, what) = note.split_once(':').unwrap_or((note, ""));
    let (zh, en) = match code {
        "duplicate_header" => (format!("表头重复：{what}"), format!("Titles that occur twice: {what}")),
        "mixed_encoding" => {
            (format!("{what} 行的编码与文件不同，已分别识别"), format!("{what} rows in another encoding"))
        }
        _ => (note.to_owned(), note.to_owned()),
    };
    Step { at: at.to_owned(), zh, en }
}

fn rule_count(rule: String, rows: i64, repairable: i64) -> RuleCount {
    let known = Rule::ALL.iter().find(|r| r.code() == rule);
    let (zh, en) = known.map_or((rule.clone(), rule.clone()), |r| (r.zh().to_owned(), r.en().to_owned()));
    RuleCount { rule, zh, en, rows, repairable }
}

async fn get_error_file(
    ctx: Can<IntakeRead>,
    State(app): State<AppState>,
    Path(path): Path<BatchPath>,
) -> Result<Response> {
    Ok(attachment(write_error_file(&app.db, &app.vault, &ctx.access, path.id).await?))
}

fn attachment(file: ErrorFile) -> Response {
    let mut response = file.bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    let name: String = file
        .name
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b == b'.' {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{name}")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// Why a batch is taken back.
#[derive(Debug, Deserialize, JsonSchema)]
struct CreateRollback {
    reason: String,
}

async fn create_rollback(
    ctx: Can<IntakeManage>,
    State(app): State<AppState>,
    Path(path): Path<BatchPath>,
    Json(body): Json<CreateRollback>,
) -> Result<Json<BatchDetail>> {
    let reason = body.reason.trim();
    if reason.is_empty() || reason.chars().count() > 500 {
        return Err(Problem::bad_input(
            "reason",
            "intake.reason",
            "请填写回滚原因（500 字以内）",
            "Say why, in at most 500 symbols",
        ));
    }
    roll_back_batch(&app.db, &app.clock, &ctx.access, BatchId(path.id), reason).await?;
    detail(&app, &ctx, path.id).await.map(Json)
}
