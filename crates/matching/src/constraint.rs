//! What people said: these two are not one (cannot-link), these two are one (must-link).

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::RecordKey;

/// Decisions of people between pairs of records. They outrank every score, in every later run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraints {
    /// Pairs that must never be one customer.
    pub cannot: Vec<(RecordKey, RecordKey)>,
    /// Pairs that are one customer.
    pub must: Vec<(RecordKey, RecordKey)>,
}

/// A decision that contradicts earlier ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} and {} are already tied by a chain of {} must-links", .a, .b, .chain.len().saturating_sub(1))]
pub struct Contradiction {
    /// One record of the forbidden pair.
    pub a: RecordKey,
    /// The other record.
    pub b: RecordKey,
    /// Records from `a` to `b`, each tied to the next by a must-link (the last step may be the refused one).
    pub chain: Vec<RecordKey>,
}

impl Constraints {
    /// Adds a cannot-link.
    ///
    /// # Errors
    /// [`Contradiction`] with the chain of must-links between the two.
    pub fn forbid(&mut self, a: RecordKey, b: RecordKey) -> Result<(), Contradiction> {
        if let Some(chain) = self.chain(a, b, None) {
            return Err(Contradiction { a, b, chain });
        }
        let pair = ordered(a, b);
        if !self.cannot.contains(&pair) {
            self.cannot.push(pair);
        }
        Ok(())
    }

    /// Adds a must-link.
    ///
    /// # Errors
    /// [`Contradiction`] naming the cannot-link that the new tie would cross, with the chain through it.
    pub fn require(&mut self, a: RecordKey, b: RecordKey) -> Result<(), Contradiction> {
        for &(x, y) in &self.cannot {
            if let Some(chain) = self.chain(x, y, Some((a, b))) {
                return Err(Contradiction { a: x, b: y, chain });
            }
        }
        let pair = ordered(a, b);
        if a != b && !self.must.contains(&pair) {
            self.must.push(pair);
        }
        Ok(())
    }

    /// Takes a decision back; true when there was one.
    pub fn withdraw(&mut self, a: RecordKey, b: RecordKey) -> bool {
        let pair = ordered(a, b);
        let before = self.cannot.len() + self.must.len();
        self.cannot.retain(|&other| ordered(other.0, other.1) != pair);
        self.must.retain(|&other| ordered(other.0, other.1) != pair);
        before != self.cannot.len() + self.must.len()
    }

    /// The first contradiction in a set that was not built through [`Constraints::forbid`] and
    /// [`Constraints::require`].
    ///
    /// # Errors
    /// [`Contradiction`] with its chain.
    pub fn check(&self) -> Result<(), Contradiction> {
        for &(a, b) in &self.cannot {
            if let Some(chain) = self.chain(a, b, None) {
                return Err(Contradiction { a, b, chain });
            }
        }
        Ok(())
    }

    /// Shortest chain of must-links between two records, with one more link thought of.
    fn chain(
        &self,
        from: RecordKey,
        to: RecordKey,
        extra: Option<(RecordKey, RecordKey)>,
    ) -> Option<Vec<RecordKey>> {
        let mut ties: FxHashMap<RecordKey, Vec<RecordKey>> = FxHashMap::default();
        for &(a, b) in self.must.iter().chain(extra.iter()) {
            ties.entry(a).or_default().push(b);
            ties.entry(b).or_default().push(a);
        }
        let mut came_from: FxHashMap<RecordKey, RecordKey> = FxHashMap::from_iter([(from, from)]);
        let mut queue = std::collections::VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            if at == to {
                let mut chain = vec![at];
                let mut step = at;
                while step != from {
                    step = came_from[&step];
                    chain.push(step);
                }
                chain.reverse();
                return Some(chain);
            }
            for &next in ties.get(&at).into_iter().flatten() {
                came_from.entry(next).or_insert_with(|| {
                    queue.push_back(next);
                    at
                });
            }
        }
        None
    }
}

pub(crate) fn ordered(a: RecordKey, b: RecordKey) -> (RecordKey, RecordKey) {
    if a.0 <= b.0 { (a, b) } else { (b, a) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: i64) -> RecordKey {
        RecordKey(n)
    }

    #[test]
    fn forbidding_what_is_tied_shows_the_chain() {
        let mut said = Constraints::default();
        said.require(key(1), key(2)).expect("free");
        said.require(key(3), key(2)).expect("free");
        let refused = said.forbid(key(1), key(3)).expect_err("tied through 2");
        assert_eq!(refused.chain, [key(1), key(2), key(3)]);
        assert!(said.cannot.is_empty());
    }

    #[test]
    fn tying_across_a_cannot_link_is_refused_with_the_chain_through_the_new_tie() {
        let mut said = Constraints::default();
        said.forbid(key(1), key(4)).expect("free");
        said.require(key(1), key(2)).expect("free");
        said.require(key(3), key(4)).expect("free");
        let refused = said.require(key(2), key(3)).expect_err("1 and 4 must stay apart");
        assert_eq!((refused.a, refused.b), (key(1), key(4)));
        assert_eq!(refused.chain, [key(1), key(2), key(3), key(4)]);
        assert!(said.withdraw(key(4), key(1)));
        said.require(key(2), key(3)).expect("free again");
        assert_eq!(said.check(), Ok(()));
    }
}
