//! The log of runs, and starting one.

use aide::axum::routing::get_with;
use axum::extract::State;
use axum::response::Response;
use db::AuditEntry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::export::Cell;
use web::permission::{IdentityManage, IdentityRead};
use web::{AppState, Can, Json, Page, Problem, Query, Result, Routes};

use super::exports;
use crate::queries::identity_runs::{IdentityRun, IdentityRunFilter, RECOMPUTE, in_queue, page};

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/identity-runs",
            get_with(list_identity_runs, |op| {
                op.id("list_identity_runs").tag("identity").summary("Unification runs, newest first")
            })
            .post_with(start_identity_run, |op| {
                op.id("start_identity_run")
                    .tag("identity")
                    .summary("Ask for a unification run; one waits at most")
            }),
        )
        .api_route(
            "/api/identity-runs/export",
            get_with(export_identity_runs, |op| {
                op.id("export_identity_runs").tag("identity").summary("Export the runs as xlsx")
            }),
        )
}

/// What kind of run is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RunKind {
    /// All evidence.
    #[default]
    Full,
    /// What changed; gives the same result as a full run, and today is one.
    Incremental,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct StartRun {
    /// Which.
    kind: RunKind,
}

async fn list_identity_runs(
    _ctx: Can<IdentityRead>,
    State(app): State<AppState>,
    Query(filter): Query<IdentityRunFilter>,
) -> Result<Json<Page<IdentityRun>>> {
    let cut = filter.cut()?;
    let mut tx = app.db.system().await?;
    Ok(Json(page(&mut tx, &filter, &cut).await?))
}

async fn export_identity_runs(
    ctx: Can<IdentityRead>,
    State(app): State<AppState>,
    Query(filter): Query<IdentityRunFilter>,
) -> Result<Response> {
    let cut = exports::whole(filter.cut()?);
    let mut tx = app.db.system().await?;
    let runs = page(&mut tx, &filter, &cut).await?.rows;
    tx.rollback().await?;
    let headers = [
        "编号",
        "类型",
        "状态",
        "模型",
        "记录数",
        "客户数",
        "单位数",
        "车辆数",
        "待审核",
        "合并",
        "拆分",
        "开始时间",
        "用时(毫秒)",
    ];
    let rows: Vec<Vec<Cell>> = runs.into_iter().map(cells).collect();
    exports::workbook(&app, &ctx, "identity-runs", &headers, &rows).await
}

fn cells(run: IdentityRun) -> Vec<Cell> {
    vec![
        Cell::from(run.run_id),
        Cell::Text(run.kind),
        Cell::Text(run.state),
        Cell::Text(run.model_version),
        Cell::from(run.records),
        Cell::from(run.persons),
        Cell::from(run.companies),
        Cell::from(run.vehicles),
        Cell::from(run.review_pairs),
        Cell::from(run.joined),
        Cell::from(run.split),
        exports::text(run.started_at),
        run.took_ms.map_or(Cell::Empty, Cell::from),
    ]
}

async fn start_identity_run(
    ctx: Can<IdentityManage>,
    State(app): State<AppState>,
    Json(body): Json<StartRun>,
) -> Result<Json<IdentityRun>> {
    let mut tx = app.db.system_for(ctx.access.user_id).await?;
    let job = db::jobs::enqueue(&mut tx, RECOMPUTE, &json!({}), Some(RECOMPUTE)).await?;
    let entry = AuditEntry {
        action: "start_identity_run",
        subject_kind: "identity_run",
        subject_id: &job.map(|job| job.to_string()).unwrap_or_default(),
        store_id: None,
        reason: None,
        detail: json!({ "kind": body.kind, "already_waiting": job.is_none() }),
    };
    db::audit(&mut tx, &entry).await?;
    // The one that waits: ours, or the one asked for before.
    let queued = in_queue(&mut tx).await?.into_iter().rfind(|run| run.state == "queued");
    tx.commit().await?;
    queued.map(Json).ok_or_else(|| Problem::fault("an enqueued run is not in the queue"))
}
