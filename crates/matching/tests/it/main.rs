//! What the room promises, tested from outside.

mod dealer;
mod durable;
mod explain;
mod incremental;
mod profile;
mod quality;
