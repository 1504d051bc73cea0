//! Clustering the raw components a change has touched, and no others.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::RecordKey;
use crate::edge::{Edge, Fate};
use crate::incremental::{Change, Incremental, Link};
use crate::link::{cluster_component, judge};
use crate::posting::Slots as _;
use crate::record::Rec;

impl Incremental {
    /// Raw components of these slots: everything reachable over strong edges, guards ignored; members by rank.
    pub(crate) fn components(&self, from: &FxHashSet<u32>) -> Vec<Vec<u32>> {
        let auto = self.model.thresholds.auto;
        let mut seen: FxHashSet<u32> = FxHashSet::default();
        let mut all = Vec::new();
        for &start in from {
            if !seen.insert(start) {
                continue;
            }
            let mut component = vec![start];
            let mut at = 0;
            while at < component.len() {
                for link in &self.links[component[at] as usize] {
                    if link.weight >= auto && seen.insert(link.other) {
                        component.push(link.other);
                    }
                }
                at += 1;
            }
            component.sort_unstable_by_key(|&slot| self.recs[slot as usize].rank());
            all.push(component);
        }
        all
    }

    /// Strong edges of a component in order of precedence, ends as places in `component`.
    pub(crate) fn strong_edges(&self, component: &[u32]) -> Vec<Edge> {
        let place: FxHashMap<u32, u32> = component.iter().zip(0u32..).map(|(&slot, at)| (slot, at)).collect();
        let mut edges: Vec<Edge> = Vec::new();
        for (&slot, a) in component.iter().zip(0u32..) {
            for link in
                self.links[slot as usize].iter().filter(|link| link.weight >= self.model.thresholds.auto)
            {
                let b = place[&link.other];
                if a < b {
                    let Link { levels, weight, rule, fate, .. } = *link;
                    edges.push(Edge { a, b, levels, weight, rule, fate });
                }
            }
        }
        edges.sort_unstable_by_key(Edge::precedence);
        edges
    }

    pub(crate) fn local_cannot(
        &self,
        component: &[u32],
        cannot: &FxHashMap<i64, Vec<i64>>,
    ) -> Vec<(u32, u32)> {
        if cannot.is_empty() {
            return Vec::new();
        }
        let place: FxHashMap<i64, u32> =
            component.iter().zip(0u32..).map(|(&slot, at)| (self.recs[slot as usize].key, at)).collect();
        let mut pairs = Vec::new();
        for (key, &a) in &place {
            for foe in cannot.get(key).into_iter().flatten() {
                if let Some(&b) = place.get(foe).filter(|&&b| a < b) {
                    pairs.push((a, b));
                }
            }
        }
        pairs
    }

    pub(crate) fn grouped(&self, component: &[u32], labels: &[(u32, u32)]) -> Vec<Vec<u32>> {
        let mut home: Vec<u32> = (0..component.len() as u32).collect();
        labels.iter().for_each(|&(at, first)| home[at as usize] = first);
        let mut groups: std::collections::BTreeMap<u32, Vec<u32>> = std::collections::BTreeMap::new();
        for (at, &first) in home.iter().enumerate() {
            groups.entry(first).or_default().push(component[at]);
        }
        groups.into_values().collect()
    }

    pub(crate) fn recluster(&mut self, touched: FxHashSet<u32>, removed: Vec<RecordKey>) -> Change {
        let mut change = Change { clusters: Vec::new(), removed };
        let mut moved: Vec<u32> = Vec::new();
        for component in self.components(&touched) {
            let mut edges = self.strong_edges(&component);
            let cannot = self.local_cannot(&component, &self.cannot);
            let labels =
                cluster_component(|at| &self.recs[component[at as usize] as usize], &mut edges, &cannot);
            for edge in &edges {
                self.set_fate(component[edge.a as usize], component[edge.b as usize], edge.fate);
            }
            let groups = self.grouped(&component, &labels);
            for &slot in &component {
                self.members.remove(&slot);
            }
            for group in groups {
                for &slot in &group {
                    self.leader[slot as usize] = group[0];
                }
                change.clusters.push(self.keys_of_slots(&group));
                self.members.insert(group[0], group);
            }
            moved.extend(component);
        }
        self.judge_weak_links(&moved);
        change.clusters.sort_unstable();
        change
    }

    fn set_fate(&mut self, a: u32, b: u32, fate: Fate) {
        for (from, to) in [(a, b), (b, a)] {
            if let Some(link) = self.links[from as usize].iter_mut().find(|link| link.other == to) {
                link.fate = fate;
            }
        }
    }

    fn judge_weak_links(&mut self, slots: &[u32]) {
        let auto = self.model.thresholds.auto;
        let mut done: FxHashSet<(u32, u32)> = FxHashSet::default();
        for &slot in slots {
            let weak: Vec<Link> =
                self.links[slot as usize].iter().filter(|link| link.weight < auto).copied().collect();
            for link in weak {
                if !done.insert((slot.min(link.other), slot.max(link.other))) {
                    continue;
                }
                let fate = self.weak_fate(slot, &link);
                if fate != link.fate {
                    self.set_fate(slot, link.other, fate);
                }
            }
        }
    }

    fn weak_fate(&self, slot: u32, link: &Link) -> Fate {
        let (a, b) = (self.leader[slot as usize], self.leader[link.other as usize]);
        if a == b {
            return Fate::Within;
        }
        if link.weight < self.model.thresholds.review || self.apart(a, b) {
            return Fate::Relation;
        }
        let recs = |leader: u32| -> Vec<&Rec> {
            self.members[&leader].iter().map(|&at| self.recs.rec(at)).collect()
        };
        judge(&recs(a), &recs(b), link.levels)
    }

    /// Whether people said that members of two clusters are not one.
    pub(crate) fn apart(&self, a: u32, b: u32) -> bool {
        !self.cannot.is_empty()
            && self.members[&a].iter().any(|&slot| {
                let foes = self.cannot.get(&self.recs[slot as usize].key);
                foes.into_iter()
                    .flatten()
                    .any(|&foe| self.slot(RecordKey(foe)).is_some_and(|foe| self.leader[foe as usize] == b))
            })
    }
}
