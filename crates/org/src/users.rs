//! Accounts made and changed by those who look after them.
//!
//! Whom one may touch is decided by row-level security: the account is first read in the caller's own scope. What
//! one may give is decided by [`rules::may_change`]. The writing itself runs as the house, because secrets and the
//! count of administrators are closed to people, and names the caller in the audit.

use db::Db;
use jiff_sqlx::ToSqlx as _;
use kernel::ids::{EmployeeId, UserId};
use serde_json::json;
use sqlx::PgConnection;
use web::Ctx;

use crate::error::OrgError;
use crate::model::{self, PasswordKind, ScopeKind};
use crate::own_account;
use crate::password::{self, Stored};
use crate::rules::{self, Rights};
use crate::sign_in::INITIAL_LASTS;
use crate::store;
use crate::trace::trace_user;

/// A role to be held, and how far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Code of the role.
    pub role: String,
    /// Scope, where it differs from the role's usual one.
    pub scope: Option<ScopeKind>,
    /// Stores, regions or brands, as the scope asks for.
    pub scope_ids: Vec<i32>,
}

/// A new account.
#[derive(Debug, Clone)]
pub struct CreateUser {
    /// Log-in name.
    pub user_name: String,
    /// Name of the person; the employee's when empty.
    pub display_name: String,
    /// The employee it belongs to.
    pub employee_id: Option<EmployeeId>,
    /// Roles.
    pub grants: Vec<Grant>,
}

/// A change of an account. `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct ChangeUser {
    /// Roles.
    pub grants: Option<Vec<Grant>>,
    /// Closed or open.
    pub disabled: Option<bool>,
}

/// What the caller may give.
pub fn rights_of_caller(ctx: &Ctx) -> Rights {
    Rights { access: ctx.access.clone(), permissions: ctx.permissions.clone() }
}

/// Makes an account; answers with its number and initial password.
///
/// # Errors
/// [`OrgError::Invalid`], [`OrgError::Exists`], [`OrgError::Grant`], [`OrgError::NotFound`] for an employee outside
/// the caller's scope.
pub async fn create_user(db: &Db, ctx: &Ctx, input: &CreateUser) -> Result<(UserId, String), OrgError> {
    let (zh, en) = ("登录账号只能包含字母、数字和 . - _ @", "Letters, digits and . - _ @ only");
    let name = model::user_name(&input.user_name).ok_or(OrgError::Invalid { field: "username", zh, en })?;
    let employee = employee_in_scope(db, ctx, input.employee_id).await?;
    let display =
        if input.display_name.trim().is_empty() { employee.name } else { input.display_name.trim().into() };
    if display.is_empty() {
        let (zh, en) = ("请填写姓名", "Give a name");
        return Err(OrgError::Invalid { field: "name", zh, en });
    }
    let password = password::draw_initial()?;
    let stored = Stored { kind: PasswordKind::Initial, hash: password::hash_initial(&password)? };
    let mut tx = db.system_for(ctx.user_id).await?;
    let user: Option<i32> = sqlx::query_scalar(
        "INSERT INTO app_user (user_name, display_name, employee_id, store_id, created_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING
         RETURNING user_id",
    )
    .bind(&name)
    .bind(&display)
    .bind(input.employee_id.map(EmployeeId::get))
    .bind(employee.store_id)
    .bind(ctx.now.to_sqlx())
    .fetch_optional(&mut *tx)
    .await?;
    let user = UserId(user.ok_or_else(|| OrgError::Exists(name.clone()))?);
    store::set_password(&mut tx, user, &stored, ctx.now, Some(ctx.now + INITIAL_LASTS)).await?;
    replace_grants(&mut tx, user, &input.grants).await?;
    let after = store::rights_of(&mut tx, user).await?;
    rules::covers(&rights_of_caller(ctx), &after)?;
    trace_user(&mut tx, "create_user", user, json!({ "user_name": name, "roles": roles(&input.grants) }))
        .await?;
    tx.commit().await?;
    Ok((user, password))
}

#[derive(sqlx::FromRow, Default)]
struct EmployeeHome {
    name: String,
    store_id: Option<i32>,
}

