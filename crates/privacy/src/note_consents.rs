//! After an import: what the sources say about consent becomes statements with their proof.

use db::Db;
use db::jobs::{Job, JobCx, JobResult};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use web::AppState;

use crate::PrivacyError;
use crate::store::insert_statements_of_facts;

/// Keeps the statements that the current facts hold and that are not known yet; how many.
///
/// # Errors
/// A fault of the database; then none was kept.
pub async fn note_consents(db: &Db, now: Timestamp) -> Result<u64, PrivacyError> {
    let mut tx = db.system().await?;
    let added = insert_statements_of_facts(&mut tx, now).await?;
    tx.commit().await?;
    Ok(added)
}

/// The job that does so.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NoteConsents {}

impl Job<AppState> for NoteConsents {
    const KIND: &'static str = "privacy.note_consents";

    async fn run(self, cx: JobCx<AppState>) -> JobResult {
        JobResult::of(note_consents(&cx.db, cx.house.clock.now()).await)
    }
}
