//! What screens read. Rows come out of SQL the way they leave as JSON: dates as `YYYY-MM-DD`, moments as RFC 3339.

pub mod flags;
pub mod me;
pub mod people;
pub mod structure;
pub mod units;
