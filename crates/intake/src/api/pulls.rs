//! Scheduled pulls out of outside databases.

use aide::axum::routing::{delete_with, get_with, post_with};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::StoreId;
use kernel::vocab::{Entity, Source};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::permission::{IntakeManage, SystemManage};
use web::{AppState, Can, Json, Path, Problem, Result, Routes};

use super::forms::GivenResult;
use super::listing::rfc3339;
use super::uploads::may_write;
use crate::pull_sql::pull_sql;

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/sql-pulls",
            get_with(list, |op| op.id("list_sql_pulls").tag("intake").summary("Scheduled pulls")).post_with(
                create,
                |op| {
                    op.id("create_sql_pull")
                        .tag("intake")
                        .summary("Schedule a query against an outside PostgreSQL or MySQL")
                },
            ),
        )
        .api_route(
            "/api/sql-pulls/{id}",
            delete_with(remove, |op| op.id("delete_sql_pull").tag("intake").summary("End a scheduled pull")),
        )
        .api_route(
            "/api/sql-pulls/{id}/runs",
            post_with(run, |op| op.id("create_sql_pull_run").tag("intake").summary("Run a pull now")),
        )
}

/// A scheduled pull, without its address.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
struct PullView {
    sql_pull_id: i32,
    name: String,
    query: String,
    watermark_column: Option<String>,
    watermark: String,
    store_id: Option<i32>,
    source: String,
    entity: String,
    every_minutes: i32,
    enabled: bool,
    last_run_at: Option<String>,
    last_rows: Option<i32>,
    last_error: Option<String>,
}

async fn list(ctx: Can<IntakeManage>, State(app): State<AppState>) -> Result<Json<Vec<PullView>>> {
    let mut tx = app.db.read(&ctx.access).await?;
    let rows = sqlx::query_as(concat!(
        "SELECT sql_pull_id, name, query, watermark_column, watermark, store_id, source, entity, every_minutes, enabled, ",
        rfc3339!("last_run_at"),
        " AS last_run_at, last_rows, last_error FROM sql_pull ORDER BY sql_pull_id LIMIT 500"
    ))
    .fetch_all(&mut *tx)
    .await?;
    Ok(Json(rows))
}

/// A pull to schedule.
#[derive(Debug, Deserialize, JsonSchema)]
struct CreatePull {
    name: String,
    /// `postgres://…` or `mysql://…`; kept sealed.
    url: String,
    /// A SELECT; `:watermark` stands for the highest value of the watermark column so far.
    query: String,
    watermark_column: Option<String>,
    store_id: Option<i32>,
    source: String,
    /// What the rows are.
    kind: String,
    every_minutes: i32,
}

/// An address and a query reach beyond the house, so this takes the right to run the system, too.
async fn create(
    ctx: Can<SystemManage>,
    State(app): State<AppState>,
    Json(body): Json<CreatePull>,
) -> Result<Json<PullView>> {
    let store = body.store_id.map(StoreId);
    may_write(&ctx, store)?;
    let source = Source::parse(&body.source)
        .map_err(|flaw| Problem::bad_input("source", "intake.source_needed", flaw.zh(), flaw.to_string()))?;
    let entity = Entity::parse(&body.kind)
        .map_err(|flaw| Problem::bad_input("kind", "intake.kind", flaw.zh(), flaw.to_string()))?;
    if !["postgres://", "postgresql://", "mysql://", "mariadb://"].iter().any(|p| body.url.starts_with(p)) {
        return Err(Problem::bad_input(
            "url",
            "intake.pull_url",
            "地址应以 postgres:// 或 mysql:// 开头",
            "postgres:// or mysql://",
        ));
    }
    if !(1..=10_080).contains(&body.every_minutes) {
        return Err(Problem::bad_input(
            "every_minutes",
            "intake.pull_every",
            "间隔为 1 到 10080 分钟",
            "1 to 10080 minutes",
        ));
    }
    let mut tx = app.db.write(&ctx.access).await?;
    let id: i32 = sqlx::query_scalar(
        "INSERT INTO sql_pull (name, url, query, watermark_column, store_id, source, entity, every_minutes, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         RETURNING sql_pull_id",
    )
    .bind(body.name.trim())
    .bind(app.vault.seal(db::Field::Secret, &body.url))
    .bind(&body.query)
    .bind(&body.watermark_column)
    .bind(body.store_id)
    .bind(source.code())
    .bind(entity.code())
    .bind(body.every_minutes)
    .bind(ctx.user_id.get())
    .fetch_one(&mut *tx)
    .await?;
    let entry = db::AuditEntry {
        action: "create_sql_pull",
        subject_kind: "sql_pull",
        subject_id: &id.to_string(),
        store_id: store,
        reason: None,
        detail: serde_json::json!({ "name": body.name }),
    };
    db::audit(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(Json(PullView {
        sql_pull_id: id,
        name: body.name,
        query: body.query,
        watermark_column: body.watermark_column,
        watermark: String::new(),
        store_id: body.store_id,
        source: source.code().to_owned(),
        entity: entity.code().to_owned(),
        every_minutes: body.every_minutes,
        enabled: true,
        last_run_at: None,
        last_rows: None,
        last_error: None,
    }))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct PullPath {
    id: i32,
}

async fn remove(
    ctx: Can<SystemManage>,
    State(app): State<AppState>,
    Path(path): Path<PullPath>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&ctx.access).await?;
    let gone =
        sqlx::query("DELETE FROM sql_pull WHERE sql_pull_id = $1").bind(path.id).execute(&mut *tx).await?;
    if gone.rows_affected() == 0 {
        return Err(Problem::not_found("没有这个取数任务", "No such pull"));
    }
    let entry = db::AuditEntry {
        action: "delete_sql_pull",
        subject_kind: "sql_pull",
        subject_id: &path.id.to_string(),
        store_id: None,
        reason: None,
        detail: serde_json::json!({}),
    };
    db::audit(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn run(
    ctx: Can<IntakeManage>,
    State(app): State<AppState>,
    Path(path): Path<PullPath>,
) -> Result<Json<Option<GivenResult>>> {
    let mut tx = app.db.read(&ctx.access).await?;
    let seen: Option<i32> = sqlx::query_scalar("SELECT sql_pull_id FROM sql_pull WHERE sql_pull_id = $1")
        .bind(path.id)
        .fetch_optional(&mut *tx)
        .await?;
    tx.rollback().await?;
    seen.ok_or_else(|| Problem::not_found("没有这个取数任务", "No such pull"))?;
    let loaded = pull_sql(&app.db, app.vault.clone(), app.clock.clone(), path.id).await?;
    Ok(Json(loaded.map(GivenResult::from)))
}
