//! The `identity` room; see README.md beside.
