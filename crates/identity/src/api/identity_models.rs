//! Models, to be looked at.

use aide::axum::routing::get_with;
use axum::extract::State;
use web::permission::IdentityRead;
use web::{AppState, Can, Json, Result, Routes};

use crate::queries::identity_models::{IdentityModel, list};

pub fn routes() -> Routes {
    Routes::new().api_route(
        "/api/identity-models",
        get_with(list_identity_models, |op| {
            op.id("list_identity_models")
                .tag("identity")
                .summary("Trained models with their weights, newest first")
        }),
    )
}

async fn list_identity_models(
    ctx: Can<IdentityRead>,
    State(app): State<AppState>,
) -> Result<Json<Vec<IdentityModel>>> {
    let mut tx = app.db.read(&ctx.access).await?;
    Ok(Json(list(&mut tx).await?))
}
