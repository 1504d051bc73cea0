//! `forecourt import`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, bail};
use intake::{ImportOptions, ImportProgress, ImportReport, import_path};
use kernel::vocab::Source;
use web::AppState;

use crate::cli::{ImportArgs, Place};
use crate::progress::Step;
use crate::setup::{self, Capacity};

/// Imports folders and files.
pub async fn run(place: &Place, args: &ImportArgs) -> Result<()> {
    let house = setup::open(place, Capacity::Guest).await?;
    if let Some(workbook) = &args.org {
        organisation(&house, workbook).await?;
    }
    let source = args.source.as_deref().map(Source::parse).transpose().context("--source")?;
    let options = ImportOptions { store: args.store.clone(), source, ..ImportOptions::default() };
    let mut failed = 0;
    for path in &args.paths {
        failed += exports(&house, path, &options).await?.failed.len();
    }
    house.db.close().await;
    if failed > 0 {
        bail!(
            "{failed} files could not be loaded; the reasons stand above and in the console under 数据 → 批次"
        );
    }
    println!("Next: forecourt unify");
    Ok(())
}

/// Imports the group's workbook.
pub async fn organisation(house: &AppState, workbook: &Path) -> Result<()> {
    let step = Step::begin("organisation", 0);
    let report = org::import_org_file(&house.db, &house.vault, workbook)
        .await
        .with_context(|| format!("cannot import {}", workbook.display()))?;
    let rows: u64 = report.sheets.iter().map(|sheet| sheet.rows as u64).sum();
    step.end(&format!("{rows} rows, {} with errors", report.error_count));
    Ok(())
}

/// Imports one folder or file with a progress bar.
pub async fn exports(house: &AppState, path: &Path, options: &ImportOptions) -> Result<ImportReport> {
    let bar = Arc::new(Bar {
        step: Step::begin("import", 0),
        files: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        total: AtomicU64::new(0),
    });
    let progress: Arc<dyn ImportProgress> = bar.clone();
    let report = import_path(&house.db, house.vault.clone(), house.clock.clone(), path, options, progress)
        .await
        .with_context(|| format!("cannot import {}", path.display()))?;
    bar.step.note(&format!(
        "{} files, {} loaded before; {} rows: {} new, {} changed, {} same, {} quarantined; {} batches wait for a mapping",
        report.files,
        report.duplicates,
        report.rows_in,
        report.rows_new,
        report.rows_changed,
        report.rows_same,
        report.rows_quarantined,
        report.waiting
    ));
    for (file, why) in &report.failed {
        eprintln!("  not loaded: {}: {why}", file.display());
    }
    Ok(report)
}

struct Bar {
    step: Step,
    files: AtomicU64,
    bytes: AtomicU64,
    total: AtomicU64,
}

impl ImportProgress for Bar {
    fn begin(&self, files: u64, bytes: u64) {
        self.files.store(files, Ordering::Relaxed);
        self.total.store(bytes, Ordering::Relaxed);
    }

    fn file_done(&self, file: &Path, bytes: u64, _rows: u64) {
        let done = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        self.step.at(done, self.total.load(Ordering::Relaxed), &name);
    }
}
