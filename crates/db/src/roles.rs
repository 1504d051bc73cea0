//! The two roles everything runs as; neither owns a table, neither is a superuser.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::DbError;

/// Serves people: sees what its transaction's settings allow. Row-level security always binds it.
pub const APP_ROLE: &str = "forecourt_app";
/// Serves the house itself: jobs, imports, identity. It sees every row, and bypasses row-level security instead of
/// passing a policy that is always true, because PostgreSQL refuses `COPY ... FROM` to a role that policies bind.
pub const WORKER_ROLE: &str = "forecourt_worker";

/// Name, superuser, bypasses row-level security.
type Role = (String, bool, bool);

/// Makes the roles if they are missing. On the private cluster they log in themselves (the socket's folder is the
/// lock); on a server of others they cannot log in, and the account of `DATABASE_URL` turns into them.
pub(crate) async fn ensure(owner: &mut PgConnection, private: bool) -> Result<(), DbError> {
    let roles: Vec<Role> = sqlx::query_as(
        "SELECT rolname::text, rolsuper, rolbypassrls
         FROM pg_roles
         WHERE rolname IN ('forecourt_app', 'forecourt_worker')",
    )
    .fetch_all(&mut *owner)
    .await?;
    let app = roles.iter().find(|role| role.0 == APP_ROLE);
    let worker = roles.iter().find(|role| role.0 == WORKER_ROLE);
    if let Some((role, ..)) = app.filter(|role| role.1 || role.2).or(worker.filter(|role| role.1)) {
        return Err(DbError::RoleTooStrong { role: role.clone() });
    }
    if app.is_none() {
        create(&mut *owner, APP_ROLE, private).await?;
    }
    match worker {
        None => create(&mut *owner, WORKER_ROLE, private).await?,
        Some((.., false)) => grant(&mut *owner, "ALTER ROLE forecourt_worker BYPASSRLS").await?,
        Some(_) => {}
    }
    if private {
        return Ok(());
    }
    let member: bool = sqlx::query_scalar(
        "SELECT pg_has_role('forecourt_app', 'MEMBER') AND pg_has_role('forecourt_worker', 'MEMBER')",
    )
    .fetch_one(&mut *owner)
    .await?;
    if member {
        return Ok(());
    }
    grant(&mut *owner, "GRANT forecourt_app, forecourt_worker TO CURRENT_USER").await
}

/// Runs what an administrator would have to run where this account may not.
async fn grant(owner: &mut PgConnection, sql: &'static str) -> Result<(), DbError> {
    match sqlx::query(sql).execute(&mut *owner).await.map_err(DbError::from) {
        Ok(_) => Ok(()),
        Err(DbError::OutOfScope(_)) => Err(DbError::RolesMissing { sql: remedy(&mut *owner).await }),
        Err(other) => Err(other),
    }
}

async fn create(owner: &mut PgConnection, role: &str, private: bool) -> Result<(), DbError> {
    let login = if private { "LOGIN" } else { "NOLOGIN" };
    let bypass = if role == WORKER_ROLE { "BYPASSRLS" } else { "NOBYPASSRLS" };
    let sql = format!("CREATE ROLE {role} {login} NOSUPERUSER {bypass} NOCREATEDB NOCREATEROLE");
    match sqlx::query(AssertSqlSafe(sql)).execute(&mut *owner).await {
        Ok(_) => Ok(()),
        Err(error) => match (DbError::from(error), exists(&mut *owner, role).await) {
            // somebody else made it in the same moment
            (_, true) => Ok(()),
            (DbError::OutOfScope(_), false) => Err(DbError::RolesMissing { sql: remedy(&mut *owner).await }),
            (other, false) => Err(other),
        },
    }
}

/// Whether the role exists by now.
async fn exists(owner: &mut PgConnection, role: &str) -> bool {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)")
        .bind(role)
        .fetch_one(owner)
        .await
        .unwrap_or(false)
}

async fn remedy(owner: &mut PgConnection) -> String {
    let account: String = sqlx::query_scalar("SELECT quote_ident(current_user)")
        .fetch_one(owner)
        .await
        .unwrap_or_else(|_| "<account of DATABASE_URL>".into());
    format!(
        "CREATE ROLE {APP_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS;\n\
         CREATE ROLE {WORKER_ROLE} NOLOGIN NOSUPERUSER;\n\
         ALTER ROLE {WORKER_ROLE} BYPASSRLS;\n\
         GRANT {APP_ROLE}, {WORKER_ROLE} TO {account};"
    )
}
