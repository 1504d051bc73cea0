//! The `app` room; see README.md beside.
