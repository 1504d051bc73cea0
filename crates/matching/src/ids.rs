//! Stable numbers. A number is minted once, never derived and never used again; after every re-clustering the new
//! clusters inherit the numbers of the old ones, and everything that happened to a number is an event.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use crate::RecordKey;

/// What happened to a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum IdEvent {
    /// A new customer.
    Created {
        /// Its number.
        no: u32,
        /// Its records.
        records: Vec<RecordKey>,
    },
    /// Records that had no number joined a customer.
    Absorbed {
        /// The customer.
        no: u32,
        /// The new records.
        records: Vec<RecordKey>,
    },
    /// A customer turned out to be another one; its number redirects from now on.
    Merged {
        /// The number that is retired.
        from: u32,
        /// The number that stays.
        into: u32,
        /// Records that moved.
        records: Vec<RecordKey>,
    },
    /// Records left a customer and are (part of) another one.
    Split {
        /// The customer they left.
        from: u32,
        /// The customer they are now.
        into: u32,
        /// The records.
        records: Vec<RecordKey>,
    },
    /// A retired number came back with the records it had: the merge is undone.
    Unmerged {
        /// The number that lives again.
        no: u32,
        /// The customer it had been merged into.
        from: u32,
        /// The records it took along.
        records: Vec<RecordKey>,
    },
    /// All records of a customer were removed.
    Emptied {
        /// Its number, which redirects nowhere.
        no: u32,
    },
}

/// A retired number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// Where it redirects; `None` when its records are gone.
    pub into: Option<u32>,
    /// The records it had when it was retired; they tell whether it comes back.
    pub members: Vec<RecordKey>,
}

/// Which record has which number, and which numbers are retired.
///
/// A caller that keeps this in a database may load only the numbers a change touches, the numbers retired into
/// them, and the next free number: [`Assignment::apply`] looks at nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignment {
    of: FxHashMap<RecordKey, u32>,
    members: FxHashMap<u32, Vec<RecordKey>>,
    retired: BTreeMap<u32, Retired>,
    next: u32,
}

impl Assignment {
    /// No numbers given yet; the first will be `next`.
    pub fn starting_at(next: u32) -> Self {
        Assignment { next, ..Assignment::default() }
    }

    /// From stored rows. `next` must be above every number ever given.
    pub fn restore(
        rows: impl IntoIterator<Item = (RecordKey, u32)>,
        retired: impl IntoIterator<Item = (u32, Retired)>,
        next: u32,
    ) -> Self {
        let mut all = Assignment { retired: retired.into_iter().collect(), ..Assignment::starting_at(next) };
        for (key, no) in rows {
            all.put(key, no);
        }
        all
    }

    /// Number of a record.
    pub fn of(&self, key: RecordKey) -> Option<u32> {
        self.of.get(&key).copied()
    }

    /// Records of a living number.
    pub fn members(&self, no: u32) -> &[RecordKey] {
        self.members.get(&no).map_or(&[], Vec::as_slice)
    }

    /// The next number that would be minted.
    pub fn next(&self) -> u32 {
        self.next
    }

    /// Retired numbers.
    pub fn retired(&self) -> &BTreeMap<u32, Retired> {
        &self.retired
    }

    /// The living number behind a number, following redirects.
    pub fn resolve(&self, mut no: u32) -> Option<u32> {
        while let Some(gone) = self.retired.get(&no) {
            no = gone.into?;
        }
        self.members.contains_key(&no).then_some(no)
    }

