//! Liveness, readiness and figures for the operators' tools. None of them needs a log-in, and none
//! tells anything about a customer.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use web::AppState;

use crate::observe::Metrics;

/// `/healthz`: the process answers. `/readyz`: the database answers and is migrated. `/metrics`: Prometheus.
pub fn routes(metrics: Metrics) -> Router<AppState> {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(move || async move { metrics.render() }))
}

async fn ready(State(app): State<AppState>) -> (StatusCode, Json<Value>) {
    match app.db.ping().await {
        Ok(()) => (StatusCode::OK, Json(json!({ "ready": true }))),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                Json(json!({ "ready": false, "why": "database does not answer" })),
            )
        }
    }
}
