//! `/api/search`: as one types.

use std::time::Instant;

use aide::axum::routing::get_with;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use web::{AppState, Can, Json, Query, Routes, permission};

use crate::search::{SearchAnswer, find};

/// Hits an answer may hold.
const HITS_MAX: i64 = 50;

pub(super) fn routes() -> Routes {
    Routes::new().api_route(
        "/api/search",
        get_with(search, |op| {
            op.id("search").tag("insight").summary(
                "Find customers and vehicles by name, pinyin, phone, plate, VIN or ID number as one types",
            )
        }),
    )
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct SearchQuery {
    /// What was typed.
    q: String,
    /// Hits wanted, 1 to 50, default 10.
    limit: Option<i64>,
}

async fn search(
    ctx: Can<permission::CustomerRead>,
    State(app): State<AppState>,
    Query(query): Query<SearchQuery>,
) -> web::Result<Json<SearchAnswer>> {
    let started = Instant::now();
    let limit = query.limit.unwrap_or(10).clamp(1, HITS_MAX);
    let mut tx = app.db.read(&ctx.access).await?;
    let hits = find(&mut tx, &ctx.access, &app.vault, &query.q, limit).await?;
    tx.rollback().await?;
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Json(SearchAnswer { hits, took_ms }))
}
