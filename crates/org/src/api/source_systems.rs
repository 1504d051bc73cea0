//! Which system ran in which store from when to when (requirement R015).

use aide::axum::routing::{get_with, put_with};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use kernel::ids::StoreId;
use kernel::vocab::Source;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use web::permission::OrgManage;
use web::{AppState, Can, Json, Page, Path, Query, Result, Routes, SignedIn};

use super::listing::{self, ready};
use crate::error::OrgError;
use crate::queries::flags::{SourceSystemFilter, SourceSystemRow};
use crate::trace::trace;

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/source-systems",
            get_with(list_source_systems, |op| {
                op.id("list_source_systems").tag("org").summary("Which system ran in which store, and when")
            }),
        )
        .api_route(
            "/api/source-systems/export",
            get_with(export_source_systems, |op| {
                op.id("export_source_systems").tag("org").summary("Export them as xlsx")
            }),
        )
        .api_route(
            "/api/source-systems/{store_id}/{source}",
            put_with(set_source_system, |op| {
                op.id("set_source_system")
                    .tag("org")
                    .summary("Say when a system went live and was retired")
                    .response::<204, ()>()
            }),
        )
}

async fn list_source_systems(
    ctx: SignedIn,
    State(app): State<AppState>,
    Query(filter): Query<SourceSystemFilter>,
) -> Result<Json<Page<SourceSystemRow>>> {
    ready(&ctx)?;
    listing::page(&app.db, &ctx.access, &filter).await.map(Json)
}

async fn export_source_systems(
    ctx: SignedIn,
    State(app): State<AppState>,
    Query(filter): Query<SourceSystemFilter>,
) -> Result<Response> {
    ready(&ctx)?;
    listing::export(&app.db, &ctx, &filter).await
}

#[derive(Debug, Deserialize, JsonSchema)]
struct SystemPath {
    /// Store.
    store_id: i32,
    /// `dms`, `erp`, `insurance`, `used_car`, `paper`, `wecom` or `hr`.
    source: Source,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Period {
    /// First day; none takes the system out of the store.
    #[schemars(with = "Option<String>")]
    live_from: Option<Date>,
    /// Last day; none = runs still.
    #[schemars(with = "Option<String>")]
    live_to: Option<Date>,
}

async fn set_source_system(
    ctx: Can<OrgManage>,
    State(app): State<AppState>,
    Path(path): Path<SystemPath>,
    Json(input): Json<Period>,
) -> Result<StatusCode> {
    if input.live_from.zip(input.live_to).is_some_and(|(from, to)| to < from) {
        let (zh, en) = ("停用日期不能早于上线日期", "The last day is before the first");
        return Err(OrgError::Invalid { field: "live_to", zh, en }.into());
    }
    let mut tx = app.db.write(&ctx.access).await?;
    // The latest period is the one that is edited; earlier ones of the same system stay.
    sqlx::query(
        "DELETE FROM source_system
         WHERE store_id = $1 AND source = $2
           AND live_from = (SELECT max(live_from) FROM source_system WHERE store_id = $1 AND source = $2)",
    )
    .bind(path.store_id)
    .bind(path.source.code())
    .execute(&mut *tx)
    .await
    .map_err(OrgError::from)?;
    if let Some(from) = input.live_from {
        sqlx::query(
            "INSERT INTO source_system (store_id, source, live_from, live_to) VALUES ($1, $2, $3, $4)",
        )
        .bind(path.store_id)
        .bind(path.source.code())
        .bind(from.to_sqlx())
        .bind(input.live_to.map(|day| day.to_sqlx()))
        .execute(&mut *tx)
        .await
        .map_err(OrgError::from)?;
    }
    let store = StoreId(path.store_id);
    let detail = json!({ "source": path.source, "live_from": input.live_from, "live_to": input.live_to });
    trace(&mut tx, "set_source_system", "store", &store.to_string(), Some(store), detail).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
