//! `forecourt import`: a folder of exports, or one file. Can be stopped at any moment and run again: what is loaded is
//! recognised by its hash, and a batch that was under way is not there.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use db::{Db, Vault};
use jiff::civil::Date;
use kernel::vocab::{Entity, Source};
use kernel::{BatchId, Clock, StoreId, UserId};
use sha2::{Digest, Sha256};

use crate::error::{IntakeError, Refusal};
use crate::load::{Loaded, Loader, Origin, Way};
use crate::reading::{FileKind, list_tables};

/// How to import.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Store of a single file; folders name it themselves.
    pub store: Option<String>,
    /// System of a single file.
    pub source: Option<Source>,
    /// What a single file is about, if its titles should not decide.
    pub entity: Option<Entity>,
    /// Way in, for the batches.
    pub way: Way,
    /// Account on whose order it happens.
    pub user: Option<UserId>,
    /// Stores loaded side by side; 0 = one a core.
    pub lanes: usize,
}

impl Default for ImportOptions {
    fn default() -> Self {
        ImportOptions { store: None, source: None, entity: None, way: Way::Command, user: None, lanes: 0 }
    }
}

/// Told how an import gets on.
pub trait ImportProgress: Send + Sync {
    /// So much there is to do.
    fn begin(&self, files: u64, bytes: u64);
    /// A file is done.
    fn file_done(&self, file: &Path, bytes: u64, rows: u64);
}

/// Says nothing.
#[derive(Debug, Clone, Copy)]
pub struct Quiet;

impl ImportProgress for Quiet {
    fn begin(&self, _: u64, _: u64) {}
    fn file_done(&self, _: &Path, _: u64, _: u64) {}
}

/// What an import did.
#[derive(Debug, Clone, Default)]
pub struct ImportReport {
    /// Files looked at.
    pub files: u64,
    /// Batches loaded.
    pub loaded: u64,
    /// Tables that had been loaded before.
    pub duplicates: u64,
    /// Batches that wait for a mapping.
    pub waiting: u64,
    /// Files that could not be loaded, and why.
    pub failed: Vec<(PathBuf, String)>,
    /// Data rows.
    pub rows_in: u64,
    /// Rows with something new.
    pub rows_new: u64,
    /// Rows that changed something.
    pub rows_changed: u64,
    /// Rows without anything new.
    pub rows_same: u64,
    /// Rows withheld.
    pub rows_quarantined: u64,
    /// Batches, in the order in which they were finished.
    pub batches: Vec<BatchId>,
    /// Seconds it took.
    pub seconds: f64,
}

impl ImportReport {
    pub(crate) fn add(&mut self, path: &Path, loaded: &Loaded) {
        match loaded {
            Loaded::Batch(counts) => {
                self.loaded += 1;
                self.rows_in += counts.rows_in;
                self.rows_new += counts.rows_new;
                self.rows_changed += counts.rows_changed;
                self.rows_same += counts.rows_same;
                self.rows_quarantined += counts.rows_quarantined;
                self.batches.push(BatchId(counts.batch));
            }
            Loaded::Duplicate(_) => self.duplicates += 1,
            Loaded::WaitingLayout(batch) => {
                self.waiting += 1;
                self.batches.push(*batch);
            }
            Loaded::Failed(batch, why) => {
                self.failed.push((path.to_owned(), why.clone()));
                self.batches.push(*batch);
            }
        }
    }

    fn merge(&mut self, other: ImportReport) {
        self.files += other.files;
        self.loaded += other.loaded;
        self.duplicates += other.duplicates;
        self.waiting += other.waiting;
        self.failed.extend(other.failed);
        self.rows_in += other.rows_in;
        self.rows_new += other.rows_new;
        self.rows_changed += other.rows_changed;
        self.rows_same += other.rows_same;
        self.rows_quarantined += other.rows_quarantined;
        self.batches.extend(other.batches);
    }
}

/// A file to import.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub path: PathBuf,
    pub name: String,
    pub store: Option<StoreId>,
    pub source: Source,
    pub entity: Option<Entity>,
    pub period_on: Option<Date>,
    pub bytes: u64,
}

