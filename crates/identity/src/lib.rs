//! One person, one vehicle: from evidence to golden records, with reasons, and every merge undoable.
//! See README.md beside for vocabulary and invariants.

pub mod api;
pub mod change_survivorship;
mod component;
mod contradiction;
pub mod correct;
mod corrections;
mod decisions;
mod edges;
mod error;
mod evidence;
pub mod golden;
pub mod golden_person;
pub mod golden_vehicle;
mod households;
mod models;
mod numbers;
pub mod ownership;
mod party;
mod provenance;
pub mod queries;
pub mod review;
mod roles;
mod run;
mod super_nodes;
mod survivorship;
pub mod undo;
mod unify;
pub mod unmerge;
pub mod wording;
mod write_persons;
mod write_vehicles;

pub use api::routes;
pub use component::PERSONS_CHANGED;
pub use error::IdentityError;
pub use unify::{UnifyReport, unify};

/// The tables of this context.
pub const MIGRATIONS: db::MigrationSet = db::MigrationSet {
    context: "identity",
    steps: &[
        ("0001_identity", include_str!("../migrations/0001_identity.sql")),
        ("0002_decisions", include_str!("../migrations/0002_decisions.sql")),
    ],
};
