//! The customer's page, search and validity as people meet them: over HTTP, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod house;
mod pages;
mod scale;
mod search;
mod validity;
