//! How facts come in: exports of every system are read, mapped, normalised, and linked or quarantined. See README.md.

pub mod catalogue;
mod error;
mod facts;
mod import;
mod layouts;
mod load;
pub mod mapping;
mod migrations;
mod normalise;
pub mod reading;
mod reference;
pub mod rules;

pub use error::{IntakeError, Refusal};
pub use import::{ImportOptions, ImportProgress, ImportReport, Quiet, import_path};
pub use layouts::LayoutId;
pub use load::{BatchCounts, Loaded, Loader, Origin, Way};
pub use migrations::MIGRATIONS;
pub use normalise::{NormalisedCell, preview_cell};
pub use reference::Reference;
