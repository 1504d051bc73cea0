//! Accounts, what proves who they are, and the roles they hold: the SQL.

use std::collections::BTreeSet;

use db::Db;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use kernel::ids::{EmployeeId, StoreId, UserId};
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use web::Permission;

use crate::error::OrgError;
use crate::model::{HeldRole, PasswordKind, ScopeKind};
use crate::password::Stored;
use crate::rules::{self, Rights};
use crate::session::{IDLE, Token};
use crate::throttle::Throttle;

/// What is checked at the door.
#[derive(Debug, sqlx::FromRow)]
pub struct DoorRow {
    pub user_id: i32,
    pub state: String,
    pub totp_enabled: bool,
    pub password_kind: String,
    pub password_hash: String,
    pub password_expires_at: Option<jiff_sqlx::Timestamp>,
    pub totp_sealed: Option<Vec<u8>>,
    pub totp_pending_sealed: Option<Vec<u8>>,
    pub totp_last_step: i64,
}

impl DoorRow {
    /// The stored password; none when the row holds a kind this program does not know.
    pub fn stored(&self) -> Option<Stored> {
        let kind = PasswordKind::parse(&self.password_kind)?;
        Some(Stored { kind, hash: self.password_hash.clone() })
    }
}

const DOOR: &str =
    "SELECT app_user.user_id, state, totp_enabled, password_kind, password_hash, password_expires_at,
            totp_sealed, totp_pending_sealed, totp_last_step
     FROM app_user
     JOIN user_secret ON user_secret.user_id = app_user.user_id ";

/// The account of a log-in name. Worker role only.
pub async fn find_door(tx: &mut PgConnection, user_name: &str) -> Result<Option<DoorRow>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("{DOOR} WHERE user_name = $1"));
    sqlx::query_as(sql).bind(user_name).fetch_optional(tx).await
}

/// The account with this number, locked until the transaction ends. Worker role only.
pub async fn lock_door(tx: &mut PgConnection, user: UserId) -> Result<DoorRow, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("{DOOR} WHERE app_user.user_id = $1 FOR UPDATE OF user_secret"));
    sqlx::query_as(sql).bind(user.get()).fetch_one(tx).await
}

/// Sets a password. `expires_at` only for initial ones.
pub async fn set_password(
    tx: &mut PgConnection,
    user: UserId,
    stored: &Stored,
    now: Timestamp,
    expires_at: Option<Timestamp>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO user_secret (user_id, password_kind, password_hash, password_set_at, password_expires_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (user_id) DO UPDATE
         SET password_kind = EXCLUDED.password_kind, password_hash = EXCLUDED.password_hash,
             password_set_at = EXCLUDED.password_set_at, password_expires_at = EXCLUDED.password_expires_at",
    )
    .bind(user.get())
    .bind(stored.kind.code())
    .bind(&stored.hash)
    .bind(now.to_sqlx())
    .bind(expires_at.map(|at| at.to_sqlx()))
    .execute(&mut *tx)
    .await?;
    sqlx::query("UPDATE app_user SET must_change_password = $2 WHERE user_id = $1")
        .bind(user.get())
        .bind(stored.kind == PasswordKind::Initial)
        .execute(tx)
        .await?;
    Ok(())
}

/// Ends sessions of an account; all but `keep`.
pub async fn end_sessions(
    tx: &mut PgConnection,
    user: UserId,
    keep: Option<&Token>,
) -> Result<u64, sqlx::Error> {
    let ended = sqlx::query("DELETE FROM session WHERE user_id = $1 AND token_hash IS DISTINCT FROM $2")
        .bind(user.get())
        .bind(keep.map(Token::stored_hash))
        .execute(tx)
        .await?;
    Ok(ended.rows_affected())
}

#[derive(sqlx::FromRow)]
struct ThrottleRow {
    failures: i32,
    lock_outs: i32,
    failed_at: jiff_sqlx::Timestamp,
    locked_until: Option<jiff_sqlx::Timestamp>,
}

/// The counters of an account name or an address, locked until the transaction ends.
pub async fn lock_throttle(
    tx: &mut PgConnection,
    kind: &str,
    key: &str,
    now: Timestamp,
) -> Result<Throttle, sqlx::Error> {
    sqlx::query("INSERT INTO login_throttle (kind, key, failures, failed_at) VALUES ($1, $2, 0, $3) ON CONFLICT DO NOTHING")
        .bind(kind)
        .bind(key)
        .bind(now.to_sqlx())
        .execute(&mut *tx)
        .await?;
    let row: ThrottleRow = sqlx::query_as(
        "SELECT failures, lock_outs, failed_at, locked_until FROM login_throttle
         WHERE kind = $1 AND key = $2 FOR UPDATE",
    )
    .bind(kind)
    .bind(key)
    .fetch_one(tx)
    .await?;
    Ok(Throttle {
        failures: row.failures,
        lock_outs: row.lock_outs,
        failed_at: row.failed_at.to_jiff(),
        locked_until: row.locked_until.map(jiff_sqlx::Timestamp::to_jiff),
    })
}

