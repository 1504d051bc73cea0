//! The `matching` room: which records speak of one customer, of one car. See README.md beside.
//!
//! The whole engine is a function of (records, constraints, model): no database, no clock, no randomness.

mod block;
mod cluster;
mod codec;
mod compare;
mod component;
mod constraint;
mod durable;
mod edge;
mod explain;
mod frame;
mod guard;
mod hash;
mod ids;
mod incremental;
mod key;
mod link;
mod metrics;
mod model;
mod name;
mod near;
mod posting;
pub mod profile;
mod record;
mod score;
mod snapshot;
mod stats;
mod train;
mod union;
mod vehicle;

pub use compare::{Field, Levels};
pub use constraint::{Constraints, Contradiction};
pub use durable::{Durable, DurableError};
pub use edge::{Edge, Fate};
pub use explain::{BestEdge, Join, Step, Unmerge, Waterfall, WhyNot, how, why};
pub use frame::{Seal, Unsealed};
pub use guard::Guard;
pub use hash::HashKey;
pub use ids::{Assignment, IdEvent, Retired};
pub use incremental::{Change, Incremental};
pub use kernel::ids::RecordKey;
pub use kernel::vocab::{Gender, PartyKind};
pub use key::Rule;
pub use link::{Clusters, Outcome, Weights, link_all};
pub use metrics::{Quality, Score, quality};
pub use model::{Frequencies, LevelWeight, MODEL_FORMAT, Model, Settings, Thresholds};
pub use near::within_one;
pub use record::{IdInput, PartyInput, PhoneInput, Records, VehicleSighting};
pub use stats::{KeyKind, SharedRole, SuperNode};
pub use vehicle::{VehicleInput, link_vehicles};

/// Why the engine refuses its input.
#[derive(Debug, thiserror::Error)]
pub enum MatchError {
    /// Two records under one key: the caller has to decide which is current.
    #[error("record {0} was given twice")]
    DuplicateKey(RecordKey),
    /// The constraints cannot all hold.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// The model was frozen by another version of the engine or under another hash key.
    #[error("the model does not fit these records: {0}")]
    OtherModel(&'static str),
}
