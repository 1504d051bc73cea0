//! Survivorship rules.

use aide::axum::routing::{get_with, put_with};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use web::permission::{IdentityManage, IdentityRead};
use web::{AppState, Can, Json, Path, Result, Routes};

use crate::change_survivorship::change;
use crate::queries::survivorship_rules::{Step, SurvivorshipRule, list};

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/survivorship-rules",
            get_with(list_survivorship_rules, |op| {
                op.id("list_survivorship_rules")
                    .tag("identity")
                    .summary("Which value survives, field by field")
            }),
        )
        .api_route(
            "/api/survivorship-rules/{field}",
            put_with(change_survivorship_rule, |op| {
                op.id("change_survivorship_rule").tag("identity").summary("Change the rule of one field")
            }),
        )
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct FieldPath {
    /// Code of the field.
    field: String,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct RuleChange {
    /// Criteria in order.
    order: Vec<Step>,
    /// Sources in order of trust.
    #[serde(default)]
    sources: Vec<String>,
}

async fn list_survivorship_rules(
    _ctx: Can<IdentityRead>,
    State(app): State<AppState>,
) -> Result<Json<Vec<SurvivorshipRule>>> {
    // Names of those who changed a rule are read by the house: their accounts may lie outside the caller's scope.
    let mut tx = app.db.system().await?;
    Ok(Json(list(&mut tx).await?))
}

async fn change_survivorship_rule(
    ctx: Can<IdentityManage>,
    State(app): State<AppState>,
    Path(path): Path<FieldPath>,
    Json(body): Json<RuleChange>,
) -> Result<Json<SurvivorshipRule>> {
    Ok(Json(change(&app, &ctx.access, &path.field, &body.order, &body.sources).await?))
}
