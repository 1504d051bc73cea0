//! Quarantined rows: list, repair one by one or in bulk.

use std::collections::BTreeMap;

use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::types::Json as SqlJson;
use web::permission::{IntakeRead, QuarantineRepair};
use web::{AppState, Can, Ctx, Json, Order, Page, PageQuery, Path, Problem, Query, Result, Routes};

use super::listing::rfc3339;
use crate::mapping::ColumnChoice;
use crate::mask::mask_cell;
use crate::repair_rows::open_json;
use crate::rules::Rule;
use crate::{Repair, RepairFilter, repair_in_bulk, repair_row};

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/quarantine-rows",
            get_with(list, |op| {
                op.id("list_quarantine_rows").tag("intake").summary("Rows that were withheld")
            }),
        )
        .api_route(
            "/api/quarantine-rows/export",
            get_with(export, |op| {
                op.id("export_quarantine_rows").tag("intake").summary("Rows that were withheld, as xlsx")
            }),
        )
        .api_route(
            "/api/quarantine-rows/rules",
            get_with(list_rules, |op| {
                op.id("list_quarantine_rules").tag("intake").summary("Withheld rows by rule")
            }),
        )
        .api_route(
            "/api/quarantine-rows/{id}/repairs",
            post_with(create_repair, |op| {
                op.id("create_quarantine_repair")
                    .tag("intake")
                    .summary("Accept the proposal, give a value, or dismiss")
            }),
        )
        .api_route(
            "/api/quarantine-repairs",
            post_with(create_bulk_repair, |op| {
                op.id("create_bulk_repair")
                    .tag("intake")
                    .summary("Accept the proposals of many rows and replay them")
            }),
        )
}

/// Filters of the quarantine.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct QuarantineFilter {
    page: Option<u32>,
    size: Option<u32>,
    sort: Option<String>,
    order: Option<Order>,
    /// Part of the file's name.
    q: Option<String>,
    batch_id: Option<i64>,
    store_id: Option<i32>,
    source: Option<String>,
    entity: Option<String>,
    rule: Option<String>,
    /// `open`, `repaired` or `dismissed`; open ones without it.
    state: Option<String>,
    /// Only rows with (or without) a proposal.
    repairable: Option<bool>,
}

/// A quarantined row.
#[derive(Debug, Serialize, JsonSchema)]
struct QuarantineRow {
    quarantine_id: i64,
    batch_id: i64,
    file_name: String,
    store_id: Option<i32>,
    store_name: Option<String>,
    source: String,
    entity: String,
    row_no: i32,
    column: String,
    rule: String,
    reason: String,
    raw: String,
    proposal: Option<String>,
    proposal_note: Option<String>,
    state: String,
    quarantined_at: String,
    row: BTreeMap<String, String>,
}

#[derive(sqlx::FromRow)]
struct Stored {
    quarantine_id: i64,
    batch_id: i64,
    file_name: String,
    store_id: Option<i32>,
    store_name: Option<String>,
    source: String,
    entity: String,
    row_no: i32,
    column_title: Option<String>,
    rule: String,
    reason_zh: String,
    reason_en: String,
    state: String,
    quarantined_at: String,
    cells: Vec<u8>,
    proposal: Option<Vec<u8>>,
    titles: SqlJson<Vec<String>>,
    columns: Option<SqlJson<Vec<ColumnChoice>>>,
    total: i64,
}

const SORTS: &[(&str, &str)] = &[
    ("quarantine_id", "q.quarantine_id"),
    ("quarantined_at", "q.created_at"),
    ("row_no", "q.row_no"),
    ("rule", "q.rule"),
    ("file_name", "b.file_name"),
    ("store_name", "s.short_name"),
    ("source", "q.source"),
    ("entity", "q.entity"),
];

