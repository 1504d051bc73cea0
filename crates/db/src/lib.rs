//! The `db` room; see README.md beside.