/// Writes the counters back.
pub async fn save_throttle(
    tx: &mut PgConnection,
    kind: &str,
    key: &str,
    throttle: &Throttle,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE login_throttle SET failures = $3, lock_outs = $4, failed_at = $5, locked_until = $6
         WHERE kind = $1 AND key = $2",
    )
    .bind(kind)
    .bind(key)
    .bind(throttle.failures)
    .bind(throttle.lock_outs)
    .bind(throttle.failed_at.to_sqlx())
    .bind(throttle.locked_until.map(|at| at.to_sqlx()))
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes a log-in attempt down.
pub async fn record_attempt(
    tx: &mut PgConnection,
    now: Timestamp,
    user_name: &str,
    address: &str,
    outcome: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO login_attempt (attempted_at, user_name, address, outcome) VALUES ($1, left($2, 64), $3, $4)")
        .bind(now.to_sqlx())
        .bind(user_name)
        .bind(address)
        .bind(outcome)
        .execute(tx)
        .await?;
    Ok(())
}

/// Who a session belongs to, with everything a request needs: one query.
#[derive(sqlx::FromRow)]
pub struct SessionRow {
    pub user_id: i32,
    pub employee_id: Option<i32>,
    pub display_name: String,
    pub must_change_password: bool,
    pub lang: String,
    pub last_seen_at: jiff_sqlx::Timestamp,
    pub roles: Json<Vec<RoleRow>>,
}

/// A held role as the database sends it.
#[derive(Debug, Deserialize)]
pub struct RoleRow {
    code: String,
    permissions: Vec<String>,
    masked: bool,
    scope: String,
    stores: Vec<i32>,
}

impl From<RoleRow> for HeldRole {
    fn from(row: RoleRow) -> Self {
        HeldRole {
            code: row.code,
            // A permission that a later version dropped allows nothing.
            permissions: row
                .permissions
                .iter()
                .filter_map(|code| Permission::parse(code))
                .collect::<BTreeSet<_>>(),
            masked: row.masked,
            // The column is checked; should it ever hold something else, the narrowest reading is right.
            scope: ScopeKind::parse(&row.scope).unwrap_or(ScopeKind::Own),
            stores: row.stores.into_iter().map(StoreId).collect(),
        }
    }
}

macro_rules! held_roles {
    () => {
        "COALESCE((
            SELECT jsonb_agg(jsonb_build_object(
                       'code', role.code, 'permissions', role.permissions, 'masked', role.masked,
                       'scope', COALESCE(user_role.scope_kind, role.scope_kind),
                       'stores', org_reach(app_user.user_id, role.role_id,
                                           COALESCE(user_role.scope_kind, role.scope_kind), app_user.store_id)))
            FROM user_role
            JOIN role ON role.role_id = user_role.role_id
            WHERE user_role.user_id = app_user.user_id), '[]') AS roles"
    };
}

/// The live session with this token. Worker role only: nothing is known yet about the caller's scope.
pub async fn find_session(db: &Db, token: &Token, now: Timestamp) -> Result<Option<SessionRow>, sqlx::Error> {
    sqlx::query_as(concat!(
        "SELECT app_user.user_id, app_user.employee_id, app_user.display_name,
                app_user.must_change_password, app_user.lang, session.last_seen_at, ",
        held_roles!(),
        " FROM session
          JOIN app_user ON app_user.user_id = session.user_id
          WHERE session.token_hash = $1 AND session.expires_at > $2 AND session.last_seen_at > $3
            AND app_user.state = 'active'"
    ))
    .bind(token.stored_hash())
    .bind(now.to_sqlx())
    .bind((now - IDLE).to_sqlx())
    .fetch_optional(db.worker_pool())
    .await
}

/// What an account may do and on whose rows, as of this transaction. Worker role only.
///
/// # Errors
/// [`OrgError::NotFound`] when there is no such account.
pub async fn rights_of(tx: &mut PgConnection, user: UserId) -> Result<Rights, OrgError> {
    let row: (Option<i32>, Json<Vec<RoleRow>>) = sqlx::query_as(concat!(
        "SELECT app_user.employee_id, ",
        held_roles!(),
        " FROM app_user WHERE app_user.user_id = $1"
    ))
    .bind(user.get())
    .fetch_one(tx)
    .await?;
    let (employee, Json(roles)) = row;
    let roles: Vec<HeldRole> = roles.into_iter().map(HeldRole::from).collect();
    Ok(rules::access_of(user, employee.map(EmployeeId), &roles))
}

/// Key of the advisory lock under which administrators are counted and removed, so that two of them cannot
/// remove each other at the same moment.
const ADMINISTRATOR_LOCK: i64 = 0x6f72_675f_6164_6d69;

/// Refuses unless an active administrator is left in this transaction. Worker role only.
///
/// # Errors
/// [`OrgError::LastAdministrator`].
pub async fn require_administrator(tx: &mut PgConnection) -> Result<(), OrgError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(ADMINISTRATOR_LOCK).execute(&mut *tx).await?;
    let rows: Vec<(i32, Option<i32>, Json<Vec<RoleRow>>)> = sqlx::query_as(concat!(
        "SELECT app_user.user_id, app_user.employee_id, ",
        held_roles!(),
        " FROM app_user
          WHERE state = 'active'
            AND EXISTS (
                SELECT 1 FROM user_role JOIN role ON role.role_id = user_role.role_id
                WHERE user_role.user_id = app_user.user_id AND 'role.manage' = ANY (role.permissions))"
    ))
    .fetch_all(tx)
    .await?;
    let is_one = rows.into_iter().any(|(user, employee, Json(roles))| {
        let roles: Vec<HeldRole> = roles.into_iter().map(HeldRole::from).collect();
        rules::is_administrator(&rules::access_of(UserId(user), employee.map(EmployeeId), &roles))
    });
    if is_one { Ok(()) } else { Err(OrgError::LastAdministrator) }
}
