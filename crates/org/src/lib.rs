//! The `org` room; see README.md beside.
