//! The pipeline of one batch: read → normalise on all cores → compare with what is current → COPY → land as Parquet →
//! one row for the batch → commit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use db::Vault;
use jiff::Timestamp;
use kernel::BatchId;
use kernel::vocab::Source;
use lake::{FileKey, Landed, LandedBlock, LandedWriter};
use rayon::prelude::*;
use sqlx::{Connection, PgConnection};
use tokio::sync::mpsc;

use super::chunk::{Chunk, ChunkJob, Held, WrongVin, run};
use super::encode::ColumnCounts;
use super::known::Known;
use super::stage::{Settled, Stage, prepare, retire_rows};
use super::{BatchCounts, Loaded, Loader, Opened, Origin, record, repair};
use crate::catalogue::{Field, FieldKind};
use crate::error::IntakeError;
use crate::facts::Table;
use crate::mapping::Mapping;
use crate::normalise::Context;
use crate::reading::ReadFault;
use crate::reference::Reference;
use crate::rules::DefectClass;

/// Rows of a chunk: enough to keep a core busy, few enough to keep memory small.
const CHUNK_ROWS: usize = 2_048;
/// Rows held back in one batch; beyond it the file is wrong as a whole.
pub(crate) const MOST_HELD: usize = 100_000;

/// Sums over the chunks of a batch.
#[derive(Default)]
pub(crate) struct Tally {
    pub rows: u64,
    pub blank: u64,
    pub new: u64,
    pub same: u64,
    pub mixed_encoding: u64,
    pub changed: Vec<Vec<(Table, i64)>>,
    pub held: Vec<Held>,
    pub wrong_vins: Vec<WrongVin>,
    pub defects: BTreeMap<(DefectClass, String), u64>,
}

/// What a batch is made of besides its rows.
pub(crate) struct BatchRow<'a> {
    pub batch: BatchId,
    pub origin: &'a Origin,
    pub part: &'a str,
    pub opened_layout: i32,
    pub entity: kernel::vocab::Entity,
    pub shape: &'a crate::reading::Shape,
    pub started_at: Timestamp,
    pub landed_path: String,
    pub landed_key: Vec<u8>,
    pub landed: Landed,
    pub counts: BatchCounts,
    pub entities: Vec<(Table, u64, u64, u64)>,
    pub mapping: &'a Mapping,
}

impl BatchRow<'_> {
    pub(crate) fn mapping_column(&self, field: Field) -> Option<usize> {
        self.mapping.column(field)
    }
}

pub(super) async fn load(
    loader: &mut Loader,
    origin: &Origin,
    part: &str,
    opened: Opened,
) -> Result<Loaded, IntakeError> {
    let mut connection = match loader.connection.take() {
        Some(connection) => connection,
        None => {
            let mut connection = loader.db.worker_pool().acquire().await?;
            prepare(&mut connection).await?;
            connection
        }
    };
    let outcome = load_on(loader, &mut connection, origin, part, opened).await;
    // After a fault the connection may be in any state; the pool looks at it before it is used again.
    if matches!(outcome, Ok(Ok(_))) {
        loader.connection = Some(connection);
    }
    match outcome? {
        Ok(loaded) => Ok(loaded),
        Err(fault) => loader.record_failure(origin, part, Some(fault.1), &fault.0).await,
    }
}

type Stopped = (ReadFault, crate::reading::Shape);