async fn employee_in_scope(
    db: &Db,
    ctx: &Ctx,
    employee: Option<EmployeeId>,
) -> Result<EmployeeHome, OrgError> {
    let Some(employee) = employee else {
        // An account of nobody belongs to the head office.
        return if ctx.access.group { Ok(EmployeeHome::default()) } else { Err(OrgError::NotFound) };
    };
    let mut tx = db.read(&ctx.access).await?;
    let home =
        sqlx::query_as("SELECT name, store_id FROM employee WHERE employee_id = $1 AND left_on IS NULL")
            .bind(employee.get())
            .fetch_one(&mut *tx)
            .await?;
    Ok(home)
}

fn roles(grants: &[Grant]) -> Vec<&str> {
    grants.iter().map(|grant| grant.role.as_str()).collect()
}

/// Refuses accounts outside the caller's scope as if they did not exist.
async fn require_in_scope(db: &Db, ctx: &Ctx, user: UserId) -> Result<(), OrgError> {
    let mut tx = db.read(&ctx.access).await?;
    sqlx::query("SELECT 1 FROM app_user WHERE user_id = $1").bind(user.get()).fetch_one(&mut *tx).await?;
    Ok(())
}

/// Changes roles, or closes or opens an account. A closed account's sessions end at once.
///
/// # Errors
/// [`OrgError::NotFound`], [`OrgError::Grant`], [`OrgError::LastAdministrator`], [`OrgError::Unknown`].
pub async fn change_user(db: &Db, ctx: &Ctx, user: UserId, change: &ChangeUser) -> Result<(), OrgError> {
    require_in_scope(db, ctx, user).await?;
    let mut tx = db.system_for(ctx.user_id).await?;
    let was_disabled: bool =
        sqlx::query_scalar("SELECT state = 'disabled' FROM app_user WHERE user_id = $1 FOR UPDATE")
            .bind(user.get())
            .fetch_one(&mut *tx)
            .await?;
    let before = store::rights_of(&mut tx, user).await?;
    if let Some(grants) = &change.grants {
        replace_grants(&mut tx, user, grants).await?;
    }
    let after = store::rights_of(&mut tx, user).await?;
    let giver = rights_of_caller(ctx);
    rules::may_change(&giver, &before, &after)?;
    let disabled = change.disabled.unwrap_or(was_disabled);
    if was_disabled && !disabled {
        // Opening gives everything the account holds.
        rules::covers(&giver, &after)?;
    }
    if disabled != was_disabled {
        set_disabled(&mut tx, user, disabled).await?;
    }
    let was_administrator = rules::is_administrator(&before) && !was_disabled;
    if was_administrator && (disabled || !rules::is_administrator(&after)) {
        store::require_administrator(&mut tx).await?;
    }
    let detail = json!({ "roles": change.grants.as_deref().map(roles), "disabled": change.disabled });
    trace_user(&mut tx, "change_user", user, detail).await?;
    Ok(tx.commit().await?)
}

/// Closes or opens an account; closing ends its sessions.
pub async fn set_disabled(tx: &mut PgConnection, user: UserId, disabled: bool) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE app_user SET state = CASE WHEN $2 THEN 'disabled' ELSE 'active' END WHERE user_id = $1",
    )
    .bind(user.get())
    .bind(disabled)
    .execute(&mut *tx)
    .await?;
    if disabled {
        store::end_sessions(tx, user, None).await?;
    }
    Ok(())
}

/// Gives the account a fresh initial password, ends its sessions, takes its second factor: for who forgot both.
/// Whoever can do this can become the account, so he must have all it has.
///
/// # Errors
/// [`OrgError::NotFound`], [`OrgError::Grant`].
pub async fn reset_password(db: &Db, ctx: &Ctx, user: UserId) -> Result<String, OrgError> {
    require_in_scope(db, ctx, user).await?;
    let password = password::draw_initial()?;
    let stored = Stored { kind: PasswordKind::Initial, hash: password::hash_initial(&password)? };
    let mut tx = db.system_for(ctx.user_id).await?;
    let theirs = store::rights_of(&mut tx, user).await?;
    rules::covers(&rights_of_caller(ctx), &theirs)?;
    store::set_password(&mut tx, user, &stored, ctx.now, Some(ctx.now + INITIAL_LASTS)).await?;
    own_account::forget_totp(&mut tx, user).await?;
    store::end_sessions(&mut tx, user, None).await?;
    trace_user(&mut tx, "reset_password", user, json!({})).await?;
    tx.commit().await?;
    Ok(password)
}

