//! The floor under everything, tried on a real PostgreSQL.

mod audit;
mod backup;
mod cluster;
mod copy;
mod doctor;
mod jobs;
mod killed;
mod migrate;
mod pace;
mod scope;
mod server;
mod vault;
