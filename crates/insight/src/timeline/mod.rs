//! Twenty years of one customer or one vehicle across all systems, newest first.

pub mod facts;
pub mod queries;
pub mod words;

pub use queries::{Timeline, TimelineEvent, TimelineQuery, of_person, of_vehicle};
