//! The floor under everything, tried on a real PostgreSQL.

mod scope;
