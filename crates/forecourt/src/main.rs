//! The `forecourt` room; see README.md beside.
fn main() {}
