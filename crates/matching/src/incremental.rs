//! One record at a time, with the result of a full run.
//!
//! A change finds the pairs it affects through the postings, rescores these, and clusters again the raw components
//! it touched. Because admission of pairs, scores and the order of edges are functions of the set of records and the
//! frozen model, the labels equal those of [`crate::link_all`] whatever the order of arrival.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::compare::Levels;
use crate::constraint::{Constraints, Contradiction};
use crate::edge::{Edge, Fate};
use crate::key::{Rule, keys_of};
use crate::link::{Outcome, cluster_component};
use crate::model::{Model, WeightTable};
use crate::posting::Postings;
use crate::record::{Rec, Records, Sight, compact, sights};
use crate::score::score;
use crate::{HashKey, MatchError, PartyInput, RecordKey};

/// An edge as one of its two ends keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub other: u32,
    pub levels: Levels,
    pub weight: i16,
    pub rule: Rule,
    pub fate: Fate,
}

/// What a change did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// All clusters of the components that were touched, as they are now, each sorted. Feed them to
    /// [`crate::Assignment::apply`].
    pub clusters: Vec<Vec<RecordKey>>,
    /// Records that are gone.
    pub removed: Vec<RecordKey>,
}

/// A live index of records under a frozen model.
#[derive(Debug, Clone)]
pub struct Incremental {
    pub(crate) model: Model,
    pub(crate) table: WeightTable,
    hash_key: HashKey,
    pub(crate) recs: Vec<Rec>,
    pub(crate) sights: Vec<Box<[Sight]>>,
    slot_of: FxHashMap<i64, u32>,
    free: Vec<u32>,
    postings: Postings,
    pub(crate) links: Vec<Vec<Link>>,
    pub(crate) leader: Vec<u32>,
    pub(crate) members: FxHashMap<u32, Vec<u32>>,
    said: Constraints,
    pub(crate) cannot: FxHashMap<i64, Vec<i64>>,
    must: FxHashMap<i64, Vec<i64>>,
}

impl Incremental {
    /// An empty index.
    ///
    /// # Errors
    /// [`MatchError::OtherModel`] when the model was frozen under another hash key.
    pub fn new(model: Model, hash_key: HashKey) -> Result<Self, MatchError> {
        model.fits(hash_key)?;
        Ok(Incremental {
            table: model.table(),
            model,
            hash_key,
            recs: Vec::new(),
            sights: Vec::new(),
            slot_of: FxHashMap::default(),
            free: Vec::new(),
            postings: Postings::default(),
            links: Vec::new(),
            leader: Vec::new(),
            members: FxHashMap::default(),
            said: Constraints::default(),
            cannot: FxHashMap::default(),
            must: FxHashMap::default(),
        })
    }

    /// Takes over a full run, without scoring anything again. `records` are those the outcome speaks of.
    ///
    /// # Errors
    /// [`MatchError::OtherModel`] when records and model were hashed under different keys.
    pub fn from_outcome(
        records: &Records,
        outcome: &Outcome,
        said: &Constraints,
    ) -> Result<Self, MatchError> {
        let mut index = Incremental::new(outcome.model.clone(), records.hash_key)?;
        index.remember(said.clone());
        index.recs = records.recs.clone();
        index.sights = records.recs.iter().map(|rec| records.sights_of(rec).into()).collect();
        index.links = vec![Vec::new(); records.len()];
        for (slot, rec) in records.recs.iter().enumerate() {
            index.slot_of.insert(rec.key, slot as u32);
        }
        for slot in 0..records.len() as u32 {
            for (_, key) in index.keys(slot) {
                index.postings.insert(key, slot, &index.recs);
            }
        }
        for edge in &outcome.edges {
            index.put_link(edge.a, edge.b, edge.levels, edge.weight, edge.rule, edge.fate);
        }
        index.leader = vec![0; records.len()];
        for cluster in outcome.clusters.iter() {
            for &slot in cluster {
                index.leader[slot as usize] = cluster[0];
            }
            index.members.insert(cluster[0], cluster.to_vec());
        }
        Ok(index)
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.slot_of.len()
    }

