//! Migrations: forward only, embedded in the program, each step whole or not at all.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::DbError;

/// The steps of one context, in the order in which they were written.
#[derive(Debug, Clone, Copy)]
pub struct MigrationSet {
    /// The context's name, e.g. `org`.
    pub context: &'static str,
    /// Name (sorts in the order of writing: `0001_first`) and SQL text of each step.
    pub steps: &'static [(&'static str, &'static str)],
}

/// What this room needs itself; always applied first.
pub const OWN: MigrationSet = MigrationSet {
    context: "db",
    steps: &[
        ("0001_scope", include_str!("migrations/0001_scope.sql")),
        ("0002_audit", include_str!("migrations/0002_audit.sql")),
        ("0003_job", include_str!("migrations/0003_job.sql")),
        ("0004_vault", include_str!("migrations/0004_vault.sql")),
    ],
};

/// Any two programs that migrate the same database meet at this advisory lock ("forecour" in ASCII).
const LOCK: i64 = 0x666f_7265_636f_7572;

/// How far a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// Steps applied.
    pub applied: usize,
    /// Steps this program knows and the database lacks, as `context/step`.
    pub pending: Vec<String>,
}

/// Applies what is missing. Each step runs in a transaction together with its entry in `schema_migration`, so a kill
/// in the middle leaves the steps before it done and this one undone. A second migrator waits for the first.
///
/// # Errors
/// [`DbError::MigrationChanged`] if the text of an applied step differs, [`DbError::NewerDatabase`] if the database
/// has a step of these contexts that is unknown here, [`DbError::MigrationOutOfOrder`], [`DbError::MigrationFailed`].
pub async fn migrate(owner: &mut PgConnection, sets: &[MigrationSet]) -> Result<(), DbError> {
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut *owner).await?;
    let outcome = apply_missing(owner, sets).await;
    // When the connection is lost the lock is gone with it.
    let _ = sqlx::query("SELECT pg_advisory_unlock($1)").bind(LOCK).execute(&mut *owner).await;
    outcome
}

async fn apply_missing(owner: &mut PgConnection, sets: &[MigrationSet]) -> Result<(), DbError> {
    sqlx::raw_sql(
        "SET client_min_messages = warning;
         CREATE TABLE IF NOT EXISTS schema_migration (
             context    text        NOT NULL,
             step       text        NOT NULL,
             checksum   bytea       NOT NULL,
             applied_at timestamptz NOT NULL DEFAULT now(),
             PRIMARY KEY (context, step)
         );",
    )
    .execute(&mut *owner)
    .await?;
    let applied = applied(owner).await?;
    let sets: Vec<&MigrationSet> = std::iter::once(&OWN).chain(sets).collect();
    for set in &sets {
        // everything is looked at before anything is changed
        pending_of(set, &applied)?;
    }
    for set in &sets {
        for (step, sql) in pending_of(set, &applied)? {
            apply(owner, set.context, step, sql).await?;
        }
    }
    Ok(())
}

async fn apply(owner: &mut PgConnection, context: &str, step: &str, sql: &str) -> Result<(), DbError> {
    let failed = |error: sqlx::Error| match DbError::from(error) {
        lost @ (DbError::ConnectionLost(_) | DbError::DiskFull(_)) => lost,
        other => DbError::MigrationFailed {
            context: context.to_owned(),
            step: step.to_owned(),
            why: other.to_string(),
        },
    };
    let mut tx = owner.begin().await?;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *tx).await.map_err(failed)?;
    sqlx::query("INSERT INTO schema_migration (context, step, checksum) VALUES ($1, $2, $3)")
        .bind(context)
        .bind(step)
        .bind(checksum(sql))
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    tracing::info!(context, step, "migrated");
    Ok(())
}

/// Applied steps: context to step to checksum.
type Applied = BTreeMap<String, BTreeMap<String, Vec<u8>>>;

