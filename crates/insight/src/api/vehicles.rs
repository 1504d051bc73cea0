//! `/api/vehicles`: the list, the page, the timeline.

use aide::axum::routing::get_with;
use axum::extract::State;
use axum::response::Response;
use kernel::ids::VehicleNo;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use web::export::Cell;
use web::{AppState, Can, Json, Page, Path, Permission, Problem, Query, Routes, permission};

use super::exports::{ROWS_AT_A_TIME, check_size, leave_as_workbook, whole_list};
use crate::timeline::{Timeline, TimelineQuery, of_vehicle};
use crate::vehicles::detail::survivor_of;
use crate::vehicles::list::COLUMNS;
use crate::vehicles::{
    VehicleDetail, VehicleFilter, VehicleRow, list_vehicles, vehicle_detail, vehicle_rows,
};

pub(super) fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/vehicles",
            get_with(list, |op| {
                op.id("list_vehicles").tag("insight").summary("Vehicles within the reader's scope")
            }),
        )
        .api_route(
            "/api/vehicles/export",
            get_with(export, |op| {
                op.id("export_vehicles").tag("insight").summary("The list of vehicles as a workbook, audited")
            }),
        )
        .api_route(
            "/api/vehicles/{no}",
            get_with(detail, |op| {
                op.id("get_vehicle")
                    .tag("insight")
                    .summary("The page of a vehicle; a merged number answers with its survivor")
            }),
        )
        .api_route(
            "/api/vehicles/{no}/timeline",
            get_with(timeline, |op| {
                op.id("get_vehicle_timeline")
                    .tag("insight")
                    .summary("A vehicle's events across all systems, newest first")
            }),
        )
}

/// The vehicle in the address.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct VehiclePath {
    /// Vehicle number, for example `V00012345`.
    pub no: VehicleNo,
}

fn no_such_vehicle() -> Problem {
    Problem::not_found("没有这辆车,或不在您的数据范围内", "No such vehicle, or outside your data scope")
}

async fn list(
    ctx: Can<permission::CustomerRead>,
    State(app): State<AppState>,
    Query(filter): Query<VehicleFilter>,
) -> web::Result<Json<Page<VehicleRow>>> {
    let sorting = filter.sorting()?;
    let mut tx = app.db.read(&ctx.access).await?;
    let (vehicles, total) = list_vehicles(&mut tx, &ctx.access, &app.vault, &filter, &sorting).await?;
    let rows = vehicle_rows(&mut tx, &ctx.access, &vehicles).await?;
    tx.rollback().await?;
    Ok(Json(Page::new(rows, total, &sorting)))
}

const HEADERS: &[&str] = &[
    "车辆号",
    "VIN",
    "车牌",
    "品牌",
    "车系",
    "车型",
    "能源",
    "车主客户号",
    "车主",
    "记录数",
    "最近里程(km)",
    "最近出现",
    "上牌日期",
];

async fn export(
    ctx: Can<permission::CustomerExport>,
    State(app): State<AppState>,
    Query(filter): Query<VehicleFilter>,
) -> web::Result<Response> {
    let order = filter.order.or(if filter.sort.is_none() { Some(web::Order::Desc) } else { None });
    let sorting = whole_list(COLUMNS, filter.sort.clone(), order)?;
    let mut tx = app.db.read(&ctx.access).await?;
    let (vehicles, _) = list_vehicles(&mut tx, &ctx.access, &app.vault, &filter, &sorting).await?;
    check_size(vehicles.len())?;
    let mut cells = Vec::with_capacity(vehicles.len());
    for part in vehicles.chunks(ROWS_AT_A_TIME) {
        cells.extend(vehicle_rows(&mut tx, &ctx.access, part).await?.into_iter().map(vehicle_cells));
    }
    tx.rollback().await?;
    let filter = json!({
        "brand_id": filter.brand_id, "store_id": filter.store_id, "flag": filter.flag,
        "searched": filter.q.is_some(),
    });
    leave_as_workbook(&app, &ctx, "vehicles", filter, HEADERS, cells).await
}

fn vehicle_cells(row: VehicleRow) -> Vec<Cell> {
    vec![
        Cell::Text(row.vehicle_no.to_string()),
        row.vin_masked.into(),
        row.plate.into(),
        row.brand.into(),
        row.series.into(),
        row.model.into(),
        row.energy.into(),
        row.owner_no.map(|owner| owner.to_string()).into(),
        row.owner_name.into(),
        i64::from(row.record_count).into(),
        row.last_mileage_km.map_or(Cell::Empty, |km| i64::from(km).into()),
        row.last_seen_on.into(),
        row.registered_on.into(),
    ]
}

async fn detail(
    ctx: Can<permission::CustomerRead>,
    State(app): State<AppState>,
    Path(path): Path<VehiclePath>,
) -> web::Result<Json<VehicleDetail>> {
    let may_reveal = ctx.may(Permission::CustomerReveal);
    let mut tx = app.db.read(&ctx.access).await?;
    let vehicle = vehicle_detail(&app.db, &mut tx, &ctx.access, may_reveal, path.no).await?;
    tx.rollback().await?;
    vehicle.map(Json).ok_or_else(no_such_vehicle)
}

async fn timeline(
    ctx: Can<permission::CustomerRead>,
    State(app): State<AppState>,
    Path(path): Path<VehiclePath>,
    Query(query): Query<TimelineQuery>,
) -> web::Result<Json<Timeline>> {
    let mut tx = app.db.read(&ctx.access).await?;
    let vehicle_no = survivor_of(&app.db, &mut tx, path.no).await?.ok_or_else(no_such_vehicle)?;
    let timeline = of_vehicle(&mut tx, &ctx.access, vehicle_no, &query).await?;
    tx.rollback().await?;
    Ok(Json(timeline))
}
