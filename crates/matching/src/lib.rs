//! The `matching` room; see README.md beside.