/// Ends a lock-out before its time.
///
/// # Errors
/// [`OrgError::NotFound`].
pub async fn unlock_user(db: &Db, ctx: &Ctx, user: UserId) -> Result<(), OrgError> {
    require_in_scope(db, ctx, user).await?;
    let mut tx = db.system_for(ctx.user_id).await?;
    sqlx::query(
        "DELETE FROM login_throttle
         WHERE kind = 'account' AND key = (SELECT user_name FROM app_user WHERE user_id = $1)",
    )
    .bind(user.get())
    .execute(&mut *tx)
    .await?;
    trace_user(&mut tx, "unlock_user", user, json!({})).await?;
    Ok(tx.commit().await?)
}

/// Makes the account hold exactly these roles.
async fn replace_grants(tx: &mut PgConnection, user: UserId, grants: &[Grant]) -> Result<(), OrgError> {
    sqlx::query("DELETE FROM user_role WHERE user_id = $1").bind(user.get()).execute(&mut *tx).await?;
    for grant in grants {
        let unknown = || OrgError::Unknown { what: "roles", value: grant.role.clone() };
        let role: Option<(i32, String)> = sqlx::query_as(
            "INSERT INTO user_role (user_id, role_id, scope_kind)
             SELECT $1, role_id, NULLIF($3, scope_kind) FROM role WHERE code = $2
             ON CONFLICT (user_id, role_id) DO UPDATE SET scope_kind = EXCLUDED.scope_kind
             RETURNING role_id, COALESCE(scope_kind, (SELECT role.scope_kind FROM role WHERE role.code = $2))",
        )
        .bind(user.get())
        .bind(&grant.role)
        .bind(grant.scope.map(ScopeKind::code))
        .fetch_optional(&mut *tx)
        .await?;
        let (role_id, scope) = role.ok_or_else(unknown)?;
        name_scope(tx, user, role_id, ScopeKind::parse(&scope).ok_or_else(unknown)?, &grant.scope_ids)
            .await?;
    }
    Ok(())
}

async fn name_scope(
    tx: &mut PgConnection,
    user: UserId,
    role_id: i32,
    scope: ScopeKind,
    ids: &[i32],
) -> Result<(), OrgError> {
    let insert = match scope {
        ScopeKind::Group => return Ok(()),
        ScopeKind::Own | ScopeKind::Store | ScopeKind::StoreSet => {
            "INSERT INTO user_scope (user_id, role_id, store_id)
             SELECT $1, $2, store_id FROM store WHERE store_id = ANY ($3) ON CONFLICT DO NOTHING"
        }
        ScopeKind::Region => {
            "INSERT INTO user_scope (user_id, role_id, region_id)
             SELECT $1, $2, region_id FROM region WHERE region_id = ANY ($3) ON CONFLICT DO NOTHING"
        }
        ScopeKind::Brand => {
            "INSERT INTO user_scope (user_id, role_id, brand_id)
             SELECT $1, $2, brand_id FROM brand WHERE brand_id = ANY ($3) ON CONFLICT DO NOTHING"
        }
    };
    let distinct: std::collections::BTreeSet<i32> = ids.iter().copied().collect();
    let named =
        sqlx::query(insert).bind(user.get()).bind(role_id).bind(ids).execute(tx).await?.rows_affected();
    if named != distinct.len() as u64 {
        return Err(OrgError::Unknown { what: "scope_ids", value: format!("{ids:?}") });
    }
    if distinct.is_empty() && matches!(scope, ScopeKind::StoreSet | ScopeKind::Region | ScopeKind::Brand) {
        let (zh, en) =
            ("请选择该数据范围包含的门店、区域或品牌", "Name the stores, regions or brands of this scope");
        return Err(OrgError::Invalid { field: "scope_ids", zh, en });
    }
    Ok(())
}
