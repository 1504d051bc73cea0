//! What a new house starts with: the shipped roles, one administrator, and for demonstrations the personas.

use db::Db;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use kernel::clock::Clock;
use kernel::ids::UserId;
use serde_json::json;
use sqlx::PgConnection;

use crate::error::OrgError;
use crate::model::PasswordKind;
use crate::password::{self, Stored};
use crate::shipped_roles;
use crate::sign_in::INITIAL_LASTS;
use crate::store;
use crate::trace::{trace, trace_user};

/// The first administrator, as printed once.
#[derive(Debug, Clone)]
pub struct FirstAdmin {
    /// Log-in name.
    pub username: String,
    /// Initial password; to be replaced at the first log-in.
    pub password: String,
}

/// Puts the shipped roles in place and, when the house has no account yet, makes the administrator. Safe to call
/// at every start: roles that exist are left as people edited them.
///
/// # Errors
/// The database is away or the system has no random bytes.
pub async fn ensure_admin(db: &Db) -> Result<Option<FirstAdmin>, OrgError> {
    let now = Clock::system().now();
    let mut tx = db.system().await?;
    // Two servers starting on one database make one administrator.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('org.first_start'))").execute(&mut *tx).await?;
    ensure_roles(&mut tx).await?;
    let existing: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM user_role JOIN role USING (role_id) WHERE role.code = $1)",
    )
    .bind(shipped_roles::ADMINISTRATOR)
    .fetch_one(&mut *tx)
    .await?;
    if existing {
        tx.commit().await?;
        return Ok(None);
    }
    let admin = make_admin(&mut tx, now).await?;
    tx.commit().await?;
    Ok(Some(admin))
}

/// Inserts the shipped roles that are missing.
pub async fn ensure_roles(tx: &mut PgConnection) -> Result<(), OrgError> {
    for role in shipped_roles::all() {
        let permissions: Vec<&str> = role.permissions.iter().map(|permission| permission.code()).collect();
        sqlx::query(
            "INSERT INTO role (code, name, name_en, scope_kind, masked, permissions, landing, built_in)
             SELECT $1, $2, $3, $4, $5, $6, $7, true
             WHERE NOT EXISTS (SELECT 1 FROM role WHERE code = $1)",
        )
        .bind(&role.code)
        .bind(&role.name)
        .bind(&role.name_en)
        .bind(role.scope_kind.code())
        .bind(role.masked)
        .bind(&permissions)
        .bind(role.landing.code())
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

async fn make_admin(tx: &mut PgConnection, now: Timestamp) -> Result<FirstAdmin, OrgError> {
    let password = password::draw_initial()?;
    let user: i32 = sqlx::query_scalar(
        "INSERT INTO app_user (user_name, display_name, created_at) VALUES ('admin', '系统管理员', $1) RETURNING user_id",
    )
    .bind(now.to_sqlx())
    .fetch_one(&mut *tx)
    .await?;
    let user = UserId(user);
    let stored = Stored { kind: PasswordKind::Initial, hash: password::hash_initial(&password)? };
    store::set_password(tx, user, &stored, now, Some(now + INITIAL_LASTS)).await?;
    sqlx::query("INSERT INTO user_role (user_id, role_id) SELECT $1, role_id FROM role WHERE code = $2")
        .bind(user.get())
        .bind(shipped_roles::ADMINISTRATOR)
        .execute(&mut *tx)
        .await?;
    trace_user(tx, "create_user", user, json!({ "user_name": "admin", "at": "first start" })).await?;
    Ok(FirstAdmin { username: "admin".into(), password })
}

/// A persona of the demonstration: log-in name and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Persona {
    /// Log-in name.
    pub user_name: &'static str,
    /// Who that is.
    pub zh: &'static str,
}

/// The personas that the synthetic group's workbook carries.
pub const PERSONAS: &[Persona] = &[
    Persona { user_name: "director", zh: "集团客户运营总监" },
    Persona { user_name: "region.tj", zh: "区域经理" },
    Persona { user_name: "manager.a", zh: "店总(第一家店)" },
    Persona { user_name: "manager.b", zh: "店总(第二家店)" },
    Persona { user_name: "renewal", zh: "续保专员" },
    Persona { user_name: "advisor", zh: "服务顾问" },
    Persona { user_name: "sales", zh: "销售顾问" },
    Persona { user_name: "callcenter", zh: "客服坐席" },
    Persona { user_name: "foreman", zh: "车间主管" },
    Persona { user_name: "finance", zh: "财务" },
    Persona { user_name: "dataadmin", zh: "数据管理员(脱敏)" },
    Persona { user_name: "marketing", zh: "市场经理" },
    Persona { user_name: "insurance", zh: "保险经理" },
    Persona { user_name: "privacy", zh: "隐私合规专员" },
    Persona { user_name: "admin", zh: "系统管理员" },
];

/// Opens the personas that exist with one known password and no forced change. For demonstrations on synthetic
/// data only: everybody knows this password. Answers with those that exist, in the order of [`PERSONAS`].
///
/// # Errors
/// The database is away or hashing fails.
pub async fn open_persona_accounts(db: &Db, password: &str) -> Result<Vec<Persona>, OrgError> {
    let now = Clock::system().now();
    let mut opened = Vec::new();
    for persona in PERSONAS {
        let mut tx = db.system().await?;
        let door = store::find_door(&mut tx, persona.user_name).await?;
        drop(tx);
        let Some(door) = door else { continue };
        opened.push(*persona);
        let open_already = password::verify(password, door.stored()).await?;
        if open_already && door.password_kind == PasswordKind::Argon2id.code() {
            continue;
        }
        let stored = Stored { kind: PasswordKind::Argon2id, hash: password::hash(password).await? };
        let mut tx = db.system().await?;
        store::set_password(&mut tx, UserId(door.user_id), &stored, now, None).await?;
        trace(&mut tx, "open_persona", "user", &door.user_id.to_string(), None, json!({})).await?;
        tx.commit().await?;
    }
    Ok(opened)
}
