//! Revealing a personal value and reading consents: over HTTP, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod consents;
mod house;
mod reveals;
