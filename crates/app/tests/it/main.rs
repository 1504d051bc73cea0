//! The house as its users meet it: over HTTP, with a real database and a real (small) dealer group.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod client;
mod house;
mod scope;
