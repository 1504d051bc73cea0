//! Undoing what a person decided.

use aide::axum::routing::post_with;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::permission::IdentityReview;
use web::{AppState, Can, Json, Path, Result, Routes};

use super::reason;
use crate::undo::undo;

pub fn routes() -> Routes {
    Routes::new().api_route(
        "/api/identity-events/{event_id}/undos",
        post_with(undo_identity_event, |op| {
            op.id("undo_identity_event")
                .tag("identity")
                .summary("Take back the decision behind an event: a join or an un-merge by hand")
        }),
    )
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
struct EventPath {
    /// The event.
    event_id: i64,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct Undo {
    /// Why.
    reason: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Undone {
    /// The living customer of the event.
    person_no: String,
}

async fn undo_identity_event(
    ctx: Can<IdentityReview>,
    State(app): State<AppState>,
    Path(path): Path<EventPath>,
    Json(body): Json<Undo>,
) -> Result<Json<Undone>> {
    let reason = reason(&body.reason)?;
    let person = undo(&app, &ctx.access, path.event_id, reason).await?;
    Ok(Json(Undone { person_no: person.to_string() }))
}