async fn load_on(
    loader: &mut Loader,
    connection: &mut PgConnection,
    origin: &Origin,
    part: &str,
    opened: Opened,
) -> Result<Result<Loaded, Stopped>, IntakeError> {
    let started_at = loader.clock.now();
    // The batch may be lost with the machine's power, but only as a whole, and loading it again is no harm.
    // PostgreSQL knows nothing of how full a temporary table is, and would rather read all facts than look up a few.
    let begin = "BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL enable_hashjoin = off; \
                 SET LOCAL enable_mergejoin = off";
    let mut tx = connection.begin_with(begin).await?;
    let (version, batch, duplicate) = record::begin(&mut tx, origin, part).await?;
    if let Some(earlier) = duplicate {
        tx.rollback().await?;
        return Ok(Ok(Loaded::Duplicate(earlier)));
    }
    let retiring = std::mem::take(&mut loader.retiring);
    if !retiring.is_empty() {
        retire_rows(&mut tx, batch, &retiring).await?;
    }
    let known = match loader.memory.take(origin.store, origin.source, version) {
        Some(known) if retiring.is_empty() => known,
        // A file that names its stores row by row is compared in SQL.
        _ if origin.store.is_none() => Known::incomplete(),
        _ => Known::read(&mut tx, origin.store, origin.source).await?,
    };
    let Opened { table, shape, layout, mapping } = opened;
    let key = FileKey::from_bytes(random_bytes()?);
    let path = loader.landed_path(origin.source, mapping.entity(), batch);
    let entity = mapping.entity();
    let landed_fields = landed_fields(&mapping);
    let shared = Arc::new(Shared {
        origin_store: origin.store,
        source: origin.source,
        batch,
        mapping,
        known,
        vault: Arc::clone(&loader.vault),
        reference: Arc::clone(&loader.reference),
        width: shape.header.columns.len(),
        landed_fields,
    });
    let writer =
        LandedWriter::create(&path, &landed_columns(&shape.header.columns, &shared.landed_fields), &key)?;
    let (to_lake, blocks) = sync_channel(4);
    let landing = tokio::task::spawn_blocking(move || land_all(writer, &blocks));
    let (to_stage, mut chunks) = mpsc::channel(2);
    let producing = {
        let shared = Arc::clone(&shared);
        tokio::task::spawn_blocking(move || produce(table, &shared, &to_stage, &to_lake))
    };
    let mut stages: Vec<Stage> = Table::ALL.into_iter().map(Stage::new).collect();
    let mut tally = Tally::default();
    let staging = stage_all(&mut tx, &mut chunks, &mut stages, &mut tally).await;
    drop(chunks);
    let read = producing.await.map_err(|e| IntakeError::Thread(e.to_string()))?;
    let landed = landing.await.map_err(|e| IntakeError::Thread(e.to_string()))?;
    staging?;
    // From here on a failure must not leave the landed file behind.
    let guard = Unlanded(Some(path.clone()));
    let landed = landed?;
    if let Err(fault) = read {
        tx.rollback().await?;
        return Ok(Err((fault, shape)));
    }
    if tally.rows == 0 {
        tx.rollback().await?;
        return Ok(Err((ReadFault::HeaderOnly, shape)));
    }
    let compared = shared.known.is_complete();
    let mut settled: Vec<Settled> = Vec::with_capacity(stages.len());
    for stage in &mut stages {
        settled.push(stage.settle(&mut tx, compared).await?);
    }
    repair::propose(&mut tx, &mut tally).await?;
    let counts = count(batch, &tally, &settled, &stages, shared.known.is_complete());
    let entities = stages
        .iter()
        .zip(&settled)
        .zip(Table::ALL)
        .filter(|((stage, _), _)| stage.seen > 0)
        .map(|((stage, settled), table)| {
            let changed = settled.changed.len() as u64;
            (table, stage.seen, settled.inserted.saturating_sub(changed), changed)
        })
        .collect();
    let row = BatchRow {
        batch,
        origin,
        part,
        opened_layout: layout,
        entity,
        shape: &shape,
        started_at,
        landed_path: super::relative_to(&path, loader.db.data_dir()),
        landed_key: loader.vault.seal(db::Field::Secret, &key.to_hex()),
        landed,
        counts: counts.clone(),
        entities,
        mapping: &shared.mapping,
    };
    if !loader.defers_sync {
        loader.unsynced.push(path.clone());
        loader.sync_landed().await?;
    }
    record::finish(&mut tx, &loader.vault, &row, &tally, loader.clock.now()).await?;
    tx.commit().await?;
    guard.keep();
    if loader.defers_sync {
        loader.unsynced.push(path);
    }
    if retiring.is_empty() {
        remember(loader, origin, shared, settled, version + 1);
    }
    Ok(Ok(Loaded::Batch(counts)))
}

/// What the threads of a batch share.
struct Shared {
    origin_store: Option<kernel::StoreId>,
    source: Source,
    batch: BatchId,
    mapping: Mapping,
    known: Known,
    vault: Arc<Vault>,
    reference: Arc<Reference>,
    width: usize,
    landed_fields: Vec<Field>,
}

/// Reads, normalises on all cores, and hands the chunks on in their order.
fn produce(
    mut table: crate::reading::Table,
    shared: &Shared,
    to_stage: &mpsc::Sender<Chunk>,
    to_lake: &SyncSender<LandedBlock>,
) -> Result<(), ReadFault> {
    let (stores, brands) = (shared.reference.stores(), shared.reference.brands());
    let job = ChunkJob {
        context: Context {
            store: shared.origin_store,
            source: shared.source,
            mapping: &shared.mapping,
            stores: &stores,
            brands: &brands,
            width: shared.width,
        },
        batch: shared.batch,
        vault: &shared.vault,
        known: &shared.known,
        counts: ColumnCounts::new(),
        landed_fields: shared.landed_fields.clone(),
    };
    let lanes = rayon::current_num_threads().max(2);
    loop {
        let mut blocks = Vec::with_capacity(lanes);
        while blocks.len() < lanes {
            match table.next_block(CHUNK_ROWS)? {
                Some(block) => blocks.push(block),
                None => break,
            }
        }
        if blocks.is_empty() {
            return Ok(());
        }
        let mut chunks: Vec<Chunk> = if blocks.len() == 1 {
            blocks.into_iter().map(|b| run(&job, b)).collect()
        } else {
            blocks.into_par_iter().map(|b| run(&job, b)).collect()
        };
        for mut chunk in chunks.drain(..) {
            let landed = std::mem::take(&mut chunk.landed);
            // A receiver that has gone away has a fault of its own to tell.
            if to_lake.send(landed).is_err() || to_stage.blocking_send(chunk).is_err() {
                return Ok(());
            }
        }
    }
}

