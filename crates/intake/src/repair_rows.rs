//! Quarantined rows are repaired, one by one or in bulk, and replayed: a repaired row goes the whole way again.

use std::collections::BTreeMap;
use std::sync::Arc;

use db::{Access, AuditEntry, Db, Vault};
use jiff_sqlx::ToSqlx;
use kernel::vocab::{Entity, Source};
use kernel::{Clock, StoreId};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use crate::error::{IntakeError, Refusal};
use crate::load::{Loaded, Loader, Origin, Way};
use crate::reading::{RowBlock, Table};

/// Rows repaired in one go.
const MOST_IN_BULK: i64 = 20_000;

/// What to do with a quarantined row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repair {
    /// Take the proposed values.
    Accept,
    /// Put this into the cell the finding is about.
    Value(String),
    /// Let the row go.
    Dismiss,
}

/// Which rows a bulk repair is about; what is not given does not narrow.
#[derive(Debug, Clone, Default)]
pub struct RepairFilter {
    /// These rows.
    pub ids: Option<Vec<i64>>,
    /// Rows of this batch.
    pub batch: Option<i64>,
    /// Rows held by this rule.
    pub rule: Option<String>,
    /// Rows of this source.
    pub source: Option<String>,
    /// Rows of this store.
    pub store: Option<i32>,
}

/// What a bulk repair did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Repaired {
    /// Rows that are linked now.
    pub repaired: u64,
    /// Rows the filter meant that are open still, because nothing was proposed or the repair did not help.
    pub still_open: u64,
}

#[derive(Debug, sqlx::FromRow)]
struct OpenRow {
    quarantine_id: i64,
    batch_id: i64,
    row_no: i32,
    severity: String,
    column_title: Option<String>,
    cells: Vec<u8>,
    proposal: Option<Vec<u8>>,
    store_id: Option<i32>,
    source: String,
    entity: String,
    file_name: String,
    titles: Vec<String>,
}

const OPEN_ROW: &str =
    "SELECT q.quarantine_id, q.batch_id, q.row_no, q.severity, q.column_title, q.cells, q.proposal,
                               q.store_id, q.source, q.entity, b.file_name,
                               ARRAY(SELECT jsonb_array_elements_text(b.shape -> 'titles')) AS titles
                        FROM quarantine_row q
                        JOIN batch b USING (batch_id)
                        WHERE q.state = 'open'";

/// Decides one row.
///
/// # Errors
/// [`IntakeError::NotFound`] if the row is outside the scope or decided; [`Refusal::NoProposal`] if there is nothing to
/// accept.
pub async fn repair_row(
    db: &Db,
    vault: Arc<Vault>,
    clock: Clock,
    access: &Access,
    quarantine_id: i64,
    repair: &Repair,
    reason: Option<&str>,
) -> Result<Repaired, IntakeError> {
    let mut tx = db.read(access).await?;
    let row: Option<OpenRow> =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("{OPEN_ROW} AND q.quarantine_id = $1")))
            .bind(quarantine_id)
            .fetch_optional(&mut *tx)
            .await?;
    tx.rollback().await?;
    let row = row.ok_or(IntakeError::NotFound { what: "open quarantined row", id: quarantine_id })?;
    if *repair == Repair::Dismiss {
        dismiss(db, &clock, access, &row, reason).await?;
        return Ok(Repaired::default());
    }
    let cells = mended(&vault, &row, repair)?.ok_or(Refusal::NoProposal(quarantine_id))?;
    let mut loader = Loader::new(db, vault, clock).await?;
    replay(&mut loader, access, vec![(row, cells)]).await
}

/// Accepts the proposals of all rows the filter means.
///
/// # Errors
/// The database is away; rows replayed until then stay linked.
pub async fn repair_in_bulk(
    db: &Db,
    vault: Arc<Vault>,
    clock: Clock,
    access: &Access,
    filter: &RepairFilter,
) -> Result<Repaired, IntakeError> {
    let mut tx = db.read(access).await?;
    let sql = format!(
        "{OPEN_ROW}
           AND ($1::bigint[] IS NULL OR q.quarantine_id = ANY ($1))
           AND ($2::bigint IS NULL OR q.batch_id = $2)
           AND ($3::text IS NULL OR q.rule = $3)
           AND ($4::text IS NULL OR q.source = $4)
           AND ($5::int IS NULL OR q.store_id = $5)
         ORDER BY q.batch_id, q.row_no
         LIMIT $6"
    );
    let rows: Vec<OpenRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(&filter.ids)
        .bind(filter.batch)
        .bind(&filter.rule)
        .bind(&filter.source)
        .bind(filter.store)
        .bind(MOST_IN_BULK)
        .fetch_all(&mut *tx)
        .await?;
    tx.rollback().await?;
    let meant = rows.len() as u64;
    let mut by_batch: BTreeMap<i64, Vec<(OpenRow, Vec<String>)>> = BTreeMap::new();
    for row in rows {
        if let Some(cells) = mended(&vault, &row, &Repair::Accept)? {
            by_batch.entry(row.batch_id).or_default().push((row, cells));
        }
    }
    let mut loader = Loader::new(db, vault, clock).await?;
    let mut done = Repaired::default();
    for rows in by_batch.into_values() {
        done.repaired += replay(&mut loader, access, rows).await?.repaired;
    }
    done.still_open = meant - done.repaired.min(meant);
    Ok(done)
}

