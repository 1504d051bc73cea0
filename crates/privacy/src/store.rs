//! The tables of consent. Nothing else writes them.

use db::DbError;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use kernel::ids::{RecordKey, StoreId};
use serde_json::Value;
use sqlx::PgConnection;

/// A statement to be kept, with its proof.
#[derive(Debug, Clone)]
pub struct NewStatement<'a> {
    /// The record whose customer spoke.
    pub record_key: RecordKey,
    /// Its store.
    pub store_id: Option<StoreId>,
    /// Code of the purpose.
    pub purpose: &'a str,
    /// True for yes.
    pub given: bool,
    /// How he said it: `mini_program`, `wecom`, `paper`, `phone`.
    pub channel: &'a str,
    /// Where the proof lies.
    pub evidence: Value,
    /// When.
    pub at: Timestamp,
}

/// Keeps a statement, with the version of the text that is in force. The same statement twice is one.
///
/// # Errors
/// [`DbError::Refused`] for an unknown purpose, [`DbError::OutOfScope`] for another's store.
pub async fn record_statement(tx: &mut PgConnection, statement: &NewStatement<'_>) -> Result<(), DbError> {
    let sql = "
        INSERT INTO consent_record
            (record_key, store_id, purpose, state, channel, text_version, evidence, recorded_at)
        VALUES ($1, $2, $3, $4, $5, COALESCE((SELECT text_version FROM purpose WHERE code = $3), 1), $6, $7)
        ON CONFLICT (record_key, purpose, recorded_at) DO NOTHING";
    sqlx::query(sql)
        .bind(statement.record_key.get())
        .bind(statement.store_id.map(StoreId::get))
        .bind(statement.purpose)
        .bind(if statement.given { "given" } else { "withdrawn" })
        .bind(statement.channel)
        .bind(&statement.evidence)
        .bind(statement.at.to_sqlx())
        .execute(tx)
        .await?;
    Ok(())
}

/// Keeps what the current facts say about marketing, where it differs from the newest statement of the
/// same record. Returns how many statements were added; twice in a row adds nothing.
///
/// # Errors
/// A fault of the database.
pub async fn insert_statements_of_facts(tx: &mut PgConnection, at: Timestamp) -> Result<u64, DbError> {
    let sql = "
        INSERT INTO consent_record
            (record_key, store_id, purpose, state, channel, text_version, evidence, recorded_at)
        SELECT r.record_key, r.store_id, 'marketing', said.state, r.source, p.text_version,
               jsonb_build_object('batch_id', r.batch_id, 'row_no', r.row_no), $1
        FROM party_record r
        CROSS JOIN LATERAL (SELECT CASE WHEN r.marketing_consent THEN 'given' ELSE 'withdrawn' END AS state) said
        JOIN purpose p ON p.code = 'marketing'
        WHERE r.current
          AND r.marketing_consent IS NOT NULL
          AND said.state IS DISTINCT FROM (SELECT c.state
                                           FROM consent_record c
                                           WHERE c.record_key = r.record_key AND c.purpose = 'marketing'
                                           ORDER BY c.recorded_at DESC, c.consent_id DESC
                                           LIMIT 1)
        ON CONFLICT (record_key, purpose, recorded_at) DO NOTHING";
    Ok(sqlx::query(sql).bind(at.to_sqlx()).execute(tx).await?.rows_affected())
}