async fn applied(owner: &mut PgConnection) -> Result<Applied, DbError> {
    let rows: Vec<(String, String, Vec<u8>)> =
        sqlx::query_as("SELECT context, step, checksum FROM schema_migration").fetch_all(owner).await?;
    let mut applied = Applied::new();
    for (context, step, checksum) in rows {
        applied.entry(context).or_default().insert(step, checksum);
    }
    Ok(applied)
}

/// The steps of a set that the database lacks, or why the two do not fit each other.
fn pending_of(set: &MigrationSet, applied: &Applied) -> Result<Vec<(&'static str, &'static str)>, DbError> {
    let context = || set.context.to_owned();
    let nothing = BTreeMap::new();
    let done = applied.get(set.context).unwrap_or(&nothing);
    if let Some(step) = done.keys().find(|name| set.steps.iter().all(|(step, _)| step != name)) {
        return Err(DbError::NewerDatabase { context: context(), step: step.clone() });
    }
    let latest = done.keys().next_back();
    let mut pending = Vec::new();
    for (step, sql) in set.steps {
        match (done.get(*step), latest) {
            (Some(known), _) if *known == checksum(sql) => {}
            (Some(_), _) => {
                return Err(DbError::MigrationChanged { context: context(), step: (*step).to_owned() });
            }
            (None, Some(latest)) if *step < latest.as_str() => {
                return Err(DbError::MigrationOutOfOrder {
                    context: context(),
                    step: (*step).to_owned(),
                    applied: latest.clone(),
                });
            }
            (None, _) => pending.push((*step, *sql)),
        }
    }
    Ok(pending)
}

/// Looks without touching, for `doctor`.
pub(crate) async fn state(
    owner: &mut PgConnection,
    sets: &[MigrationSet],
) -> Result<MigrationState, DbError> {
    let there: bool = sqlx::query_scalar("SELECT to_regclass('public.schema_migration') IS NOT NULL")
        .fetch_one(&mut *owner)
        .await?;
    let applied = if there { applied(owner).await? } else { Applied::new() };
    let mut pending = Vec::new();
    for set in std::iter::once(&OWN).chain(sets) {
        pending.extend(pending_of(set, &applied)?.iter().map(|(step, _)| format!("{}/{step}", set.context)));
    }
    Ok(MigrationState { applied: applied.values().map(BTreeMap::len).sum(), pending })
}

/// Line ends do not count: a checkout on another system must not look like an edit.
pub(crate) fn checksum(sql: &str) -> Vec<u8> {
    Sha256::digest(sql.replace("\r\n", "\n")).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: MigrationSet = MigrationSet {
        context: "org",
        steps: &[("0001_a", "SELECT 1"), ("0002_b", "SELECT 2"), ("0003_c", "SELECT 3")],
    };

    fn applied(steps: &[(&str, &str)]) -> Applied {
        let steps = steps.iter().map(|(s, sql)| ((*s).to_owned(), checksum(sql))).collect();
        Applied::from([("org".to_owned(), steps)])
    }

    #[test]
    fn only_what_is_missing_is_applied_and_what_does_not_fit_is_refused() {
        let names = |applied: &Applied| {
            pending_of(&SET, applied).map(|steps| steps.iter().map(|s| s.0).collect::<Vec<_>>())
        };
        assert_eq!(names(&Applied::new()).unwrap(), ["0001_a", "0002_b", "0003_c"]);
        assert_eq!(names(&applied(&[("0001_a", "SELECT 1")])).unwrap(), ["0002_b", "0003_c"]);
        let cases = [
            (applied(&[("0001_a", "SELECT 9")]), "migration_changed"),
            (applied(&[("0004_d", "SELECT 4")]), "newer_database"),
            (applied(&[("0003_c", "SELECT 3")]), "migration_out_of_order"),
        ];
        for (applied, code) in cases {
            assert_eq!(names(&applied).map_err(|e| e.code()), Err(code));
        }
    }

    #[test]
    fn line_ends_are_no_change() {
        assert_eq!(checksum("a\r\nb"), checksum("a\nb"));
    }
}
