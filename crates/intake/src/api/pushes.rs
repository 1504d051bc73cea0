//! HTTP push with an API key, and the keys.

use aide::OperationInput;
use aide::axum::routing::{delete_with, get_with, post_with};
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use jiff_sqlx::ToSqlx;
use kernel::StoreId;
use kernel::vocab::{Entity, Source};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::ctx::PERMISSION_EXTENSION;
use web::permission::IntakeManage;
use web::{AppState, Can, Json, Path, Problem, Result, Routes};

use super::forms::GivenResult;
use super::listing::rfc3339;
use super::uploads::may_write;
use crate::load::{Origin, Way};
use crate::push_rows::{GivenRows, PushKey, load_rows, make_push_key, open_push_key};
use crate::{IntakeError, Refusal};

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/pushes",
            post_with(create_push, |op| {
                op.id("create_push")
                    .tag("intake")
                    .summary("Push rows with an API key (authorization: Bearer fcp_…)")
            }),
        )
        .api_route(
            "/api/push-keys",
            get_with(list_keys, |op| {
                op.id("list_push_keys").tag("intake").summary("Keys of outside systems")
            })
            .post_with(create_key, |op| {
                op.id("create_push_key").tag("intake").summary("Make a key; it is shown this once")
            }),
        )
        .api_route(
            "/api/push-keys/{id}",
            delete_with(revoke_key, |op| op.id("revoke_push_key").tag("intake").summary("Revoke a key")),
        )
}

/// Rows of a push.
#[derive(Debug, Deserialize, JsonSchema)]
struct CreatePush {
    /// Objects of titles (or field codes) and values.
    rows: Vec<serde_json::Value>,
}

/// The key itself says who is asking; a session is not needed. Checked before the body is read: nobody without a key
/// learns what a push looks like, or makes the server parse one.
struct KeyHolder(PushKey);

impl FromRequestParts<AppState> for KeyHolder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = header.and_then(|value| value.strip_prefix("Bearer "));
        let key = key.ok_or_else(|| Problem::from(IntakeError::from(Refusal::UnknownKey)))?;
        Ok(KeyHolder(open_push_key(&app.db, &app.clock, key).await?))
    }
}

impl OperationInput for KeyHolder {
    fn operation_input(_ctx: &mut GenContext, operation: &mut Operation) {
        operation.extensions.insert(PERMISSION_EXTENSION.into(), "push-key".into());
    }
}

async fn create_push(
    KeyHolder(opened): KeyHolder,
    State(app): State<AppState>,
    Json(body): Json<CreatePush>,
) -> Result<Json<GivenResult>> {
    let rows = GivenRows::from_objects(&body.rows)?;
    let origin = Origin {
        store: opened.store,
        source: opened.source,
        entity: Some(opened.entity),
        way: Way::Push,
        file_name: format!("push by key {}", opened.push_key_id),
        sha256: [0; 32],
        bytes: 0,
        period_on: None,
        user: None,
        kept_path: None,
    };
    Ok(Json(load_rows(&app.db, app.vault.clone(), app.clock.clone(), origin, rows).await?.into()))
}

/// A key without its secret.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
struct PushKeyView {
    push_key_id: i32,
    name: String,
    store_id: Option<i32>,
    source: String,
    entity: String,
    created_at: String,
    last_used_at: Option<String>,
    revoked_at: Option<String>,
}

async fn list_keys(ctx: Can<IntakeManage>, State(app): State<AppState>) -> Result<Json<Vec<PushKeyView>>> {
    let mut tx = app.db.read(&ctx.access).await?;
    let rows = sqlx::query_as(concat!(
        "SELECT push_key_id, name, store_id, source, entity, ",
        rfc3339!("created_at"),
        " AS created_at, ",
        rfc3339!("last_used_at"),
        " AS last_used_at, ",
        rfc3339!("revoked_at"),
        " AS revoked_at FROM push_key ORDER BY push_key_id DESC LIMIT 500"
    ))
    .fetch_all(&mut *tx)
    .await?;
    Ok(Json(rows))
}

/// A key to make.
#[derive(Debug, Deserialize, JsonSchema)]
struct CreateKey {
    name: String,
    store_id: Option<i32>,
    source: String,
    /// What the rows are.
    kind: String,
}

/// A key that was made.
#[derive(Debug, Serialize, JsonSchema)]
struct MadeKey {
    push_key_id: i32,
    /// Shown this once.
    key: String,
}

async fn create_key(
    ctx: Can<IntakeManage>,
    State(app): State<AppState>,
    Json(body): Json<CreateKey>,
) -> Result<Json<MadeKey>> {
    let store = body.store_id.map(StoreId);
    may_write(&ctx, store)?;
    let source = Source::parse(&body.source)
        .map_err(|flaw| Problem::bad_input("source", "intake.source_needed", flaw.zh(), flaw.to_string()))?;
    let entity = Entity::parse(&body.kind)
        .map_err(|flaw| Problem::bad_input("kind", "intake.kind", flaw.zh(), flaw.to_string()))?;
    let name = body.name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Problem::bad_input("name", "intake.key_name", "请填写名称", "Give it a name"));
    }
    let (push_key_id, key) =
        make_push_key(&app.db, &app.clock, &ctx.access, name, store, source, entity).await?;
    Ok(Json(MadeKey { push_key_id, key }))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct KeyPath {
    id: i32,
}

async fn revoke_key(
    ctx: Can<IntakeManage>,
    State(app): State<AppState>,
    Path(path): Path<KeyPath>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&ctx.access).await?;
    let revoked =
        sqlx::query("UPDATE push_key SET revoked_at = $2 WHERE push_key_id = $1 AND revoked_at IS NULL")
            .bind(path.id)
            .bind(ctx.now.to_sqlx())
            .execute(&mut *tx)
            .await?;
    if revoked.rows_affected() == 0 {
        return Err(Problem::not_found("没有这个密钥", "No such key"));
    }
    let entry = db::AuditEntry {
        action: "revoke_push_key",
        subject_kind: "push_key",
        subject_id: &path.id.to_string(),
        store_id: None,
        reason: None,
        detail: serde_json::json!({}),
    };
    db::audit(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
