//! The two roles everything runs as; neither owns a table, neither may bypass row-level security.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::DbError;

/// Serves people: sees what its transaction's settings allow.
pub const APP_ROLE: &str = "forecourt_app";
/// Serves the house itself: jobs, imports, identity; sees all rows of tables with a `worker` policy.
pub const WORKER_ROLE: &str = "forecourt_worker";

/// Makes the roles if they are missing. On the private cluster they log in themselves (the socket's folder is the
/// lock); on a server of others they cannot log in, and the account of `DATABASE_URL` turns into them.
pub(crate) async fn ensure(owner: &mut PgConnection, private: bool) -> Result<(), DbError> {
    let rows: Vec<(String, bool)> = sqlx::query_as(
        "SELECT rolname::text, rolsuper OR rolbypassrls
         FROM pg_roles
         WHERE rolname IN ('forecourt_app', 'forecourt_worker')",
    )
    .fetch_all(&mut *owner)
    .await?;
    if let Some((role, _)) = rows.iter().find(|(_, strong)| *strong) {
        return Err(DbError::RoleTooStrong { role: role.clone() });
    }
    for role in [APP_ROLE, WORKER_ROLE] {
        if !rows.iter().any(|(name, _)| name == role) {
            create(&mut *owner, role, private).await?;
        }
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
    let grant = "GRANT forecourt_app, forecourt_worker TO CURRENT_USER";
    match sqlx::query(grant).execute(&mut *owner).await.map_err(DbError::from) {
        Ok(_) => Ok(()),
        Err(DbError::OutOfScope(_)) => Err(DbError::RolesMissing { sql: remedy(&mut *owner).await }),
        Err(other) => Err(other),
    }
}

async fn create(owner: &mut PgConnection, role: &str, private: bool) -> Result<(), DbError> {
    let login = if private { "LOGIN" } else { "NOLOGIN" };
    let sql = format!("CREATE ROLE {role} {login} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE");
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
         CREATE ROLE {WORKER_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS;\n\
         GRANT {APP_ROLE}, {WORKER_ROLE} TO {account};"
    )
}
