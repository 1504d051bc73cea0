//! A full run: block, score, cluster, judge what is left over.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::block::scored_pairs;
use crate::cluster::{Clustering, Tie, Verdict, greedy};
use crate::compare::Levels;
use crate::constraint::Constraints;
use crate::edge::{Edge, Fate};
use crate::guard::{Guard, refuse};
use crate::key::Rule;
use crate::model::{Model, Settings, Thresholds};
use crate::record::{Rec, Records};
use crate::stats::{SuperNode, super_nodes};
use crate::train::train;
use crate::union::Union;
use crate::{MatchError, RecordKey};

/// Where the weights come from.
#[derive(Debug, Clone, Copy)]
pub enum Weights<'a> {
    /// Learn them from these records.
    Train {
        /// Bands.
        thresholds: Thresholds,
        /// Limits.
        settings: &'a Settings,
    },
    /// Use a frozen model.
    Frozen(&'a Model),
}

/// What a run found.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Clusters, each a customer.
    pub clusters: Clusters,
    /// Every edge of at least the relation threshold, ordered by its two positions.
    pub edges: Vec<Edge>,
    /// Values shared by several names.
    pub super_nodes: Vec<SuperNode>,
    /// The model that was used, to be stored with the result.
    pub model: Model,
}

/// A partition of positions `0..n`; clusters ordered by their first member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clusters {
    label: Vec<u32>,
    offsets: Vec<u32>,
    members: Vec<u32>,
}

impl Clusters {
    /// Groups positions by label; any labels will do.
    pub fn from_labels(raw: &[u32]) -> Self {
        let mut number: FxHashMap<u32, u32> = FxHashMap::default();
        let mut label = Vec::with_capacity(raw.len());
        for &old in raw {
            let next = number.len() as u32;
            label.push(*number.entry(old).or_insert(next));
        }
        let mut offsets = vec![0u32; number.len() + 1];
        label.iter().for_each(|&cluster| offsets[cluster as usize + 1] += 1);
        for at in 1..offsets.len() {
            offsets[at] += offsets[at - 1];
        }
        let mut next = offsets.clone();
        let mut members = vec![0u32; raw.len()];
        for (position, &cluster) in label.iter().enumerate() {
            let slot = &mut next[cluster as usize];
            members[*slot as usize] = position as u32;
            *slot += 1;
        }
        Clusters { label, offsets, members }
    }

    /// Number of clusters.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of the cluster of a position.
    pub fn of(&self, position: u32) -> u32 {
        self.label[position as usize]
    }

    /// Cluster number of every position.
    pub fn labels(&self) -> &[u32] {
        &self.label
    }

    /// Positions in a cluster, ascending.
    pub fn members(&self, cluster: u32) -> &[u32] {
        let at = cluster as usize;
        &self.members[self.offsets[at] as usize..self.offsets[at + 1] as usize]
    }

    /// All clusters in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> + '_ {
        (0..self.len() as u32).map(|cluster| self.members(cluster))
    }
}

impl Outcome {
    /// For every two clusters with edges for a person to decide, the strongest of these edges; strongest first.
    pub fn reviews(&self) -> Vec<Edge> {
        let mut best: FxHashMap<(u32, u32), Edge> = FxHashMap::default();
        for edge in self.edges.iter().filter(|edge| edge.fate == Fate::Review) {
            let (a, b) = (self.clusters.of(edge.a), self.clusters.of(edge.b));
            let slot = best.entry((a.min(b), a.max(b))).or_insert(*edge);
            if edge.precedence() < slot.precedence() {
                *slot = *edge;
            }
        }
        let mut all: Vec<Edge> = best.into_values().collect();
        all.sort_unstable_by_key(Edge::precedence);
        all
    }

    /// Clusters larger than the alarm size of the model, largest first.
    pub fn alarms(&self) -> Vec<u32> {
        let limit = self.model.settings.alarm_size as usize;
        let mut all: Vec<u32> = (0..self.clusters.len() as u32)
            .filter(|&cluster| self.clusters.members(cluster).len() > limit)
            .collect();
        all.sort_by_key(|&cluster| std::cmp::Reverse(self.clusters.members(cluster).len()));
        all
    }
}

