//! What can go wrong with a file of the lake.

use std::path::PathBuf;

/// A fault of the lake. The message names the file, never its contents.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// File concerned.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Parquet refused: a damaged file, or a wrong key.
    #[error("{path}: {source}")]
    Parquet {
        /// File concerned.
        path: PathBuf,
        /// What the reader or writer said.
        source: parquet::errors::ParquetError,
    },
    /// The columns handed over do not fit the file.
    #[error("the block does not fit the file: {0}")]
    Shape(#[from] arrow_schema::ArrowError),
    /// A key that is no key.
    #[error("not a file key: expected 32 hexadecimal digits")]
    Key,
}

impl LakeError {
    /// True if the disk is full; what was written so far is removed by then.
    pub fn is_disk_full(&self) -> bool {
        use std::io::ErrorKind::StorageFull;
        match self {
            LakeError::Io { source, .. } => source.kind() == StorageFull,
            // parquet wraps the system's error into text or into an external error
            LakeError::Parquet { source, .. } => source.to_string().contains("No space left on device"),
            LakeError::Shape(_) | LakeError::Key => false,
        }
    }
}
