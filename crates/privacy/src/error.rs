//! What can go wrong here besides refusals, which are problems of the web layer.

/// A verb that could not be finished; nothing of it happened.
#[derive(Debug, thiserror::Error)]
pub enum PrivacyError {
    /// The machine broke.
    #[error(transparent)]
    Fault(#[from] db::DbError),
}
