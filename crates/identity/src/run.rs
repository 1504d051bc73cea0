//! The log of unification runs: one at a time, each with its figures.

use jiff::Timestamp;
use jiff_sqlx::Timestamp as SqlTimestamp;
use sqlx::PgConnection;

use crate::IdentityError;

/// Key of the advisory lock that keeps a second run out (any constant of our own will do).
const RUN_LOCK: i64 = 0x464f_5245_0001;

/// Figures of a finished run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    /// Party records looked at.
    pub party_records: u64,
    /// Persons and companies they make.
    pub persons: u64,
    /// Vehicle records looked at.
    pub vehicle_records: u64,
    /// Vehicles they make.
    pub vehicles: u64,
    /// Edges that joined.
    pub edges_auto: u64,
    /// Pairs for a person to decide.
    pub edges_review: u64,
    /// Strong edges a guard refused.
    pub edges_refused: u64,
    /// Values shared by several names.
    pub super_nodes: u64,
    /// Customers that became part of another one.
    pub merged: u64,
    /// Customers that fell apart.
    pub split: u64,
}

/// Keeps other runs out for as long as the transaction lives.
///
/// # Errors
/// [`IdentityError::RunInProgress`] when one is at work.
pub async fn lock(tx: &mut PgConnection) -> Result<(), IdentityError> {
    let free: bool =
        sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)").bind(RUN_LOCK).fetch_one(tx).await?;
    if free { Ok(()) } else { Err(IdentityError::RunInProgress) }
}

/// Notes the beginning of a run.
///
/// # Errors
/// When the database fails.
pub async fn begin(tx: &mut PgConnection, kind: &str, now: Timestamp) -> Result<i64, IdentityError> {
    let sql =
        "INSERT INTO identity_run (kind, state, started_at) VALUES ($1, 'running', $2) RETURNING run_id";
    Ok(sqlx::query_scalar(sql).bind(kind).bind(SqlTimestamp::from(now)).fetch_one(tx).await?)
}

/// Notes the end of a run.
///
/// # Errors
/// When the database fails.
pub async fn finish(
    tx: &mut PgConnection,
    run_id: i64,
    model_version: i32,
    figures: &Figures,
    now: Timestamp,
) -> Result<(), IdentityError> {
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    sqlx::query(
        "UPDATE identity_run
         SET state = 'done', finished_at = $2, model_version = $3, party_records = $4, persons = $5,
             vehicle_records = $6, vehicles = $7, edges_auto = $8, edges_review = $9, edges_refused = $10,
             super_nodes = $11, detail = jsonb_build_object('merged', $12::bigint, 'split', $13::bigint, 'companies', (
                 SELECT count(*) FROM person
                 WHERE identity_run.kind = 'full' AND person.kind = 'company' AND person.merged_into IS NULL))
         WHERE run_id = $1",
    )
    .bind(run_id)
    .bind(SqlTimestamp::from(now))
    .bind(model_version)
    .bind(count(figures.party_records))
    .bind(count(figures.persons))
    .bind(count(figures.vehicle_records))
    .bind(count(figures.vehicles))
    .bind(count(figures.edges_auto))
    .bind(count(figures.edges_review))
    .bind(count(figures.edges_refused))
    .bind(count(figures.super_nodes))
    .bind(count(figures.merged))
    .bind(count(figures.split))
    .execute(tx)
    .await?;
    Ok(())
}