/// Imports a file, or a folder laid out as `<STORE_CODE>/<source>/<file>`, with or without a `manifest.csv`.
///
/// # Errors
/// The database is away or the disk full; what was loaded until then stays. A bad file is no error, it is reported.
pub async fn import_path(
    db: &Db,
    vault: Arc<Vault>,
    clock: Clock,
    path: &Path,
    options: &ImportOptions,
    progress: Arc<dyn ImportProgress>,
) -> Result<ImportReport, IntakeError> {
    let started = Instant::now();
    let loader = Loader::new(db, vault, clock).await?;
    let mut report = ImportReport::default();
    let found = if path.is_dir() {
        find_files(path, loader.reference(), &mut report)?
    } else {
        vec![single_file(path, loader.reference(), options)?]
    };
    progress.begin(found.len() as u64, found.iter().map(|f| f.bytes).sum());
    let done = Arc::new(loaded_hashes(db).await?);
    let mut by_store: BTreeMap<i32, Vec<Found>> = BTreeMap::new();
    for file in found {
        by_store.entry(file.store.map_or(0, |s| s.get())).or_default().push(file);
    }
    // The largest store first, so that no lane ends long after the others.
    let mut queue: Vec<Vec<Found>> = by_store.into_values().collect();
    queue.sort_by_key(|files| std::cmp::Reverse(files.iter().map(|f| f.bytes).sum::<u64>()));
    let cores = std::thread::available_parallelism().map_or(2, usize::from).min(4);
    let lanes = if options.lanes == 0 { cores } else { options.lanes }.min(queue.len().max(1));
    let queue = Arc::new(Mutex::new(VecDeque::from(queue)));
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..lanes {
        let (queue, done, progress) = (Arc::clone(&queue), Arc::clone(&done), Arc::clone(&progress));
        let (loader, options) = (loader.fork(), options.clone());
        running.spawn(async move { run_lane(loader, &queue, &done, &options, progress.as_ref()).await });
    }
    while let Some(lane) = running.join_next().await {
        report.merge(lane.map_err(|e| IntakeError::Thread(e.to_string()))??);
    }
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

type Hashes = HashSet<([u8; 32], Source, Option<i32>)>;

/// Plain text files that are loaded already, so that a second run need not open them.
async fn loaded_hashes(db: &Db) -> Result<Hashes, IntakeError> {
    let mut tx = db.system().await?;
    let rows: Vec<(Vec<u8>, String, Option<i32>)> =
        sqlx::query_as("SELECT sha256, source, store_id FROM batch WHERE state = 'loaded' AND part = ''")
            .fetch_all(&mut *tx)
            .await?;
    let hash = |bytes: Vec<u8>| <[u8; 32]>::try_from(bytes).ok();
    Ok(rows
        .into_iter()
        .filter_map(|(h, s, store)| Some((hash(h)?, Source::parse(&s).ok()?, store)))
        .collect())
}

async fn run_lane(
    mut loader: Loader,
    queue: &Mutex<VecDeque<Vec<Found>>>,
    done: &Hashes,
    options: &ImportOptions,
    progress: &dyn ImportProgress,
) -> Result<ImportReport, IntakeError> {
    let mut report = ImportReport::default();
    loader.defers_sync = true;
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(files) = next else { return Ok(report) };
        for file in files {
            let before = report.rows_in;
            import_file(&mut loader, &file, done, options, &mut report).await?;
            progress.file_done(&file.path, file.bytes, report.rows_in - before);
        }
        loader.sync_landed().await?;
    }
}

pub(crate) async fn import_file(
    loader: &mut Loader,
    file: &Found,
    done: &Hashes,
    options: &ImportOptions,
    report: &mut ImportReport,
) -> Result<(), IntakeError> {
    report.files += 1;
    let path = file.path.clone();
    let sha256 = tokio::task::spawn_blocking(move || hash_file(&path))
        .await
        .map_err(|e| IntakeError::Thread(e.to_string()))?
        .map_err(IntakeError::io(&file.path))?;
    let plain = matches!(FileKind::of(&file.path), Ok(FileKind::Delimited));
    if plain && done.contains(&(sha256, file.source, file.store.map(|s| s.get()))) {
        report.duplicates += 1;
        return Ok(());
    }
    let origin = Origin {
        store: file.store,
        source: file.source,
        entity: file.entity,
        way: options.way,
        file_name: file.name.clone(),
        sha256,
        bytes: file.bytes,
        period_on: file.period_on,
        user: options.user,
        kept_path: None,
    };
    for (_, loaded) in load_file(loader, &origin, &file.path).await? {
        report.add(&file.path, &loaded);
    }
    Ok(())
}

