//! What the room promises, tested from outside.

mod dealer;
mod incremental;
mod profile;
mod quality;
