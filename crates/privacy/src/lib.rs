//! The `privacy` room; see README.md beside.
