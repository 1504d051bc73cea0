//! Logging in and out.

use aide::axum::routing::{delete_with, post_with};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{AppState, Json, Problem, Result, Routes, SignedIn};

use super::caller::{Caller, LiveSession};
use crate::error::OrgError;
use crate::queries::me::{self, Me};
use crate::session;
use crate::sign_in::{self, SignIn};

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/sessions",
            post_with(create_session, |op| {
                op.id("create_session")
                    .tag("auth")
                    .summary("Log in; sets the session cookie")
                    .response::<200, Json<MeAnswer>>()
                    .response::<401, Problem>()
                    .response::<429, Problem>()
            }),
        )
        .api_route(
            "/api/sessions/current",
            delete_with(end_session, |op| {
                op.id("end_session")
                    .tag("auth")
                    .summary("Log out; takes the cookie away")
                    .response::<204, ()>()
            }),
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
struct CreateSession {
    /// Log-in name.
    username: String,
    /// Password.
    password: String,
    /// One-time code, for accounts that use one.
    #[serde(default)]
    totp: Option<String>,
}

/// The account after a change of its own.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MeAnswer {
    /// The signed-in account.
    pub me: Me,
}

async fn create_session(
    State(app): State<AppState>,
    caller: Caller,
    Json(input): Json<CreateSession>,
) -> Result<Response> {
    let try_in = SignIn {
        user_name: input.username,
        password: input.password,
        totp: input.totp,
        address: caller.address,
        user_agent: caller.user_agent,
    };
    let signed_in = sign_in::sign_in(&app.db, &app.vault, app.clock.now(), &try_in).await?;
    let me = me::get_me(&app.db, signed_in.user_id, &signed_in.token).await?;
    let cookie = signed_in.token.cookie(app.secure_cookies);
    with_cookie((StatusCode::OK, Json(MeAnswer { me })).into_response(), &cookie)
}

async fn end_session(
    _ctx: SignedIn,
    State(app): State<AppState>,
    LiveSession(token): LiveSession,
) -> Result<Response> {
    let ended = sqlx::query("DELETE FROM session WHERE token_hash = $1")
        .bind(token.stored_hash())
        .execute(app.db.worker_pool())
        .await;
    ended.map_err(OrgError::from)?;
    with_cookie(StatusCode::NO_CONTENT.into_response(), &session::removed_cookie(app.secure_cookies))
}

fn with_cookie(mut response: Response, cookie: &str) -> Result<Response> {
    let value = HeaderValue::from_str(cookie).map_err(Problem::fault)?;
    response.headers_mut().insert(header::SET_COOKIE, value);
    Ok(response)
}