    /// Whether the index holds nothing.
    pub fn is_empty(&self) -> bool {
        self.slot_of.is_empty()
    }

    /// The frozen model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    pub(crate) fn hash_key(&self) -> HashKey {
        self.hash_key
    }

    /// Slots in use.
    pub(crate) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        self.slot_of.values().copied()
    }

    /// What people said so far.
    pub fn constraints(&self) -> &Constraints {
        &self.said
    }

    /// Records of the cluster of a record, sorted.
    pub fn cluster_of(&self, key: RecordKey) -> Option<Vec<RecordKey>> {
        let slot = self.slot(key)?;
        Some(self.keys_of_slots(&self.members[&self.leader[slot as usize]]))
    }

    /// All clusters, each sorted, in no particular order.
    pub fn clusters(&self) -> impl Iterator<Item = Vec<RecordKey>> + '_ {
        self.members.values().map(|slots| self.keys_of_slots(slots))
    }

    /// All edges, each once, with the keys of its two records; `a` and `b` of the edge mean nothing here.
    pub fn edges(&self) -> impl Iterator<Item = (RecordKey, RecordKey, Edge)> + '_ {
        self.slot_of.values().flat_map(move |&slot| self.edges_at(slot)).filter(|(a, b, _)| a.0 < b.0)
    }

    /// Edges of one record, the record first.
    pub fn edges_of(&self, key: RecordKey) -> Vec<(RecordKey, RecordKey, Edge)> {
        self.slot(key).map_or_else(Vec::new, |slot| self.edges_at(slot).collect())
    }

    fn edges_at(&self, slot: u32) -> impl Iterator<Item = (RecordKey, RecordKey, Edge)> + '_ {
        self.links[slot as usize].iter().map(move |link| {
            let Link { other, levels, weight, rule, fate } = *link;
            (self.key(slot), self.key(other), Edge { a: slot, b: other, levels, weight, rule, fate })
        })
    }

    /// Adds a record, or replaces the one under its key.
    pub fn upsert(&mut self, input: &PartyInput) -> Change {
        let rec = compact(input, &self.hash_key);
        self.put(rec, sights(input, &self.hash_key))
    }

    pub(crate) fn put(&mut self, mut rec: Rec, sights: Box<[Sight]>) -> Change {
        let mut touched = FxHashSet::default();
        if let Some(slot) = self.slot(RecordKey(rec.key)) {
            self.detach(slot, &mut touched);
        }
        self.model.frequencies.apply(&mut rec);
        let slot = self.attach(rec, sights, &mut touched);
        touched.insert(slot);
        self.recluster(touched, Vec::new())
    }

    /// Removes a record; `None` when there is none under this key.
    pub fn remove(&mut self, key: RecordKey) -> Option<Change> {
        let slot = self.slot(key)?;
        let mut touched = FxHashSet::default();
        self.detach(slot, &mut touched);
        Some(self.recluster(touched, vec![key]))
    }

    /// Says that two records are not one customer.
    ///
    /// # Errors
    /// [`Contradiction`] with the chain of must-links between them.
    pub fn forbid(&mut self, a: RecordKey, b: RecordKey) -> Result<Change, Contradiction> {
        self.said.forbid(a, b)?;
        self.remember(self.said.clone());
        Ok(self.after_word(a, b))
    }

    /// Says that two records are one customer.
    ///
    /// # Errors
    /// [`Contradiction`] with the chain through the cannot-link it crosses.
    pub fn require(&mut self, a: RecordKey, b: RecordKey) -> Result<Change, Contradiction> {
        self.said.require(a, b)?;
        self.remember(self.said.clone());
        Ok(self.after_word(a, b))
    }

    /// Takes back what was said about two records; `None` when nothing was.
    pub fn withdraw(&mut self, a: RecordKey, b: RecordKey) -> Option<Change> {
        if !self.said.withdraw(a, b) {
            return None;
        }
        self.remember(self.said.clone());
        Some(self.after_word(a, b))
    }

    /// What [`Incremental::forbid`] would do, without doing it: the clusters of the touched components afterwards.
    ///
    /// # Errors
    /// [`Contradiction`] as for `forbid`.
    pub fn preview_forbid(&self, pairs: &[(RecordKey, RecordKey)]) -> Result<Change, Contradiction> {
        let mut said = self.said.clone();
        for &(a, b) in pairs {
            said.forbid(a, b)?;
        }
        let slots: FxHashSet<u32> =
            pairs.iter().flat_map(|&(a, b)| [self.slot(a), self.slot(b)]).flatten().collect();
        let cannot = by_record(&said.cannot);
        let mut clusters = Vec::new();
        for component in self.components(&slots) {
            let mut edges = self.strong_edges(&component);
            let labels = cluster_component(
                |at| &self.recs[component[at as usize] as usize],
                &mut edges,
                &self.local_cannot(&component, &cannot),
            );
            clusters.extend(
                self.grouped(&component, &labels).into_iter().map(|slots| self.keys_of_slots(&slots)),
            );
        }
        clusters.sort_unstable();
        Ok(Change { clusters, removed: Vec::new() })
    }

    fn after_word(&mut self, a: RecordKey, b: RecordKey) -> Change {
        let (Some(x), Some(y)) = (self.slot(a), self.slot(b)) else { return Change::default() };
        self.refresh(x, y);
        self.recluster(FxHashSet::from_iter([x, y]), Vec::new())
    }

    fn remember(&mut self, said: Constraints) {
        self.cannot = by_record(&said.cannot);
        self.must = by_record(&said.must);
        self.said = said;
    }

    pub(crate) fn slot(&self, key: RecordKey) -> Option<u32> {
        self.slot_of.get(&key.0).copied()
    }

    pub(crate) fn key(&self, slot: u32) -> RecordKey {
        RecordKey(self.recs[slot as usize].key)
    }

    pub(crate) fn keys_of_slots(&self, slots: &[u32]) -> Vec<RecordKey> {
        let mut keys: Vec<RecordKey> = slots.iter().map(|&slot| self.key(slot)).collect();
        keys.sort_unstable();
        keys
    }

    fn keys(&self, slot: u32) -> Vec<(Rule, u64)> {
        let (rec, sights) = (&self.recs[slot as usize], &self.sights[slot as usize]);
        let mut all = Vec::with_capacity(12);
        for rule in Rule::BLOCKING {
            let from = all.len();
            keys_of(rule, rec, sights, &self.model.settings, |key| {
                if !all[from..].contains(&(rule, key)) {
                    all.push((rule, key));
                }
            });
        }
        all
    }

    fn attach(&mut self, rec: Rec, sights: Box<[Sight]>, touched: &mut FxHashSet<u32>) -> u32 {
        let slot = self.room(rec, sights);
        let keys = self.keys(slot);
        let mut partners: FxHashSet<u32> = FxHashSet::default();
        let mut unsettled: FxHashSet<(u32, u32)> = FxHashSet::default();
        for &(_, key) in &keys {
            self.postings.insert(key, slot, &self.recs);
        }
        for &(rule, key) in &keys {
            partners.extend(self.postings.partners(rule, key, slot, &self.recs, &self.model.settings));
            unsettled.extend(self.postings.unsettled(rule, key, slot, &self.recs, &self.model.settings));
        }
        partners.extend(
            self.must.get(&rec.key).into_iter().flatten().filter_map(|key| self.slot(RecordKey(*key))),
        );
        for partner in partners {
            self.refresh_from(slot, &keys, partner);
        }
        self.settle(unsettled, touched);
        slot
    }

    fn detach(&mut self, slot: u32, touched: &mut FxHashSet<u32>) {
        let keys = self.keys(slot);
        let mut unsettled: FxHashSet<(u32, u32)> = FxHashSet::default();
        for &(rule, key) in &keys {
            unsettled.extend(self.postings.unsettled(rule, key, slot, &self.recs, &self.model.settings));
        }
        for &(_, key) in &keys {
            self.postings.remove(key, slot);
        }
        touched.extend(self.members[&self.leader[slot as usize]].iter().copied());
        for link in std::mem::take(&mut self.links[slot as usize]) {
            self.links[link.other as usize].retain(|back| back.other != slot);
            touched.insert(link.other);
        }
        touched.remove(&slot);
        self.slot_of.remove(&self.recs[slot as usize].key);
        self.leave_cluster(slot);
        self.free.push(slot);
        self.settle(unsettled, touched);
    }

    fn settle(&mut self, pairs: FxHashSet<(u32, u32)>, touched: &mut FxHashSet<u32>) {
        for (a, b) in pairs {
            if self.refresh(a, b) {
                touched.extend([a, b]);
            }
        }
    }

    fn room(&mut self, rec: Rec, sights: Box<[Sight]>) -> u32 {
        let slot = self.free.pop().unwrap_or(self.recs.len() as u32);
        let at = slot as usize;
        self.slot_of.insert(rec.key, slot);
        if at == self.recs.len() {
            self.recs.push(rec);
            self.sights.push(sights);
            self.links.push(Vec::new());
            self.leader.push(slot);
        } else {
            self.recs[at] = rec;
            self.sights[at] = sights;
            self.leader[at] = slot;
        }
        self.members.insert(slot, vec![slot]);
        slot
    }

    fn leave_cluster(&mut self, slot: u32) {
        let leader = self.leader[slot as usize];
        let mut rest = self.members.remove(&leader).unwrap_or_default();
        rest.retain(|&member| member != slot);
        if let Some(&first) = rest.first() {
            for &member in &rest {
                self.leader[member as usize] = first;
            }
            self.members.insert(first, rest);
        }
    }

    /// Brings the edge between two records up to date; true when it changed.
    fn refresh(&mut self, a: u32, b: u32) -> bool {
        let keys = self.keys(a);
        self.refresh_from(a, &keys, b)
    }

    fn refresh_from(&mut self, a: u32, keys: &[(Rule, u64)], b: u32) -> bool {
        let before = self.link(a, b);
        let now = self.judge_pair(a, keys, b);
        if before.map(|link| (link.levels, link.weight, link.rule)) == now {
            return false;
        }
        self.links[a as usize].retain(|link| link.other != b);
        self.links[b as usize].retain(|link| link.other != a);
        if let Some((levels, weight, rule)) = now {
            self.put_link(a, b, levels, weight, rule, Fate::Relation);
        }
        true
    }

    fn judge_pair(&self, a: u32, keys: &[(Rule, u64)], b: u32) -> Option<(Levels, i16, Rule)> {
        let (x, y) = (&self.recs[a as usize], &self.recs[b as usize]);
        if self.must.get(&x.key).is_some_and(|ties| ties.contains(&y.key)) {
            return Some((Levels::default(), i16::MAX, Rule::MustLink));
        }
        let theirs = self.keys(b);
        let (rule, _) = keys.iter().find(|&&(rule, key)| {
            theirs.contains(&(rule, key))
                && self.postings.admits(rule, key, (a, b), &self.recs, &self.model.settings)
        })?;
        let scored = score(&self.table, (x, &self.sights[a as usize]), (y, &self.sights[b as usize]));
        (scored.weight >= self.model.thresholds.relation).then_some((scored.levels, scored.weight, *rule))
    }

    fn put_link(&mut self, a: u32, b: u32, levels: Levels, weight: i16, rule: Rule, fate: Fate) {
        self.links[a as usize].push(Link { other: b, levels, weight, rule, fate });
        self.links[b as usize].push(Link { other: a, levels, weight, rule, fate });
    }

    pub(crate) fn link(&self, a: u32, b: u32) -> Option<Link> {
        self.links[a as usize].iter().find(|link| link.other == b).copied()
    }

    pub(crate) fn leader_of(&self, slot: u32) -> u32 {
        self.leader[slot as usize]
    }

    pub(crate) fn members_of(&self, leader: u32) -> &[u32] {
        self.members.get(&leader).map_or(&[], Vec::as_slice)
    }
}

fn by_record(pairs: &[(RecordKey, RecordKey)]) -> FxHashMap<i64, Vec<i64>> {
    let mut all: FxHashMap<i64, Vec<i64>> = FxHashMap::default();
    for &(a, b) in pairs {
        all.entry(a.0).or_default().push(b.0);
        all.entry(b.0).or_default().push(a.0);
    }
    all
}
