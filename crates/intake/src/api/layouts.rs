//! Layouts and their mapping editor.

use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Arguments;
use sqlx::postgres::PgArguments;
use sqlx::types::Json as SqlJson;
use web::permission::{IntakeManage, IntakeRead};
use web::{AppState, Can, Ctx, Json, Order, PageQuery, Path, Problem, Result, Routes};

use super::listing::{Listing, list_routes, rfc3339};
use crate::catalogue::{Field, Form};
use crate::mapping::ColumnChoice;
use crate::{Choice, get_layout, jobs, preview_layout, save_layout};

pub fn routes() -> Routes {
    list_routes!(
        LayoutFilter,
        IntakeRead,
        "/api/layouts",
        "list_layouts",
        "export_layouts",
        "Layouts: the titles of exports and what they feed"
    )
    .api_route(
        "/api/layouts/{id}",
        get_with(get_one, |op| op.id("get_layout").tag("intake").summary("One layout with its columns"))
            .put_with(put_one, |op| {
                op.id("put_layout").tag("intake").summary(
                    "Save the mapping; when it becomes active, the files that wait for it are loaded",
                )
            }),
    )
    .api_route(
        "/api/layouts/{id}/previews",
        post_with(create_preview, |op| {
            op.id("create_layout_preview")
                .tag("intake")
                .summary("Twenty rows, raw and normalised side by side")
        }),
    )
}

/// Filters of the layout list.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct LayoutFilter {
    page: Option<u32>,
    size: Option<u32>,
    sort: Option<String>,
    order: Option<Order>,
    /// Part of the layout's name.
    q: Option<String>,
    source: Option<String>,
    state: Option<String>,
}

/// One layout.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct LayoutRow {
    layout_id: i32,
    name: String,
    source: String,
    /// What its rows are.
    kind: String,
    version: i32,
    /// `draft`, `active` or `retired`.
    state: String,
    columns: i32,
    mapped: i64,
    batches: i64,
    waiting_batches: i64,
    updated_at: String,
    updated_by: Option<String>,
}

macro_rules! layout_select {
    () => {
        concat!(
            "SELECT l.layout_id, l.name, l.source, l.entity AS kind, l.version, l.state, cardinality(l.titles) AS columns,
                    (SELECT count(*) FROM jsonb_array_elements(l.columns) c WHERE c ->> 'field' IS NOT NULL) AS mapped,
                    (SELECT count(*) FROM batch b WHERE b.layout_id = l.layout_id AND b.state = 'loaded') AS batches,
                    (SELECT count(*) FROM batch b WHERE b.layout_id = l.layout_id AND b.state = 'waiting_layout') AS waiting_batches, ",
            rfc3339!("l.updated_at"),
            " AS updated_at, u.display_name AS updated_by, count(*) OVER () AS total
             FROM layout l
             LEFT JOIN app_user u ON u.user_id = l.updated_by"
        )
    };
}

impl Listing for LayoutFilter {
    type Row = LayoutRow;
    const NAME: &'static str = "layouts";
    const SQL: &'static str = concat!(
        layout_select!(),
        " WHERE ($1::text IS NULL OR l.name ILIKE '%' || $1 || '%')
            AND ($2::text IS NULL OR l.source = $2)
            AND ($3::text IS NULL OR l.state = $3)"
    );
    const SORTS: &'static [(&'static str, &'static str)] = &[
        ("layout_id", "l.layout_id"),
        ("name", "l.name"),
        ("source", "l.source"),
        ("kind", "l.entity"),
        ("version", "l.version"),
        ("state", "l.state"),
        ("updated_at", "l.updated_at"),
    ];
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("name", "名称"),
        ("source", "来源"),
        ("kind", "类型"),
        ("version", "版本"),
        ("state", "状态"),
        ("columns", "列数"),
        ("mapped", "已映射"),
        ("batches", "批次"),
        ("waiting_batches", "等待批次"),
    ];

    fn bind(&self, to: &mut PgArguments) -> std::result::Result<(), sqlx::error::BoxDynError> {
        to.add(&self.q)?;
        to.add(&self.source)?;
        to.add(&self.state)
    }

    fn cut(&self) -> PageQuery {
        PageQuery { page: self.page, size: self.size, sort: self.sort.clone(), order: self.order }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct LayoutPath {
    id: i32,
}

/// One layout with its columns.
#[derive(Debug, Serialize, JsonSchema)]
struct LayoutView {
    #[serde(flatten)]
    row: LayoutRow,
    header_row: i32,
    encoding: Option<String>,
    delimiter: Option<String>,
    columns_map: Vec<ColumnView>,
    targets: Vec<TargetField>,
}

/// One column and what it feeds.
#[derive(Debug, Serialize, JsonSchema)]
struct ColumnView {
    position: u16,
    header: String,
    field: Option<String>,
    /// `synonym` or `previous_version`; none when a person chose it.
    proposed_by: Option<String>,
    confidence: Option<f32>,
    samples: Vec<String>,
}

impl From<ColumnChoice> for ColumnView {
    fn from(c: ColumnChoice) -> Self {
        ColumnView {
            position: c.position,
            header: c.header,
            field: c.field,
            proposed_by: c.proposed_by,
            confidence: c.confidence,
            samples: c.samples,
        }
    }
}

/// A field a column may feed.
#[derive(Debug, Serialize, JsonSchema)]
struct TargetField {
    field: String,
    entity: String,
    zh: String,
    en: String,
    required: bool,
}

async fn view(app: &AppState, ctx: &Ctx, id: i32) -> Result<LayoutView> {
    let mut tx = app.db.read(&ctx.access).await?;
    let row: LayoutRow = sqlx::query_as(concat!(layout_select!(), " WHERE l.layout_id = $1"))
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| Problem::not_found("没有这个布局", "No such layout"))?;
    let stored = get_layout(&mut tx, id).await?;
    let shape: SqlJson<serde_json::Value> =
        sqlx::query_scalar("SELECT shape FROM layout WHERE layout_id = $1")
            .bind(id)
            .fetch_one(&mut *tx)
            .await?;
    tx.rollback().await?;
    let text = |key: &str| shape.0.get(key).and_then(|v| v.as_str()).map(str::to_owned);
    let form = Form::of(stored.entity);
    let required = form.required(stored.source);
    let targets = form.fields.iter().map(|(field, _)| TargetField {
        field: field.code().to_owned(),
        entity: form.entity.code().to_owned(),
        zh: field.zh().to_owned(),
        en: field.code().replace('_', " "),
        required: required.iter().any(|any| any[0] == *field),
    });
    Ok(LayoutView {
        row,
        header_row: shape.0.get("header_row").and_then(serde_json::Value::as_i64).unwrap_or(1) as i32,
        encoding: text("encoding"),
        delimiter: text("delimiter"),
        columns_map: stored.columns.into_iter().map(ColumnView::from).collect(),
        targets: targets.collect(),
    })
}

