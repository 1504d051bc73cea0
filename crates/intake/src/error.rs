//! What can go wrong with intake as a whole. A bad file is no error of ours: it becomes a batch in state `failed`.

use crate::reading::ReadFault;

/// A refusal or fault of intake.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The file cannot be read as a table.
    #[error(transparent)]
    Read(#[from] ReadFault),
    /// The database refused or is away.
    #[error(transparent)]
    Db(#[from] db::DbError),
    /// A landed file cannot be written or read.
    #[error(transparent)]
    Lake(#[from] lake::LakeError),
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// File or folder.
        path: std::path::PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Nothing by this number.
    #[error("no {what} {id}")]
    NotFound {
        /// Kind of thing.
        what: &'static str,
        /// Its number.
        id: i64,
    },
    /// The request contradicts the state of things.
    #[error("{0}")]
    Refused(Refusal),
    /// A worker thread went away.
    #[error("a reading thread stopped: {0}")]
    Thread(String),
}

/// Why intake says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only a loaded batch can be taken back.
    #[error("batch {batch} is {state}; only a loaded batch can be taken back")]
    NotLoaded {
        /// Batch.
        batch: i64,
        /// Its state.
        state: String,
    },
    /// A store code nobody has.
    #[error("no store has the code {0}")]
    UnknownStore(String),
    /// The source must be named.
    #[error("say which system the file comes from (--source)")]
    SourceNeeded,
    /// The quarantined row was decided already.
    #[error("quarantined row {0} is decided already")]
    Decided(i64),
    /// A value is needed, because nothing is proposed.
    #[error("nothing is proposed for quarantined row {0}; give the value")]
    NoProposal(i64),
    /// Required fields have no column.
    #[error("these fields need a column: {}", .0.join(", "))]
    FieldsMissing(Vec<String>),
    /// The API key is unknown or revoked.
    #[error("unknown API key")]
    UnknownKey,
    /// A request with nothing in it, or too much.
    #[error("{0}")]
    BadRequest(String),
}

impl From<sqlx::Error> for IntakeError {
    fn from(error: sqlx::Error) -> Self {
        IntakeError::Db(error.into())
    }
}

impl From<Refusal> for IntakeError {
    fn from(refusal: Refusal) -> Self {
        IntakeError::Refused(refusal)
    }
}

impl IntakeError {
    pub(crate) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> IntakeError {
        let path = path.to_owned();
        move |source| IntakeError::Io { path, source }
    }
}
