//! What is kept of a compared pair.

use serde::{Deserialize, Serialize};

use crate::compare::Levels;
use crate::guard::Guard;
use crate::key::Rule;

/// A compared pair worth keeping. `a` and `b` are positions in [`crate::Records`], `a < b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// One record.
    pub a: u32,
    /// The other record.
    pub b: u32,
    /// Level of every comparison.
    pub levels: Levels,
    /// Evidence in hundredths of a bit above even odds; `i16::MAX` for a must-link.
    pub weight: i16,
    /// First rule that brought the two together.
    pub rule: Rule,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It joined two clusters.
    Joined,
    /// Strong enough, but its records were together already.
    Redundant,
    /// Strong enough, but a guard refused.
    Refused(Guard),
    /// For a person to decide.
    Review,
    /// A weak edge inside one cluster.
    Within,
    /// Not the same customer, but they have something in common.
    Relation,
}

impl Edge {
    /// Strongest first; equal weights by position, which follows a hash of the record keys.
    pub(crate) fn precedence(&self) -> (std::cmp::Reverse<i16>, u32, u32) {
        (std::cmp::Reverse(self.weight), self.a, self.b)
    }
}
