//! The queue of pairs and its decisions.

use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;
use web::export::Cell;
use web::permission::{IdentityRead, IdentityReview};
use web::{AppState, Can, Json, Page, Path, Query, Result, Routes};

use super::{exports, optional_reason};
use crate::IdentityError;
use crate::queries::review_pairs::{ReviewPair, ReviewPairFilter, page};
use crate::review::{Decision, decide};

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/review-pairs",
            get_with(list_review_pairs, |op| {
                op.id("list_review_pairs")
                    .tag("identity")
                    .summary("Pairs that wait for a person, and decided ones")
            }),
        )
        .api_route(
            "/api/review-pairs/export",
            get_with(export_review_pairs, |op| {
                op.id("export_review_pairs").tag("identity").summary("Export the pairs as xlsx")
            }),
        )
        .api_route(
            "/api/review-pairs/{pair_id}",
            get_with(get_review_pair, |op| op.id("get_review_pair").tag("identity").summary("One pair")),
        )
        .api_route(
            "/api/review-pairs/{pair_id}/decisions",
            post_with(decide_review_pair, |op| {
                op.id("decide_review_pair")
                    .tag("identity")
                    .summary("Decide a pair; obeyed by every later run")
            }),
        )
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
struct PairPath {
    /// The pair.
    pair_id: i64,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct PairDecision {
    /// What the person says.
    decision: Decision,
    /// Why.
    reason: Option<String>,
}

async fn list_review_pairs(
    ctx: Can<IdentityRead>,
    State(app): State<AppState>,
    Query(filter): Query<ReviewPairFilter>,
) -> Result<Json<Page<ReviewPair>>> {
    let cut = filter.cut()?;
    Ok(Json(page(&app, &ctx.access, &filter, &cut).await?))
}

async fn export_review_pairs(
    ctx: Can<IdentityRead>,
    State(app): State<AppState>,
    Query(filter): Query<ReviewPairFilter>,
) -> Result<Response> {
    let cut = exports::whole(filter.cut()?);
    let pairs = page(&app, &ctx.access, &filter, &cut).await?.rows;
    let headers = [
        "编号",
        "状态",
        "概率",
        "客户一",
        "姓名一",
        "电话一",
        "门店一",
        "客户二",
        "姓名二",
        "电话二",
        "门店二",
        "审核人",
        "审核时间",
    ];
    let rows: Vec<Vec<Cell>> = pairs.into_iter().map(cells).collect();
    exports::workbook(&app, &ctx, "review-pairs", &headers, &rows).await
}

fn cells(pair: ReviewPair) -> Vec<Cell> {
    let (left, right) = (pair.left, pair.right);
    vec![
        Cell::from(pair.pair_id),
        Cell::Text(pair.state),
        Cell::Number(pair.probability),
        Cell::Text(pair.left_person),
        Cell::from(left.name),
        Cell::from(left.mobile_masked),
        Cell::from(left.store_name),
        Cell::Text(pair.right_person),
        Cell::from(right.name),
        Cell::from(right.mobile_masked),
        Cell::from(right.store_name),
        Cell::from(pair.decided_by),
        pair.decided_at.map_or(Cell::Empty, exports::text),
    ]
}

async fn one(app: &AppState, access: &db::Access, pair_id: i64) -> Result<ReviewPair> {
    let filter = ReviewPairFilter { only: Some(pair_id), ..ReviewPairFilter::default() };
    let cut = filter.cut()?;
    let mut found = page(app, access, &filter, &cut).await?;
    Ok(found.rows.pop().ok_or(IdentityError::NoSuchPair)?)
}

async fn get_review_pair(
    ctx: Can<IdentityRead>,
    State(app): State<AppState>,
    Path(path): Path<PairPath>,
) -> Result<Json<ReviewPair>> {
    one(&app, &ctx.access, path.pair_id).await.map(Json)
}

async fn decide_review_pair(
    ctx: Can<IdentityReview>,
    State(app): State<AppState>,
    Path(path): Path<PairPath>,
    Json(body): Json<PairDecision>,
) -> Result<Json<ReviewPair>> {
    let reason = optional_reason(body.reason.as_deref())?;
    decide(&app, &ctx.access, path.pair_id, body.decision, reason).await?;
    one(&app, &ctx.access, path.pair_id).await.map(Json)
}
