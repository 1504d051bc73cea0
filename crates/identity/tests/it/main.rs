//! Identity on a real PostgreSQL: from source records to customers, decisions, un-merges, scope.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod agreement;
mod api;
mod decisions;
mod house;
mod scope;
mod unify;
mod unmerge;
