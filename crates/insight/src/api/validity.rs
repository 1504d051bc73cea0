//! `/api/validity`: counts, overlap, people, runs.

use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::export::Cell;
use web::{AppState, Can, Json, Page, Problem, Query, Routes, permission};

use super::exports::{ROWS_AT_A_TIME, check_size, leave_as_workbook, whole_list};
use crate::numbers::PersonRef;
use crate::people::list::CANDIDATES_MAX;
use crate::people::{PersonRow, person_rows};
use crate::search::candidates_of_persons;
use crate::validity::model::{OverlapMatrix, ReasonView, ScopeVerdict, ValiditySummary};
use crate::validity::people::{COLUMNS, PeopleFilter, PeopleQuery, list_people};
use crate::validity::queries::verdicts_in_scope;
use crate::validity::recompute_validity::{JOB_KIND, RecomputeJob};
use crate::validity::summary;

pub(super) fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/validity/summary",
            get_with(summary, |op| {
                op.id("get_validity_summary")
                    .tag("validity")
                    .summary("Distinct valid customers of every scope the reader may count")
            }),
        )
        .api_route(
            "/api/validity/overlap",
            get_with(overlap, |op| {
                op.id("get_validity_overlap").tag("validity").summary("Customers valid at both of two stores")
            }),
        )
        .api_route(
            "/api/validity/people",
            get_with(people, |op| {
                op.id("list_validity_people")
                    .tag("validity")
                    .summary("People of a scope by verdict; with a second scope: invalid at A and valid at B")
            }),
        )
        .api_route(
            "/api/validity/people/export",
            get_with(export, |op| {
                op.id("export_validity_people")
                    .tag("validity")
                    .summary("The list of a scope's people as a workbook, audited")
            }),
        )
        .api_route(
            "/api/validity/runs",
            post_with(order_run, |op| {
                op.id("order_validity_run").tag("validity").summary("Have everybody judged again, as a job")
            }),
        )
}

async fn summary(
    ctx: Can<permission::ValidityRead>,
    State(app): State<AppState>,
) -> web::Result<Json<ValiditySummary>> {
    let mut tx = app.db.read(&ctx.access).await?;
    let summary = summary::summary(&mut tx).await?;
    tx.rollback().await?;
    Ok(Json(summary))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct OverlapQuery {
    /// Numbers of stores, separated by commas; none means the reader's largest.
    stores: Option<String>,
}

async fn overlap(
    ctx: Can<permission::ValidityRead>,
    State(app): State<AppState>,
    Query(query): Query<OverlapQuery>,
) -> web::Result<Json<OverlapMatrix>> {
    let text = query.stores.unwrap_or_default();
    let stores: Result<Vec<i32>, _> =
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::parse).collect();
    let stores = stores.map_err(|_| {
        let (zh, en) = ("门店编号应为逗号分隔的数字", "stores must be numbers separated by commas");
        Problem::bad_input("stores", "validity.bad_stores", zh, en)
    })?;
    let mut tx = app.db.read(&ctx.access).await?;
    let matrix = summary::overlap(&mut tx, &stores).await?;
    tx.rollback().await?;
    Ok(Json(matrix))
}

/// One person of a scope with his verdict there.
#[derive(Debug, Serialize, JsonSchema)]
struct ValidityPerson {
    #[serde(flatten)]
    row: PersonRow,
    /// Verdict in the scope asked for.
    verdict: String,
    /// Why.
    reasons: Vec<ReasonView>,
    /// Verdict in the second scope, if one was asked for.
    other: Option<ScopeVerdict>,
}

async fn people(
    ctx: Can<permission::ValidityRead>,
    State(app): State<AppState>,
    Query(filter): Query<PeopleFilter>,
) -> web::Result<Json<Page<ValidityPerson>>> {
    let query = filter.checked()?;
    let sorting = filter.sorting()?;
    let mut tx = app.db.read(&ctx.access).await?;
    let candidates = candidates(&mut tx, &ctx.access, &app, &filter).await?;
    let (persons, total) = list_people(&mut tx, &query, candidates.as_deref(), &sorting).await?;
    let rows = people_rows(&mut tx, &ctx.access, &query, &persons).await?;
    tx.rollback().await?;
    Ok(Json(Page::new(rows, total, &sorting)))
}

