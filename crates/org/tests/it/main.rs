//! Organisation and access as people meet it: over HTTP, on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod accounts;
mod door;
mod house;
mod scope;
mod workbook;
