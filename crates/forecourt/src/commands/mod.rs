//! One file a command.

pub mod backup;
pub mod demo;
pub mod doctor;
pub mod import;
pub mod keys;
pub mod link;
pub mod openapi;
pub mod serve;
pub mod synth;
pub mod unify;
pub mod worker;
