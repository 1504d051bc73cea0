//! Shared values.

use aide::axum::routing::get_with;
use axum::extract::State;
use axum::response::Response;
use web::export::Cell;
use web::permission::IdentityRead;
use web::{AppState, Can, Json, Page, Query, Result, Routes};

use super::exports::{self, number};
use crate::queries::super_nodes::{SuperNode, SuperNodeFilter, page};

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/super-nodes",
            get_with(list_super_nodes, |op| {
                op.id("list_super_nodes").tag("identity").summary("Phones and addresses many names share")
            }),
        )
        .api_route(
            "/api/super-nodes/export",
            get_with(export_super_nodes, |op| {
                op.id("export_super_nodes").tag("identity").summary("Export the shared values as xlsx")
            }),
        )
}

async fn list_super_nodes(
    ctx: Can<IdentityRead>,
    State(app): State<AppState>,
    Query(filter): Query<SuperNodeFilter>,
) -> Result<Json<Page<SuperNode>>> {
    let cut = filter.cut()?;
    let mut tx = app.db.read(&ctx.access).await?;
    Ok(Json(page(&mut tx, &filter, &cut).await?))
}

async fn export_super_nodes(
    ctx: Can<IdentityRead>,
    State(app): State<AppState>,
    Query(filter): Query<SuperNodeFilter>,
) -> Result<Response> {
    let cut = exports::whole(filter.cut()?);
    let mut tx = app.db.read(&ctx.access).await?;
    let nodes = page(&mut tx, &filter, &cut).await?.rows;
    tx.rollback().await?;
    let headers = ["类型", "值", "角色", "不同姓名", "记录数", "门店数", "最早", "最近"];
    let rows: Vec<Vec<Cell>> = nodes.into_iter().map(cells).collect();
    exports::workbook(&app, &ctx, "super-nodes", &headers, &rows).await
}

fn cells(node: SuperNode) -> Vec<Cell> {
    vec![
        Cell::Text(node.kind),
        Cell::Text(node.value_masked),
        Cell::Text(node.role),
        number(node.distinct_names),
        number(node.records),
        number(node.stores),
        node.first_seen_on.map_or(Cell::Empty, exports::text),
        node.last_seen_on.map_or(Cell::Empty, exports::text),
    ]
}
