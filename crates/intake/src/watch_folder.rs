//! A watched folder: exports that appear in it are loaded and moved out of the way.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use db::{Db, Vault};
use kernel::Clock;

use crate::error::IntakeError;
use crate::import::{ImportOptions, ImportReport, find_files, import_file};
use crate::load::{Loader, Way};

/// Between two looks.
pub const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Remembers the sizes of files seen, because a file that still grows is still being copied.
#[derive(Debug, Default)]
pub struct FolderWatch {
    sizes: HashMap<PathBuf, u64>,
}

impl FolderWatch {
    /// One look: loads files laid out as `<STORE_CODE>/<source>/<file>` whose size has not changed since the last look,
    /// and moves them to `.done` or `.failed` below the folder.
    ///
    /// # Errors
    /// The database is away or the disk full; the files stay where they are and are tried again.
    pub async fn look(
        &mut self,
        db: &Db,
        vault: Arc<Vault>,
        clock: Clock,
        folder: &Path,
    ) -> Result<ImportReport, IntakeError> {
        let mut loader = Loader::new(db, vault, clock).await?;
        let mut report = ImportReport::default();
        let found = find_files(folder, loader.reference(), &mut report)?;
        for (path, _) in std::mem::take(&mut report.failed) {
            put_away(folder, &path, ".failed")?;
        }
        let options = ImportOptions { way: Way::Folder, ..ImportOptions::default() };
        let mut sizes = HashMap::new();
        for file in found {
            if self.sizes.get(&file.path) != Some(&file.bytes) {
                sizes.insert(file.path.clone(), file.bytes);
                continue;
            }
            let failures = report.failed.len();
            import_file(&mut loader, &file, &Default::default(), &options, &mut report).await?;
            put_away(folder, &file.path, if report.failed.len() > failures { ".failed" } else { ".done" })?;
        }
        self.sizes = sizes;
        Ok(report)
    }
}

/// Moves a file below `.done` or `.failed`, keeping its place and every earlier file of its name.
fn put_away(folder: &Path, path: &Path, to: &str) -> Result<(), IntakeError> {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    let mut target = folder.join(to).join(inside);
    let parent = target.parent().unwrap_or(folder).to_owned();
    std::fs::create_dir_all(&parent).map_err(IntakeError::io(&parent))?;
    let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    for n in 2..10_000 {
        if !target.exists() {
            break;
        }
        target = parent.join(format!("{n}-{name}"));
    }
    std::fs::rename(path, &target).map_err(IntakeError::io(path))
}