/// The row's cells with the repair in place; `None` if nothing is proposed.
fn mended(vault: &Vault, row: &OpenRow, repair: &Repair) -> Result<Option<Vec<String>>, IntakeError> {
    let mut cells: Vec<String> = open_json(vault, &row.cells)?;
    cells.resize(cells.len().max(row.titles.len()), String::new());
    let values: BTreeMap<String, String> = match (repair, &row.proposal, &row.column_title) {
        (Repair::Value(value), _, Some(title)) => BTreeMap::from([(title.clone(), value.clone())]),
        (Repair::Accept, Some(proposal), _) => open_json(vault, proposal)?,
        _ => return Ok(None),
    };
    for (title, value) in values {
        if let Some(at) = row.titles.iter().position(|t| *t == title) {
            cells[at] = value;
        }
    }
    Ok(Some(cells))
}

pub(crate) fn open_json<T: serde::de::DeserializeOwned>(
    vault: &Vault,
    sealed: &[u8],
) -> Result<T, IntakeError> {
    let text = vault.open(db::Field::Secret, sealed)?;
    Ok(serde_json::from_str(&text).map_err(db::DbError::from)?)
}

/// Loads mended rows of one batch as a batch of their own.
async fn replay(
    loader: &mut Loader,
    access: &Access,
    rows: Vec<(OpenRow, Vec<String>)>,
) -> Result<Repaired, IntakeError> {
    let Some((first, _)) = rows.first() else { return Ok(Repaired::default()) };
    let titles = first.titles.clone();
    let mut hash = Sha256::new();
    for (row, cells) in &rows {
        hash.update(row.quarantine_id.to_be_bytes());
        cells.iter().for_each(|cell| hash.update(cell.as_bytes()));
    }
    let origin = Origin {
        store: first.store_id.map(StoreId),
        source: Source::parse(&first.source).unwrap_or(Source::Dms),
        entity: Entity::parse(&first.entity).ok(),
        way: Way::Replay,
        file_name: first.file_name.clone(),
        sha256: hash.finalize().into(),
        bytes: 0,
        period_on: None,
        user: Some(access.user_id),
        kept_path: None,
    };
    // A row that was linked all the same gives way to its repaired form.
    loader.retiring =
        rows.iter().filter(|(r, _)| r.severity == "warning").map(|(r, _)| (r.batch_id, r.row_no)).collect();
    let block = RowBlock::from_numbered(rows.iter().map(|(r, cells)| (r.row_no as u32, cells)));
    let part = format!("replay of batch {}", first.batch_id);
    let loaded = loader.load_opened(&origin, &part, Table::of_rows(titles, block)).await?;
    let Loaded::Batch(counts) = loaded else { return Ok(Repaired::default()) };
    let ids: Vec<i64> = rows.iter().map(|(r, _)| r.quarantine_id).collect();
    let mut tx = loader.db.system_for(access.user_id).await?;
    close_rows(&mut tx, access, loader.clock.now(), &ids, "replayed", Some(counts.batch)).await?;
    let entry = AuditEntry {
        action: "repair_quarantined_rows",
        subject_kind: "batch",
        subject_id: &counts.batch.to_string(),
        store_id: origin.store,
        reason: None,
        detail: json!({ "rows": ids.len() }),
    };
    db::audit(&mut tx, &entry).await?;
    tx.commit().await?;
    let repaired = counts.rows_in - counts.rows_quarantined;
    Ok(Repaired { repaired, still_open: counts.rows_quarantined })
}

async fn dismiss(
    db: &Db,
    clock: &Clock,
    access: &Access,
    row: &OpenRow,
    reason: Option<&str>,
) -> Result<(), IntakeError> {
    let mut tx = db.write(access).await?;
    close_rows(&mut tx, access, clock.now(), &[row.quarantine_id], "dismissed", None).await?;
    let entry = AuditEntry {
        action: "dismiss_quarantined_row",
        subject_kind: "quarantine_row",
        subject_id: &row.quarantine_id.to_string(),
        store_id: row.store_id.map(StoreId),
        reason,
        detail: json!({}),
    };
    db::audit(&mut tx, &entry).await?;
    Ok(tx.commit().await?)
}

async fn close_rows(
    tx: &mut PgConnection,
    access: &Access,
    now: jiff::Timestamp,
    ids: &[i64],
    state: &str,
    replay_batch: Option<i64>,
) -> Result<(), IntakeError> {
    sqlx::query(
        "UPDATE quarantine_row
         SET state = $2, decided_by = $3, decided_at = $4, replay_batch_id = $5
         WHERE quarantine_id = ANY ($1) AND state = 'open'",
    )
    .bind(ids)
    .bind(state)
    .bind(access.user_id.get())
    .bind(now.to_sqlx())
    .bind(replay_batch)
    .execute(tx)
    .await?;
    Ok(())
}
