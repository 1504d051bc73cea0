//! The `kernel` room; see README.md beside.
