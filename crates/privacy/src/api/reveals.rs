//! `POST …/reveals`: one personal value in clear, with a reason.

use aide::axum::routing::post_with;
use axum::extract::State;
use kernel::ids::{PersonNo, VehicleNo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{AppState, Can, Json, Path, Routes, permission};

use crate::reveal::{reveal_person_field, reveal_vehicle_field};

pub(super) fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/persons/{no}/reveals",
            post_with(person, |op| {
                op.id("reveal_person_field")
                    .tag("privacy")
                    .summary("One personal field of a customer in clear; the reason goes into the audit")
            }),
        )
        .api_route(
            "/api/vehicles/{no}/reveals",
            post_with(vehicle, |op| {
                op.id("reveal_vehicle_field")
                    .tag("privacy")
                    .summary("One masked field of a vehicle in clear; the reason goes into the audit")
            }),
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
struct PersonPath {
    /// Customer number, for example `P00012345`.
    no: PersonNo,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct VehiclePath {
    /// Vehicle number, for example `V00012345`.
    no: VehicleNo,
}

/// What is asked for, and why.
#[derive(Debug, Deserialize, JsonSchema)]
struct RevealRequest {
    /// `mobile`, `id_number`, `address`; of a vehicle `vin`, `engine_no`, `plate`.
    field: String,
    /// Why it is needed, 2 to 500 characters.
    #[serde(default)]
    reason: String,
}

/// The clear value.
#[derive(Debug, Serialize, JsonSchema)]
struct RevealAnswer {
    /// The field asked for.
    field: String,
    /// Its value.
    value: String,
}

async fn person(
    ctx: Can<permission::CustomerReveal>,
    State(app): State<AppState>,
    Path(path): Path<PersonPath>,
    Json(request): Json<RevealRequest>,
) -> web::Result<Json<RevealAnswer>> {
    let value = reveal_person_field(&app, &ctx, path.no, &request.field, &request.reason).await?;
    Ok(Json(RevealAnswer { field: request.field, value }))
}

async fn vehicle(
    ctx: Can<permission::CustomerReveal>,
    State(app): State<AppState>,
    Path(path): Path<VehiclePath>,
    Json(request): Json<RevealRequest>,
) -> web::Result<Json<RevealAnswer>> {
    let value = reveal_vehicle_field(&app, &ctx, path.no, &request.field, &request.reason).await?;
    Ok(Json(RevealAnswer { field: request.field, value }))
}
