//! Why two records are one customer, how a customer came together, why two customers are not one, and what an
//! un-merge would do. Everything is read from stored edges and the frozen model; nothing is linked again.

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::compare::{Field, Levels, compare};
use crate::constraint::Contradiction;
use crate::edge::{Edge, Fate};
use crate::guard::{Guard, refuse};
use crate::hash::HashKey;
use crate::incremental::Incremental;
use crate::key::{Rule, keys_of};
use crate::link::Outcome;
use crate::model::Model;
use crate::record::{Rec, Records};
use crate::score::frequency_discount;
use crate::{MatchError, PartyInput, RecordKey};

/// One bar of the waterfall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was compared.
    pub field: Field,
    /// How it came out, see [`Field::levels`].
    pub level: &'static str,
    /// Hundredths of a bit this adds to the score, frequency taken into account.
    pub weight: i16,
    /// What the same level would add for a value nobody else has.
    pub full_weight: i16,
    /// Records under the name, or distinct names at the phone or address, where that counts.
    pub frequency: Option<u32>,
}

/// The score of a pair, taken apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waterfall {
    /// Where the sum starts: two records picked at random, hundredths of a bit.
    pub prior: i16,
    /// Comparisons that could be made, in order.
    pub steps: Vec<Step>,
    /// The sum, hundredths of a bit.
    pub total: i16,
    /// The sum as a probability.
    pub probability: f64,
    /// Ways in which the two met, strongest first; empty when they never would have.
    pub met_by: Vec<Rule>,
    /// Version of the model.
    pub model: String,
}

/// Takes the score of two records apart.
///
/// # Errors
/// [`MatchError::OtherModel`] when the model was frozen under another hash key.
pub fn why(
    model: &Model,
    hash_key: HashKey,
    a: &PartyInput,
    b: &PartyInput,
) -> Result<Waterfall, MatchError> {
    model.fits(hash_key)?;
    let mut pair = Records::new(hash_key);
    pair.push(a);
    pair.push(b);
    pair.recs.iter_mut().for_each(|rec| model.frequencies.apply(rec));
    let (x, y) = (&pair.recs[0], &pair.recs[1]);
    let (levels, names_at_phone) = compare(x, pair.sights_of(x), y, pair.sights_of(y));
    let discount = frequency_discount(levels, x, y, names_at_phone);
    let steps: Vec<Step> = Field::ALL
        .into_iter()
        .filter(|&field| levels.of(field) != 0)
        .map(|field| {
            let (off, frequency) = match field {
                Field::Name => (discount.name, x.name_count.max(y.name_count)),
                Field::Phone => (discount.phone, u32::from(names_at_phone)),
                Field::Address => (discount.address, u32::from(x.address_names.max(y.address_names))),
                _ => (0, 0),
            };
            let full_weight = model.weight(field, levels.of(field));
            let counts = counts_frequency(field, levels);
            Step {
                field,
                level: levels.label(field),
                weight: (i32::from(full_weight) - off) as i16,
                full_weight,
                frequency: counts.then_some(frequency),
            }
        })
        .collect();
    let sum = i32::from(model.prior) + steps.iter().map(|step| i32::from(step.weight)).sum::<i32>();
    let total = sum.clamp(i32::from(i16::MIN), i32::from(i16::MAX - 1)) as i16;
    Ok(Waterfall {
        prior: model.prior,
        steps,
        total,
        probability: Model::probability(total),
        met_by: met_by(&pair, model),
        model: model.version(),
    })
}

fn counts_frequency(field: Field, levels: Levels) -> bool {
    matches!(
        (field, levels.label(field)),
        (Field::Name, "exact" | "company_exact") | (Field::Phone | Field::Address, "exact")
    )
}

fn met_by(pair: &Records, model: &Model) -> Vec<Rule> {
    let keys = |rule: Rule, rec: &Rec| {
        let mut all = Vec::new();
        keys_of(rule, rec, pair.sights_of(rec), &model.settings, |key| all.push(key));
        all
    };
    let meet = |rule: &Rule| {
        let theirs = keys(*rule, &pair.recs[1]);
        keys(*rule, &pair.recs[0]).iter().any(|key| theirs.contains(key))
    };
    Rule::BLOCKING.into_iter().filter(meet).collect()
}

