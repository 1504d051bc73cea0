//! Finding a customer or a vehicle as one types.

pub mod detect;
pub mod queries;

pub use queries::{SearchAnswer, SearchHit, candidates_of_persons, candidates_of_vehicles, find};
