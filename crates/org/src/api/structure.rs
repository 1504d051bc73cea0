//! Stores, regions, brands, legal entities, departments, positions, business lines: read-only lists, changed
//! through the workbook of the organisation.

use aide::axum::routing::get_with;
use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use web::{AppState, Json, Page, Query, Result, Routes, SignedIn};

use super::listing::{self, Listing, ready};
use crate::error::OrgError;
use crate::queries::structure::{BrandFilter, LegalEntityFilter, RegionFilter, StoreFilter};
use crate::queries::units::{DepartmentFilter, PositionFilter};

macro_rules! list_routes {
    ($filter:ty, $path:literal, $list:literal, $export:literal, $what:literal) => {
        Routes::new()
            .api_route(
                $path,
                get_with(list::<$filter>, |op| op.id($list).tag("org").summary(concat!("List ", $what))),
            )
            .api_route(
                concat!($path, "/export"),
                get_with(export::<$filter>, |op| {
                    op.id($export).tag("org").summary(concat!("Export ", $what, " as xlsx"))
                }),
            )
    };
}

pub fn routes() -> Routes {
    Routes::new()
        .merge(list_routes!(StoreFilter, "/api/stores", "list_stores", "export_stores", "stores"))
        .merge(list_routes!(RegionFilter, "/api/regions", "list_regions", "export_regions", "regions"))
        .merge(list_routes!(BrandFilter, "/api/brands", "list_brands", "export_brands", "brands"))
        .merge(list_routes!(
            LegalEntityFilter,
            "/api/legal-entities",
            "list_legal_entities",
            "export_legal_entities",
            "legal entities"
        ))
        .merge(list_routes!(
            DepartmentFilter,
            "/api/departments",
            "list_departments",
            "export_departments",
            "departments"
        ))
        .merge(list_routes!(
            PositionFilter,
            "/api/positions",
            "list_positions",
            "export_positions",
            "positions"
        ))
        .api_route(
            "/api/business-lines",
            get_with(list_business_lines, |op| {
                op.id("list_business_lines").tag("org").summary("The eight lines of business")
            }),
        )
}

async fn list<L>(
    ctx: SignedIn,
    State(app): State<AppState>,
    Query(filter): Query<L>,
) -> Result<Json<Page<L::Row>>>
where
    L: Listing,
{
    ready(&ctx)?;
    listing::page(&app.db, &ctx.access, &filter).await.map(Json)
}

async fn export<L>(ctx: SignedIn, State(app): State<AppState>, Query(filter): Query<L>) -> Result<Response>
where
    L: Listing,
{
    ready(&ctx)?;
    listing::export(&app.db, &ctx, &filter).await
}

/// A line of business.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
struct BusinessLineRow {
    /// Code.
    code: String,
    /// Chinese name.
    name: String,
    /// English name.
    name_en: String,
}

async fn list_business_lines(
    ctx: SignedIn,
    State(app): State<AppState>,
) -> Result<Json<Vec<BusinessLineRow>>> {
    ready(&ctx)?;
    let mut tx = app.db.read(&ctx.access).await?;
    let rows = sqlx::query_as("SELECT code, name, name_en FROM business_line ORDER BY position")
        .fetch_all(&mut *tx)
        .await
        .map_err(OrgError::from)?;
    Ok(Json(rows))
}
