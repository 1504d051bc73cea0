//! What identity knows and does about one customer.

use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use kernel::ids::{PersonNo, RecordKey};
use schemars::JsonSchema;
use serde::Deserialize;
use web::permission::{CustomerCorrect, IdentityRead, IdentityReview};
use web::{AppState, Can, Json, Path, Result, Routes};

use super::{optional_reason, reason};
use crate::correct::{Corrected, correct};
use crate::queries::explanation::{self, Explanation};
use crate::queries::history::{self, HistoryEvent};
use crate::unmerge::{UnmergePreview, UnmergeResult, preview, unmerge};

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/persons/{no}/merge-history",
            get_with(list_merge_history, |op| {
                op.id("list_merge_history")
                    .tag("identity")
                    .summary("What became of a customer's number, newest first")
            }),
        )
        .api_route(
            "/api/persons/{no}/explanation",
            get_with(explain_person, |op| {
                op.id("explain_person")
                    .tag("identity")
                    .summary("Why a customer is one, and who nearly joined")
            }),
        )
        .api_route(
            "/api/persons/{no}/unmerge-previews",
            post_with(preview_unmerge, |op| {
                op.id("preview_unmerge")
                    .tag("identity")
                    .summary("What would happen if records left a customer")
            }),
        )
        .api_route(
            "/api/persons/{no}/unmerges",
            post_with(unmerge_person, |op| {
                op.id("unmerge_person").tag("identity").summary("Let records leave a customer, for good")
            }),
        )
        .api_route(
            "/api/persons/{no}/corrections",
            post_with(correct_person, |op| {
                op.id("correct_person")
                    .tag("identity")
                    .summary("Take down the customer's own correction of a field")
            }),
        )
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
struct PersonPath {
    /// The customer's number; a retired one leads to its heir.
    no: PersonNo,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct Leaving {
    /// Records that leave.
    record_keys: Vec<RecordKey>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct Unmerge {
    /// Records that leave.
    record_keys: Vec<RecordKey>,
    /// Why.
    reason: String,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct Correction {
    /// Field of the golden record.
    field: String,
    /// What the customer says.
    value: String,
    /// How he said so.
    reason: Option<String>,
}

async fn list_merge_history(
    ctx: Can<IdentityRead>,
    State(app): State<AppState>,
    Path(path): Path<PersonPath>,
) -> Result<Json<Vec<HistoryEvent>>> {
    Ok(Json(history::of_person(&app.db, &ctx.access, path.no).await?))
}

async fn explain_person(
    ctx: Can<IdentityRead>,
    State(app): State<AppState>,
    Path(path): Path<PersonPath>,
) -> Result<Json<Explanation>> {
    Ok(Json(explanation::of_person(&app, &ctx.access, path.no).await?))
}

async fn preview_unmerge(
    ctx: Can<IdentityReview>,
    State(app): State<AppState>,
    Path(path): Path<PersonPath>,
    Json(body): Json<Leaving>,
) -> Result<Json<UnmergePreview>> {
    Ok(Json(preview(&app, &ctx.access, path.no, &body.record_keys).await?))
}

async fn unmerge_person(
    ctx: Can<IdentityReview>,
    State(app): State<AppState>,
    Path(path): Path<PersonPath>,
    Json(body): Json<Unmerge>,
) -> Result<Json<UnmergeResult>> {
    let reason = reason(&body.reason)?;
    Ok(Json(unmerge(&app, &ctx.access, path.no, &body.record_keys, reason).await?))
}

async fn correct_person(
    ctx: Can<CustomerCorrect>,
    State(app): State<AppState>,
    Path(path): Path<PersonPath>,
    Json(body): Json<Correction>,
) -> Result<Json<Corrected>> {
    let reason = optional_reason(body.reason.as_deref())?;
    Ok(Json(correct(&app, &ctx.access, path.no, &body.field, &body.value, reason).await?))
}