/// Links all records.
///
/// The result is a function of the set of records, the constraints and the model; the order in which records were
/// pushed does not matter.
///
/// # Errors
/// [`MatchError::Contradiction`] when the constraints cannot all hold; [`MatchError::OtherModel`] when the model
/// was frozen under another hash key or format.
pub fn link_all(
    records: &mut Records,
    said: &Constraints,
    weights: Weights<'_>,
) -> Result<Outcome, MatchError> {
    said.check()?;
    let model = match weights {
        Weights::Train { thresholds, settings } => train(records, settings, thresholds),
        Weights::Frozen(model) => {
            model.fits(records.hash_key)?;
            records.recs.par_iter_mut().for_each(|rec| model.frequencies.apply(rec));
            model.clone()
        }
    };
    let mut edges = scored_pairs(records, &model.table(), &model.settings, model.thresholds.relation);
    let pairs = PositionPairs::of(records, said);
    add_must_links(&mut edges, &pairs.must);
    let labels = cluster_all(records, &mut edges, &pairs, model.thresholds.auto);
    let clusters = Clusters::from_labels(&labels);
    judge_the_rest(records, &clusters, &pairs, &mut edges, model.thresholds);
    edges.par_sort_unstable_by_key(|edge| (edge.a, edge.b));
    let super_nodes = super_nodes(records, &model.settings);
    Ok(Outcome { clusters, edges, super_nodes, model })
}

/// Constraints as positions; those about unknown records wait for them.
struct PositionPairs {
    cannot: Vec<(u32, u32)>,
    must: Vec<(u32, u32)>,
}

impl PositionPairs {
    fn of(records: &Records, said: &Constraints) -> Self {
        let place = |pairs: &[(RecordKey, RecordKey)]| -> Vec<(u32, u32)> {
            pairs
                .iter()
                .filter_map(|&(a, b)| Some((records.position(a)?, records.position(b)?)))
                .map(|(a, b)| (a.min(b), a.max(b)))
                .collect()
        };
        PositionPairs { cannot: place(&said.cannot), must: place(&said.must) }
    }
}

fn add_must_links(edges: &mut Vec<Edge>, must: &[(u32, u32)]) {
    if must.is_empty() {
        return;
    }
    let said: rustc_hash::FxHashSet<(u32, u32)> = must.iter().copied().collect();
    edges.retain(|edge| !said.contains(&(edge.a, edge.b)));
    edges.extend(said.into_iter().map(|(a, b)| must_edge(a, b)));
}

pub(crate) fn must_edge(a: u32, b: u32) -> Edge {
    Edge { a, b, levels: Levels::default(), weight: i16::MAX, rule: Rule::MustLink, fate: Fate::Relation }
}

/// Splits the strong edges into raw components, clusters these in parallel and writes down the fate of every edge.
fn cluster_all(records: &Records, edges: &mut [Edge], said: &PositionPairs, auto: i16) -> Vec<u32> {
    let mut union = Union::new(records.len());
    edges.iter().filter(|edge| edge.weight >= auto).for_each(|edge| {
        union.join(edge.a, edge.b);
    });
    let root: Vec<u32> = (0..records.len() as u32).map(|at| union.root(at)).collect();
    drop(union);
    edges.par_sort_unstable_by_key(|edge| {
        let weak = edge.weight < auto;
        (weak, if weak { 0 } else { root[edge.a as usize] }, edge.precedence())
    });
    let strong = edges.partition_point(|edge| edge.weight >= auto);
    let mut cannot: FxHashMap<u32, Vec<(u32, u32)>> = FxHashMap::default();
    for &(a, b) in said.cannot.iter().filter(|&&(a, b)| root[a as usize] == root[b as usize]) {
        cannot.entry(root[a as usize]).or_default().push((a, b));
    }
    let components: Vec<&mut [Edge]> =
        edges[..strong].chunk_by_mut(|x, y| root[x.a as usize] == root[y.a as usize]).collect();
    let moved: Vec<Vec<(u32, u32)>> = components
        .into_par_iter()
        .with_min_len(64)
        .map(|component| {
            let forbidden = cannot.get(&root[component[0].a as usize]).map_or(&[][..], Vec::as_slice);
            cluster_component(|position| &records.recs[position as usize], component, forbidden)
        })
        .collect();
    let mut label: Vec<u32> = (0..records.len() as u32).collect();
    for (position, cluster) in moved.into_iter().flatten() {
        label[position as usize] = cluster;
    }
    label
}