    /// Gives numbers to new clusters. `clusters` must not overlap; records of touched numbers that no cluster names
    /// stay together. `age` is the first day a record was seen (days since any fixed date; 0 = unknown): the older
    /// records decide who keeps a number.
    pub fn apply(
        &mut self,
        clusters: &[Vec<RecordKey>],
        removed: &[RecordKey],
        age: impl Fn(RecordKey) -> u16,
    ) -> Vec<IdEvent> {
        let touched = self.touched(clusters, removed);
        let gone: FxHashSet<RecordKey> = removed.iter().copied().collect();
        let clusters = self.with_leftovers(clusters, &touched, &gone);
        let came_late = self.came_late(&touched);
        let keepers = self.keepers(&clusters, &came_late, &age);
        let before: FxHashMap<RecordKey, u32> =
            touched.iter().flat_map(|&no| self.members(no).iter().map(move |&key| (key, no))).collect();
        for no in &touched {
            for key in self.members.remove(no).unwrap_or_default() {
                self.of.remove(&key);
            }
        }
        let mut events = Vec::new();
        for (cluster, keeper) in clusters.iter().zip(&keepers) {
            let no = match keeper {
                Some(no) => *no,
                None => self.revive(cluster, &touched, &mut events).unwrap_or_else(|| self.mint()),
            };
            for &key in cluster {
                self.put(key, no);
            }
            let fresh: Vec<RecordKey> =
                cluster.iter().filter(|key| !before.contains_key(key)).copied().collect();
            if fresh.len() == cluster.len() {
                events.push(IdEvent::Created { no, records: fresh });
            } else if !fresh.is_empty() {
                events.push(IdEvent::Absorbed { no, records: fresh });
            }
        }
        let kept: FxHashSet<u32> = keepers.iter().flatten().copied().collect();
        self.tell_departures(&before, &kept, &mut events);
        events
    }

    fn mint(&mut self) -> u32 {
        let no = self.next;
        self.next += 1;
        no
    }

    fn put(&mut self, key: RecordKey, no: u32) {
        self.of.insert(key, no);
        self.members.entry(no).or_default().push(key);
    }

