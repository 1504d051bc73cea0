//! The lake: immutable Parquet files beside the database. This is the only room that knows Arrow.
//!
//! A file is written under a temporary name and renamed; it counts only once a row in SQL names it. Every
//! file has a key of its own (Parquet modular encryption, AES-128-GCM), because landed rows hold names and phones.

mod error;
mod key;
mod landed;

pub use error::LakeError;
pub use key::FileKey;
pub use landed::{Landed, LandedBlock, LandedRow, LandedWriter, TextColumn, read_landed};
