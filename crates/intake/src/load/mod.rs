//! Loading: one table of one file becomes one batch, in one transaction. Whatever happens in the middle (a kill, a full
//! disk, the database going away), either all of the batch is there or none of it.

mod chunk;
mod encode;
mod encode_business;
mod known;
mod pipeline;
mod record;
mod repair;
mod stage;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use db::{Db, Vault};
use jiff::civil::Date;
use kernel::vocab::{Entity, Source};
use kernel::{BatchId, Clock, StoreId, UserId};

use crate::error::IntakeError;
use crate::layouts::{LayoutChoice, LayoutId, Layouts};
use crate::mapping::{Mapping, is_known_title};
use crate::reading::{Limits, ReadFault, Shape, TableRef, open_table};
use crate::reference::Reference;
pub(crate) use stage::take_back;

/// By which way a batch came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Upload in the console.
    Upload,
    /// Watched folder.
    Folder,
    /// `forecourt import`.
    Command,
    /// Scheduled query against an outside database.
    Pull,
    /// HTTP push with an API key.
    Push,
    /// Keyed paper form.
    Form,
    /// Repaired rows out of quarantine.
    Replay,
}

impl Way {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Way::Upload => "upload",
            Way::Folder => "folder",
            Way::Command => "command",
            Way::Pull => "pull",
            Way::Push => "push",
            Way::Form => "form",
            Way::Replay => "replay",
        }
    }
}

/// What is known of a file before it is opened.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Store the file belongs to; `None` for the group's own.
    pub store: Option<StoreId>,
    /// System it comes from.
    pub source: Source,
    /// What it is about, when the sender says so.
    pub entity: Option<Entity>,
    /// Way in.
    pub way: Way,
    /// Name for screens.
    pub file_name: String,
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
    /// Size of the whole file.
    pub bytes: u64,
    /// First day of the period the file is about.
    pub period_on: Option<Date>,
    /// Account on whose order it is loaded.
    pub user: Option<UserId>,
    /// Where the file stays, while it may be needed again.
    pub kept_path: Option<PathBuf>,
}

/// What became of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// It was loaded.
    Batch(BatchCounts),
    /// The same table had been loaded before; nothing has changed.
    Duplicate(BatchId),
    /// Nobody knows the layout; the file waits for its mapping.
    WaitingLayout(BatchId),
    /// It cannot be loaded, and the batch says why.
    Failed(BatchId, String),
}

/// A loaded batch in figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchCounts {
    /// Its number.
    pub batch: i64,
    /// Data rows.
    pub rows_in: u64,
    /// Rows that say something of which nothing was known.
    pub rows_new: u64,
    /// Rows that changed something known.
    pub rows_changed: u64,
    /// Rows that said nothing new.
    pub rows_same: u64,
    /// Rows withheld.
    pub rows_quarantined: u64,
    /// Blank lines and totals.
    pub rows_blank: u64,
}

/// Loads files, one after the other. Remembers between files what is current, so that a small file costs little; keep
/// one for a whole import, and one for each thread of it.
pub struct Loader {
    pub(crate) db: Db,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Clock,
    pub(crate) lake: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) reference: Arc<Reference>,
    layouts: Layouts,
    memory: known::Memory,
    connection: Option<sqlx::pool::PoolConnection<sqlx::Postgres>>,
    /// Rows (batch, row number) whose facts the next load replaces.
    pub(crate) retiring: Vec<(i64, i32)>,
    /// Landed files that may still be on their way to the disk.
    unsynced: Vec<PathBuf>,
    /// Landed files are synced now and then ([`Loader::sync_landed`]) and not before each commit.
    pub(crate) defers_sync: bool,
}

/// A table that has been opened, with everything needed to load it.
pub(crate) struct Opened {
    pub table: crate::reading::Table,
    pub shape: Shape,
    pub layout: LayoutId,
    pub mapping: Mapping,
}

impl Loader {
    /// A loader that lands rows under `<data>/lake/landed`.
    ///
    /// # Errors
    /// The stores and brands cannot be read.
    pub async fn new(db: &Db, vault: Arc<Vault>, clock: Clock) -> Result<Loader, IntakeError> {
        let reference = Arc::new(Reference::read(db).await?);
        Ok(Loader {
            db: db.clone(),
            vault,
            clock,
            lake: db.data_dir().join("lake").join("landed"),
            limits: Limits::default(),
            reference,
            layouts: Layouts::default(),
            memory: known::Memory::default(),
            connection: None,
            retiring: Vec::new(),
            unsynced: Vec::new(),
            defers_sync: false,
        })
    }