macro_rules! filtered {
    () => {
        " FROM quarantine_row q
          JOIN batch b USING (batch_id)
          LEFT JOIN layout l USING (layout_id)
          LEFT JOIN store s ON s.store_id = q.store_id
          WHERE ($1::text IS NULL OR b.file_name ILIKE '%' || $1 || '%')
            AND ($2::bigint IS NULL OR q.batch_id = $2)
            AND ($3::int IS NULL OR q.store_id = $3)
            AND ($4::text IS NULL OR q.source = $4)
            AND ($5::text IS NULL OR q.entity = $5)
            AND ($6::text IS NULL OR q.rule = $6)
            AND q.state = $7
            AND ($8::boolean IS NULL OR (q.proposal IS NOT NULL) = $8)"
    };
}

/// `repaired` on the outside, `replayed` in the table: the word says what was done.
fn stored_state(state: Option<&str>) -> &'static str {
    match state {
        Some("repaired") => "replayed",
        Some("dismissed") => "dismissed",
        _ => "open",
    }
}

async fn fetch(
    app: &AppState,
    ctx: &Ctx,
    filter: &QuarantineFilter,
    limit: i64,
    offset: i64,
    order: &str,
    id: Option<i64>,
) -> Result<(Vec<QuarantineRow>, i64)> {
    let mut tx = app.db.read(&ctx.access).await?;
    let sql = format!(
        concat!(
            "SELECT q.quarantine_id, q.batch_id, b.file_name, q.store_id, s.short_name AS store_name, q.source, q.entity,
                    q.row_no, q.column_title, q.rule, q.reason_zh, q.reason_en, q.state, ",
            rfc3339!("q.created_at"),
            " AS quarantined_at, q.cells, q.proposal, COALESCE(b.shape -> 'titles', '[]') AS titles, l.columns,
              count(*) OVER () AS total",
            filtered!(),
            " AND ($9::bigint IS NULL OR q.quarantine_id = $9) ORDER BY {} LIMIT {} OFFSET {}"
        ),
        order, limit, offset
    );
    let rows: Vec<Stored> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(&filter.q)
        .bind(filter.batch_id)
        .bind(filter.store_id)
        .bind(&filter.source)
        .bind(&filter.entity)
        .bind(&filter.rule)
        .bind(stored_state(filter.state.as_deref()))
        .bind(filter.repairable)
        .bind(id)
        .fetch_all(&mut *tx)
        .await?;
    tx.rollback().await?;
    let total = rows.first().map_or(0, |r| r.total);
    let rows = rows.into_iter().map(|stored| show(app, ctx, stored)).collect::<Result<Vec<_>>>()?;
    Ok((rows, total))
}

fn show(app: &AppState, ctx: &Ctx, stored: Stored) -> Result<QuarantineRow> {
    let cells: Vec<String> = open_json(&app.vault, &stored.cells)?;
    let proposals: BTreeMap<String, String> = match &stored.proposal {
        Some(sealed) => open_json(&app.vault, sealed)?,
        None => BTreeMap::new(),
    };
    let columns = stored.columns.map(|c| c.0).unwrap_or_default();
    let field_of = |title: &str| columns.iter().find(|c| c.header == title).and_then(|c| c.field.clone());
    let shown = |title: &str, text: &str| {
        if ctx.access.masked { mask_cell(field_of(title).as_deref(), text) } else { text.to_owned() }
    };
    let titles = stored.titles.0;
    let row: BTreeMap<String, String> = cells
        .iter()
        .enumerate()
        .map(|(i, cell)| {
            let title = titles.get(i).cloned().unwrap_or_else(|| format!("第{}列", i + 1));
            let text = shown(&title, cell);
            (title, text)
        })
        .collect();
    let column = stored.column_title.unwrap_or_default();
    let raw = row.get(&column).cloned().unwrap_or_default();
    let proposal = proposals.get(&column).map(|p| shown(&column, p));
    let proposal_note = proposal.as_ref().map(|_| {
        let vin = stored.rule == Rule::VinRepair.code();
        let (zh, en) = if vin {
            ("同车牌或发动机号的已知车架号", "the VIN known for the same plate or engine")
        } else {
            ("按规则推算，请核对", "worked out by rule; please check")
        };
        ctx.lang.pick(zh, en).to_owned()
    });
    Ok(QuarantineRow {
        quarantine_id: stored.quarantine_id,
        batch_id: stored.batch_id,
        file_name: stored.file_name,
        store_id: stored.store_id,
        store_name: stored.store_name,
        source: stored.source,
        entity: stored.entity,
        row_no: stored.row_no,
        column,
        reason: ctx.lang.pick(&stored.reason_zh, &stored.reason_en).to_owned(),
        rule: stored.rule,
        raw,
        proposal,
        proposal_note,
        state: if stored.state == "replayed" { "repaired".into() } else { stored.state },
        quarantined_at: stored.quarantined_at,
        row,
    })
}

