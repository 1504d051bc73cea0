//! The batch in SQL: begun, finished, failed, waiting.

use std::collections::BTreeMap;

use db::Vault;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kernel::vocab::Entity;
use kernel::{BatchId, Clock};
use serde_json::{Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::pipeline::{BatchRow, Tally};
use super::{Loaded, Loader, Origin};
use crate::error::IntakeError;
use crate::reading::{ReadFault, Shape};

/// Locks the source, draws a batch number, and looks whether the same table is loaded already: one round trip.
pub(super) async fn begin(
    tx: &mut PgConnection,
    origin: &Origin,
    part: &str,
) -> Result<(i64, BatchId, Option<BatchId>), IntakeError> {
    let store = origin.store.map_or(0, |s| s.get());
    let (version,): (i64,) = sqlx::query_as(
        "INSERT INTO source_state AS s (store_id, source, version)
         VALUES ($1, $2, 0)
         ON CONFLICT (store_id, source) DO UPDATE SET version = s.version
         RETURNING version",
    )
    .bind(store)
    .bind(origin.source.code())
    .fetch_one(&mut *tx)
    .await?;
    let (batch, earlier): (i64, Option<i64>) = sqlx::query_as(
        "SELECT nextval('batch_batch_id_seq'),
                (SELECT batch_id FROM batch
                 WHERE sha256 = $1 AND part = $2 AND source = $3 AND COALESCE(store_id, 0) = $4 AND state = 'loaded')",
    )
    .bind(origin.sha256.as_slice())
    .bind(part)
    .bind(origin.source.code())
    .bind(store)
    .fetch_one(&mut *tx)
    .await?;
    Ok((version, BatchId(batch), earlier.map(BatchId)))
}

/// Writes the batch, its defects, its quarantined rows and the feed, and tells the others.
pub(super) async fn finish(
    tx: &mut PgConnection,
    vault: &Vault,
    row: &BatchRow<'_>,
    tally: &Tally,
    now: Timestamp,
) -> Result<(), IntakeError> {
    let (origin, counts) = (row.origin, &row.counts);
    let store = origin.store.map(|s| s.get());
    let mut notes = Vec::new();
    if !row.shape.header.duplicates.is_empty() {
        notes.push(format!("duplicate_header:{}", row.shape.header.duplicates.join("|")));
    }
    if tally.mixed_encoding > 0 {
        notes.push(format!("mixed_encoding:{}", tally.mixed_encoding));
    }
    let entities: Vec<Value> = row
        .entities
        .iter()
        .map(|(table, seen, new, changed)| {
            json!({ "entity": table.entity().code(), "rows": seen, "new": new, "changed": changed,
                    "same": seen.saturating_sub(new + changed) })
        })
        .collect();
    sqlx::query(
        "WITH written AS (
             INSERT INTO batch (batch_id, store_id, source, entity, layout_id, way, file_name, part, sha256, bytes, shape,
                                period_on, state, rows_in, rows_new, rows_changed, rows_same, rows_quarantined, rows_blank,
                                entities, notes, landed_path, landed_key, landed_bytes, kept_path, created_by, started_at,
                                finished_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'loaded', $13, $14, $15, $16, $17, $18,
                     $19, $20, $21, $22, $23, $24, $25, $26, $27)
         ), moved AS (
             UPDATE source_state SET version = version + 1 WHERE store_id = COALESCE($2, 0) AND source = $3
         )
         INSERT INTO feed AS f (store_id, source, entity, layout_id, last_batch_id, last_file_at, last_period_on, files,
                                rows_in, rows_quarantined)
         VALUES ($2, $3, $4, $5, $1, $27, $12, 1, $13, $17)
         ON CONFLICT (store_id, source, entity) DO UPDATE
         SET schema_changed_at = CASE WHEN f.layout_id <> EXCLUDED.layout_id THEN EXCLUDED.last_file_at
                                      ELSE f.schema_changed_at END,
             previous_layout_id = CASE WHEN f.layout_id <> EXCLUDED.layout_id THEN f.layout_id
                                       ELSE f.previous_layout_id END,
             layout_id = EXCLUDED.layout_id,
             last_batch_id = EXCLUDED.last_batch_id,
             last_file_at = EXCLUDED.last_file_at,
             last_period_on = GREATEST(f.last_period_on, EXCLUDED.last_period_on),
             files = f.files + 1,
             rows_in = f.rows_in + EXCLUDED.rows_in,
             rows_quarantined = f.rows_quarantined + EXCLUDED.rows_quarantined",
    )
    .bind(row.batch.get())
    .bind(store)
    .bind(origin.source.code())
    .bind(row.entity.code())
    .bind(row.opened_layout)
    .bind(origin.way.code())
    .bind(&origin.file_name)
    .bind(row.part)
    .bind(origin.sha256.as_slice())
    .bind(origin.bytes as i64)
    .bind(Json(shape_json(row.shape)))
    .bind(origin.period_on.map(|d| d.to_sqlx()))
    .bind(counts.rows_in as i32)
    .bind(counts.rows_new as i32)
    .bind(counts.rows_changed as i32)
    .bind(counts.rows_same as i32)
    .bind(counts.rows_quarantined as i32)
    .bind(counts.rows_blank as i32)
    .bind(Json(entities))
    .bind(notes)
    .bind(&row.landed_path)
    .bind(&row.landed_key)
    .bind(row.landed.bytes as i64)
    .bind(origin.kept_path.as_ref().map(|p| p.to_string_lossy().into_owned()))
    .bind(origin.user.map(|u| u.get()))
    .bind(row.started_at.to_sqlx())
    .bind(now.to_sqlx())
    .execute(&mut *tx)
    .await?;
    write_defects(tx, row, tally, now).await?;
    write_held(tx, vault, row, tally).await?;
    crate::events::batch_loaded(tx, row.batch, origin.store, origin.source).await?;
    Ok(())
}

