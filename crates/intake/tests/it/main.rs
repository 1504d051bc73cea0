//! Intake on a real PostgreSQL, through its public face.

mod house;
mod import_customers;