/// Clusters one component. `edges` are in order of precedence and receive their fate; returns (position, label).
pub(crate) fn cluster_component<'a>(
    rec: impl Fn(u32) -> &'a Rec,
    edges: &mut [Edge],
    forbidden: &[(u32, u32)],
) -> Vec<(u32, u32)> {
    let mut members: Vec<u32> = edges.iter().flat_map(|edge| [edge.a, edge.b]).collect();
    members.sort_unstable();
    members.dedup();
    let local = |position: u32| members.binary_search(&position).map_or(0, |at| at as u32);
    let recs: Vec<&Rec> = members.iter().map(|&position| rec(position)).collect();
    let ties: Vec<Tie> = edges
        .iter()
        .map(|edge| Tie { a: local(edge.a), b: local(edge.b), must: edge.rule == Rule::MustLink })
        .collect();
    let cannot: Vec<(u32, u32)> = forbidden.iter().map(|&(a, b)| (local(a), local(b))).collect();
    let Clustering { label, verdicts } = greedy(members.len(), &ties, &cannot, |left, right, tie| {
        refuse(&pick(&recs, left), &pick(&recs, right), edges[tie].levels)
    });
    for (edge, verdict) in edges.iter_mut().zip(verdicts) {
        edge.fate = match verdict {
            Verdict::Joined => Fate::Joined,
            Verdict::Redundant => Fate::Redundant,
            Verdict::Refused(guard) => Fate::Refused(guard),
        };
    }
    members.iter().zip(label).map(|(&position, first)| (position, members[first as usize])).collect()
}

fn pick<'a>(recs: &[&'a Rec], members: &[u32]) -> Vec<&'a Rec> {
    members.iter().map(|&member| recs[member as usize]).collect()
}

/// Edges below the automatic band: inside a cluster, for review, or a relation.
fn judge_the_rest(
    records: &Records,
    clusters: &Clusters,
    said: &PositionPairs,
    edges: &mut [Edge],
    thresholds: Thresholds,
) {
    let apart: rustc_hash::FxHashSet<(u32, u32)> = said
        .cannot
        .iter()
        .map(|&(a, b)| (clusters.of(a), clusters.of(b)))
        .flat_map(|(a, b)| [(a, b), (b, a)])
        .collect();
    let recs_of = |cluster: u32| -> Vec<&Rec> {
        clusters.members(cluster).iter().map(|&at| &records.recs[at as usize]).collect()
    };
    edges.par_iter_mut().with_min_len(1024).filter(|edge| edge.weight < thresholds.auto).for_each(|edge| {
        let (a, b) = (clusters.of(edge.a), clusters.of(edge.b));
        edge.fate = if a == b {
            Fate::Within
        } else if edge.weight < thresholds.review || apart.contains(&(a, b)) {
            Fate::Relation
        } else {
            judge(&recs_of(a), &recs_of(b), edge.levels)
        };
    });
}

/// What becomes of an edge in the review band between two finished clusters.
pub(crate) fn judge(left: &[&Rec], right: &[&Rec], levels: Levels) -> Fate {
    match refuse(left, right, levels) {
        None => Fate::Review,
        Some(guard) => {
            debug_assert!(guard != Guard::CannotLink);
            Fate::Relation
        }
    }
}
