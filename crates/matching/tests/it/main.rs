//! What the room promises, tested from outside.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod dealer;
mod durable;
mod explain;
mod incremental;
mod profile;
mod quality;
