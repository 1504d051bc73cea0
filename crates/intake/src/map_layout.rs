//! The mapping editor: what a layout's columns feed, a look at twenty rows of it, and the release of files that waited.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use db::{Access, AuditEntry, Db, Vault};
use jiff_sqlx::ToSqlx;
use kernel::vocab::{Entity, Source};
use kernel::{Clock, StoreId, UserId};
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::catalogue::{Field, Form};
use crate::error::{IntakeError, Refusal};
use crate::import::load_file;
use crate::layouts::LayoutId;
use crate::load::{Loaded, Loader, Origin, Way};
use crate::mapping::{ColumnChoice, Mapping, is_known_title};
use crate::normalise::{NormalisedCell, preview_cell, preview_row};
use crate::reading::{Limits, list_tables, open_table};

/// Rows of a preview.
const PREVIEW_ROWS: usize = 20;

/// A choice for one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Column, from 0.
    pub position: u16,
    /// Field code; `None` = not imported.
    pub field: Option<String>,
}

/// A layout as stored.
#[derive(Debug, Clone)]
pub struct StoredLayout {
    /// Its number.
    pub layout_id: LayoutId,
    /// System.
    pub source: Source,
    /// What its rows are.
    pub entity: Entity,
    /// A choice a column.
    pub columns: Vec<ColumnChoice>,
    /// `draft`, `active` or `retired`.
    pub state: String,
}

/// Reads a layout.
///
/// # Errors
/// [`IntakeError::NotFound`].
pub async fn get_layout(tx: &mut PgConnection, layout_id: LayoutId) -> Result<StoredLayout, IntakeError> {
    let found: Option<(String, String, Json<Vec<ColumnChoice>>, Vec<String>, String)> =
        sqlx::query_as("SELECT source, entity, columns, titles, state FROM layout WHERE layout_id = $1")
            .bind(layout_id)
            .fetch_optional(tx)
            .await?;
    let (source, entity, columns, titles, state) =
        found.ok_or(IntakeError::NotFound { what: "layout", id: layout_id.into() })?;
    let mut columns = columns.0;
    for (position, header) in titles.into_iter().enumerate() {
        if !columns.iter().any(|c| usize::from(c.position) == position) {
            columns.push(ColumnChoice {
                position: position as u16,
                header,
                field: None,
                proposed_by: None,
                confidence: None,
                samples: Vec::new(),
            });
        }
    }
    columns.sort_by_key(|c| c.position);
    Ok(StoredLayout {
        layout_id,
        source: Source::parse(&source).unwrap_or(Source::Dms),
        entity: Entity::parse(&entity).unwrap_or(Entity::Customer),
        columns,
        state,
    })
}

/// Puts choices in place of proposals.
pub fn with_choices(mut layout: StoredLayout, choices: &[Choice]) -> Result<StoredLayout, IntakeError> {
    let form = Form::of(layout.entity);
    for choice in choices {
        let field = match choice.field.as_deref() {
            None => None,
            Some(code) => Some(
                Field::parse(code)
                    .filter(|f| form.has(*f))
                    .ok_or_else(|| Refusal::BadRequest(format!("{code} is no field of this form")))?,
            ),
        };
        let Some(column) = layout.columns.iter_mut().find(|c| c.position == choice.position) else {
            continue;
        };
        if column.field.as_deref() != field.map(Field::code) {
            column.field = field.map(|f| f.code().to_owned());
            (column.proposed_by, column.confidence) = (None, None);
        }
    }
    let mut fields: Vec<&str> = layout.columns.iter().filter_map(|c| c.field.as_deref()).collect();
    fields.sort_unstable();
    if let Some(twice) = fields.windows(2).find(|w| w[0] == w[1]) {
        return Err(Refusal::BadRequest(format!("{} is fed by two columns", twice[0])).into());
    }
    Ok(layout)
}

/// Saves the choices; when the layout becomes active, the files that waited for it are to be loaded
/// ([`release_waiting`]).
///
/// # Errors
/// [`Refusal::FieldsMissing`] if it is to become active without its key; [`IntakeError::NotFound`].
pub async fn save_layout(
    db: &Db,
    clock: &Clock,
    access: &Access,
    layout_id: LayoutId,
    choices: &[Choice],
    active: bool,
) -> Result<(), IntakeError> {
    let mut tx = db.write(access).await?;
    let layout = with_choices(get_layout(&mut tx, layout_id).await?, choices)?;
    let missing = Mapping::of(layout.entity, &layout.columns).missing(layout.source);
    if active && !missing.is_empty() {
        return Err(Refusal::FieldsMissing(missing.into_iter().map(|f| f.zh().to_owned()).collect()).into());
    }
    sqlx::query(
        "UPDATE layout SET columns = $2, state = $3, updated_by = $4, updated_at = $5 WHERE layout_id = $1",
    )
    .bind(layout_id)
    .bind(Json(&layout.columns))
    .bind(if active { "active" } else { "draft" })
    .bind(access.user_id.get())
    .bind(clock.now().to_sqlx())
    .execute(&mut *tx)
    .await?;
    let entry = AuditEntry {
        action: "save_layout",
        subject_kind: "layout",
        subject_id: &layout_id.to_string(),
        store_id: None,
        reason: None,
        detail: json!({ "active": active, "mapped": layout.columns.iter().filter(|c| c.field.is_some()).count() }),
    };
    db::audit(&mut tx, &entry).await?;
    Ok(tx.commit().await?)
}

