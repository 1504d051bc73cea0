//! Who is a valid customer (有效客户), in which scope, and why.

pub mod dossiers;
pub mod judge;
pub mod model;
pub mod people;
pub mod places;
pub mod preview_rule;
pub mod queries;
pub mod reasons;
pub mod recompute_validity;
pub mod rule_set;
pub mod rules;
pub mod store;
pub mod summary;
pub mod tally;

pub use recompute_validity::{RecomputeJob, ValidityReport, count_earlier_day, recompute_validity};
