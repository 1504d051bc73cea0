//! The floor under everything, tried on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod audit;
mod backup;
mod cluster;
mod copy;
mod doctor;
mod folder;
mod jobs;
mod killed;
mod migrate;
mod pace;
mod scope;
mod server;
mod vault;
