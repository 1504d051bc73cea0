//! Lists that left the house; the large ones are the data administrator's alerts.

use aide::axum::routing::get_with;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use web::{AppState, Can, Json, Order, Page, PageQuery, Query, Routes, permission};

use crate::queries::{EXPORT_COLUMNS, ExportView, exports};

pub(super) fn routes() -> Routes {
    Routes::new().api_route(
        "/api/privacy/exports",
        get_with(list, |op| {
            op.id("list_exports")
                .tag("privacy")
                .summary("Lists that left the house; `large=true` shows those of more than 1,000 rows")
        }),
    )
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct ExportQuery {
    /// Only exports of more than 1,000 rows.
    large: bool,
    /// Page number from 1.
    page: Option<u32>,
    /// Rows a page, 1 to 200, default 20.
    size: Option<u32>,
    /// `at`, `rows` or `user_id`.
    sort: Option<String>,
    /// `asc` or `desc`; newest first by default.
    order: Option<Order>,
}

async fn list(
    ctx: Can<permission::AuditRead>,
    State(app): State<AppState>,
    Query(query): Query<ExportQuery>,
) -> web::Result<Json<Page<ExportView>>> {
    let order = query.order.or(if query.sort.is_none() { Some(Order::Desc) } else { None });
    let sorting =
        PageQuery { page: query.page, size: query.size, sort: query.sort, order }.checked(EXPORT_COLUMNS)?;
    let mut tx = app.db.read(&ctx.access).await?;
    let (rows, total) = exports(&mut tx, query.large, &sorting).await?;
    tx.rollback().await?;
    Ok(Json(Page::new(rows, total, &sorting)))
}
