//! `forecourt backup` and `forecourt restore`.

use anyhow::{Context as _, Result};

use crate::cli::{ArchiveArgs, Place, RestoreArgs};
use crate::setup::{self, Capacity};

/// Writes the archive.
pub async fn backup(place: &Place, args: &ArchiveArgs) -> Result<()> {
    let house = setup::open(place, Capacity::Guest).await?;
    let report = db::backup(&house.db, &args.archive)
        .await
        .with_context(|| format!("cannot write the backup {}", args.archive.display()))?;
    let rows: i64 = report.tables.iter().map(|table| table.rows).sum();
    println!(
        "{} tables with {rows} rows and {} files in {}. The keys are not in it: keep keys.json apart.",
        report.tables.len(),
        report.files.len(),
        args.archive.display()
    );
    house.db.close().await;
    Ok(())
}

/// Restores into an empty data folder.
pub async fn restore(place: &Place, args: &RestoreArgs) -> Result<()> {
    let report =
        db::restore(&args.archive, &place.data_dir, args.keys.as_deref()).await.with_context(|| {
            format!("cannot restore {} into {}", args.archive.display(), place.data_dir.display())
        })?;
    println!(
        "{} tables and {} files of {} in {}",
        report.tables.len(),
        report.files.len(),
        report.made_at,
        place.data_dir.display()
    );
    Ok(())
}
