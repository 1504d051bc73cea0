//! The `privacy` room: who may see a personal value in clear, and what a customer allowed.
//! See README.md beside.

pub mod api;
pub mod error;
pub mod note_consents;
pub mod queries;
pub mod reveal;
pub mod rules;
pub mod store;

use db::MigrationSet;
use db::jobs::Worker;
use web::AppState;

pub use api::routes;
pub use error::PrivacyError;
pub use note_consents::{NoteConsents, note_consents};
pub use rules::{Consent, most_restrictive};

/// Tables of this context. They refer to those of db only; queries read intake and identity.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    context: "privacy",
    steps: &[("0001_consent", include_str!("../migrations/0001_consent.sql"))],
};

/// Adds this context's jobs to the worker.
pub fn jobs(worker: Worker<AppState>) -> Worker<AppState> {
    worker.job::<NoteConsents>()
}