async fn candidates(
    tx: &mut db::Tx,
    access: &db::Access,
    app: &AppState,
    filter: &PeopleFilter,
) -> web::Result<Option<Vec<i32>>> {
    match filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        Some(q) => Ok(Some(candidates_of_persons(tx, access, &app.vault, q, CANDIDATES_MAX).await?)),
        None => Ok(None),
    }
}

async fn people_rows(
    tx: &mut db::Tx,
    access: &db::Access,
    query: &PeopleQuery,
    persons: &[i32],
) -> web::Result<Vec<ValidityPerson>> {
    let rows = person_rows(tx, access, persons).await?;
    let mut verdicts = verdicts_in_scope(tx, persons, query.kind, query.id).await?;
    let mut others = match query.other {
        Some((kind, id, _)) => verdicts_in_scope(tx, persons, kind, id).await?,
        None => Default::default(),
    };
    let people = rows.into_iter().filter_map(|row| {
        let number = PersonRef(row.person_no).sql();
        let verdict = verdicts.remove(&number)?;
        let other = others.remove(&number);
        Some(ValidityPerson { row, verdict: verdict.verdict, reasons: verdict.reasons, other })
    });
    Ok(people.collect())
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
    "结论",
    "原因",
    "对比范围结论",
    "对比范围原因",
];

async fn export(
    ctx: Can<permission::CustomerExport>,
    State(app): State<AppState>,
    Query(filter): Query<PeopleFilter>,
) -> web::Result<Response> {
    let query = filter.checked()?;
    let sorting = whole_list(COLUMNS, filter.sort.clone(), filter.order)?;
    let mut tx = app.db.read(&ctx.access).await?;
    let candidates = candidates(&mut tx, &ctx.access, &app, &filter).await?;
    let (persons, _) = list_people(&mut tx, &query, candidates.as_deref(), &sorting).await?;
    check_size(persons.len())?;
    let mut cells = Vec::with_capacity(persons.len());
    for part in persons.chunks(ROWS_AT_A_TIME) {
        cells.extend(people_rows(&mut tx, &ctx.access, &query, part).await?.into_iter().map(people_cells));
    }
    tx.rollback().await?;
    let filter = json!({
        "scope_kind": filter.scope_kind, "scope_id": filter.scope_id, "verdict": filter.verdict,
        "reason": filter.reason, "other_scope_kind": filter.other_scope_kind,
        "other_scope_id": filter.other_scope_id, "other_verdict": filter.other_verdict,
        "searched": filter.q.is_some(),
    });
    leave_as_workbook(&app, &ctx, "validity-people", filter, HEADERS, cells).await
}

fn people_cells(person: ValidityPerson) -> Vec<Cell> {
    let words = |reasons: &[ReasonView]| {
        Cell::Text(reasons.iter().map(|reason| reason.zh.as_str()).collect::<Vec<_>>().join("、"))
    };
    let mut cells = super::persons::person_cells(person.row);
    cells.extend([Cell::Text(person.verdict), words(&person.reasons)]);
    match person.other {
        Some(other) => {
            let reasons = words(&other.reasons);
            cells.extend([Cell::Text(other.verdict), reasons]);
        }
        None => cells.extend([Cell::Empty, Cell::Empty]),
    }
    cells
}

/// The job that was ordered.
#[derive(Debug, Serialize, JsonSchema)]
struct OrderedRun {
    /// Number of the job; none if the same run waits already.
    job_id: Option<i64>,
}

async fn order_run(
    ctx: Can<permission::ValidityManage>,
    State(app): State<AppState>,
) -> web::Result<Json<OrderedRun>> {
    let mut tx = app.db.write(&ctx.access).await?;
    let job_id = super::validity_rules::enqueue_run(&mut tx, &RecomputeJob::default()).await?;
    let entry = db::AuditEntry {
        action: "validity.recompute",
        subject_kind: "validity",
        subject_id: JOB_KIND,
        store_id: None,
        reason: None,
        detail: json!({ "job_id": job_id }),
    };
    db::audit(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(Json(OrderedRun { job_id }))
}
