//! The signed-in account, as its own pages show it.

use db::Db;
use kernel::ids::UserId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use crate::error::OrgError;
use crate::model::{Landing, ScopeKind};
use crate::session::Token;
use crate::store;

/// The signed-in account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Me {
    /// Its number.
    pub user_id: i32,
    /// Log-in name.
    pub username: String,
    /// Name of the person.
    pub name: String,
    /// Roles held.
    pub roles: Vec<MyRole>,
    /// What they allow together.
    pub permissions: Vec<String>,
    /// First screen.
    pub landing: Landing,
    /// The first password has to be replaced before anything else.
    pub must_change_password: bool,
    /// To be repeated as `x-csrf-token` with every write.
    pub csrf: String,
    /// Stores within the scope.
    pub stores: Vec<MyStore>,
    /// The widest scope held.
    pub scope_kind: ScopeKind,
    /// The scope in words: 全集团, 天津大区, a store.
    pub scope_label: String,
    /// Personal fields come masked.
    pub masked: bool,
    /// Log-in asks for a one-time code.
    pub totp_enabled: bool,
    /// `zh` or `en`.
    pub lang: String,
}

/// A role of the account.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct MyRole {
    /// Code.
    pub code: String,
    /// Chinese name.
    pub name: String,
}

/// A store of the account.
#[derive(Debug, Serialize, JsonSchema, sqlx::FromRow)]
pub struct MyStore {
    /// Number.
    pub store_id: i32,
    /// Code.
    pub code: String,
    /// Short name.
    pub short_name: String,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    user_name: String,
    display_name: String,
    must_change_password: bool,
    totp_enabled: bool,
    lang: String,
    roles: Json<Vec<HeldRow>>,
}

#[derive(Deserialize)]
struct HeldRow {
    code: String,
    name: String,
    landing: String,
    scope: String,
}

/// The account of a session. Reads as the house itself, but only the one account.
///
/// # Errors
/// [`OrgError::NotFound`] when the account is gone.
pub async fn get_me(db: &Db, user: UserId, token: &Token) -> Result<Me, OrgError> {
    let mut tx = db.system().await?;
    let row: AccountRow = sqlx::query_as(
        "SELECT user_name, display_name, must_change_password, totp_enabled, lang,
                COALESCE((
                    SELECT jsonb_agg(jsonb_build_object(
                               'code', role.code, 'name', role.name, 'landing', role.landing,
                               'scope', COALESCE(user_role.scope_kind, role.scope_kind)) ORDER BY role.role_id)
                    FROM user_role
                    JOIN role ON role.role_id = user_role.role_id
                    WHERE user_role.user_id = app_user.user_id), '[]') AS roles
         FROM app_user
         WHERE user_id = $1",
    )
    .bind(user.get())
    .fetch_one(&mut *tx)
    .await?;
    let rights = store::rights_of(&mut tx, user).await?;
    let reach: Vec<i32> = rights.access.stores.iter().map(|store| store.get()).collect();
    let stores: Vec<MyStore> = sqlx::query_as(
        "SELECT store_id, code, short_name FROM store WHERE store_id = ANY ($1) ORDER BY code",
    )
    .bind(&reach)
    .fetch_all(&mut *tx)
    .await?;
    let scope_label = scope_label(&mut tx, user, rights.access.group).await?;
    tx.rollback().await?;
    let scopes = row.roles.iter().filter_map(|role| ScopeKind::parse(&role.scope));
    Ok(Me {
        user_id: user.get(),
        username: row.user_name,
        name: row.display_name,
        permissions: rights.permissions.iter().map(|permission| permission.code().to_owned()).collect(),
        landing: row.roles.iter().map(|role| Landing::parse(&role.landing)).max().unwrap_or_default(),
        must_change_password: row.must_change_password,
        csrf: token.csrf(),
        scope_label,
        stores,
        scope_kind: scopes.max().unwrap_or(ScopeKind::Own),
        masked: rights.access.masked,
        totp_enabled: row.totp_enabled,
        lang: row.lang,
        roles: row.roles.0.into_iter().map(|role| MyRole { code: role.code, name: role.name }).collect(),
    })
}

async fn scope_label(tx: &mut sqlx::PgConnection, user: UserId, group: bool) -> Result<String, sqlx::Error> {
    if group {
        return Ok("全集团".into());
    }
    sqlx::query_scalar("SELECT org_scope_label($1)").bind(user.get()).fetch_one(tx).await
}
