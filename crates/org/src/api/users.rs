//! Accounts: list, make, change, reset, unlock.

use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::ids::{EmployeeId, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::permission::{OrgManage, OrgRead};
use web::{AppState, Can, Ctx, Json, Page, Path, Query, Result, Routes};

use super::listing;
use crate::error::OrgError;
use crate::model::ScopeKind;
use crate::queries::people::{UserFilter, UserRow};
use crate::users::{self, ChangeUser, CreateUser, Grant};

pub fn routes() -> Routes {
    Routes::new()
        .api_route(
            "/api/users",
            get_with(list_users, |op| op.id("list_users").tag("org").summary("List accounts")).post_with(
                create_user,
                |op| {
                    op.id("create_user")
                        .tag("org")
                        .summary("Make an account; shows its initial password once")
                },
            ),
        )
        .api_route(
            "/api/users/export",
            get_with(export_users, |op| op.id("export_users").tag("org").summary("Export accounts as xlsx")),
        )
        .api_route(
            "/api/users/{user_id}",
            get_with(get_user, |op| op.id("get_user").tag("org").summary("One account")).put_with(
                change_user,
                |op| {
                    op.id("change_user")
                        .tag("org")
                        .summary("Change roles and scope; close or open the account")
                },
            ),
        )
        .api_route(
            "/api/users/{user_id}/password-resets",
            post_with(reset_password, |op| {
                op.id("reset_password").tag("org").summary("Give a fresh initial password; shown once")
            }),
        )
        .api_route(
            "/api/users/{user_id}/unlocks",
            post_with(unlock_user, |op| {
                op.id("unlock_user").tag("org").summary("End a lock-out").response::<204, ()>()
            }),
        )
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
struct UserPath {
    /// The account.
    user_id: i32,
}

async fn list_users(
    ctx: Can<OrgRead>,
    State(app): State<AppState>,
    Query(filter): Query<UserFilter>,
) -> Result<Json<Page<UserRow>>> {
    listing::page(&app.db, &ctx.access, &filter).await.map(Json)
}

async fn export_users(
    ctx: Can<OrgRead>,
    State(app): State<AppState>,
    Query(filter): Query<UserFilter>,
) -> Result<Response> {
    listing::export(&app.db, &ctx, &filter).await
}

async fn one_user(app: &AppState, ctx: &Ctx, user: UserId) -> Result<UserRow> {
    let only = UserFilter::only(user);
    let mut page = listing::page(&app.db, &ctx.access, &only).await?;
    Ok(page.rows.pop().ok_or(OrgError::NotFound)?)
}

async fn get_user(
    ctx: Can<OrgRead>,
    State(app): State<AppState>,
    Path(path): Path<UserPath>,
) -> Result<Json<UserRow>> {
    one_user(&app, &ctx, UserId(path.user_id)).await.map(Json)
}

/// A role to be held, and how far.
#[derive(Debug, Deserialize, JsonSchema)]
struct GrantInput {
    /// Code of the role.
    role: String,
    /// Scope, where it differs from the role's usual one.
    #[serde(default)]
    scope_kind: Option<ScopeKind>,
    /// Stores, regions or brands, as the scope asks for.
    #[serde(default)]
    scope_ids: Vec<i32>,
}

impl From<GrantInput> for Grant {
    fn from(input: GrantInput) -> Self {
        Grant { role: input.role, scope: input.scope_kind, scope_ids: input.scope_ids }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct CreateUserInput {
    /// Log-in name.
    username: String,
    /// Name of the person; the employee's when left out.
    #[serde(default)]
    name: String,
    /// The employee it belongs to.
    #[serde(default)]
    employee_id: Option<i32>,
    /// Roles, each with its scope.
    #[serde(default)]
    grants: Vec<GrantInput>,
}

/// A new account.
#[derive(Debug, Serialize, JsonSchema)]
struct CreatedUser {
    /// The account.
    user: UserRow,
    /// To be handed over once.
    initial_password: String,
}

async fn create_user(
    ctx: Can<OrgManage>,
    State(app): State<AppState>,
    Json(input): Json<CreateUserInput>,
) -> Result<Json<CreatedUser>> {
    let input = CreateUser {
        user_name: input.username,
        display_name: input.name,
        employee_id: input.employee_id.map(EmployeeId),
        grants: input.grants.into_iter().map(Grant::from).collect(),
    };
    let (user, initial_password) = users::create_user(&app.db, &ctx, &input).await?;
    Ok(Json(CreatedUser { user: one_user(&app, &ctx, user).await?, initial_password }))
}

/// Either `grants` (each role with its own scope) or `roles` with one scope for all of them.
#[derive(Debug, Deserialize, JsonSchema)]
struct UserChange {
    /// Codes of the roles to be held.
    #[serde(default)]
    roles: Option<Vec<String>>,
    /// Scope of all of them; each role's usual one when left out.
    #[serde(default)]
    scope_kind: Option<ScopeKind>,
    /// Stores, regions or brands of that scope.
    #[serde(default)]
    scope_ids: Vec<i32>,
    /// Roles, each with its own scope.
    #[serde(default)]
    grants: Option<Vec<GrantInput>>,
    /// Close or open the account.
    #[serde(default)]
    disabled: Option<bool>,
}

impl UserChange {
    /// The roles asked for; none when they are the ones held already, so that a form which only closes the account
    /// does not flatten scopes that differ from role to role.
    fn grants(self, held: &UserRow) -> Option<Vec<Grant>> {
        if let Some(grants) = self.grants {
            return Some(grants.into_iter().map(Grant::from).collect());
        }
        let mut roles = self.roles?;
        roles.sort();
        let mut ids = self.scope_ids;
        ids.sort_unstable();
        let same_scope =
            self.scope_kind.is_none_or(|kind| kind.code() == held.scope_kind && ids == held.scope_ids);
        if roles == held.roles && same_scope {
            return None;
        }
        Some(
            roles
                .into_iter()
                .map(|role| Grant { role, scope: self.scope_kind, scope_ids: ids.clone() })
                .collect(),
        )
    }
}

async fn change_user(
    ctx: Can<OrgManage>,
    State(app): State<AppState>,
    Path(path): Path<UserPath>,
    Json(input): Json<UserChange>,
) -> Result<Json<UserRow>> {
    let user = UserId(path.user_id);
    let held = one_user(&app, &ctx, user).await?;
    let disabled = input.disabled;
    let change = ChangeUser { grants: input.grants(&held), disabled };
    users::change_user(&app.db, &ctx, user, &change).await?;
    one_user(&app, &ctx, user).await.map(Json)
}

/// An initial password, shown once.
#[derive(Debug, Serialize, JsonSchema)]
struct InitialPassword {
    /// To be handed over; must be replaced at the first log-in.
    initial_password: String,
}

async fn reset_password(
    ctx: Can<OrgManage>,
    State(app): State<AppState>,
    Path(path): Path<UserPath>,
) -> Result<Json<InitialPassword>> {
    let initial_password = users::reset_password(&app.db, &ctx, UserId(path.user_id)).await?;
    Ok(Json(InitialPassword { initial_password }))
}

async fn unlock_user(
    ctx: Can<OrgManage>,
    State(app): State<AppState>,
    Path(path): Path<UserPath>,
) -> Result<StatusCode> {
    users::unlock_user(&app.db, &ctx, UserId(path.user_id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
