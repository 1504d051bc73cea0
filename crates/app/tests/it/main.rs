//! The house as its users meet it: over HTTP, with a real database and a real (small) dealer group.

mod client;
mod house;
mod scope;
