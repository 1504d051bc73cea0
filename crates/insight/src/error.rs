//! What can go wrong here. Refusals are problems of the web layer, made where they are found.

/// A run that could not be finished. Whatever it was, the verdicts in force stayed as they were.
#[derive(Debug, thiserror::Error)]
pub enum InsightError {
    /// The machine broke.
    #[error(transparent)]
    Fault(#[from] db::DbError),
}