async fn list(
    ctx: Can<IntakeRead>,
    State(app): State<AppState>,
    Query(filter): Query<QuarantineFilter>,
) -> Result<Json<Page<QuarantineRow>>> {
    let order = filter.order.or(filter.sort.is_none().then_some(Order::Desc));
    let wanted = PageQuery { page: filter.page, size: filter.size, sort: filter.sort.clone(), order };
    let cut = wanted.checked(SORTS)?;
    let by = format!("{}, q.quarantine_id", cut.order_by());
    let (rows, total) = fetch(&app, &ctx, &filter, cut.limit, cut.offset, &by, None).await?;
    Ok(Json(Page::new(rows, total, &cut)))
}

/// Rows of an export; each has to be opened.
const EXPORT_MAX: i64 = 10_000;

async fn export(
    ctx: Can<IntakeRead>,
    State(app): State<AppState>,
    Query(filter): Query<QuarantineFilter>,
) -> Result<axum::response::Response> {
    let (rows, total) = fetch(&app, &ctx, &filter, EXPORT_MAX, 0, "q.quarantine_id DESC", None).await?;
    if total > EXPORT_MAX {
        let zh = format!("一次最多导出 {EXPORT_MAX} 行，请增加筛选条件");
        return Err(Problem::refused("export.too_many_rows", zh, format!("At most {EXPORT_MAX} rows")));
    }
    let titles = ["门店", "文件", "行号", "列", "规则", "原因", "原值", "建议值", "状态"];
    let cells: Vec<Vec<web::export::Cell>> = rows
        .iter()
        .map(|r| {
            vec![
                r.store_name.clone().into(),
                r.file_name.as_str().into(),
                i64::from(r.row_no).into(),
                r.column.as_str().into(),
                r.rule.as_str().into(),
                r.reason.as_str().into(),
                r.raw.as_str().into(),
                r.proposal.clone().into(),
                r.state.as_str().into(),
            ]
        })
        .collect();
    let mut tx = app.db.write(&ctx.access).await?;
    let entry = db::AuditEntry {
        action: "export_list",
        subject_kind: "quarantine_rows",
        subject_id: "",
        store_id: None,
        reason: None,
        detail: serde_json::json!({ "rows": rows.len() }),
    };
    db::audit(&mut tx, &entry).await?;
    tx.commit().await?;
    let now = kernel::clock::shanghai_time(ctx.now).strftime("%Y-%m-%d %H:%M").to_string();
    web::export::xlsx("quarantine-rows", &titles, &cells, &format!("{} {now}", ctx.user_name))
}

/// Rows held by one rule.
#[derive(Debug, Serialize, JsonSchema)]
struct RuleRows {
    rule: String,
    zh: String,
    en: String,
    rows: i64,
    repairable: i64,
}

