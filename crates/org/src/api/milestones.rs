//! Dates before and after which reports compare (requirement R106).

use aide::axum::routing::{get_with, put_with};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use kernel::ids::StoreId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::permission::OrgManage;
use web::{AppState, Can, Json, Page, Path, Query, Result, Routes, SignedIn};

use super::listing::{self, ready};
use crate::error::OrgError;
use crate::queries::flags::{MilestoneFilter, MilestoneRow};
use crate::trace::trace;

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/milestones",
            get_with(list_milestones, |op| op.id("list_milestones").tag("org").summary("List milestones"))
                .post_with(create_milestone, |op| {
                    op.id("create_milestone").tag("org").summary("Add a milestone")
                }),
        )
        .api_route(
            "/api/milestones/export",
            get_with(export_milestones, |op| {
                op.id("export_milestones").tag("org").summary("Export milestones as xlsx")
            }),
        )
        .api_route(
            "/api/milestones/{milestone_id}",
            put_with(change_milestone, |op| {
                op.id("change_milestone").tag("org").summary("Change a milestone").response::<204, ()>()
            })
            .delete_with(delete_milestone, |op| {
                op.id("delete_milestone").tag("org").summary("Delete a milestone").response::<204, ()>()
            }),
        )
}

async fn list_milestones(
    ctx: SignedIn,
    State(app): State<AppState>,
    Query(filter): Query<MilestoneFilter>,
) -> Result<Json<Page<MilestoneRow>>> {
    ready(&ctx)?;
    listing::page(&app.db, &ctx.access, &filter).await.map(Json)
}

async fn export_milestones(
    ctx: SignedIn,
    State(app): State<AppState>,
    Query(filter): Query<MilestoneFilter>,
) -> Result<Response> {
    ready(&ctx)?;
    listing::export(&app.db, &ctx, &filter).await
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct MilestoneInput {
    /// Store; none = the whole group.
    #[serde(default)]
    store_id: Option<i32>,
    /// What was reached.
    name: String,
    /// When.
    #[schemars(with = "String")]
    reached_on: Date,
    /// Note.
    #[serde(default)]
    note: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct MilestonePath {
    /// The milestone.
    milestone_id: i32,
}

/// A milestone just made.
#[derive(Debug, Serialize, JsonSchema)]
struct CreatedMilestone {
    /// Its number.
    milestone_id: i32,
}

async fn create_milestone(
    ctx: Can<OrgManage>,
    State(app): State<AppState>,
    Json(input): Json<MilestoneInput>,
) -> Result<Json<CreatedMilestone>> {
    let mut tx = app.db.write(&ctx.access).await?;
    let milestone_id: i32 = sqlx::query_scalar(
        "INSERT INTO milestone (store_id, name, reached_on, note) VALUES ($1, $2, $3, $4) RETURNING milestone_id",
    )
    .bind(input.store_id)
    .bind(input.name.trim())
    .bind(input.reached_on.to_sqlx())
    .bind(&input.note)
    .fetch_one(&mut *tx)
    .await
    .map_err(OrgError::from)?;
    let store = input.store_id.map(StoreId);
    trace(&mut tx, "create_milestone", "milestone", &milestone_id.to_string(), store, json!(input)).await?;
    tx.commit().await?;
    Ok(Json(CreatedMilestone { milestone_id }))
}

async fn change_milestone(
    ctx: Can<OrgManage>,
    State(app): State<AppState>,
    Path(path): Path<MilestonePath>,
    Json(input): Json<MilestoneInput>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&ctx.access).await?;
    let changed = sqlx::query(
        "UPDATE milestone SET store_id = $2, name = $3, reached_on = $4, note = $5 WHERE milestone_id = $1",
    )
    .bind(path.milestone_id)
    .bind(input.store_id)
    .bind(input.name.trim())
    .bind(input.reached_on.to_sqlx())
    .bind(&input.note)
    .execute(&mut *tx)
    .await
    .map_err(OrgError::from)?;
    if changed.rows_affected() == 0 {
        return Err(OrgError::NotFound.into());
    }
    let store = input.store_id.map(StoreId);
    trace(&mut tx, "change_milestone", "milestone", &path.milestone_id.to_string(), store, json!(input))
        .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_milestone(
    ctx: Can<OrgManage>,
    State(app): State<AppState>,
    Path(path): Path<MilestonePath>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&ctx.access).await?;
    let deleted: Option<(Option<i32>, String)> =
        sqlx::query_as("DELETE FROM milestone WHERE milestone_id = $1 RETURNING store_id, name")
            .bind(path.milestone_id)
            .fetch_optional(&mut *tx)
            .await
            .map_err(OrgError::from)?;
    let (store, name) = deleted.ok_or(OrgError::NotFound)?;
    let detail = json!({ "name": name });
    trace(
        &mut tx,
        "delete_milestone",
        "milestone",
        &path.milestone_id.to_string(),
        store.map(StoreId),
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
