//! How facts come in: exports of every system are read, mapped, normalised, and linked or quarantined. See README.md.

mod api;
pub mod catalogue;
mod error;
mod error_file;
pub mod events;
mod facts;
mod import;
pub mod jobs;
mod layouts;
mod load;
mod map_layout;
pub mod mapping;
mod mask;
mod migrations;
mod normalise;
mod pull_sql;
mod push_rows;
pub mod quality;
pub mod reading;
mod reference;
mod repair_rows;
mod roll_back_batch;
pub mod rules;
mod watch_folder;

pub use api::routes;
pub use error::{IntakeError, Refusal};
pub use error_file::{ErrorFile, write_error_file};
pub use import::{ImportOptions, ImportProgress, ImportReport, Quiet, import_path};
pub use layouts::LayoutId;
pub use load::{BatchCounts, Loaded, Loader, Origin, Way};
pub use map_layout::{
    Choice, Preview, PreviewRow, StoredLayout, get_layout, preview_layout, release_waiting, save_layout,
};
pub use migrations::MIGRATIONS;
pub use normalise::{NormalisedCell, preview_cell};
pub use pull_sql::{due_pulls, pull_sql};
pub use push_rows::{GivenRows, PaperPage, PushKey, load_rows, make_push_key, open_push_key, rows_of_page};
pub use reference::Reference;
pub use repair_rows::{Repair, RepairFilter, Repaired, repair_in_bulk, repair_row};
pub use roll_back_batch::roll_back_batch;
pub use watch_folder::{FolderWatch, LOOK_EVERY};