    /// A second loader for another thread.
    pub fn fork(&self) -> Loader {
        Loader {
            db: self.db.clone(),
            vault: Arc::clone(&self.vault),
            clock: self.clock.clone(),
            lake: self.lake.clone(),
            limits: self.limits,
            reference: Arc::clone(&self.reference),
            layouts: Layouts::default(),
            memory: known::Memory::default(),
            connection: None,
            retiring: Vec::new(),
            unsynced: Vec::new(),
            defers_sync: false,
        }
    }

    /// Waits until the landed files of all batches so far are on the disk. An import of a thousand small files does this
    /// now and then and not a thousand times: until it has, the power going away may cost a landed copy, never a fact.
    ///
    /// # Errors
    /// The disk is full or broken.
    pub async fn sync_landed(&mut self) -> Result<(), IntakeError> {
        let paths = std::mem::take(&mut self.unsynced);
        let sync = move || {
            for path in paths {
                std::fs::File::open(&path).and_then(|f| f.sync_data()).map_err(IntakeError::io(&path))?;
            }
            Ok(())
        };
        tokio::task::spawn_blocking(sync).await.map_err(|e| IntakeError::Thread(e.to_string()))?
    }

    /// Replaces the limits, for tests.
    pub fn with_limits(mut self, limits: Limits) -> Loader {
        self.limits = limits;
        self
    }

    /// Stores and brands.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Loads one table. A file that cannot be read, or whose layout nobody knows, becomes a batch that says so.
    ///
    /// # Errors
    /// The database is away, the disk is full: then nothing has happened.
    pub async fn load_table(&mut self, origin: &Origin, table: &TableRef) -> Result<Loaded, IntakeError> {
        let limits = self.limits;
        let at = table.clone();
        // Opening reads the disk and may unpack a workbook: not on a thread that serves requests.
        let opened = tokio::task::spawn_blocking(move || open_table(&at, &is_known_title, limits))
            .await
            .map_err(|e| IntakeError::Thread(e.to_string()))?;
        let part = part_of(table);
        let opened = match opened {
            Ok(opened) => opened,
            Err(ReadFault::Io { path, source }) => return Err(IntakeError::Io { path, source }),
            Err(fault) => return self.record_failure(origin, &part, None, &fault).await,
        };
        self.load_opened(origin, &part, opened).await
    }

    pub(crate) async fn load_opened(
        &mut self,
        origin: &Origin,
        part: &str,
        table: crate::reading::Table,
    ) -> Result<Loaded, IntakeError> {
        let shape = table.shape.clone();
        let choice = self.layouts.choose(&self.db, origin, &shape).await?;
        match choice {
            LayoutChoice::Use { layout, mapping } => {
                let opened = Opened { table, shape, layout, mapping };
                pipeline::load(self, origin, part, opened).await
            }
            LayoutChoice::Ask { layout, entity } => {
                self.record_waiting(origin, part, &shape, layout, entity).await
            }
        }
    }

    /// Records a file that cannot be read at all.
    pub(crate) async fn fail(&mut self, origin: &Origin, fault: &ReadFault) -> Result<Loaded, IntakeError> {
        self.record_failure(origin, "", None, fault).await
    }

    /// Forgets what is remembered of layouts, after one was edited.
    pub fn forget_layouts(&mut self) {
        self.layouts = Layouts::default();
    }

    pub(crate) fn landed_path(&self, source: Source, entity: Entity, batch: BatchId) -> PathBuf {
        self.lake
            .join(format!("source={}", source.code()))
            .join(format!("entity={}", entity.code()))
            .join(format!("batch-{:08}.parquet", batch.get()))
    }
}

/// Member and sheet, as one text.
fn part_of(table: &TableRef) -> String {
    let parts = [table.member.as_deref(), table.sheet.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join("#")
}

/// Path below the data folder, so that the folder may move.
pub(crate) fn relative_to(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned()
}
