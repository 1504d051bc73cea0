//! `forecourt backup` and `forecourt restore`.

use anyhow::{Context as _, Result};

use crate::cli::{ArchiveArgs, Place};
use crate::setup::{self, Capacity};

/// Writes the archive.
pub async fn backup(place: &Place, args: &ArchiveArgs) -> Result<()> {
    let house = setup::open(place, Capacity::Guest).await?;
    let report = db::backup(&house.db, &args.archive)
        .await
        .with_context(|| format!("cannot write the backup {}", args.archive.display()))?;
    println!("{report} in {}. The keys are not in it: keep keys.json apart.", args.archive.display());
    house.db.close().await;
    Ok(())
}

/// Restores into an empty data folder.
pub async fn restore(place: &Place, args: &ArchiveArgs) -> Result<()> {
    let report = db::restore(&args.archive, &place.data_dir)
        .await
        .with_context(|| format!("cannot restore {} into {}", args.archive.display(), place.data_dir.display()))?;
    println!("{report} in {}", place.data_dir.display());
    Ok(())
}
