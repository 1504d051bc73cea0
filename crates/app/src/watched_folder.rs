//! The watched folder: whatever another system drops under `<data>/watched/<STORE_CODE>/<source>/` is imported.

use db::jobs::{Stop, take_lease};
use intake::{FolderWatch, LOOK_EVERY};
use web::AppState;

/// Only one worker looks; another takes over when it has not been heard of for this many looks.
const LOOKS_UNTIL_TAKEN_OVER: u32 = 6;

/// Looks until asked to stop. A look that fails is said in the log and tried again.
pub async fn watch(house: AppState, mut stop: Stop) {
    let folder = house.data_dir.join("watched");
    if let Err(error) = std::fs::create_dir_all(&folder) {
        tracing::error!(%error, folder = %folder.display(), "the watched folder cannot be made, nothing is watched");
        return;
    }
    let holder = format!("worker-{}", std::process::id());
    let mut watch = FolderWatch::default();
    loop {
        tokio::select! {
            () = stop.asked() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let ttl = LOOK_EVERY * LOOKS_UNTIL_TAKEN_OVER;
        match take_lease(house.db.worker_pool(), "intake.watched_folder", &holder, ttl).await {
            Ok(true) => {}
            Ok(false) => continue,
            Err(error) => {
                tracing::warn!(%error, "the watched folder could not be looked at");
                continue;
            }
        }
        match watch.look(&house.db, house.vault.clone(), house.clock.clone(), &folder).await {
            Ok(report) if report.files > 0 => {
                tracing::info!(
                    files = report.files,
                    rows = report.rows_in,
                    "imported from the watched folder"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the watched folder could not be imported"),
        }
    }
}
