//! Scheduled pulls out of outside databases: a query, a watermark, and what came back loaded like a file.

use std::sync::Arc;
use std::time::Duration;

use db::{Db, Vault};
use futures_util::TryStreamExt;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kernel::vocab::{Entity, Source};
use kernel::{Clock, StoreId};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Column, Connection, Row, ValueRef};

use crate::error::{IntakeError, Refusal};
use crate::load::{Loaded, Loader, Origin, Way};
use crate::reading::{RowBlock, Table};

/// Rows of one run; the watermark takes the next run on.
const PULL_MAX: usize = 200_000;
/// How long an outside database may take.
const PULL_LIMIT: Duration = Duration::from_secs(600);
/// Stands in a query for the watermark.
const PLACEHOLDER: &str = ":watermark";

/// What came back: titles and rows of text.
struct Pulled {
    titles: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Pulls that are due.
///
/// # Errors
/// The database is away.
pub async fn due_pulls(db: &Db, now: Timestamp) -> Result<Vec<i32>, IntakeError> {
    let mut tx = db.system().await?;
    let due = sqlx::query_scalar(
        "SELECT sql_pull_id FROM sql_pull
         WHERE enabled AND (last_run_at IS NULL OR last_run_at + make_interval(mins => every_minutes) <= $1)
         ORDER BY sql_pull_id",
    )
    .bind(now.to_sqlx())
    .fetch_all(&mut *tx)
    .await?;
    tx.rollback().await?;
    Ok(due)
}

type Settings = (String, Vec<u8>, String, Option<String>, String, Option<i32>, String, String);

/// Runs one pull now.
///
/// # Errors
/// [`IntakeError::NotFound`]; the outside database's own words, which are kept in the pull's row too.
pub async fn pull_sql(
    db: &Db,
    vault: Arc<Vault>,
    clock: Clock,
    pull: i32,
) -> Result<Option<Loaded>, IntakeError> {
    let mut tx = db.system().await?;
    let found: Option<Settings> = sqlx::query_as(
        "SELECT name, url, query, watermark_column, watermark, store_id, source, entity FROM sql_pull WHERE sql_pull_id = $1",
    )
    .bind(pull)
    .fetch_optional(&mut *tx)
    .await?;
    tx.rollback().await?;
    let (name, url, query, column, watermark, store, source, entity) =
        found.ok_or(IntakeError::NotFound { what: "pull", id: pull.into() })?;
    let url = vault.open(db::Field::Secret, &url)?;
    let sql = with_watermark(&query, &watermark);
    let fetched = tokio::time::timeout(PULL_LIMIT, fetch(&url, &sql)).await;
    let fetched =
        fetched.unwrap_or_else(|_| Err("the outside database took more than ten minutes".to_owned()));
    let pulled = match fetched {
        Ok(pulled) => pulled,
        Err(why) => {
            note_run(db, &clock, pull, 0, None, Some(&why)).await?;
            return Err(Refusal::BadRequest(why).into());
        }
    };
    let count = pulled.rows.len();
    let next = column.as_ref().and_then(|c| highest(&pulled, c));
    if count == 0 {
        note_run(db, &clock, pull, 0, None, None).await?;
        return Ok(None);
    }
    let mut hash = Sha256::new();
    pulled.titles.iter().chain(pulled.rows.iter().flatten()).for_each(|cell| {
        hash.update((cell.len() as u64).to_be_bytes());
        hash.update(cell.as_bytes());
    });
    let origin = Origin {
        store: store.map(StoreId),
        source: Source::parse(&source).unwrap_or(Source::Dms),
        entity: Entity::parse(&entity).ok(),
        way: Way::Pull,
        file_name: name,
        sha256: hash.finalize().into(),
        bytes: pulled.rows.iter().flatten().map(|c| c.len() as u64).sum(),
        period_on: None,
        user: None,
        kept_path: None,
    };
    let mut loader = Loader::new(db, vault, clock.clone()).await?;
    let table = Table::of_rows(pulled.titles, RowBlock::from_rows(1, pulled.rows));
    let loaded = loader.load_opened(&origin, "", table).await?;
    // The watermark only moves once the rows are in; a run that died in between brings them again, to no harm.
    let moved = matches!(loaded, Loaded::Batch(_) | Loaded::Duplicate(_)).then_some(next).flatten();
    note_run(db, &clock, pull, count, moved.as_deref(), None).await?;
    Ok(Some(loaded))
}

async fn note_run(
    db: &Db,
    clock: &Clock,
    pull: i32,
    rows: usize,
    watermark: Option<&str>,
    error: Option<&str>,
) -> Result<(), IntakeError> {
    let mut tx = db.system().await?;
    sqlx::query(
        "UPDATE sql_pull
         SET last_run_at = $2, last_rows = $3, watermark = COALESCE($4, watermark), last_error = $5
         WHERE sql_pull_id = $1",
    )
    .bind(pull)
    .bind(clock.now().to_sqlx())
    .bind(rows as i32)
    .bind(watermark)
    .bind(error)
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// The watermark as a literal. It came out of the outside database itself; quotes and backslashes are taken out all the
/// same, because MySQL and PostgreSQL escape them differently.
fn with_watermark(query: &str, watermark: &str) -> String {
    let safe: String = watermark.chars().filter(|c| !matches!(c, '\'' | '\\' | '\0')).collect();
    query.replace(PLACEHOLDER, &format!("'{safe}'"))
}

/// The largest watermark: as numbers if all are, else as text, in which ISO dates sort rightly.
fn highest(pulled: &Pulled, column: &str) -> Option<String> {
    let at = pulled.titles.iter().position(|t| t == column)?;
    let values = pulled.rows.iter().map(|r| r[at].as_str()).filter(|v| !v.is_empty());
    if values.clone().all(|v| v.parse::<i64>().is_ok()) {
        return values.max_by_key(|v| v.parse::<i64>().unwrap_or(i64::MIN)).map(str::to_owned);
    }
    values.max().map(str::to_owned)
}

async fn fetch(url: &str, sql: &str) -> Result<Pulled, String> {
    if url.starts_with("mysql://") || url.starts_with("mariadb://") {
        fetch_from::<sqlx::MySql>(url, sql, "SET TRANSACTION READ ONLY").await
    } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        fetch_from::<sqlx::Postgres>(url, sql, "SET default_transaction_read_only = on").await
    } else {
        Err("the address begins with postgres:// or mysql://".into())
    }
}

/// Runs the query in the text protocol, in which both databases send every value as people read it.
async fn fetch_from<D>(url: &str, sql: &str, read_only: &'static str) -> Result<Pulled, String>
where
    D: sqlx::Database,
    for<'c> &'c mut D::Connection: sqlx::Executor<'c, Database = D>,
    for<'r> &'r str: sqlx::Decode<'r, D>,
    usize: sqlx::ColumnIndex<D::Row>,
{
    let said = |e: sqlx::Error| e.to_string();
    let mut outside = D::Connection::connect(url).await.map_err(said)?;
    sqlx::Executor::execute(&mut outside, sqlx::raw_sql(read_only)).await.map_err(said)?;
    let mut pulled = Pulled { titles: Vec::new(), rows: Vec::new() };
    {
        let mut rows = sqlx::Executor::fetch(&mut outside, sqlx::raw_sql(AssertSqlSafe(sql.to_owned())));
        while let Some(row) = rows.try_next().await.map_err(said)? {
            if pulled.titles.is_empty() {
                pulled.titles = row.columns().iter().map(|c| c.name().to_owned()).collect();
            }
            let mut cells = Vec::with_capacity(pulled.titles.len());
            for index in 0..row.len() {
                let raw = row.try_get_raw(index).map_err(said)?;
                let text = if raw.is_null() {
                    ""
                } else {
                    <&str as sqlx::Decode<D>>::decode(raw).map_err(|e| e.to_string())?
                };
                cells.push(text.to_owned());
            }
            pulled.rows.push(cells);
            if pulled.rows.len() >= PULL_MAX {
                break;
            }
        }
    }
    let _ = outside.close().await;
    Ok(pulled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watermark_is_only_ever_a_value() {
        let sql = with_watermark("SELECT * FROM c WHERE t > :watermark", "2021'; DROP TABLE c; --\\");
        assert_eq!(sql, "SELECT * FROM c WHERE t > '2021; DROP TABLE c; --'");
    }

    #[test]
    fn the_highest_watermark_as_number_or_text() {
        let pulled = |values: [&str; 3]| Pulled {
            titles: vec!["t".into()],
            rows: values.iter().map(|v| vec![(*v).to_owned()]).collect(),
        };
        assert_eq!(highest(&pulled(["9", "10", ""]), "t").as_deref(), Some("10"));
        assert_eq!(
            highest(&pulled(["2021-01-09", "2021-01-10", "2020-12-31"]), "t").as_deref(),
            Some("2021-01-10")
        );
        assert_eq!(highest(&pulled(["1", "2", "3"]), "x"), None);
    }
}