/// One step in the making of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Join {
    /// The two records whose agreement did it.
    pub by: (RecordKey, RecordKey),
    /// How they met.
    pub rule: Rule,
    /// How they compared.
    pub levels: Levels,
    /// Evidence in hundredths of a bit; `i16::MAX` when people said so.
    pub weight: i16,
    /// Records on the side of the first one before the step, sorted.
    pub left: Vec<RecordKey>,
    /// Records on the side of the second one.
    pub right: Vec<RecordKey>,
    /// Guards that were asked and let it pass.
    pub passed: Vec<Guard>,
}

/// How a customer came together: the joining edges in the order in which they joined. `edges` may hold any edges;
/// only those that joined count.
pub fn how(edges: impl IntoIterator<Item = (RecordKey, RecordKey, Edge)>) -> Vec<Join> {
    let rank = |key: RecordKey| crate::hash::mix(key.0 as u64);
    let mut joins: Vec<(RecordKey, RecordKey, Edge)> = edges
        .into_iter()
        .filter(|(_, _, edge)| edge.fate == Fate::Joined)
        .map(|(a, b, edge)| if rank(a) <= rank(b) { (a, b, edge) } else { (b, a, edge) })
        .collect();
    joins.sort_by_key(|&(a, b, edge)| (std::cmp::Reverse(edge.weight), rank(a), rank(b)));
    let mut home: FxHashMap<RecordKey, usize> = FxHashMap::default();
    let mut sides: Vec<Vec<RecordKey>> = Vec::new();
    let mut story = Vec::with_capacity(joins.len());
    for (a, b, edge) in joins {
        let mut side_of = |key: RecordKey| {
            *home.entry(key).or_insert_with(|| {
                sides.push(vec![key]);
                sides.len() - 1
            })
        };
        let (l, r) = (side_of(a), side_of(b));
        let (left, right) = (sides[l].clone(), std::mem::take(&mut sides[r]));
        right.iter().for_each(|&key| {
            home.insert(key, l);
        });
        sides[l].extend(right.iter().copied());
        sides[l].sort_unstable();
        let (rule, levels, weight) = (edge.rule, edge.levels, edge.weight);
        story.push(Join { by: (a, b), rule, levels, weight, left, right, passed: passed(&edge) });
    }
    story
}

fn passed(edge: &Edge) -> Vec<Guard> {
    use Guard::{Birth, CannotLink, Gender, Names, PersonAndCompany, TwoIds};
    match edge.rule {
        Rule::MustLink => vec![CannotLink],
        _ if edge.levels.proves_identity() => vec![CannotLink, TwoIds],
        _ => vec![CannotLink, TwoIds, PersonAndCompany, Names, Gender, Birth],
    }
}

/// Why two customers are two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "because")]
pub enum WhyNot {
    /// They are one.
    SameCustomer,
    /// No record of one ever met a record of the other with anything in common.
    NothingInCommon,
    /// A guard refuses, whatever the evidence.
    Guarded {
        /// The guard.
        guard: Guard,
        /// The strongest edge between them.
        best: BestEdge,
    },
    /// The evidence does not reach the automatic band.
    TooWeak {
        /// The strongest edge between them.
        best: BestEdge,
        /// What is missing to the automatic band, in hundredths of a bit.
        missing: i16,
    },
}

/// The strongest edge between two customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BestEdge {
    /// Its record on the one side.
    pub a: RecordKey,
    /// Its record on the other side.
    pub b: RecordKey,
    /// How they met.
    pub rule: Rule,
    /// How they compared.
    pub levels: Levels,
    /// Evidence in hundredths of a bit.
    pub weight: i16,
}

fn judge_not(
    left: &[&Rec],
    right: &[&Rec],
    edges: Vec<(RecordKey, RecordKey, Edge)>,
    auto: i16,
    said: bool,
) -> WhyNot {
    let strongest = edges.into_iter().min_by_key(|(a, b, edge)| (std::cmp::Reverse(edge.weight), *a, *b));
    let Some((a, b, edge)) = strongest else { return WhyNot::NothingInCommon };
    let best = BestEdge { a, b, rule: edge.rule, levels: edge.levels, weight: edge.weight };
    let guard = match edge.fate {
        _ if said => Some(Guard::CannotLink),
        Fate::Refused(guard) => Some(guard),
        _ => refuse(left, right, edge.levels),
    };
    match guard {
        Some(guard) => WhyNot::Guarded { guard, best },
        None => WhyNot::TooWeak { best, missing: auto.saturating_sub(edge.weight) },
    }
}