async fn get_one(
    ctx: Can<IntakeRead>,
    State(app): State<AppState>,
    Path(path): Path<LayoutPath>,
) -> Result<Json<LayoutView>> {
    view(&app, &ctx, path.id).await.map(Json)
}

/// A choice for one column.
#[derive(Debug, Deserialize, JsonSchema)]
struct ChoiceBody {
    position: u16,
    field: Option<String>,
}

/// What a person changes in a layout.
#[derive(Debug, Deserialize, JsonSchema)]
struct LayoutChange {
    columns: Vec<ChoiceBody>,
    /// `draft` or `active`.
    state: String,
}

/// Choices to preview.
#[derive(Debug, Deserialize, JsonSchema)]
struct PreviewBody {
    columns: Vec<ChoiceBody>,
}

fn choices(columns: Vec<ChoiceBody>) -> Vec<Choice> {
    columns.into_iter().map(|c| Choice { position: c.position, field: c.field }).collect()
}

async fn put_one(
    ctx: Can<IntakeManage>,
    State(app): State<AppState>,
    Path(path): Path<LayoutPath>,
    Json(body): Json<LayoutChange>,
) -> Result<Json<LayoutView>> {
    // A layout is shared by the stores of a source, so only who sees all of them may change it.
    if !ctx.access.group {
        return Err(Problem::refused(
            "intake.group_needed",
            "布局由集团统一维护",
            "Layouts are kept by the group",
        ));
    }
    let active = body.state == "active";
    save_layout(&app.db, &app.clock, &ctx.access, path.id, &choices(body.columns), active).await?;
    if active {
        jobs::release_layout(&app, path.id).await?;
    }
    view(&app, &ctx, path.id).await.map(Json)
}

/// A look at the first rows.
#[derive(Debug, Serialize, JsonSchema)]
struct LayoutPreview {
    fields: Vec<String>,
    rows: Vec<PreviewRowView>,
    missing_required: Vec<String>,
}

/// One row of it.
#[derive(Debug, Serialize, JsonSchema)]
struct PreviewRowView {
    row_no: u32,
    cells: Vec<PreviewCell>,
    quarantined: bool,
    reasons: Vec<String>,
}

/// One cell, raw and normalised.
#[derive(Debug, Serialize, JsonSchema)]
struct PreviewCell {
    raw: String,
    value: Option<String>,
    flag: String,
    note: Option<String>,
}

async fn create_preview(
    ctx: Can<IntakeRead>,
    State(app): State<AppState>,
    Path(path): Path<LayoutPath>,
    Json(body): Json<PreviewBody>,
) -> Result<Json<LayoutPreview>> {
    let preview = preview_layout(
        &app.db,
        app.vault.clone(),
        app.clock.clone(),
        &ctx.access,
        path.id,
        &choices(body.columns),
    )
    .await?;
    let lang = ctx.lang;
    let rows = preview.rows.into_iter().map(|row| PreviewRowView {
        row_no: row.row_no,
        quarantined: !row.reasons.is_empty(),
        reasons: row.reasons.into_iter().map(|(zh, en)| lang.pick(zh, en).to_owned()).collect(),
        cells: row
            .cells
            .into_iter()
            .map(|(raw, cell)| PreviewCell {
                raw,
                note: (cell.flag != kernel::Flag::Ok)
                    .then(|| lang.pick(cell.flag.zh(), cell.flag.code()).to_owned()),
                flag: cell.flag.code().to_owned(),
                value: cell.value,
            })
            .collect(),
    });
    Ok(Json(LayoutPreview {
        fields: preview.fields.iter().map(|f: &Field| f.code().to_owned()).collect(),
        rows: rows.collect(),
        missing_required: preview.missing.iter().map(|f| f.code().to_owned()).collect(),
    }))
}
