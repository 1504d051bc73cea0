//! The account's own pages: who am I, my password, my second factor, my language.

use aide::axum::routing::{get_with, post_with, put_with};
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{AppState, Json, Result, Routes, SignedIn};

use super::caller::LiveSession;
use super::sessions::MeAnswer;
use crate::error::OrgError;
use crate::own_account;
use crate::queries::me::{self, Me};

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/me",
            get_with(get_me, |op| op.id("get_me").tag("auth").summary("The signed-in account")),
        )
        .api_route(
            "/api/me/password",
            post_with(change_password, |op| {
                op.id("change_own_password")
                    .tag("auth")
                    .summary("Change one's password; ends one's other sessions")
            }),
        )
        .api_route(
            "/api/me/totp",
            post_with(begin_totp, |op| {
                op.id("begin_totp").tag("auth").summary("Draw a secret for one-time codes")
            })
            .put_with(confirm_totp, |op| {
                op.id("confirm_totp")
                    .tag("auth")
                    .summary("Confirm it with a first code")
                    .response::<204, ()>()
            })
            .delete_with(drop_totp, |op| {
                op.id("drop_totp").tag("auth").summary("Stop asking for one-time codes").response::<204, ()>()
            }),
        )
        .api_route(
            "/api/me/lang",
            put_with(set_lang, |op| {
                op.id("set_own_lang").tag("auth").summary("Language of the console").response::<204, ()>()
            }),
        )
}

async fn get_me(
    ctx: SignedIn,
    LiveSession(token): LiveSession,
    State(app): State<AppState>,
) -> Result<Json<Me>> {
    Ok(Json(me::get_me(&app.db, ctx.user_id, &token).await?))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ChangePassword {
    /// The one in use.
    old_password: String,
    /// The one to come.
    new_password: String,
}

async fn change_password(
    ctx: SignedIn,
    LiveSession(token): LiveSession,
    State(app): State<AppState>,
    Json(input): Json<ChangePassword>,
) -> Result<Json<MeAnswer>> {
    own_account::change_password(&app.db, &ctx, &token, &input.old_password, &input.new_password).await?;
    let me = me::get_me(&app.db, ctx.user_id, &token).await?;
    Ok(Json(MeAnswer { me }))
}

/// A secret for the authenticator app, active only after it was confirmed.
#[derive(Debug, Serialize, JsonSchema)]
struct TotpSecret {
    /// Base32, for typing.
    secret: String,
    /// For the QR code.
    otpauth_url: String,
}

async fn begin_totp(ctx: SignedIn, State(app): State<AppState>) -> Result<Json<TotpSecret>> {
    let (secret, otpauth_url) = own_account::begin_totp(&app.db, &app.vault, &ctx).await?;
    Ok(Json(TotpSecret { secret, otpauth_url }))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ConfirmTotp {
    /// Six digits of the app.
    code: String,
}

async fn confirm_totp(
    ctx: SignedIn,
    State(app): State<AppState>,
    Json(input): Json<ConfirmTotp>,
) -> Result<StatusCode> {
    own_account::confirm_totp(&app.db, &app.vault, &ctx, &input.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn drop_totp(ctx: SignedIn, State(app): State<AppState>) -> Result<StatusCode> {
    own_account::drop_totp(&app.db, &ctx).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, JsonSchema)]
struct SetLang {
    /// `zh` or `en`.
    lang: String,
}

async fn set_lang(
    ctx: SignedIn,
    State(app): State<AppState>,
    Json(input): Json<SetLang>,
) -> Result<StatusCode> {
    if !matches!(input.lang.as_str(), "zh" | "en") {
        return Err(OrgError::Unknown { what: "lang", value: input.lang }.into());
    }
    own_account::set_lang(&app.db, &ctx, &input.lang).await?;
    Ok(StatusCode::NO_CONTENT)
}