async fn write_defects(
    tx: &mut PgConnection,
    row: &BatchRow<'_>,
    tally: &Tally,
    now: Timestamp,
) -> Result<(), IntakeError> {
    if tally.defects.is_empty() {
        return Ok(());
    }
    let period = row.origin.period_on.unwrap_or_else(|| kernel::dates::day_of(now));
    let (mut classes, mut rules, mut bad) = (Vec::new(), Vec::new(), Vec::new());
    for ((class, rule), count) in &tally.defects {
        classes.push(class.code());
        rules.push(rule.as_str());
        bad.push(*count as i32);
    }
    sqlx::query(
        "INSERT INTO batch_defect (batch_id, store_id, source, entity, period_on, defect_class, rule, bad)
         SELECT $1, $2, $3, $4, $5, d.defect_class, d.rule, d.bad
         FROM unnest($6::text[], $7::text[], $8::int[]) AS d (defect_class, rule, bad)",
    )
    .bind(row.batch.get())
    .bind(row.origin.store.map(|s| s.get()))
    .bind(row.origin.source.code())
    .bind(row.entity.code())
    .bind(period.to_sqlx())
    .bind(&classes)
    .bind(&rules)
    .bind(&bad)
    .execute(tx)
    .await?;
    Ok(())
}

async fn write_held(
    tx: &mut PgConnection,
    vault: &Vault,
    row: &BatchRow<'_>,
    tally: &Tally,
) -> Result<(), IntakeError> {
    let titles = &row.shape.header.columns;
    for held in tally.held.chunks(2_000) {
        let mut rows = HeldColumns::default();
        for held in held {
            // The finding that withholds the row says why it is here.
            let Some(first) = held.findings.iter().find(|f| f.rule.withholds()).or(held.findings.first())
            else {
                continue;
            };
            let column = |f: &crate::rules::Finding| f.field.and_then(|field| row.mapping_column(field));
            let title = column(first).and_then(|c| titles.get(c)).cloned();
            let mut proposal = BTreeMap::new();
            for finding in &held.findings {
                if let (Some(value), Some(title)) =
                    (&finding.proposal, column(finding).and_then(|c| titles.get(c)))
                {
                    proposal.insert(title.clone(), value.clone());
                }
            }
            let findings: Vec<Value> = held
                .findings
                .iter()
                .map(|f| json!({ "rule": f.rule.code(), "field": f.field.map(|f| f.code()) }))
                .collect();
            rows.stores.push(held.store.or(row.origin.store).map(|s| s.get()));
            rows.numbers.push(held.row_no as i32);
            rows.severities.push(if first.rule.withholds() { "error" } else { "warning" });
            rows.rules.push(first.rule.code());
            rows.classes.push(first.rule.class().code());
            rows.fields.push(first.field.map(|f| f.code()));
            rows.titles.push(title);
            rows.zh.push(first.rule.zh());
            rows.en.push(first.rule.en());
            rows.findings.push(Json(Value::Array(findings)));
            let cells = serde_json::to_string(&held.cells).map_err(db::DbError::from)?;
            rows.cells.push(vault.seal(db::Field::Secret, &cells));
            let proposal = (!proposal.is_empty()).then(|| json!(proposal).to_string());
            rows.proposals.push(proposal.map(|p| vault.seal(db::Field::Secret, &p)));
        }
        rows.insert(tx, row).await?;
    }
    Ok(())
}

#[derive(Default)]
struct HeldColumns {
    stores: Vec<Option<i32>>,
    numbers: Vec<i32>,
    severities: Vec<&'static str>,
    rules: Vec<&'static str>,
    classes: Vec<&'static str>,
    fields: Vec<Option<&'static str>>,
    titles: Vec<Option<String>>,
    zh: Vec<&'static str>,
    en: Vec<&'static str>,
    findings: Vec<Json<Value>>,
    cells: Vec<Vec<u8>>,
    proposals: Vec<Option<Vec<u8>>>,
}

