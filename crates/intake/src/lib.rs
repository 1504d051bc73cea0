//! How facts come in: exports of every system are read, mapped, normalised, and linked or quarantined. See README.md.

pub mod catalogue;
pub mod mapping;
mod migrations;
pub mod reading;

pub use migrations::MIGRATIONS;