/// Loads every table of a file. A file nobody knows the layout of is copied into the data folder, to be read again once
/// its columns are mapped.
pub(crate) async fn load_file(
    loader: &mut Loader,
    origin: &Origin,
    path: &Path,
) -> Result<Vec<(String, Loaded)>, IntakeError> {
    let spool = tempfile::Builder::new()
        .prefix("forecourt-unpack-")
        .tempdir()
        .map_err(IntakeError::io(&std::env::temp_dir()))?;
    let (file, folder, limits) = (path.to_owned(), spool.path().to_owned(), loader.limits);
    let tables = tokio::task::spawn_blocking(move || list_tables(&file, &folder, &limits))
        .await
        .map_err(|e| IntakeError::Thread(e.to_string()))?;
    let tables = match tables {
        Ok(tables) => tables,
        Err(crate::reading::ReadFault::Io { path, source }) => return Err(IntakeError::Io { path, source }),
        Err(fault) => return Ok(vec![(origin.file_name.clone(), loader.fail(origin, &fault).await?)]),
    };
    let several = tables.len() > 1;
    let mut outcomes = Vec::with_capacity(tables.len());
    for table in tables {
        let name = table.member.clone().unwrap_or_else(|| origin.file_name.clone());
        let loaded = loader.load_table(origin, &table).await?;
        // An empty second sheet is how every new workbook looks, and no failure.
        let empty_sheet = several && table.sheet.is_some() && matches!(&loaded, Loaded::Failed(..));
        if empty_sheet && loader.forget_empty(&loaded).await? {
            continue;
        }
        if let Loaded::WaitingLayout(batch) = &loaded {
            loader.keep_file(*batch, origin, path).await?;
        }
        outcomes.push((name, loaded));
    }
    Ok(outcomes)
}

impl Loader {
    pub(crate) async fn forget_empty(&self, loaded: &Loaded) -> Result<bool, IntakeError> {
        let Loaded::Failed(batch, _) = loaded else { return Ok(false) };
        let mut tx = self.db.system().await?;
        let gone = sqlx::query("DELETE FROM batch WHERE batch_id = $1 AND error_code = 'empty_file'")
            .bind(batch.get())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(gone.rows_affected() > 0)
    }

    /// Copies a file into the data folder, so that it is there when its layout has been mapped.
    pub(crate) async fn keep_file(
        &self,
        batch: BatchId,
        origin: &Origin,
        path: &Path,
    ) -> Result<(), IntakeError> {
        if origin.kept_path.is_some() {
            return Ok(());
        }
        let folder = self.db.data_dir().join("inbox");
        std::fs::create_dir_all(&folder).map_err(IntakeError::io(&folder))?;
        let extension =
            path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let kept = folder.join(format!("{}.{extension}", hex::encode(origin.sha256)));
        if !kept.exists() {
            tokio::fs::copy(path, &kept).await.map_err(IntakeError::io(&kept))?;
        }
        let mut tx = self.db.system().await?;
        sqlx::query("UPDATE batch SET kept_path = $2 WHERE batch_id = $1")
            .bind(batch.get())
            .bind(kept.to_string_lossy().as_ref())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }
}

pub(crate) fn hash_file(path: &Path) -> std::io::Result<[u8; 32]> {
    use std::io::Read;
    let mut file = std::fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0u8; 256 << 10];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(&buffer[..read]);
    }
}

fn single_file(
    path: &Path,
    reference: &crate::Reference,
    options: &ImportOptions,
) -> Result<Found, IntakeError> {
    let bytes = std::fs::metadata(path).map_err(IntakeError::io(path))?.len();
    let name = file_name(path);
    let (folder_store, folder_source) = folders_of(path);
    let source = options.source.or(folder_source).ok_or(Refusal::SourceNeeded)?;
    let code = options.store.clone().or(folder_store.filter(|_| folder_source.is_some()));
    let store = match code {
        Some(code) if is_group(&code) => None,
        Some(code) => Some(reference.store(&code).ok_or(Refusal::UnknownStore(code))?),
        None => None,
    };
    let entity = options.entity.or_else(|| entity_of(&name));
    Ok(Found { path: path.to_owned(), period_on: period_of(&name), name, store, source, entity, bytes })
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Store code and source by the two folders above a file.
fn folders_of(path: &Path) -> (Option<String>, Option<Source>) {
    let source =
        path.parent().and_then(Path::file_name).and_then(|n| Source::parse(&n.to_string_lossy()).ok());
    let store = path.parent().and_then(Path::parent).and_then(Path::file_name);
    (store.map(|s| s.to_string_lossy().into_owned()), source)
}

/// Folder names under which the group's own exports lie.
fn is_group(code: &str) -> bool {
    ["GROUP", "HQ", "集团", "总部"].contains(&code.to_uppercase().as_str())
}

/// The files of a folder, in the order in which they were delivered as far as that can be told.
pub(crate) fn find_files(
    root: &Path,
    reference: &crate::Reference,
    report: &mut ImportReport,
) -> Result<Vec<Found>, IntakeError> {
    let mut paths = Vec::new();
    match manifest_paths(root)? {
        Some(listed) => paths = listed,
        None => {
            walk(root, &mut paths, 0)?;
            paths.sort_by_key(|p| (folders_of(p).0, period_of(&file_name(p)), p.clone()));
        }
    }
    let mut found = Vec::new();
    for path in paths {
        let (Some(code), Some(source)) = folders_of(&path) else { continue };
        let store = reference.store(&code);
        if store.is_none() && !is_group(&code) {
            report.failed.push((path, Refusal::UnknownStore(code).to_string()));
            continue;
        }
        let bytes = match std::fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) => {
                report.failed.push((path, error.to_string()));
                continue;
            }
        };
        let name = file_name(&path);
        found.push(Found {
            period_on: period_of(&name),
            entity: entity_of(&name),
            name,
            path,
            store,
            source,
            bytes,
        });
    }
    Ok(found)
}

