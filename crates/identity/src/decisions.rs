//! What people decided, as rows: written with the run they were made in, never deleted, only revoked.

use jiff_sqlx::Timestamp as SqlTimestamp;
use kernel::ids::RecordKey;
use sqlx::PgConnection;

use crate::IdentityError;
use crate::component::Context;

/// Ordered, so that one pair is one row whoever names it.
fn ordered((a, b): (RecordKey, RecordKey)) -> (i64, i64) {
    (a.get().min(b.get()), a.get().max(b.get()))
}

/// Adds decisions of one kind (`must_link`, `cannot_link`).
///
/// # Errors
/// When the database fails.
pub async fn add(
    tx: &mut PgConnection,
    kind: &str,
    pairs: &[(RecordKey, RecordKey)],
    context: &Context<'_>,
) -> Result<(), IdentityError> {
    let (a, b): (Vec<i64>, Vec<i64>) = pairs.iter().map(|&pair| ordered(pair)).unzip();
    let sql = "INSERT INTO link_constraint (kind, a_key, b_key, reason, made_by, made_at, run_id)
               SELECT $1, pair.a, pair.b, $4, $5, $6, $7
               FROM unnest($2::bigint[], $3::bigint[]) AS pair (a, b)
               WHERE NOT EXISTS (
                   SELECT 1 FROM link_constraint said
                   WHERE said.kind = $1 AND said.revoked_at IS NULL
                     AND said.a_key = pair.a AND said.b_key = pair.b)";
    sqlx::query(sql)
        .bind(kind)
        .bind(a)
        .bind(b)
        .bind(context.reason.unwrap_or_default())
        .bind(context.by_user)
        .bind(SqlTimestamp::from(context.now))
        .bind(context.run_id)
        .execute(tx)
        .await?;
    Ok(())
}

/// Revokes must-links that cross from `leaves` to `stays`; returns how many.
///
/// # Errors
/// When the database fails.
pub async fn revoke_ties_across(
    tx: &mut PgConnection,
    leaves: &[i64],
    stays: &[i64],
    context: &Context<'_>,
) -> Result<u64, IdentityError> {
    let sql = "UPDATE link_constraint SET revoked_by = $3, revoked_at = $4, revoked_run_id = $5
               WHERE kind = 'must_link' AND revoked_at IS NULL
                 AND ((a_key = ANY ($1) AND b_key = ANY ($2)) OR (a_key = ANY ($2) AND b_key = ANY ($1)))";
    let done = sqlx::query(sql)
        .bind(leaves)
        .bind(stays)
        .bind(context.by_user)
        .bind(SqlTimestamp::from(context.now))
        .bind(context.run_id)
        .execute(&mut *tx)
        .await?;
    // Pairs that were joined across the cut are now known to be two customers.
    let sql = "UPDATE review_pair
               SET state = 'kept_apart', decided_by = $3, decided_at = $4, reason = $6, run_id = $5
               WHERE state = 'joined'
                 AND ((a_key = ANY ($1) AND b_key = ANY ($2)) OR (a_key = ANY ($2) AND b_key = ANY ($1)))";
    sqlx::query(sql)
        .bind(leaves)
        .bind(stays)
        .bind(context.by_user)
        .bind(SqlTimestamp::from(context.now))
        .bind(context.run_id)
        .bind(context.reason)
        .execute(tx)
        .await?;
    Ok(done.rows_affected())
}

/// One decision in force.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Said {
    /// `must_link` or `cannot_link`.
    pub kind: String,
    /// One record.
    pub a_key: i64,
    /// The other.
    pub b_key: i64,
    /// Why.
    pub reason: String,
}

/// Takes back everything a run decided: its decisions are revoked, those it revoked are said again. Returns the
/// records concerned; none when nothing of the run stands.
///
/// # Errors
/// When the database fails.
pub async fn take_back(
    tx: &mut PgConnection,
    run_id: i64,
    context: &Context<'_>,
) -> Result<Vec<i64>, IdentityError> {
    let sql = "UPDATE link_constraint SET revoked_by = $2, revoked_at = $3, revoked_run_id = $4
               WHERE run_id = $1 AND revoked_at IS NULL
               RETURNING kind, a_key, b_key, reason";
    let revoked: Vec<Said> = sqlx::query_as(sql)
        .bind(run_id)
        .bind(context.by_user)
        .bind(SqlTimestamp::from(context.now))
        .bind(context.run_id)
        .fetch_all(&mut *tx)
        .await?;
    let sql = "SELECT kind, a_key, b_key, reason FROM link_constraint WHERE revoked_run_id = $1";
    let superseded: Vec<Said> = sqlx::query_as(sql).bind(run_id).fetch_all(&mut *tx).await?;
    for said in &superseded {
        let pair = (RecordKey(said.a_key), RecordKey(said.b_key));
        let again = Context { reason: Some(&said.reason), ..*context };
        add(tx, &said.kind, &[pair], &again).await?;
    }
    if revoked.is_empty() {
        return Ok(Vec::new());
    }
    let mut keys: Vec<i64> =
        revoked.iter().chain(&superseded).flat_map(|said| [said.a_key, said.b_key]).collect();
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}