impl HeldColumns {
    async fn insert(self, tx: &mut PgConnection, row: &BatchRow<'_>) -> Result<(), IntakeError> {
        sqlx::query(
            "INSERT INTO quarantine_row (batch_id, source, entity, store_id, row_no, severity, rule, defect_class, field,
                                         column_title, reason_zh, reason_en, findings, cells, proposal)
             SELECT $1, $2, $3, q.*
             FROM unnest($4::int[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                         $12::text[], $13::jsonb[], $14::bytea[], $15::bytea[]) AS q",
        )
        .bind(row.batch.get())
        .bind(row.origin.source.code())
        .bind(row.entity.code())
        .bind(&self.stores)
        .bind(&self.numbers)
        .bind(&self.severities)
        .bind(&self.rules)
        .bind(&self.classes)
        .bind(&self.fields)
        .bind(&self.titles)
        .bind(&self.zh)
        .bind(&self.en)
        .bind(&self.findings)
        .bind(&self.cells)
        .bind(&self.proposals)
        .execute(tx)
        .await?;
        Ok(())
    }
}

/// What an error file needs to come back in the layout it came in.
pub(crate) fn shape_json(shape: &Shape) -> Value {
    json!({
        "format": shape.format,
        "encoding": shape.encoding,
        "bom": shape.bom,
        "delimiter": shape.delimiter.map(String::from),
        "header_row": shape.header.row_no,
        "titles": shape.header.columns,
        "preamble": shape.preamble,
    })
}

impl Loader {
    /// A batch that says why a file could not be read.
    pub(super) async fn record_failure(
        &mut self,
        origin: &Origin,
        part: &str,
        shape: Option<Shape>,
        fault: &ReadFault,
    ) -> Result<Loaded, IntakeError> {
        let entity = origin.entity.unwrap_or(Entity::Customer);
        let row = Unloaded {
            origin,
            part,
            shape: shape.as_ref(),
            layout: None,
            entity,
            state: "failed",
            error: Some((fault.code(), fault.zh(), fault.to_string())),
        };
        let batch = row.write(&self.db, &self.clock).await?;
        Ok(Loaded::Failed(batch, fault.to_string()))
    }

    /// A batch that waits until somebody has said what its columns mean.
    pub(super) async fn record_waiting(
        &mut self,
        origin: &Origin,
        part: &str,
        shape: &Shape,
        layout: i32,
        entity: Entity,
    ) -> Result<Loaded, IntakeError> {
        let row = Unloaded {
            origin,
            part,
            shape: Some(shape),
            layout: Some(layout),
            entity,
            state: "waiting_layout",
            error: None,
        };
        Ok(Loaded::WaitingLayout(row.write(&self.db, &self.clock).await?))
    }
}

struct Unloaded<'a> {
    origin: &'a Origin,
    part: &'a str,
    shape: Option<&'a Shape>,
    layout: Option<i32>,
    entity: Entity,
    state: &'static str,
    error: Option<(&'static str, String, String)>,
}

impl Unloaded<'_> {
    async fn write(&self, db: &db::Db, clock: &Clock) -> Result<BatchId, IntakeError> {
        let mut tx = db.system().await?;
        // The same file in the same state is one batch, however often it is tried.
        sqlx::query(
            "DELETE FROM batch
             WHERE sha256 = $1 AND part = $2 AND source = $3 AND store_id IS NOT DISTINCT FROM $4
               AND state IN ('failed', 'waiting_layout')",
        )
        .bind(self.origin.sha256.as_slice())
        .bind(self.part)
        .bind(self.origin.source.code())
        .bind(self.origin.store.map(|s| s.get()))
        .execute(&mut *tx)
        .await?;
        let now = clock.now();
        let error = self.error.as_ref();
        let batch: i64 = sqlx::query_scalar(
            "INSERT INTO batch (store_id, source, entity, layout_id, way, file_name, part, sha256, bytes, shape, period_on,
                                state, error_code, error_zh, error_en, kept_path, created_by, started_at, finished_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18)
             RETURNING batch_id",
        )
        .bind(self.origin.store.map(|s| s.get()))
        .bind(self.origin.source.code())
        .bind(self.entity.code())
        .bind(self.layout)
        .bind(self.origin.way.code())
        .bind(&self.origin.file_name)
        .bind(self.part)
        .bind(self.origin.sha256.as_slice())
        .bind(self.origin.bytes as i64)
        .bind(self.shape.map(|s| Json(shape_json(s))))
        .bind(self.origin.period_on.map(|d| d.to_sqlx()))
        .bind(self.state)
        .bind(error.map(|e| e.0))
        .bind(error.map(|e| e.1.as_str()))
        .bind(error.map(|e| e.2.as_str()))
        .bind(self.origin.kept_path.as_ref().map(|p| p.to_string_lossy().into_owned()))
        .bind(self.origin.user.map(|u| u.get()))
        .bind(now.to_sqlx())
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(BatchId(batch))
    }
}