    /// Numbers that records of these clusters have now, ascending.
    fn touched(&self, clusters: &[Vec<RecordKey>], removed: &[RecordKey]) -> Vec<u32> {
        let mut all: Vec<u32> =
            clusters.iter().flatten().chain(removed).filter_map(|key| self.of(*key)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn with_leftovers(
        &self,
        clusters: &[Vec<RecordKey>],
        touched: &[u32],
        gone: &FxHashSet<RecordKey>,
    ) -> Vec<Vec<RecordKey>> {
        let named: FxHashSet<RecordKey> = clusters.iter().flatten().copied().collect();
        let mut all: Vec<Vec<RecordKey>> =
            clusters.iter().filter(|cluster| !cluster.is_empty()).cloned().collect();
        for &no in touched {
            let rest: Vec<RecordKey> = self
                .members(no)
                .iter()
                .filter(|key| !named.contains(key) && !gone.contains(key))
                .copied()
                .collect();
            if !rest.is_empty() {
                all.push(rest);
            }
        }
        all.iter_mut().for_each(|cluster| cluster.sort_unstable());
        all.sort_unstable();
        all
    }

    /// Records that a touched number took over from a retired one: they speak only half for it.
    fn came_late(&self, touched: &[u32]) -> FxHashSet<RecordKey> {
        let into: FxHashSet<u32> = touched.iter().copied().collect();
        self.retired
            .values()
            .filter(|gone| gone.into.is_some_and(|no| into.contains(&no)))
            .flat_map(|gone| gone.members.iter().copied())
            .collect()
    }

    /// For every cluster the old number it keeps: largest overlap first, older numbers first among equals.
    fn keepers(
        &self,
        clusters: &[Vec<RecordKey>],
        came_late: &FxHashSet<RecordKey>,
        age: &impl Fn(RecordKey) -> u16,
    ) -> Vec<Option<u32>> {
        let mut claims: Vec<(std::cmp::Reverse<u64>, u32, usize)> = Vec::new();
        for (at, cluster) in clusters.iter().enumerate() {
            let mut overlap: BTreeMap<u32, u64> = BTreeMap::new();
            for key in cluster {
                if let Some(no) = self.of(*key) {
                    let standing = standing(age(*key)) / if came_late.contains(key) { 2 } else { 1 };
                    *overlap.entry(no).or_default() += standing;
                }
            }
            claims.extend(overlap.into_iter().map(|(no, weight)| (std::cmp::Reverse(weight), no, at)));
        }
        claims.sort_unstable();
        let mut keepers = vec![None; clusters.len()];
        let mut taken: FxHashSet<u32> = FxHashSet::default();
        for (_, no, at) in claims {
            if keepers[at].is_none() && taken.insert(no) {
                keepers[at] = Some(no);
            }
        }
        keepers
    }

    /// A retired number comes back when most of its records and most of the cluster's are the same.
    fn revive(&mut self, cluster: &[RecordKey], touched: &[u32], events: &mut Vec<IdEvent>) -> Option<u32> {
        let records: FxHashSet<RecordKey> = cluster.iter().copied().collect();
        let (no, from) = self
            .retired
            .iter()
            .filter_map(|(&no, gone)| {
                let from = gone.into.filter(|into| touched.binary_search(into).is_ok())?;
                let shared = gone.members.iter().filter(|key| records.contains(key)).count();
                (shared * 2 > cluster.len() && shared * 2 > gone.members.len()).then_some((shared, no, from))
            })
            .max_by_key(|&(shared, no, _)| (shared, std::cmp::Reverse(no)))
            .map(|(_, no, from)| (no, from))?;
        self.retired.remove(&no);
        events.push(IdEvent::Unmerged { no, from, records: cluster.to_vec() });
        Some(no)
    }

    /// Where the records of every old number went: splits from those that live on, redirects of those that do not.
    fn tell_departures(
        &mut self,
        before: &FxHashMap<RecordKey, u32>,
        kept: &FxHashSet<u32>,
        events: &mut Vec<IdEvent>,
    ) {
        let revived: FxHashSet<u32> = events
            .iter()
            .filter_map(|event| if let IdEvent::Unmerged { no, .. } = event { Some(*no) } else { None })
            .collect();
        let mut former: BTreeMap<u32, Vec<RecordKey>> = BTreeMap::new();
        before.iter().for_each(|(&key, &no)| former.entry(no).or_default().push(key));
        for (from, mut members) in former {
            members.sort_unstable();
            let mut heirs: BTreeMap<u32, Vec<RecordKey>> = BTreeMap::new();
            for &key in &members {
                if let Some(heir) = self.of(key).filter(|&heir| heir != from) {
                    heirs.entry(heir).or_default().push(key);
                }
            }
            if !kept.contains(&from) {
                let into = heirs
                    .iter()
                    .max_by_key(|(no, all)| (all.len(), std::cmp::Reverse(**no)))
                    .map(|(no, _)| *no);
                events.push(match into {
                    Some(into) => {
                        let records = heirs.remove(&into).unwrap_or_default();
                        IdEvent::Merged { from, into, records }
                    }
                    None => IdEvent::Emptied { no: from },
                });
                self.retired.insert(from, Retired { into, members });
            }
            let split = heirs.into_iter().filter(|(no, _)| !revived.contains(no));
            events.extend(split.map(|(into, records)| IdEvent::Split { from, into, records }));
        }
    }
}

/// The older a record, the more it says about who keeps the number; an undated one says least.
fn standing(first_day: u16) -> u64 {
    if first_day == 0 { 2 } else { 2 * (u64::from(u16::MAX) - u64::from(first_day) + 2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(list: &[i64]) -> Vec<RecordKey> {
        list.iter().map(|&key| RecordKey(key)).collect()
    }

    fn apply(all: &mut Assignment, clusters: &[&[i64]], removed: &[i64]) -> Vec<IdEvent> {
        let clusters: Vec<Vec<RecordKey>> = clusters.iter().map(|cluster| keys(cluster)).collect();
        all.apply(&clusters, &keys(removed), |_| 100)
    }

    #[test]
    fn new_customers_get_the_next_numbers_and_new_records_are_absorbed() {
        let mut all = Assignment::starting_at(1);
        let events = apply(&mut all, &[&[1, 2], &[3]], &[]);
        assert_eq!(events[0], IdEvent::Created { no: 1, records: keys(&[1, 2]) });
        assert_eq!(events[1], IdEvent::Created { no: 2, records: keys(&[3]) });
        assert_eq!(apply(&mut all, &[&[1, 2, 9]], &[]), [IdEvent::Absorbed { no: 1, records: keys(&[9]) }]);
        assert_eq!(apply(&mut all, &[&[1, 2, 9]], &[]), []);
        assert_eq!(all.next(), 3);
    }

    #[test]
    fn a_merge_redirects_and_its_undoing_restores_both_numbers_exactly() {
        for (left, right) in [([1, 2], [3, 4]), ([3, 4], [1, 2])] {
            let mut all = Assignment::starting_at(10);
            apply(&mut all, &[&left, &right], &[]);
            let (a, b) = (all.of(RecordKey(1)).expect("numbered"), all.of(RecordKey(3)).expect("numbered"));
            let events = apply(&mut all, &[&[1, 2, 3, 4]], &[]);
            assert!(matches!(events[..], [IdEvent::Merged { .. }]), "{events:?}");
            assert_eq!((all.resolve(a), all.resolve(b)), (Some(10), Some(10)));
            let events = apply(&mut all, &[&[1, 2], &[3, 4]], &[]);
            assert!(matches!(events[..], [IdEvent::Unmerged { .. }]), "{events:?}");
            assert_eq!((all.of(RecordKey(1)), all.of(RecordKey(3))), (Some(a), Some(b)));
            assert!(all.retired().is_empty());
        }
    }

    #[test]
    fn the_older_records_keep_the_number_when_a_customer_falls_apart() {
        let mut all = Assignment::starting_at(1);
        apply(&mut all, &[&[1, 2]], &[]);
        let clusters = [keys(&[1]), keys(&[2])];
        let events = all.apply(&clusters, &[], |key| if key == RecordKey(2) { 5 } else { 40_000 });
        assert_eq!(events, [IdEvent::Split { from: 1, into: 2, records: keys(&[1]) }]);
        assert_eq!(all.of(RecordKey(2)), Some(1));
    }

    #[test]
    fn a_removed_customer_leaves_a_number_that_is_never_used_again() {
        let mut all = Assignment::starting_at(1);
        apply(&mut all, &[&[1]], &[]);
        assert_eq!(apply(&mut all, &[], &[1]), [IdEvent::Emptied { no: 1 }]);
        assert_eq!(all.resolve(1), None);
        apply(&mut all, &[&[1]], &[]);
        assert_eq!(all.of(RecordKey(1)), Some(2));
    }

    #[test]
    fn records_no_cluster_names_stay_together() {
        let mut all = Assignment::starting_at(1);
        apply(&mut all, &[&[1, 2, 3]], &[]);
        let events = apply(&mut all, &[&[3]], &[]);
        assert_eq!(events, [IdEvent::Split { from: 1, into: 2, records: keys(&[3]) }]);
        assert_eq!(all.members(1), keys(&[1, 2]));
    }

    #[test]
    fn chains_of_merges_resolve_and_come_apart_again() {
        let mut all = Assignment::starting_at(1);
        apply(&mut all, &[&[1, 2, 3], &[4, 5], &[6]], &[]);
        apply(&mut all, &[&[4, 5, 6]], &[]);
        apply(&mut all, &[&[1, 2, 3, 4, 5, 6]], &[]);
        assert_eq!((all.resolve(3), all.resolve(2)), (Some(1), Some(1)));
        apply(&mut all, &[&[1, 2, 3], &[4, 5, 6]], &[]);
        assert_eq!((all.of(RecordKey(6)), all.resolve(3)), (Some(2), Some(2)));
        apply(&mut all, &[&[4, 5], &[6]], &[]);
        assert_eq!((all.of(RecordKey(4)), all.of(RecordKey(6))), (Some(2), Some(3)));
    }
}
