//! The `intake` room; see README.md beside.

pub mod reading;
