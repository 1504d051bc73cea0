//! The `lake` room; see README.md beside.
