//! Intake on a real PostgreSQL, through its public face.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod house;

mod again_and_corrected;
mod bad_input;
mod every_form;
mod import_customers;
mod quality;
mod quarantine;
mod roll_back;
mod ways_in;