impl Outcome {
    /// How the customer of a position came together.
    pub fn how(&self, records: &Records, position: u32) -> Vec<Join> {
        let cluster = self.clusters.of(position);
        let inside =
            |edge: &&Edge| self.clusters.of(edge.a) == cluster && self.clusters.of(edge.b) == cluster;
        how(self
            .edges
            .iter()
            .filter(inside)
            .map(|edge| (records.key_at(edge.a), records.key_at(edge.b), *edge)))
    }

    /// Why the customers of two positions are two.
    pub fn why_not(&self, records: &Records, a: u32, b: u32) -> WhyNot {
        let (x, y) = (self.clusters.of(a), self.clusters.of(b));
        if x == y {
            return WhyNot::SameCustomer;
        }
        let between = self
            .edges
            .iter()
            .filter(|edge| matches!((self.clusters.of(edge.a), self.clusters.of(edge.b)), (p, q) if (p, q) == (x, y) || (q, p) == (x, y)))
            .map(|edge| (records.key_at(edge.a), records.key_at(edge.b), *edge))
            .collect();
        let recs = |cluster: u32| -> Vec<&Rec> {
            self.clusters.members(cluster).iter().map(|&at| &records.recs[at as usize]).collect()
        };
        judge_not(&recs(x), &recs(y), between, self.model.thresholds.auto, false)
    }
}

/// What taking one record out of its customer would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmerge {
    /// The cannot-links it takes.
    pub pairs: Vec<(RecordKey, RecordKey)>,
    /// Records that go with the one taken out; alone in most cases.
    pub leaves: Vec<RecordKey>,
    /// What is left; more than one part when the record had been the bridge between them.
    pub remains: Vec<Vec<RecordKey>>,
}

impl Incremental {
    /// How the customer of a record came together.
    pub fn how(&self, key: RecordKey) -> Vec<Join> {
        let members = self.cluster_of(key).unwrap_or_default();
        how(members.iter().flat_map(|&member| self.edges_of(member)).filter(|(a, b, _)| a.0 < b.0))
    }

    /// Why the customers of two records are two; `None` when one of the records is not known.
    pub fn why_not(&self, a: RecordKey, b: RecordKey) -> Option<WhyNot> {
        let (x, y) = (self.leader_of(self.slot(a)?), self.leader_of(self.slot(b)?));
        if x == y {
            return Some(WhyNot::SameCustomer);
        }
        let between = self
            .members_of(x)
            .iter()
            .flat_map(|&slot| self.edges_of(self.key(slot)))
            .filter(|(_, other, _)| self.slot(*other).is_some_and(|slot| self.leader_of(slot) == y))
            .collect();
        let recs = |leader: u32| -> Vec<&Rec> {
            self.members_of(leader).iter().map(|&slot| &self.recs[slot as usize]).collect()
        };
        Some(judge_not(&recs(x), &recs(y), between, self.model.thresholds.auto, self.apart(x, y)))
    }

    /// What taking `records` out of their customer would do; `None` when they are not of one customer or are all
    /// of it.
    ///
    /// # Errors
    /// [`Contradiction`] when people had said that one of them belongs to one of the rest.
    pub fn preview_unmerge(&self, records: &[RecordKey]) -> Result<Option<Unmerge>, Contradiction> {
        let Some(customer) = records.first().and_then(|&first| self.cluster_of(first)) else {
            return Ok(None);
        };
        let rest: Vec<RecordKey> = customer.iter().filter(|key| !records.contains(key)).copied().collect();
        if rest.is_empty() || !records.iter().all(|key| customer.binary_search(key).is_ok()) {
            return Ok(None);
        }
        let pairs: Vec<(RecordKey, RecordKey)> =
            records.iter().flat_map(|&a| rest.iter().map(move |&b| (a, b))).collect();
        let after = self.preview_forbid(&pairs)?;
        let (mut leaves, mut remains) = (Vec::new(), Vec::new());
        for cluster in after.clusters {
            if cluster.iter().any(|key| records.contains(key)) {
                leaves.extend(cluster);
            } else if cluster.iter().any(|key| rest.contains(key)) {
                remains.push(cluster);
            }
        }
        leaves.sort_unstable();
        Ok(Some(Unmerge { pairs, leaves, remains }))
    }
}
