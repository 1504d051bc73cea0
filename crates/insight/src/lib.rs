//! The `insight` room; see README.md beside.
