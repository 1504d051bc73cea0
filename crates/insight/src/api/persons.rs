//! `/api/persons`: the list, the 360° page, the timeline.

use aide::axum::routing::get_with;
use axum::extract::State;
use axum::response::Response;
use kernel::ids::PersonNo;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use web::export::Cell;
use web::{AppState, Can, Json, Page, Path, Permission, Problem, Query, Routes, permission};

use super::exports::{ROWS_AT_A_TIME, check_size, joined, leave_as_workbook, whole_list};
use crate::people::detail::survivor_of;
use crate::people::list::COLUMNS;
use crate::people::{PersonDetail, PersonFilter, PersonRow, list_persons, person_detail, person_rows};
use crate::timeline::{Timeline, TimelineQuery, of_person};

pub(super) fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/persons",
            get_with(list, |op| {
                op.id("list_persons").tag("insight").summary("Customers within the reader's scope")
            }),
        )
        .api_route(
            "/api/persons/export",
            get_with(export, |op| {
                op.id("export_persons").tag("insight").summary("The list of customers as a workbook, audited")
            }),
        )
        .api_route(
            "/api/persons/{no}",
            get_with(detail, |op| {
                op.id("get_person")
                    .tag("insight")
                    .summary("The 360° page of a customer; a merged number answers with its survivor")
            }),
        )
        .api_route(
            "/api/persons/{no}/timeline",
            get_with(timeline, |op| {
                op.id("get_person_timeline")
                    .tag("insight")
                    .summary("A customer's events across all systems, newest first")
            }),
        )
}

/// The customer in the address.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PersonPath {
    /// Customer number, for example `P00012345`.
    pub no: PersonNo,
}

fn no_such_person() -> Problem {
    Problem::not_found("没有这位客户,或不在您的数据范围内", "No such customer, or outside your data scope")
}

async fn list(
    ctx: Can<permission::CustomerRead>,
    State(app): State<AppState>,
    Query(filter): Query<PersonFilter>,
) -> web::Result<Json<Page<PersonRow>>> {
    let sorting = filter.sorting(None)?;
    let mut tx = app.db.read(&ctx.access).await?;
    let (persons, total) = list_persons(&mut tx, &ctx.access, &app.vault, &filter, &sorting).await?;
    let rows = person_rows(&mut tx, &ctx.access, &persons).await?;
    tx.rollback().await?;
    Ok(Json(Page::new(rows, total, &sorting)))
}

const HEADERS: &[&str] = &[
    "客户号",
    "性质",
    "姓名",
    "性别",
    "手机",
    "城市",
    "车辆数",
    "记录数",
    "门店",
    "首次出现",
    "最近出现",
    "集团有效性",
    "标记",
];

async fn export(
    ctx: Can<permission::CustomerExport>,
    State(app): State<AppState>,
    Query(filter): Query<PersonFilter>,
) -> web::Result<Response> {
    let order = filter.order.or(if filter.sort.is_none() { Some(web::Order::Desc) } else { None });
    let sorting = whole_list(COLUMNS, filter.sort.clone(), order)?;
    let mut tx = app.db.read(&ctx.access).await?;
    let (persons, _) = list_persons(&mut tx, &ctx.access, &app.vault, &filter, &sorting).await?;
    check_size(persons.len())?;
    let mut cells = Vec::with_capacity(persons.len());
    for part in persons.chunks(ROWS_AT_A_TIME) {
        cells.extend(person_rows(&mut tx, &ctx.access, part).await?.into_iter().map(person_cells));
    }
    tx.rollback().await?;
    // Which customers were looked for is part of the trace; a phone or ID number typed in is not.
    let filter = json!({
        "kind": filter.kind, "store_id": filter.store_id, "brand_id": filter.brand_id, "verdict": filter.verdict,
        "flag": filter.flag, "last_seen_from": filter.last_seen_from, "last_seen_to": filter.last_seen_to,
        "searched": filter.q.is_some(),
    });
    leave_as_workbook(&app, &ctx, "persons", filter, HEADERS, cells).await
}

pub(super) fn person_cells(row: PersonRow) -> Vec<Cell> {
    vec![
        Cell::Text(row.person_no.to_string()),
        Cell::Text(row.kind),
        row.name.into(),
        row.gender.into(),
        row.mobile_masked.into(),
        row.city.into(),
        row.vehicle_count.into(),
        i64::from(row.record_count).into(),
        joined(&row.store_names),
        row.first_seen_on.into(),
        row.last_seen_on.into(),
        row.group_verdict.into(),
        joined(&row.flags),
    ]
}

async fn detail(
    ctx: Can<permission::CustomerRead>,
    State(app): State<AppState>,
    Path(path): Path<PersonPath>,
) -> web::Result<Json<PersonDetail>> {
    let may_reveal = ctx.may(Permission::CustomerReveal);
    let mut tx = app.db.read(&ctx.access).await?;
    let person = person_detail(&app.db, &mut tx, &ctx.access, may_reveal, path.no).await?;
    tx.rollback().await?;
    person.map(Json).ok_or_else(no_such_person)
}

async fn timeline(
    ctx: Can<permission::CustomerRead>,
    State(app): State<AppState>,
    Path(path): Path<PersonPath>,
    Query(query): Query<TimelineQuery>,
) -> web::Result<Json<Timeline>> {
    let mut tx = app.db.read(&ctx.access).await?;
    let person_no = survivor_of(&app.db, &mut tx, path.no).await?.ok_or_else(no_such_person)?;
    let timeline = of_person(&mut tx, &ctx.access, person_no, &query).await?;
    tx.rollback().await?;
    Ok(Json(timeline))
}
