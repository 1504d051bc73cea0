//! `forecourt doctor`: what is well, what is not, and what to do about it.

use anyhow::{Result, bail};

use crate::cli::Place;

/// Runs every check; fails when one fails.
pub async fn run(place: &Place) -> Result<()> {
    let findings =
        db::doctor::examine(&place.data_dir, place.database_url.as_deref(), app::migrations::MIGRATIONS)
            .await;
    let mut failed = 0;
    for finding in &findings {
        println!("{} {:<22} {}", if finding.ok { "ok  " } else { "FAIL" }, finding.check, finding.message);
        failed += usize::from(!finding.ok);
    }
    if failed > 0 {
        bail!("{failed} of {} checks failed", findings.len());
    }
    Ok(())
}
