//! Finding a customer or a vehicle as one types.

pub mod detect;
mod hits;
mod probes;
pub mod queries;

pub use hits::SearchHit;
pub use queries::{SearchAnswer, candidates_of_persons, candidates_of_vehicles, find};