/// Paths in the order of `manifest.csv`, if there is one here or above.
fn manifest_paths(root: &Path) -> Result<Option<Vec<PathBuf>>, IntakeError> {
    let Some(base) =
        [Some(root), root.parent()].into_iter().flatten().find(|f| f.join("manifest.csv").is_file())
    else {
        return Ok(None);
    };
    let manifest = base.join("manifest.csv");
    let bytes = std::fs::read(&manifest).map_err(IntakeError::io(&manifest))?;
    let mut reader = csv::Reader::from_reader(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes));
    let bad = |e: csv::Error| IntakeError::Io { path: manifest.clone(), source: std::io::Error::other(e) };
    let Some(column) = reader.headers().map_err(bad)?.iter().position(|h| h == "path") else {
        return Ok(None);
    };
    let mut paths = Vec::new();
    for record in reader.records() {
        if let Some(path) = record.map_err(bad)?.get(column) {
            let path = base.join(path);
            if path.starts_with(root) {
                paths.push(path);
            }
        }
    }
    Ok(Some(paths))
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>, depth: usize) -> Result<(), IntakeError> {
    // Exports lie three folders deep; a link in a circle must not hold us for ever.
    if depth > 6 {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(IntakeError::io(folder))? {
        let path = entry.map_err(IntakeError::io(folder))?.path();
        let hidden = file_name(&path).starts_with('.') || file_name(&path).starts_with("~$");
        if hidden {
            continue;
        }
        if path.is_dir() {
            walk(&path, paths, depth + 1)?;
        } else if path.extension().is_some_and(|e| {
            ["csv", "tsv", "txt", "xls", "xlsx", "zip"]
                .contains(&e.to_string_lossy().to_ascii_lowercase().as_str())
        }) {
            paths.push(path);
        }
    }
    Ok(())
}

/// What a file is about, by the first word of its name.
pub(crate) fn entity_of(name: &str) -> Option<Entity> {
    let stem = name.split('.').next().unwrap_or(name);
    let kind: String = stem
        .split('_')
        .take_while(|w| !w.starts_with(|c: char| c.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join("_");
    Some(match kind.as_str() {
        "customer_vehicle" | "customer" | "contact" | "ledger_customer" => Entity::Customer,
        "ledger_repair" => Entity::RepairOrder,
        "deal" => Entity::UsedCarDeal,
        other => Entity::parse(other).ok()?,
    })
}

/// `…_2014…`, `…_2021-03…`, `…_2021Q2…`: the first day of the period.
pub(crate) fn period_of(name: &str) -> Option<Date> {
    name.split(['_', '.']).find_map(|part| {
        let year: i16 = part.get(..4)?.parse().ok().filter(|y| (1990..2100).contains(y))?;
        let month = match part.get(4..)? {
            "" => 1,
            rest => match (rest.strip_prefix('-'), rest.strip_prefix('Q')) {
                (Some(month), _) => month.parse().ok()?,
                (_, Some(quarter)) => 3 * quarter.parse::<i8>().ok()? - 2,
                _ => return None,
            },
        };
        Date::new(year, month, 1).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_tell_period_and_kind() {
        for (name, entity, period) in [
            ("customer_vehicle_2014.csv", Some(Entity::Customer), Some((2014, 1))),
            ("repair_order_2021-03_again.xlsx", Some(Entity::RepairOrder), Some((2021, 3))),
            ("deal_2021Q2.csv", Some(Entity::UsedCarDeal), Some((2021, 4))),
            ("ledger_repair_2004.csv", Some(Entity::RepairOrder), Some((2004, 1))),
            ("客户档案.csv", None, None),
        ] {
            assert_eq!(entity_of(name), entity, "{name}");
            let first = period.map(|(y, m)| Date::new(y, m, 1).unwrap());
            assert_eq!(period_of(name), first, "{name}");
        }
    }
}
