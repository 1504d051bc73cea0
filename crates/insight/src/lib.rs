//! The `insight` room: what is known of a customer and a vehicle, and who is a valid customer.
//! See README.md beside.

pub mod api;
pub mod error;
pub mod masking;
pub mod numbers;
pub mod overview;
pub mod people;
pub mod search;
pub mod timeline;
pub mod validity;
pub mod vehicles;

use db::MigrationSet;
use db::jobs::Worker;
use web::AppState;

pub use api::routes;
pub use error::InsightError;
pub use validity::{RecomputeJob, ValidityReport, count_earlier_day, recompute_validity};

/// Tables of this context. They refer to those of org, intake, identity and privacy.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    context: "insight",
    steps: &[
        ("0001_validity", include_str!("../migrations/0001_validity.sql")),
        ("0002_search", include_str!("../migrations/0002_search.sql")),
    ],
};

/// Adds this context's jobs to the worker.
pub fn jobs(worker: Worker<AppState>) -> Worker<AppState> {
    worker.job::<RecomputeJob>()
}
