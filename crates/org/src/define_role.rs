//! Roles made, changed and deleted: what they allow counts for every holder from the next request on.

use db::Db;
use serde_json::json;
use sqlx::PgConnection;
use web::{Ctx, Permission};

use crate::error::OrgError;
use crate::model::{Landing, RoleDefinition, ScopeKind};
use crate::rules;
use crate::store;
use crate::trace::trace;
use crate::users::rights_of_caller;

#[derive(sqlx::FromRow)]
struct RoleRow {
    name: String,
    name_en: String,
    scope_kind: String,
    masked: bool,
    permissions: Vec<String>,
    landing: String,
}

async fn find_role(tx: &mut PgConnection, code: &str) -> Result<Option<RoleDefinition>, sqlx::Error> {
    let row: Option<RoleRow> = sqlx::query_as(
        "SELECT name, name_en, scope_kind, masked, permissions, landing FROM role WHERE code = $1 FOR UPDATE",
    )
    .bind(code)
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| RoleDefinition {
        code: code.to_owned(),
        name: row.name,
        name_en: row.name_en,
        scope_kind: ScopeKind::parse(&row.scope_kind).unwrap_or(ScopeKind::Own),
        masked: row.masked,
        permissions: row.permissions.iter().filter_map(|code| Permission::parse(code)).collect(),
        landing: Landing::parse(&row.landing),
    }))
}

/// What a change of a role leaves as it is when not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Make the role.
    Create,
    /// Refuse: the role must exist.
    Refuse,
}

/// Makes the role say `definition`; `scope_kind` none keeps what the role had.
///
/// # Errors
/// [`OrgError::Exists`] or [`OrgError::NotFound`] as `missing` says, [`OrgError::Invalid`], [`OrgError::Grant`],
/// [`OrgError::LastAdministrator`].
pub async fn define_role(
    db: &Db,
    ctx: &Ctx,
    missing: Missing,
    mut definition: RoleDefinition,
    scope: Option<ScopeKind>,
) -> Result<(), OrgError> {
    check(&definition)?;
    require_group(ctx)?;
    let mut tx = db.system_for(ctx.user_id).await?;
    let before = find_role(&mut tx, &definition.code).await?;
    match (missing, &before) {
        (Missing::Create, Some(role)) => return Err(OrgError::Exists(role.code.clone())),
        (Missing::Refuse, None) => return Err(OrgError::NotFound),
        _ => {}
    }
    definition.scope_kind =
        scope.or_else(|| before.as_ref().map(|role| role.scope_kind)).unwrap_or(definition.scope_kind);
    rules::may_define(&rights_of_caller(ctx), before.as_ref(), &definition)?;
    save(&mut tx, &definition).await?;
    if before.as_ref().is_some_and(|role| role.permissions.contains(&Permission::RoleManage)) {
        store::require_administrator(&mut tx).await?;
    }
    let action = if before.is_some() { "change_role" } else { "create_role" };
    let detail = json!({ "before": before, "after": definition });
    trace(&mut tx, action, "role", &definition.code, None, detail).await?;
    Ok(tx.commit().await?)
}

fn check(definition: &RoleDefinition) -> Result<(), OrgError> {
    let code = &definition.code;
    let plain = code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !plain || code.len() < 2 || code.len() > 40 || !code.starts_with(|c: char| c.is_ascii_lowercase()) {
        let (zh, en) = (
            "角色编码须以小写字母开头,由小写字母、数字、下划线组成",
            "Lower-case letters, digits and _ only",
        );
        return Err(OrgError::Invalid { field: "code", zh, en });
    }
    if definition.name.trim().is_empty() {
        let (zh, en) = ("请填写角色名称", "Give the role a name");
        return Err(OrgError::Invalid { field: "name", zh, en });
    }
    Ok(())
}

/// A role counts in every store, so only who has every store may change one.
fn require_group(ctx: &Ctx) -> Result<(), OrgError> {
    if ctx.access.group { Ok(()) } else { Err(OrgError::Grant(rules::GrantRefusal::Group)) }
}

async fn save(tx: &mut PgConnection, role: &RoleDefinition) -> Result<(), sqlx::Error> {
    let permissions: Vec<&str> = role.permissions.iter().map(|permission| permission.code()).collect();
    sqlx::query(
        "INSERT INTO role (code, name, name_en, scope_kind, masked, permissions, landing)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (code) DO UPDATE
         SET name = EXCLUDED.name, name_en = EXCLUDED.name_en, scope_kind = EXCLUDED.scope_kind,
             masked = EXCLUDED.masked, permissions = EXCLUDED.permissions, landing = EXCLUDED.landing",
    )
    .bind(&role.code)
    .bind(role.name.trim())
    .bind(role.name_en.trim())
    .bind(role.scope_kind.code())
    .bind(role.masked)
    .bind(&permissions)
    .bind(role.landing.code())
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes a role that nobody holds and that was not shipped.
///
/// # Errors
/// [`OrgError::NotFound`], [`OrgError::RoleInUse`].
pub async fn delete_role(db: &Db, ctx: &Ctx, code: &str) -> Result<(), OrgError> {
    require_group(ctx)?;
    let mut tx = db.system_for(ctx.user_id).await?;
    let before = find_role(&mut tx, code).await?.ok_or(OrgError::NotFound)?;
    let deleted = sqlx::query(
        "DELETE FROM role
         WHERE code = $1 AND NOT built_in
           AND NOT EXISTS (SELECT 1 FROM user_role WHERE user_role.role_id = role.role_id)",
    )
    .bind(code)
    .execute(&mut *tx)
    .await?;
    if deleted.rows_affected() == 0 {
        return Err(OrgError::RoleInUse(code.to_owned()));
    }
    trace(&mut tx, "delete_role", "role", code, None, json!({ "before": before })).await?;
    Ok(tx.commit().await?)
}
