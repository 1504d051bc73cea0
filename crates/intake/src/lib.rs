//! The `intake` room; see README.md beside.