async fn list_rules(
    ctx: Can<IntakeRead>,
    State(app): State<AppState>,
    Query(filter): Query<QuarantineFilter>,
) -> Result<Json<Vec<RuleRows>>> {
    let mut tx = app.db.read(&ctx.access).await?;
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(concat!(
        "SELECT q.rule, count(*), count(q.proposal)",
        filtered!(),
        " GROUP BY q.rule ORDER BY 2 DESC, 1"
    ))
    .bind(&filter.q)
    .bind(filter.batch_id)
    .bind(filter.store_id)
    .bind(&filter.source)
    .bind(&filter.entity)
    .bind(&filter.rule)
    .bind(stored_state(filter.state.as_deref()))
    .bind(filter.repairable)
    .fetch_all(&mut *tx)
    .await?;
    tx.rollback().await?;
    let named = |(rule, rows, repairable): (String, i64, i64)| {
        let known = Rule::ALL.iter().find(|r| r.code() == rule);
        let (zh, en) = known.map_or((rule.clone(), rule.clone()), |r| (r.zh().to_owned(), r.en().to_owned()));
        RuleRows { rule, zh, en, rows, repairable }
    };
    Ok(Json(rows.into_iter().map(named).collect()))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct RowPath {
    id: i64,
}

/// What to do with a row; an empty body accepts the proposal.
#[derive(Debug, Deserialize, JsonSchema)]
struct RepairBody {
    value: Option<String>,
    dismiss: Option<bool>,
    reason: Option<String>,
}

async fn create_repair(
    ctx: Can<QuarantineRepair>,
    State(app): State<AppState>,
    Path(path): Path<RowPath>,
    Json(body): Json<RepairBody>,
) -> Result<Json<QuarantineRow>> {
    let repair = match (body.dismiss, body.value) {
        (Some(true), _) => Repair::Dismiss,
        (_, Some(value)) => Repair::Value(value),
        _ => Repair::Accept,
    };
    repair_row(
        &app.db,
        app.vault.clone(),
        app.clock.clone(),
        &ctx.access,
        path.id,
        &repair,
        body.reason.as_deref(),
    )
    .await?;
    for state in ["repaired", "dismissed", "open"] {
        let filter = QuarantineFilter {
            page: None,
            size: None,
            sort: None,
            order: None,
            q: None,
            batch_id: None,
            store_id: None,
            source: None,
            entity: None,
            rule: None,
            state: Some(state.to_owned()),
            repairable: None,
        };
        let (rows, _) = fetch(&app, &ctx, &filter, 1, 0, "q.quarantine_id", Some(path.id)).await?;
        if let Some(row) = rows.into_iter().next() {
            return Ok(Json(row));
        }
    }
    Err(Problem::not_found("没有这一行", "No such row"))
}

/// Which rows to repair.
#[derive(Debug, Deserialize, JsonSchema)]
struct BulkRepair {
    ids: Option<Vec<i64>>,
    filter: Option<BulkFilter>,
}

/// Narrows a bulk repair.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct BulkFilter {
    batch_id: Option<i64>,
    rule: Option<String>,
    source: Option<String>,
    store_id: Option<i32>,
}

/// What a bulk repair did.
#[derive(Debug, Serialize, JsonSchema)]
struct BulkRepairResult {
    repaired: u64,
    still_open: u64,
}

async fn create_bulk_repair(
    ctx: Can<QuarantineRepair>,
    State(app): State<AppState>,
    Json(body): Json<BulkRepair>,
) -> Result<Json<BulkRepairResult>> {
    if body.ids.is_none() && body.filter.is_none() {
        return Err(Problem::bad_input(
            "filter",
            "intake.filter_needed",
            "请选择要修复的行",
            "Say which rows",
        ));
    }
    let narrow = body.filter.unwrap_or_default();
    let filter = RepairFilter {
        ids: body.ids,
        batch: narrow.batch_id,
        rule: narrow.rule,
        source: narrow.source,
        store: narrow.store_id,
    };
    let done = repair_in_bulk(&app.db, app.vault.clone(), app.clock.clone(), &ctx.access, &filter).await?;
    Ok(Json(BulkRepairResult { repaired: done.repaired, still_open: done.still_open }))
}
