//! Roles and the permissions they are made of.

use std::collections::BTreeSet;

use aide::axum::routing::{get_with, put_with};
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::permission::{OrgRead, RoleManage};
use web::{AppState, Can, Ctx, Json, Path, Permission, Result, Routes};

use crate::define_role::{self, Missing};
use crate::error::OrgError;
use crate::model::{Landing, RoleDefinition, ScopeKind};

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/roles",
            get_with(list_roles, |op| op.id("list_roles").tag("org").summary("All roles"))
                .post_with(create_role, |op| op.id("create_role").tag("org").summary("Make a role")),
        )
        .api_route(
            "/api/roles/{code}",
            put_with(change_role, |op| op.id("change_role").tag("org").summary("Change what a role says"))
                .delete_with(delete_role, |op| {
                    op.id("delete_role")
                        .tag("org")
                        .summary("Delete a role nobody holds")
                        .response::<204, ()>()
                }),
        )
        .api_route(
            "/api/permissions",
            get_with(list_permissions, |op| {
                op.id("list_permissions").tag("org").summary("Everything a role may allow")
            }),
        )
}

/// A role.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
struct RoleView {
    /// Code.
    code: String,
    /// Chinese name.
    name: String,
    /// English name.
    name_en: String,
    /// What it allows.
    permissions: Vec<String>,
    /// Personal fields only masked.
    masked: bool,
    /// Scope of holders for whom nothing else is said.
    scope_kind: String,
    /// First screen.
    landing: String,
    /// Shipped: can be changed, not deleted.
    built_in: bool,
    /// Holders, as far as the caller may see them.
    user_count: i64,
}

async fn views(app: &AppState, ctx: &Ctx, code: Option<&str>) -> Result<Vec<RoleView>> {
    let mut tx = app.db.read(&ctx.access).await?;
    let rows = sqlx::query_as(
        "SELECT code, name, name_en, permissions, masked, scope_kind, landing, built_in,
                (SELECT count(*) FROM user_role WHERE user_role.role_id = role.role_id) AS user_count
         FROM role
         WHERE $1::text IS NULL OR code = $1
         ORDER BY role_id",
    )
    .bind(code)
    .fetch_all(&mut *tx)
    .await
    .map_err(OrgError::from)?;
    Ok(rows)
}

async fn one_view(app: &AppState, ctx: &Ctx, code: &str) -> Result<RoleView> {
    Ok(views(app, ctx, Some(code)).await?.pop().ok_or(OrgError::NotFound)?)
}

async fn list_roles(ctx: Can<OrgRead>, State(app): State<AppState>) -> Result<Json<Vec<RoleView>>> {
    views(&app, &ctx, None).await.map(Json)
}

/// A role to be made.
#[derive(Debug, Deserialize, JsonSchema)]
struct CreateRole {
    /// Code: a lower-case letter, then letters, digits, `_`.
    code: String,
    #[serde(flatten)]
    change: RoleChange,
}

/// What a role shall say.
#[derive(Debug, Deserialize, JsonSchema)]
struct RoleChange {
    /// Chinese name.
    name: String,
    /// English name.
    #[serde(default)]
    name_en: String,
    /// What it allows.
    permissions: BTreeSet<Permission>,
    /// Personal fields only masked.
    masked: bool,
    /// First screen.
    #[serde(default)]
    landing: Landing,
    /// Scope of holders for whom nothing else is said; stays as it is when left out (a new role: own store).
    #[serde(default)]
    scope_kind: Option<ScopeKind>,
}

impl RoleChange {
    fn definition(self, code: String) -> (RoleDefinition, Option<ScopeKind>) {
        let scope = self.scope_kind;
        let definition = RoleDefinition {
            code,
            name: self.name,
            name_en: self.name_en,
            scope_kind: scope.unwrap_or(ScopeKind::Store),
            masked: self.masked,
            permissions: self.permissions,
            landing: self.landing,
        };
        (definition, scope)
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct RolePath {
    /// Code of the role.
    code: String,
}

async fn create_role(
    ctx: Can<RoleManage>,
    State(app): State<AppState>,
    Json(input): Json<CreateRole>,
) -> Result<Json<RoleView>> {
    let code = input.code.clone();
    let (definition, scope) = input.change.definition(input.code);
    define_role::define_role(&app.db, &ctx, Missing::Create, definition, scope).await?;
    one_view(&app, &ctx, &code).await.map(Json)
}

async fn change_role(
    ctx: Can<RoleManage>,
    State(app): State<AppState>,
    Path(path): Path<RolePath>,
    Json(input): Json<RoleChange>,
) -> Result<Json<RoleView>> {
    let (definition, scope) = input.definition(path.code.clone());
    define_role::define_role(&app.db, &ctx, Missing::Refuse, definition, scope).await?;
    one_view(&app, &ctx, &path.code).await.map(Json)
}

async fn delete_role(
    ctx: Can<RoleManage>,
    State(app): State<AppState>,
    Path(path): Path<RolePath>,
) -> Result<StatusCode> {
    define_role::delete_role(&app.db, &ctx, &path.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Something a role may allow.
#[derive(Debug, Serialize, JsonSchema)]
struct PermissionInfo {
    /// Code.
    code: &'static str,
    /// Chinese label.
    zh: &'static str,
    /// English label.
    en: String,
}

async fn list_permissions(_ctx: Can<OrgRead>) -> Json<Vec<PermissionInfo>> {
    let info = |permission: &Permission| PermissionInfo {
        code: permission.code(),
        zh: permission.zh(),
        en: english(permission.code()),
    };
    Json(Permission::ALL.iter().map(info).collect())
}

/// `customer.read` reads "Customer: read".
fn english(code: &str) -> String {
    let (subject, verb) = code.split_once('.').unwrap_or((code, ""));
    let mut letters = subject.chars();
    let subject: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    format!("{subject}: {verb}")
}
