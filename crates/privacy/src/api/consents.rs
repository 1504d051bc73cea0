//! What a customer allowed.

use aide::axum::routing::get_with;
use axum::extract::State;
use kernel::ids::PersonNo;
use schemars::JsonSchema;
use serde::Deserialize;
use web::{AppState, Can, Json, Path, Problem, Routes, permission};

use crate::queries::{PersonConsents, PurposeView, Redirect, consents_of_person, purposes, survivor};

pub(super) fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/persons/{no}/consents",
            get_with(of_person, |op| {
                op.id("get_person_consents")
                    .tag("privacy")
                    .summary("What a customer allowed, by purpose; the most restrictive of his records holds")
            }),
        )
        .api_route(
            "/api/privacy/purposes",
            get_with(list_purposes, |op| {
                op.id("list_purposes")
                    .tag("privacy")
                    .summary("Purposes for which personal data are used, and their legal basis")
            }),
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
struct PersonPath {
    /// Customer number, for example `P00012345`.
    no: PersonNo,
}

async fn of_person(
    ctx: Can<permission::CustomerRead>,
    State(app): State<AppState>,
    Path(path): Path<PersonPath>,
) -> web::Result<Json<PersonConsents>> {
    let mut tx = app.db.read(&ctx.access).await?;
    let number = survivor(&app.db, &mut tx, Redirect::Person, path.no.get()).await?;
    let number = number.ok_or_else(|| {
        Problem::not_found(
            "没有这位客户,或不在您的数据范围内",
            "No such customer, or outside your data scope",
        )
    })?;
    let consents = consents_of_person(&app.db, &mut tx, &ctx.access, number).await?;
    tx.rollback().await?;
    Ok(Json(consents))
}

async fn list_purposes(
    ctx: Can<permission::CustomerRead>,
    State(app): State<AppState>,
) -> web::Result<Json<Vec<PurposeView>>> {
    let mut tx = app.db.read(&ctx.access).await?;
    let found = purposes(&mut tx).await?;
    tx.rollback().await?;
    Ok(Json(found))
}
