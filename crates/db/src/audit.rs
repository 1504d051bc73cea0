//! Who did what, to whom, why and when: only ever added to, read within the reader's scope.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use kernel::ids::{StoreId, UserId};
use serde::Serialize;
use sqlx::PgConnection;

use crate::DbError;

/// One thing done. Who and when come from the transaction.
#[derive(Debug, Clone)]
pub struct AuditEntry<'a> {
    /// A verb of the trade: `reveal_phone`, `merge_customers`.
    pub action: &'a str,
    /// What it was done to: `customer`, `batch`.
    pub subject_kind: &'a str,
    /// Which one.
    pub subject_id: &'a str,
    /// The store whose managers may read about it; none = the group and the person himself.
    pub store_id: Option<StoreId>,
    /// Why, as the person said.
    pub reason: Option<&'a str>,
    /// What else helps to understand it later. Never a clear phone, ID number or address.
    pub detail: serde_json::Value,
}

/// Writes the entry in the transaction of the deed: both happen or neither.
///
/// # Errors
/// A lost connection; an empty action is refused.
pub async fn audit(tx: &mut PgConnection, entry: &AuditEntry<'_>) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO audit_entry (action, subject_kind, subject_id, store_id, reason, detail)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(entry.action)
    .bind(entry.subject_kind)
    .bind(entry.subject_id)
    .bind(entry.store_id.map(StoreId::get))
    .bind(entry.reason)
    .bind(&entry.detail)
    .execute(tx)
    .await?;
    Ok(())
}

/// One row of the audit as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditRow {
    /// Its number; grows with time.
    pub audit_id: i64,
    /// When.
    pub at: Timestamp,
    /// Who; 0 = the house itself.
    pub user_id: UserId,
    /// What.
    pub action: String,
    /// To what kind of thing.
    pub subject_kind: String,
    /// To which.
    pub subject_id: String,
    /// In which store.
    pub store_id: Option<StoreId>,
    /// Why.
    pub reason: Option<String>,
    /// The rest.
    pub detail: serde_json::Value,
}

/// What to look for; empty = everything the reader may see.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Done by this account.
    pub user_id: Option<UserId>,
    /// This verb.
    pub action: Option<String>,
    /// This kind of thing.
    pub subject_kind: Option<String>,
    /// This thing.
    pub subject_id: Option<String>,
    /// In this store.
    pub store_id: Option<StoreId>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Words in the reason, the subject or the verb.
    pub text: Option<String>,
    /// Rows to skip.
    pub offset: i64,
    /// Rows to give, 500 at most.
    pub limit: i64,
}

/// A page of the audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditPage {
    /// Newest first.
    pub rows: Vec<AuditRow>,
    /// How many there are in all, counted up to 10,000.
    pub total: i64,
}

/// More pages than this nobody turns; counting them would read the whole table.
const TOTAL_MAX: i64 = 10_000;

/// One condition for page and count; the binds are in the order of [`AuditQuery`].
macro_rules! matching {
    ($head:literal, $tail:literal) => {
        concat!(
            $head,
            " FROM audit_entry
              WHERE ($1::int IS NULL OR user_id = $1)
                AND ($2::text IS NULL OR action = $2)
                AND ($3::text IS NULL OR subject_kind = $3)
                AND ($4::text IS NULL OR subject_id = $4)
                AND ($5::int IS NULL OR store_id = $5)
                AND ($6::timestamptz IS NULL OR at >= $6)
                AND ($7::timestamptz IS NULL OR at < $7)
                AND ($8::text IS NULL OR strpos(lower(concat_ws(' ', action, subject_id, reason)), lower($8)) > 0) ",
            $tail
        )
    };
}

type Row =
    (i64, jiff_sqlx::Timestamp, i32, String, String, String, Option<i32>, Option<String>, serde_json::Value);

/// Lists what was done, newest first, within the scope of the transaction.
///
/// # Errors
/// A lost connection.
pub async fn list_audit(tx: &mut PgConnection, query: &AuditQuery) -> Result<AuditPage, DbError> {
    let from = query.from.map(|at| at.to_sqlx());
    let until = query.until.map(|at| at.to_sqlx());
    let rows: Vec<Row> = sqlx::query_as(matching!(
        "SELECT audit_id, at, user_id, action, subject_kind, subject_id, store_id, reason, detail",
        "ORDER BY at DESC, audit_id DESC OFFSET $9 LIMIT $10"
    ))
    .bind(query.user_id.map(UserId::get))
    .bind(query.action.as_deref())
    .bind(query.subject_kind.as_deref())
    .bind(query.subject_id.as_deref())
    .bind(query.store_id.map(StoreId::get))
    .bind(from)
    .bind(until)
    .bind(query.text.as_deref())
    .bind(query.offset.max(0))
    .bind(query.limit.clamp(1, 500))
    .fetch_all(&mut *tx)
    .await?;
    let total: i64 = sqlx::query_scalar(matching!("SELECT count(*) FROM (SELECT 1", "LIMIT $9) AS found"))
        .bind(query.user_id.map(UserId::get))
        .bind(query.action.as_deref())
        .bind(query.subject_kind.as_deref())
        .bind(query.subject_id.as_deref())
        .bind(query.store_id.map(StoreId::get))
        .bind(from)
        .bind(until)
        .bind(query.text.as_deref())
        .bind(TOTAL_MAX)
        .fetch_one(&mut *tx)
        .await?;
    Ok(AuditPage { rows: rows.into_iter().map(row).collect(), total })
}

fn row(row: Row) -> AuditRow {
    let (audit_id, at, user_id, action, subject_kind, subject_id, store_id, reason, detail) = row;
    AuditRow {
        audit_id,
        at: at.to_jiff(),
        user_id: UserId(user_id),
        action,
        subject_kind,
        subject_id,
        store_id: store_id.map(StoreId),
        reason,
        detail,
    }
}