/// Loads the files that waited for a layout. Can run twice.
///
/// # Errors
/// The database is away; batches loaded until then stay.
pub async fn release_waiting(
    db: &Db,
    vault: Arc<Vault>,
    clock: Clock,
    layout_id: LayoutId,
) -> Result<Vec<Loaded>, IntakeError> {
    let mut tx = db.system().await?;
    type Waiting = (
        i64,
        Option<i32>,
        String,
        String,
        String,
        Vec<u8>,
        i64,
        Option<jiff_sqlx::Date>,
        Option<i32>,
        Option<String>,
    );
    let waiting: Vec<Waiting> = sqlx::query_as(
        "SELECT batch_id, store_id, source, entity, file_name, sha256, bytes, period_on, created_by, kept_path
         FROM batch
         WHERE layout_id = $1 AND state = 'waiting_layout'
         ORDER BY batch_id",
    )
    .bind(layout_id)
    .fetch_all(&mut *tx)
    .await?;
    tx.rollback().await?;
    let mut loader = Loader::new(db, vault, clock).await?;
    let mut outcomes = Vec::new();
    for (batch, store, source, entity, file_name, sha256, bytes, period, user, kept) in waiting {
        let (Some(kept), Ok(sha256)) = (kept, <[u8; 32]>::try_from(sha256)) else { continue };
        let origin = Origin {
            store: store.map(StoreId),
            source: Source::parse(&source).unwrap_or(Source::Dms),
            entity: Entity::parse(&entity).ok(),
            way: Way::Upload,
            file_name,
            sha256,
            bytes: bytes as u64,
            period_on: period.map(|d| d.to_jiff()),
            user: user.map(UserId),
            kept_path: Some(PathBuf::from(&kept)),
        };
        for (_, loaded) in load_file(&mut loader, &origin, Path::new(&kept)).await? {
            if matches!(loaded, Loaded::Batch(_) | Loaded::Duplicate(_)) {
                let mut tx = db.system().await?;
                sqlx::query("DELETE FROM batch WHERE batch_id = $1 AND state = 'waiting_layout'")
                    .bind(batch)
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await?;
            }
            outcomes.push(loaded);
        }
    }
    Ok(outcomes)
}

/// A previewed row.
#[derive(Debug, Clone)]
pub struct PreviewRow {
    /// Row number in the file.
    pub row_no: u32,
    /// Raw and normalised, a mapped column each.
    pub cells: Vec<(String, NormalisedCell)>,
    /// Why the row would be withheld; empty if it would be linked.
    pub reasons: Vec<(&'static str, &'static str)>,
}

/// What a mapping would make of the first rows of a file that has this layout.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Mapped fields in the order of the cells.
    pub fields: Vec<Field>,
    /// Rows.
    pub rows: Vec<PreviewRow>,
    /// Required fields without a column.
    pub missing: Vec<Field>,
}

/// Previews a layout on the newest file of it that is still at hand.
///
/// # Errors
/// [`IntakeError::NotFound`]; a file that cannot be read any more.
pub async fn preview_layout(
    db: &Db,
    vault: Arc<Vault>,
    clock: Clock,
    access: &Access,
    layout_id: LayoutId,
    choices: &[Choice],
) -> Result<Preview, IntakeError> {
    let mut tx = db.read(access).await?;
    let layout = with_choices(get_layout(&mut tx, layout_id).await?, choices)?;
    let kept: Option<(String, Option<i32>)> = sqlx::query_as(
        "SELECT kept_path, store_id FROM batch
         WHERE layout_id = $1 AND kept_path IS NOT NULL
         ORDER BY batch_id DESC
         LIMIT 1",
    )
    .bind(layout_id)
    .fetch_optional(&mut *tx)
    .await?;
    tx.rollback().await?;
    let mapping = Mapping::of(layout.entity, &layout.columns);
    let fields = mapping.fields();
    let missing = mapping.missing(layout.source);
    let mut preview = Preview { fields: fields.iter().map(|(f, _)| *f).collect(), rows: Vec::new(), missing };
    let Some((kept, store)) = kept else { return Ok(preview) };
    let loader = Loader::new(db, vault, clock).await?;
    let reference = Arc::clone(&loader.reference);
    let source = layout.source;
    let masked = access.masked;
    let rows = tokio::task::spawn_blocking(move || -> Result<Vec<PreviewRow>, IntakeError> {
        let spool = tempfile::tempdir().map_err(IntakeError::io(&std::env::temp_dir()))?;
        let tables = list_tables(Path::new(&kept), spool.path(), &Limits::default())?;
        let Some(first) = tables.first() else { return Ok(Vec::new()) };
        let mut table = open_table(first, &is_known_title, Limits::default())?;
        let mut rows = Vec::new();
        while rows.len() < PREVIEW_ROWS {
            let Some(block) = table.next_block(PREVIEW_ROWS)? else { break };
            let block = block.decode();
            for row in block.rows().filter(|r| !r.is_blank()).take(PREVIEW_ROWS - rows.len()) {
                let reasons = preview_row(&mapping, source, store.map(StoreId), &reference, row);
                let cells = fields.iter().map(|(field, column)| {
                    let raw = row.raw_cell(*column).to_owned();
                    let mut cell = preview_cell(*field, &raw);
                    if masked {
                        cell.value = cell.value.map(|v| crate::mask::mask_cell(Some(field.code()), &v));
                    }
                    let raw = if masked { crate::mask::mask_cell(Some(field.code()), &raw) } else { raw };
                    (raw, cell)
                });
                rows.push(PreviewRow { row_no: row.no, cells: cells.collect(), reasons });
            }
        }
        Ok(rows)
    })
    .await
    .map_err(|e| IntakeError::Thread(e.to_string()))??;
    preview.rows = rows;
    Ok(preview)
}
