//! What can go wrong while generating.

use std::path::{Path, PathBuf};

/// Failure of a generation. Files already finished stay; a further run goes on with them.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// A file or folder of the output could not be written or read.
    #[error("cannot use {path}: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The embedded parameter file or layouts are damaged (a fault of the build).
    #[error("embedded tables: {0}")]
    Tables(String),
    /// A workbook could not be composed.
    #[error("workbook: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// An OLE container could not be composed.
    #[error("xls container: {0}")]
    Ole(std::io::Error),
    /// A manifest could not be written as JSON.
    #[error("manifest: {0}")]
    Json(#[from] serde_json::Error),
    /// The folder holds another generation.
    #[error("{path} already holds preset {found}; use an empty folder")]
    OtherGeneration {
        /// The output folder.
        path: PathBuf,
        /// Preset, seed and day found there.
        found: String,
    },
    /// The caller asked to stop.
    #[error("stopped")]
    Stopped,
}

impl SynthError {
    pub(crate) fn file(path: &Path, source: std::io::Error) -> Self {
        SynthError::File { path: path.to_owned(), source }
    }
}
