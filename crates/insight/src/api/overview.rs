//! `/api/overview`: the first screen after signing in.

use aide::axum::routing::get_with;
use axum::extract::State;
use web::{AppState, Json, Problem, Routes, SignedIn};

use crate::overview::{Overview, overview};

pub(super) fn routes() -> Routes {
    Routes::new().api_route(
        "/api/overview",
        get_with(get, |op| {
            op.id("get_overview")
                .tag("insight")
                .summary("The first screen: figures, stores, exceptions, as far as the reader may see them")
        }),
    )
}

async fn get(ctx: SignedIn, State(app): State<AppState>) -> web::Result<Json<Overview>> {
    if ctx.must_change_password {
        return Err(Problem::password_change_due());
    }
    let mut tx = app.db.read(&ctx.access).await?;
    let overview = overview(&mut tx, &ctx, app.clock.today()).await?;
    tx.rollback().await?;
    Ok(Json(overview))
}
