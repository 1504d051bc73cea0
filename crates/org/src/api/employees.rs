//! Employees: a list within the caller's scope; changed through the workbook of the organisation.

use aide::axum::routing::get_with;
use axum::extract::State;
use axum::response::Response;
use web::permission::OrgRead;
use web::{AppState, Can, Json, Page, Query, Result, Routes};

use super::listing;
use crate::queries::people::{EmployeeFilter, EmployeeRow};

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/employees",
            get_with(list_employees, |op| op.id("list_employees").tag("org").summary("List employees")),
        )
        .api_route(
            "/api/employees/export",
            get_with(export_employees, |op| {
                op.id("export_employees").tag("org").summary("Export employees as xlsx")
            }),
        )
}

async fn list_employees(
    ctx: Can<OrgRead>,
    State(app): State<AppState>,
    Query(filter): Query<EmployeeFilter>,
) -> Result<Json<Page<EmployeeRow>>> {
    listing::page(&app.db, &ctx.access, &filter).await.map(Json)
}

async fn export_employees(
    ctx: Can<OrgRead>,
    State(app): State<AppState>,
    Query(filter): Query<EmployeeFilter>,
) -> Result<Response> {
    listing::export(&app.db, &ctx, &filter).await
}