fn land_all(mut writer: LandedWriter, blocks: &Receiver<LandedBlock>) -> Result<Landed, lake::LakeError> {
    while let Ok(block) = blocks.recv() {
        writer.write(block)?;
    }
    writer.finish()
}

async fn stage_all(
    tx: &mut PgConnection,
    chunks: &mut mpsc::Receiver<Chunk>,
    stages: &mut [Stage],
    tally: &mut Tally,
) -> Result<(), IntakeError> {
    while let Some(chunk) = chunks.recv().await {
        for (stage, staged) in stages.iter_mut().zip(&chunk.staged) {
            stage.place(staged);
            if stage.is_full() {
                stage.send(tx).await?;
            }
        }
        tally.add(chunk);
    }
    Ok(())
}

impl Tally {
    fn add(&mut self, chunk: Chunk) {
        self.rows += u64::from(chunk.rows);
        self.blank += u64::from(chunk.blank);
        self.new += u64::from(chunk.new);
        self.same += u64::from(chunk.same);
        self.mixed_encoding += u64::from(chunk.mixed_encoding);
        self.changed.extend(chunk.changed);
        let room = MOST_HELD.saturating_sub(self.held.len());
        self.held.extend(chunk.held.into_iter().take(room));
        if self.wrong_vins.len() < MOST_HELD {
            self.wrong_vins.extend(chunk.wrong_vins);
        }
        for (rule, bad) in chunk.defects {
            *self.defects.entry(rule).or_insert(0) += u64::from(bad);
        }
    }
}

fn count(batch: BatchId, tally: &Tally, settled: &[Settled], stages: &[Stage], known: bool) -> BatchCounts {
    let withheld = tally.held.iter().filter(|h| h.findings.iter().any(|f| f.rule.withholds())).count() as u64;
    let linked = tally.rows - withheld.min(tally.rows);
    let (new, changed) = if known {
        let really =
            |keys: &Vec<(Table, i64)>| keys.iter().any(|(t, k)| settled[*t as usize].changed.contains(k));
        (tally.new, tally.changed.iter().filter(|keys| really(keys)).count() as u64)
    } else {
        // Compared in SQL: told by the facts of which the form has most.
        let most = (0..stages.len()).max_by_key(|i| stages[*i].seen).unwrap_or(0);
        let changed = settled[most].changed.len() as u64;
        (settled[most].inserted.saturating_sub(changed), changed)
    };
    BatchCounts {
        batch: batch.get(),
        rows_in: tally.rows,
        rows_new: new.min(linked),
        rows_changed: changed.min(linked - new.min(linked)),
        rows_same: linked.saturating_sub(new).saturating_sub(changed),
        rows_quarantined: withheld,
        rows_blank: tally.blank,
    }
}

/// Keeps what is current now for the next file of the source.
fn remember(loader: &mut Loader, origin: &Origin, shared: Arc<Shared>, settled: Vec<Settled>, version: i64) {
    let Ok(shared) = Arc::try_unwrap(shared) else { return };
    let mut known = shared.known;
    if !known.is_complete() {
        return;
    }
    for (table, settled) in Table::ALL.into_iter().zip(settled) {
        let Some(current) = settled.current else { return };
        for (key, hash) in current {
            known.learn(table, key, hash);
        }
    }
    loader.memory.keep(origin.store, origin.source, version, known);
}

/// Fields that get a column of normalised values in the landed file: those whose value may differ from the text.
fn landed_fields(mapping: &Mapping) -> Vec<Field> {
    let fields = mapping.fields().into_iter().map(|(field, _)| field);
    fields
        .filter(|f| !matches!(f.kind(), FieldKind::Gender | FieldKind::YesNo | FieldKind::Address))
        .collect()
}

fn landed_columns(titles: &[String], fields: &[Field]) -> Vec<String> {
    let raw = titles.iter().map(|t| format!("raw:{t}"));
    raw.chain(fields.iter().map(|f| format!("norm:{}", f.code()))).collect()
}

fn random_bytes() -> Result<[u8; 16], IntakeError> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| IntakeError::Thread(format!("no random numbers: {e}")))?;
    Ok(bytes)
}

/// Removes the landed file of a batch that was not committed.
struct Unlanded(Option<std::path::PathBuf>);

impl Unlanded {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Unlanded {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let _ = std::fs::remove_file(path);
        }
    }
}
